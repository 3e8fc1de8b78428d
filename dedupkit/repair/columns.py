"""Whole columns of texts repaired: phase by phase, only what a phase could change, on all cores."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl

from dedupkit.record import REPAIR, TEXT_COLUMNS
from dedupkit.repair.edits import run_steps, then
from dedupkit.repair.phases import AFTER_LOOKS, DEFAULT_STYLE, MOST_LOOKS, Repaired, look, phases
from dedupkit.repair.pool import Pool
from dedupkit.repair.screen import may_need_repair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dedupkit.config import MathStyle
    from dedupkit.repair.edits import Change
    from dedupkit.repair.phases import Phase

#: Texts of a column that are repaired at a time, for each process.
_ROWS_AT_ONCE: Final = 4_096

_NO_ROWS: Final = pl.Series([], dtype=pl.UInt32)
_CHANGES: Final = {
    "row": pl.UInt32,
    "kind": pl.String,
    "start": pl.Int64,
    "before": pl.String,
    "after": pl.String,
}


def repaired_rows(
    texts: pl.Series,
    advance: Callable[[int, int], None] = lambda *_: None,
    style: MathStyle = DEFAULT_STYLE,
) -> Iterator[tuple[int, Repaired]]:
    """Repair a column of texts, and give the rows that change, by their numbers from 0, in order.

    Texts that no repair can change are passed over by a screen of the whole column. Of the others each phase gets
    those that its own screen finds; all cores share them when they are many.

    Args:
        texts: Strings, or null.
        advance: Told how many of the texts that are looked at, of how many, are done.
        style: How mathematics is repaired.
    """
    for rows, mended, changes in _blocks(texts, advance, style):
        yield from zip(rows, map(Repaired, mended, changes), strict=True)


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
    all_rows, all_mended, all_changes = _NO_ROWS.clone(), texts.clear(), pl.DataFrame(schema=_CHANGES)
    for rows, mended, changes in _blocks(texts, advance, style):
        all_rows, all_mended = all_rows.append(rows), all_mended.append(mended)
        made = [(row, *change) for row, some in zip(rows, changes, strict=True) for change in some]
        all_changes = all_changes.vstack(pl.DataFrame(made, schema=_CHANGES, orient="row"))
    if not len(all_rows):
        return texts, all_changes
    places = pl.int_range(len(texts), dtype=pl.UInt32, eager=True)
    new_places = pl.int_range(len(texts), len(texts) + len(all_rows), dtype=pl.UInt32, eager=True)
    both = pl.concat([texts, all_mended]).rechunk()  # of one chunk gather copies no text; scatter would
    return both.gather(places.scatter(all_rows, new_places)), all_changes


def _blocks(
    texts: pl.Series, advance: Callable[[int, int], None], style: MathStyle
) -> Iterator[tuple[pl.Series, pl.Series, list[list[Change]]]]:
    """Give the rows that change, what they become and their changes, block by block.

    Objects of Python take ten times the memory of a frame, so there are never those of more than a block.
    """
    rows = may_need_repair(texts, mathematics=style.level != "off").arg_true()
    size = _ROWS_AT_ONCE * pl.thread_pool_size()
    with Pool(int(texts.gather(rows).str.len_bytes().sum())) as pool:
        for first in range(0, len(rows), size):
            block = rows[first : first + size]
            mended, changes = _repair_block(texts.gather(block), style, pool)
            places = pl.Series(list(changes), dtype=pl.UInt32)
            yield block.gather(places), mended, [changes[place] for place in places]
            advance(min(first + size, len(rows)), len(rows))


def _repair_block(raws: pl.Series, style: MathStyle, pool: Pool) -> tuple[pl.Series, dict[int, list[Change]]]:
    """Repair each of some texts as ``repair_text`` does; those that change, and their changes by place, in order."""
    texts = raws
    changes: dict[int, list[Change]] = {}

    def run(phase: Phase, rows: pl.Series) -> pl.Series:
        """Run a phase on those of the rows that it could change; those that it did."""
        nonlocal texts
        if len(rows):
            rows = rows.filter(phase.may_change(texts.gather(rows)))
        if not len(rows):
            return rows
        before = texts.gather(rows).to_list()
        changed, after = [], []
        for row, text, (new, more) in zip(
            rows.to_list(), before, pool.map(partial(run_steps, steps=phase.steps), before), strict=True
        ):
            if more:
                changes[row] = then(raws[row], text, changes.get(row, []), more)
                changed.append(row)
                after.append(new)
        texts = texts.clone().scatter(changed, pl.Series(after, dtype=pl.String)) if changed else texts
        return pl.Series(changed, dtype=pl.UInt32)

    everything = pl.int_range(len(raws), dtype=pl.UInt32, eager=True)
    for phase in phases(style):
        run(phase, everything)
    if again := look(style):
        rows = pl.Series(sorted(changes), dtype=pl.UInt32)
        changed: set[int] = set()
        for _ in range(MOST_LOOKS):
            rows = run(again, rows)
            changed.update(rows)
        run(AFTER_LOOKS, pl.Series(sorted(changed), dtype=pl.UInt32))
    changes = {row: changes[row] for row in sorted(changes) if changes[row]}
    # by way of Python, so that the texts do not keep the buffers of the whole block alive
    return pl.Series(raws.name, texts.gather(list(changes)).to_list(), dtype=pl.String), changes


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
