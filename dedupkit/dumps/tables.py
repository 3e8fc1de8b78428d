"""Tables to rows: JSON Lines, CSV, TSV and Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.dumps.text import decode
from dedupkit.errors import InputError, UsageError
from dedupkit.record import PARSED, RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from dedupkit.config import Settings

#: Where a table's text is, unless a setting names it.
TEXT_COLUMNS: Final = ("abstract", "text", "content", "body")

_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}

#: Columns that a table may bring itself; every other column of ours is computed.
BROUGHT: Final = ("author_count", "comment_count", "organisation", "published_text", "published")


class Table(NamedTuple):
    """A table as read, and the encoding of its text (None for Parquet)."""

    rows: pl.DataFrame
    encoding: str | None


def read_table(data: bytes | Path, suffix: str, place: str) -> Table:
    """Read a table, every row or an error that names the line.

    Text that is not UTF-8 is decoded as that of a dump is. Columns of CSV and TSV are text.

    Args:
        data: Its bytes; or the path of a Parquet file, whose columns are then read without holding it twice.
        suffix: Of its kind.
        place: What an error calls it.

    Raises:
        InputError: The bytes are no table of that kind.
    """
    try:
        if isinstance(data, Path):
            return Table(pl.read_parquet(data, glob=False), None)
        if suffix == ".parquet":
            return Table(pl.read_parquet(io.BytesIO(data)), None)
        text, encoding = data, "utf-8"
        if not _is_utf8(data):
            decoded = decode(data, place)
            text, encoding = decoded.text.encode(), decoded.encoding
        if not text.strip():
            return Table(pl.DataFrame(), encoding)
        read = _read_csv if suffix in _SEPARATORS else _read_json_lines
        return Table(read(text.removeprefix(codecs.BOM_UTF8), suffix, place), encoding)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise InputError(
            f"{place}: this is no {suffix[1:]} table that can be read ({str(error).splitlines()[0]}).",
            "check that the file is whole and that its suffix says what it is.",
        ) from error


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _read_csv(data: bytes, suffix: str, place: str) -> pl.DataFrame:
    separator = _SEPARATORS[suffix]
    quoting: tuple[str | None, ...] = (
        ('"', None) if suffix == ".tsv" else ('"',)
    )  # many TSV files quote nothing
    for quote in quoting:
        with suppress(pl.exceptions.PolarsError):
            return pl.read_csv(io.BytesIO(data), separator=separator, quote_char=quote, infer_schema=False)
    raise _broken_row(data.decode("utf-8"), separator, place)


def _broken_row(text: str, separator: str, place: str) -> InputError:
    """Name the first row that does not have the columns of the head."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    told, column_count = "its quotes do not match", 0
    try:
        for row in rows:
            column_count = column_count or len(row)
            if len(row) > column_count:
                told = f"this row has {len(row)} columns, and the head has {column_count}"
                break
    except csv.Error as error:
        told = str(error)
    return InputError(
        f"{place}:{rows.line_num}: {told}.", "mend the row, or save the table as Parquet or JSON Lines."
    )


def _read_json_lines(data: bytes, _suffix: str, place: str) -> pl.DataFrame:
    try:
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except (pl.exceptions.PolarsError, ValueError):
        return _read_json_rows(data, place)


def _read_json_rows(data: bytes, place: str) -> pl.DataFrame:
    """Read line by line: slower, but names the line that is broken, and takes columns of mixed types."""
    rows = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        rows.append(parse_json_row(line, f"{place}:{number}"))
    columns = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in columns])


def parse_json_row(line: bytes | str, place: str) -> dict[str, Any]:
    """One line of a JSON Lines file.

    Raises:
        InputError: The line is no JSON object.
    """
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place}: this line is not JSON ({error}).", "mend or remove the line.") from error
    if not isinstance(row, dict):
        raise InputError(
            f"{place}: this line is {type(row).__name__}, not an object.", "give one {…} a line."
        )
    return row


def _series(name: str, values: list[object]) -> pl.Series:
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        as_text = [value if isinstance(value, str | None) else json.dumps(value) for value in values]
        return pl.Series(name, as_text, dtype=pl.String)


def to_parsed(  # noqa: PLR0913  the last two are of parts of tables alone
    table: pl.DataFrame,
    place: str,
    source: str,
    settings: Settings,
    *,
    first: int = 0,
    brought: Collection[str] = BROUGHT,
) -> pl.DataFrame:
    """Name a table's columns as records; its other columns follow, untouched.

    A column of its own that has the name of a computed column (``verdict``, ``language`` …) is kept as
    ``input_verdict`` and so on.

    Args:
        table: As read.
        place: What an error calls the file.
        source: What rows call it.
        settings: The names of the columns.
        first: How many rows of the whole table stand before these.
        brought: Columns that may take the place of ours, where their values fit.

    Returns:
        One row for each row, with the columns of ``record.PARSED`` but ``record_id``, then the table's own.

    Raises:
        UsageError: A named column is missing or holds no text, or there is no text at all.
    """
    title = _named(table, settings.title_column, ("title",), place, "--title-column")
    text = _named(table, settings.text_column, TEXT_COLUMNS, place, "--text-column")
    authors = _named(table, settings.authors_column, ("authors",), place, "--authors-column")
    if table.height == 0:
        table = table.clear()
    elif title is None and text is None:
        raise UsageError(
            f"{place}: no column {', '.join(TEXT_COLUMNS)} or title; it has {_listed(table)}.",
            "its columns stand apart by semicolons: save it with commas."
            if table.width == 1 and ";" in table.columns[0]
            else "name the column of the text with --text-column.",
        )
    brought = {
        name: cast
        for name in BROUGHT
        if name in brought and name in table.columns and (cast := _cast(table[name], name)) is not None
    }
    used = {title, text, authors, *brought}
    parsed = pl.DataFrame(
        {
            "source": pl.repeat(source, table.height, dtype=pl.String, eager=True),
            "line": pl.int_range(first + 1, first + table.height + 1, dtype=pl.Int64, eager=True),
            "title_raw": _text(table, title, place),
            "abstract_raw": _text(table, text, place),
            "authors": _authors(table, authors),
            **{
                name: brought.get(name, pl.repeat(None, table.height, dtype=PARSED[name], eager=True))
                for name in BROUGHT
            },
        }
    )
    return parsed.hstack(_own_columns(table.select(name for name in table.columns if name not in used)))


def fitting(table: pl.DataFrame) -> list[str]:
    """Which of the columns that a table may bring have values that fit ours."""
    return [name for name in BROUGHT if name in table.columns and _cast(table[name], name) is not None]


def _own_columns(table: pl.DataFrame) -> list[pl.Series]:
    """A table's own columns, under names that neither our columns nor others of its own have."""
    taken = set(RECORDS) | {name for name in table.columns if name not in RECORDS}
    columns = []
    for name in table.columns:
        free = name
        while name in RECORDS and free in taken:
            free = f"input_{free}"
        taken.add(free)
        columns.append(table[name].alias(free))
    return columns


def _named(
    table: pl.DataFrame, setting: str | None, defaults: tuple[str, ...], place: str, flag: str
) -> str | None:
    if setting is None:
        return next((name for name in defaults if name in table.columns), None)
    if setting not in table.columns:
        raise UsageError(f"{place}: no column {setting!r}; it has {_listed(table)}.", f"mend {flag}.")
    return setting


def _listed(table: pl.DataFrame) -> str:
    more = f" and {table.width - 12} more" if table.width > 12 else ""
    return ", ".join(table.columns[:12]) + more or "none"


def _text(table: pl.DataFrame, name: str | None, place: str) -> pl.Series:
    if name is None:
        return pl.repeat(None, table.height, dtype=pl.String, eager=True)
    if (
        isinstance(table[name].dtype, pl.List | pl.Array | pl.Struct | pl.Object)
        or table[name].dtype == pl.Binary
    ):
        raise UsageError(
            f"{place}: column {name!r} holds {table[name].dtype}, not text.",
            "name another with --text-column.",
        )
    return table[name].cast(pl.String)


def _authors(table: pl.DataFrame, name: str | None) -> pl.Series:
    if name is None:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, table.height)
    column = table[name]
    if column.dtype == pl.String:
        column = column.str.split(";")
    elif not isinstance(column.dtype, pl.List):
        column = column.cast(pl.String).str.split(";")
    elements = pl.element().cast(pl.String).str.strip_chars()
    return (
        column.cast(pl.List(pl.String))
        .list.eval(elements.filter(elements.str.len_chars() > 0))
        .fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )


def _cast(column: pl.Series, name: str) -> pl.Series | None:
    """The column in our type, or None where that would lose a value."""
    try:
        if PARSED[name] == pl.Date and column.dtype == pl.String:
            cast = column.str.to_date("%Y-%m-%d", strict=False)
        else:
            cast = column.cast(PARSED[name], strict=False)
    except pl.exceptions.PolarsError:
        return None
    return cast if cast.null_count() == column.null_count() else None
