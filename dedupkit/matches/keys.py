r"""Texts as matching sees them: folded words, their hashes, and the key of a whole text.

What does not tell two works apart is folded away: case, accents, widths, ligatures, punctuation, spacing, the
braces and backslashes of LaTeX (``folds.py``). A character of a script without spaces is a word of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dedupkit.matches.folds import load_folds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dedupkit.matches.folds import Folds

#: LaTeX's control words that say how letters look; they are not there for matching.
_LOOKS: Final = (
    "emph text textit textbf textrm textsf texttt textsc textsl textnormal textup mathrm mathbf mathit mathcal "
    "mathbb mathfrak mathsf mathtt mathscr boldsymbol bm pmb rm bf it tt sf sc sl em cal left right big Big bigg "
    "Bigg bigl bigr Bigl Bigr displaystyle textstyle scriptstyle ensuremath mbox hbox operatorname underline uline "
    "hat bar tilde vec dot ddot widehat widetilde overline c v u H k r b d t"
).split()

#: Tags that part no words, and tags that do, as HTML and JATS (Crossref's abstracts) have them.
_INLINE_TAGS: Final = (
    "a b big em font i inf italic bold sc scp small span strong sub sup tt u jats:italic jats:bold jats:sub jats:sup jats:sc "
    "mml:math mml:mi mml:mn mml:mo mml:mrow mml:msub mml:msup mml:mtext"
).split()
_BLOCK_TAGS: Final = (
    "abstract article br div h1 h2 h3 h4 hr li ol p sec section table td th title tr ul jats:p jats:title jats:sec jats:list "
    "jats:abstract"
).split()

#: Numbers as words, and as the Roman numerals that parts and editions have.
_NUMBER_WORDS: Final = (
    ("one", "first", "i"), ("two", "second", "ii"), ("three", "third", "iii"), ("four", "fourth", "iv"),
    ("five", "fifth", "v"), ("six", "sixth", "vi"), ("seven", "seventh", "vii"), ("eight", "eighth", "viii"),
    ("nine", "ninth", "ix"), ("ten", "tenth", "x"), ("eleven", "eleventh", "xi"), ("twelve", "twelfth", "xii"),
    ("thirteen", "thirteenth", "xiii"), ("fourteen", "fourteenth", "xiv"), ("fifteen", "fifteenth", "xv"),
    ("sixteen", "sixteenth", "xvi"), ("seventeen", "seventeenth", "xvii"),
    ("eighteen", "eighteenth", "xviii"), ("nineteen", "nineteenth", "xix"), ("twenty", "twentieth", "xx"),
)  # fmt: skip

#: Words of titles that stand over front matter and columns, not over papers.
_FURNITURE: Final = (
    "abstract abstracts acknowledgement acknowledgements acknowledgment acknowledgments acm annual announcement "
    "announcements appendix article articles association authors back board book books bulletin call chair chairs "
    "chairman column comment comments committee conclusion conclusions conference conferences contents corrections "
    "corrigenda corrigendum cover discussion editor editorial editorials editors errata erratum foreword front general "
    "guest ieee index international introduction invited issue journal keynote letter letters list matter meeting "
    "meetings message news newsletter note notes notice notices obituary organisation organization organizers "
    "overview page panel paper papers poster posters preface president press proceedings program programme prologue "
    "publications record recent report reports research review reviewer reviewers reviews secretary section session "
    "sessions special summary symposium table tables technical term thanks title trade transactions treasurer "
    "tutorial tutorials untitled volume welcome workshop workshops from about this that with"
).split()

#: Words of a title that is about another paper, and not that paper again.
_ABOUT: Final = (
    "addendum comment comments commentary correction corrections corrigenda corrigendum discussion errata erratum "
    "keynote rebuttal rejoinder reply replies response retracted retraction tutorial"
).split()

#: Words in lists of names that are no names, and particles that many have.
_NO_NAMES: Final = (
    "and et al und others jr sr dr prof editor editors eds van von der den de del della di da do dos das du la le el bin "
    "ibn ben ter ten zu"
).split()

_MASK: Final = (1 << 64) - 1


class Tables(NamedTuple):
    """What the kernels look up."""

    folds: Folds
    looks: NDArray[np.uint64]
    numerals: NDArray[np.uint64]
    numbers: NDArray[np.uint64]
    ordinals: NDArray[np.uint64]
    no_names: NDArray[np.uint64]
    furniture: NDArray[np.uint64]
    about: NDArray[np.uint64]


@cache
def tables() -> Tables:
    """The tables of the kernels."""
    numerals = sorted(
        (word_hash(word), fnv(str(number)))
        for number, words in enumerate(_NUMBER_WORDS, start=1)
        for word in words
    )
    return Tables(
        folds=load_folds(),
        looks=_looks(),
        numerals=np.array([word for word, _ in numerals], dtype=np.uint64),
        numbers=np.array([number for _, number in numerals], dtype=np.uint64),
        ordinals=_sorted_hashes(("st", "nd", "rd", "th")),
        no_names=_sorted_hashes(_NO_NAMES),
        about=np.unique(_sorted_hashes(_ABOUT) & ~np.uint64(3)),
        furniture=np.unique(_sorted_hashes(_FURNITURE) & ~np.uint64(3)),
    )


def _looks() -> NDArray[np.uint64]:
    """Hashes of LaTeX's control words and, told apart by a bit, of tags that part no words and that do."""
    control_words = [fnv(word) for word in _LOOKS]
    inline = [fnv(_tag_key(tag)) ^ 1 for tag in _INLINE_TAGS]
    block = [fnv(_tag_key(tag)) ^ 2 for tag in _BLOCK_TAGS]
    return np.array(sorted({*control_words, *inline, *block}), dtype=np.uint64)


def _tag_key(tag: str) -> str:
    """A tag's name as the kernel folds its bytes: by one bit, which makes small letters and moves digits nowhere."""
    return "".join(chr(ord(character) | 32) for character in tag)


def word_hash(word: str) -> int:
    """The hash of a folded word (``kernels``).

    >>> hex(word_hash("a"))
    '0xbe46ec55a7c7e702'
    """
    value, data = 0xCBF29CE484222325, word.encode()
    for start in range(0, len(data), 8):
        value ^= int.from_bytes(data[start : start + 8], "little")
        value = value * 0x9E3779B97F4A7C15 & _MASK
        value ^= value >> 33
        value = value * 0xFF51AFD7ED558CCD & _MASK
        value ^= value >> 33
        value = value * 0xC4CEB9FE1A85EC53 & _MASK
        value ^= value >> 33
    return value


def fnv(name: str) -> int:
    """FNV-1a over code points (``kernels``).

    >>> hex(fnv("a"))
    '0xaf63dc4c8601ec8c'
    """
    value = 0xCBF29CE484222325
    for character in name:
        value = (value ^ ord(character)) * 0x100000001B3 & _MASK
    return value


def _sorted_hashes(words: Iterable[str]) -> NDArray[np.uint64]:
    return np.array(sorted(map(word_hash, words)), dtype=np.uint64)
