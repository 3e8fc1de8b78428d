"""Who is kept: pairs of records, clusters, and for every record a verdict with its witness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches import pair_kernels
from dedupkit.record import DUPLICATE_VERDICTS, KEPT, QUARANTINED, REJECTED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.matches.candidates import Units
    from dedupkit.matches.fingerprints import Fingerprints

#: Two units of so many pairs of records get them all; larger ones each record with the other's best.
_MOST_PAIRS: Final = 1_024

#: Orders rules from the strongest to the weakest.
_STRENGTH: Final = pl.col("rule").replace_strict(
    DUPLICATE_VERDICTS, range(len(DUPLICATE_VERDICTS)), return_dtype=pl.Int64
)


class Settled(NamedTuple):
    """What was decided.

    Attributes:
        marks: One row a record: ``verdict`` (String), ``duplicate_of`` (Int64, record), ``similarity`` (Float64),
            ``evidence`` (String), ``misaligned_with`` (Int64, record), ``cluster`` (Int64, first record of the
            connected component).
        pairs: Verified pairs of records: ``left``, ``right`` (Int64), ``rule``, ``similarity``; sorted.
    """

    marks: pl.DataFrame
    pairs: pl.DataFrame


def settle(
    prints: Fingerprints, units: Units, matches: pl.DataFrame, settings: Settings, base: int = 0
) -> Settled:
    """Decide every record's verdict.

    A record is dropped only when it has a verified pair with a kept one: no chains. Records are tried from the best to
    the worst, as ``settings.prefer`` says; the first ``base`` records are those of an existing set and always stay.

    Args:
        prints: One row a record.
        units: Of the same records.
        matches: From ``rules.decide``.
        settings: ``prefer``.
        base: How many of the records the existing set holds.
    """
    works = matches.filter(pl.col("rule").is_in(DUPLICATE_VERDICTS))
    rank = _ranks(prints, units, works, settings, base)
    pairs = _record_pairs(units, works, rank, base)
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    cluster = np.arange(len(rank))
    pair_kernels.connect(left, right, cluster)
    witness = _witnesses(pairs, rank)
    pair = pl.Series(witness).set(pl.Series(witness < 0), None)
    others = (pairs["left"] + pairs["right"]).gather(pair) - pl.Series(np.arange(len(rank)))
    misaligned = _misaligned(units, matches)
    marks = pl.DataFrame(
        {
            "duplicate_of": others,
            "similarity": pairs["similarity"].gather(pair),
            "evidence": pairs["evidence"].gather(pair),
            "misaligned_with": misaligned,
            "cluster": cluster,
            "verdict": _verdicts(pairs["rule"].gather(pair), misaligned, units),
        }
    )
    return Settled(marks, pairs.drop("evidence"))


def _verdicts(rules: pl.Series, misaligned: pl.Series, units: Units) -> pl.Series:
    """The rule that a record is dropped by, else whether it is quarantined, rejected or kept."""
    return (
        pl.DataFrame({"rule": rules, "misaligned": misaligned, "wordless": units.of_record < 0})
        .select(
            pl.when(pl.col("rule").is_not_null())
            .then("rule")
            .when(pl.col("misaligned").is_not_null())
            .then(pl.lit(QUARANTINED))
            .when("wordless")
            .then(pl.lit(REJECTED))
            .otherwise(pl.lit(KEPT))
        )
        .to_series()
    )


def _ranks(
    prints: Fingerprints, units: Units, works: pl.DataFrame, settings: Settings, base: int
) -> NDArray[np.int64]:
    """For each record, how many are better."""
    rows = np.arange(len(prints.length))
    match settings.prefer:
        case "first":
            keys: tuple[NDArray[np.generic], ...] = (rows,)
        case "last":
            keys = (-rows,)
        case "longest":
            keys = (rows, -prints.length)
        case _:
            keys = (
                rows,
                -prints.length,
                -prints.filled.astype(np.int64),
                _is_cut(units, works),
                -prints.texts.astype(np.int64),
            )
    order = np.lexsort((*keys, rows >= base))
    rank = np.empty_like(order)
    rank[order] = rows
    return rank


def _is_cut(units: Units, works: pl.DataFrame) -> NDArray[np.bool_]:
    """Whether a record's abstract is a cut copy of another's."""
    cut = np.zeros(len(units.record) + 1, np.bool_)  # the last is the unit of records without a word
    contained = works.filter(pl.col("rule") == "contained")
    shorter = contained.select(pl.when("left_longer").then("right").otherwise("left")).to_series()
    cut[shorter.to_numpy()] = True
    return cut[units.of_record]


def _record_pairs(units: Units, works: pl.DataFrame, rank: NDArray[np.int64], base: int) -> pl.DataFrame:
    """Pairs of records: those of one unit, and those of matched units."""
    members = np.bincount(units.of_record[units.of_record >= 0], minlength=len(units.record))
    crowded = np.flatnonzero(members > 1)
    involved = np.zeros(len(units.record) + 1, np.bool_)  # the last is the unit of records without a word
    for part in (crowded, works["left"].to_numpy(), works["right"].to_numpy()):
        involved[part] = True
    rows = np.flatnonzero(involved[units.of_record])
    has = (
        pl.DataFrame({"unit": units.of_record[rows], "record": rows, "rank": rank[rows]})
        .sort("rank")
        .with_columns(records=pl.len().over("unit"), best=pl.int_range(pl.len()).over("unit") == 0)
    )
    same = pl.DataFrame({"left": crowded, "right": crowded}).with_columns(
        rule=pl.lit("exact_duplicate"), similarity=pl.lit(1.0), evidence=pl.lit(None, pl.String)
    )
    pairs = pl.concat([same, works.select(same.columns)])
    ends = has.select("unit", "record", "records", "best")
    sizes = has.select("unit", "records").unique()
    sized = pairs.join(sizes, left_on="left", right_on="unit").join(
        sizes, left_on="right", right_on="unit", suffix="_right"
    )
    few = pl.col("records") * pl.col("records_right") <= _MOST_PAIRS
    best = ends.filter("best")
    return (
        pl.concat(
            [
                _of_members(sized.filter(few), ends, ends),
                _of_members(sized.filter(~few), best, ends),
                _of_members(sized.filter(~few), ends, best),
            ]
        )
        .filter(pl.col("left") != pl.col("right"), pl.col("right") >= base)
        .sort("left", "right", _STRENGTH)
        .unique(["left", "right"], keep="first", maintain_order=True)
    )


def _of_members(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """Pairs of units as pairs of records."""
    return (
        pairs.lazy()
        .join(left.lazy().select("unit", "record"), left_on="left", right_on="unit")
        .join(right.lazy().select("unit", "record"), left_on="right", right_on="unit", suffix="_right")
        .select(
            left=pl.min_horizontal("record", "record_right"),
            right=pl.max_horizontal("record", "record_right"),
            rule="rule",
            similarity="similarity",
            evidence="evidence",
        )
        .collect()
    )


def _witnesses(pairs: pl.DataFrame, rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each record the row of the pair that it is dropped for; -1 where it is kept.

    Of several kept partners the one with the strongest rule, then the most similar, then the first.
    """
    both = pl.concat(
        pairs.select(
            record=one, partner=other, pair=pl.int_range(pl.len()), rule="rule", similarity="similarity"
        )
        for one, other in (("left", "right"), ("right", "left"))
    ).sort(
        "record",
        _STRENGTH,
        -pl.col("similarity"),
        "pair",
    )
    starts = np.zeros(len(rank) + 1, np.int64)
    np.cumsum(np.bincount(both["record"].to_numpy(), minlength=len(rank)), out=starts[1:])
    order = np.unique(both["record"].to_numpy())
    order = order[np.argsort(rank[order])]
    place = np.empty(len(rank), np.int64)
    pair_kernels.keep_first(order, starts, both["partner"].to_numpy(), place)
    pair = both["pair"].to_numpy()
    return np.where(place >= 0, pair[np.maximum(place, 0)] if len(pair) else -1, -1)


def _misaligned(units: Units, matches: pl.DataFrame) -> pl.Series:
    """For each record another one whose unrelated title stands over the same abstract, null where there is none.

    A record whose abstract also stands under a related title has that on its side.
    """
    none = pl.Series("misaligned_with", [None], pl.Int64).new_from_index(0, len(units.of_record))
    found = matches.filter(pl.col("rule") == "misaligned")
    if not found.height:
        return none
    supported = matches.filter(
        (pl.col("similarity") == 1.0) & pl.col("rule").is_in(("near_duplicate", "sisters"))
    )
    other = np.full(len(units.record) + 1, -1)
    for end, with_end in (("right", "left"), ("left", "right")):  # so that the first of a group is named
        ordered = found.sort(with_end, descending=True)
        other[ordered[end].to_numpy()] = ordered[with_end].to_numpy()
    for end in ("left", "right"):
        other[supported[end].to_numpy()] = -1
    unit = other[units.of_record]
    record = np.where(unit >= 0, units.record[unit], -1)
    return pl.Series("misaligned_with", record).set(pl.Series(record < 0), None)
