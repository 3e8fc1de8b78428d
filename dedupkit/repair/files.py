"""``dedupkit repair``: a file's text repaired, its rows and other columns as they were."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.dumps.tables import parse_json_row
from dedupkit.errors import UsageError
from dedupkit.repair import DEFAULT_STYLE, repair_text, repaired_rows
from dedupkit.repair.furniture import remove_glued_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dedupkit.config import MathStyle
    from dedupkit.repair.edits import Change


class Explained(NamedTuple):
    """A text that was changed, where it stands, and its changes."""

    place: str
    raw: str
    changes: list[Change]


_SPREADSHEET_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}


def repair_lines(
    text: str,
    labels: Mapping[int, str],
    tell: Callable[[Explained], None],
    style: MathStyle = DEFAULT_STYLE,
) -> str:
    r"""Repair a text line by line; there are as many lines after as before, ended as they were.

    Args:
        text: The text.
        labels: The button label glued to a line, by line number from 1, where the page has shown it.
        tell: Told every line that is changed.
        style: How mathematics is repaired.

    >>> repair_lines("85\\% of it\nSubscribeA  na\\\"ive\r\n", {2: "Subscribe"}, lambda explained: None)
    '85% of it\nA naïve\r\n'
    """
    pieces = []
    for number, piece in enumerate(text.split("\n"), start=1):
        ending = "\r" if piece.endswith("\r") else ""
        line = piece.removesuffix("\r")
        steps = [partial(remove_glued_label, label=labels[number])] if number in labels else []
        repaired, changes = repair_text(line, style, steps)
        if changes:
            tell(Explained(f"line {number}", line, changes))
        # A line separator that became a line feed would make two lines of one.
        pieces.append(repaired.replace("\r\n", " ").replace("\n", " ") + ending)
    return "\n".join(pieces)


def repair_json_lines(
    text: str,
    columns: Sequence[str],
    place: str,
    tell: Callable[[Explained], None],
    style: MathStyle = DEFAULT_STYLE,
) -> Iterator[str]:
    """Repair the named (none: all) strings of each object; a line that needs nothing is passed on as it is.

    Raises:
        InputError: A line is no JSON object.
        UsageError: A named column stands in no line.
    """
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            yield line
            continue
        row = parse_json_row(line, f"{place}:{number}")
        seen.update(row)
        repaired = {
            name: _one_text(value, f"row {number}, {name}", tell, style)
            if isinstance(value, str) and (not columns or name in columns)
            else value
            for name, value in row.items()
        }
        yield line if repaired == row else json.dumps(repaired, ensure_ascii=False)
    _check_columns(columns, seen)


def repair_table(
    table: pl.DataFrame,
    columns: Sequence[str],
    tell: Callable[[Explained], None],
    style: MathStyle = DEFAULT_STYLE,
) -> pl.DataFrame:
    """Repair the named (none: all) string columns of a table.

    Raises:
        UsageError: A named column is missing or holds no strings.
    """
    _check_columns(columns, set(table.columns))
    strings = [name for name, dtype in table.schema.items() if dtype == pl.String]
    for name in columns:
        if name not in strings:
            raise UsageError(
                f"column {name!r} holds {table.schema[name]}, not text.", f"text is in {', '.join(strings)}."
            )
    repaired = []
    for name in columns or strings:
        texts = table[name]
        mended = {}
        for row, result in repaired_rows(texts, style=style):
            mended[row] = result.text
            tell(Explained(f"row {row + 1}, {name}", texts[row], result.changes))
        new = pl.Series(list(mended.values()), dtype=pl.String)
        repaired.append(texts.clone().scatter(list(mended), new) if mended else texts)
    return table.with_columns(repaired)


def separator_of(suffix: str) -> str | None:
    """What parts the columns of a CSV or TSV file."""
    return _SPREADSHEET_SEPARATORS.get(suffix)


def _one_text(text: str, place: str, tell: Callable[[Explained], None], style: MathStyle) -> str:
    repaired, changes = repair_text(text, style)
    if changes:
        tell(Explained(place, text, list(changes)))
    return repaired


def _check_columns(columns: Sequence[str], known: set[str]) -> None:
    for name in columns:
        if name not in known:
            raise UsageError(
                f"no column {name!r}; there are {', '.join(sorted(known)) or 'none'}.", "mend --columns."
            )
