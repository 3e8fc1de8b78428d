"""Who is kept and why: golden cases, and what holds for any records."""

import json
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.matches import mark_duplicates
from dedupkit.record import DUPLICATE_VERDICTS, IN_CLEAN, PAIRS, PARSED, RECORDS

CASES = json.loads((Path(__file__).parent / "cases.json").read_text("utf-8"))
_WORDS = (
    "sorting is an old problem and yet nobody has written down how programmers sort when they are in a hurry so we "
    "asked four hundred of them and read their answers with care in this paper we report what we found which mistakes "
    "come back and what follows for teaching libraries and the design of interfaces that ask people to compare things "
    "our measurements cover eleven languages and four decades of practice"
).split()
TEXTS = {
    "LOREM": " ".join(_WORDS),
    "LOREM_EDITED": " ".join(_WORDS).replace("four hundred", "five hundred"),
    "LOREM_CUT": " ".join(_WORDS[:38]),
    "OTHER": "whales migrate along the coast each year and we follow nine of them with tags that report depth and "
    "temperature to find where they rest and what disturbs them most on their long way to the north",
}


def frame(rows):
    """Records with ids in input order from [title, abstract, authors] rows."""
    full = [
        {
            "record_id": f"{number:016x}",
            "source": "a.txt",
            "line": number + 1,
            "title": row[0],
            "abstract": TEXTS.get(row[1], row[1]) if len(row) > 1 else None,
            "authors": row[2] if len(row) > 2 else [],
        }
        for number, row in enumerate(rows)
    ]
    schema = {**PARSED, "title": pl.String, "abstract": pl.String}
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in full], schema=schema)


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_golden_cases(case):
    records, pairs = mark_duplicates(frame(case["records"]), Settings())
    assert records["verdict"].to_list() == case["verdicts"]
    assert pairs["rule"].to_list() == case["rules"]


def test_a_record_is_dropped_only_for_a_kept_one_and_chains_break():
    steps = [_WORDS.copy()]
    for number in range(6):  # each differs from its neighbour by a few words, the ends by many
        step = steps[-1].copy()
        step[5 + 9 * number] = "changed"
        steps.append(step)
    records, pairs = mark_duplicates(
        frame([[None, " ".join(step)] for step in steps]), Settings(threshold=0.85)
    )
    verdicts = records["verdict"].to_list()
    assert len(set(records["cluster"])) == 1
    assert verdicts.count("kept") > 1
    verified = {frozenset(pair) for pair in pairs.select("left", "right").iter_rows()}
    for row in records.filter(pl.col("duplicate_of").is_not_null()).iter_rows(named=True):
        assert frozenset((row["record_id"], row["duplicate_of"])) in verified


def test_the_most_complete_record_is_kept_and_filled_from_the_others():
    rows = frame(
        [["On the Sorting of Things", None, ["Ada Lovelace"]], ["On the sorting of things", "LOREM"]]
    )
    rows = rows.with_columns(organisation=pl.Series([None, "NVIDIA"]), comment_count=pl.Series([7, None]))
    records, _ = mark_duplicates(rows, Settings())
    kept = records.row(by_predicate=pl.col("verdict") == "kept", named=True)
    assert kept["line"] == 2
    assert kept["filled"] == ["authors", "comment_count"]
    assert (kept["authors"], kept["comment_count"], kept["organisation"]) == (["Ada Lovelace"], 7, "NVIDIA")
    assert kept["merged_from"] == ["0000000000000000"]
    assert "most complete of 2" in kept["reason"]


def test_many_copies_cost_one_pair_each():
    records, pairs = mark_duplicates(frame([["Same", "LOREM"]] * 300), Settings())
    assert pairs.height == 299
    assert records["verdict"].to_list() == ["kept"] + ["exact_duplicate"] * 299


def test_a_placeholder_under_many_titles_drops_nobody_and_is_marked():
    titles = [
        f"{a} {b}" for a in ("whales", "sorting", "rain", "tears") for b in ("alpha", "bravo", "delta")
    ] * 6
    rows = [[f"{title} {number}x", "Abstract unavailable"] for number, title in enumerate(titles)]
    records, pairs = mark_duplicates(frame(rows), Settings())
    assert records["verdict"].to_list() == ["quarantined"] * len(rows)
    assert pairs.height == 0


def test_banding_finds_pairs_at_the_threshold():
    for threshold in (0.3, 0.5, 0.7, 0.8, 0.95):
        bands, rows = banding(threshold, 128)
        assert recall(threshold, bands, rows) >= 0.999
        assert bands * rows <= 128


def test_signatures_are_datasketchs_and_stable():
    minhash = signature({"a b c", "b c d"}, 128)
    again = signature({"b c d", "a b c"}, 128)
    assert (minhash.hashvalues == again.hashvalues).all()
    assert minhash.scheme == "affine32"
    assert minhash.hashvalues[:4].tolist() == [
        370927819,
        2418741884,
        1325678417,
        3959146,
    ]  # golden: a change breaks persisted signatures


def test_candidates_hold_every_pair_that_is_alike():
    texts = [" ".join(_WORDS[start:]) for start in range(12)] + [TEXTS["OTHER"]]
    found = candidates(texts, lambda text: shingles(text.split(" "), 3), Settings())
    assert set(pairwise(range(12))) <= set(found)
    assert not any(12 in pair for pair in found)


vocabulary = st.sampled_from(
    "deep learning of causal graphs with sparse noise and old data 2019 2020 für 学习 the".split()
)
texts = st.one_of(st.none(), st.lists(vocabulary, max_size=12).map(" ".join), st.sampled_from(sorted(TEXTS)))
people = st.lists(st.sampled_from(["Ada Lovelace", "A. Lovelace", "Grace Hopper"]), max_size=2)
corpora = st.lists(st.tuples(texts, texts, people), min_size=1, max_size=14)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora)
def test_invariants_of_any_corpus(rows):
    before = frame(rows)
    records, pairs = mark_duplicates(before, Settings())
    assert records.height == before.height
    assert records.schema == {**before.schema, **{name: RECORDS[name] for name in records.columns}}
    assert dict(pairs.schema) == PAIRS
    position = {record_id: number for number, record_id in enumerate(records["record_id"])}
    assert all(position[left] < position[right] for left, right in pairs.select("left", "right").iter_rows())
    by_id = {row["record_id"]: row for row in records.iter_rows(named=True)}
    verified = {(left, right): (rule, score) for left, right, rule, score in pairs.iter_rows()}
    for row in by_id.values():
        assert row["reason"].endswith(".")
        if row["verdict"] in DUPLICATE_VERDICTS:
            survivor = by_id[row["duplicate_of"]]
            assert survivor["verdict"] in IN_CLEAN
            pair = tuple(sorted((row["record_id"], survivor["record_id"]), key=position.get))
            assert verified[pair] == (row["verdict"], row["similarity"])
            assert row["record_id"] in survivor["merged_from"]
            assert row["cluster"] == survivor["cluster"]
        else:
            assert row["duplicate_of"] is None
        assert position[row["cluster"]] <= position[row["record_id"]]
    merged = [duplicate for row in by_id.values() for duplicate in row["merged_from"]]
    assert sorted(merged) == sorted(i for i, row in by_id.items() if row["verdict"] in DUPLICATE_VERDICTS)


@settings(max_examples=50, deadline=None)
@given(corpora)
def test_near_pairs_have_exactly_the_similarity_that_is_told(rows):
    records, pairs = mark_duplicates(frame(rows), Settings())
    raw = frame(rows).with_columns(words=words(normal_form(pl.col("abstract"))))
    sets = dict(zip(raw["record_id"], [shingles(w or [], 3) for w in raw["words"].to_list()], strict=True))
    for left, right, rule, similarity in pairs.iter_rows():
        if rule == "near_duplicate":
            ours, theirs = sets[left], sets[right]
            assert similarity == len(ours & theirs) / len(ours | theirs)
            assert similarity >= 0.7
    assert records.height == len(rows)
