r"""Names of commands that are known to have lost their backslash, to plain text.

Each command becomes its symbol, or goes with the braces of its argument where it only set a font. What the braces of
a script hold stays in them unless it is one character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

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
    accented,
)
from dedupkit.repair.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Sequence

STRIPPED_MATH: Final = "stripped_math"

#: Most characters of an argument.
_MOST_ARGUMENT: Final = 400

# "[3]" of "sqrt[3]{x}"
_DEGREE_RE: Final = re.compile(r"\[([0-9n])\](?=\{)")
# What stands behind a command whose space only ended its name: a formula goes on
_GOES_ON_RE: Final = re.compile(r"[A-Za-z](?![A-Za-z])|[(\[](?![A-Za-z]{2})|[0-9|/<>=+^_\\-]|[^\x00-\x7f]")
# "{X}": a script of one character, or one with its accent
_SCRIPT_RE: Final = re.compile(r"[\^_](\{[^\s{}\\$][\u0300-\u036f\u20d7]?\})")
#: Delimiters that open and close: the space inside of them only ended the name, or stood before its backslash.
_OPENING: Final = frozenset(
    ["lceil", "lfloor", "langle", "lvert", "lVert", "lbrace", "lbrack", "ulcorner", "llcorner"]
)
_CLOSING: Final = frozenset(["r" + name[1:] for name in _OPENING if name[0] == "l"])
_COMMAND_BEFORE_RE: Final = re.compile(r"\\[A-Za-z]+\Z")
_MOST_NAME: Final = 24
_BRACE_RE: Final = re.compile(r"[{}]")
#: Characters that Windows-1252 has for the first byte of a letter in UTF-8, and for the bytes behind it.
_LEADING: Final = frozenset(map(chr, range(0xC2, 0xF8)))
_FOLLOWING: Final = frozenset(bytes({*range(0x80, 0xC0)} - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252"))
#: What is left of a negative space, on both sides of an operator: "!times!", "d!=!64".
_SQUEEZE: Final = "!"
_SQUEEZED_RE: Final = re.compile(r"(?<=[\w)}\]])!( ?[=<>+*/|-] ?)!(?=[\w({\[\\])")


class Name(NamedTuple):
    """The name of a command in a text."""

    start: int
    end: int
    name: str


def render(text: str, commands: Sequence[Name]) -> list[Edit]:
    r"""The edits that turn the names of stripped commands into plain text.

    A space behind a name goes where nothing but the name stands between it and the formula on its left, for then
    it only ended the name: ``512times 512``. An accent or a font without the argument that it needs stays.

    Args:
        text: A text.
        commands: Where names of commands are, in order; none inside another.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def show(text, *names):
    ...     found = [Name(text.index(name), text.index(name) + len(name), name) for name in names]
    ...     return apply_edits(text, render(text, found))
    >>> show("XinR^{ntimes d}", "in", "times"), show("a 512times 512 grid", "times")
    ('X∈R^{n×d}', 'a 512×512 grid')
    >>> show("mathcal{O}(1/sqrt{n})", "mathcal", "sqrt"), show("tilde Omega(T)", "tilde", "Omega")
    ('O(1/√n)', 'Ω̃(T)')
    """
    return _Renderer(text, commands).edits() if commands else []


def _closing_braces(text: str) -> dict[int, int]:
    """Where the brace that closes each opening brace is."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for match in _BRACE_RE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            closing[opened.pop()] = match.start()
    return closing


def squeezed(text: str) -> list[Edit]:
    """The edits that take away what is left of negative spaces around an operator.

    >>> squeezed("for d!=!64 and n != 3")
    [Edit(start=5, end=8, after='=', kind='stripped_math')]
    """
    return [Edit(*match.span(), match[1], STRIPPED_MATH) for match in _SQUEEZED_RE.finditer(text)]


def _apart_from_mojibake(text: str, edits: list[Edit]) -> list[Edit]:
    """Put a space between two signs that ftfy would take for a misread letter: of ``×…`` it makes a Hebrew one."""
    apart: list[Edit] = []
    last, end = "", 0
    for edit in edits:
        before = text[edit.start - 1 : edit.start] if edit.start > end or not last else last
        after = edit.after
        if after and before in _LEADING and after[0] in _FOLLOWING:
            after = " " + after
        apart.append(edit._replace(after=after))
        last, end = (after or before)[-1:], edit.end
    for place, edit in enumerate(apart):
        is_last = place + 1 == len(apart) or apart[place + 1].start > edit.end
        if (
            is_last
            and edit.after
            and edit.after[-1] in _LEADING
            and text[edit.end : edit.end + 1] in _FOLLOWING
        ):
            apart[place] = edit._replace(after=edit.after + " ")
    return apart


class _Renderer:
    """The edits of one text as they come together."""

    def __init__(self, text: str, commands: Sequence[Name]) -> None:
        self.text = text
        self.commands = commands
        self.starting = {command.start: command for command in commands}
        self.starts = [command.start for command in commands]
        self.ending = {command.end for command in commands}
        self.made: dict[int, tuple[int, str]] = {}  # start of an edit to its end and what it puts in place
        self.closing = _closing_braces(text)
        self.merged: set[int] = set()  # starts of commands that became part of another

    def edits(self) -> list[Edit]:
        """All edits, in order."""
        for command in self.commands:
            if command.start not in self.merged:
                self._render(command)
        self._drop_dollars()
        self._simplify_scripts()
        edits, end = list[Edit](), 0
        for start, (stop, after) in sorted(self.made.items()):
            if start >= end and self.text[start:stop] != after:
                edits.append(Edit(start, stop, after, STRIPPED_MATH))
                end = stop
        return _apart_from_mojibake(self.text, edits)

    def _put(self, start: int, end: int, after: str) -> None:
        self.made[start] = (end, after)

    def _render(self, command: Name) -> None:
        name = command.name
        if name in ACCENTS and not (name in SYMBOLS and not self._letter_behind(command.end)):
            self._accent(command)
        elif name in FONTS:
            self._font(command)
        elif name in SWITCHES:
            self._switch(command)
        elif name in DELIMITER_SIZES:
            self._size(command)
        elif name in FRACTIONS:
            self._fraction(command)
        elif name == ROOT:
            self._root(command)
        elif name in SPACES:
            self._put(command.start, command.end, " ")
        else:
            self._symbol(command)

    def _symbol(self, command: Name) -> None:
        start, end, name = command
        text, symbol = self.text, SYMBOLS[name]
        left, right = text[start - 1 : start], text[end : end + 1]
        spaces = text[start - 1 : start] == " ", text[end : end + 1] == " "
        first, last = start - spaces[0] - 1, end + spaces[1]
        if first >= 0 and text[first] == text[last : last + 1] == _SQUEEZE:
            self._put(first, last + 1, f"{' ' * spaces[0]}{symbol}{' ' * spaces[1]}")
        elif name in _OPENING and right == " ":
            self._put(start, end + 1, symbol)
        elif name in _CLOSING and left == " " and start - 1 not in self.ending:
            self._put(start - 1, end, symbol)
        elif left == "{" and right == "}" and start - 1 not in self.made and not self._is_argument(start - 1):
            self._put(start - 1, end + 1, symbol)
        else:
            self._put(start, self._name_end(command), symbol)

    def _is_argument(self, brace: int) -> bool:
        r"""Whether a brace opens the argument of a command that is whole: ``\textit{Phi}``."""
        return bool(_COMMAND_BEFORE_RE.search(self.text, max(0, brace - _MOST_NAME), brace))

    def _name_end(self, command: Name) -> int:
        """Where what belongs to a name ends: behind the space that ended it, where the formula goes on."""
        start, end, _ = command
        is_glued = start > 0 and not self.text[start - 1].isspace()
        if is_glued and self.text[end : end + 1] == " " and self._goes_on(end + 1):
            return end + 1
        return end

    def _goes_on(self, place: int) -> bool:
        """Whether a formula goes on behind a space, which is no space of an operator that has one on both sides."""
        command = self.starting.get(place)
        if command:
            is_letter = SYMBOLS.get(command.name, "").isalpha()
            return is_letter or self.text[command.end : command.end + 1] != " "
        return place + 1 in self.starting or bool(_GOES_ON_RE.match(self.text, place))

    def _letter_behind(self, place: int) -> tuple[int, int, str] | None:
        """The one letter, or symbol, that an accent is over: start, end and what it is."""
        text = self.text
        place += text[place : place + 1] == " "
        if text[place : place + 1] == "{":
            close = self._close(place)
            inner = self._letter_behind(place + 1) if close else None
            return (place, close + 1, inner[2]) if inner and close and inner[1] == close else None
        command = self.starting.get(place)
        if command and command.name in FONTS:
            inner = self._letter_behind(command.end)
            return (command.start, inner[1], inner[2]) if inner else None
        if command:
            symbol = SYMBOLS.get(command.name, "")
            return (command.start, command.end, symbol) if symbol.isalpha() else None
        letter = text[place : place + 1]
        following = text[place + 1 : place + 2]
        if not letter.isalpha() or (following.isalpha() and place + 1 not in self.starting):
            return None
        return place, place + 1, letter

    def _accent(self, command: Name) -> None:
        argument = self._letter_behind(command.end)
        if argument:
            first, last = bisect_left(self.starts, command.end), bisect_left(self.starts, argument[1])
            self.merged.update(self.starts[first:last])
            self._put(command.start, argument[1], accented(argument[2], command.name))

    def _font(self, command: Name) -> None:
        """Take away the name, and the braces of the argument unless they are those of a script."""
        start, end, _ = command
        text = self.text
        place = end + (text[end : end + 1] == " ")
        if text[place : place + 1] == "{":
            close = self._close(place)
            is_script = text[start - 1 : start] in ("^", "_") if start else False
            if close is None:
                self._put(start, place + 1, "")
            elif is_script:
                self._put(start, place, "")
            else:
                self._put(start, place + 1, "")
                self._put(close, close + 1, "")
        elif place in self.starting or text[place : place + 1].isalnum():
            self._put(start, place, "")

    def _switch(self, command: Name) -> None:
        """Take away a switch, and the braces that it acts in."""
        start, end, _ = command
        text = self.text
        stop = end + (text[end : end + 1] == " ")
        close = self._close(start - 1) if text[start - 1 : start] == "{" else None
        if close is None or text[start - 2 : start - 1] in ("^", "_"):
            self._put(start, stop, "")
        else:
            self._put(start - 1, stop, "")
            self._put(close, close + 1, "")

    def _size(self, command: Name) -> None:
        start, end, _ = command
        place = end + (self.text[end : end + 1] == " ")
        self._put(start, place + 1 if self.text[place : place + 1] == "." else place, "")

    def _argument(self, place: int) -> tuple[int, int] | None:
        """The braces of an argument."""
        close = self._close(place) if self.text[place : place + 1] == "{" else None
        return None if close is None else (place, close)

    def _fraction(self, command: Name) -> None:
        upper = self._argument(command.end)
        lower = self._argument(upper[1] + 1) if upper else None
        if not upper or not lower:
            return
        self._put(command.start, command.end, "")
        self._group(upper)
        self._group(lower)
        end, after = self.made[upper[1]]
        self._put(upper[1], end, after + "/")

    def _root(self, command: Name) -> None:
        degree = _DEGREE_RE.match(self.text, command.end)
        sign = ROOT_SIGNS.get(degree[1] if degree else "")
        place = degree.end() if degree else command.end
        argument = self._argument(place)
        if sign and argument:
            self._put(command.start, place, sign)
            self._group(argument)
        elif sign and not degree and (stop := self._root_without_braces(place)):
            self._put(command.start, stop, sign)

    def _root_without_braces(self, place: int) -> int:
        """Where the name of a root ends that stands before one sign: ``sqrt n``, ``sqrt(n)``."""
        text = self.text
        if text[place : place + 1] == "(":
            return place
        place += text[place : place + 1] == " "
        return place if self._letter_behind(place) or text[place : place + 1].isdigit() else 0

    def _group(self, braces: tuple[int, int]) -> None:
        """Braces go around one sign, and become parentheses around more."""
        start, end = braces
        inner = self._letter_behind(start + 1)
        is_one = inner is not None and inner[1] == end
        is_one = is_one or self.text[start + 1 : end].isdigit()
        self._put(start, start + 1, "" if is_one else "(")
        self._put(end, end + 1, "" if is_one else ")")

    def _close(self, place: int) -> int | None:
        """The brace that closes the one at ``place``, not far from it."""
        close = self.closing.get(place)
        return close if close is not None and close - place < _MOST_ARGUMENT else None

    def _simplify_scripts(self) -> None:
        """Drop the braces of scripts with one character, in formulas that have one of the commands."""
        if not _SCRIPT_RE.search(self.text):
            return
        for start, end in _formulas(self.text, self.commands):
            for match in _SCRIPT_RE.finditer(self.text, start, end + 1):
                left, right = match.span(1)
                if left not in self.made and right - 1 not in self.made:
                    self._put(left, left + 1, "")
                    self._put(right - 1, right, "")

    def _drop_dollars(self) -> None:
        """Drop the dollars around a formula that has one of the commands and nothing of LaTeX."""
        text = self.text
        dollars = [match.start() for match in re.finditer(r"\$", text)]
        if not dollars or len(dollars) % 2 or "\\" in text[dollars[0] : dollars[-1]]:
            return
        for left, right in zip(dollars[::2], dollars[1::2], strict=True):
            if bisect_left(self.starts, left) < bisect_left(self.starts, right):
                self._put(left, left + 1, "")
                self._put(right, right + 1, "")


# Tokens of a text: runs of letters, spaces, numbers, other characters
_TOKEN_RE: Final = re.compile(r"[A-Za-z]+|\s+|[0-9]+(?:[.,][0-9]+)*|[^A-Za-z0-9\s]", re.ASCII)
_SIGNS: Final = frozenset("+-*/=<>^_()[]{}|!',.&~:;")
#: What ends a formula where a space follows.
_ENDS: Final = ".;:?!,"
#: What cannot begin or end a formula.
_EDGES: Final = " ,.;:'-!&~*/"
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}
#: Stands for the other half of a bracket that has none.
_ALONE: Final = -1
# Names of operators in a formula
_OPERATOR_RE: Final = re.compile(
    rf"(?<![A-Za-z])(?:{'|'.join(sorted(OPERATOR_NAMES, reverse=True))})(?![A-Za-z])"
)
#: Letters that are words of English.
_LETTER_WORDS: Final = frozenset("aAI")


def render_latex(text: str, commands: Sequence[Name]) -> list[Edit]:
    r"""The edits that make LaTeX of stripped commands again: backslashes, and dollars around each formula.

    >>> from dedupkit.repair.edits import apply_edits
    >>> text = "where XinR^{ntimes d} is a matrix"
    >>> apply_edits(text, render_latex(text, [Name(7, 9, "in"), Name(13, 18, "times")]))
    'where $X\\in R^{n\\times d}$ is a matrix'
    """
    if not commands:
        return []
    put: dict[int, str] = {}
    starts = [command.start for command in commands]
    names = set(starts)
    for start, end in _formulas(text, commands):
        if text[start - 1 : start] != "$" and text[end : end + 1] != "$":
            put[start] = "$"
            put[end] = "$"
        for match in _OPERATOR_RE.finditer(text, start, end):
            nearest = bisect_left(starts, match.start())
            if nearest == len(starts) or starts[nearest] > match.end():
                put[match.start()] = put.get(match.start(), "") + "\\"
    for start, end, name in commands:
        put[start] = put.get(start, "") + "\\"
        if name in DELIMITER_SIZES and text[end : end + 1] in {"{", "}"}:
            put[end] = "\\" + put.get(end, "")
        elif text[end : end + 1].isalpha() and end not in names:
            put[end] = " "
    return [Edit(place, place, after, STRIPPED_MATH) for place, after in sorted(put.items())]


def _formulas(text: str, commands: Sequence[Name]) -> list[tuple[int, int]]:
    """Where the formulas begin and end that hold the commands."""
    spans: list[tuple[int, int]] = []
    opened, depth, is_wanted = -1, 0, False
    following = iter([*(command.start for command in commands), len(text)])
    command = next(following)
    for match in _TOKEN_RE.finditer(text):
        start, end = match.span()
        piece = match[0]
        holds = command < end
        while command < end:
            command = next(following)
        if piece == "{":
            depth += 1
        if holds or (depth and opened >= 0) or _is_part(text, piece, start, end):
            opened, is_wanted = (start if opened < 0 else opened), is_wanted or holds
        elif opened < 0 or piece != " " or text[start - 1] in _ENDS:
            if is_wanted:
                spans.append(_trimmed(text, opened, start))
            opened, depth, is_wanted = -1, 0, False
        if piece == "}" and depth:
            depth -= 1
    if is_wanted:
        spans.append(_trimmed(text, opened, len(text)))
    return spans


def _is_part(text: str, piece: str, start: int, end: int) -> bool:
    """Whether a piece without a command stands in formulas."""
    if piece in _SIGNS:
        return True
    if piece[0].isspace() or piece in "%#":  # in TeX they mean something else
        return False
    if piece.isascii() and piece.isalpha():
        if piece in _LETTER_WORDS:
            around = text[start - 1 : start], text[end : end + 1]
            return not all(side == "" or side.isspace() for side in around)
        return len(piece) == 1 or piece in OPERATOR_NAMES
    return True


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A formula without punctuation and lone brackets at its ends, and without the parentheses of prose around it."""
    partner = _partners(text, start, end)
    while True:
        before = start, end
        while end > start and (text[end - 1] in _EDGES or partner.get(end - 1) == _ALONE):
            end -= 1
        while start < end and (text[start] in _EDGES or partner.get(start) == _ALONE):
            start += 1
        if end - start > 1 and text[start] == "(" and partner.get(start) == end - 1:
            start, end = start + 1, end - 1
        if (start, end) == before:
            return start, end


def _partners(text: str, start: int, end: int) -> dict[int, int]:
    """The other half of each bracket of a formula, or ``_ALONE``."""
    partner: dict[int, int] = {}
    opened: list[int] = []
    for place in range(start, end):
        if text[place] in _OPENERS.values():
            opened.append(place)
            partner[place] = _ALONE
        elif text[place] in _OPENERS:
            if opened and text[opened[-1]] == _OPENERS[text[place]]:
                partner[place] = opened.pop()
                partner[partner[place]] = place
            else:
                partner[place] = _ALONE
    return partner
