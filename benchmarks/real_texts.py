"""Titles and abstracts of a file, and new ones out of their sentences when the file has too few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from made_texts import Work

if TYPE_CHECKING:
    from pathlib import Path

#: Abstracts of fewer characters are left out: they are withdrawn papers' notes.
_SHORTEST: Final = 300

#: A sentence of fewer words is not put into new abstracts: many works share it.
_SENTENCE_WORDS: Final = 8

#: Sentences of a new abstract, from and up to but not including.
_SENTENCES: Final = (6, 10)

SENTENCE_END_RE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z\d“\"(])")


class RealTexts:
    """The works of a file in random order, each once, and then works recombined from their sentences."""

    def __init__(self, path: Path, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 2])
        works = _read(path)
        self._works = [works[place] for place in self._rng.permutation(len(works)).tolist()]
        self._given = 0
        self._sentences: list[str] = []
        self._halves: list[tuple[str, str]] = []

    def take(self, count: int) -> list[Work]:
        """The next works."""
        first = self._given
        self._given += count
        works = self._works[first : self._given]
        return works + self._recombine(count - len(works))

    def _recombine(self, count: int) -> list[Work]:
        if not count:
            return []
        if not self._sentences:
            self._sentences = _sentences(self._works)
            self._halves = [_halves(work.title) for work in self._works]
        sizes = self._rng.integers(*_SENTENCES, count)
        picks = self._rng.integers(0, len(self._sentences), int(sizes.sum())).tolist()
        titles = self._rng.integers(0, len(self._halves), (count, 2)).tolist()
        works, start = [], 0
        for size, (front, back) in zip(sizes.tolist(), titles, strict=True):
            abstract = " ".join([self._sentences[pick] for pick in picks[start : start + size]])
            works.append(Work(f"{self._halves[front][0]} {self._halves[back][1]}", abstract))
            start += size
        return works


def _read(path: Path) -> list[Work]:
    rows = pl.scan_ndjson(path) if ".jsonl" in path.suffixes else pl.scan_parquet(path)
    texts = rows.select(
        pl.col("title", "abstract").fill_null("").str.replace_all(r"\s+", " ").str.strip_chars()
    ).filter(pl.col("abstract").str.len_chars() >= _SHORTEST)
    distinct = texts.unique("abstract", keep="first", maintain_order=True)
    distinct = distinct.unique("title", keep="first", maintain_order=True)
    return [Work(*row) for row in distinct.collect().iter_rows()]


def _sentences(works: list[Work]) -> list[str]:
    return [
        sentence
        for work in works
        for sentence in SENTENCE_END_RE.split(work.abstract)
        if sentence.count(" ") >= _SENTENCE_WORDS
    ]


def _halves(title: str) -> tuple[str, str]:
    words = title.split()
    middle = (len(words) + 1) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])
