"""What reads anyone's text takes time in proportion to it, whatever stands in it."""

import gc
from itertools import count, islice

import polars as pl
import pytest
from growth import STEEPEST, growth_of

from dedupkit.described import DescribedLayout
from dedupkit.dumps.glued import find_glued_label
from dedupkit.dumps.kinds import label_lines, to_page
from dedupkit.dumps.layouts import LAYOUTS
from dedupkit.dumps.names import common_words, split_names
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.text import decode, split_lines
from dedupkit.language.exact import judge_texts
from dedupkit.matches.fingerprints import text_keys
from dedupkit.notices import is_notice
from dedupkit.repair import repair_text
from dedupkit.repair.misread import fold_misread
from dedupkit.report import cells

#: Characters of the shortest and of the longest text; seconds above which no longer one is tried.
SIZES = {"shortest": 10_000, "longest": 160_000, "most": 0.5}

#: What is repeated. With a place for a number nothing stands twice.
REPEATED = (
    "a", "A", " ", "\n", "\t", "a ", "a\n", "A. ", "1 ", "1,", "- ", "… ", "· ", "( ", "[", "{", "$", "\\", "<", "&amp;", "@", "`", "Ã©", "漢", "a\u0301", "\u200b",
    "\r", "Ada Lovelace, ", "Ada and ", "Ada\n", "A Title of a Thing\n", "It was a long day. ", "… (see more)", "SubscribeA", "Sep 26 4\n", "• 6 authors\n",
    "\n\nTitle {}\n", "word{} ", "Word{} word. ",
)  # fmt: skip

DESCRIBED = DescribedLayout("mine", ("title", "authors?", "abstract+"), patterns={"title": r"^\d+[.] (.+)"})


def read_as(layout, text):
    page = to_page(split_lines(text)[0])
    return layout.read(page, label_lines(layout.costs(page), layout.STEPS))


def decode_as_is(text):
    """Bytes that are no UTF-8, so that their encoding must be found."""
    return decode(text.encode("latin-1", "replace") + b"\n\xe9 \xff", "a.txt")


WORKS = {
    "decode_as_is": decode_as_is,
    "decode": lambda text: decode(text.encode(), "a.txt"),
    "split_lines": split_lines,
    "split_names": split_names,
    "common_words": lambda text: common_words([text]),
    "find_glued_label": lambda text: find_glued_label(f"A{text}", text, [text]),
    "is_notice": lambda text: is_notice(pl.Series([text])),
    "fold_misread": lambda text: fold_misread(pl.Series([text])),
    "text_keys": lambda text: text_keys(pl.Series([text])),
    "judge_texts": lambda text: judge_texts(pl.Series([text]), 20),
    "cells": lambda text: cells.text(text, len(text)),
    **{layout.NAME: lambda text, layout=layout: read_as(layout, text) for layout in LAYOUTS},
    "read_dump": lambda text: read_dump(split_lines(text)[0], [DESCRIBED]),
}

#: What is repeated in texts that a repair was once slow on.
OF_REPAIRS = {
    "a word in each formula": "$word$ ",
    "numbers of a list that is none": "We let R^{ntimes d} and x inR^d be so. (xi) and we go. ",
    "mojibake between words that stand once": "word{} Ã© ",
    "mojibake and entities": "Ã© word{} &amp; ",
    "mojibake in lines": "It is Ã© and {} is it.\n",
}


def text_of(repeated, chars):
    if "{}" not in repeated:
        return repeated * (chars // len(repeated))
    return "".join(
        repeated.replace("{}", str(n)) for n in islice(count(100_000), chars // (len(repeated) + 4))
    )


@pytest.fixture(autouse=True)
def _no_collector():
    """It walks over all that the libraries made, at any moment."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_the_time_grows_with_the_text_and_not_faster(work):
    for repeated in REPEATED:
        for before, after in (("", ""), ("A Title\n", "\nz")):
            growth = growth_of(
                work, lambda chars, r=repeated, b=before, a=after: b + text_of(r, chars) + a, **SIZES
            )
            assert growth <= STEEPEST, (repeated, before)


@pytest.mark.parametrize("repeated", OF_REPAIRS.values(), ids=OF_REPAIRS)
def test_the_time_of_repairs_grows_with_the_text_and_not_faster(repeated):
    assert growth_of(repair_text, lambda chars: text_of(repeated, chars), **SIZES) <= STEEPEST
