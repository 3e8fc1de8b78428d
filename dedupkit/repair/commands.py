r"""The commands of LaTeX's mathematics, and what each is in plain text.

Symbols come from pylatexenc's table. Below them stand what that table lacks, what it sets apart though a reader of
plain text would not, and the commands that are no symbols: fonts, sizes, accents, names of operators.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from pylatexenc.latex2text import get_default_latex_context_db

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Symbols of LaTeX, AMS and common packages that pylatexenc does not list, and those where plain text has one
#: character for several of its own (``\phi`` and ``\varphi``).
_OURS: Final = {
    "Box": "□", "Diamond": "◇", "Im": "ℑ", "Join": "⋈", "Re": "ℜ", "approxeq": "≊", "ast": "∗", "asymp": "≍", "bigcap": "⋂",
    "bigcup": "⋃", "bigodot": "⨀", "bigoplus": "⨁", "bigotimes": "⨂", "bigsqcup": "⨆", "biguplus": "⨄", "bigstar": "★",
    "blacktriangleright": "▸", "bot": "⊥", "bullet": "•", "cdot": "·", "cdotp": "·", "checkmark": "✓", "circledR": "®",
    "clubsuit": "♣", "colon": ":", "coloneqq": "≔", "dagger": "†", "ddag": "‡", "ddagger": "‡", "degree": "°", "diamond": "⋄",
    "diamondsuit": "♢", "div": "÷", "dots": "…", "dotsb": "⋯", "dotsc": "…", "dotsi": "⋯", "dotsm": "⋯", "epsilon": "ε", "eqqcolon": "≕",
    "gets": "←", "gt": ">", "hbar": "ħ", "heartsuit": "♡", "iff": "⇔", "implies": "⇒", "impliedby": "⇐", "imath": "i", "jmath": "j", "land": "∧",
    "lbrace": "{", "lbrack": "[", "ldotp": ".", "leadsto": "⇝", "lhd": "⊲", "lnot": "¬", "lor": "∨", "lt": "<", "mho": "℧", "models": "⊨",
    "ne": "≠", "neg": "¬", "owns": "∋", "phi": "φ", "prime": "′", "rbrace": "}", "rbrack": "]", "rhd": "⊳", "spadesuit": "♠", "star": "⋆",
    "surd": "√", "thickapprox": "≈", "thicksim": "∼", "top": "⊤", "triangle": "△", "trianglelefteq": "⊴", "trianglerighteq": "⊵",
    "unlhd": "⊴", "unrhd": "⊵", "varDelta": "Δ", "varGamma": "Γ", "varLambda": "Λ", "varOmega": "Ω", "varPhi": "Φ", "varPi": "Π",
    "varPsi": "Ψ", "varSigma": "Σ", "varTheta": "Θ", "varUpsilon": "Υ", "varXi": "Ξ", "varpropto": "∝", "vDash": "⊨", "vcentcolon": ":",
    "wp": "℘", "xrightarrow": "→", "xleftarrow": "←",
}  # fmt: skip

#: Commands of text whose name LaTeX's tables give no character for.
TEXT_SYMBOLS: Final = {
    "BibTeX": "BibTeX",
    "LaTeX": "LaTeX",
    "S": "\N{SECTION SIGN}",
    "TeX": "TeX",
    "copyright": "\N{COPYRIGHT SIGN}",
    "dots": "\N{HORIZONTAL ELLIPSIS}",
    "euro": "\N{EURO SIGN}",
    "ldots": "\N{HORIZONTAL ELLIPSIS}",
    "pounds": "\N{POUND SIGN}",
    "qquad": " ",
    "quad": " ",
    "textbar": "|",
    "textbullet": "\N{BULLET}",
    "textcopyright": "\N{COPYRIGHT SIGN}",
    "textdegree": "\N{DEGREE SIGN}",
    "textellipsis": "\N{HORIZONTAL ELLIPSIS}",
    "textemdash": "\N{EM DASH}",
    "textendash": "\N{EN DASH}",
    "texteuro": "\N{EURO SIGN}",
    "textgreater": ">",
    "textless": "<",
    "textmu": "\N{MICRO SIGN}",
    "textpm": "\N{PLUS-MINUS SIGN}",
    "textquotedblleft": "\N{LEFT DOUBLE QUOTATION MARK}",
    "textquotedblright": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "textquoteleft": "\N{LEFT SINGLE QUOTATION MARK}",
    "textquoteright": "\N{RIGHT SINGLE QUOTATION MARK}",
    "textregistered": "\N{REGISTERED SIGN}",
    "textsterling": "\N{POUND SIGN}",
    "texttimes": "\N{MULTIPLICATION SIGN}",
    "texttrademark": "\N{TRADE MARK SIGN}",
    "textunderscore": "_",
}

#: Accents over a letter, and the mark of Unicode that follows the letter.
ACCENTS: Final[Mapping[str, str]] = {
    "acute": "\u0301",
    "bar": "\u0304",
    "breve": "\u0306",
    "check": "\u030c",
    "ddot": "\u0308",
    "dot": "\u0307",
    "grave": "\u0300",
    "hat": "\u0302",
    "mathring": "\u030a",
    "overline": "\u0304",
    "tilde": "\u0303",
    "underline": "\u0332",
    "vec": "\u20d7",
    "widehat": "\u0302",
    "widetilde": "\u0303",
}

#: Commands that set their argument in another font, and plain text does not.
FONTS: Final = frozenset(
    [
        "bm", "boldmath", "boldsymbol", "emph", "ensuremath", "hbox", "mathbb", "mathbbm", "mathbf", "mathcal", "mathds",
        "mathfrak", "mathit", "mathnormal", "mathop", "mathord", "mathbin", "mathrel", "mathopen", "mathclose", "mathpunct", "mathinner",
        "mathrm", "mathscr", "mathsf", "mathtt", "mbox", "operatorname", "pmb", "symbf", "symbb", "symcal", "symsf", "symup", "text",
        "textbf", "textit", "textmd", "textnormal", "textrm", "textsc", "textsf", "textsl", "texttt", "textup", "upshape",
    ]
)  # fmt: skip

#: Switches of font, size and style: they act on what follows, to the end of their group.
SWITCHES: Final = frozenset(
    [
        "bf", "bfseries", "cal", "em", "frak", "it", "itshape", "mit", "rm", "rmfamily", "sc", "scshape", "sf", "sffamily", "sl", "slshape",
        "tt", "ttfamily", "Bbb", "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge",
        "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits", "nonumber", "centering", "notag",
    ]
)  # fmt: skip

#: Sizes of the delimiter that follows.
DELIMITER_SIZES: Final = frozenset(
    ["left", "right", "middle"]
    + [size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")]
)

#: Horizontal space.
SPACES: Final = frozenset(["quad", "qquad", "enspace", "thinspace", "medspace", "thickspace", "enskip"])

#: Operators that are written as their names, upright.
OPERATOR_NAMES: Final = frozenset(
    [
        "Pr", "arccos", "arcsin", "arctan", "arg", "argmax", "argmin", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp",
        "gcd", "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "mod", "bmod", "pmod", "sec", "sin",
        "sinh", "sup", "tan", "tanh",
    ]
)  # fmt: skip

#: Commands with two arguments that are a fraction, and roots.
FRACTIONS: Final = frozenset(["frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"])
ROOT: Final = "sqrt"
#: Signs of the roots that have one: by their degree.
ROOT_SIGNS: Final[Mapping[str, str]] = {"": "√", "2": "√", "3": "∛", "4": "∜"}

#: Capitals that are Latin letters too: TeX has no command for them.
_NOT_TEX: Final = frozenset(
    [
        "Alpha",
        "Beta",
        "Chi",
        "Epsilon",
        "Eta",
        "Iota",
        "Kappa",
        "Mu",
        "Nu",
        "Omicron",
        "Rho",
        "Tau",
        "Zeta",
        "omicron",
    ]
)
_NAME_RE: Final = re.compile(r"[A-Za-z]{2,}")
#: Letters and signs of text, not of mathematics.
_OF_TEXT_RE: Final = re.compile(r"(?:cyr|CYR|text|guil|quote)")


def _symbols() -> dict[str, str]:
    """Every command that stands for one character of mathematics."""
    table = get_default_latex_context_db()
    found: dict[str, str] = {}
    for category in ("latex-base", "advanced-symbols"):
        for name, specification in table.d[category]["macros"].items():
            character = specification.simplify_repl
            if (
                isinstance(character, str)
                and len(character) == 1
                and not character.isspace()
                and not _is_letter_of_text(character)
                and _NAME_RE.fullmatch(name)
                and not _OF_TEXT_RE.match(name)
                and name not in _NOT_TEX
            ):
                found[name] = character
    return dict(sorted((found | _OURS).items()))


def _is_letter_of_text(character: str) -> bool:
    """A letter of Latin script, or one that has no place in a formula."""
    return (character.isascii() and character.isalpha()) or unicodedata.name(character, "LATIN").startswith(
        ("LATIN", "CYRILLIC", "SOFT HYPHEN", "ZERO", "WORD JOINER", "FEMININE", "MASCULINE")
    )


#: Name of a command to the character that it stands for.
SYMBOLS: Final[Mapping[str, str]] = _symbols()

#: Commands of mathematics, and what goes with them.
MATH_COMMANDS: Final = frozenset(
    set(SYMBOLS)
    | set(ACCENTS)
    | FONTS
    | SWITCHES
    | DELIMITER_SIZES
    | SPACES
    | OPERATOR_NAMES
    | FRACTIONS
    | {ROOT, "begin", "binom"}
)


def accented(letter: str, accent: str) -> str:
    r"""Give a letter under an accent: in one piece where Unicode has it, else with the mark behind it.

    >>> accented("O", "tilde"), accented("Ω", "tilde") == "Ω\u0303"
    ('Õ', True)
    """
    return unicodedata.normalize("NFC", letter + ACCENTS[accent])
