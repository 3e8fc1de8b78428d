"""The screen before the repairs: whole columns of text that provably no repair can change pass by.

They are regular expressions for polars' engine (Rust's ``regex``), which reads half a gigabyte a second. They find
something in every text that a repair could change; what they find something in is looked at one by one.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl
from ftfy.badness import BADNESS_RE

from dedupkit.blocks import in_order
from dedupkit.repair.eaten import EATEN_LINE_BREAK
from dedupkit.repair.encoding import ALWAYS_CHANGED, HTML_ENTITY
from dedupkit.repair.furniture import LONGEST_MARKER_CHARS
from dedupkit.repair.glued import MAY_BE_GLUED, may_be_broken
from dedupkit.repair.spacing import LINE_BREAKS, SPACES
from dedupkit.repair.stripped import glance, may_hold_stripped_math

if TYPE_CHECKING:
    from collections.abc import Callable


def _suspected(pattern: str) -> str:
    r"""Ftfy's expression of mojibake for Rust's engine: what Python finds something in, it does too.

    Comments and spaces outside of classes go. A ``\w`` or ``\s`` becomes any character: what they are depends on the
    engine and its version of Unicode. Each line begins a text for ftfy.

    >>> _suspected("  # odd pairs\n  [ab] [ c]\n |\n  \\s x\\w ")
    '[ab][ c]|.x.'
    """
    pieces = re.findall(r"\[(?:\\.|[^\]\\])+\]|\\.|#[^\n]*|\s|.", pattern, re.DOTALL)
    kept = (piece for piece in pieces if piece[0] != "#" and not piece.isspace())
    instead = {r"\s": ".", r"\w": ".", "^": r"(?:^|\n)"}
    return "".join(instead.get(piece, piece) for piece in kept)


#: Mojibake, for ftfy. Its decoders look at no other text that holds none of ``ALWAYS_CHANGED``.
MAY_BE_MOJIBAKE: Final = f"(?s:{_suspected(BADNESS_RE.pattern)})"

#: What the first phase could change: line breaks that were an escape, and the control characters that were; what ftfy
#: always changes; escapes; markers (``furniture.py``: in brackets, or near the end).
_MISREAD: Final = "|".join(
    (
        EATEN_LINE_BREAK,
        rf"{HTML_ENTITY}|[\t\f{ALWAYS_CHANGED}]",
        r"x20|<U\+|\\[uU]",
        rf"(?:…|\.\.\.)(?:[ \xa0]{{0,3}}[(\[]|(?s:.{{0,{LONGEST_MARKER_CHARS + 20}}})\z)",
        MAY_BE_MOJIBAKE,
    )
)
#: What is left of negative spaces.
_SQUEEZED: Final = r"! ?[=<>+*/|-] ?!"
#: Formulas, which stand between two dollars, and all other LaTeX, which has a backslash; ties, which have a word or its
#: punctuation on their left.
_LATEX: Final = r"\\|\$[^$]*\$|[^ \n\\~(\[{<>=+*/|\"“‘–—-]~[^~ \n]"
#: Words that stick together; spaces.
_WORDS: Final = rf"{MAY_BE_GLUED}|[{SPACES[1:]}{LINE_BREAKS[1:]}]|  | \n|\n\n\n|\A[ \n]|[ \n]\z"
_MAY_NEED_REPAIR: Final = f"{_MISREAD}|{_SQUEEZED}|{_LATEX}|{_WORDS}"

#: Rows that one thread looks at, at a time.
_ROWS_AT_ONCE: Final = 4_096


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
    seen = glance(texts)
    found = texts.is_null().replace_strict({True: None, False: False}, return_dtype=pl.Boolean)
    found = _where(pl.Series(~seen.simple), found, texts, may_be_found)
    if mathematics:
        found = _where(~found & pl.Series(~seen.plain), found, texts, _may_hold_candidates)
    return found


def may_be_misread(texts: pl.Series) -> pl.Series:
    """Whether an encoding, an escape or a marker of each text could be repaired."""
    return texts.str.contains(_MISREAD)


def may_hold_stripped_latex(texts: pl.Series) -> pl.Series:
    """Whether mathematics of each text could have lost its backslashes."""
    return _or(texts.str.contains(_SQUEEZED), texts, _may_hold_candidates)


def may_hold_latex(texts: pl.Series) -> pl.Series:
    """Whether each text could hold LaTeX that is still whole."""
    return texts.str.contains(_LATEX)


def may_join_or_part_words(texts: pl.Series) -> pl.Series:
    """Whether words of each text could be broken or stuck together, or its spaces be too many."""
    return _or(texts.str.contains(_WORDS), texts, _may_be_broken)


def may_be_found(texts: pl.Series) -> pl.Series:
    """Whether one of the expressions finds something in each text."""
    return _or(texts.str.contains(_MAY_NEED_REPAIR), texts, _may_be_broken)


def _may_be_broken(texts: pl.Series) -> pl.Series:
    return texts.str.contains(may_be_broken())


def _may_hold_candidates(texts: pl.Series) -> pl.Series:
    return pl.Series(may_hold_stripped_math(texts), dtype=pl.Boolean)


def _or(found: pl.Series, texts: pl.Series, find_more: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Look at the texts in which nothing was found for something else."""
    return _where(~found, found, texts, find_more)


def _where(
    asked: pl.Series, found: pl.Series, texts: pl.Series, find: Callable[[pl.Series], pl.Series]
) -> pl.Series:
    """What was found, and what is found in the texts that are asked for."""
    rows = asked.arg_true()
    return found.scatter(rows, find(texts.gather(rows))) if len(rows) else found
