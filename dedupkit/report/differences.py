"""Two texts side by side, with the words marked that only one of them has."""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from dedupkit.report.wording import shown

#: Characters and words of each text that are compared.
_MOST_CHARS: Final = 4_000
_MOST_WORDS: Final = 400

#: Words that both have which stay on either side of a difference; longer stretches are left out.
_CONTEXT_WORDS: Final = 8

#: Characters that are shown of one stretch.
_STRETCH_CHARS: Final = 400

_WORD_RE: Final = re.compile(r"\S+")


class Piece(NamedTuple):
    """A stretch of words.

    Attributes:
        kind: ``same``, ``new`` (only the left text, that of the record that stays, has it), ``gone`` (only the right
            one) or ``gap`` (same, left out).
        text: Ready to be shown.
    """

    kind: str
    text: str


class Sides(NamedTuple):
    """Two texts side by side."""

    left: list[Piece]
    right: list[Piece]

    @property
    def are_same(self) -> bool:
        """Whether no word differs in what was compared."""
        return all(piece.kind in {"same", "gap"} for piece in (*self.left, *self.right))


def side_by_side(left: str | None, right: str | None) -> Sides:
    """Compare two texts word by word.

    >>> left, right = side_by_side("We study large models.", "We study small models.")
    >>> left[1], right[1]
    (Piece(kind='new', text='large'), Piece(kind='gone', text='small'))
    >>> side_by_side("the same words", "the same words").are_same
    True
    """
    words, others = _words(left), _words(right)
    sides = Sides([], [])
    matcher = difflib.SequenceMatcher(None, words, others, autojunk=False)
    opcodes = matcher.get_opcodes()
    for number, (what, first, last, start, stop) in enumerate(opcodes):
        if what == "equal":
            pieces = _same(words[first:last], is_first=number == 0, is_last=number == len(opcodes) - 1)
            sides.left.extend(pieces)
            sides.right.extend(pieces)
            continue
        if last > first:
            sides.left.append(Piece("new", shown(" ".join(words[first:last]), _STRETCH_CHARS)))
        if stop > start:
            sides.right.append(Piece("gone", shown(" ".join(others[start:stop]), _STRETCH_CHARS)))
    return sides


def _words(text: str | None) -> list[str]:
    return _WORD_RE.findall((text or "")[:_MOST_CHARS])[:_MOST_WORDS]


def _same(words: list[str], *, is_first: bool, is_last: bool) -> list[Piece]:
    """Words that both texts have: those next to a difference, and how many lie between."""
    before = 0 if is_first and not is_last else _CONTEXT_WORDS
    behind = 0 if is_last and not is_first else _CONTEXT_WORDS
    left_out = len(words) - before - behind
    if left_out <= _CONTEXT_WORDS:
        return [Piece("same", shown(" ".join(words), _STRETCH_CHARS))]
    pieces = [Piece("same", shown(" ".join(words[:before]), _STRETCH_CHARS))] if before else []
    pieces.append(Piece("gap", f"… {left_out:,} words …"))
    return pieces + (
        [Piece("same", shown(" ".join(words[len(words) - behind :]), _STRETCH_CHARS))] if behind else []
    )
