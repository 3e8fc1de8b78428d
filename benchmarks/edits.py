"""How copies come to differ from their originals: each edit is a function of a work and a generator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from made_texts import Work
from real_texts import SENTENCE_END_RE

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Edit = Callable[[Work, np.random.Generator], Work]

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_FURNITURE: Final = (
    "ViewPDFbookmark",
    "… See more",
    "Save to LibraryCreate Alert",
    "Download PDF Share this article",
    "Read full abstract",
    "© 2019 The Authors. All rights reserved.",
    "Copyright 2021 by the Society. This article is made available under an open licence.",
)
_LIGATURES: Final = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}
LIGATURE_RE: Final = re.compile("ffi|ffl|ff|fi|fl")
PUNCTUATION_RE: Final = re.compile(r"[,;:.!?\"“”()]")
NOT_ASCII_RE: Final = re.compile(r"[^\x00-\x7f]")
QUOTED_RE: Final = re.compile(r'"([^"]*)"')


def leave(work: Work, _: np.random.Generator) -> Work:
    """An exact copy."""
    return work


def change_case_and_punctuation(work: Work, rng: np.random.Generator) -> Work:
    """A title in other letters; an abstract in small letters, or as it was, without marks between words."""
    case = (str.lower, str.upper, str.title)[int(rng.integers(3))]
    abstract = PUNCTUATION_RE.sub(lambda found: "" if _beside_space(found) else found[0], work.abstract)
    return Work(case(work.title), abstract.lower() if rng.integers(2) else abstract)


def _beside_space(found: re.Match[str]) -> bool:
    """Whether a mark ends or begins a word, so that words stay the same without it."""
    text = found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    return not before or not after or before.isspace() or after.isspace()


def mistype_2_percent(work: Work, rng: np.random.Generator) -> Work:
    """Typing errors in 2 % of the words."""
    return Work(work.title, _mistype(work.abstract, 0.02, rng))


def mistype_5_percent(work: Work, rng: np.random.Generator) -> Work:
    """Typing errors in 5 % of the words, and perhaps one in the title."""
    title = _mistype(work.title, 0.05, rng)
    return Work(title, _mistype(work.abstract, 0.05, rng))


def _mistype(text: str, share: float, rng: np.random.Generator) -> str:
    words = text.split(" ")
    wrong = rng.choice(len(words), round(share * len(words)), replace=False).tolist()
    for place in wrong:
        words[place] = _mistyped(words[place], rng.random(3).tolist())
    return " ".join(words)


def _mistyped(word: str, chances: list[float]) -> str:
    """One letter changed, left out, doubled, put in, or exchanged with the next."""
    place = int(chances[0] * len(word))
    letter = _LETTERS[int(chances[1] * len(_LETTERS))]
    before, here, after = word[:place], word[place : place + 1], word[place + 1 :]
    forms = (letter + after, after, here + here + after, letter + here + after, after[:1] + here + after[1:])
    return before + forms[int(chances[2] * len(forms))]


def cut(work: Work, _: np.random.Generator) -> Work:
    """The first 60 % of the sentences."""
    sentences = SENTENCE_END_RE.split(work.abstract)
    kept = max(1, round(0.6 * len(sentences)))
    return Work(work.title, " ".join(sentences[:kept]))


def insert_furniture(work: Work, rng: np.random.Generator) -> Work:
    """Labels of buttons and legal lines before, after and inside, glued to the text or not."""
    sentences = SENTENCE_END_RE.split(work.abstract)
    picks = rng.choice(len(_FURNITURE), 2, replace=False).tolist()
    places = rng.integers(0, len(sentences) + 1, 2).tolist()
    for pick, place in zip(picks, sorted(places, reverse=True), strict=True):
        sentences.insert(place, _FURNITURE[pick])
    glue = ("", " ")[int(rng.integers(2))]
    first, *others = sentences
    return Work(work.title, first + glue + " ".join(others))


def garble(work: Work, rng: np.random.Generator) -> Work:
    """Mojibake: typographic quotes, dashes and accents in UTF-8, read as Windows-1252."""
    del rng
    return Work(mojibake(work.title), mojibake(with_typographic_marks(work.abstract)))


def with_typographic_marks(text: str) -> str:
    """Typewriter quotes and dashes as typographic ones, at least one dash."""
    text = QUOTED_RE.sub(r"“\1”", text).replace("'", "’").replace(" - ", " – ").replace("--", "–")
    return text if NOT_ASCII_RE.search(text) else text.replace(", ", " – ", 1)


def mojibake(text: str) -> str:
    """A text in UTF-8 as it looks when it is read as Windows-1252."""
    return NOT_ASCII_RE.sub(lambda found: "".join(map(_windows, found[0].encode())), text)


def _windows(byte: int) -> str:
    r"""The character of a byte as browsers read Windows-1252: five bytes are control characters.

    >>> _windows(0x9D), _windows(0x99)
    ('\x9d', '™')
    """
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def swap_sentences(work: Work, rng: np.random.Generator) -> Work:
    """Two sentences have changed places."""
    sentences = SENTENCE_END_RE.split(work.abstract)
    if len(sentences) > 1:
        one, other = rng.choice(len(sentences), 2, replace=False).tolist()
        sentences[one], sentences[other] = sentences[other], sentences[one]
    return Work(work.title, " ".join(sentences))


def typeset(work: Work, rng: np.random.Generator) -> Work:
    """As copied out of a PDF: ligatures, and words broken at the ends of lines."""
    words = LIGATURE_RE.sub(lambda found: _LIGATURES[found[0]], work.abstract).split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 7 and word.isalpha()]
    broken = rng.choice(long, min(4, len(long)), replace=False).tolist() if long else []
    for place in broken:
        middle = len(words[place]) // 2
        words[place] = f"{words[place][:middle]}- {words[place][middle:]}"
    title = LIGATURE_RE.sub(lambda found: _LIGATURES[found[0]], work.title)
    return Work(title, " ".join(words))


#: Every kind of copy, by the name that the truth has for it.
EDITS: Final[dict[str, Edit]] = {
    "exact": leave,
    "case_and_punctuation": change_case_and_punctuation,
    "typos_2_percent": mistype_2_percent,
    "typos_5_percent": mistype_5_percent,
    "cut_to_60_percent": cut,
    "furniture": insert_furniture,
    "mojibake": garble,
    "sentences_swapped": swap_sentences,
    "ligatures_and_hyphens": typeset,
}
