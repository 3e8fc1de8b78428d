"""What the report reads of a run: slim columns of all rows, and the texts of the few that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.record import RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: The full lists beside a page.
DUPLICATES_FILE: Final = "duplicates.parquet"
REPAIRS_FILE: Final = "repairs.parquet"
UNPARSED_FILE: Final = "unparsed.parquet"

#: Columns without text, of every row.
_SLIM: Final = ("record_id", "source", "line", "verdict", "duplicate_of", "similarity", "cluster", "language")

#: What is shown of a record.
_SHOWN: Final = (*_SLIM, "title", "abstract", "reason", "repairs")

#: Rows whose changes are looked at together.
_BATCH_ROWS: Final = 65_536


@dataclass(frozen=True)
class Run:
    """The results of a run, in memory or in files: a million rows of text are never read at once.

    Attributes:
        facts: What ``facts.json`` holds.
        records: ``record.RECORDS``; columns may be missing.
        pairs: ``record.PAIRS``.
        unparsed: ``record.UNPARSED``.
    """

    facts: Mapping[str, Any]
    records: pl.LazyFrame
    pairs: pl.LazyFrame
    unparsed: pl.LazyFrame

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that the records have."""
        return frozenset(self.records.collect_schema().names())

    @cached_property
    def slim(self) -> pl.DataFrame:
        """Every record without its texts, and its number as ``row``."""
        return self.select(_SLIM).collect(engine="streaming").with_row_index("row")

    def rows(self, record_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Some records with their texts, by id; of rows that share one the first."""
        wanted = pl.Series(list(dict.fromkeys(record_ids)), dtype=pl.String)
        is_wanted = pl.col("record_id").is_in(wanted.implode())
        found = self.select(_SHOWN).filter(is_wanted).collect(engine="streaming")
        rows = found.unique("record_id", keep="first", maintain_order=True).to_dicts()
        return {row["record_id"]: row for row in rows}

    def batches(self, names: Iterable[str]) -> Iterator[pl.DataFrame]:
        """Some columns of all records, slice by slice."""
        frame = self.select(names)
        for first in range(0, self.slim.height, _BATCH_ROWS):
            yield frame.slice(first, _BATCH_ROWS).collect()

    def select(self, names: Iterable[str]) -> pl.LazyFrame:
        """Some columns of all records, which those of ``record.RECORDS`` are; what is missing is null."""
        return self.records.select(
            pl.col(name) if name in self.columns else pl.lit(None, RECORDS[name]).alias(name)
            for name in names
        )
