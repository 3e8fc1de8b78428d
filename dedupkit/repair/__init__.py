"""Raw text to text, with every change recorded.

A repair is a plain function that returns the edits it wants. ``repairs`` gives all of them in the order in which they
run, each on the text that the one before it left. The changes are kept in the coordinates of the raw text, so that
replaying them on the raw text gives the repaired text.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.config import MathStyle
from dedupkit.record import REPAIR, TEXT_COLUMNS
from dedupkit.repair.eaten import halve_doubled_backslashes, restore_eaten_escapes
from dedupkit.repair.edits import Change, Edit, Repair, apply_edits, compose, replay, run_steps
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
from dedupkit.repair.pool import repair_all
from dedupkit.repair.screen import may_need_repair
from dedupkit.repair.spacing import normalise_whitespace
from dedupkit.repair.stripped import restore_stripped_math

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "Change",
    "Edit",
    "MathStyle",
    "Repair",
    "Repaired",
    "apply_edits",
    "may_need_repair",
    "repair_column",
    "repair_records",
    "repair_text",
    "repaired_rows",
    "repairs",
    "replay",
]

#: What is done where nobody says otherwise.
DEFAULT_STYLE: Final = MathStyle()


#: What runs before stripped mathematics is looked for.
BEFORE_MATHEMATICS: Final[tuple[Repair, ...]] = (
    restore_eaten_escapes,
    fix_encoding,
    decode_unicode_escapes,
    remove_see_more_markers,
)


def repairs(style: MathStyle = DEFAULT_STYLE) -> tuple[Repair, ...]:
    r"""Every repair, in order.

    Eaten escapes are first, for ``fix_encoding`` takes control characters away; then encodings: they decide what the
    characters are. Stripped mathematics is judged while the text still shows how its author wrote (``85\%``). Formulas come
    before the letters and the text commands of LaTeX, which leave alone what is still mathematics.
    Broken words come before glued ones, which must see them whole.
    """
    mathematics: list[Repair] = []
    if style.level != "off":
        mathematics.append(partial(restore_stripped_math, level=style.level, rendering=style.rendering))
    if style.rendering == "unicode":
        mathematics += halve_doubled_backslashes, render_formulas
    return (
        *BEFORE_MATHEMATICS,
        *mathematics,
        compose_latex_accents,
        replace_latex_symbols,
        unwrap_text_commands,
        replace_latex_spacing,
        unescape_latex_characters,
        replace_latex_ties,
        join_broken_words,
        separate_glued_words,
        normalise_whitespace,
    )


#: Looks that are taken again at mathematics that stands in a repaired text, at most.
_MOST_LOOKS: Final = 4

#: Texts between two calls of ``advance``.
_TOLD_EVERY: Final = 256

#: Repaired texts that are objects of Python at a time.
_ROWS_AT_ONCE: Final = 8_192

_NO_ROWS: Final = pl.Series([], dtype=pl.UInt32)
_CHANGES: Final = {
    "row": pl.UInt32,
    "kind": pl.String,
    "start": pl.Int64,
    "before": pl.String,
    "after": pl.String,
}


class Repaired(NamedTuple):
    """A text and what was done to it: ``replay(raw, changes) == text``."""

    text: str
    changes: list[Change]


def repair_text(text: str, style: MathStyle = DEFAULT_STYLE, first: Sequence[Repair] = ()) -> Repaired:
    r"""Repair one text, so that to repair it again changes nothing.

    Args:
        text: A text.
        style: How its mathematics is repaired.
        first: Steps that run before all others.

    >>> repair_text(r"Schr\"odinger  bridges")
    Repaired(text='Schrödinger bridges', changes=[Change(kind='latex_accent', start=4, before='\\"o', after='ö'), Change(kind='whitespace', start=13, before='  ', after=' ')])
    """
    repaired, changes = run_steps(text, [*first, *repairs(style)])
    if style.level != "off":
        for _ in range(_MOST_LOOKS):  # what was restored speaks for what is beside it
            edits = restore_stripped_math(repaired, style.level, style.rendering)
            if not edits:
                break
            changes = compose(text, repaired, changes, edits)
            repaired = apply_edits(repaired, edits)
    return Repaired(repaired, changes)


def repaired_rows(
    texts: pl.Series,
    advance: Callable[[int, int], None] = lambda *_: None,
    style: MathStyle = DEFAULT_STYLE,
) -> Iterator[tuple[int, Repaired]]:
    """Repair a column of texts, and give the rows that change, by their numbers from 0, in order.

    Texts that no repair can change are passed over by a screen of the whole column; the others are
    shared by all cores when they are many.

    Args:
        texts: Strings, or null.
        advance: Told how many of the texts that are looked at, of how many, are done.
        style: How mathematics is repaired.
    """
    rows = may_need_repair(texts, mathematics=style.level != "off").arg_true()
    results = repair_all(partial(repair_text, style=style), texts, rows)
    for done, (row, result) in enumerate(zip(rows, results, strict=True), start=1):
        if result.changes:
            yield row, result
        if done % _TOLD_EVERY == 0:
            advance(done, len(rows))


def repair_column(
    texts: pl.Series,
    advance: Callable[[int, int], None] = lambda *_: None,
    style: MathStyle = DEFAULT_STYLE,
) -> tuple[pl.Series, pl.DataFrame]:
    r"""Repair a column of texts (see ``repaired_rows``).

    Args:
        texts: Strings; null stays null.
        advance: Told how many of the texts that are looked at, of how many, are done.
        style: How mathematics is repaired.

    Returns:
        The repaired column, one to one, and all changes in order: ``row`` (UInt32, from 0), ``kind``, ``start`` (Int64),
        ``before`` and ``after``.

    >>> repaired, changes = repair_column(pl.Series(["plain", r"85\%", None]))
    >>> repaired.to_list(), changes.rows()
    (['plain', '85%', None], [(1, 'latex_escape', 2, '\\%', '%')])
    """
    rows, mended, changes = _NO_ROWS.clone(), texts.clear(), pl.DataFrame(schema=_CHANGES)
    found = repaired_rows(texts, advance, style)
    while some := list(
        islice(found, _ROWS_AT_ONCE)
    ):  # objects of Python take ten times the memory of a frame
        rows = rows.append(pl.Series([row for row, _ in some], dtype=pl.UInt32))
        mended = mended.append(pl.Series(mended.name, [result.text for _, result in some], dtype=pl.String))
        made = [(row, *change) for row, result in some for change in result.changes]
        changes = changes.vstack(pl.DataFrame(made, schema=_CHANGES, orient="row"))
    if not len(rows):
        return texts, changes
    return texts.clone().scatter(rows, mended), changes


def repair_records(
    records: pl.DataFrame,
    advance: Callable[[int, int], None] = lambda *_: None,
    style: MathStyle = DEFAULT_STYLE,
) -> pl.DataFrame:
    r"""Add the repaired texts and the list of what was repaired.

    Reads ``title_raw`` and ``abstract_raw``. Adds ``title`` and ``abstract`` (String; null where the raw text is
    null) and ``repairs`` (List of ``record.REPAIR``, by column and place; empty where nothing was changed). Rows
    stay one to one. ``advance`` is told how many of the texts of a column that are looked at, of how many, are done.

    >>> records = pl.DataFrame({"title_raw": ["A  title"], "abstract_raw": [None]}, schema_overrides={"abstract_raw": pl.String})
    >>> repair_records(records).row(0, named=True)["repairs"]
    [{'column': 'title', 'kind': 'whitespace', 'start': 1, 'before': '  ', 'after': ' '}]
    """
    columns, made = [], []
    for column, raw_column in TEXT_COLUMNS.items():
        texts, changes = repair_column(records[raw_column], advance, style)
        columns.append(texts.alias(column))
        made.append(changes.with_columns(column=pl.lit(column)))
    return records.with_columns(*columns, _lists(pl.concat(made), records.height))


def _lists(changes: pl.DataFrame, height: int) -> pl.Series:
    """The changes of each row, those of its title first."""
    lists = changes.group_by("row").agg(pl.struct(*REPAIR.to_schema()).alias("repairs"))
    rows = pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    repairs = rows.join(lists, on="row", how="left", maintain_order="left")["repairs"].cast(pl.List(REPAIR))
    return repairs.fill_null(pl.Series([[]], dtype=repairs.dtype)) if repairs.null_count() else repairs
