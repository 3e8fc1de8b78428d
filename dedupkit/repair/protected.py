r"""The parts of a text that are no prose: mathematics, code, paths, regular expressions, URLs.

A backslash or a tilde there is not LaTeX's, so no repair of prose looks into them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# "see \cite{a}": the text is LaTeX
COMMAND_RE: Final = re.compile(r"\\[A-Za-z]")
# In "see https://example.org/~user/a.pdf", "www.example.org"
URL_RE: Final = re.compile(r"(?:https?|ftp)://\S*|www\.\S*")
# "C:\users\c", "\\server\share", "/home/My\ Documents", "~/data"
PATH_RE: Final = re.compile(r"""["'(\[]?(?:[A-Za-z]:\\|\\\\[A-Za-z]|~?/|\.\.?/|\.\.?\\)""")
# "^\d+\.\d{2}$", "[^\w]", "(?:a\%b)", "[a\-z]": a regular expression
REGEX_RE: Final = re.compile(
    r"\\[dwsDWS](?:[+*?\\\])|]|\{[0-9])|\(\?[:=!<P]|\[\^|\[[^\]\s]{0,20}\\[-\]wds]|\\[.][*+?]"
)
# Of the word `x\emph{b}`: what begins with its first backslash
REST_OF_WORD_RE: Final = re.compile(r"\\\S*")
# "`\emph{x}`" and "```\nmath\n```": code in Markdown, not the quotes of "`this' and `that'"
CODE_RE: Final = re.compile(
    r"```.*?(?:```|\Z)|(?<![`\\\w])`[^`\s](?:[^`\n]{0,200}[^`\s])?`(?![`\\{\w])", re.DOTALL
)
# "$x$", "$$x$$", "\(x\)", "\[x\]", "\begin{equation}x\end{equation}"; an escaped backslash or dollar is none
MATH_MARK_RE: Final = re.compile(r"\\begin\{|\\end\{|\\.|\$\$?|\n[ \t]*\n", re.DOTALL)
MATH_CLOSERS: Final = {r"\(": r"\)", r"\[": r"\]", r"\begin{": r"\end{"}


@dataclass(frozen=True, slots=True)
class Spans:
    """Parts of a text, sorted and apart."""

    starts: list[int]
    ends: list[int]

    def __contains__(self, place: int) -> bool:
        index = bisect_right(self.starts, place) - 1
        return index >= 0 and place < self.ends[index]


def is_code(chunk: str) -> bool:
    r"""Tell whether a word is a path or a regular expression.

    >>> [is_code(chunk) for chunk in (r"C:\users\c", r"^\d+$", r"na\"ive", "and/or")]
    [True, True, False, False]
    """
    return bool(PATH_RE.match(chunk) or REGEX_RE.search(chunk))


@lru_cache(maxsize=8)  # one step after another asks for the same text
def protected_spans(text: str) -> Spans:
    r"""Find mathematics, code, paths and regular expressions.

    >>> text = r"\emph{a} and $\emph{b}$ or `\emph{c}` in C:\emph{d}"
    >>> [text.index(f"{{{letter}}}") in protected_spans(text) for letter in "abcd"]
    [False, True, True, True]
    """
    spans = [match.span() for match in CODE_RE.finditer(text)] if "`" in text else []
    spans += [(start, end) for start, end in _with_backslash(text) if is_code(text[start:end])]
    return join_spans([*spans, *math_spans(text)])


def _with_backslash(text: str) -> Iterator[tuple[int, int]]:
    """Give the words that hold a backslash."""
    for match in REST_OF_WORD_RE.finditer(text):
        start = match.start()
        while start and not text[start - 1].isspace():
            start -= 1
        yield start, match.end()


@lru_cache(maxsize=8)
def has_free_backslash(text: str) -> bool:
    r"""Tell whether a backslash, or what it stands right behind, is prose: elsewhere no step looks.

    >>> [has_free_backslash(text) for text in (r"a $\alpha$", r"\emph{a} $\alpha$", "none")]
    [False, True, False]
    """
    place = text.find("\\")
    if place < 0:
        return False
    protected = protected_spans(text)
    while place >= 0:
        if place not in protected or (place and place - 1 not in protected):
            return True
        place = text.find("\\", place + 1)
    return False


def math_spans(text: str) -> list[tuple[int, int]]:
    r"""Find the formulas between TeX's delimiters, paragraph by paragraph.

    Where the delimiters do not pair up it errs towards mathematics: an odd number of dollars (one may be money)
    or a doubled one makes everything between the first and the last a formula, an opening delimiter alone
    everything after it. A single dollar is money.

    >>> text = r"for $5 and \(x\) there"
    >>> [text[start:end] for start, end in math_spans(text)]
    ['\\(x\\)']
    """
    spans: list[tuple[int, int]] = []
    opener, opened = "", 0
    dollars: list[re.Match[str]] = []
    for match in MATH_MARK_RE.finditer(text):
        mark = match[0]
        if mark[0] == "\n":
            if opener:
                spans.append((opened, match.start()))
            spans += _between_dollars(dollars)
            opener, dollars = "", []
        elif opener:
            if mark == MATH_CLOSERS[opener]:
                spans.append((opened, match.end()))
                opener = ""
        elif mark[0] == "$":
            dollars.append(match)
        elif mark in MATH_CLOSERS:
            opener, opened = mark, match.start()
    if opener:
        spans.append((opened, len(text)))
    return spans + _between_dollars(dollars)


def _between_dollars(dollars: list[re.Match[str]]) -> list[tuple[int, int]]:
    """Pair up the dollars of one paragraph, or take all from the first to the last where they do not pair up."""
    if len(dollars) < 2:
        return []
    if len(dollars) % 2 or any(match[0] == "$$" for match in dollars):
        return [(dollars[0].start(), dollars[-1].end())]
    return [(left.start(), right.end()) for left, right in zip(dollars[::2], dollars[1::2], strict=True)]


def join_spans(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sort spans and join those that overlap.

    >>> join_spans([(5, 9), (1, 3), (8, 12)])
    Spans(starts=[1, 5], ends=[3, 12])
    """
    joined = Spans([], [])
    for start, end in sorted(spans):
        if joined.ends and start <= joined.ends[-1]:
            joined.ends[-1] = max(end, joined.ends[-1])
        else:
            joined.starts.append(start)
            joined.ends.append(end)
    return joined
