"""Edits of a text, and how the edits of several steps become one list of changes of the raw text.

A repair step returns the edits that it wants, in the coordinates of the text it was given. ``run_steps`` applies
the steps one after another and keeps, for the text as it is now, the changes that lead there from the raw text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias


class Edit(NamedTuple):
    """Code points ``start`` to ``end`` of the text that a step was given become ``after``."""

    start: int
    end: int
    after: str
    kind: str


class Change(NamedTuple):
    """``before``, which begins at code point ``start`` of the raw text, became ``after``."""

    kind: str
    start: int
    before: str
    after: str


#: One step: what to change in a text. Edits come in order and do not overlap.
Repair: TypeAlias = Callable[[str], Sequence[Edit]]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with the edits made.

    Raises:
        ValueError: The edits overlap, or are out of order.

    >>> apply_edits("a  cat", [Edit(0, 1, "the", "article"), Edit(1, 3, " ", "whitespace")])
    'the cat'
    """
    pieces: list[str] = []
    position = 0
    for start, end, after, kind in edits:
        if start < position:
            raise ValueError(
                f"edit {kind!r} at {start} begins before the end {position} of the one before it"
            )
        pieces += text[position:start], after
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def replay(raw: str, changes: Iterable[Change]) -> str:
    r"""Return the repaired text: the raw text with the recorded changes made.

    >>> replay(r"18\% of  all", [Change("latex_escape", 2, r"\%", "%"), Change("whitespace", 7, "  ", " ")])
    '18% of all'
    """
    return apply_edits(raw, (Edit(start, start + len(old), new, kind) for kind, start, old, new in changes))


def run_steps(raw: str, steps: Iterable[Repair]) -> tuple[str, list[Change]]:
    """Run the steps in order and return the text with the changes of the raw text that made it.

    >>> halve = lambda text: [Edit(text.index("2"), text.index("2") + 1, "1", "half")]
    >>> shout = lambda text: [Edit(len(text), len(text), "!", "shout")]
    >>> run_steps("2 eggs", [halve, shout])
    ('1 eggs!', [Change(kind='half', start=0, before='2', after='1'), Change(kind='shout', start=6, before='', after='!')])
    """
    text, changes = raw, list[Change]()
    for step in steps:
        if edits := step(text):
            changes = compose(raw, text, changes, edits)
            text = apply_edits(text, edits)
    return text, changes


def then(raw: str, text: str, changes: Sequence[Change], more: Sequence[Change]) -> list[Change]:
    r"""Put more changes, of the text that the first ones led to, on top of these.

    >>> then("a  b", "a b", [Change("whitespace", 1, "  ", " ")], [Change("letter", 2, "b", "c")])
    [Change(kind='whitespace', start=1, before='  ', after=' '), Change(kind='letter', start=3, before='b', after='c')]
    """
    if not changes or not more:
        return [*changes, *more]
    return compose(
        raw, text, changes, [Edit(start, start + len(old), new, kind) for kind, start, old, new in more]
    )


def compose(raw: str, text: str, changes: Sequence[Change], edits: Sequence[Edit]) -> list[Change]:
    r"""Put edits of ``text`` on top of the changes that made ``text`` from ``raw``.

    Where an edit meets an earlier change, the two become one change that covers both, with the kinds joined in
    the order in which they happened. A change that is undone this way disappears. One sweep over both lists.

    Args:
        raw: The raw text.
        text: ``replay(raw, changes)``.
        changes: Sorted changes of ``raw``.
        edits: Sorted edits of ``text``.

    >>> compose(r'na\"ive', "naïve", [Change("latex_accent", 2, r'\"i', "ï")], [Edit(1, 3, "AÏ", "capitals")])
    [Change(kind='latex_accent+capitals', start=1, before='a\\"i', after='AÏ')]
    >>> compose("a b", "a  b", [Change("wider", 1, " ", "  ")], [Edit(1, 3, " ", "whitespace")])
    []
    """
    composed: list[Change] = []
    if not changes and all(left.end < right.start for left, right in pairwise(edits)):
        made = (Change(kind, start, raw[start:end], after) for start, end, after, kind in edits)
        return [change for change in made if change.before != change.after]
    shift = 0  # what to add to a place in the text to get the place in the raw text
    c = e = 0
    while c < len(changes) or e < len(edits):
        first_c, first_e, first_shift = c, e, shift
        start = end = min(
            changes[c].start - shift if c < len(changes) else len(text),
            edits[e].start if e < len(edits) else len(text),
        )
        met_empty = True  # whether an empty interval lies at ``end``: what begins there belongs to it
        while True:
            if c < len(changes):
                change = changes[c]
                place = change.start - shift
                if place < end or (place == end and (met_empty or not change.after)):
                    met_empty = not change.after if place + len(change.after) >= end else met_empty
                    end = max(end, place + len(change.after))
                    shift += len(change.before) - len(change.after)
                    c += 1
                    continue
            if e < len(edits):
                edit = edits[e]
                if edit.start < end or (edit.start == end and (met_empty or edit.start == edit.end)):
                    met_empty = edit.start == edit.end if edit.end >= end else met_empty
                    end = max(end, edit.end)
                    e += 1
                    continue
            break
        if e == first_e:
            composed += changes[first_c:c]
            continue
        before = raw[start + first_shift : end + shift]
        after = apply_edits(
            text[start:end],
            (edit._replace(start=edit.start - start, end=edit.end - start) for edit in edits[first_e:e]),
        )
        if before != after:
            kinds = [kind for change in changes[first_c:c] for kind in change.kind.split("+")]
            kinds += [kind for edit in edits[first_e:e] for kind in edit.kind.split("+")]
            composed.append(Change("+".join(dict.fromkeys(kinds)), start + first_shift, before, after))
    return composed
