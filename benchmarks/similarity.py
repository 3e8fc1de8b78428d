"""Exact Jaccard similarity of two texts: the truth that engines are measured against."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Words in a shingle.
SHINGLE_WORDS: Final = 3

WORD_RE: Final = re.compile(r"[^\W_]+")
MARK_RE: Final = re.compile("[\N{COMBINING GRAVE ACCENT}-\N{COMBINING LATIN SMALL LETTER X}]")


def normal_words(text: str) -> list[str]:
    """The words of a text without case, accents, ligatures and punctuation.

    >>> normal_words("The “Hölder” ﬁnite-size, 2×2 case")
    ['the', 'holder', 'finite', 'size', '2', '2', 'case']
    """
    if not text.isascii():
        text = MARK_RE.sub("", unicodedata.normalize("NFKD", text))
    return WORD_RE.findall(text.casefold())


def shingles(text: str) -> set[tuple[str, ...]]:
    """The distinct runs of three normal words; a shorter text is one run.

    >>> sorted(shingles("a b c b"))
    [('a', 'b', 'c'), ('b', 'c', 'b')]
    """
    words = normal_words(text)
    if len(words) < SHINGLE_WORDS:
        return {tuple(words)} if words else set()
    return set(zip(words, words[1:], words[2:], strict=False))


def jaccard(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    """What two sets share of what they have together; 1 when both are empty.

    >>> jaccard(shingles("a b c d"), shingles("b c d e"))
    0.3333333333333333
    """
    shared = len(one & other)
    together = len(one) + len(other) - shared
    return shared / together if together else 1.0
