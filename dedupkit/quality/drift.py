"""How far a set is from another one: less what chance makes of so few rows, and the rows that it is made of."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import polars as pl

#: Of a hundred sets that are drawn from one source, one is further away than this (Smirnov 1948; the normal quantile).
_CHANCE_OF_NUMBERS: Final = 1.63
_CHANCE_OF_SHARES: Final = 2.58


class Drift(NamedTuple):
    """How far a column of a candidate is from that of its base.

    Attributes:
        distance: 0 where it is no further than chance would have it, up to 1.
        rows: Boolean, of the candidate: the rows that the base has fewer of.
    """

    distance: float
    rows: pl.Series


def drift_of_numbers(candidate: pl.Series, base: pl.Series, *, only_smaller: bool = False) -> Drift:
    """The largest difference of the shares of rows below any number (Kolmogorov and Smirnov).

    Args:
        candidate: Numbers; missing ones do not count.
        base: The same.
        only_smaller: Numbers that are larger than those of the base are no drift.

    >>> base = pl.Series(range(1000))
    >>> drift_of_numbers(base.sample(400, seed=1), base).distance
    0.0
    >>> drift = drift_of_numbers(pl.Series([*range(0, 1000, 2), *[20] * 500]), base)
    >>> round(drift.distance, 2), drift.rows.sum()
    (0.42, 511)
    """
    values, old = candidate.drop_nulls().sort().to_numpy(), base.drop_nulls().sort().to_numpy()
    none = pl.repeat(value=False, n=len(candidate), eager=True)
    if not len(values) or not len(old):
        return Drift(0.0, none)
    places = np.union1d(values, old)
    below = np.searchsorted(values, places, "right") / len(values)
    surplus = below - np.searchsorted(old, places, "right") / len(old)
    at = int((surplus if only_smaller else np.abs(surplus)).argmax())
    if only_smaller and surplus[at] <= 0:
        return Drift(0.0, none)
    distance = abs(float(surplus[at])) - _CHANCE_OF_NUMBERS * (1 / len(values) + 1 / len(old)) ** 0.5
    if distance <= 0:
        return Drift(0.0, none)
    rows = candidate <= places[at] if surplus[at] > 0 else candidate > places[at]
    return Drift(distance, rows.fill_null(value=False))


def drift_of_shares(candidate: pl.Series, base: pl.Series) -> Drift:
    """The largest difference of the share of any value; a missing one is a value too.

    >>> base = pl.Series(["en"] * 900 + ["fr"] * 100)
    >>> drift_of_shares(pl.Series(["en"] * 88 + ["fr"] * 12), base).distance
    0.0
    >>> drift = drift_of_shares(pl.Series(["en"] * 50 + ["de"] * 50), base)
    >>> round(drift.distance, 2), drift.rows.sum()
    (0.44, 50)
    """
    none = pl.repeat(value=False, n=len(candidate), eager=True)
    if not len(candidate) or not len(base):
        return Drift(0.0, none)
    counts = _counts(candidate, "new").join(
        _counts(base, "old"), on="value", how="full", coalesce=True, nulls_equal=True
    )
    n, m = len(candidate), len(base)
    both = (pl.col("new") + pl.col("old")) / (n + m)
    shares = counts.with_columns(pl.col("new", "old").fill_null(0)).with_columns(
        surplus=pl.col("new") / n - pl.col("old") / m,
        chance=_CHANCE_OF_SHARES * (both * (1 - both) * (1 / n + 1 / m)).sqrt(),
    )
    beyond = shares.filter(pl.col("surplus").abs() > pl.col("chance")).sort(
        pl.col("surplus").abs() - pl.col("chance"), "value", descending=[True, False], nulls_last=True
    )
    if not beyond.height:
        return Drift(0.0, none)
    first = beyond.row(0, named=True)
    more = beyond.filter(pl.col("surplus") > 0)["value"]
    rows = candidate.is_in(more.drop_nulls().implode()).fill_null(value=bool(more.null_count()))
    return Drift(abs(first["surplus"]) - first["chance"], rows)


def drift_to_new(candidate: pl.Series, base: pl.Series) -> Drift:
    """The share of rows with a value that the base does not have at all.

    >>> drift = drift_to_new(pl.Series(["a", "b", "c", None]), pl.Series(["a", "b"]))
    >>> drift.distance, drift.rows.to_list()
    (0.5, [False, False, True, True])
    """
    rows = ~candidate.is_in(base.drop_nulls().unique().implode()).fill_null(value=bool(base.null_count()))
    return Drift(int(rows.sum()) / max(len(rows), 1), rows)


def _counts(values: pl.Series, name: str) -> pl.DataFrame:
    return values.alias("value").to_frame().group_by("value").agg(pl.len().cast(pl.Int64).alias(name))
