"""Which records hang together by verified pairs, for more of them than a machine should hold.

Few pairs are connected on the driver. Many are in Spark, by rounds of two halves (Kiveris and others, Connected
Components in MapReduce and Beyond, SoCC 2014): in the first each vertex sends its larger neighbours to the smallest
vertex that it knows, in the second its smaller ones and itself. No pair of vertices is cut apart or brought together by
that, and in the end every component is a star around its smallest vertex. Both ways give the same.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from dedupkit.matches import pair_kernels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt
    from pyspark.sql import DataFrame, SparkSession

    Numbers = npt.NDArray[np.int64]

#: Edges that the driver looks at in one go, and rows of a file that it writes.
_AT_ONCE: Final = 1 << 23

_EDGES: Final = "`left` long, `right` long"


def components(spark: SparkSession, edges: Path, folder: Path, on_driver: int = 50_000_000) -> Path:
    """The smallest vertex of the component of every vertex that has an edge.

    What an interrupted call left is written anew by the next.

    Args:
        spark: A session, classic or of Spark Connect; its tasks and this process see both folders under one path.
        edges: A folder of Parquet with ``left`` and ``right``, int64, none null and ``left`` the smaller; edges may
            be repeated.
        folder: Where results and what is between them may be written.
        on_driver: From so many edges on they are connected by Spark. Fewer are here, which takes up to 40 bytes
            each.

    Returns:
        A folder in ``folder`` of Parquet with ``row`` and ``first``, int64: one row a vertex, sorted by ``row`` if
        they were connected here. It is whole once ``_SUCCESS`` is in it.
    """
    found = folder / "components"
    files = _files(edges)
    if sum(rows for _, rows in files) < on_driver:
        _connect_here(files, found)
    else:
        _connect_in_spark(spark, edges, folder / "stars", found)
    return found


def _connect_here(files: list[tuple[Path, int]], found: Path) -> None:
    """Connect edges by union-find in this process, which sees no vertex's number but its place among all of them."""
    vertices = _vertices(files)
    parent = np.arange(vertices.size)
    for left, right in _batches(files):
        pair_kernels.connect(_places(left, vertices), _places(right, vertices), parent)

    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    for part, start in enumerate(range(0, max(vertices.size, 1), _AT_ONCE)):
        rows = slice(start, start + _AT_ONCE)
        labels = pl.DataFrame({"row": vertices[rows], "first": vertices[parent[rows]]})
        labels.write_parquet(found / f"part-{part:05}.parquet")
    (found / "_SUCCESS").touch()


def _vertices(files: list[tuple[Path, int]]) -> Numbers:
    """All ends of edges, sorted, each once."""
    ends = np.empty(2 * sum(rows for _, rows in files), np.int64)
    filled = 0
    for batch in _batches(files):
        for column in batch:
            ends[filled : filled + column.size] = column
            filled += column.size
    ends.sort()
    is_new = np.ones(ends.size, np.bool_)
    np.not_equal(ends[1:], ends[:-1], out=is_new[1:])
    return ends[is_new]


def _places(ends: Numbers, vertices: Numbers) -> Numbers:
    """Where each end of edges is among the vertices, looked up in their order: else each misses the cache."""
    order = np.argsort(ends)
    places = np.empty(ends.size, np.int64)
    places[order] = np.searchsorted(vertices, ends[order])
    return places


def _files(folder: Path) -> list[tuple[Path, int]]:
    """The files of a folder of Parquet that Spark would read, and how many rows each has."""
    files = (file for file in sorted(folder.iterdir()) if not file.name.startswith(("_", ".")))
    return [(file, pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()) for file in files]


def _batches(files: list[tuple[Path, int]]) -> Iterator[tuple[Numbers, Numbers]]:
    """Both ends of edges, some files at a time."""
    batch: list[Path] = []
    count = 0
    for file, rows in files:
        if batch and count + rows > _AT_ONCE:
            yield _ends(batch)
            batch, count = [], 0
        batch.append(file)
        count += rows
    if batch:
        yield _ends(batch)


def _ends(files: list[Path]) -> tuple[Numbers, Numbers]:
    read = pl.read_parquet(files, columns=["left", "right"], glob=False).rechunk()
    return read["left"].to_numpy(), read["right"].to_numpy()


def _connect_in_spark(spark: SparkSession, edges: Path, rounds: Path, found: Path) -> None:
    """Connect edges by rounds of stars; each half of a round lies in ``rounds`` until the next is written."""
    shutil.rmtree(rounds, ignore_errors=True)
    stars = _read(spark, edges)
    turn, before = 0, edges
    while not _are_stars(stars):
        turn += 1
        for half, step in (("large", _large_star), ("small", _small_star)):
            after = rounds / f"{turn}-{half}"
            step(stars).write.mode("overwrite").parquet(_place(after))
            if before != edges:
                shutil.rmtree(before)
            stars, before = _read(spark, after), after
    centres = stars.selectExpr("`left` AS row", "`left` AS first")
    leaves = stars.selectExpr("`right` AS row", "`left` AS first")
    centres.union(leaves).distinct().write.mode("overwrite").parquet(_place(found))
    shutil.rmtree(rounds, ignore_errors=True)


def _large_star(edges: DataFrame) -> DataFrame:
    """Each vertex's larger neighbours, joined to the smallest of its neighbours and itself."""
    smallest = edges.groupBy("right").agg({"left": "min"}).toDF("left", "smallest")
    known = edges.join(smallest, "left", "left")
    return known.selectExpr("coalesce(smallest, `left`) AS `left`", "`right`").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Each vertex and its smaller neighbours, joined to the smallest of them."""
    smallest = edges.groupBy("right").agg({"left": "min"}).toDF("right", "smallest")
    neighbours = edges.join(smallest, "right").where("smallest < `left`")
    moved = neighbours.selectExpr("smallest AS `left`", "`left` AS `right`")
    return moved.union(smallest.selectExpr("smallest AS `left`", "`right`")).distinct()


def _are_stars(edges: DataFrame) -> bool:
    """Whether no vertex has two smaller neighbours, or a smaller and a larger one."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  as everyone calls it; only where there is Spark

    smaller = edges.selectExpr("`right` AS vertex", "`left` AS smaller", "0 AS larger")
    larger = edges.selectExpr("`left` AS vertex", "NULL AS smaller", "1 AS larger")
    vertices = smaller.union(larger).groupBy("vertex")
    between = F.expr("min(smaller) < max(smaller) OR (min(larger) = 0 AND max(larger) = 1)")
    return bool(vertices.agg(between.alias("between")).where("between").count() == 0)


def _read(spark: SparkSession, folder: Path) -> DataFrame:
    literally = re.sub(r"([\\{}\[\]*?])", r"\\\1", _place(folder))  # else it would be a pattern of places
    return spark.read.schema(_EDGES).parquet(literally)


def _place(folder: Path) -> str:
    """A folder as Spark names it, whatever file system it takes for its own."""
    return f"file://{folder.absolute()}"
