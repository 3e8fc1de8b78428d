r"""Mathematics that is still whole LaTeX becomes plain Unicode text: ``$x \in \mathbb{R}$`` is ``x ∈ R``.

``mathematics.py`` says what one formula is in plain text; here is what a formula is: what stands between TeX's
delimiters, or a command of mathematics that stands bare in prose. A dollar is money unless what it encloses looks like
a formula.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.repair.commands import (
    ACCENTS,
    DELIMITER_SIZES,
    FONTS,
    FRACTIONS,
    OPERATOR_NAMES,
    ROOT,
    SWITCHES,
    SYMBOLS,
    TEXT_SYMBOLS,
)
from dedupkit.repair.edits import Edit
from dedupkit.repair.mathematics import LONGEST_REMEMBERED, render
from dedupkit.repair.protected import CODE_RE, COMMAND_RE, Spans, join_spans, protected_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LATEX_MATH: Final = "latex_math"

#: Environments that are one formula.
ENVIRONMENTS: Final = (
    "align", "displaymath", "eqnarray", "equation", "flalign", "gather", "math", "multline",
)  # fmt: skip
#: Characters of a formula; what is longer is a text between two dollars.
LONGEST_FORMULA: Final = 2_000
#: Characters of a formula with formulas in its text.
LONGEST_NESTED: Final = 300

# Delimiters, and the end of a paragraph, which no formula crosses; "\$" and "\\" are none
_MARK_RE: Final = re.compile(
    rf"\\(?P<side>begin|end)\{{(?P<name>(?:{'|'.join(ENVIRONMENTS)})\*?)\}}|\\.|\$\$*|\n[ \t]*\n", re.DOTALL
)
_ALIGNMENT_RE: Final = re.compile(r"(?<!\\)&")
_OPENERS: Final = (r"\(", r"\[", r"\begin{")
_CLOSERS: Final = {r"\(": r"\)", r"\[": r"\]"}

# A command with its letters, or a group of text with what is in it: no words of prose
_NO_PROSE_RE: Final = re.compile(
    r"\\(?:text[a-z]*|mbox|hbox|emph|math[a-z]*|operatorname\*?|label|tag)\s*\{[^{}]{0,200}\}|\{\\[a-z]{2,8} [^{}]{0,200}\}|\\[A-Za-z]+"
)
# "5 for each of", "k and not"
_PROSE_RE: Final = re.compile(r"(?<![A-Za-z_^{])[A-Za-z]{2,}[,.;:]?\s+\(?[A-Za-z]{2,}|[.?!]\s+[A-Z][a-z]")
# "5 per", beside a dollar whose partner is not certain
_WORD_RE: Final = re.compile(r"(?<![A-Za-z_^{])[A-Za-z]{3,}(?![A-Za-z(_^])")
# What shows that a formula is one: a command, a script
_COMMAND_RE: Final = re.compile(r"\\[A-Za-z]{2}")
_SCRIPT_RE: Final = re.compile(r"[\w)\]}|'][_^][\w{(*+\\-]")
# "k", "n=5", "p < 0.05", "f(x)": what is mathematics though its dollars may belong to others
_SURE_RE: Final = re.compile(
    r"[A-Za-z]'?|[A-Za-z][A-Za-z0-9]?\s?[=<>≤≥]\s?[\w.+-]+|[A-Z]?[A-Za-z]\([A-Za-z]\)"
)
_ENDS_OPEN_RE: Final = re.compile(r"(?<![\^_])[-+*/=<>,;:(\[{]\Z")
_MONEY_RE: Final = re.compile(r"[0-9][0-9.,]*\s?(?:[KMBkmb]|bn|million|billion|per\b|/[a-z])?\s*")
_CURRENCY_RE: Final = re.compile(r"[0-9 ,;/(](?:US|AU|CA|NZ|HK|SG|[ACRS])\Z")
_WORD_ONLY_RE: Final = re.compile(r"[A-Za-z]{3,}|[A-Z]{2,}(?:_[A-Z]{2,})*")
_OPERATORS_ONLY_RE: Final = re.compile(r"[-+<>=*/.~]+")


class _Formula(NamedTuple):
    """Where a formula with its delimiters begins and ends, and how long these are."""

    start: int
    end: int
    opener: int
    closer: int

    def body(self, text: str) -> str:
        """Give what stands between the delimiters, without the marks of alignment in an environment."""
        inside = text[self.start + self.opener : self.end - self.closer]
        return _ALIGNMENT_RE.sub("", inside) if self.opener > 2 else inside


def render_formulas(text: str) -> list[Edit]:
    r"""Put plain Unicode text in place of LaTeX's mathematics.

    Between dollars without a backslash it takes the look of a formula (short, no words of prose, no spaces at one
    end only); where the dollars of a paragraph do not pair up, only what can be nothing else is one. A command that
    stands bare in prose is read with its arguments.

    It must NOT touch money, shell, templates, code, paths and regular expressions, nor a formula of which anything is
    not understood: an unknown command leaves all of it as it is.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def rendered(text): return apply_edits(text, render_formulas(text))
    >>> rendered(r"top-$k$ of $\mathcal{O}(n\log n)$ and \(x_{i} \in \mathbb{R}^{n\times d}\)")
    'top-k of O(n log n) and x_i ∈ R^{n×d}'
    >>> rendered(r"an \alpha-stable law, 64\times64, 90$^\circ$")
    'an α-stable law, 64×64, 90°'
    >>> for same in ["$5 and $10", "$HOME/$USER", r"$\method$", r"C:\times\alpha", "${a}${b}", r"$\alpha", "US$5, A$7"]:
    ...     assert rendered(same) == same
    """
    if "\\" not in text and text.count("$") < 2:
        return []
    code = join_spans(match.span() for match in CODE_RE.finditer(text)) if "`" in text else None
    formulas = [formula for formula in _formulas(text) if not code or formula.start not in code]
    edits = [edit for formula in formulas for edit in _edit(text, formula)]
    if COMMAND_RE.search(text):
        edits += _bare(text, formulas)
    return sorted(edits)


def _edit(text: str, formula: _Formula) -> Iterator[Edit]:
    """Give the edit that puts plain text in place of a formula, where it is understood."""
    after_number = formula.start > 0 and text[formula.start - 1].isdigit()
    plain = render(formula.body(text), after_number=after_number)
    if plain:
        yield Edit(formula.start, formula.end, plain, LATEX_MATH)


def _formulas(text: str) -> Iterator[_Formula]:
    """Find the formulas between delimiters, paragraph by paragraph."""
    if text.count("$") < 2 and not any(opener in text for opener in _OPENERS):
        return
    dollars: list[re.Match[str]] = []
    opened: re.Match[str] | None = None
    wanted = ""
    for match in _MARK_RE.finditer(text):
        mark = match[0]
        if mark[0] == "\n" or mark[:3] == "$$$":
            yield from _between_dollars(text, dollars)
            dollars, opened = [], None
        elif opened and mark == wanted:
            yield _Formula(opened.start(), match.end(), len(opened[0]), len(mark))
            opened = None
        elif mark in _CLOSERS or match["side"] == "begin":
            opened, wanted = match, _CLOSERS.get(mark) or rf"\end{{{match['name']}}}"
        elif mark[0] == "$" and not opened:
            dollars.append(match)
    yield from _between_dollars(text, dollars)


def _between_dollars(text: str, dollars: list[re.Match[str]]) -> Iterator[_Formula]:
    """Give the formulas of a paragraph between dollars: all pairs where all look like one, else what is certain.

    A word between dollars is a formula only in company: alone it may be a field of a template.
    """
    if len(dollars) < 2:
        return
    pairs = _with_nested(text, _pairs(dollars))
    if pairs and all(_may_be_formula(text, pair) for pair in pairs):
        words = [pair for pair in pairs if _WORD_ONLY_RE.fullmatch(pair.body(text).strip())]
        yield from pairs if len(words) < len(pairs) else ()
    elif all(dollar[0] == "$" for dollar in dollars):
        sure = [_is_sure(text, left.start(), right.end()) for left, right in pairwise(dollars)]
        for i, is_sure in enumerate(sure):
            if is_sure and not any(sure[max(0, i - 1) : i]) and not any(sure[i + 1 : i + 2]):
                yield _Formula(dollars[i].start(), dollars[i + 1].end(), 1, 1)


def _pairs(dollars: list[re.Match[str]]) -> list[_Formula]:
    """Pair up the dollars of a paragraph; nothing where one is left over. ``$x$$y$`` is two formulas."""
    pairs: list[_Formula] = []
    start = size = 0
    for dollar in dollars:
        width = len(dollar[0])
        if not size:
            start, size = dollar.start(), width
        elif width == size:
            pairs.append(_Formula(start, dollar.end(), size, size))
            size = 0
        elif size == 1:  # "$$" closes a formula and opens the next one
            pairs.append(_Formula(start, dollar.start() + 1, 1, 1))
            start = dollar.start() + 1
        else:
            return []
    return [] if size else pairs


def _is_shown(body: str) -> bool:
    """Tell whether what stands between two dollars is mathematics by its commands or scripts, and no prose."""
    return bool(_COMMAND_RE.search(body) or _SCRIPT_RE.search(body)) and not _has_prose(body, _PROSE_RE)


def _with_nested(text: str, pairs: list[_Formula]) -> list[_Formula]:
    r"""Join pairs that are one formula with formulas in its text: ``$\textbf{$2\times$ faster}$``."""
    if r"\text" not in text:
        return pairs
    joined: list[_Formula] = []
    deep = 0
    for pair in pairs:
        inside = pair.body(text)
        excess = inside.count("{") - inside.count("}")
        if deep and pair.opener == joined[-1].opener == 1:
            between = text[joined[-1].end : pair.start]
            deep += between.count("{") - between.count("}") + excess
            joined[-1] = joined[-1]._replace(end=pair.end)
        else:
            joined.append(pair)
            deep = excess if r"\text" in inside else 0
        if deep < 0 or joined[-1].end - joined[-1].start > LONGEST_NESTED:
            deep = 0
    return joined


def _has_prose(body: str, prose_re: re.Pattern[str]) -> bool:
    """Tell whether words of prose stand in a formula, outside of its commands and their text."""
    return bool(prose_re.search(_NO_PROSE_RE.sub("~", body) if "\\" in body else body))


def _may_be_formula(text: str, pair: _Formula) -> bool:
    """Tell whether a pair of dollars may enclose a formula, in a paragraph in which all do."""
    body = pair.body(text)
    before, after = text[pair.start - 1 : pair.start], text[pair.end : pair.end + 1]
    looks = _looks_remembered if len(body) <= LONGEST_REMEMBERED else _looks_like_formula
    return looks(body, before, after, is_shown=pair.opener == 2)


def _looks_like_formula(body: str, before: str, after: str, *, is_shown: bool) -> bool:
    """Tell whether what stands between dollars, or between two of them each, looks like a formula."""
    inside = body.strip()
    if (
        not inside
        or len(body) > LONGEST_FORMULA
        or body.count("{") != body.count("}")
        or _has_prose(body, _PROSE_RE)
    ):
        return False
    if is_shown:
        return True
    opens_late, closes_early = body[0].isspace(), body[-1].isspace()
    if opens_late != closes_early and (before if opens_late else after).isalnum():
        return bool(_COMMAND_RE.search(body))  # else "3$ and 5$", "$x $y"
    return "\\" in body or _is_plain_formula(body, before, after)


_looks_remembered = lru_cache(maxsize=8192)(_looks_like_formula)


def _is_plain_formula(body: str, before: str, after: str) -> bool:
    """Tell whether what holds no backslash looks like a formula."""
    inside = body.strip()
    if _OPERATORS_ONLY_RE.fullmatch(inside):
        return True
    if after.isdigit() or before in {"^", "\\"} or (inside[0] == "{" and after == "{"):
        return False
    if _ENDS_OPEN_RE.search(inside) and (after.isalnum() or body[-1].isspace() or after in {"{", "("}):
        return False
    if inside[0].isdigit() and before.isalpha() and _CURRENCY_RE.search(inside):
        return False
    return not _MONEY_RE.fullmatch(inside) or len(inside) == len(body)


def _is_sure(text: str, start: int, end: int) -> bool:
    """Tell whether what two dollars enclose is mathematics, though one of them may be money."""
    if text[start + 1].isspace() or text[end - 2].isspace() or not 2 < end - start < LONGEST_FORMULA:
        return False
    body, before, after = text[start + 1 : end - 1], text[start - 1 : start], text[end : end + 1]
    if before == "{":
        return False
    if (
        r"\$" in body
        or body.count("{") != body.count("}")
        or _has_prose(body, _PROSE_RE)
        or _has_prose(body, _WORD_RE)
    ):
        return False
    if "\\" in body:
        return _is_shown(body)
    if not _is_plain_formula(body, before, after) or after.isalnum():
        return False
    return bool(_SURE_RE.fullmatch(body)) or (_is_shown(body) and not body[0].isdigit())


#: Commands that are names of stars, of notes and the like: no mathematics of a text.
_RARE: Final = frozenset(
    [
        "Angle", "Colon", "Equal", "Join", "RuleDelayed", "aquarius", "aries", "backslash", "because", "between", "cancer",
        "capricornus", "clockoint", "complement", "dddot", "ddddot", "eighthnote", "estimates", "forcesextra", "frown", "gemini",
        "homothetic", "image", "jupiter", "leo", "libra", "male", "mercury", "models", "neptune", "original", "pisces", "pluto",
        "quarternote", "recorder", "rightmoon", "sagittarius", "saturn", "scorpio", "smile", "taurus", "truestate", "uranus", "venus",
        "virgo",
    ]
)  # fmt: skip
#: Operators that stand between words too: "dataset\rightarrow model".
_BETWEEN_WORDS: Final = frozenset(
    name
    for name in SYMBOLS
    if name.endswith(("arrow", "times", "approx", "mapsto")) or name in {"geq", "leq", "pm", "sim"}
)
_BARE_SYMBOLS: Final = frozenset(SYMBOLS) - _RARE - set(TEXT_SYMBOLS)
_BARE_NAMES: Final = _BARE_SYMBOLS | (OPERATOR_NAMES - {"pmod"})
_WITH_ARGUMENT: Final = (
    frozenset(
        name
        for name in FONTS
        if name.startswith(("math", "oper", "sym")) or name in {"bm", "boldsymbol", "pmb"}
    )
    | (ACCENTS.keys() - {"underline"})
    | {ROOT, "binom"}
)
_ARGUMENT: Final = r"\{(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,80}\}){0,80}\}){1,160}\}"
# "\alpha_{ij}", "\mathcal{O}", "\frac{1}{2}", "\log"; "^\circ" behind a number
_BARE_RE: Final = re.compile(
    r"(?<!\\)(?:"
    rf"\\(?:(?P<two>{'|'.join(sorted(FRACTIONS))}){_ARGUMENT}{_ARGUMENT}"
    rf"|(?P<one>{'|'.join(sorted(_WITH_ARGUMENT))}){_ARGUMENT}"
    r"|(?P<symbol>[A-Za-z]{2,})(?![A-Za-z]))"
    r"(?P<scripts>(?:[_^](?:\{[^{}\n]{1,40}\}|\\[A-Za-z]{2,}|[A-Za-z0-9*+]))*)"
    r"|(?P<group>(?:\{\\[A-Za-z]{2,}\}){1,4})"
    r"|(?<=[0-9])\^(?:\\circ(?![A-Za-z])|\{\\circ\}))"
)
# r"\alpha.py", "https:": what a file or an address looks like
_FILE_RE: Final = re.compile(r"\.[a-z]{1,4}[\"')\]]?\Z|://")
_NAME_RE: Final = re.compile(r"\\([A-Za-z]+)")
_CUT_NAME_RE: Final = re.compile(r"\\[A-Za-z]*\Z")
_KNOWN: Final = {
    *_BARE_SYMBOLS,
    *TEXT_SYMBOLS,
    *FONTS,
    *ACCENTS,
    *FRACTIONS,
    *OPERATOR_NAMES,
    *DELIMITER_SIZES,
    *SWITCHES,
    ROOT,
    "binom",
    "cite",
}
# r"src\alpha", but r"\pi\alpha"
_WORD_BEFORE_RE: Final = re.compile(
    rf"(?<![\\A-Za-z])[A-Za-z]{{2,}}(?:\\(?!(?:{'|'.join(sorted(_BETWEEN_WORDS))})\b)[A-Za-z]+)*\Z"
)
# r"\\alpha"
_DOUBLED_RE: Final = re.compile(r"\\\\[A-Za-z]{2}")
_MACRO_BEFORE_RE: Final = re.compile(r"[\\}]\Z|\\[A-Za-z]+\*?\Z")
_CONTEXT_CHARS: Final = 40


def _bare(text: str, formulas: list[_Formula]) -> Iterator[Edit]:
    """Give the edits of commands that stand in prose without delimiters.

    Behind a dollar that ends none of the ``formulas`` a formula may have begun.
    """
    inside = join_spans((formula.start, formula.end) for formula in formulas)
    matches = [match for match in _commands(text, inside) if _is_bare(text, match)]
    if not matches:
        return
    protected = protected_spans(text)
    if any(match.start() not in inside for match in _DOUBLED_RE.finditer(text)):
        return  # what one backslash means in such a text is anyone's guess
    ends = set(inside.ends) | {formula.end for formula in formulas}
    for match in matches:
        start, end = match.span()
        dollar = text.rfind("$", max(0, start - _CONTEXT_CHARS), start)
        is_open = dollar >= 0 and dollar + 1 not in ends and text[dollar - 1 : dollar] != "\\"
        if start in protected or is_open:
            continue
        plain = render(match[0], after_number=match[0][0] == "^")
        if plain and match["symbol"] in OPERATOR_NAMES:
            following = _NAME_RE.match(text, end)
            left = " " if start and text[start - 1].isalnum() else ""
            right = " " if following and SYMBOLS.get(following[1], "").isalpha() else ""
            yield Edit(start, end, left + plain + right, LATEX_MATH)
        elif plain:
            yield Edit(start, end + _ended_by_space(text, match), plain, LATEX_MATH)


def _commands(text: str, inside: Spans) -> Iterator[re.Match[str]]:
    """Give the commands outside of formulas. Each has a backslash, one or two characters behind its beginning at most."""
    end = 0
    for backslash in COMMAND_RE.finditer(text):
        place = backslash.start()
        if place < end or place in inside:
            continue
        for start in range(max(end, place - 2), place + 1):
            if match := _BARE_RE.match(text, start):
                yield match
                end = match.end()
                break


def _is_bare(text: str, match: re.Match[str]) -> bool:
    """Tell whether a command in prose is one of mathematics, and no part of a path."""
    start, end = match.span()
    if match["group"]:  # "{\lambda}-law", but "\ours{\lambda}"
        before = text[max(0, start - _CONTEXT_CHARS) : start]
        known = all(name in _BARE_SYMBOLS for name in re.findall("[A-Za-z]+", match["group"]))
        return known and not _MACRO_BEFORE_RE.search(before)
    name = match["symbol"]
    if name is None:
        return True
    if name in OPERATOR_NAMES and text[end : end + 1] not in {" ", "(", "\\"}:
        return False
    if name not in _BARE_NAMES or text[end : end + 1] == "{":
        return False
    if name not in _BETWEEN_WORDS and _WORD_BEFORE_RE.search(text, max(0, start - _CONTEXT_CHARS), start):
        return False
    left = re.split(r"\s", text[max(0, start - _CONTEXT_CHARS) : start])[-1]
    right = (
        _CUT_NAME_RE.sub("", text[start : end + _CONTEXT_CHARS])
        if end + _CONTEXT_CHARS < len(text)
        else text[start:]
    )
    chunk = (left + right).split(maxsplit=1)[0]
    return not _FILE_RE.search(chunk) and all(name in _KNOWN for name in _NAME_RE.findall(chunk))


def _ended_by_space(text: str, match: re.Match[str]) -> int:
    r"""Count the space that only ended the command: ``64\times 64``, not ``64\times faster``."""
    start, end = match.span()
    is_operator = (
        match["symbol"] is not None
        and not match["scripts"]
        and not SYMBOLS.get(match["symbol"], "a").isalpha()
    )
    if (
        not is_operator
        or text[end : end + 1] != " "
        or not re.match(r"[0-9]|[A-Za-z](?![A-Za-z])", text[end + 1 : end + 3])
    ):
        return 0
    return int(start > 0 and (text[start - 1].isalnum() or text[start - 1] in ")}]"))


def formula_spans(text: str) -> Iterable[tuple[int, int]]:
    """Give where whole formulas stand, understood or not."""
    return [(formula.start, formula.end) for formula in _formulas(text)]
