"""How similar the abstracts of compared pairs are: how many pairs at each similarity, and who comes near."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches.rules import why_refused
from dedupkit.record import DUPLICATE_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.matches.candidates import Units

#: Parts of [0, 1] in which pairs are counted. A share of whole numbers at an edge is put above it: i / 40 * 40 is i.
BINS: Final = 40

#: Refused pairs that are told: so many at the threshold and above, which a rule refused, and as many below.
_NEAR_MISSES: Final = 25


class Similarities(NamedTuple):
    """Jaccard similarities of the abstracts of compared pairs that both have one.

    What is compared are units (``candidates.Units``): copies that are equal in what matching sees are collapsed before,
    are no compared pairs and are not counted, and two groups of copies are one pair.

    Attributes:
        accepted: Pairs that are one work by any rule, a count for each of ``BINS`` equal parts of [0, 1]; each holds
            its lower edge, the last also 1.
        refused: The same of the others; one abstract under unrelated titles or those of sister papers is refused.
        near_misses: The most similar of the refused, ``_NEAR_MISSES`` at most from the threshold on, and as many below: ``left``, ``right`` (ids, String; or
            numbers of records, Int64), ``similarity`` (Float64), ``why`` (String); by similarity, the highest first,
            then by ``left`` and ``right``.
    """

    accepted: list[int]
    refused: list[int]
    near_misses: pl.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """What ``facts.json`` holds."""
        return {
            "bins": BINS,
            "accepted": self.accepted,
            "refused": self.refused,
            "near_misses": self.near_misses.to_dicts(),
        }


def tell_similarities(
    ruled: pl.DataFrame, units: Units, settings: Settings, base: int = 0, ids: pl.Series | None = None
) -> Similarities:
    """Count compared pairs by similarity, and name the refused ones that come nearest.

    Neither depends on the order of the pairs.

    Args:
        ruled: Pairs of units, from ``rules.name_rules``.
        units: Of all records.
        settings: ``threshold``.
        base: How many of the records, the first, the existing set holds.
        ids: Of all records; None: their numbers.
    """
    accepted = pl.col("rule").is_in(DUPLICATE_VERDICTS).fill_null(value=False)
    told = ruled.select("jaccard", accepted=accepted)
    refused = pl.col("jaccard").is_not_null() & ~pl.lit(told["accepted"])
    is_below = pl.col("jaccard") < settings.threshold
    near_misses = []
    for side in (refused & ~is_below, refused & is_below):  # else a large set tells only what a rule refused
        least = told.select(pl.col("jaccard").filter(side).top_k(_NEAR_MISSES).min()).item()
        nearest = ruled.filter(
            side & (pl.col("jaccard") >= pl.lit(least, pl.Float64))
        )  # and all that tie with the last
        pairs = nearest.select("left", "right", "jaccard", why=why_refused(settings))
        near_misses.append(_named(pairs, units, base, ids))
    every = _counts(told["jaccard"])
    of_accepted = _counts(told["jaccard"].filter(told["accepted"]))
    return Similarities(
        of_accepted.tolist(),
        (every - of_accepted).tolist(),
        pl.concat(near_misses),
    )


def join_similarities(parts: Sequence[Similarities], settings: Settings) -> Similarities:
    """Those of several sets of pairs that have none in common."""
    near_misses = pl.concat([part.near_misses for part in parts], how="vertical")
    is_below = pl.col("similarity") < settings.threshold
    ordered = near_misses.sort("similarity", "left", "right", descending=[True, False, False])
    return Similarities(
        [sum(counts) for counts in zip(*(part.accepted for part in parts), strict=True)],
        [sum(counts) for counts in zip(*(part.refused for part in parts), strict=True)],
        pl.concat([ordered.filter(side).head(_NEAR_MISSES) for side in (~is_below, is_below)]),
    )


def _counts(similarities: pl.Series) -> NDArray[np.int64]:
    """How many are in each bin; nulls are in none.

    >>> counts = _counts(pl.Series([0.0, 0.0249, 0.7, 0.975, 1.0, None]))
    >>> [(place, int(count)) for place, count in enumerate(counts) if count]
    [(0, 2), (28, 1), (39, 2)]
    """
    places = (similarities.drop_nulls() * BINS).cast(pl.Int64).clip(upper_bound=BINS - 1)
    return np.bincount(places.to_numpy(), minlength=BINS)


def _named(pairs: pl.DataFrame, units: Units, base: int, ids: pl.Series | None) -> pl.DataFrame:
    """Pairs of units as those of one record of each: the existing set's left, else the one with the lower id.

    Of a unit's copies the new one with the lowest id is named; where none is new, that of the existing set.
    """
    involved = np.zeros(len(units.record) + 1, np.bool_)  # the last is the unit of records without a word
    for end in ("left", "right"):
        involved[pairs[end].to_numpy()] = True
    rows = np.flatnonzero(involved[units.of_record])
    record = pl.Series(rows)
    names = (
        pl.DataFrame(
            {
                "unit": units.of_record[rows],
                "id": record if ids is None else ids.gather(record),
                "new": rows >= base,
            }
        )
        .sort("new", "id", descending=[True, False])
        .unique("unit", keep="first", maintain_order=True)
    )
    turned = (pl.col("new") & ~pl.col("new_right")) | (
        (pl.col("new") == pl.col("new_right")) & (pl.col("id") > pl.col("id_right"))
    )
    return (
        pairs.join(names, left_on="left", right_on="unit")
        .join(names, left_on="right", right_on="unit", suffix="_right")
        .select(
            left=pl.when(turned).then("id_right").otherwise("id"),
            right=pl.when(turned).then("id").otherwise("id_right"),
            similarity="jaccard",
            why="why",
        )
        .sort("similarity", "left", "right", descending=[True, False, False])
        .head(_NEAR_MISSES)
    )
