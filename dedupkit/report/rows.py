"""The rows that a page shows: a few of each sort, picked from the whole frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.record import DUPLICATE_VERDICTS, IN_CLEAN, QUARANTINED, RECORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Rows that the page shows of each list; the parquet files have all.
ROW_LIMIT: Final = 50

_SHOWN_COLUMNS: Final = ("record_id", "title", "abstract", "source", "line", "verdict", "language")


@dataclass(frozen=True)
class Excerpt:
    """The first rows of a longer list.

    Attributes:
        rows: What is shown.
        total: How many there are.
        file: Where all of them are.
    """

    rows: Sequence[Any]
    total: int
    file: str


@dataclass(frozen=True)
class Dropped:
    """A record that was dropped beside the one that was kept; ``kept`` is null if it is not in the set."""

    dropped: dict[str, Any]
    kept: dict[str, Any] | None
    kept_id: str
    rule: str
    similarity: float | None
    reason: str


def with_all_columns(records: pl.DataFrame) -> pl.DataFrame:
    """Add the columns of ``record.RECORDS`` that a frame lacks, null."""
    missing = {name: dtype for name, dtype in RECORDS.items() if name not in records.columns}
    return records.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in missing.items())


def named_rows(records: pl.DataFrame, record_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of some records, each once, in the order in which they are named."""
    wanted = list(dict.fromkeys(record_ids))
    found = _first_rows(records, pl.col("record_id").is_in(wanted)).unique("record_id", keep="first")
    rows = {row["record_id"]: row for row in found.select(_SHOWN_COLUMNS).to_dicts()}
    return [rows[record_id] for record_id in wanted if record_id in rows]


def _first_rows(records: pl.DataFrame, wanted: pl.Expr, by: str | None = None) -> pl.DataFrame:
    """The rows that are wanted, or the first of them by a column; no text of the others is copied."""
    slim = [name for name in ("record_id", "verdict", by) if name]
    found = records.select(slim).with_row_index("row").filter(wanted)
    if by:
        found = found.sort(by, nulls_last=True, maintain_order=True).head(ROW_LIMIT)
    return records[found["row"]]


def dropped_rows(records: pl.DataFrame) -> Excerpt:
    """The duplicates, least similar first: there a threshold is right or wrong."""
    is_dropped = pl.col("verdict").is_in(DUPLICATE_VERDICTS)
    first = _first_rows(records, is_dropped, by="similarity")
    of = first["duplicate_of"].drop_nulls()  # a copy of an existing set's record has no row here
    stays = _first_rows(records, pl.col("record_id").is_in(of.implode()) & pl.col("verdict").is_in(IN_CLEAN))
    kept = {row["record_id"]: row for row in named_rows(stays, of)}
    rows = [
        Dropped(
            dropped=row,
            kept=kept.get(row["duplicate_of"]),
            kept_id=row["duplicate_of"] or "",
            rule=row["verdict"],
            similarity=row["similarity"],
            reason=row["reason"] or "",
        )
        for row in first.select(*_SHOWN_COLUMNS, "duplicate_of", "similarity", "reason").to_dicts()
    ]
    return Excerpt(rows, records.select(is_dropped.sum()).item(), "records.parquet")


def quarantined_rows(records: pl.DataFrame) -> Excerpt:
    """The quarantined records, those with the same abstract beside each other."""
    is_quarantined = pl.col("verdict") == QUARANTINED
    rows = _first_rows(records, is_quarantined, by="cluster").select(*_SHOWN_COLUMNS, "reason").to_dicts()
    return Excerpt(rows, records.select(is_quarantined.sum()).item(), "clean.parquet")


def unparsed_rows(unparsed: pl.DataFrame) -> Excerpt:
    """The first lines that are in no record."""
    return Excerpt(unparsed.head(ROW_LIMIT).to_dicts(), len(unparsed), "unparsed.parquet")


def unparsed_reasons(unparsed: pl.DataFrame) -> list[dict[str, Any]]:
    """How many lines are in no record, by reason: ``why``, ``lines``."""
    counts = unparsed.group_by("why").agg(pl.len().alias("lines"))
    return counts.sort(["lines", "why"], descending=[True, False]).to_dicts()


def pair_rules(pairs: pl.DataFrame) -> list[dict[str, Any]]:
    """The verified pairs by rule: ``rule``, ``pairs``, and the least, middle and highest ``similarity``."""
    similarity = pl.col("similarity")
    counts = pairs.group_by("rule").agg(
        pl.len().alias("pairs"),
        similarity.min().alias("least"),
        similarity.median().alias("middle"),
        similarity.max().alias("most"),
    )
    return counts.sort(["pairs", "rule"], descending=[True, False]).to_dicts()
