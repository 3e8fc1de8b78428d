"""Examples of repairs: what stood there, what stands there now, and the text around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dedupkit.record import TEXT_COLUMNS
from dedupkit.report.wording import changed, shown, tail

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

#: Examples of each kind of repair, and characters of text on either side of the change.
EXAMPLE_LIMIT: Final = 5
CONTEXT_CHARS: Final = 40

#: Characters of each side of the change itself.
_CHANGE_LIMIT: Final = 160


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
    """The repairs of one kind: how many there are, and the first different ones."""

    kind: str
    count: int
    examples: list[Change]


def repairs_by_kind(records: pl.DataFrame, counts: Mapping[str, int]) -> list[Repairs]:
    """Collect the examples of every kind, rarest kind first, for there the surprises are.

    Args:
        records: Reads ``record_id``, ``source``, ``line``, ``repairs`` and the raw text columns.
        counts: Repairs of each kind in the whole set.
    """
    made = (
        records.select("record_id", "source", "line", "repairs")
        .with_row_index("row")
        .explode("repairs", empty_as_null=False, keep_nulls=False)
        .unnest("repairs")
        .unique(["kind", "before", "after"], keep="first", maintain_order=True)
        .group_by("kind", maintain_order=True)
        .head(EXAMPLE_LIMIT)
    )
    texts = records.select(TEXT_COLUMNS.values()).with_row_index("row")
    examples: dict[str, list[Change]] = {}
    for repair in made.join(texts, on="row", how="left", maintain_order="left").to_dicts():
        raw = repair.get(TEXT_COLUMNS.get(repair["column"], "")) or ""
        examples.setdefault(repair["kind"], []).append(_change(repair, raw))
    kinds = sorted({**dict.fromkeys(examples, 0), **counts}.items(), key=lambda item: (item[1], item[0]))
    return [Repairs(kind, count, examples.get(kind, [])) for kind, count in kinds]


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
