"""Examples of repairs: what stood there, what stands there now, and the text around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.record import TEXT_COLUMNS
from dedupkit.report.wording import changed, shown, tail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dedupkit.report.frames import Run

#: Examples of each kind of repair, kinds with examples, and characters of text on either side of the change.
EXAMPLE_LIMIT: Final = 15
_KIND_LIMIT: Final = 40
CONTEXT_CHARS: Final = 40

#: Characters of each side of the change itself.
_CHANGE_LIMIT: Final = 160

_WHERE: Final = ("record_id", "source", "line")


@dataclass(frozen=True)
class Change:
    """One repair in its raw surroundings; all texts are ready to be shown."""

    record_id: str
    place: str
    column: str
    left: str
    before: str
    after: str
    right: str


@dataclass(frozen=True)
class Repairs:
    """The repairs of one kind: how many there are, and the largest different ones."""

    kind: str
    count: int
    examples: list[Change]


def repairs_by_kind(run: Run) -> list[Repairs]:
    """Collect the examples of every kind, rarest kind first and largest change first: there the surprises are."""
    counts: Mapping[str, int] = run.facts.get("repairs") or {}
    found: pl.DataFrame | None = None
    for batch in run.batches([*_WHERE, "repairs"]):
        made = (
            changes_of(batch.lazy())
            .collect()
            .with_columns(size=pl.col("before").str.len_chars() + pl.col("after").str.len_chars())
        )
        both = made if found is None else pl.concat([found, made])
        found = (
            both.unique(["kind", "before", "after"], keep="first", maintain_order=True)
            .sort("kind", "size", descending=[False, True], maintain_order=True)
            .group_by("kind", maintain_order=True)
            .head(EXAMPLE_LIMIT)
            .select(made.columns)
        )
    examples: dict[str, list[Change]] = {}
    if found is not None and found.height:
        raws = _raw_texts(run, found)
        for repair in found.to_dicts():
            raw = raws.get(repair["record_id"], {}).get(TEXT_COLUMNS.get(repair["column"], "")) or ""
            examples.setdefault(repair["kind"], []).append(_change(repair, raw))
    kinds = sorted({**dict.fromkeys(examples, 0), **counts}.items(), key=lambda item: (item[1], item[0]))
    return [
        Repairs(kind, count, examples.get(kind, []) if number < _KIND_LIMIT else [])
        for number, (kind, count) in enumerate(kinds)
    ]


def changes_of(records: pl.LazyFrame) -> pl.LazyFrame:
    """Every change of some records, a row each: ``record_id``, ``source``, ``line`` and ``record.REPAIR``."""
    listed = records.select(*_WHERE, "repairs").explode("repairs", empty_as_null=False, keep_nulls=False)
    return listed.unnest("repairs")


def _raw_texts(run: Run, changes: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The raw texts of the records of some changes, by id."""
    names = [name for name in TEXT_COLUMNS.values() if name in run.columns]
    wanted = pl.col("record_id").is_in(changes["record_id"].unique().implode())
    rows = run.records.filter(wanted).select("record_id", *names).collect(engine="streaming")
    return {row["record_id"]: row for row in rows.to_dicts()}


def _change(repair: Mapping[str, object], raw: str) -> Change:
    """One repair with the raw text around it, or without where the offsets do not fit that text."""
    start, before = repair["start"], str(repair["before"] or "")
    left = right = ""
    if isinstance(start, int) and raw.startswith(before, start):
        left, right = raw[:start], raw[start + len(before) :]
    return Change(
        record_id=str(repair["record_id"]),
        place=f"{repair['source']}:{repair['line']}",
        column=str(repair["column"]),
        left=tail(left, CONTEXT_CHARS),
        before=changed(before, _CHANGE_LIMIT),
        after=changed(str(repair["after"] or ""), _CHANGE_LIMIT),
        right=shown(right, CONTEXT_CHARS),
    )
