"""The screen before the repairs: whole columns of text that provably no repair can change pass by.

It is one regular expression for polars' engine (Rust's ``regex``), which reads half a gigabyte a second. It finds
something in every text that a repair could change; what it finds something in is looked at one by one.
"""

from __future__ import annotations

import re
from typing import Final

from ftfy.badness import BADNESS_RE

from dedupkit.repair.encoding import ALWAYS_CHANGED
from dedupkit.repair.spacing import LINE_BREAKS, SPACES


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

#: Everything else, in the order of ``REPAIRS``: what ftfy always changes; LaTeX and ties; markers; escapes; spaces.
_MAY_CHANGE: Final = (
    rf"[{ALWAYS_CHANGED}\\~…{SPACES[1:]}{LINE_BREAKS[1:]}]|\.\.\.|x20|<U\+|  | \n|\n\n\n|\A[ \n]|[ \n]\z"
)

#: What finds something in every text that any repair could change.
MAY_NEED_REPAIR: Final = f"{_MAY_CHANGE}|{MAY_BE_MOJIBAKE}"
