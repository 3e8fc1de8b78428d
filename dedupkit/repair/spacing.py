"""Whitespace: one space between words, no space at the ends, at most one empty line."""

from __future__ import annotations

import re
from typing import Final

from dedupkit.repair.edits import Edit

LINE_BREAKS: Final = "\n\r\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}\x85"
#: Characters with a width and no ink. The joiners, which have no width, carry meaning and are not among them.
SPACES: Final = (
    " \t\v\f\N{NO-BREAK SPACE}\N{OGHAM SPACE MARK}\N{EN QUAD}\N{EM QUAD}\N{EN SPACE}\N{EM SPACE}"
    "\N{THREE-PER-EM SPACE}\N{FOUR-PER-EM SPACE}\N{SIX-PER-EM SPACE}\N{FIGURE SPACE}\N{PUNCTUATION SPACE}"
    "\N{THIN SPACE}\N{HAIR SPACE}\N{NARROW NO-BREAK SPACE}\N{MEDIUM MATHEMATICAL SPACE}\N{IDEOGRAPHIC SPACE}"
)

# "two  spaces", "a\tb", "10\xa0ms", "end \n\n\n\n  next"; one plain space or line break between words is as it should be
_ANY: Final = f"[{SPACES}{LINE_BREAKS}]"
WHITESPACE_RE: Final = re.compile(rf"{_ANY}{{2,}}|[{SPACES[1:]}{LINE_BREAKS[1:]}]|\A{_ANY}|{_ANY}\Z")
LINE_BREAK_RE: Final = re.compile(f"\r\n|[{LINE_BREAKS}]")


def normalise_whitespace(text: str) -> list[Edit]:
    r"""Make every stretch of whitespace the shortest that means the same.

    Inside a line it becomes one space; around a line break the spaces before it go; two line breaks (a new
    paragraph) are the most that stay; both ends of the text are bare.

    It must NOT touch the indentation of later lines (it may be code or a list), nor zero-width joiners and
    variation selectors, which Persian, Hindi and emoji need.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def normalise(text): return apply_edits(text, normalise_whitespace(text))
    >>> normalise("  two  words\N{NO-BREAK SPACE}here \t\r\n\n\n\n    indented\n")
    'two words here\n\n    indented'
    >>> normalise("می\N{ZERO WIDTH NON-JOINER}خواهم") == "می\N{ZERO WIDTH NON-JOINER}خواهم"
    True
    """
    if " ".join(text.split()) == text:  # the same, at the speed of C, for most texts
        return []
    edits = []
    for match in WHITESPACE_RE.finditer(text):
        start, end = match.span()
        after = "" if start == 0 or end == len(text) else _shortest(match[0])
        if after != match[0]:
            edits.append(Edit(start, end, after, "whitespace"))
    return edits


def _shortest(space: str) -> str:
    """Give the whitespace that takes the place of ``space`` inside a text."""
    parts = LINE_BREAK_RE.split(space)
    return " " if len(parts) == 1 else "\n" * min(2, len(parts) - 1) + parts[-1]
