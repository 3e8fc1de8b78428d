"""The glance that passes over texts: what it passes, no screen and no kernel finds anything in."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupkit.repair.glued import ENDINGS
from dedupkit.repair.lexicon import lexicon
from dedupkit.repair.screen import may_be_found
from dedupkit.repair.stripped import candidates, glance
from dedupkit.repair.stripped.model import load_model

COMMANDS = load_model().commands
WORDS = ["the", "a", "model", "is", "large", "Large", "in", "In", "to", "times", "text", "exists", "subset", "top", "Diamond", "max", "log",
         "alpha", "Phi", "eta", "infty", "ntimes", "LLMs", "BERTopic", "word2vec", "Qin", "Sorani", "gradience", "kratze", "Bäume", "le", "mu",
         "larger", "more", "less", "as", "than", "long-term", "verti-cal", "lean-ing", "end-to-end", "sim-to-real", "e.g.", "i.e.", "i.e.parallel",
         "https://a.org", "wherethistextwouldneverend", "x20", "C", "x", "R", "é"]  # fmt: skip
SIGNS = [" ", " ", " ", " ", ", ", ". ", ".", "..", "-", "(", ")", "[", "]", "{", "}", "^", "_", "=", "+", "<", "|", "\n", "  ", "!", "~", "&", "&amp;", "<U+", "\neq", "$", "\\", "\t",
         "3", "2.5", "%", "/", ":", ";", "'", '"', "“", "∈", "深", "\x7f"]  # fmt: skip
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(WORDS), st.sampled_from(SIGNS), st.sampled_from(SIGNS), st.sampled_from(COMMANDS)
    ),
    max_size=25,
).map("".join)
PROSE = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(sorted(lexicon()))), max_size=40).map(
    " ".join
)


def sees(text):
    """Whether a text is simple, and whether it is plain."""
    simple, plain = glance(pl.Series([text]))
    return bool(simple[0]), bool(plain[0])


@settings(max_examples=4000, deadline=None)
@given(st.one_of(TEXTS, PROSE))
@example("a gap exists in these")
@example("the word2vec algorithm")
@example("f(x) to 0")
@example("in R to a")
@example("kratze kratze kratze gradience x")
def test_a_plain_text_has_no_candidate(text):
    if sees(text)[1]:
        assert candidates(text) == []


@settings(max_examples=4000, deadline=None)
@given(st.one_of(TEXTS, PROSE))
@example("verti-cal")
@example("the lean-ing")
@example("a ")
@example("end.The other")
def test_a_simple_text_is_one_that_no_expression_finds_anything_in(text):
    if sees(text)[0]:
        assert not may_be_found(pl.Series([text]))[0]


@settings(max_examples=1000, deadline=None)
@given(st.lists(st.one_of(TEXTS, PROSE), min_size=2, max_size=4), st.integers(0, 70))
@example(["in", "x" * 64, "to"], 63)
@example(["pneumonoultramicroscopicsilicovolcanoconiosis" * 3, "ntimes"], 64)
def test_what_is_seen_of_a_text_does_not_depend_on_what_stands_beside_it(texts, letters):
    seen = glance(pl.Series(["a" * letters, *texts, "z" * 64]))
    assert list(zip(*seen, strict=True))[1:-1] == [sees(text) for text in texts]


def test_what_is_passed_of_the_cases_needs_nothing():
    folder = Path(__file__).parents[1] / "golden"
    raws = pl.Series(
        [
            case["raw"]
            for file in sorted(folder.glob("*.json"))
            for case in json.loads(file.read_text("utf-8"))
            if "raw" in case
        ]
    )
    simple, plain = glance(raws)
    for raw in raws.filter(pl.Series(plain)):
        assert candidates(raw) == []
    assert 0 < simple.sum() < len(raws)


@pytest.mark.parametrize(
    "text",
    [
        "We propose a new method to align large language models in several domains, e.g. medicine.",
        "The model is 5 times larger. It reduces costs, i.e. time, by 40% in 2024; see Table 3.",
        "From 3 to 5 points, state-of-the-art results in-context: BERT, GPT-4 and LLaVA (Liu et al., 2023).",
        "Two lines\nthat are long-term, end-to-end text.",
        "",
    ],
)
def test_ordinary_prose_is_simple_and_plain(text):
    assert sees(text) == (True, True)


def test_most_abstracts_of_the_golden_lexicon_are_passed():
    """Every word alone that is no command and no second half of a word is passed."""
    commands = set(COMMANDS)
    words = pl.Series(sorted(set(lexicon()) - commands - ENDINGS))
    simple, plain = glance(words)
    assert simple.all()
    assert plain.all()
    assert np.array_equal(plain, glance(words)[1])  # what was judged is kept, and says the same
