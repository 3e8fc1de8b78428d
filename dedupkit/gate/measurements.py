"""What suites and baselines look at in a candidate, measured from its texts when one of them asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

import polars as pl

from dedupkit.errors import InputError
from dedupkit.gate.baseline import measure_figures
from dedupkit.gate.candidate import Candidate, read_candidate, unreadable
from dedupkit.matches import mark_duplicates
from dedupkit.matches.bases import open_base
from dedupkit.matches.index import is_index
from dedupkit.matches.marks import ADDED
from dedupkit.progress import unwatched
from dedupkit.quality import Measured, measure, measure_merge, measure_parsed, twins_within
from dedupkit.record import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dedupkit.config import Settings
    from dedupkit.gate.baseline import Figure

#: Where a record is.
PLACE: Final = ("record_id", "source", "line")

#: What is looked at of every record that a run has read.
READ: Final = (*PLACE, "title_raw", "abstract_raw", "repairs", "verdict")


class Measurable(Protocol):
    """A sound candidate, wherever its rows are."""

    @property
    def path(self) -> Path:
        """The file that it was read from, or the file or folder of dumps."""

    @property
    def rows(self) -> int:
        """How many it has."""

    @property
    def places(self) -> pl.DataFrame | pl.LazyFrame:
        """``record_id``, ``source`` and ``line`` of its rows."""

    def of(self, frame: str) -> Measured:
        """One of ``metrics.FRAMES``."""

    def figures(self) -> list[Figure]:
        """The figures of a baseline."""


@dataclass(frozen=True)
class Measurements:
    """A candidate, and what can be measured of it.

    Attributes:
        folder: The candidate as it was named: a folder that ``clean`` wrote, a table, a dump, or a folder of them.
        read: What was read of it.
        settings: How duplicates are looked for.
        against: The set that it is to be merged into, or an index of it.
        stage: Opens a stage by name and returns what advances it.
    """

    folder: Path
    read: Candidate
    settings: Settings
    against: Path | None = None
    stage: Callable[[str], Callable[[int, int], None]] = unwatched

    @property
    def path(self) -> Path:
        """The file that it was read from, or the file or folder of dumps."""
        return self.read.path

    @property
    def rows(self) -> int:
        """How many it has."""
        return self.read.records.height

    @property
    def places(self) -> pl.DataFrame:
        """``record_id``, ``source`` and ``line`` of its rows."""
        return self.read.records.select(PLACE)

    @cached_property
    def what_was_read(self) -> pl.DataFrame | None:
        """Every record that a run has read; None for what is no result of a run.

        Raises:
            InputError: The file is not what ``clean`` writes.
        """
        path = self.folder / "records.parquet"
        if not path.is_file():
            return None
        try:
            return pl.read_parquet(path, columns=list(READ), glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(path, error) from error

    def of(self, frame: str) -> Measured:
        """One of ``metrics.FRAMES``.

        Raises:
            InputError: What it is measured from cannot be read.
        """
        return {"cleaned": self._cleaned, "parsed": self._parsed, "merge": self._merge}[frame]()

    def figures(self) -> list[Figure]:
        """The figures of a baseline."""
        return measure_figures(self.read.records, self.what_was_read)

    def _cleaned(self) -> Measured:
        records = self.read.records
        pairs = mark_duplicates(records.drop(ADDED, strict=False), self.settings, self.stage).pairs
        return Measured(measure(records, pairs, len(self.read.faults)), twins=twins_within(records, pairs))

    def _parsed(self) -> Measured:
        records = self.what_was_read
        if records is None:
            raise not_read(self.folder)
        unparsed = rows_of_parquet(self.folder / "unparsed.parquet")
        return Measured(measure_parsed(records, unparsed), places=records.select(PLACE))

    def _merge(self) -> Measured:
        if self.against is None:
            raise InputError(f"{self.folder} has no base beside it.", "name it with --against.")
        base = open_base(self.against, self.settings)
        records = self.read.records.filter(pl.col("verdict") == KEPT).drop(ADDED, strict=False)
        marked = mark_duplicates(records, self.settings, self.stage, base).records
        old = None if is_index(self.against) else read_candidate(self.against, self.settings, self.stage)
        if old is not None and old.faults:
            raise InputError(f"{old.path}: {old.faults[0]}.", "run dedupkit clean on the base again.")
        return measure_merge(marked, base.names["id"], old and old.records)


def not_read(folder: Path) -> InputError:
    """The error of a candidate that is no result of a run."""
    return InputError(f"{folder} does not hold what was read.", "give a folder that dedupkit clean wrote.")


def rows_of_parquet(path: Path) -> int:
    """How many rows a Parquet file has."""
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
