"""The screen before the repairs: whole columns of text that provably no repair can change pass by.

They are regular expressions for polars' engine (Rust's ``regex``), which reads half a gigabyte a second. They find
something in every text that a repair could change; what they find something in is looked at one by one.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

import polars as pl
from ftfy.badness import BADNESS_RE

from dedupkit.blocks import in_order
from dedupkit.repair.eaten import EATEN_LINE_BREAK
from dedupkit.repair.encoding import ALWAYS_CHANGED, HTML_ENTITY
from dedupkit.repair.furniture import LONGEST_MARKER_CHARS
from dedupkit.repair.glued import MAY_BE_GLUED, may_be_broken
from dedupkit.repair.spacing import LINE_BREAKS, SPACES
from dedupkit.repair.stripped import may_hold_stripped_math


def _suspected(pattern: str) -> str:
    r"""Ftfy's expression of mojibake for Rust's engine: what Python finds something in, it does too.

    Comments and spaces outside of classes go. A ``\w`` or ``\s`` becomes any character: what they are depends on the
    engine and its version of Unicode.

    >>> _suspected("  # odd pairs\n  [ab] [ c]\n |\n  \\s x\\w ")
    '[ab][ c]|.x.'
    """
    pieces = re.findall(r"\[(?:\\.|[^\]\\])+\]|\\.|#[^\n]*|\s|.", pattern, re.DOTALL)
    kept = (piece for piece in pieces if piece[0] != "#" and not piece.isspace())
    return "".join("." if piece in {r"\s", r"\w"} else piece for piece in kept)


#: Mojibake, for ftfy. Its decoders look at no other text that holds none of ``ALWAYS_CHANGED``.
MAY_BE_MOJIBAKE: Final = f"(?s:{_suspected(BADNESS_RE.pattern)})"

#: Everything else, in the order of ``REPAIRS``: line breaks that were an escape (of the control characters that were, the
#: others are spaces or what ftfy changes); what ftfy always changes; escapes; what is left of negative
#: spaces; markers (``furniture.py``: in brackets, or
#: near the end); formulas, which stand between two dollars, and all other LaTeX, which has a backslash; ties, which have
#: a word or its punctuation on their left; words that stick together; spaces.
_MAY_CHANGE: Final = "|".join(
    (
        EATEN_LINE_BREAK,
        rf"{HTML_ENTITY}|[{ALWAYS_CHANGED}]",
        r"x20|<U\+",
        r"! ?[=<>+*/|-] ?!",
        rf"(?:…|\.\.\.)(?:[ \xa0]{{0,3}}[(\[]|(?s:.{{0,{LONGEST_MARKER_CHARS + 20}}})\z)",
        r"\\|\$[^$]*\$",
        r"[^ \n\\~(\[{<>=+*/|\"“‘–—-]~[^~ \n]",
        MAY_BE_GLUED,
        rf"[{SPACES[1:]}{LINE_BREAKS[1:]}]|  | \n|\n\n\n|\A[ \n]|[ \n]\z",
    )
)
_MAY_NEED_REPAIR: Final = f"{_MAY_CHANGE}|{MAY_BE_MOJIBAKE}"

#: A hyphen in a word. Most texts have one, so those go through a second expression, which knows every second half.
_HYPHENATED: Final = "[A-Za-z][a-z]-[a-z]{2}"

#: Rows that one thread looks at, at a time.
_ROWS_AT_ONCE: Final = 32_768


def may_need_repair(texts: pl.Series, *, mathematics: bool = True) -> pl.Series:
    r"""Whether a repair could change each text; null where there is none.

    Args:
        texts: Strings, or null.
        mathematics: Whether mathematics whose backslashes were stripped is looked for too.

    >>> may_need_repair(pl.Series(["plain", r"85\%", "top-$k$", "for $5", "cafÃ©", "XinR^{ntimes d}", None])).to_list()
    [False, True, True, False, True, True, None]
    """
    starts = range(0, len(texts), _ROWS_AT_ONCE)
    blocks = (texts[start : start + _ROWS_AT_ONCE] for start in starts)
    parts = list(in_order(partial(_screened, mathematics=mathematics), blocks))
    return pl.concat(parts) if parts else texts.cast(pl.Boolean)


def _screened(texts: pl.Series, *, mathematics: bool) -> pl.Series:
    found = texts.str.contains(_MAY_NEED_REPAIR)
    rows = (~found & texts.str.contains(_HYPHENATED)).arg_true()
    if len(rows):
        found = found.scatter(rows, texts.gather(rows).str.contains(may_be_broken()))
    rows = (~found).arg_true()
    if mathematics and len(rows):
        found = found.scatter(rows, pl.Series(may_hold_stripped_math(texts.gather(rows))))
    return found
