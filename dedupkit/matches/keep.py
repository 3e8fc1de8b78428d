"""Who is kept: clusters, verdicts, and what a kept record takes from its duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.record import DUPLICATE_VERDICTS, KEPT, PAIRS, QUARANTINED, RECORDS, REJECTED

if TYPE_CHECKING:
    from dedupkit.matches.rules import Matched

#: Columns that a kept record takes from its duplicates where its own are empty.
FILLABLE: Final = (
    "title",
    "abstract",
    "authors",
    "author_count",
    "comment_count",
    "organisation",
    "published_text",
    "published",
)

#: What this stage adds.
ADDED: Final = ("verdict", "merged_from", "filled", "duplicate_of", "similarity", "reason", "cluster")


class _Pair(NamedTuple):
    """A verified pair of rows."""

    left: int
    right: int
    rule: str
    similarity: float
    evidence: str


def keep(records: pl.DataFrame, matched: Matched) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decide every record's verdict.

    A record is dropped only when it has a verified pair with a kept one: no chains. Within a cluster the
    most complete record is kept: not cut short of another, most columns filled, longest abstract, first.

    Args:
        records: One row per record, with ``record_id``, ``source``, ``line`` and the columns of ``FILLABLE``.
        matched: From ``rules.find_matches`` of the same records.

    Returns:
        The records, one to one, with the columns of ``ADDED``, and empty columns of kept records filled;
        and the pairs (``record.PAIRS``), sorted by their rows.
    """
    ranks = _ranks(records, matched)
    pairs = _row_pairs(matched, ranks)
    partners: dict[int, list[_Pair]] = {}
    for pair in pairs:
        partners.setdefault(pair.left, []).append(pair)
        partners.setdefault(pair.right, []).append(pair)
    witness = _survivors(partners, ranks)
    merged: dict[int, list[int]] = {}
    for row in sorted(witness):
        pair = witness[row]
        merged.setdefault(pair.left + pair.right - row, []).append(row)
    marks = _marks(records, matched, witness, merged, _clusters(partners))
    marked = records.with_columns(
        pl.Series(name, values, dtype=RECORDS[name]) for name, values in marks.items()
    )
    ids = records["record_id"]
    frame = pl.DataFrame(
        [(ids[pair.left], ids[pair.right], pair.rule, pair.similarity) for pair in pairs],
        schema=PAIRS,
        orient="row",
    )
    return _fill(marked, merged), frame


def _ranks(records: pl.DataFrame, matched: Matched) -> list[tuple[int, ...]]:
    """For each row, what orders it: the lowest is the most complete."""
    cut: set[int] = set()
    for match in matched.matches:
        if match.rule == "contained":
            left, right = matched.units[match.left], matched.units[match.right]
            cut.update(min((left, right), key=lambda unit: len(unit.abstract or "")).rows)
    filled = records.select(
        text=pl.sum_horizontal(_has(records, name) for name in ("title", "abstract")),
        count=pl.sum_horizontal(_has(records, name) for name in FILLABLE),
        length=pl.col("abstract").str.len_chars().fill_null(0),
    )
    return [
        (row in cut, -text, -count, -length, row)
        for row, (text, count, length) in enumerate(filled.iter_rows())
    ]


def _has(records: pl.DataFrame, name: str) -> pl.Expr:
    """1 where a column is filled, else 0."""
    match records.schema[name]:
        case pl.List():
            filled = pl.col(name).list.len() > 0
        case pl.String():
            filled = pl.col(name) != ""
        case _:
            filled = pl.col(name).is_not_null()
    return filled.fill_null(value=False).cast(pl.Int64)


def _row_pairs(matched: Matched, ranks: list[tuple[int, ...]]) -> list[_Pair]:
    """Pairs of rows: a unit's rows with its most complete one, and matched units through theirs.

    Rows of a unit are equal, so what holds for its leader holds for each, and a unit of m rows costs m
    pairs, not m².
    """
    leaders = [min(unit.rows, key=ranks.__getitem__) for unit in matched.units]
    found: dict[tuple[int, int], _Pair] = {}

    def add(one: int, other: int, rule: str, similarity: float, evidence: str) -> None:
        left, right = min(one, other), max(one, other)
        found.setdefault((left, right), _Pair(left, right, rule, similarity, evidence))

    for unit, leader in zip(matched.units, leaders, strict=True):
        for row in unit.rows:
            if row != leader:
                add(leader, row, "exact_duplicate", 1.0, "")
    for match in matched.matches:
        ends = (match.left, match.right)
        for this, that in (ends, ends[::-1]):
            for row in matched.units[this].rows:
                add(leaders[that], row, match.rule, match.similarity, match.evidence)
    return [found[key] for key in sorted(found)]


def _survivors(partners: dict[int, list[_Pair]], ranks: list[tuple[int, ...]]) -> dict[int, _Pair]:
    """For each dropped row, its pair with a kept one: the strongest rule, then the most similar, then the first."""
    witness: dict[int, _Pair] = {}
    for row in sorted(partners, key=ranks.__getitem__):
        done = [
            pair
            for pair in partners[row]
            if (other := pair.left + pair.right - row) not in witness and ranks[other] < ranks[row]
        ]
        if done:
            witness[row] = min(
                done,
                key=lambda pair: (
                    DUPLICATE_VERDICTS.index(pair.rule),
                    -pair.similarity,
                    pair.left,
                    pair.right,
                ),
            )
    return witness


def _clusters(partners: dict[int, list[_Pair]]) -> dict[int, int]:
    """For each row in a pair, the first row of its connected component (union-find, smaller root wins)."""
    parent = {row: row for row in partners}

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for pairs in partners.values():
        for pair in pairs:
            one, other = root(pair.left), root(pair.right)
            parent[max(one, other)] = min(one, other)
    return {row: root(row) for row in parent}


def _marks(
    records: pl.DataFrame,
    matched: Matched,
    witness: dict[int, _Pair],
    merged: dict[int, list[int]],
    clusters: dict[int, int],
) -> dict[str, list[Any]]:
    ids = records["record_id"].to_list()
    places = records.select(pl.format("{}:{}", "source", "line")).to_series().to_list()
    misaligned = {
        row: matched.units[other].rows[0]
        for unit, other in matched.misaligned.items()
        for row in matched.units[unit].rows
    }
    matchable = {row for unit in matched.units for row in unit.rows}
    marks: dict[str, list[Any]] = {name: [] for name in ADDED}
    for row in range(len(ids)):
        pair = witness.get(row)
        other = None if pair is None else pair.left + pair.right - row
        duplicates = merged.get(row, [])
        if pair is not None and other is not None:
            verdict, reason = pair.rule, _why_dropped(pair, places[other])
        elif row in misaligned:
            verdict = QUARANTINED
            reason = (
                f"Its abstract is also that of {places[misaligned[row]]}, whose title is unrelated: "
                "the scrape is misaligned, and nobody can say which of them is right."
            )
        elif row not in matchable:
            verdict, reason = REJECTED, "It holds no word: neither in its title nor in its abstract."
        elif duplicates:
            verdict, reason = KEPT, f"The most complete of {len(duplicates) + 1} records of one work."
        else:
            verdict, reason = KEPT, "No duplicate of it was found."
        marks["verdict"].append(verdict)
        marks["merged_from"].append([ids[duplicate] for duplicate in duplicates])
        marks["filled"].append([])
        marks["duplicate_of"].append(None if other is None else ids[other])
        marks["similarity"].append(None if pair is None else pair.similarity)
        marks["reason"].append(reason)
        marks["cluster"].append(ids[clusters.get(row, row)])
    return marks


def _why_dropped(pair: _Pair, place: str) -> str:
    match pair.rule:
        case "exact_duplicate":
            return f"The same as {place}, but for case, accents, punctuation or spacing at most."
        case "near_duplicate":
            return f"Nearly the same as {place}: {pair.evidence}."
        case "contained":
            return f"A cut copy of {place}: {pair.evidence}."
        case _:
            return f"The same title as {place}: {pair.evidence}."


def _fill(records: pl.DataFrame, merged: dict[int, list[int]]) -> pl.DataFrame:
    """Fill empty columns of kept records from their duplicates, the first in input order that has a value."""
    columns = {name: records[name].to_list() for name in FILLABLE}
    filled = records["filled"].to_list()
    for row, duplicates in merged.items():
        for name, values in columns.items():
            if values[row] in (None, "", []):
                value = next(
                    (values[other] for other in duplicates if values[other] not in (None, "", [])), None
                )
                if value is not None:
                    values[row] = value
                    filled[row] = [*filled[row], name]
    if not merged:
        return records
    return records.with_columns(
        pl.Series("filled", filled, dtype=RECORDS["filled"]),
        *(pl.Series(name, values, dtype=records.schema[name]) for name, values in columns.items()),
    )
