"""Both ways to connect edges name the smallest vertex of every component, however the edges lie."""

import os
import shutil
import sys
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dedupkit.spark.components import components

pytestmark = [
    # pyspark's own imports; no frame of ours passes through pandas on its way
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
]


@pytest.fixture(scope="session")
def spark(required):
    """One Spark session with two cores."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  may be missing
    except ImportError:
        required("pyspark is not installed")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        required("there is no Java, which Spark needs")
    builder = SparkSession.builder.master("local[2]").appName("dedupkit's tests")
    for key, value in {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # many small queries: compile less
        "spark.driver.host": "127.0.0.1",
        "spark.pyspark.python": sys.executable,
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def edges_of(*pairs):
    """Edges from pairs in any order; loops are none."""
    ends = np.sort(np.array(pairs, np.int64).reshape(-1, 2), axis=1)
    return ends[ends[:, 0] < ends[:, 1]]


def path(count):
    """A path whose vertices are in no order."""
    order = np.random.default_rng(5).permutation(count)
    return edges_of(*pairwise(order))


def critical(count):
    """A random graph where the largest component is about to appear."""
    return edges_of(*np.random.default_rng(6).integers(0, count, (count // 2, 2)))


GRAPHS = {
    "one edge": edges_of((3, 7)),
    "a shuffled path": path(100),
    "a star whose centre is the largest": edges_of(*((99, leaf) for leaf in range(99))),
    "cliques": edges_of(*((k + a, k + b) for k in (0, 9, 18) for a in range(9) for b in range(a))),
    "a random graph at the critical point": critical(2000),
    "repeated edges": np.repeat(path(20), 5, axis=0),
    "a leaf of two centres": edges_of((1, 5), (2, 5), (2, 6)),
    "large numbers": path(50) * 22_000_000_000 + 1,  # up to 2**40
}


def together(graphs):
    """Graphs beside each other, as one whose edges are in no order."""
    beside = [edges + k * (1 << 41) for k, edges in enumerate(graphs)]
    return np.random.default_rng(7).permutation(np.concatenate(beside))


def written(edges, folder, files=1):
    """The edges as a folder of some files of Parquet."""
    folder.mkdir()
    for part, rows in enumerate(np.array_split(edges, files)):
        pl.DataFrame(rows, schema={"left": pl.Int64, "right": pl.Int64}).write_parquet(
            folder / f"part-{part}.parquet"
        )
    (folder / "_SUCCESS").touch()
    return folder


def expected(edges):
    """What scipy says: each vertex, sorted, and the smallest of its component."""
    vertices, ends = np.unique(edges, return_inverse=True)
    left, right = ends.reshape(-1, 2).T
    size = vertices.size
    graph = coo_array((np.ones(left.size), (left, right)), shape=(size, size))
    component = connected_components(graph, directed=False)[1] if size else np.empty(0, np.int32)
    first = np.full(size, size)
    np.minimum.at(first, component, np.arange(size))
    return pl.DataFrame({"row": vertices, "first": vertices[first[component]]})


def labels(folder):
    assert (folder / "_SUCCESS").exists()
    return pl.concat(pl.read_parquet(file, glob=False) for file in sorted(folder.glob("*.parquet")))


@pytest.mark.parametrize("name", GRAPHS)
def test_the_driver_names_the_smallest_vertex_of_every_component(name, tmp_path):
    edges = GRAPHS[name]
    found = components(None, written(edges, tmp_path / "edges", 3), tmp_path)
    assert labels(found).equals(expected(edges))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(*[st.one_of(st.integers(0, 30), st.integers(0, 2**40))] * 2), max_size=60),
    st.integers(1, 4),
)
def test_the_driver_and_scipy_agree_on_any_graph(tmp_path_factory, pairs, files):
    folder = tmp_path_factory.mktemp("any")
    edges = edges_of(*pairs)
    assert labels(components(None, written(edges, folder / "edges", files), folder)).equals(expected(edges))


def test_the_driver_takes_many_files_and_rows_in_parts(tmp_path, monkeypatch):
    edges = together(GRAPHS.values())
    monkeypatch.setattr("dedupkit.spark.components._AT_ONCE", 700)
    found = components(None, written(edges, tmp_path / "edges", 30), tmp_path)
    assert len(list(found.glob("*.parquet"))) > 2
    assert labels(found).equals(expected(edges))


def test_a_folder_without_files_is_no_edges(tmp_path):
    (tmp_path / "edges").mkdir()
    found = labels(components(None, tmp_path / "edges", tmp_path))
    assert found.schema == {"row": pl.Int64, "first": pl.Int64}
    assert not found.height


#: Graphs of few rounds, each of which takes Spark a second.
FEW_ROUNDS = [
    GRAPHS["a star whose centre is the largest"],
    GRAPHS["cliques"],
    GRAPHS["a leaf of two centres"],
    np.repeat(path(15), 3, axis=0),
    critical(200),
]

NO_BROADCASTS = {"spark.sql.autoBroadcastJoinThreshold": "-1"}
PLANS = {
    "as Spark plans": ({}, 1, FEW_ROUNDS),
    "without broadcasts": (NO_BROADCASTS, 7, GRAPHS.values()),
    "without adapting": (NO_BROADCASTS | {"spark.sql.adaptive.enabled": "false"}, 3, FEW_ROUNDS),
}


@pytest.fixture(params=PLANS)
def planned(request, spark):
    """A session with settings of its own, in how many files edges lie, and graphs."""
    changed, files, graphs = PLANS[request.param]
    before = {key: spark.conf.get(key) for key in changed}
    for key, value in changed.items():
        spark.conf.set(key, value)
    yield spark, files, graphs
    for key, value in before.items():
        spark.conf.set(key, value)


def test_spark_finds_what_the_driver_finds_however_it_plans(planned, tmp_path):
    spark, files, graphs = planned
    edges = together(graphs)
    found = components(spark, written(edges, tmp_path / "edges", files), tmp_path, on_driver=edges.shape[0])
    assert labels(found).sort("row").equals(expected(edges))
    assert {each.name for each in tmp_path.iterdir()} == {"edges", "components"}  # no round is left


@pytest.mark.parametrize("edges", [edges_of(), np.repeat(edges_of((1, 2), (1, 3), (4, 5)), 2, axis=0)])
def test_no_edges_and_edges_that_are_stars_need_no_round(spark, edges, tmp_path, monkeypatch):
    monkeypatch.setattr("dedupkit.spark.components._large_star", None)
    found = components(spark, written(edges, tmp_path / "edges"), tmp_path, on_driver=0)
    assert labels(found).sort("row").equals(expected(edges))


def test_an_interrupted_call_starts_again(spark, tmp_path, monkeypatch):
    edges = GRAPHS["a leaf of two centres"]
    folder = written(edges, tmp_path / "a [folder] of edges")
    with monkeypatch.context() as patched:
        patched.setattr("dedupkit.spark.components._small_star", lambda _: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            components(spark, folder, tmp_path, on_driver=0)
    assert (tmp_path / "stars").exists()
    found = components(spark, folder, tmp_path, on_driver=0)
    assert labels(found).sort("row").equals(expected(edges))
    assert labels(components(None, folder, tmp_path)).equals(expected(edges))  # over Spark's files
    assert not (tmp_path / "stars").exists()
