r"""Backslashes of mathematics that a program ate or doubled before the text came here.

A reader of JSON or of a string literal takes ``\t``, ``\f`` or ``\b`` for a control character, so that ``\times`` is left as
a tab and ``imes``. Sites that read Markdown first make their authors double every backslash. Both are undone here, so
that the steps after find LaTeX.
"""

from __future__ import annotations

import re
from typing import Final

from dedupkit.repair.commands import FONTS, FRACTIONS, MATH_COMMANDS, ROOT, SYMBOLS
from dedupkit.repair.edits import Edit
from dedupkit.repair.formulas import formula_spans
from dedupkit.repair.protected import CODE_RE, Spans, join_spans

EATEN_ESCAPE: Final = "eaten_escape"
DOUBLED_BACKSLASH: Final = "doubled_backslash"

#: The control characters that are an escape of a letter, and the letter.
_LETTERS: Final = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
#: Those that no text holds for itself: the tail alone decides.
_SURE: Final = "\a\b\f\v"
#: Tails of commands that are words, which may stand at the start of a page or a line: "\f" + "lat".
_WORD_TAILS: Final = frozenset(["lat", "or", "m", "f", "ar", "ox", "ig", "igg", "ot", "ee", "ec", "st", "rg"])


def _tails(letter: str, names: frozenset[str] | set[str] | None = None) -> str:
    """Give an expression of the tails of the commands that begin with a letter, the longest first."""
    tails = {name[1:] for name in names or MATH_COMMANDS if name.startswith(letter) and len(name) > 1}
    return "|".join(sorted(tails, key=lambda tail: (-len(tail), tail)))


# BACKSPACE + "eta": a control character that no text holds, and the tail of a command
_SURE_RE: Final = re.compile(
    "|".join(f"{re.escape(control)}(?:{_tails(_LETTERS[control])})(?![A-Za-z])" for control in _SURE)
)
# TAB + "imes": tails that are no words, beside what is mathematics
_TAIL_RE: Final = re.compile(
    r"\t(?:imes|heta|hickapprox|riangle(?:q|left|right)?)(?![A-Za-z])"
    r"|\t(?:ext(?:bf|it|rm|sc|sf|tt|normal)?|frac|ilde)(?=\{)|\t(?:ilde)(?=[ \\])"
    r"|\r(?:ho|ightarrow|ceil|floor|vert|Vert)(?![A-Za-z])"
    r"|\n(?:abla|otin|exists|subseteq|mid|parallel|earrow)(?![A-Za-z])"
)
# The same and tails that may be a word or a letter, in the middle of a formula
_SHORT_TAIL_RE: Final = re.compile(
    r"\t(?:au|o|op|an|anh)(?![A-Za-z])|\r(?:angle|ight)(?![a-z])|\n(?:eq|u|e|eg|ot|i)(?![A-Za-z])"
)
_TAILS: Final = (_TAIL_RE, _SHORT_TAIL_RE)
# Two words beside each other, none of them a command or its tail
_WORDS_RE: Final = re.compile(r"(?<![\\A-Za-z\a\b\f\n\r\t\v])[A-Za-z]{3,} +[A-Za-z]{2,}")
_MATHEMATICAL_BEFORE_RE: Final = re.compile(
    r"[0-9$^_{}()\[\]=<>+*/|\\\a\b\f\v]\s?\Z|(?<![A-Za-z])[A-Za-z]\s?\Z"
)
_MATHEMATICAL_AFTER_RE: Final = re.compile(r"\s?(?:[0-9$^_{}()\[\]=<>+*/|\\\a\b\f\v]|[A-Za-z](?![A-Za-z]))")
#: A line break that may be an escape, for the screen.
EATEN_LINE_BREAK: Final = (
    r"\n(?:abla|otin|exists|subseteq|mid|parallel|earrow|eq|u|e|eg|ot|i)(?:[^A-Za-z]|\z)"
)
# A formula on one line but for what was eaten: "$a \n" + "eq b$"
_FORMULA_RE: Final = re.compile(r"(?<!\\)\$([^$\n]{0,200}(?:\n(?!\s)[^$\n]{0,200}){0,3})\$")


def restore_eaten_escapes(text: str) -> list[Edit]:
    r"""Put back the backslash and the letter of a command that became a control character.

    BACKSPACE, BEL, form feed and vertical tab stand in no text, so that the tail of a command behind one is enough. A
    tab and a line break need a tail that is no word and mathematics on both sides, or a formula around them.

    It must run before ``fix_encoding``, which takes these characters away, and must NOT touch a line break before a word.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def restored(text): return apply_edits(text, restore_eaten_escapes(text))
    >>> restored("64\times 64 and $\rho \x0crac{1}{2} \x08eta$")
    '64\\times 64 and $\\rho \\frac{1}{2} \\beta$'
    >>> for same in ["one\ttimes", "so\nabla is", "a\nu b", "what\rho", "page\x0clat", "times\timess"]:
    ...     assert restored(same) == same
    """
    edits: set[int] = set()
    for tail_re in (_SURE_RE, _TAIL_RE):
        for match in reversed(list(tail_re.finditer(text))):  # what stands behind is known first
            is_sure = tail_re is _SURE_RE and match[0][1:] not in _WORD_TAILS
            if is_sure or _beside(text, match, edits):
                edits.add(match.start())
    if "$" in text and any(tail_re.search(text) for tail_re in _TAILS):
        for formula in _FORMULA_RE.finditer(text):
            for tail_re in _TAILS:
                inside = tail_re.finditer(text, formula.start(1), formula.end(1))
                edits |= {match.start() for match in inside if _within(text, match, formula)}
    return [Edit(place, place + 1, "\\" + _LETTERS[text[place]], EATEN_ESCAPE) for place in sorted(edits)]


def _beside(text: str, match: re.Match[str], restored: set[int]) -> bool:
    """Tell whether mathematics stands on both sides of a tail, or begins or ends there."""
    left, end = text[max(0, match.start() - 3) : match.start()], match.end()
    right = "".join("\\" if end + i in restored else text[end + i] for i in range(min(3, len(text) - end)))
    return bool(_MATHEMATICAL_BEFORE_RE.search(left) and _MATHEMATICAL_AFTER_RE.match(right)) or (
        bool(re.match(r"[{_^\\\a\b\f\v]", right)) and match[0][0] != "\n"
    )


def _within(text: str, match: re.Match[str], formula: re.Match[str]) -> bool:
    """Tell whether a short tail is one, in a formula: it has neighbours, and they are mathematics."""
    tail = match[0][1:]
    left, right = text[formula.start(1) : match.start()], text[match.end() : formula.end(1)]
    if _WORDS_RE.search(left) or _WORDS_RE.search(right):
        return False
    if not left and not right:
        return True
    if match[0][0] == "\n" and tail in {"u", "e", "i"}:
        return bool(re.search(r"[_^{(\\=]\Z", left)) and bool(re.match(r"[_^})\\\s$]|\Z", right))
    return bool(left.strip() or right.strip())


# Two backslashes or four before the name of a command
_DOUBLED_RE: Final = re.compile(r"(?<!\\)(?P<slashes>\\\\(?:\\\\)?)(?P<name>[A-Za-z]+)")
_SINGLE_RE: Final = re.compile(r"(?<!\\)\\[A-Za-z]")
# "\\begin{cases}", "a & b \\": a doubled backslash ends a row
_ROWS_RE: Final = re.compile(r"&|\\begin|\\hline|\\substack")
# What a path looks like, its backslashes escaped
_PATH_RE: Final = re.compile(r"\b[A-Za-z]:\\\\|\\[A-Za-z]+\.[a-z]{1,4}\b")
_MARKDOWN_RE: Final = re.compile(r"(?<!\\)\\([_*])")
_DELIMITER_RE: Final = re.compile(r"(?<!\\)\\\\[()\[\]](?!-?[0-9.]+(?:pt|em|ex|mm|cm)\])")
#: Names that are no words and no escapes of a program: evidence outside of formulas.
_TELLING: Final = frozenset(name for name in SYMBOLS if len(name) > 3) | {
    name for name in FONTS if name.startswith("math")
} | FRACTIONS | {ROOT, "tilde", "overline", "widehat", "operatorname", "phi", "psi", "tau", "eta", "chi", "leq", "geq", "rho", "log"}  # fmt: skip


def halve_doubled_backslashes(text: str) -> list[Edit]:
    r"""Halve the backslashes of a formula, or of a text, whose commands are doubled.

    Review sites read Markdown before TeX: ``\\alpha`` was typed so that ``\alpha`` arrives. ``\_`` and ``\*`` in such a
    formula are Markdown's too.

    It must NOT touch the end of a row (``\\ x``, ``\\[2pt]``, anything in a matrix), paths, code, and a text outside of
    formulas in which a command stands with one backslash.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def halved(text): return apply_edits(text, halve_doubled_backslashes(text))
    >>> halved(r"$\\\\tilde{\\\\mathcal{O}}(\sqrt{\mathcal{C}\_\Phi/m})$ and $\\alpha$")
    '$\\tilde{\\mathcal{O}}(\\sqrt{\\mathcal{C}_\\Phi/m})$ and $\\alpha$'
    >>> for same in [r"$a \\ b$", r"$a & b \\in c$", r"\\server\alpha", r"5\\% and \\emph{x}", r"a \\alpha \beta"]:
    ...     assert halved(same) == same
    """
    if "\\\\" not in text:
        return []
    code = join_spans(match.span() for match in CODE_RE.finditer(text)) if "`" in text else Spans([], [])
    edits: list[Edit] = []
    formulas = sorted(span for span in formula_spans(text) if span[0] not in code)
    for start, end in formulas:
        edits += _halved(text, start, end)
    inside = join_spans(formulas)
    outside = [
        match
        for match in _DOUBLED_RE.finditer(text)
        if match.start() not in inside and match.start() not in code
    ]
    if _all_doubled(text, outside, inside):
        edits += [_half(match) for match in outside if match["name"] in MATH_COMMANDS]
        edits += [
            Edit(match.start(), match.start() + 1, "", DOUBLED_BACKSLASH)
            for match in _DELIMITER_RE.finditer(text)
            if match.start() not in inside and match.start() not in code
        ]
    return sorted(edits)


def _half(match: re.Match[str]) -> Edit:
    """Leave one backslash."""
    return Edit(match.start(), match.end("slashes") - 1, "", DOUBLED_BACKSLASH)


def _halved(text: str, start: int, end: int) -> list[Edit]:
    """Give the edits of one formula."""
    formula = text[start:end]
    if _ROWS_RE.search(formula):
        return []
    doubled = [match for match in _DOUBLED_RE.finditer(text, start, end) if match["name"] in MATH_COMMANDS]
    if not doubled:
        return []
    markdown = [
        Edit(m.start(), m.start() + 1, "", DOUBLED_BACKSLASH) for m in _MARKDOWN_RE.finditer(text, start, end)
    ]
    return [_half(match) for match in doubled] + markdown


def _all_doubled(text: str, outside: list[re.Match[str]], formulas: Spans) -> bool:
    """Tell whether the commands of a text are all doubled, and mathematics beyond doubt."""
    if not any(match["name"] in _TELLING for match in outside):
        return False
    if _PATH_RE.search(text) or any(match["name"] not in MATH_COMMANDS for match in outside):
        return False
    return not any(
        match.start() not in formulas for match in _SINGLE_RE.finditer(text)
    ) and not _ROWS_RE.search(text)
