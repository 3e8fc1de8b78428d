"""The records that a page holds: those that something on it names, and as many others as there is room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.record import KEPT, QUARANTINED
from dedupkit.report.frames import DUPLICATES_FILE, UNPARSED_FILE
from dedupkit.report.wording import changed, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dedupkit.report.frames import Run

#: Rows that the page shows of each other list.
ROW_LIMIT: Final = 50

#: Records that the page holds, and bytes of them: with all else it stays below two megabytes.
RECORD_LIMIT: Final = 600
RECORD_BYTES: Final = 900_000

#: Characters of an abstract, and changes of a record, that are shown.
ABSTRACT_CHARS: Final = 600
_CHANGES: Final = 8
_CHANGE_CHARS: Final = 60

#: Bytes of a record beside its texts.
_FRAME_BYTES: Final = 700


@dataclass(frozen=True)
class Excerpt:
    """The first rows of a longer list.

    Attributes:
        rows: What is shown.
        total: How many there are.
        file: Where all of them are, beside the page.
    """

    rows: Sequence[Any]
    total: int
    file: str


def records_of(run: Run, named: Iterable[str]) -> Excerpt:
    """Records to search and to link to.

    Args:
        run: The results.
        named: Ids of those that come first, for something on the page names them.
    """
    slim = run.slim
    rest = slim.sort(pl.col("verdict") == KEPT, "row")["record_id"].head(RECORD_LIMIT)
    wanted = list(dict.fromkeys([*named, *rest]))[: 2 * RECORD_LIMIT]
    found = run.rows(wanted)
    room = RECORD_BYTES
    rows: list[dict[str, Any]] = []
    for row in (found[each] for each in wanted if each in found):
        room -= _bytes_of(row)
        if room < 0 or len(rows) == RECORD_LIMIT:
            break
        rows.append(_ready(row))
    order = dict(
        slim.filter(pl.col("record_id").is_in([row["record_id"] for row in rows]))
        .select("record_id", "row")
        .iter_rows()
    )
    rows.sort(key=lambda row: order[row["record_id"]])
    return Excerpt(rows, slim.height, "records.parquet")


def _ready(row: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what the page filters it by."""
    repairs = row["repairs"] or []
    return {
        **row,
        "kinds": sorted({each["kind"] for each in repairs}),
        "changes": [
            {
                "column": each["column"],
                "before": changed(each["before"] or "", _CHANGE_CHARS),
                "after": changed(each["after"] or "", _CHANGE_CHARS),
            }
            for each in repairs[:_CHANGES]
        ],
        "more_changes": max(0, len(repairs) - _CHANGES),
    }


def _bytes_of(row: Mapping[str, Any]) -> int:
    """About how many bytes a record takes on the page; marks of invisible characters are longer than these."""
    texts = (shown(row["title"]), shown(row["abstract"], ABSTRACT_CHARS), shown(row["reason"]))
    changes = (row["repairs"] or [])[:_CHANGES]
    return (
        _FRAME_BYTES
        + sum(len(text.encode(errors="replace")) + 4 * text.count("<") for text in texts)
        + 200 * len(changes)
    )


def quarantined_rows(run: Run) -> Excerpt:
    """The quarantined records, those with the same abstract beside each other."""
    rows = run.slim.filter(pl.col("verdict") == QUARANTINED).sort("cluster", "row", nulls_last=True)
    texts = run.rows(rows["record_id"].head(ROW_LIMIT))
    return Excerpt(list(texts.values()), rows.height, DUPLICATES_FILE)


def unparsed_rows(unparsed: pl.LazyFrame) -> Excerpt:
    """The first lines that are in no record."""
    total = unparsed.select(pl.len()).collect().item()
    return Excerpt(unparsed.head(ROW_LIMIT).collect().to_dicts(), total, UNPARSED_FILE)


def unparsed_reasons(unparsed: pl.LazyFrame) -> list[dict[str, Any]]:
    """How many lines and rows are in no record, by reason without its place and details: ``why``, ``lines``."""
    reason = pl.col("why").str.replace(r"^line \d+: ", "").str.replace(r"(?s) \(.*", "")
    counts = unparsed.group_by(reason).agg(pl.len().alias("lines")).collect()
    return counts.sort(["lines", "why"], descending=[True, False]).to_dicts()


def pair_rules(pairs: pl.LazyFrame) -> list[dict[str, Any]]:
    """The verified pairs by rule: ``rule``, ``pairs``, and the least, middle and highest ``similarity``."""
    similarity = pl.col("similarity")
    counts = pairs.group_by("rule").agg(
        pl.len().alias("pairs"),
        similarity.min().alias("least"),
        similarity.median().alias("middle"),
        similarity.max().alias("most"),
    )
    return counts.collect().sort(["pairs", "rule"], descending=[True, False]).to_dicts()
