"""How the benchmark judges pairs, on a truth small enough to count by hand."""

import importlib
from pathlib import Path

import polars as pl
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"

# a, b, c are one work; d is b's sister; e and f are one work, which is cut.
TRUTH = pl.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e", "f"],
        "entity": ["a", "a", "a", "d", "e", "e"],
        "edit": ["original", "exact", "typos_5_percent", "sister", "original", "cut_to_60_percent"],
        "of": [None, "a", "a", "a", None, "e"],
        "jaccard": [None, 1.0, 0.8, 0.4, None, 0.6],
    }
)


@pytest.fixture
def judge(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(SCRIPTS)
    judging = importlib.import_module("judging")
    TRUTH.write_parquet(tmp_path / "truth.parquet")

    def judge_pairs(*pairs):
        ends = {"left": [one for one, _ in pairs], "right": [other for _, other in pairs]}
        pl.DataFrame(ends, schema={"left": pl.String, "right": pl.String}).write_parquet(
            tmp_path / "p.parquet"
        )
        return judging.judge(tmp_path / "p.parquet", tmp_path / "truth.parquet")

    return judge_pairs


def test_all_pairs_are_all_right(judge):
    judged = judge(("a", "b"), ("a", "c"), ("b", "c"), ("e", "f"))
    assert (judged.pairs, judged.precision, judged.recall, judged.recall_close) == (4, 1.0, 1.0, 1.0)


def test_a_chain_finds_what_it_connects(judge):
    judged = judge(("c", "b"), ("a", "b"))
    assert (judged.pairs, judged.precision, judged.recall_close) == (2, 1.0, 1.0)
    assert judged.recall == pytest.approx(2 / 3)
    assert judged.recall_by_edit == {"cut_to_60_percent": 0.0, "exact": 1.0, "typos_5_percent": 1.0}


def test_a_pair_counts_once_in_either_direction_and_never_with_itself(judge):
    assert judge(("a", "b"), ("b", "a"), ("c", "c")).pairs == 1


def test_sisters_are_wrong_and_so_are_sisters_of_copies(judge):
    judged = judge(("a", "b"), ("c", "d"), ("d", "a"), ("a", "e"))
    assert (judged.precision, judged.wrong_sisters) == (0.25, 2)


def test_no_pairs_have_no_precision(judge):
    judged = judge()
    assert (judged.pairs, judged.precision, judged.recall) == (0, None, 0.0)
