r"""One formula of LaTeX as plain Unicode text: a tokenising expression and a reader with a bounded depth.

``render`` reads a formula whole or not at all: an unknown command, a brace without its partner or a script without
its content make it give nothing. What cannot be written in a line of text (matrices, braces under terms) is unknown.

While a formula is read, private characters mark what a later look at the whole needs to know: where a command's letters
end (the space behind them is TeX's, not the author's), what is an operator, and what is written as a name.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dedupkit.repair.commands import (
    ACCENTS,
    DELIMITER_SIZES,
    FONTS,
    FRACTIONS,
    OPERATOR_NAMES,
    ROOT,
    ROOT_SIGNS,
    SPACES,
    SWITCHES,
    SYMBOLS,
    TEXT_SYMBOLS,
    accented,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Groups inside groups that are read; deeper ones are nobody's formula.
DEEPEST: Final = 24
#: Formulas up to this length are remembered: ``\times`` is read once, not a thousand times.
LONGEST_REMEMBERED: Final = 80

# A command, a character with a meaning, spaces, or a run of characters that stand for themselves
TOKEN_RE: Final = re.compile(r"\\(?:[A-Za-z]+|.)?|[{}^_&~$]|\s+|[^\\{}^_&~$\s]+", re.DOTALL)

# Private characters that mark the text while it is read
HARD_SPACE, SYMBOL, SYMBOL_END, OPERATOR, OPERATOR_END, NAME, NAME_END = map(chr, range(0xE000, 0xE007))
UNDERSCORE, OPEN, CLOSE, ATOM, ATOM_END, VOID, CHOOSE = map(chr, range(0xE007, 0xE00E))
MARKS_RE: Final = re.compile("[\ue000-\ue00f]")
VISIBLE: Final = {
    ord(HARD_SPACE): " ",
    ord(UNDERSCORE): "_",
    ord(OPEN): "{",
    ord(CLOSE): "}",
} | dict.fromkeys(
    map(ord, (SYMBOL, SYMBOL_END, OPERATOR, OPERATOR_END, NAME, NAME_END, ATOM, ATOM_END, VOID))
)

#: Symbols that are operators or relations by their category in Unicode, but stand like a letter.
_LIKE_LETTERS: Final = frozenset("∀∁∂∃∄∅∆∇∏∐∑√∛∜∞∠∡∢∫∬∭∮∯∰⊤⊥⋀⋁⋂⋃⨀⨁⨂⨄⨆¬°′…⋯ℵ♭♮♯¬†‡%")
_OPENERS: Final = "⟨⌈⌊{["
_CLOSERS: Final = "⟩⌉⌋}]"

# "\alpha x": the space that ended the command, unless an operator with a space on each side follows
_AFTER_SYMBOL_RE: Final = re.compile(
    f"(?:(?<![ {HARD_SPACE}])|(?<={SYMBOL_END} )){SYMBOL}([^{SYMBOL}{SYMBOL_END}]*){SYMBOL_END} "
    rf"(?![=<>+*/|-]+ |{OPERATOR}[^{OPERATOR}{OPERATOR_END}]*{OPERATOR_END} )"
)
# "512\times 512", "a \leq\alpha": an operator with a space on one side
_AFTER_OPERATOR_RE: Final = re.compile(
    f"(?<![ ,{HARD_SPACE}]){OPERATOR}([^{OPERATOR}{OPERATOR_END}]*){OPERATOR_END} "
)
_BEFORE_OPERATOR_RE: Final = re.compile(
    f"(?<!,) {OPERATOR}([^{OPERATOR}{OPERATOR_END}]*){OPERATOR_END}(?![ {HARD_SPACE}_^])"
)
_BEFORE_CLOSER_RE: Final = re.compile(f" (?={SYMBOL}[{re.escape(_CLOSERS)}]{SYMBOL_END})")
_SPACES_RE: Final = re.compile(" {2,}")
_VOID_RE: Final = re.compile(f"{VOID} ?")
# "n\log n": names keep a distance from letters and digits
_GLUED_LEFT_RE: Final = re.compile(rf"(?<=[\w)\]}}{SYMBOL_END}{ATOM_END}]){NAME}(?=\w)")
_GLUED_RIGHT_RE: Final = re.compile(rf"{NAME_END}(?=[^\W_]|[√{SYMBOL}{ATOM}{NAME}])")
_NAME_BEFORE_BRACKET_RE: Final = re.compile(rf"{NAME_END} (?=[(\[])")

_LETTER: Final = r"[^\W_][\u0300-\u036f\u20d0-\u20ff]*"
_SCRIPTS: Final = r"(?:[_^](?:\{[^{}]*\}|[^{}]))*['′]*"
# "n", "12", "x_i", "T^{1/4}", "(a+b)", "eff"; a side of a fraction that needs no parentheses
_ATOM_RE: Final = re.compile(
    rf"(?:[0-9][0-9.,]*|{ATOM}[^{ATOM}{ATOM_END}]*{ATOM_END}|{_LETTER}|[∞∂∇]|√?\([^()]*\)|√{_LETTER}){_SCRIPTS}"
)
_ROOT_ATOM_RE: Final = re.compile(
    rf"(?:[0-9][0-9.,]*|{ATOM}[^{ATOM}{ATOM_END}]*{ATOM_END}|{_LETTER})(?:_(?:\{{[^{{}}]*\}}|[^{{}}]))?"
)
_LETTER_WITH_SCRIPTS_RE: Final = re.compile(rf"({_LETTER})({_SCRIPTS})")
_LETTERS_RE: Final = re.compile(rf"(?:{_LETTER})+")
_LETTERS_WITH_SCRIPTS_RE: Final = re.compile(rf"(?:{_LETTER}(?:_[A-Za-z0-9])?)+")
_PLAIN_LETTER_RE: Final = re.compile(rf"(?<!_){_LETTER}")
_LINED_RE: Final = re.compile(r"[^{}^_\\]+")
_ONE_LETTER_RE: Final = re.compile(_LETTER)
_DEGREE_RE: Final = re.compile(r"\[([^\[\]\\{}]*)\](.*)", re.DOTALL)
_RAISED_DIGITS: Final = {"5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "n": "ⁿ"}
_ROW_GAP_RE: Final = re.compile(r"\[-?[0-9.]+(?:pt|ex|em|mm|cm)\](.*)", re.DOTALL)
# What a fraction would run together with
_JOINS_LEFT_RE: Final = re.compile(r"[\w)\]}]\s*\Z")
_JOINS_RIGHT_RE: Final = re.compile(rf"[\w(\[{SYMBOL}{NAME}]")

#: Commands of text inside a formula: their spaces are the author's.
_TEXT_FONTS: Final = frozenset(
    name for name in FONTS if name.startswith("text") or name in {"mbox", "hbox", "emph"}
)
#: Commands that leave nothing, with their argument.
_VANISHING: Final = frozenset(
    ["color", "hphantom", "hspace", "label", "phantom", "tag", "vphantom", "vspace"]
)
_ENVIRONMENTS: Final = frozenset(["aligned", "gathered", "split"])
_ESCAPED: Final = {
    "!": "", ",": "", "-": "", "/": "", " ": HARD_SPACE, "\n": HARD_SPACE, ":": HARD_SPACE, ";": HARD_SPACE, ">": HARD_SPACE,
    "{": OPEN, "}": CLOSE, "%": "%", "#": "#", "&": "&", "$": "$", "*": "*", "|": "‖",
}  # fmt: skip


class _UnreadableError(Exception):
    """A formula holds something that is not understood."""


def _marked(character: str) -> str:
    """Mark a symbol as an operator, or as one that stands like a letter."""
    if character.isalpha() or character in _LIKE_LETTERS or character in _OPENERS + _CLOSERS:
        return f"{SYMBOL}{character}{SYMBOL_END}"
    if unicodedata.category(character) in {"Sm", "So", "Po", "Sk"}:
        return f"{OPERATOR}{character}{OPERATOR_END}"
    return f"{SYMBOL}{character}{SYMBOL_END}"


#: Commands without an argument, and what they leave.
_SIMPLE: Final = (
    {
        rf"\{name}": _marked(character)
        for name, character in SYMBOLS.items()
        if name not in {"backslash", "dddot", "ddddot", "xrightarrow", "xleftarrow"} and character.isprintable()
    }
    | {rf"\{name}": VOID + symbol for name, symbol in TEXT_SYMBOLS.items() if symbol != " "}
    | {rf"\{name}": _marked(SYMBOLS[name]) for name in ("dots", "ldots")}
    | {r"\lbrace": OPEN, r"\rbrace": CLOSE, r"\textless": _marked("<"), r"\textgreater": _marked(">")}
    | {r"\AA": f"{SYMBOL}Å{SYMBOL_END}", r"\i": f"{SYMBOL}i{SYMBOL_END}", r"\j": f"{SYMBOL}j{SYMBOL_END}"}
    | {r"\textunderscore": UNDERSCORE}
    | {rf"\{name}": f"{NAME}{name}{NAME_END}" for name in OPERATOR_NAMES - {"pmod", "bmod", "argmax", "argmin"}}
    | {rf"\{name}": f"{NAME}{name[:3]}{HARD_SPACE}{name[3:]}{NAME_END}" for name in ("argmax", "argmin")}
    | {r"\bmod": f"{NAME}mod{NAME_END}", r"\choose": CHOOSE}
    | {rf"\{name}": VOID for name in (*SWITCHES, "allowbreak", "displaylimits", "strut", "xspace", "relax")}
    | {rf"\{name}": HARD_SPACE + VOID for name in SPACES - {"thinspace"}}
    | {r"\thinspace": VOID}
    | {rf"\{name}": VOID for name in DELIMITER_SIZES - {"left", "right", "middle"}}
    | {rf"\{character}": left for character, left in _ESCAPED.items()}
)  # fmt: skip


def render(formula: str, *, after_number: bool = False) -> str | None:
    r"""Give the plain text of a formula (without its delimiters), or nothing where it is not understood whole.

    Fonts and sizes are lost, sub- and superscripts stay as ``_`` and ``^``, with braces around more than one character.
    Fractions become ``a/b`` with what parentheses keep them right. An accent over a word stands on each of its
    letters.

    Args:
        formula: What stands between the delimiters.
        after_number: Whether a digit stands right before it: ``90$^\circ$`` is 90°.

    >>> [render(f) for f in (r"\tilde{\mathcal O}(n\log n)", r"R^{n\times d}", r"x_{i} \in \mathbb{R}", r"512\times 512")]
    ['Õ(n log n)', 'R^{n×d}', 'x_i ∈ R', '512×512']
    >>> [render(f) for f in (r"\frac{\log n}{n}", r"\frac12 x", r"\sqrt[3]{a+b}", r"10{,}000", r"\left.f\right|_0")]
    ['(log n)/n', '(1/2) x', '∛(a+b)', '10,000', 'f|_0']
    >>> [render(f) for f in (r"\method", "{a", "x^", r"\'e", r"\begin{matrix} a \end{matrix}")]
    [None, None, None, None, None]
    """
    if len(formula) <= LONGEST_REMEMBERED:
        return _remembered(formula, after_number=after_number)
    return _rendered(formula, after_number=after_number)


def _rendered(formula: str, *, after_number: bool) -> str | None:
    """Read a formula."""
    if MARKS_RE.search(formula):
        return None
    try:
        text = _Reader(TOKEN_RE.findall(formula), after_number=after_number).sequence("")
    except _UnreadableError:
        return None
    text = _spaced(text.strip()).translate(VISIBLE).strip()
    if CHOOSE in text or not _is_balanced(text):
        return None
    return unicodedata.normalize("NFC", _SPACES_RE.sub(" ", text))


_remembered = lru_cache(maxsize=8192)(_rendered)


def _is_balanced(text: str) -> bool:
    """Tell whether the braces of a text pair up: those of the text around it must not find a partner in it."""
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _spaced(text: str) -> str:
    """Take away the spaces that only ended a command, and part names from letters."""
    if not MARKS_RE.search(text):
        return text
    text = _VOID_RE.sub("", text)
    text = _AFTER_SYMBOL_RE.sub(rf"{SYMBOL}\1{SYMBOL_END}", text)
    text = _BEFORE_CLOSER_RE.sub("", text)
    text = _AFTER_OPERATOR_RE.sub(rf"{OPERATOR}\1{OPERATOR_END}", text)
    text = _BEFORE_OPERATOR_RE.sub(rf"{OPERATOR}\1{OPERATOR_END}", text)
    text = _NAME_BEFORE_BRACKET_RE.sub(NAME_END, text)
    text = _GLUED_LEFT_RE.sub(" ", text)
    return _GLUED_RIGHT_RE.sub(" ", text)


def _seen(text: str) -> str:
    """Give a piece as it will be seen, but for the marks of words that are one atom."""
    return text.translate({key: value for key, value in VISIBLE.items() if chr(key) not in {ATOM, ATOM_END}})


def _in_parentheses(text: str, atom_re: re.Pattern[str]) -> str:
    """Put parentheses around more than one atom."""
    return text if atom_re.fullmatch(_seen(_spaced(text))) else f"({text})"


class _Reader:
    """Reads the pieces of one formula, from left to right."""

    __slots__ = ("after_number", "depth", "pieces", "place")

    def __init__(self, pieces: list[str], *, after_number: bool) -> None:
        self.pieces = pieces
        self.place = 0
        self.depth = 0
        self.after_number = after_number

    def sequence(self, closer: str, *, is_text: bool = False) -> str:
        """Read up to ``closer``, which is taken too, or to the end where there is none."""
        out: list[str] = []
        pieces = self.pieces
        while self.place < len(pieces):
            piece = pieces[self.place]
            self.place += 1
            simple = _SIMPLE.get(piece)
            if simple is not None:
                out.append(simple)
            elif piece == closer:
                return "".join(out)
            elif piece[0] == "\\":
                out.append(self.command(piece, out))
            else:
                out.append(self.text(piece) if is_text else self.mathematics(piece, out))
        if closer:
            raise _UnreadableError
        return "".join(out)

    def mathematics(self, piece: str, out: list[str]) -> str:
        """Read a piece that is no command, behind what was read before."""
        if piece in "^_":
            if out and out[-1] == " ":
                out.pop()
            return self.script(piece, out)
        if piece == "{":
            return self.group()
        if piece in "&$}":
            raise _UnreadableError
        return HARD_SPACE if piece == "~" else " " if piece[0].isspace() else piece

    def text(self, piece: str) -> str:
        """Read a piece of text: its spaces are the author's, and a dollar begins a formula in it."""
        if piece == "{":
            return self.group(is_text=True)
        if piece == "$":
            return self.sequence("$").strip(" ")
        if piece in "&^}":
            raise _UnreadableError
        return HARD_SPACE if piece == "~" or piece[0].isspace() else UNDERSCORE if piece == "_" else piece

    def group(self, *, is_text: bool = False) -> str:
        """Read what is left of a group that has been opened. Its braces are not seen."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise _UnreadableError
        content = self.sequence("}", is_text=is_text).strip(" ")
        self.depth -= 1
        if CHOOSE in content:
            return "(" + re.sub(f" ?{CHOOSE} ?", f"{HARD_SPACE}choose{HARD_SPACE}", content) + ")"
        return content

    def argument(self, *, is_text: bool = False) -> str:
        """Read the argument of a command or a script: a group, a command, or one character."""
        piece = self.next_piece()
        if piece == "{":
            return self.group(is_text=is_text)
        if piece in _SIMPLE:
            return _SIMPLE[piece]
        self.depth += 1
        if not piece or piece in "}^_&~$" or self.depth > DEEPEST:
            raise _UnreadableError
        if piece[0] == "\\":
            read = self.command(piece, [])
        elif piece[0] in "()[],;:.":  # nobody's argument
            raise _UnreadableError
        else:
            read = piece[0]
            self.put_back(piece[1:])
        self.depth -= 1
        return read

    def refuse(self) -> str:
        """Give the formula up."""
        raise _UnreadableError

    def next_piece(self) -> str:
        """Take the next piece that is no space; nothing at the end."""
        while self.place < len(self.pieces):
            piece = self.pieces[self.place]
            self.place += 1
            if not piece[0].isspace():
                return piece
        return ""

    def put_back(self, rest: str) -> None:
        """Leave the rest of the piece that was taken last for the next one."""
        if rest:
            self.place -= 1
            self.pieces[self.place] = rest

    def peek(self) -> str:
        """Look at the next piece that is no space."""
        for piece in self.pieces[self.place : self.place + 2]:
            if not piece[0].isspace():
                return piece
        return ""

    def command(self, piece: str, out: list[str]) -> str:
        """Read the arguments of a command, and give what the two leave together."""
        name = piece[1:]
        if name in FRACTIONS:
            return self.fraction(out)
        reading = _READING.get(name)
        if reading is None:
            raise _UnreadableError
        return reading(self, name)

    def script(self, mark: str, out: list[str]) -> str:
        """Read a sub- or superscript; degrees and primes are characters of their own."""
        content = _VOID_RE.sub("", self.argument()).strip(" ")
        seen = content.translate(VISIBLE)
        if not seen:
            return ""
        if mark == "^" and seen.strip("′") == "":
            return seen
        if mark == "^" and seen == "∘":
            before = "".join(out[-2:]).translate(VISIBLE)
            if before[-1:].isdigit() or (not before and self.after_number and not self.depth):
                return "°"
        if _ONE_LETTER_RE.fullmatch(seen) or len(seen) == 1:
            return mark + seen
        return f"{mark}{{{content}}}"

    def font(self, name: str) -> str:
        """A font is lost; a word in it stays one thing."""
        content = self.argument(is_text=name in _TEXT_FONTS)
        word = content.translate(VISIBLE)
        return f"{ATOM}{content}{ATOM_END}" if len(word) > 1 and word.isalpha() else content

    def operator(self, _: str) -> str:
        r"""``\operatorname{arg\,max}`` and its starred form: a name."""
        rest = self.peek()
        if rest[:1] == "*":
            self.next_piece()
            self.put_back(rest[1:])
        start = end = self.place
        if self.peek() == "{" and "}" in self.pieces[start : start + 40]:
            end = self.pieces.index("}", start)
        self.pieces[start:end] = [
            " " if piece in {r"\,", r"\ "} else piece for piece in self.pieces[start:end]
        ]
        return f"{NAME}{self.argument(is_text=True)}{NAME_END}"

    def accent(self, name: str) -> str:
        """Put an accent on a letter, on the letter of scripts, or on each letter of a word."""
        of_text = self.peek().startswith(r"\text")
        is_command = self.peek() in _SIMPLE
        if self.peek() == "{":
            following = self.pieces[self.place : self.place + 3]
            of_text = any(piece.startswith(r"\text") for piece in following)
        content = _VOID_RE.sub("", self.argument()).strip(" ")
        name = name[0].lower() + name[1:]
        seen = content.translate(VISIBLE)
        if name == "underline" and of_text:
            return content
        if match := _LETTER_WITH_SCRIPTS_RE.fullmatch(seen):
            letter = accented(match[1], name)
            return f"{SYMBOL}{letter}{SYMBOL_END}" if is_command else letter + match[2]
        if _LETTERS_RE.fullmatch(seen):
            letters = "".join(accented(letter, name) for letter in _ONE_LETTER_RE.findall(seen))
            return f"{ATOM}{letters}{ATOM_END}"
        if _LETTERS_WITH_SCRIPTS_RE.fullmatch(seen):
            return _PLAIN_LETTER_RE.sub(lambda match: accented(match[0], name), seen)
        if name in {"overline", "underline"} and _LINED_RE.fullmatch(seen):
            return "".join(
                piece if piece == " " else accented(piece, name)
                for piece in _spaced(content).translate(VISIBLE)
            )
        raise _UnreadableError

    def fraction(self, out: list[str]) -> str:
        """Write a fraction with a slash, in parentheses where it would run together with what is beside it."""
        sides = [_in_parentheses(self.argument().strip(" "), _ATOM_RE) for _ in range(2)]
        if not all(sides):
            raise _UnreadableError
        written = "/".join(sides)
        following = self.peek()
        right = _SIMPLE.get(following, following)
        if (
            _JOINS_LEFT_RE.search("".join(out[-3:]).translate(VISIBLE))
            or _JOINS_RIGHT_RE.match(right)
            or following in {"{", "^", r"\left"}
            or following[1:] in _JOINING
        ):
            return f"({written})"
        return written

    def root(self, _: str) -> str:
        """Write a root with its sign, or as a power where its degree has none."""
        degree = ""
        following = self.peek()
        if following[:1] == "[":
            match = _DEGREE_RE.fullmatch(following)
            if not match:
                raise _UnreadableError
            self.next_piece()
            degree = match[1].strip()
            self.put_back(match[2])
        if self.peek()[:1] == "(":  # "\sqrt(n)": the parentheses were meant as its argument
            return ROOT_SIGNS[degree] if degree in ROOT_SIGNS else self.refuse()
        content = self.argument().strip(" ")
        written = _in_parentheses(content, _ROOT_ATOM_RE)
        if degree not in ROOT_SIGNS and degree not in _RAISED_DIGITS:
            return f"{written}^{{1/{degree}}}"
        following = self.peek()
        if (
            written == content
            and _JOINS_RIGHT_RE.match(_SIMPLE.get(following, following))
            and following[:1] not in {"(", "["}
        ):
            written = f"({content})"
        return ROOT_SIGNS.get(degree, _RAISED_DIGITS.get(degree, "") + "√") + written

    def negated(self, _: str) -> str:
        """Strike a relation through."""
        symbol = self.argument().translate(VISIBLE)
        if len(symbol) != 1 or symbol.isalnum():
            raise _UnreadableError
        return f"{OPERATOR}{unicodedata.normalize('NFC', symbol + chr(0x338))}{OPERATOR_END}"

    def delimiter(self, _: str) -> str:
        """A size is lost, and with it the dot that stands for no delimiter."""
        piece = self.next_piece()
        if piece == "{" or not piece:
            raise _UnreadableError
        first = {".": "", "<": "⟨", ">": "⟩"}.get(piece[0])
        if first is None:
            self.place -= 1
            return VOID
        self.put_back(piece[1:])
        return first

    def vanishing(self, _: str) -> str:
        """Nothing is seen of a label or a colour."""
        self.argument()
        return VOID

    def coloured(self, _: str) -> str:
        """A colour goes, the text in it stays."""
        self.argument()
        return self.argument()

    def binomial(self, _: str) -> str:
        """Write a binomial coefficient as it is read."""
        upper, lower = self.argument(), self.argument()
        return f"({upper}{HARD_SPACE}choose{HARD_SPACE}{lower})"

    def modulo(self, _: str) -> str:
        """Write a congruence's modulus in its parentheses."""
        return f"{HARD_SPACE}(mod{HARD_SPACE}{self.argument()})"

    def raised(self, name: str) -> str:
        """Write text that is set high or low as a script."""
        return self.script("^" if name == "textsuperscript" else "_", [])

    def arrow(self, name: str) -> str:
        """Write what stands over an arrow as a superscript."""
        return _marked(SYMBOLS[name]) + (self.script("^", []) if self.peek() == "{" else "")

    def underscore(self, _: str) -> str:
        r"""Read an escaped underscore. Markdown wants ``\_`` where TeX has a script: before a group or a command."""
        if self.peek()[:1] in {"{", "\\"} and self.pieces[self.place : self.place + 1] == [self.peek()]:
            return self.script("_", [])
        return UNDERSCORE

    def row_end(self, _: str) -> str:
        """Put a space in place of the end of a row."""
        if match := _ROW_GAP_RE.fullmatch(self.peek()):
            self.next_piece()
            self.put_back(match[1])
        return HARD_SPACE + VOID

    def environment(self, _: str) -> str:
        """Go through an environment that only aligns."""
        if self.next_piece() != "{" or self.next_piece() not in _ENVIRONMENTS or self.next_piece() != "}":
            raise _UnreadableError
        return VOID


_READING: Final[Mapping[str, Callable[[_Reader, str], str]]] = (
    dict.fromkeys(FONTS, _Reader.font)
    | dict.fromkeys(ACCENTS, _Reader.accent)
    | dict.fromkeys(
        ("Acute", "Bar", "Breve", "Check", "Ddot", "Dot", "Grave", "Hat", "Tilde", "Vec"), _Reader.accent
    )
    | dict.fromkeys(("left", "right", "middle"), _Reader.delimiter)
    | dict.fromkeys(_VANISHING, _Reader.vanishing)
    | dict.fromkeys(("textsuperscript", "textsubscript"), _Reader.raised)
    | dict.fromkeys(("xrightarrow", "xleftarrow"), _Reader.arrow)
    | dict.fromkeys(("begin", "end"), _Reader.environment)
    | dict.fromkeys(("operatorname", "DeclareMathOperator"), _Reader.operator)
    | {
        ROOT: _Reader.root,
        "not": _Reader.negated,
        "textcolor": _Reader.coloured,
        "binom": _Reader.binomial,
        "pmod": _Reader.modulo,
        "_": _Reader.underscore,
        "\\": _Reader.row_end,
    }
)
#: Commands that go on where a fraction ends.
_JOINING: Final = FONTS | FRACTIONS | set(ACCENTS) | {ROOT}
