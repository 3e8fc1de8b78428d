"""Texts that all need work: works in many languages and scripts, and what spoils them on their way into a dump."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from edits import NOT_ASCII_RE, mojibake, with_typographic_marks
from made_texts import MadeTexts, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    Dirt = Callable[[str, np.random.Generator], str]

#: Labelled sentences in 50 languages.
_SENTENCES: Final = Path(__file__).parents[1] / "tests" / "language" / "sentences.json"

#: Shares of the works that are all in another language, and that have one sentence in another.
_FOREIGN_SHARE, _MIXED_SHARE = 0.25, 0.15

#: Words of a foreign abstract and title, from and up to but not including.
_FOREIGN_WORDS: Final = (90, 180)
_TITLE_WORDS: Final = (7, 13)

#: Characters of a word, on average, from which on a script has no spaces between words.
_LONG_WORD_CHARS: Final = 15

#: Characters that stand for a word where a script has no spaces.
_PIECE_CHARS: Final = 3

#: Kinds of dirt in an abstract, from and up to but not including; a title has one. One of ``_SURE`` is added.
_KINDS: Final = (2, 5)

_FORMULAS: Final = (
    r"$\alpha_{i} \leq \frac{\beta}{\gamma^{2}}$",
    r"$f\colon \mathbb{R}^{d} \to \mathbb{R}$",
    r"$\mathcal{O}(n \log n)$",
    r"\(\sum_{k=1}^{\infty} \lambda_k \, \mathrm{d}\mu\)",
    r"$\|x\|_{2} \,\ge\, \epsilon\%$",
    r"$$\min_{\theta} \; \mathbb{E}\left[ \ell(\theta) \right]$$",
)
_ACCENTED: Final = (r"Erd\H{o}s", r"Schr\"odinger", r"Poincar\'e", r"\v{C}ech", r"Fran\c{c}ois", r"\O{}rsted")
_COMMANDS: Final = (
    r"\emph{ours}", r"\textbf{state of the art}", r"{\it in situ}", r"85\%", r"R\&D", r"\textit{e.g.}\ this",
    r"Fig.~3", r"\LaTeX{}", r"\href{https://example.org/}{here}", r"1990\textendash2000", r"a\_b", r"i.\,i.\,d.",
)  # fmt: skip
_ENTITIES: Final = ("AT&amp;T", "R&amp;D", "&quot;so&quot;", "na&iuml;ve", "it&#x2019;s", "&eacute;lan")
_CONTROLS: Final = ("\x00", "\x07", "\x1b[31m", "\x7f", "\x08", "\x02")
_SPACES: Final = ("  ", "\N{NO-BREAK SPACE}", "\N{THIN SPACE}", "\t", " \r\n", "\N{LINE SEPARATOR}", "\n\n\n")
_MARKERS: Final = ("… (see more)", " … (see more)", "... [Read more]", "… (voir plus)")

SPACE_RE: Final = re.compile(" ")


class HostileTexts:
    """Made-up works; a quarter of them in one of many languages, others with a sentence in one."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 3])
        self._made = MadeTexts(seed)
        self._vocabularies = _vocabularies()

    def take(self, count: int) -> list[Work]:
        """The next works."""
        return [self._foreign(work) for work in self._made.take(count)]

    def _foreign(self, work: Work) -> Work:
        rng = self._rng
        chance = rng.random()
        glue, words = self._vocabularies[int(rng.integers(len(self._vocabularies)))]
        if chance < _FOREIGN_SHARE:
            return Work(*(_some(words, glue, span, rng) for span in (_TITLE_WORDS, _FOREIGN_WORDS)))
        if chance < _FOREIGN_SHARE + _MIXED_SHARE:
            return Work(work.title, f"{work.abstract} {_some(words, glue, _TITLE_WORDS, rng)}.")
        return work


def _vocabularies() -> list[tuple[str, list[str]]]:
    """What stands between the words of each language, and its words."""
    vocabularies: dict[str, list[str]] = defaultdict(list)
    for language, sentence in json.loads(_SENTENCES.read_text(encoding="utf-8"))["sentences"]:
        vocabularies[language].append(sentence)
    return [_vocabulary(" ".join(vocabularies[language])) for language in sorted(vocabularies)]


def _vocabulary(text: str) -> tuple[str, list[str]]:
    """The words of a text; where hardly any spaces stand, pieces of it.

    >>> _vocabulary("ils ont dit"), _vocabulary("人人生而自由,在尊严和权利上一律平等")
    ((' ', ['ils', 'ont', 'dit']), ('', ['人人生', '而自由', ',在尊', '严和权', '利上一', '律平等']))
    """
    words = text.split()
    if len(text) < _LONG_WORD_CHARS * len(words):
        return " ", words
    solid = "".join(words)
    return "", [solid[first : first + _PIECE_CHARS] for first in range(0, len(solid), _PIECE_CHARS)]


def _some(words: list[str], glue: str, span: tuple[int, int], rng: np.random.Generator) -> str:
    return glue.join(words[place] for place in rng.integers(0, len(words), int(rng.integers(*span))).tolist())


def spoil(work: Work, rng: np.random.Generator) -> Work:
    """Spoil title and abstract so that both need repair."""
    return Work(_spoiled(work.title, 1, rng), _spoiled(work.abstract, int(rng.integers(*_KINDS)), rng))


def _spoiled(text: str, kinds: int, rng: np.random.Generator) -> str:
    names = list(DIRTS)
    chosen = {names[place] for place in rng.choice(len(names), kinds, replace=False).tolist()}
    chosen.add(_SURE[int(rng.integers(len(_SURE)))])
    for name in names:
        text = DIRTS[name](text, rng) if name in chosen else text
    return text


def write_formulas(text: str, rng: np.random.Generator) -> str:
    """Mathematics full of backslashes, none of which may be touched."""
    return _between_words(text, _FORMULAS, 4, rng)


def write_latex(text: str, rng: np.random.Generator) -> str:
    """Accents, commands and escapes of LaTeX in the prose."""
    return _between_words(_between_words(text, _ACCENTED, 2, rng), _COMMANDS, 4, rng)


def escape_for_pages(text: str, rng: np.random.Generator) -> str:
    """Entities of HTML: those that escaping makes, and named accents."""
    escaped = html.escape(text, quote=True).encode("ascii", "xmlcharrefreplace").decode()
    return _between_words(escaped if rng.integers(2) else text, _ENTITIES, 2, rng)


def misread_once(text: str, rng: np.random.Generator) -> str:
    """UTF-8 that was read as Windows-1252."""
    marked = with_typographic_marks(text)
    return mojibake(marked if NOT_ASCII_RE.search(marked) else _between_words(marked, ("–", "“so”"), 1, rng))


def misread_twice(text: str, rng: np.random.Generator) -> str:
    """The same, twice."""
    return mojibake(misread_once(text, rng))


def fold_text(text: str, rng: np.random.Generator) -> str:
    """A marker of a page that folds its texts, in the middle of a word; half of the texts end in one too."""
    place = int(rng.integers(len(text) // 2, max(len(text) - 1, 1)))
    folded = text[:place] + _MARKERS[int(rng.integers(len(_MARKERS)))] + text[place:]
    return f"{folded} … Read more" if rng.integers(2) else folded


def put_controls(text: str, rng: np.random.Generator) -> str:
    """Control characters and the codes of terminals, some inside of words."""
    for control in rng.choice(len(_CONTROLS), 3).tolist():
        place = int(rng.integers(1, max(len(text), 2)))
        text = text[:place] + _CONTROLS[control] + text[place:]
    return text


def space_oddly(text: str, rng: np.random.Generator) -> str:
    """Other spaces and line breaks between some of the words, and one at the end."""
    odd = rng.choice(len(_SPACES), text.count(" ") + 1)
    chances = iter((rng.random(len(odd)) < 0.2).tolist())
    spaces = iter([_SPACES[place] for place in odd.tolist()])
    spaced = SPACE_RE.sub(lambda found: next(spaces) if next(chances) else found[0], text)
    return spaced + next(spaces)


def _between_words(text: str, pieces: tuple[str, ...], count: int, rng: np.random.Generator) -> str:
    words = text.split(" ")
    for piece in rng.choice(len(pieces), count).tolist():
        words.insert(int(rng.integers(0, len(words) + 1)), pieces[piece])
    return " ".join(words)


#: Every kind of dirt, in the order in which a text meets them on its way.
DIRTS: Final[dict[str, Dirt]] = {
    "latex": write_latex,
    "formulas": write_formulas,
    "see_more_markers": fold_text,
    "entities": escape_for_pages,
    "mojibake": misread_once,
    "mojibake_twice": misread_twice,
    "controls": put_controls,
    "spaces": space_oddly,
}

#: Those that no other can hide, wherever they stand.
_SURE: Final = ("controls", "spaces")
