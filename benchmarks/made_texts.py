"""Titles and abstracts in a made-up language, as long and as repetitive as real ones."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from words import FUNCTION_WORDS, STOCK_PHRASES, make_language, zipf_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from words import Language

#: Texts that are sampled at once; their words take some 50 MB.
_AT_ONCE: Final = 5_000

#: Sentences of an abstract and words of a sentence, from and up to but not including.
_SENTENCES: Final = (7, 11)
_SENTENCE_WORDS: Final = (12, 29)
_TITLE_WORDS: Final = (6, 12)

#: Shares of the kinds of words: function, topic, any topic; the rest are names and figures.
_KINDS: Final = (0.42, 0.76, 0.95, 0.98)

#: Share of the works that are typeset: curly quotes, dashes, accents. The others are typed in ASCII.
_TYPESET_SHARE: Final = 0.12

#: How words look besides plain: capital, before a comma, at the end, quoted, before a dash, with an apostrophe.
_FORMS: Final = 7
_CAPITAL, _COMMA, _END, _QUOTED, _DASH, _OWNER = range(1, _FORMS)


_TYPED: Final = str.maketrans("“”’—", '""\'-')


class Work(NamedTuple):
    """A work as a listing shows it."""

    title: str
    abstract: str


class MadeTexts:
    """An endless source of works that have nothing to do with each other."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 1])
        self._language = make_language(self._rng)
        self._written = _written(self._language)

    def take(self, count: int) -> list[Work]:
        """The next works."""
        works: list[Work] = []
        while len(works) < count:
            works += self._some(min(_AT_ONCE, count - len(works)))
        return works

    def _some(self, count: int) -> Iterator[Work]:
        rng = self._rng
        topics = rng.integers(0, len(self._language.topics), count)
        typeset = rng.random(count) < _TYPESET_SHARE
        titles = self._titles(topics, typeset)
        sentences = rng.integers(*_SENTENCES, count)
        lengths = rng.integers(*_SENTENCE_WORDS, int(sentences.sum()))
        text_ends = np.cumsum(np.add.reduceat(lengths, np.cumsum(sentences) - sentences))
        sizes = np.diff(text_ends, prepend=0)
        tokens = self._forms(self._sample(np.repeat(topics, sizes)), np.cumsum(lengths))
        written = self._written[np.repeat(typeset, sizes).astype(np.int64), tokens].tolist()
        start = 0
        for title, end in zip(titles, text_ends.tolist(), strict=True):
            yield Work(title, " ".join(written[start:end]))
            start = end

    def _sample(self, topics: NDArray[np.int64]) -> NDArray[np.int64]:
        """One word for each place, given the topic of its text."""
        rng, language = self._rng, self._language
        size = len(topics)
        kinds = np.searchsorted(_KINDS, rng.random(size))
        function = zipf_numbers(rng, len(FUNCTION_WORDS), size)
        topical = language.topics[topics, zipf_numbers(rng, language.topics.shape[1], size)]
        everyday = language.content[zipf_numbers(rng, len(language.content), size)]
        names = language.names[rng.integers(0, len(language.names), size)]
        numbers = language.numbers[rng.integers(0, len(language.numbers), size)]
        return np.choose(kinds, [function, topical, everyday, names, numbers])

    def _forms(self, tokens: NDArray[np.int64], sentence_ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add capitals and punctuation; begin a quarter of the sentences with a stock phrase."""
        rng, words = self._rng, len(self._language.words)
        chances = rng.random(len(tokens))
        forms = np.zeros(len(tokens), dtype=np.int64)
        for form, chance in ((_COMMA, 0.07), (_QUOTED, 0.075), (_DASH, 0.079), (_OWNER, 0.083)):
            forms[(chances < chance) & (forms == 0)] = form
        starts = np.concatenate([[0], sentence_ends[:-1]])
        forms[starts] = _CAPITAL
        forms[sentence_ends - 1] = _END
        tokens = tokens + forms * words
        stock = rng.random(len(starts)) < 0.25
        tokens[starts[stock]] = _FORMS * words + rng.integers(0, len(STOCK_PHRASES), int(stock.sum()))
        return tokens

    def _titles(self, topics: NDArray[np.int64], typeset: NDArray[np.bool_]) -> list[str]:
        lengths = self._rng.integers(*_TITLE_WORDS, len(topics))
        tokens = self._sample(np.repeat(topics, lengths))
        written = self._written[np.repeat(typeset, lengths).astype(np.int64), tokens].tolist()
        titles, start = [], 0
        for length in lengths.tolist():
            title = " ".join(written[start : start + length])
            titles.append(title[:1].upper() + title[1:])
            start += length
        return titles


def _written(language: Language) -> NDArray[np.object_]:
    """Every word in every form, then the stock phrases: typed in the first row, typeset in the second."""
    words = language.words.tolist()
    forms = (
        words,
        [word[:1].upper() + word[1:] for word in words],
        [f"{word}," for word in words],
        [f"{word}." for word in words],
        [f"“{word}”" for word in words],
        [f"{word} —" for word in words],
        [f"{word}’s" for word in words],
    )
    phrases = [phrase[:1].upper() + phrase[1:] for phrase in STOCK_PHRASES]
    typeset = [*(word for form in forms for word in form), *phrases]
    return np.array([[typed(text) for text in typeset], typeset], dtype=object)


def typed(text: str) -> str:
    """A typeset text as a typewriter has it.

    >>> print(typed("“Hölder’s” — é"))
    "Holder's" - e
    """
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFKD", text.translate(_TYPED))
    return letters.encode("ascii", "ignore").decode()
