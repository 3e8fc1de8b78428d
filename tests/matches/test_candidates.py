"""Candidates: recall, crowded buckets, and titles that share rare words."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.matches import candidates
from dedupkit.matches.fingerprints import Bands, sign, take_fingerprints
from dedupkit.matches.minhash import banding, recall
from dedupkit.matches.streams import FrameRecords
from dedupkit.record import PARSED


def records_of(titles, abstracts):
    frame = pl.DataFrame(
        {"title": titles, "abstract": abstracts}, schema={"title": pl.String, "abstract": pl.String}
    )
    others = {name: dtype for name, dtype in PARSED.items() if name not in ("title_raw", "abstract_raw")}
    empty = pl.DataFrame(schema=others).clear(len(frame)).with_columns(authors=pl.lit([], pl.List(pl.String)))
    return FrameRecords(frame.hstack(empty))


def candidate_pairs(titles, abstracts, asked=Settings()):  # noqa: B008  frozen
    prints = take_fingerprints(records_of(titles, abstracts), asked)
    units = candidates.collapse(prints)
    pairs = candidates.find_candidates(prints, units)
    return {
        (int(units.record[a]), int(units.record[b])) for a, b in zip(pairs.left, pairs.right, strict=True)
    }, pairs


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.95])
@pytest.mark.parametrize("permutations", [64, 128, 256])
def test_banding_finds_pairs_at_the_threshold(threshold, permutations):
    bands, rows = banding(Settings(threshold=threshold, permutations=permutations))
    assert recall(threshold, bands, rows) >= 0.999
    assert bands * rows <= permutations


def test_recall_is_what_signatures_do():
    generator = np.random.default_rng(3)
    asked = Settings(shingle_words=1)
    bands, rows = banding(asked)
    trials, similarity, found = 2_000, 0.4, 0
    texts = []
    for trial in range(trials):
        shared = [f"s{trial}x{i}" for i in range(40)]
        own = [[f"{side}{trial}x{i}" for i in range(30)] for side in "ab"]  # 40 / 100
        texts += [" ".join(generator.permutation(shared + words)) for words in own]
    keys = Bands(asked)
    keys.append(keys.keys_of(sign(pl.Series(texts), asked).signatures))
    agree = np.zeros(trials, np.bool_)
    for band in keys:
        agree |= band[0::2] == band[1::2]
    found = agree.mean()
    expected = recall(similarity, bands, rows)
    assert abs(found - expected) < 4 * np.sqrt(expected * (1 - expected) / trials)


def test_candidates_hold_every_pair_that_is_alike():
    words = [f"word{number}" for number in range(60)]
    texts = [" ".join(words[start:]) for start in range(12)] + ["nothing of this is in any other text at all"]
    found, pairs = candidate_pairs([None] * 13, texts)
    assert {(a, a + 1) for a in range(11)} <= found
    assert not any(12 in pair for pair in found)
    assert pairs.cut == 0


def test_a_crowded_bucket_costs_its_members_and_says_what_it_leaves_out(monkeypatch):
    monkeypatch.setattr(candidates, "_MANY_PAIRS", 1_000)
    codes, cut = candidates._windowed(np.full(3_000, 7 << 40, np.uint64))
    assert len(codes) <= 3_000 * 12
    assert len(codes) + cut == 3_000 * 2_999 // 2
    few, none = candidates._windowed(np.full(40, 7 << 40, np.uint64))
    assert (len(few), none) == (40 * 39 // 2, 0)


def test_one_template_in_many_texts_is_bounded_and_told(monkeypatch):
    monkeypatch.setattr(candidates, "_MANY_PAIRS", 2_000)
    template = " ".join(f"common{number}" for number in range(120))
    texts = [f"{template} own{number} words{number}" for number in range(1_500)]
    _, pairs = candidate_pairs([None] * len(texts), texts)
    assert pairs.cut > 0
    assert len(pairs.left) < 32 * 12 * len(texts)


WORDS = [f"word{letter}{other}" for letter in "abcdefghij" for other in "klmnopqrst"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=7, unique=True), min_size=2, max_size=12)
)
def test_titles_that_share_enough_words_are_candidates(titles):
    titles = list({frozenset(words): words for words in titles}.values())
    found, _ = candidate_pairs([" ".join(words) for words in titles], [None] * len(titles))
    for left, ours in enumerate(titles):
        for right in range(left + 1, len(titles)):
            theirs = titles[right]
            shared, union = len({*ours} & {*theirs}), len({*ours} | {*theirs})
            if shared >= 2 and shared / union >= candidates.TITLE_SIMILARITY:
                assert (left, right) in found


def test_titles_whose_numbers_differ_are_not_compared():
    titles = [
        "Overview of the Sorting Task 2019",
        "Overview of the Sorting Task 2020",
        "Overview of the Sorting Task",
    ]
    found, _ = candidate_pairs(titles, [None] * 3)
    assert (0, 1) not in found


def test_bands_are_the_same_in_memory_and_on_disk():
    signatures = sign(pl.Series([f"text {n} of some words" for n in range(100)]), Settings()).signatures
    memory, disk = Bands(Settings()), Bands(Settings(), in_memory=0)
    for part in (signatures[:30], signatures[30:]):
        memory.append(memory.keys_of(part))
        disk.append(disk.keys_of(part))
    assert all((ours == theirs).all() for ours, theirs in zip(memory, disk, strict=True))
    assert all((ours == theirs).all() for ours, theirs in zip(memory, disk, strict=True))  # again
    disk.close()


def test_few_bits_that_sorting_takes_from_keys_lose_no_pair():
    keys = np.array([(5 << 58) + 1, (5 << 58) + 1, 3], np.uint64)
    codes, _ = candidates._windowed(keys)
    assert (codes >> np.uint64(32)).tolist() == [0]
