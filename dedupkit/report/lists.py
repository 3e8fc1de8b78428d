"""The full lists beside a page, of which it shows excerpts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from dedupkit.record import KEPT
from dedupkit.report.changes import changes_of
from dedupkit.report.frames import DUPLICATES_FILE, REPAIRS_FILE, UNPARSED_FILE

if TYPE_CHECKING:
    from dedupkit.report.frames import Run

_OF_DUPLICATES: Final = (
    "record_id", "source", "line", "title", "verdict", "duplicate_of", "similarity", "reason", "cluster",
)  # fmt: skip


def lists_of(run: Run) -> dict[str, pl.LazyFrame]:
    """Every record that was not kept, every change, and every line that is in no record; by file name."""
    return {
        DUPLICATES_FILE: run.select([*_OF_DUPLICATES]).filter(pl.col("verdict") != KEPT),
        REPAIRS_FILE: changes_of(run.select(["record_id", "source", "line", "repairs"])),
        UNPARSED_FILE: run.unparsed,
    }
