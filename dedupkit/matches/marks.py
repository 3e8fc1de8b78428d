"""Decisions written into the records: ids instead of row numbers, a reason in a sentence, filled columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches.fingerprints import FILLABLE, is_filled
from dedupkit.record import KEPT, PAIRS, QUARANTINED, RECORDS, REJECTED

if TYPE_CHECKING:
    from dedupkit.matches import Found
    from dedupkit.matches.similarities import Similarities

#: What this stage adds.
ADDED: Final = ("verdict", "merged_from", "filled", "duplicate_of", "similarity", "reason", "cluster")


#: Reasons of records that nothing was compared with.
WORDLESS: Final = "It holds no word: neither in its title nor in its abstract."
UNMATCHED: Final = "No duplicate of it was found."


class Marked(NamedTuple):
    """Records with their verdicts.

    Attributes:
        records: One to one, with the columns of ``ADDED``.
        pairs: Verified pairs (``record.PAIRS``).
        held: How many records are dropped because the existing set holds them.
        candidates: How many pairs were compared.
        candidates_cut: How many pairs in crowded buckets were not.
        similarities: Of the pairs that were compared.
    """

    records: pl.DataFrame
    pairs: pl.DataFrame
    held: int
    candidates: int
    candidates_cut: int
    similarities: Similarities


def mark(records: pl.DataFrame, found: Found, base: pl.DataFrame | None = None) -> Marked:
    """Add the columns of ``ADDED``, and fill empty columns of kept records.

    Args:
        records: One row per record, with ``record_id``, ``source``, ``line`` and the columns of ``FILLABLE``.
        found: Of the same records, behind those of the existing set.
        base: ``id`` and ``place`` of the records of the existing set; None: there is none.
    """
    ids = behind(base, "id", records["record_id"])
    places = behind(base, "place", records.select(pl.format("{}:{}", "source", "line")).to_series())
    told = tell(found, ids, places)
    return Marked(
        _fill(records.hstack(told.columns.get_columns()), told.merged),
        told.pairs,
        told.held,
        found.candidates,
        found.candidates_cut,
        found.similarities,
    )


class Told(NamedTuple):
    """Decisions in the words of records.

    Attributes:
        columns: Those of ``ADDED``, one row for each record that is not of the existing set.
        pairs: Verified pairs (``record.PAIRS``).
        merged: Of each record that others are dropped for: ``duplicate_of``, its number, and ``merged``, theirs.
        held: How many records are dropped because the existing set holds them.
    """

    columns: pl.DataFrame
    pairs: pl.DataFrame
    merged: pl.DataFrame
    held: int


def tell(found: Found, ids: pl.Series, places: pl.Series) -> Told:
    """Put decisions into words.

    Args:
        found: Of some records, whole components of what was compared.
        ids: Of the same records, those of the existing set first.
        places: Where each stands.
    """
    marks = found.settled.marks.with_row_index("record").cast({"record": pl.Int64})
    merged = (
        marks.filter(pl.col("duplicate_of") >= found.base)
        .with_columns(merged_from=pl.lit(ids).gather("record"))
        .group_by("duplicate_of", maintain_order=True)  # the records stand in input order
        .agg(pl.col("record").alias("merged"), "merged_from")
    )
    lists = merged.select("merged_from", record="duplicate_of")
    paired = pl.concat([found.settled.pairs["left"], found.settled.pairs["right"]]).unique()
    columns = (
        marks.join(lists, on="record", how="left", maintain_order="left")
        .slice(found.base)
        .with_columns(
            pl.col("merged_from").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            is_paired=pl.int_range(found.base, found.base + pl.len()).is_in(paired.implode()),
            place=_place("duplicate_of", places, found.base),
            other=_place("misaligned_with", places, found.base),
        )
        .select(
            "verdict",
            "merged_from",
            filled=pl.lit([], dtype=pl.List(pl.String)),
            duplicate_of=pl.lit(ids).gather("duplicate_of"),
            similarity="similarity",
            reason=_reason(),
            cluster=pl.lit(ids).gather("cluster"),
        )
    )
    pairs = found.settled.pairs.with_columns(
        ids.gather(found.settled.pairs[end]).alias(end) for end in ("left", "right")
    )
    merged = merged.select(
        pl.col("duplicate_of") - found.base, pl.col("merged").list.eval(pl.element() - found.base)
    )
    return Told(
        columns.select(pl.col(name).cast(RECORDS[name]) for name in ADDED),
        pairs.select(pl.col(name).cast(dtype) for name, dtype in PAIRS.items()),
        merged,
        marks.filter(pl.col("duplicate_of") < found.base).height,
    )


def behind(base: pl.DataFrame | None, name: str, own: pl.Series) -> pl.Series:
    """A column of the existing set, if there is one, and behind it that of the records."""
    return own if base is None else pl.concat([base[name].cast(pl.String), own.alias(name)])


def _place(column: str, places: pl.Series, base: int) -> pl.Expr:
    """Where the record that a column names stands, and that it is one of the existing set."""
    of_base = pl.when(pl.col(column) < base).then(pl.lit(" of the existing set")).otherwise(pl.lit(""))
    return pl.concat_str(pl.lit(places).gather(column), of_base)


def _reason() -> pl.Expr:
    """One plain sentence for each verdict."""
    copies = pl.col("merged_from").list.len()
    return (
        pl.when(pl.col("verdict") == "exact_duplicate")
        .then(pl.format("The same as {}, but for case, accents, punctuation or spacing at most.", "place"))
        .when(pl.col("verdict") == "near_duplicate")
        .then(pl.format("Nearly the same as {}: {}.", "place", "evidence"))
        .when(pl.col("verdict") == "contained")
        .then(pl.format("A cut copy of {}: {}.", "place", "evidence"))
        .when(pl.col("verdict") == "same_title")
        .then(pl.format("The same title as {}: {}.", "place", "evidence"))
        .when(pl.col("verdict") == QUARANTINED)
        .then(
            pl.format(
                "Its abstract is also that of {}, whose title is unrelated: the scrape is misaligned, and nobody can "
                "say which of them is right.",
                "other",
            )
        )
        .when(pl.col("verdict") == REJECTED)
        .then(pl.lit(WORDLESS))
        .when((pl.col("verdict") == KEPT) & (copies > 0))
        .then(pl.format("The most complete of {} records of one work.", copies + 1))
        .when("is_paired")
        .then(
            pl.lit(
                "It is like records that were dropped for another one, but no duplicate of that one itself: copies of "
                "copies are not dropped in a chain."
            )
        )
        .otherwise(pl.lit(UNMATCHED))
    )


def _fill(records: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Fill empty columns of kept records from their duplicates, the first in input order that has a value."""
    if not merged.height:
        return records
    members = merged.explode("merged")
    offers = records.select(FILLABLE)[members["merged"]]
    offered = (
        offers.select(pl.when(is_filled(offers, name)).then(name).alias(name) for name in FILLABLE)
        .with_columns(record=members["duplicate_of"])
        .group_by("record", maintain_order=True)
        .agg(pl.col(name).drop_nulls().first() for name in FILLABLE)
    )
    kept = records.select(FILLABLE)[offered["record"]]
    empty = kept.select(~is_filled(kept, name).alias(name) for name in FILLABLE)
    taken = empty.select(pl.col(name) & offered[name].is_not_null() for name in FILLABLE)
    columns = [
        replaced(records[name], offered["record"].filter(taken[name]), offered[name].filter(taken[name]))
        for name in FILLABLE
        if taken[name].any()
    ]
    names = taken.select(
        filled=pl.concat_list(pl.when(name).then(pl.lit(name)) for name in FILLABLE).list.drop_nulls()
    )
    return records.with_columns(*columns, replaced(records["filled"], offered["record"], names["filled"]))


def replaced(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """A column with other values in some rows; all texts are shared, not copied."""
    places = np.arange(len(column))
    places[rows.to_numpy()] = np.arange(len(column), len(column) + len(rows))
    return pl.concat([column, values.alias(column.name)], rechunk=True).gather(places)
