"""The engines: their scripts, the packages they need, and from how many rows on they are left out."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Final, NamedTuple


class Engine(NamedTuple):
    """An engine.

    Attributes:
        name: As tables call it; its script is ``engines/NAME_engine.py``.
        package: What pip installs.
        limit_rows: Larger corpora are not given to it; None: no limit.
    """

    name: str
    package: str
    limit_rows: int | None = None

    @property
    def script(self) -> Path:
        """Where its script lies."""
        return Path(__file__).with_name("engines") / f"{self.name}_engine.py"

    @property
    def version(self) -> str | None:
        """The installed version of its package; None where it is not installed."""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None


#: dedupkit first: the others are compared with it.
ENGINES: Final = (
    Engine("dedupkit", "dedupkit"),
    Engine("datasketch", "datasketch", limit_rows=100_000),
    Engine("datasketch_bulk", "datasketch"),
    Engine("rensa", "rensa"),
    Engine("gaoya", "gaoya"),
    Engine("fastsketch", "fastsketchlsh"),
    Engine("daft", "daft"),
)
