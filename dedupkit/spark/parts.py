"""What tasks read: parts of the inputs, each a file or a range of rows of a Parquet file."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.config import Settings
from dedupkit.dumps import is_parquet, read_file, table_source, with_ids
from dedupkit.dumps.files import InputFile
from dedupkit.dumps.rows import Table, no_table
from dedupkit.dumps.tables import BROUGHT, fitting, to_parsed
from dedupkit.gate.candidate import as_kept, named_anew, unreadable
from dedupkit.language import identify
from dedupkit.matches.marks import ADDED
from dedupkit.matches.streams import ParquetRecords
from dedupkit.record import KEPT, PARSED, UNPARSED
from dedupkit.repair import repair_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: Rows of a Parquet file in a part: with more a worker's memory is that of its rows, not of what it has loaded.
PART_ROWS: Final = 12_288

#: What becomes of a part's records: they are cleaned; or only repaired and compared; or compared as they are in a Parquet
#: table. For a gate: those of a cleaned set or, as they were read, of anything else, languages named; and of these, read
#: again, those that are kept.
CLEANED: Final = "cleaned"
REPAIRED: Final = "repaired"
COMPARED: Final = "compared"
OF_SET: Final = "of a set"
AS_READ: Final = "as read"
STAYING: Final = "staying"

#: Whether a record that a gate judges counts as kept: as its set says, not as is decided.
COUNTS_AS_KEPT: Final = "dedupkit.kept"

#: The column that says where a record stands; no table's own column has that name.
PLACE: Final = "dedupkit.place"


_PLACE_OF_ROW: Final = pl.format("{}:{}", "source", "line").alias(PLACE)


class Part(NamedTuple):
    """A part of the inputs.

    Attributes:
        role: ``CLEANED``, ``REPAIRED``, ``COMPARED``, ``OF_SET``, ``AS_READ`` or ``STAYING``.
        path: Of its file.
        source: What rows call the file.
        first: Row of a Parquet file with which it begins; None: it is the whole file.
        rows: How many rows of that file it is.
        height: How many rows that file has.
        brought: Columns of a table that take the place of ours.
        of_base: Whether it is one of the existing set.
    """

    role: str
    path: str
    source: str
    first: int | None = None
    rows: int = 0
    height: int = 0
    brought: tuple[str, ...] = BROUGHT
    of_base: bool = False

    @property
    def file(self) -> InputFile:
        """Its file."""
        return InputFile(Path(self.path), self.source)


class Read(NamedTuple):
    """A part that was read.

    Attributes:
        records: Its records, with ``title``, ``abstract`` and the columns of ``FILLABLE``; cleaned ones with all that is
            told of them before they are compared.
        unparsed: Its lines that are in no record.
        source: What was found in its file, of the file's first part; None for the others.
    """

    records: pl.DataFrame
    unparsed: pl.DataFrame
    source: dict[str, Any] | None


def parts_of(
    files: Sequence[InputFile], role: str, settings: Settings, *, of_base: bool = False
) -> Iterator[Part]:
    """Parts of files, in order.

    Args:
        files: In the order of their rows.
        role: See ``Part``.
        settings: Names of table columns.
        of_base: Whether they are of the existing set.

    Raises:
        InputError: A Parquet file cannot be read.
        UsageError: It lacks a column that the settings name.
    """
    for file in files:
        part = Part(role, str(file.path.resolve()), file.source, of_base=of_base)
        if not is_parquet(file):
            yield part
            continue
        yield from slices(part, ParquetRecords(file.path, settings, BROUGHT).height)


def slices(part: Part, height: int) -> Iterator[Part]:
    """A Parquet file of so many rows as parts; at least one."""
    for first in range(0, max(height, 1), PART_ROWS):
        yield part._replace(first=first, rows=min(PART_ROWS, height - first), height=height)


def schema_of(path: str | Path) -> pl.Schema:
    """The columns of a Parquet file, whatever stands in its name."""
    return pl.scan_parquet(path, glob=False).collect_schema()


def must_fit(part: Part) -> bool:
    """Whether a part has columns that can take the place of ours only where all values of the file fit."""
    if part.role == OF_SET or part.first is None:
        return False
    schema = schema_of(part.path)
    return any(name in schema and schema[name] != PARSED[name] for name in BROUGHT)


def fits(part: Part) -> list[str]:
    """Which columns that a part may bring fit ours."""
    names = [name for name in BROUGHT if name in schema_of(part.path)]
    return fitting(_rows(part).select(names).collect())


def _rows(part: Part) -> pl.LazyFrame:
    if part.first is None:
        return pl.scan_parquet(part.path, glob=False)
    return pl.scan_parquet(part.path, glob=False).slice(part.first, part.rows)


@cache
def _load(language_engine: str) -> None:
    """Load what repairs and languages look up, before there are rows: meanwhile it takes twice the memory."""
    nothing = pl.DataFrame({"title_raw": ["a"], "abstract_raw": ["a"]})
    identify(repair_records(nothing), Settings(language_engine=language_engine))


def read_part(part: Part, settings: Settings) -> Read:
    """Read a part, and do with it what its role asks for.

    Raises:
        InputError: It cannot be read.
    """
    if part.role == COMPARED:
        table = ParquetRecords(Path(part.path), settings, part.brought)
        records = table.between(part.first or 0, part.rows)
        return Read(_named(part, records, settings), pl.DataFrame(schema=UNPARSED), None)
    if part.role in {OF_SET, STAYING}:
        return Read(_of_set(part, settings), pl.DataFrame(schema=UNPARSED), None)
    if part.role == CLEANED:
        _load(settings.language_engine)
    told: dict[str, Any] | None
    if part.first is None:
        is_cleaned = (
            part.role == CLEANED and not part.of_base
        )  # else there is no place for rows that cannot be read
        records, unparsed, source = read_file(
            part.file, settings if is_cleaned else replace(settings, strict=True)
        )
        told = source.as_dict()
    else:
        records, unparsed, told = _rows_of_table(part, settings)
    records = with_ids(records)
    if part.role == AS_READ:
        records = as_kept(records, settings).with_columns(pl.lit(value=True).alias(COUNTS_AS_KEPT))
        return Read(records.with_columns(_PLACE_OF_ROW), unparsed, told)
    records = repair_records(records, style=settings.math_style)
    if part.role == CLEANED:
        records = identify(records, settings)
    return Read(records.with_columns(_PLACE_OF_ROW), unparsed, told)


def columns_of(part: Part, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Some columns of a part of a set, or all.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return (_rows(part) if names is None else _rows(part).select(names)).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise unreadable(Path(part.path), error) from error


def _of_set(part: Part, settings: Settings) -> pl.DataFrame:
    """Rows of a cleaned set with their languages; or of what this gave those that are kept, to be marked."""
    table = columns_of(part)
    if part.role == STAYING:
        return table.filter(pl.col("verdict") == KEPT).drop(*ADDED, COUNTS_AS_KEPT, strict=False)
    is_kept = (pl.col("verdict") == KEPT).fill_null(value=False) & pl.col("record_id").is_not_null()
    return named_anew(table, settings).with_columns(is_kept.alias(COUNTS_AS_KEPT), _PLACE_OF_ROW)


def _rows_of_table(
    part: Part, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any] | None]:
    try:
        table = _rows(part).collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise no_table(part.file, error) from error
    first = part.first or 0
    records = to_parsed(table, part.path, part.source, settings, first=first, brought=part.brought)
    told = None if first else table_source(part.file, Table(table), part.height).as_dict()
    return records, pl.DataFrame(schema=UNPARSED), told


def has_places(path: str | Path) -> bool:
    """Whether the rows of a Parquet table have ids and places: those that ``clean`` gave."""
    return {"record_id", "source", "line"} <= set(schema_of(path))


def _named(part: Part, records: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Rows of a Parquet table with ``record_id`` and ``place``: those that ``clean`` gave, or its rows."""
    first = part.first or 0
    rows = pl.int_range(first + 1, first + records.height + 1, dtype=pl.Int64, eager=True).cast(pl.String)
    if has_places(part.path):
        told = _rows(part).select(_PLACE_OF_ROW, record_id=pl.col("record_id").cast(pl.String))
        return records.with_columns(told.collect())
    ids = rows
    if settings.id_column is not None:
        name = settings.id_column
        name = name if name in schema_of(part.path) else name.removeprefix("input_")
        ids = _rows(part).select(pl.col(name).cast(pl.String)).collect().to_series()
    place = (part.source + ":" + rows).alias(PLACE)
    return records.with_columns(ids.alias("record_id"), place)
