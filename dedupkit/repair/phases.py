"""The order of the repairs, and one text repaired by all of them.

A repair is a plain function that returns the edits it wants. They run one after the other, each on the text that the
one before it left, in phases: before each phase a column of texts is screened for those that it could change
(``columns.py``).
"""

from __future__ import annotations

import gc
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.config import MathStyle
from dedupkit.repair.eaten import halve_doubled_backslashes, restore_eaten_escapes
from dedupkit.repair.edits import Change, Repair, run_steps, then
from dedupkit.repair.encoding import fix_encoding
from dedupkit.repair.escapes import decode_unicode_escapes
from dedupkit.repair.formulas import render_formulas
from dedupkit.repair.furniture import remove_see_more_markers
from dedupkit.repair.glued import join_broken_words, separate_glued_words
from dedupkit.repair.latex import (
    replace_latex_spacing,
    replace_latex_symbols,
    replace_latex_ties,
    unescape_latex_characters,
    unwrap_text_commands,
)
from dedupkit.repair.latex_accents import compose_latex_accents
from dedupkit.repair.screen import (
    may_be_misread,
    may_hold_latex,
    may_hold_stripped_latex,
    may_join_or_part_words,
)
from dedupkit.repair.spacing import normalise_whitespace
from dedupkit.repair.stripped import restore_stripped_math

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


#: What is done where nobody says otherwise.
DEFAULT_STYLE: Final = MathStyle()

#: What runs before stripped mathematics is looked for.
BEFORE_MATHEMATICS: Final[tuple[Repair, ...]] = (
    restore_eaten_escapes,
    fix_encoding,
    decode_unicode_escapes,
    remove_see_more_markers,
)

#: Looks that are taken again at mathematics that stands in a repaired text, at most.
MOST_LOOKS: Final = 4

#: Characters of a text that may have so many edits that the collector of garbage is in the way.
LONG_TEXT: Final = 100_000


class Phase(NamedTuple):
    """Steps that run on a text one after the other, and whether one of them could change each text of a column."""

    steps: tuple[Repair, ...]
    may_change: Callable[[pl.Series], pl.Series]


class Repaired(NamedTuple):
    """A text and what was done to it: ``replay(raw, changes) == text``."""

    text: str
    changes: list[Change]


def phases(style: MathStyle = DEFAULT_STYLE) -> tuple[Phase, ...]:
    r"""Every repair, in its order and phase.

    Eaten escapes are first, for ``fix_encoding`` takes control characters away; then encodings: they decide what the
    characters are. Stripped mathematics is judged while the text still shows how its author wrote (``85\%``). Formulas come
    before the letters and the text commands of LaTeX, which leave alone what is still mathematics.
    Broken words come before glued ones, which must see them whole.
    """
    whole = (halve_doubled_backslashes, render_formulas) if style.rendering == "unicode" else ()
    latex = (
        *whole,
        compose_latex_accents,
        replace_latex_symbols,
        unwrap_text_commands,
        replace_latex_spacing,
        unescape_latex_characters,
        replace_latex_ties,
    )
    words = (join_broken_words, separate_glued_words, normalise_whitespace)
    return (
        Phase(BEFORE_MATHEMATICS, may_be_misread),
        *((phase,) if (phase := look(style)) else ()),
        Phase(latex, may_hold_latex),
        Phase(words, may_join_or_part_words),
    )


#: What the last looks take away may leave space at an end.
AFTER_LOOKS: Final = Phase((normalise_whitespace,), pl.Series.is_not_null)


def repairs(style: MathStyle = DEFAULT_STYLE) -> tuple[Repair, ...]:
    """Every repair, in order."""
    return tuple(step for phase in phases(style) for step in phase.steps)


def look(style: MathStyle) -> Phase | None:
    """A look at stripped mathematics; the last one is taken again at the repaired text."""
    if style.level == "off":
        return None
    step = partial(restore_stripped_math, level=style.level, rendering=style.rendering)
    return Phase((step,), may_hold_stripped_latex)


def repair_text(text: str, style: MathStyle = DEFAULT_STYLE, first: Sequence[Repair] = ()) -> Repaired:
    r"""Repair one text, so that to repair it again changes nothing.

    Args:
        text: A text.
        style: How its mathematics is repaired.
        first: Steps that run before all others.

    >>> repair_text(r"Schr\"odinger  bridges")
    Repaired(text='Schrödinger bridges', changes=[Change(kind='latex_accent', start=4, before='\\"o', after='ö'), Change(kind='whitespace', start=13, before='  ', after=' ')])
    """
    with _collector_paused() if len(text) > LONG_TEXT else nullcontext():
        return _repaired(text, style, first)


def _repaired(text: str, style: MathStyle, first: Sequence[Repair]) -> Repaired:
    repaired, changes = run_steps(text, first)
    for phase in phases(style):
        repaired, changes = _go_on(text, repaired, changes, phase)
    again = look(style)
    if again and changes:  # else it would look at the same text again
        first_look = repaired
        for _ in range(MOST_LOOKS):  # what was restored speaks for what is beside it
            last = repaired
            repaired, changes = _go_on(text, repaired, changes, again)
            if repaired == last:
                break
        if repaired != first_look:
            repaired, changes = _go_on(text, repaired, changes, AFTER_LOOKS)
    return Repaired(repaired, changes)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the collector of garbage from looking at edits: none is part of a cycle, and half a million cost it seconds."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _go_on(raw: str, text: str, changes: list[Change], phase: Phase) -> tuple[str, list[Change]]:
    """Run a phase on a text that changes of the raw one have led to."""
    repaired, more = run_steps(text, phase.steps)
    return repaired, then(raw, text, changes, more)
