"""The kernels read texts as langdetect does, and agree with it."""

import json
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langdetect.detector import Detector
from langdetect.utils.ngram import NGram
from langdetect_grams import factory, language_of, log_sums, ngrams

from dedupkit.config import Settings
from dedupkit.dumps import read_inputs
from dedupkit.language import kernels
from dedupkit.language.exact import judge_texts
from dedupkit.language.names import NAMES
from dedupkit.language.profiles import load_profiles

SENTENCES = json.loads(Path(__file__).with_name("sentences.json").read_text("utf-8"))["sentences"]
SEEDS = Path(__file__).parents[2] / "seeds"
GRAMS = sorted(factory().word_lang_prob_map)

_OF_THEIR_OWN = "a B z Z é É à Â \u0300 \u0301 \u0323 ơ Ư 中 字 々 ひ カ 한 ا ی я Я ş ș Ț ạ Ḁ @ . - _ [ ] ^ ` ' ß ẞ ǅ 𝐀 𐐀 \u2019 \u2003 \x00"
_PARTS = (" ", "\n", "http://", "https://a", "x@", "@bc", ".d", "a@b@c.d", "ABC", "the ", "aaaa" * 20)

#: Characters that langdetect treats in some way of its own, beginnings of addresses, and any other character; not
#: ``$``, ``<`` and the backslash, behind which dedupkit skips what is no language.
PIECES = st.one_of(
    st.sampled_from([*_OF_THEIR_OWN.split(" "), *_PARTS]),
    st.characters(exclude_categories=["Cs"], exclude_characters="$<\\"),
)


def read(text):
    """What the kernels make of a whole text: rows of n-grams, and the sums over the profiles."""
    profiles = load_profiles()
    tables = profiles[:-1]
    data = np.frombuffer(text.encode(), np.uint8)
    codes, found = np.empty(len(data) + 8, np.int32), np.empty(3 * len(data) + 24, np.int32)
    size = 10 * kernels.MOST_CHARS
    count, _ = kernels._read(
        data, 0, len(data), size, kernels.MOST_CHARS, tables, codes, np.zeros(kernels.COUNTS, np.int64)
    )
    number = kernels._grams(codes, 0, count, tables, 1.0, found)
    sums = np.empty(profiles.logs.shape[1])
    kernels._sum(found, number, profiles.logs, sums)
    # The table holds logarithms above that of an n-gram that a profile does not have.
    nothing = math.log(Detector.ALPHA_DEFAULT / Detector.BASE_FREQ)
    return found[:number].tolist(), sums[: len(profiles.names)] + number * nothing


def test_every_character_is_normalised_as_langdetect_does():
    codes = load_profiles().characters & kernels.CODE
    wrong = [code for code in range(len(codes)) if chr(codes[code]) != NGram.normalize(chr(code))]
    assert wrong == []
    assert all(NGram.normalize(chr(code)) == chr(code) for code in range(len(codes), 0x110000, 37))


def test_every_profile_of_langdetect_is_there_and_has_a_name():
    profiles = load_profiles()
    assert profiles.names == tuple(name.partition("-")[0] for name in factory().langlist)
    assert set(profiles.names) == set(NAMES)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
@example("x@https://example.org a@b. a@bc a@b.c. aaa.bbb-c_d@e-f_g.h!")
@example("中文A字 ABC中文")
@example("Ca\u0300 phe\u0302\u0301 va\u0300 tra\u0300")
def test_any_text_has_the_ngrams_that_langdetect_draws_from(text):
    rows, sums = read(text)
    expected = ngrams(text)
    assert [GRAMS[row] for row in rows] == expected
    # A table of float32: an n-gram is at most half a unit of its last place off, 5e-7, always the same way.
    assert np.allclose(sums, log_sums(expected), rtol=0, atol=5e-7 * max(len(expected), 200))


def test_real_texts_have_the_ngrams_and_the_posterior_of_langdetect():
    for _, text in SENTENCES:
        rows, sums = read(text)
        expected = ngrams(text)
        assert [GRAMS[row] for row in rows] == expected
        assert np.allclose(sums, log_sums(expected), rtol=0, atol=1e-4)


@pytest.mark.parametrize("column, least", [("abstract_raw", 0.999), ("title_raw", 0.99)])
def test_languages_of_the_seeds_are_those_that_langdetect_names(column, least):
    texts = read_inputs([str(SEEDS)], Settings()).records[column].drop_nulls()
    texts = texts.filter(texts.str.count_matches(r"\pL") >= 20)
    found = judge_texts(texts, 0)
    agreed = [
        language
        in {language_of(text, 0)}
        | ({language_of(text, seed) for seed in range(1, 6)} if score < 0.98 else set())
        for text, language, score in zip(
            texts, found["language"], found["language_score"].fill_null(0), strict=True
        )
    ]
    assert len(agreed) > 300
    assert sum(agreed) >= least * len(agreed)


def test_it_is_never_less_accurate_than_langdetect_on_labelled_sentences():
    assert {language for language, _ in SENTENCES} == set(NAMES)
    found = judge_texts(pl.Series([text for _, text in SENTENCES]), 0)["language"]
    ours = sum(language == name for (language, _), name in zip(SENTENCES, found, strict=True))
    theirs = max(
        sum(language == language_of(text, seed) for language, text in SENTENCES) for seed in range(3)
    )
    assert ours >= theirs
    assert ours >= 0.96 * len(SENTENCES)


def test_a_higher_score_is_right_more_often():
    found = judge_texts(pl.Series([text[:40] for _, text in SENTENCES]), 0)
    rated = found.with_columns(
        is_right=pl.col("language") == pl.Series([language for language, _ in SENTENCES])
    )
    low, high = (
        rated.filter(which)["is_right"].mean()
        for which in (pl.col("language_score") < 0.9, pl.col("language_score") >= 0.9)
    )
    assert low < 0.8
    assert high > 0.97


def test_two_languages_that_are_close_get_a_low_score():
    texts = pl.Series(["Alle har ret til frihed", "Alle mennesker er født frie"])
    assert (judge_texts(texts, 0)["language_score"].fill_null(0) < 0.9).all()


def test_the_head_tells_the_language_of_the_whole():
    texts = pl.Series(
        [" ".join(text for language, text in SENTENCES if language == wanted) for wanted in NAMES]
    )
    found = judge_texts(texts, 0)
    heads = judge_texts(texts.str.head(300), 0)
    assert found["language"].to_list() == list(NAMES)
    assert heads["language"].to_list() == list(NAMES)


def test_no_word_and_no_character_is_cut_where_the_head_ends():
    for length in range(150, 260):
        text = "é" * 3 + " " + "ab" * 5 + " " + "x" * length + " the end of it all"
        data = np.frombuffer(text.encode(), np.uint8)
        codes = np.empty(len(data) + 8, np.int32)
        count, at = kernels._read(
            data,
            0,
            len(data),
            kernels.HEAD_LETTERS,
            10_000,
            load_profiles()[:-1],
            codes,
            np.zeros(kernels.COUNTS, np.int64),
        )
        head = text.encode()[:at].decode()
        assert "".join(map(chr, codes[:count])) == head
        assert re.fullmatch(r"\s.*|", text[len(head) :])
