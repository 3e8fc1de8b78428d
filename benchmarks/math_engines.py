r"""What is compared by ``repair_math.py``: functions from a text that lost its backslashes to one with symbols."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from dedupkit.repair.commands import DELIMITER_SIZES, FONTS, OPERATOR_NAMES, SWITCHES, SYMBOLS
from dedupkit.repair.edits import apply_edits
from dedupkit.repair.stripped import restore_stripped_math

if TYPE_CHECKING:
    from collections.abc import Callable

    from pylatexenc.latex2text import LatexNodes2Text

    Engine = Callable[[str], str]

#: Commands that leave nothing behind: fonts, and sizes of letters and delimiters.
WRAPPERS: Final = FONTS | SWITCHES | DELIMITER_SIZES

_GREEK: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
).split()

#: Names that no word of English holds; ``neq`` is in "inequality" alone.
_SURE: Final = (
    "varepsilon vartheta varphi varrho varsigma infty leq geq neq(?!u) rightarrow leftarrow Rightarrow mapsto subseteq "
    "supseteq lesssim gtrsim cdot otimes oplus nabla forall emptyset lfloor rfloor lceil rceil setminus propto ldots cdots"
).split()
_MATH_FONTS: Final = (
    "boldsymbol mathbb mathbf mathbbm mathcal mathfrak mathit mathrm mathscr mathsf mathtt".split()
)
_TEXT_FONTS: Final = "bm emph operatorname text textbf textit textrm textsc textsf texttt".split()


def restore_balanced(text: str) -> str:
    """What dedupkit takes for likely."""
    return apply_edits(text, restore_stripped_math(text))


def restore_safe(text: str) -> str:
    """What dedupkit takes for certain."""
    return apply_edits(text, restore_stripped_math(text, "safe"))


def convert_latex(text: str) -> str:
    """As pylatexenc shows LaTeX; a text that it cannot read stays."""
    try:
        return _converter().latex_to_text(text)
    except Exception:  # noqa: BLE001  the library raises what it likes
        return text


@cache
def _converter() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text  # noqa: PLC0415  the other engines do without it

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    return LatexNodes2Text(math_mode="text", keep_comments=True)


def _any_of(names: list[str] | frozenset[str]) -> str:
    return "|".join(sorted(names, key=lambda name: (-len(name), name)))


_GREEK_NAMES: Final = _any_of(_GREEK)
FONT_RE: Final = re.compile(
    rf"(?<!\\)(?:(?:{_any_of(_MATH_FONTS)}) ?(?:{{([^{{}}]*)}})?|(?:{_any_of(_TEXT_FONTS)}){{([^{{}}]*)}})"
)
SURE_RE: Final = re.compile(_any_of(_SURE))
TIMES_RE: Final = re.compile(r"(?<=[0-9]) ?times ?(?=[0-9])")
GREEK_RE: Final = re.compile(
    rf"(?<=[=_^0-9{{(])(?:{_GREEK_NAMES})(?![A-Za-z])|(?<![A-Za-z])(?:{_GREEK_NAMES})(?= ?[=_^0-9])"
)


def follow_rules(text: str) -> str:
    """A list of rules as people write it: sure names everywhere, the others beside signs and digits.

    >>> follow_rules("alpha=3 of 512times 512 in mathcal{O}(1/varepsilon), 30 times the alpha version")
    'α=3 of 512×512 in O(1/ε), 30 times the alpha version'
    """
    text = FONT_RE.sub(lambda font: font[1] or font[2] or "", text)
    text = TIMES_RE.sub(SYMBOLS["times"], text)
    return GREEK_RE.sub(_symbol, SURE_RE.sub(_symbol, text))


def _symbol(name: re.Match[str]) -> str:
    return SYMBOLS[name[0]]


WORD_RE: Final = re.compile(r"(?<![A-Za-z\\])[A-Za-z]{2,}(?![A-Za-z])")


def replace_words(text: str) -> str:
    """Every whole word that is a command becomes its symbol, and a font before a brace goes.

    >>> replace_words("30 times in mathbb{R}^{n times d}")
    '30 × ∈ {R}^{n × d}'
    """
    return WORD_RE.sub(_word, text)


def _word(word: re.Match[str]) -> str:
    if word[0] in FONTS and word.string[word.end() : word.end() + 1] == "{":
        return ""
    return word[0] if word[0] in OPERATOR_NAMES else SYMBOLS.get(word[0], word[0])


def leave(text: str) -> str:
    """Nothing at all."""
    return text


#: Every engine, by the name that tables have for it.
ENGINES: Final[dict[str, Engine]] = {
    "dedupkit": restore_balanced,
    "dedupkit-safe": restore_safe,
    "pylatexenc": convert_latex,
    "rules": follow_rules,
    "words": replace_words,
    "nothing": leave,
}
