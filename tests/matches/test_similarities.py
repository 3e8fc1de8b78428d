"""Compared pairs by similarity, and the refused ones that come near: golden sets, and what holds for any records."""

import random

import polars as pl
import pytest
from hypothesis import given, settings
from test_candidates import records_of
from test_verdicts import corpora, frame

from dedupkit.config import Settings
from dedupkit.matches import mark_duplicates, streams
from dedupkit.matches.bases import Base
from dedupkit.matches.similarities import BINS
from dedupkit.matches.streams import FrameRecords

_COLUMNS = {"left": pl.String, "right": pl.String, "similarity": pl.Float64, "why": pl.String}


def told(records, asked=Settings(), base=None):  # noqa: B008  frozen
    return mark_duplicates(records, asked, base=base).similarities


def bins(counts):
    """Those that are not empty."""
    return {place: count for place, count in enumerate(counts) if count}


def words(start, stop, name="w"):
    return " ".join(f"{name}{number}" for number in range(start, stop))


def misses(similarities):
    return similarities.near_misses.rows()


def number(place):
    return f"{place:016x}"


# Of single words: 20 are 20 shingles, so that similarities are told beforehand.
_SINGLE = Settings(shingle_words=1)


def test_pairs_are_counted_where_their_similarity_is():
    rows = [
        ["On Sorting Many Things", words(0, 20)],
        ["On Sorting Many Things Again", words(0, 18)],  # 18 / 20
        ["Whales of the Northern Sea", words(0, 10, "x")],
        ["Whales of the Northern Sea", words(7, 17, "x")],  # 3 / 17
        ["Rain", words(0, 17, "y")],
        ["Tears", words(3, 20, "y")],  # 14 / 20
    ]
    found = told(frame(rows), _SINGLE)
    assert bins(found.accepted) == {7: 1, 28: 1, 36: 1}
    assert bins(found.refused) == {}
    assert dict(found.near_misses.schema) == _COLUMNS
    assert found.near_misses.height == 0


def test_a_pair_below_the_threshold_is_a_near_miss():
    rows = [["Rain", words(0, 17)], ["Tears", words(3, 20)]]
    found = told(frame(rows), Settings(shingle_words=1, threshold=0.75))
    assert bins(found.accepted) == {}
    assert bins(found.refused) == {28: 1}
    assert misses(found) == [(number(0), number(1), 0.7, "below the threshold")]


def people(*names):
    return [f"{name} {name}son" for name in names]


@pytest.mark.parametrize(
    "left, right, why",
    [
        (
            ["On Sorting, Part I: Theory", words(0, 20)],
            ["On Sorting, Part II: Theory", words(0, 19)],
            "the titles name different parts or years",
        ),
        (
            ["On Sorting of Many Things", words(0, 20)],
            ["On Sorting of Many Things 2", words(0, 19)],
            "the titles differ in their numbers and hardly else",
        ),
        (
            ["On Sorting of Many Things", words(0, 20)],
            ["Erratum: On Sorting of Many Things", words(0, 19)],
            "one alone is an erratum or a reply",
        ),
        (
            ["On Sorting of Many Things", words(0, 20) + " 2019"],
            ["On Sorting of Many Things", words(0, 20) + " 2020"],
            "each abstract names years that the other does not",
        ),
        (
            ["Team Blue at Shared Tasks: Hope Speech Detection", words(0, 20)],
            ["Team Blue at Shared Tasks: Metaphor Retrieval Systems", words(0, 16)],
            "the titles are those of reports on different tasks",
        ),
        (
            ["Whales of the North", words(0, 20), people("Ada", "Bob")],
            ["Sorting Many Things", words(0, 19), people("Cleo", "Dan")],
            "the titles are unrelated and no author is the same",
        ),
        (
            ["Whales of the North", words(0, 20), people("Ada", "Bob")],
            ["Sorting Many Things", words(0, 20), people("Cleo", "Dan")],
            "the titles are unrelated and the authors do not agree",
        ),
        (
            ["On Sorting, Part I: Theory", words(0, 20)],
            ["On Sorting, Part II: Theory", words(0, 20)],
            "the titles name different parts or years",
        ),
    ],
)
def test_what_speaks_against_a_similar_pair_is_told(left, right, why):
    found = told(frame([left, right]), _SINGLE)
    assert sum(found.accepted) == 0
    assert sum(found.refused) == 1
    (miss,) = misses(found)
    assert miss[2] >= _SINGLE.threshold
    assert miss[3] == why


def test_only_pairs_of_two_abstracts_count():
    rows = [["On Sorting Many Things", words(0, 20)], ["On Sorting Many Things", None]]
    records, pairs, *_ = mark_duplicates(frame(rows), _SINGLE)
    assert pairs["rule"].to_list() == ["same_title"]
    found = told(frame(rows), _SINGLE)
    assert sum(found.accepted) + sum(found.refused) == 0
    assert records.height == 2


def test_copies_are_no_compared_pairs_and_two_groups_of_them_are_one():
    rows = [["Rain", words(0, 17)]] * 4 + [["Tears", words(3, 20)]] * 3
    assert sum(told(frame(rows[:4]), _SINGLE).accepted) == 0
    assert bins(told(frame(rows), _SINGLE).accepted) == {28: 1}
    found = told(frame(rows), Settings(shingle_words=1, threshold=0.75))
    assert misses(found) == [(number(0), number(4), 0.7, "below the threshold")]


def test_the_most_similar_are_told_and_ties_are_in_the_order_of_ids():
    rows = [["On Sorting Many Things", words(0, 12) + " " + words(0, 8, f"own{n}x")] for n in range(12)]
    rows += [["On Sorting Many Things", words(0, 13) + " " + words(0, 7, f"own{n}x")] for n in (90, 91)]
    rows = [[f"{row[0]} {name}", row[1]] for row, name in zip(rows, "abcdefghijklmn", strict=True)]
    asked = Settings(shingle_words=1, threshold=0.9)
    before = frame(rows)
    before = before.with_columns(authors=pl.Series([people(f"Ada{name}") for name in "abcdefghijklmn"]))
    found = told(before, asked)
    assert sum(found.refused) == 14 * 13 // 2
    assert found.near_misses.height == 25
    assert misses(found)[0] == (number(12), number(13), 13 / 27, "below the threshold")
    assert [row[:2] for row in misses(found)[1:3]] == [(number(0), number(1)), (number(0), number(2))]
    shuffled = before.sample(fraction=1.0, shuffle=True, seed=3)
    assert told(shuffled, asked).as_dict() == found.as_dict()


def test_pairs_with_the_existing_set_count_and_its_records_are_on_the_left():
    rows = frame([["Rain", words(0, 17)], ["Tears", words(1, 18)], ["Tears", words(3, 20)]])
    names = pl.DataFrame({"id": ["old", "older"], "place": ["old:1", "old:2"]})
    base = Base(FrameRecords(rows[:2]), names)
    found = told(rows[2:], Settings(shingle_words=1, threshold=0.95), base)
    # those of the set are not compared with each other
    assert bins(found.accepted) == {31: 1}  # 15 / 19, the same title
    assert misses(found) == [("old", number(2), 0.7, "below the threshold")]


def test_a_copy_of_a_record_of_the_existing_set_is_named_by_its_new_record():
    rows = frame([["Rain", words(0, 17)], ["Tears", words(3, 20)], ["Rain", words(0, 17)]])
    names = pl.DataFrame({"id": ["old", "older"], "place": ["old:1", "old:2"]})
    found = told(rows[2:], Settings(shingle_words=1, threshold=0.95), Base(FrameRecords(rows[:2]), names))
    assert misses(found) == [("older", number(2), 0.7, "below the threshold")]


def test_batches_change_nothing(monkeypatch):
    generator = random.Random(5)
    texts = [
        words(start, start + 40) + f" own{generator.randrange(9)}"
        for start in (generator.randrange(60) for _ in range(150))
    ]
    titles = [f"Some work on things of kind {generator.randrange(40)}" for _ in texts]
    records = next(records_of(titles, texts).batches())
    records = records.with_columns(
        record_id=pl.Series([number(n) for n in range(150)]), source=pl.lit("a"), line=pl.lit(1)
    )
    whole = told(records).as_dict()
    assert sum(whole["refused"]) > 25
    assert sum(whole["accepted"]) > 25
    monkeypatch.setattr(streams, "BATCH", 7)
    assert told(records).as_dict() == whole


@settings(max_examples=60, deadline=None)
@given(corpora)
def test_invariants_of_any_corpus(rows):
    marked = mark_duplicates(frame(rows), Settings())
    found = marked.similarities
    assert len(found.accepted) == len(found.refused) == BINS
    assert min(found.accepted + found.refused) >= 0
    assert sum(found.accepted) + sum(found.refused) <= marked.candidates
    assert found.near_misses.height == min(25, sum(found.refused))
    assert dict(found.near_misses.schema) == _COLUMNS
    assert sum(found.near_misses.null_count().row(0)) == 0
    verified = {frozenset(pair) for pair in marked.pairs.select("left", "right").iter_rows()}
    for left, right, similarity, why in misses(found):
        assert left < right
        assert frozenset((left, right)) not in verified
        assert found.refused[min(int(similarity * BINS), BINS - 1)] > 0
        assert (why == "below the threshold") == (similarity < 0.7)
    ordered = sorted(misses(found), key=lambda miss: (-miss[2], *miss[:2]))
    assert misses(found) == ordered


def test_no_pairs_are_counted_as_none():
    found = told(frame([["Rain", words(0, 17)]]))
    assert sum(found.accepted) + sum(found.refused) == 0
    assert found.as_dict()["near_misses"] == []
