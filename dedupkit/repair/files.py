"""``dedupkit repair``: a file's text repaired, its rows and other columns as they were."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.dumps import refuse_bad_rows
from dedupkit.dumps.content import BadRow, read_content, unreadable
from dedupkit.dumps.files import ARCHIVE_SUFFIXES, PAGE_SUFFIXES, InputFile
from dedupkit.dumps.rows import parse_json_row, read_table
from dedupkit.dumps.sniff import glued_labels
from dedupkit.dumps.text import decode
from dedupkit.errors import InputError, UsageError
from dedupkit.repair import DEFAULT_STYLE, repair_text, repaired_rows
from dedupkit.repair.furniture import remove_glued_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dedupkit.config import MathStyle, Settings
    from dedupkit.repair.edits import Change


class Explained(NamedTuple):
    """A text that was changed, where it stands, and its changes."""

    place: str
    raw: str
    changes: list[Change]


_JSON_SUFFIXES: Final = (".jsonl", ".ndjson", ".json")

#: How cells begin that spreadsheets run, and numbers that begin so; of Rust's kind.
_FORMULA: Final = r"^[=+\-@\t\r＝＋－＠]"
_NUMBER: Final = r"^[+-][0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?%?$"

_SPREADSHEET_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}


def repair_file(
    path: Path,
    data: bytes | None,
    columns: Sequence[str],
    tell: Callable[[Explained], None],
    settings: Settings,
) -> tuple[str | pl.DataFrame, str]:
    """Repair the text of a file: a table's columns, or line by line.

    Args:
        path: The file.
        data: What it holds, where it is standard input (text).
        columns: Of a table; none: all that hold text.
        tell: Told every text that is changed.
        settings: How mathematics is repaired, and layouts of dumps.

    Returns:
        What it is when repaired, and the suffix of its kind.

    Raises:
        InputError: It cannot be read whole: here is no place to tell what is left out.
        UsageError: A named column is missing or holds no strings, or it is a page.
    """
    style = settings.math_style
    if data is not None:
        text = decode(data, "standard input").text
        return repair_lines(text, glued_labels(text, settings.layouts), tell, style), ".txt"
    file = InputFile(path, path.name)
    if file.suffix in PAGE_SUFFIXES + ARCHIVE_SUFFIXES:
        raise UsageError(f"{file.place}: repair takes text and tables.", "read pages with dedupkit clean.")
    if file.is_table and file.suffix not in _JSON_SUFFIXES:
        table = read_table(file)
        refuse_bad_rows(file, table.bad)
        return repair_table(table.rows, columns, tell, style), file.suffix
    content = read_content(file, by_lines=True)
    if content.damage is not None:
        raise unreadable(file, ValueError(content.damage))
    for number, (_, why) in content.long_lines.items():
        refuse_bad_rows(file, [BadRow(number, "", why)])
    text = decode(content.data, file.place).text
    if file.suffix == ".json":
        return repair_json(text, columns, file.place, tell, style), file.suffix
    if file.suffix in _JSON_SUFFIXES:
        return "\n".join(repair_json_lines(text, columns, file.place, tell, style)), file.suffix
    return repair_lines(text, glued_labels(text, settings.layouts), tell, style), ".txt"


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
        try:
            row = parse_json_row(line)
        except ValueError as error:
            raise InputError(f"{place}:{number}: {error}.", "mend or remove the line.") from error
        seen.update(row)
        repaired = _one_row(row, number, columns, tell, style)
        yield line if repaired == row else json.dumps(repaired, ensure_ascii=False)
    _check_columns(columns, seen)


def repair_json(
    text: str,
    columns: Sequence[str],
    place: str,
    tell: Callable[[Explained], None],
    style: MathStyle = DEFAULT_STYLE,
) -> str:
    """Repair the named (none: all) strings of each object of an array.

    Raises:
        InputError: It is no array of objects.
        UsageError: A named column stands in none.
    """
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: this is not JSON ({error}).", "mend the file.") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(
            f"{place}: this is no array of objects.", "give [{…}, {…}], or one {…} a line as .jsonl."
        )
    repaired = [_one_row(row, number, columns, tell, style) for number, row in enumerate(rows, start=1)]
    _check_columns(columns, {name for row in rows for name in row})
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in repaired) + "\n]\n"


def escape_formulas(table: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before cells that a spreadsheet would run; numbers stay as they are.

    Source: OWASP, CSV Injection.

    >>> escape_formulas(pl.DataFrame({"a": ["=1+1", "-5", "+cmd", "plain", "@x", None]}))["a"].to_list()
    ["'=1+1", '-5', "'+cmd", 'plain', "'@x", None]
    """
    text = pl.col(pl.String)
    acts = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    names = {name: f"'{name}" for name in table.columns if re.match(_FORMULA, name)}
    return table.with_columns(pl.when(acts).then("'" + text).otherwise(text).name.keep()).rename(names)


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


def _one_row(
    row: dict[str, object],
    number: int,
    columns: Sequence[str],
    tell: Callable[[Explained], None],
    style: MathStyle,
) -> dict[str, object]:
    return {
        name: _one_text(value, f"row {number}, {name}", tell, style)
        if isinstance(value, str) and (not columns or name in columns)
        else value
        for name, value in row.items()
    }


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
