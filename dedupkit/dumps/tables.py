"""Rows of a table to records: which column is what."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.errors import UsageError, on_one_line
from dedupkit.record import PARSED, RECORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from dedupkit.config import Settings

#: Where a table's text is, unless a setting names it.
TEXT_COLUMNS: Final = ("abstract", "text", "content", "body")

#: Columns that a table may bring itself; every other column of ours is computed.
BROUGHT: Final = ("author_count", "comment_count", "organisation", "published_text", "published")


def to_parsed(  # noqa: PLR0913  the last three are of parts of tables alone
    table: pl.DataFrame,
    place: str,
    source: str,
    settings: Settings,
    *,
    first: int = 0,
    numbers: pl.Series | None = None,
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
        numbers: Which row each is (Int64, from 1), where some are missing between them.
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
        if name in brought
        and name in table.columns
        and (cast := _cast(table.get_column(name), name)) is not None
    }
    used = {title, text, authors, *brought}
    parsed = pl.DataFrame(
        {
            "source": pl.repeat(source, table.height, dtype=pl.String, eager=True),
            "line": pl.int_range(first + 1, first + table.height + 1, dtype=pl.Int64, eager=True)
            if numbers is None
            else numbers,
            "title_raw": _text(table, title, place),
            "abstract_raw": _text(table, text, place),
            "authors": _authors(table, authors, place),
            **{
                name: brought.get(name, pl.repeat(None, table.height, dtype=PARSED[name], eager=True))
                for name in BROUGHT
            },
        }
    )
    return parsed.hstack(_own_columns([column for column in table.get_columns() if column.name not in used]))


def fitting(table: pl.DataFrame) -> list[str]:
    """Which of the columns that a table may bring have values that fit ours."""
    return [
        name for name in BROUGHT if name in table.columns and _cast(table.get_column(name), name) is not None
    ]


def _own_columns(own: list[pl.Series]) -> list[pl.Series]:
    """A table's own columns, under names that neither our columns nor others of its own have.

    A name that is a pattern of columns to polars (``*``, ``^…$``) gets the same addition as one that is taken.
    """
    taken = set(RECORDS) | {column.name for column in own if not _is_taken(column.name)}
    columns = []
    for column in own:
        free = column.name
        while _is_taken(free) or (free != column.name and free in taken):
            free = f"input_{free}"
        taken.add(free)
        columns.append(column.alias(free))
    return columns


#: Days that calendars of Python know.
_DAYS: Final = (date.min, date.max)


def _is_taken(name: str) -> bool:
    return name in RECORDS or name == "*" or (name.startswith("^") and name.endswith("$"))


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
    return on_one_line(", ".join(table.columns[:12])) + more or "none"


def _text(table: pl.DataFrame, name: str | None, place: str) -> pl.Series:
    if name is None:
        return pl.repeat(None, table.height, dtype=pl.String, eager=True)
    column = table.get_column(name)
    if not column.dtype.is_nested() and not isinstance(column.dtype, pl.Object | pl.Binary):
        with suppress(pl.exceptions.PolarsError):
            return column.cast(pl.String)
    raise UsageError(
        f"{place}: column {name!r} holds {on_one_line(str(column.dtype))}, not text.",
        "name another with --text-column.",
    )


def _authors(table: pl.DataFrame, name: str | None, place: str) -> pl.Series:
    if name is None:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, table.height)
    column = table.get_column(name)
    elements = pl.element().cast(pl.String).str.strip_chars()
    try:
        if isinstance(column.dtype, pl.List):
            _refuse_bytes(column.dtype.inner)
        else:
            _refuse_bytes(column.dtype)
            column = column.cast(pl.String).str.split(";")
        return (
            column.cast(pl.List(pl.String))
            .list.eval(elements.filter(elements.str.len_chars() > 0))
            .fill_null(pl.lit([], dtype=pl.List(pl.String)))
        )
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"{place}: column {name!r} holds {on_one_line(str(column.dtype))}, no names.",
            "name another with --authors-column.",
        ) from error


def _refuse_bytes(dtype: Any) -> None:
    if isinstance(dtype, pl.Binary | pl.Object) or dtype in (pl.Binary, pl.Object):
        raise pl.exceptions.InvalidOperationError("bytes are no text")


def _cast(column: pl.Series, name: str) -> pl.Series | None:
    """The column in our type, or None where that would lose a value."""
    if column.dtype.is_nested():
        return None
    try:
        if PARSED[name] == pl.Date and column.dtype == pl.String:
            cast = column.str.to_date("%Y-%m-%d", strict=False)
        else:
            cast = column.cast(PARSED[name], strict=False)
    except pl.exceptions.PolarsError:
        return None
    if cast.null_count() != column.null_count() or (
        cast.dtype == pl.Date and not cast.is_between(*_DAYS).all()
    ):
        return None
    return cast
