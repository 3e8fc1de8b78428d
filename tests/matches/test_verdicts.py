"""Who is kept and why: golden cases, and what holds for any records."""

import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.matches import mark_duplicates
from dedupkit.matches.bases import Base
from dedupkit.matches.details import shingle_sets
from dedupkit.matches.fingerprints import sign
from dedupkit.matches.streams import FrameRecords
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
    "LOREM_2019": " ".join(_WORDS) + " as of 2019",
    "LOREM_2020": " ".join(_WORDS) + " as of 2020",
    "LOREM_TASK": " ".join(_WORDS[:60]) + " hope speech detection",
    "LOREM_OTHER_TASK": " ".join(_WORDS[:52]) + " metaphor retrieval as a task of its own",
    "LOREM_REWRITTEN": " ".join(_WORDS[20:50])
    + " here we tell the whole story of this study and what came of it in "
    "later years when tools had changed and people had learned to let machines compare what they once compared",
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


def marked(records, asked=Settings()):  # noqa: B008  frozen
    return mark_duplicates(records, asked)[:2]


@pytest.mark.parametrize("case", CASES, ids=[case["label"] for case in CASES])
def test_golden_cases(case):
    records, pairs = marked(frame(case["records"]), Settings())
    assert records["verdict"].to_list() == case["verdicts"]
    assert pairs["rule"].to_list() == case["rules"]


def test_a_record_is_dropped_only_for_a_kept_one_and_chains_break():
    steps = [_WORDS.copy()]
    for number in range(6):  # each differs from its neighbour by a few words, the ends by many
        step = steps[-1].copy()
        step[5 + 9 * number] = "changed"
        steps.append(step)
    records, pairs = marked(frame([[None, " ".join(step)] for step in steps]), Settings(threshold=0.85))
    verdicts = records["verdict"].to_list()
    assert len(set(records["cluster"])) == 1
    assert verdicts.count("kept") > 1
    verified = {frozenset(pair) for pair in pairs.select("left", "right").iter_rows()}
    for row in records.filter(pl.col("duplicate_of").is_not_null()).iter_rows(named=True):
        assert frozenset((row["record_id"], row["duplicate_of"])) in verified


def test_a_kept_record_whose_likes_were_dropped_for_another_says_so():
    near, far = _WORDS.copy(), _WORDS.copy()
    near[5] = far[5] = far[14] = "changed"
    rows = frame([[None, " ".join(words)] for words in (_WORDS, near, far)])
    records, _ = marked(rows, Settings(threshold=0.9, prefer="first"))
    assert records["verdict"].to_list() == ["kept", "near_duplicate", "kept"]
    assert "in a chain" in records["reason"][2]


def test_the_most_complete_record_is_kept_and_filled_from_the_others():
    rows = frame(
        [["On the Sorting of Things", None, ["Ada Lovelace"]], ["On the sorting of things", "LOREM"]]
    )
    rows = rows.with_columns(organisation=pl.Series([None, "NVIDIA"]), comment_count=pl.Series([7, None]))
    records, _ = marked(rows, Settings())
    kept = records.row(by_predicate=pl.col("verdict") == "kept", named=True)
    assert kept["line"] == 2
    assert kept["filled"] == ["authors", "comment_count"]
    assert (kept["authors"], kept["comment_count"], kept["organisation"]) == (["Ada Lovelace"], 7, "NVIDIA")
    assert kept["merged_from"] == ["0000000000000000"]
    assert "most complete of 2" in kept["reason"]


def test_many_copies_cost_one_pair_each():
    records, pairs = marked(frame([["Same", "LOREM"]] * 300), Settings())
    assert pairs.height == 299
    assert records["verdict"].to_list() == ["kept"] + ["exact_duplicate"] * 299


def test_few_copies_are_told_pair_by_pair():
    _, pairs = marked(frame([["Same", "LOREM"]] * 4), Settings())
    assert pairs.height == 6


@pytest.mark.parametrize(
    "placeholder",
    ["Abstract unavailable", "N/A", "No abstract available.", "Kein Text vorhanden", "要旨はありません"],
)
def test_a_placeholder_under_many_titles_matches_nothing(placeholder):
    titles = [
        f"{a} {b}" for a in ("whales", "sorting", "rain", "tears") for b in ("alpha", "bravo", "delta")
    ] * 6
    rows = [[f"{title} {number}x", placeholder] for number, title in enumerate(titles)]
    records, pairs = marked(frame(rows), Settings())
    assert records["verdict"].to_list() == ["kept"] * len(rows)
    assert pairs.height == 0


@pytest.mark.parametrize(
    "notice",
    [
        "Please log in to view this content.",
        "Keine Zusammenfassung verfügbar",
        "© 2019 Elsevier Ltd. All rights reserved.",
    ],
)
def test_a_notice_under_two_titles_matches_nothing_and_is_the_less_complete(notice):
    rows = [
        ["Whales Sing", notice],
        ["Rain Falls Down", notice],
        ["On Sorting Many Things", notice],
        ["On Sorting Many Things", "LOREM"],
    ]
    records, _ = marked(frame(rows), Settings())
    assert records["verdict"].to_list() == ["kept", "kept", "same_title", "kept"]


@pytest.mark.parametrize("prefer, kept", [("complete", 1), ("first", 0), ("last", 2), ("longest", 1)])
def test_who_is_kept_is_a_setting(prefer, kept):
    rows = frame(
        [
            ["On Sorting Many Things", None],
            ["On Sorting Many Things", "LOREM"],
            ["On Sorting Many Things", "LOREM_CUT"],
        ]
    )
    records, _ = marked(rows, Settings(prefer=prefer))
    assert records["verdict"].to_list().index("kept") == kept


def test_fields_of_the_existing_set_are_not_touched_and_its_records_stay():
    rows = frame(
        [
            ["On Sorting Many Things", None],
            ["Whales of the North", "OTHER"],
            ["On Sorting Many Things", "LOREM"],
        ]
    )
    base = Base(FrameRecords(rows[:1]), pl.DataFrame({"id": ["old"], "place": ["old.txt:1"]}))
    records, pairs, *_ = mark_duplicates(rows[1:], Settings(), base=base)
    assert records["verdict"].to_list() == ["kept", "same_title"]
    assert records["duplicate_of"].to_list() == [None, "old"]
    assert records["cluster"].to_list() == [records["record_id"][0], "old"]
    assert pairs.select("left", "right").row(0) == ("old", records["record_id"][1])
    assert "old.txt:1 of the existing set" in records["reason"][1]


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
    records, pairs = marked(before, Settings())
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
    records, pairs = marked(frame(rows), Settings())
    raw = frame(rows)
    signed = sign(raw["abstract"], Settings())
    lists = shingle_sets(raw["abstract"], signed.shingles, Settings())
    sets = {
        record: set(lists.values[start : start + count].tolist())
        for record, start, count in zip(raw["record_id"], lists.starts, lists.counts, strict=False)
    }
    for left, right, rule, similarity in pairs.iter_rows():
        if rule == "near_duplicate":
            ours, theirs = sets[left], sets[right]
            assert similarity == len(ours & theirs) / len(ours | theirs)
            assert similarity >= 0.7
    assert records.height == len(rows)
