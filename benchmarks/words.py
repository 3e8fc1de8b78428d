"""A made-up language: pronounceable words, topics with words of their own, and the stock phrases of papers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Words of every topic, the most frequent first.
FUNCTION_WORDS: Final = (
    "the of and a to in is we for that with on this are by as from an be which can it our at or these also has "
    "between such using their than not have show two more both based new its one but under into been when where "
    "while all other each first different most only they over then however through some about may very there "
    "after well without many several within thus here among no same if even so during further any via "
    "was were will could would should might must since because though either neither against across toward"
).split()

#: How sentences of papers begin; unrelated papers share them.
STOCK_PHRASES: Final = (
    "in this paper we propose", "we show that", "our results show that", "to this end we introduce",
    "it is well known that", "we also show that", "extensive experiments demonstrate that the proposed",
    "in this work we study", "we further prove that", "as a result of this", "on the other hand the",
    "to the best of our knowledge this is", "the results suggest that", "we find that the", "in particular we",
    "moreover we show that the", "in contrast to previous work", "based on this observation we",
    "despite its importance the", "we present a new approach to", "experiments on several benchmarks show that",
    "numerical simulations confirm that the", "for the first time we", "an important problem in the field is",
)  # fmt: skip

_ONSETS: Final = (
    "b c d f g h k l m n p r s t v w b c d f g l m n p r s t br ch cl gr pl pr sp st th tr".split()
)
_VOWELS: Final = "a e i o u a e i o ea ia io ou ai".split()
_CODAS: Final = ("", "", "", "", "", "", "n", "r", "s", "l", "t", "m", "st")
_ENDINGS: Final = "tion ic al ity ous ing ed er s ment ive ance ate ly ism oid ar us on ine".split()
_ACCENTS: Final = str.maketrans({"a": "á", "e": "é", "o": "ö", "u": "ü", "i": "ï"})

#: Content words in all; topics, and the words that each has for itself.
_CONTENT: Final = 24_000
_TOPICS: Final = 240
_TOPIC_WORDS: Final = 500
_NAMES: Final = 3_000
_ACCENTED_NAMES: Final = 300
_NUMBERS: Final = 2_000


class Language(NamedTuple):
    """What texts are sampled from.

    Attributes:
        words: All words as they stand inside a sentence (object array of str).
        content: Numbers of the content words in ``words``, the most frequent first.
        names: Numbers of the names.
        numbers: Numbers of the written-out figures.
        topics: For each topic, the numbers of its words, the most frequent first.
    """

    words: NDArray[np.object_]
    content: NDArray[np.int64]
    names: NDArray[np.int64]
    numbers: NDArray[np.int64]
    topics: NDArray[np.int64]


def make_language(rng: np.random.Generator) -> Language:
    """Invent a language."""
    content = _invent(rng, _CONTENT, set(FUNCTION_WORDS))
    names = [name.capitalize() for name in _invent(rng, _NAMES, set(content))]
    names[:_ACCENTED_NAMES] = [name[0] + name[1:].translate(_ACCENTS) for name in names[:_ACCENTED_NAMES]]
    rng.shuffle(names)
    numbers = _figures(rng)
    words = np.array([*FUNCTION_WORDS, *content, *names, *numbers], dtype=object)
    at_content, at_names = len(FUNCTION_WORDS), len(FUNCTION_WORDS) + len(content)
    ids = np.arange(len(words))
    everyday = ids[at_content:at_names]
    return Language(
        words=words,
        content=everyday,
        names=ids[at_names : at_names + len(names)],
        numbers=ids[at_names + len(names) :],
        topics=np.stack([rng.choice(everyday, _TOPIC_WORDS, replace=False) for _ in range(_TOPICS)]),
    )


def zipf_numbers(rng: np.random.Generator, choices: int, size: int) -> NDArray[np.int64]:
    """Ranks from 0 to ``choices - 1``, rank r about as often as 1 / (r + 3)."""
    shares = 1 / (np.arange(choices) + 3.0)
    steps = np.cumsum(shares / shares.sum())
    return np.minimum(np.searchsorted(steps, rng.random(size)), choices - 1)


def _invent(rng: np.random.Generator, count: int, taken: set[str]) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = rng.integers(1, 4, count)
        picks = rng.integers(0, 1 << 30, (count, 11))
        for length, pick in zip(syllables.tolist(), picks.tolist(), strict=True):
            word = _word(pick, length)
            if len(word) > 2 and word not in taken:
                words[word] = None
    return list(words)[:count]


def _word(pick: list[int], syllables: int) -> str:
    parts = []
    for place in range(syllables):
        onset, vowel, coda = pick[3 * place : 3 * place + 3]
        parts += [_ONSETS[onset % len(_ONSETS)], _VOWELS[vowel % len(_VOWELS)], _CODAS[coda % len(_CODAS)]]
    if pick[9] % 2 or syllables == 1:
        parts.append(_ENDINGS[pick[10] % len(_ENDINGS)])
    return "".join(parts)


def _figures(rng: np.random.Generator) -> list[str]:
    values = rng.integers(2, 2_000, _NUMBERS).tolist()
    forms = ("{}", "{}%", "0.{}", "10^{}", "{} GHz", "${}$")
    return [forms[place % len(forms)].format(value) for place, value in enumerate(values)]
