r"""LaTeX that is still LaTeX in prose: symbols, text commands, escaped characters, spacing.

Mathematics that ``formulas.py`` left is left whole, backslashes and all. What cannot be read with certainty stays as it is: a backslash
that was left is a blemish, a word that was changed is a lie.

Repairing twice changes nothing more, but for rare tangles in which a group that is unwrapped, or a brace that is no
longer escaped, comes to stand beside the remains of an accent (``\v{o\}``).

Five steps, after the accents (``latex_accents.py``) and in this order: letters are first, so that ``\o`` is a letter to the steps after it; ties last, because
whether a ``~`` is one depends on the words beside it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dedupkit.repair.commands import TEXT_SYMBOLS
from dedupkit.repair.edits import Edit, apply_edits
from dedupkit.repair.formulas import render_formulas
from dedupkit.repair.latex_accents import ANY_LETTER_RE, ESCAPED_APOSTROPHE_RE
from dedupkit.repair.protected import COMMAND_RE, URL_RE, has_free_backslash, join_spans, protected_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_COMMANDS: Final = (
    "emph", "mbox", "text", "textbf", "textit", "textmd", "textnormal", "textrm", "textsc", "textsf", "textsl",
    "texttt", "textup", "underline", "url",
)  # fmt: skip
FONT_SWITCHES: Final = (
    "bf", "bfseries", "em", "it", "itshape", "rm", "sc", "scshape", "sf", "sffamily", "sl", "slshape", "tt", "ttfamily",
    "tiny", "scriptsize", "footnotesize", "small", "normalsize", "large", "Large", "LARGE", "huge", "Huge",
)  # fmt: skip
#: Of these, those that stand in front of what they act on without braces around both, too.
SIZES: Final = FONT_SWITCHES[FONT_SWITCHES.index("tiny") :]

# In "\textendash", "\LaTeX{}", "\ldots", "\S 3", "\large Title"
SYMBOL_RE: Final = re.compile(
    r"\\(?:(?P<symbol>(?:"
    + "|".join(sorted(set(TEXT_SYMBOLS) - {"S"}))
    + r")(?![A-Za-z])(?:\{\})?|S(?=[ ~]?[0-9]))|(?P<size>(?<!\{\\)(?:"
    + "|".join(SIZES)
    + r")(?![A-Za-z{])(?:[ ]|\{\})?)|[A-Za-z]+|.)",
    re.DOTALL,
)
# Every token that matters to braces. "\href{https://example.org}{text}", "\textcolor{red}{text}" open with both braces.
BRACE_RE: Final = re.compile(
    r"(?P<command>\\href\{[^{}]{0,2000}\}\{|\\textcolor\{[A-Za-z0-9!]{1,40}\}\{|\\(?:"
    + "|".join(TEXT_COMMANDS)
    + r")\{|\{\\(?:"
    + "|".join(FONT_SWITCHES)
    + r")[ \t\n]+)|(?P<word>\\[A-Za-z]+)|\\.|[{}]",
    re.DOTALL,
)
# What opens a group that may go; a backslash first, which is found faster than a choice
OPENING_RE: Final = re.compile(r"\\(?:href|textcolor|" + "|".join(TEXT_COMMANDS) + r")\{")
SWITCH_RE: Final = re.compile(r"\{\\(?:" + "|".join(FONT_SWITCHES) + r")[ \t\n]")
# What an escape begins with
ESCAPE_RE: Final = re.compile(r"\\[^A-Za-z]")
# "85\%", "a\_b", "R\&D", "\$250M", "\{a, b\}"; words too, to see what an escape follows
TOKEN_RE: Final = re.compile(r"\\[A-Za-z]+|\\.", re.DOTALL)
# "\$HOME", "\${name}", r"\{\bf x": the character without its backslash would mean something
UNSAFE_ESCAPE_RE: Final = re.compile(r"""\\\$(?:[A-Za-z{(]|\\[A-Za-z(])|\\\{\\[A-Za-z"'`^~=.]|(?<=\{)\\\}""")
# "it costs $5": a dollar without a backslash
BARE_DOLLAR_RE: Final = re.compile(r"\\.|\$", re.DOTALL)
# "costs over \250 million", "a \50 per month plan", "\1.5 billion", "\40K", "\250M": a dollar that was eaten. The other
# numbers behind a backslash are escapes, back references and paths.
EATEN_DOLLAR_RE: Final = re.compile(
    r"(?<![^\s(~\[–—-])\\(?=(?P<number>[1-9][0-9]{0,2}(?:,[0-9]{3}){1,5}(?:\.[0-9]{1,4})?|[1-9][0-9]{1,11}(?:\.[0-9]{1,4})?|[1-9]\.[0-9]{1,4})"
    r"(?P<money>(?:\s|-)?(?:(?:million|billion|trillion|thousand)(?![A-Za-z])|USD(?![A-Za-z]))|(?:[KMBk]|bn)(?![A-Za-z0-9])"
    r"|(?:\sper\s|\san?\s|/)(?:hour|day|week|month|year|person|user|token|seat)s?(?![A-Za-z]))?(?![\w\\*+?{(\[^|]))"
)
# "\033[31m", "\1": a backslash before a digit
ESCAPED_DIGIT_RE: Final = re.compile(r"\\[0-9]")
# "\$5": money that was not eaten
ESCAPED_MONEY_RE: Final = re.compile(r"\\\$[0-9]")
# "\emph{cut", "{\bf cut": braces would mean something beside it
GROUPING_RE: Final = re.compile(
    r"\\(?:href|textcolor|" + "|".join(TEXT_COMMANDS) + r""")|\{\\[A-Za-z"'`^~=.]"""
)
# "prediction~Perdomo", not r"Espa\~na", "a~~b"
TIE_RE: Final = re.compile(r"~(?<![\\~\s]~)(?![~\s])")
#: What must stand left and right of a spacing command: r"i.\,i.\,d", r"e.g.\ this", r"under\-stand", r"NASA\@. Then".
SPACE_OF: Final = {
    r"\,": (r"[^\s\\]", r"[^\s,]"),
    r"\!": (r"[\w.)}]", r"[\w\\({]"),
    r"\-": (r"[^\W\d_]|\}", r"[^\W\d_]|[\\{]"),
    r"\@": (r"[A-Z.)]", r"[^A-Za-z0-9_@]|\Z"),
    r"\ ": (r"\S", r""),
    r"\;": (r"[\w.,)}]", r"[\w\\({]"),
    r"\:": (r"[\w.,)}]", r"[\w\\({]"),
}
# One of them
SPACE_RE: Final = re.compile(r"\\[" + re.escape("".join(command[1] for command in SPACE_OF)) + "]")
#: What it becomes; those that are not listed become nothing.
SPACE_MADE: Final = dict.fromkeys((r"\ ", r"\;", r"\:"), " ")
#: Escaped characters that later steps take away; any other backslash, with what follows it, stays where it is.
PASSING: Final = tuple(rf"\{character}" for character in r"%$&#_{},;:!@- ")

#: A word at the right of a tie, unless it is the name of a distribution: "x~Normal(0,1)".
WORD: Final = r"(?P<word>[A-Za-z])(?![A-Za-z]{0,20}\()"
#: What stands on the left and on the right of a ``~`` that is a tie for sure. No repeat is longer than what is looked at.
SURE_TIES: Final = (
    (r"[\w.,;:)}\]$%']$", r"\\[A-Za-z(]|\$\S"),  # "Smith~\cite{a}"
    (r"[A-Za-z0-9][A-Za-z]$", r"[(\[][A-Za-z0-9\\]"),  # "Models~(LLMs)"
    (r"[A-Za-z]\.$", r"(?!0\.)[A-Za-z0-9(\[]"),  # "Fig.~3", "A.~Smith"
    (r"[)}\]$,;:]$", WORD),  # "(a)~the"
    (r"(?<![A-Za-z0-9.])[0-9][0-9.,]{0,31}$", WORD),  # "78~days"
    (r"(?<![A-Za-z])[a-z][\w-]{0,30}[A-Za-z]$", r"(?=[A-Z])" + WORD),  # "prediction~Perdomo"
    (
        r"[A-Z][\w-]{0,30}[A-Za-z]$(?<!\bHEAD)",
        r"[1-9][0-9]{0,31}(?:\.[0-9]{1,31})?(?![0-9.%]|\s?x\b)",
    ),  # "Llama~3.2", not "AUC~0.9"
)
#: And of one that is, in a text with other LaTeX; elsewhere it may be "weight~height" or "rho~0.8".
LIKELY_TIES: Final = (
    (r"[A-Za-z0-9][A-Za-z0-9]$|\b[AaI]$", WORD),
    (r"[a-z][a-z]$", r"[1-9][0-9]{0,31}(?:\.[0-9]{1,31})?(?![0-9.%]|\s?x\b)"),
)
#: Characters beside a ``~`` that decide what it is.
TIE_CONTEXT_CHARS: Final = 32


def replace_latex_symbols(text: str) -> list[Edit]:
    r"""Put the character in place that a command of text names.

    It must NOT touch mathematics or a command that only begins like a known one.

    >>> from dedupkit.repair.edits import apply_edits
    >>> apply_edits(text := r"1990\textendash2000\ldots in \LaTeX{}, \S 3", replace_latex_symbols(text))
    '1990–2000… in LaTeX, § 3'
    >>> replace_latex_symbols(r"$x, \ldots$ and \ldotsfoo and \Sigma")
    []
    """
    if not COMMAND_RE.search(text) or not has_free_backslash(text):
        return []
    edits = []
    for match, glued in _free_tokens(SYMBOL_RE, text):
        # in r"\,\o" and r"\,\"x" what is left of an accent or a letter must not meet another left side
        if glued or ANY_LETTER_RE.match(text, match.end()):
            continue
        if match["size"]:
            edits.append(Edit(*match.span(), "", "latex_command"))
        elif match["symbol"]:
            symbol = TEXT_SYMBOLS[match["symbol"].removesuffix("{}")]
            edits.append(Edit(*match.span(), symbol, "latex_spacing" if symbol == " " else "latex_command"))
    return edits


def unwrap_text_commands(text: str) -> list[Edit]:
    r"""Take away commands that only style the text in their braces, and keep that text.

    Also ``\url{x}`` becomes ``x``, ``\href{url}{text}`` its text, and ``{\em x}`` its content.

    It must NOT touch mathematics, commands that it does not know, and braces that do not close: in a text that
    was cut off, where the content ends is anyone's guess.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def unwrap(text): return apply_edits(text, unwrap_text_commands(text))
    >>> unwrap(r"\emph{a \textbf{b} c}, {\it d}, \href{https://example.org/}{here} \url{https://example.org/~a}")
    'a b c, d, here https://example.org/~a'
    >>> for same in [r"\emph{cut off at the end", r"$\text{if } x$", r"\ours{\em x}", r"\emphasis{a}"]:
    ...     assert unwrap(same) == same
    """
    if not (OPENING_RE.search(text) or SWITCH_RE.search(text)) or not has_free_backslash(text):
        return []
    edits: list[Edit] = []
    opened: list[tuple[int, int, bool]] = []  # start and end of what opens a group, and whether it may go
    for match, glued in _free_tokens(BRACE_RE, text):
        start, end = match.span()
        if match["command"] or match[0] == "{":
            opened.append(
                (start, end, bool(match["command"]) and not glued and not ANY_LETTER_RE.match(text, end))
            )
        elif match[0] == "}" and opened:
            open_start, open_end, may_go = opened.pop()
            if may_go and not glued and not ANY_LETTER_RE.match(text, end):
                edits.append(Edit(open_start, open_end, "", "latex_command"))
                edits.append(Edit(start, end, "", "latex_command"))
    return sorted(edits)


def unescape_latex_characters(text: str) -> list[Edit]:
    r"""Take away the backslash of a character that TeX would otherwise read as an order.

    ``\$`` is left where the text holds a bare dollar too: without its backslash it could not be told from the
    beginning of a formula; the same where bare dollars would make one. An escaped apostrophe inside a word loses its backslash too.

    A backslash right before an amount of money gets the dollar back that was eaten behind it.

    It must NOT touch mathematics, doubled backslashes, shell variables, braces in a text with commands left, and
    numbers behind a backslash that are escapes, back references or paths.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def unescape(text): return apply_edits(text, unescape_latex_characters(text))
    >>> unescape(r"85\% of R\&D costs \$250M, file\_name, \{a, b\}, it\'s")
    "85% of R&D costs $250M, file_name, {a, b}, it's"
    >>> unescape(r"costs over \250 million, a \50 per month plan")
    'costs over $250 million, a $50 per month plan'
    >>> for same in [r"\\%", r"$5\%$", r"\250 and \1", r"C:\250M", r"\$HOME", r"\emph{cut \}"]:
    ...     assert unescape(same) == same
    """
    if not ESCAPE_RE.search(text) or not has_free_backslash(text):
        return []
    fixed = "%&#_"
    eaten: frozenset[int] = frozenset()
    if not any(match[0] == "$" for match in BARE_DOLLAR_RE.finditer(text)):
        fixed += "$"
        eaten = _eaten_dollars(text)
    if not GROUPING_RE.search(text):
        fixed += "{}"
    edits = []
    for match, glued in _free_tokens(TOKEN_RE, text):
        start, end = match.span()
        character = text[end - 1]
        if glued or end - start != 2:
            continue
        if character == "'" and ESCAPED_APOSTROPHE_RE.match(text, start):
            edits.append(Edit(start, end, "'", "escaped_quote"))
        elif start in eaten:
            edits.append(Edit(start, start + 1, "$", "latex_escape"))
        elif character in fixed and not UNSAFE_ESCAPE_RE.match(text, start):
            edits.append(Edit(start, end, character, "latex_escape"))
    if any(edit.after == "$" for edit in edits) and render_formulas(apply_edits(text, edits)):
        return [edit for edit in edits if edit.after != "$"]
    return edits


def _eaten_dollars(text: str) -> frozenset[int]:
    r"""Find the backslashes whose dollar was eaten: all that stand before a digit, or none.

    >>> [sorted(_eaten_dollars(text)) for text in (r"\250 million of \300", r"\250 million of \07", r"\250", r"\$5 of \20")]
    [[0, 16], [], [], [7]]
    """
    places = [match.start() for match in ESCAPED_DIGIT_RE.finditer(text)]
    found = list(EATEN_DOLLAR_RE.finditer(text)) if places else []
    if [match.start() for match in found] != places:
        return frozenset()
    is_money = any(match["money"] for match in found) or ESCAPED_MONEY_RE.search(text)
    return frozenset(places if is_money else ())


def replace_latex_spacing(text: str) -> list[Edit]:
    r"""Put the space in place that a spacing command makes in text; most of them make none.

    It must NOT touch mathematics, or escapes that stand apart as those of programs do.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def space(text): return apply_edits(text, replace_latex_spacing(text))
    >>> space(r"i.\,i.\,d data, e.g.\ this, under\-stand, by NASA\@. A\;B")
    'i.i.d data, e.g. this, understand, by NASA. A B'
    >>> for same in [r"find . -exec ls {} \;", r"[a\-z]", r"user\@host", r"$a\,b$", r"/home/My\ Documents"]:
    ...     assert space(same) == same
    """
    if not SPACE_RE.search(text) or not has_free_backslash(text):
        return []
    edits: list[Edit] = []
    left = ""
    for match, glued in _free_tokens(TOKEN_RE, text):
        start, end = match.span()
        if glued or match[0] not in SPACE_OF or ANY_LETTER_RE.match(text, end):
            continue
        before, after = SPACE_OF[match[0]]
        made = SPACE_MADE.get(match[0], "")
        if not edits or edits[-1].end != start:  # else what the one before it leaves is on the left
            left = text[max(0, start - 1) : start]
        if re.search(before + r"\Z", left) and re.match(after, text[end : end + 1], re.DOTALL):
            edits.append(Edit(start, end, made, "latex_spacing"))
            left = made or left
    return edits


def replace_latex_ties(text: str) -> list[Edit]:
    r"""Put a space in place of a ``~`` that ties two words.

    The characters beside it decide; where two plain words, or a word and a number, stand beside it, the text must
    show LaTeX elsewhere.

    It must NOT touch mathematics, URLs, paths, ranges, and the ``~`` of "about", "distributed as" and formulas.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def untie(text): return apply_edits(text, replace_latex_ties(text))
    >>> untie("performative prediction~Perdomo et al.~(2020) and Models~(LLMs), Llama~3.2 in 78~days")
    'performative prediction Perdomo et al. (2020) and Models (LLMs), Llama 3.2 in 78 days'
    >>> for same in ["x~N(0,1)", "y~x", "10~20", "~5", "~/path", "https://a.org/~user", "weight~height", "HEAD~1"]:
    ...     assert untie(same) == same
    """
    if "~" not in text:
        return []
    sure, likely = [], []
    for match in TIE_RE.finditer(text):
        start, end = match.span()
        sides = text[max(0, start - TIE_CONTEXT_CHARS) : start], text[end : end + TIE_CONTEXT_CHARS]
        if _stands_between(SURE_TIES, *sides):
            sure.append(start)
        elif _stands_between(LIKELY_TIES, *sides):
            likely.append(start)
    if not sure and not likely:
        return []
    protected = protected_spans(text)
    urls = join_spans([match.span() for match in URL_RE.finditer(text)])
    sure, likely = (
        [place for place in places if place not in protected and place not in urls]
        for places in (sure, likely)
    )
    if sure or COMMAND_RE.search(text):
        sure = sorted(sure + likely)
    return [Edit(start, start + 1, " ", "latex_spacing") for start in sure]


def _stands_between(ties: tuple[tuple[str, str], ...], left: str, right: str) -> bool:
    """Tell whether one of the pairs fits both sides."""
    return any(re.search(before, left) and re.match(after, right) for before, after in ties)


def _free_tokens(token_re: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], bool]]:
    r"""Give the tokens of prose, and whether an order that will stay stands right before each.

    ``\ours\%``: without its second backslash the text would say ``\ours%``, which means something else.
    """
    protected = protected_spans(text)
    stays_until = -1
    for match in token_re.finditer(text):
        if match.start() in protected:
            continue
        glued = match.start() == stays_until
        yield match, glued
        replaced = match.lastgroup in ("symbol", "size") and not glued
        if match[0][0] == "\\" and match[0][-1] != "{" and match[0] not in PASSING and not replaced:
            stays_until = match.end()
