"""Compare an engine's pairs with the truth of the corpus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from pathlib import Path

#: Copies that are at least as similar to their originals have a recall of their own.
CLOSE: Final = 0.8


class Judged(NamedTuple):
    """How good an engine's pairs are.

    Attributes:
        pairs: Distinct pairs.
        precision: Share of the pairs whose works are one entity; None when there are no pairs.
        recall: Share of the copies that the pairs connect with their original, directly or over others.
        recall_close: The same among copies of Jaccard similarity ``CLOSE`` and more.
        recall_by_edit: The same for each kind of edit.
        wrong_sisters: Pairs of a work with its sister, or of copies of theirs.
    """

    pairs: int
    precision: float | None
    recall: float
    recall_close: float
    recall_by_edit: dict[str, float]
    wrong_sisters: int


def judge(pairs_path: Path, truth_path: Path) -> Judged:
    """Judge pairs.

    Engines list pairs differently: all of a group, each with the first, or equal works once. Connected components make
    them comparable: whoever links three copies in a chain has found them all.

    Args:
        pairs_path: Reads ``left`` and ``right`` (String, ids).
        truth_path: Reads ``id``, ``entity``, ``edit``, ``of``, ``jaccard`` (``corpus.py``).
    """
    truth = pl.read_parquet(truth_path).with_row_index("row")
    ends = _ends(pl.read_parquet(pairs_path, columns=["left", "right"]), truth)
    right = ends.select(pl.col("entity") == pl.col("entity_right")).to_series()
    found = _found(truth, ends)
    by_edit = found.group_by("edit").agg(pl.col("found").mean()).sort("edit")
    return Judged(
        pairs=ends.height,
        precision=right.mean() if ends.height else None,
        recall=_share(found),
        recall_close=_share(found.filter(pl.col("jaccard") >= CLOSE)),
        recall_by_edit=dict(by_edit.iter_rows()),
        wrong_sisters=_sisters(ends, truth),
    )


def _ends(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """Distinct pairs of different works with the rows and entities of both ends."""
    works = truth.select("id", "row", "entity")
    return (
        pairs.join(works, left_on="left", right_on="id")
        .join(works, left_on="right", right_on="id")
        .select(
            pl.min_horizontal("row", "row_right").alias("row"),
            pl.max_horizontal("row", "row_right").alias("row_right"),
            pl.min_horizontal("entity", "entity_right").alias("entity"),
            pl.max_horizontal("entity", "entity_right").alias("entity_right"),
        )
        .filter(pl.col("row") != pl.col("row_right"))
        .unique(["row", "row_right"], keep="first", maintain_order=True)
    )


def _found(truth: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    """The copies, and whether each is connected with its original."""
    rows = ends["row"].to_numpy(), ends["row_right"].to_numpy()
    graph = coo_array((np.ones(ends.height, dtype=np.int8), rows), shape=(truth.height, truth.height))
    _, components = connected_components(graph, directed=False)
    works = truth.with_columns(component=pl.Series(components))
    copies = works.filter(pl.col("of").is_not_null() & (pl.col("edit") != "sister"))
    originals = works.select(of="id", component_of="component")
    return copies.join(originals, on="of").select(
        "edit", "jaccard", found=pl.col("component") == pl.col("component_of")
    )


def _sisters(ends: pl.DataFrame, truth: pl.DataFrame) -> int:
    """How many pairs join a sister with its template."""
    sisters = truth.filter(pl.col("edit") == "sister").select(
        pl.min_horizontal("entity", "of").alias("entity"),
        pl.max_horizontal("entity", "of").alias("entity_right"),
    )
    return ends.join(sisters, on=["entity", "entity_right"], how="semi").height


def _share(found: pl.DataFrame) -> float:
    return found["found"].mean() if found.height else 1.0
