"""The screen before the repairs: whole columns of text that provably no repair can change pass by.

They are regular expressions for polars' engine (Rust's ``regex``), which reads half a gigabyte a second. They find
something in every text that a repair could change; what they find something in is looked at one by one.
"""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from ftfy.badness import BADNESS_RE

from dedupkit.blocks import in_order
from dedupkit.repair.commands import MATH_COMMANDS, TEXT_SYMBOLS
from dedupkit.repair.eaten import EATEN_LINE_BREAK
from dedupkit.repair.encoding import ALWAYS_CHANGED, HTML_ENTITY
from dedupkit.repair.furniture import LONGEST_MARKER_CHARS
from dedupkit.repair.glued import MAY_BE_GLUED, may_be_broken
from dedupkit.repair.latex import FONT_SWITCHES, TEXT_COMMANDS
from dedupkit.repair.latex_accents import LETTER_COMMANDS
from dedupkit.repair.spacing import LINE_BREAKS, SPACES
from dedupkit.repair.stripped import glance, may_hold_stripped_math

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _suspected(pattern: str) -> str:
    r"""Ftfy's expression of mojibake for Rust's engine: what Python finds something in, it does too.

    Comments and spaces outside of classes go. A ``\w`` or ``\s`` becomes any character: what they are depends on the
    engine and its version of Unicode. Each line begins a text for ftfy.

    >>> _suspected("  # odd pairs\n  [ab] [ c]\n |\n  \\s x\\w ")
    '[ab][ c]|.x.'
    """
    pieces = re.findall(r"\[(?:\\.|[^\]\\])++(?:\]|\Z)|\\.|#[^\n]*|\s|.", pattern, re.DOTALL)
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
#: The commands that a step knows; it leaves all others (``\ours``, ``\cite``) and what they are written with.
_COMMANDS: Final = "|".join(
    (
        *sorted({*MATH_COMMANDS, *TEXT_SYMBOLS, *TEXT_COMMANDS, *FONT_SWITCHES, "href", "textcolor"}),
        LETTER_COMMANDS,
    )
)
#: Formulas, which stand between two dollars; all other LaTeX, which has a backslash before a command or a sign; ties,
#: which have a word or its punctuation on their left.
_LATEX: Final = (
    rf"\\(?:[^A-Za-z]|\z|(?:{_COMMANDS})(?:[^A-Za-z]|\z))|\$[^$]*\$|"
    r"[^ \n\\~(\[{<>=+*/|\"“‘–—-]~[^~ \n]"
)
#: Words that stick together; spaces.
_WORDS: Final = rf"{MAY_BE_GLUED}|[{SPACES[1:]}{LINE_BREAKS[1:]}]|  | \n|\n\n\n|\A[ \n]|[ \n]\z"
_MAY_NEED_REPAIR: Final = f"{_MISREAD}|{_SQUEEZED}|{_LATEX}|{_WORDS}"

#: Rows that one thread looks at, at a time, at most.
_ROWS_AT_ONCE: Final = 16_384


def may_need_repair(texts: pl.Series, *, mathematics: bool = True) -> pl.Series:
    r"""Whether a repair could change each text; null where there is none.

    Args:
        texts: Strings, or null.
        mathematics: Whether mathematics whose backslashes were stripped is looked for too.

    >>> may_need_repair(pl.Series(["plain", r"85\%", "top-$k$", "for $5", "cafÃ©", "XinR^{ntimes d}", None])).to_list()
    [False, True, True, False, True, True, None]
    """
    threads = pl.thread_pool_size()
    rounds = max(1, math.ceil(len(texts) / (threads * _ROWS_AT_ONCE)))
    rows = max(1, math.ceil(len(texts) / (threads * rounds)))  # all threads end together
    blocks = (texts[start : start + rows] for start in range(0, len(texts), rows))
    parts = list(in_order(partial(_screened, mathematics=mathematics), blocks))
    found = pl.Series(texts.name, np.concatenate([np.empty(0, np.bool_), *parts]))
    return (
        found if not texts.null_count() else pl.select(pl.when(texts.is_not_null()).then(found)).to_series()
    )


def _screened(texts: pl.Series, *, mathematics: bool) -> NDArray[np.bool_]:
    seen = glance(texts)
    found = np.zeros(len(texts), np.bool_)
    _look(found, ~seen.simple, texts, may_be_found)
    if mathematics:
        _look(found, ~(found | seen.plain), texts, may_hold_stripped_math)
    return found


def _look(
    found: NDArray[np.bool_],
    asked: NDArray[np.bool_],
    texts: pl.Series,
    find: Callable[[pl.Series], pl.Series | NDArray[np.bool_]],
) -> None:
    """Write what is found in the texts that are asked for."""
    rows = np.flatnonzero(asked)
    if len(rows):
        found[rows] = find(texts.gather(rows))


def may_be_misread(texts: pl.Series) -> pl.Series:
    """Whether an encoding, an escape or a marker of each text could be repaired."""
    return texts.str.contains(_MISREAD)


def may_hold_stripped_latex(texts: pl.Series) -> pl.Series:
    """Whether mathematics of each text could have lost its backslashes."""
    found = texts.str.contains(_SQUEEZED).to_numpy(writable=True)
    _look(found, ~(found | glance(texts).plain), texts, may_hold_stripped_math)
    return pl.Series(found)


def may_hold_latex(texts: pl.Series) -> pl.Series:
    """Whether each text could hold LaTeX that is still whole."""
    return texts.str.contains(_LATEX)


def may_join_or_part_words(texts: pl.Series) -> pl.Series:
    """Whether words of each text could be broken or stuck together, or its spaces be too many."""
    return _or_broken(texts, _WORDS)


def may_be_found(texts: pl.Series) -> pl.Series:
    """Whether one of the expressions finds something in each text."""
    return _or_broken(texts, _MAY_NEED_REPAIR)


def _or_broken(texts: pl.Series, pattern: str) -> pl.Series:
    """Whether an expression finds something in each text, or words of it may be broken."""
    found = texts.str.contains(pattern).to_numpy(writable=True)
    _look(found, ~found, texts, lambda others: others.str.contains(may_be_broken()))
    return pl.Series(found)
