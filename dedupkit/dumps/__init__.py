"""Stage 1: files to one row per record, and every line that is in none."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.dumps.files import InputFile, Skipped, find_files
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.tables import read_table, to_parsed
from dedupkit.dumps.text import decode, split_lines
from dedupkit.errors import InputError
from dedupkit.record import PARSED, UNPARSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from dedupkit.config import Settings
    from dedupkit.dumps.reading import Reading

__all__ = ["Parsed", "Source", "read_bytes", "read_inputs"]


@dataclass(frozen=True, slots=True)
class Source:
    """What was found in one file; a row of the report's table of sources."""

    source: str
    sha256: str
    bytes: int
    encoding: str | None
    layout: str
    confidence: float | None
    why: str
    lines: int | None
    blank_lines: int | None
    records: int
    unparsed_lines: int
    see_more_markers: int
    glued_labels: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As ``facts.json`` holds it."""
        facts = asdict(self)
        furniture = {name: facts.pop(name) for name in ("see_more_markers", "glued_labels")}
        return facts | {"furniture": furniture}


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything that was read.

    Attributes:
        records: Columns of ``record.PARSED``, then the tables' own; in input order.
        unparsed: Columns of ``record.UNPARSED``.
        sources: One for each file.
        skipped: Files that folders hold and that are of no kind that is read.
    """

    records: pl.DataFrame
    unparsed: pl.DataFrame
    sources: list[Source]
    skipped: list[Skipped]


def read_inputs(
    inputs: Sequence[str | Path], settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> Parsed:
    """Read scraped dumps and tables.

    Args:
        inputs: Files and folders.
        settings: Names of table columns.
        advance: Told after each file how many of how many are read.

    Returns:
        Every record and every line that is in none; files in the order of their sources.

    Raises:
        InputError: A file cannot be read, is no text, or nothing holds a record.
        UsageError: A table lacks a column that the settings name.
    """
    files, skipped = find_files(inputs)
    frames: list[pl.DataFrame] = []
    unparsed: list[pl.DataFrame] = []
    sources: list[Source] = []
    for number, file in enumerate(files, start=1):
        records, left, source = read_file(file, settings)
        frames.append(records)
        unparsed.append(left)
        sources.append(source)
        advance(number, len(files))
    records = with_ids(_stack(frames))
    if records.height == 0:
        raise no_record(files)
    return Parsed(records, pl.concat(unparsed), sources, skipped)


def no_record(files: Sequence[InputFile]) -> InputError:
    """The error of files that hold none."""
    return InputError(
        f"{', '.join(file.source for file in files[:5])}: no record in {'it' if len(files) == 1 else 'them'}.",
        "give a dump or a table that holds text.",
    )


def read_file(file: InputFile, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame, Source]:
    """Its records without ids, its lines that are in none, and what was found.

    Raises:
        InputError: It cannot be read, or is no text.
        UsageError: A table lacks a column that the settings name.
    """
    return (_read_table_file if file.is_table else _read_dump_file)(file, settings)


def read_bytes(file: InputFile) -> bytes:
    """Read a file whole, decompressed.

    Raises:
        InputError: It cannot be read or decompressed.
    """
    try:
        data = file.path.read_bytes()
        if file.compression == "gzip":
            return gzip.decompress(data)
        if file.compression == "zstd":
            return _decompress_zstd(data)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(file, error) from error
    return data


def _readable(file: InputFile) -> Path:
    """The path of a file that may be read."""
    try:
        file.path.open("rb").close()
    except OSError as error:
        raise _unreadable(file, error) from error
    return file.path


def _unreadable(file: InputFile, error: Exception) -> InputError:
    what = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"{file.path}: this file cannot be read ({what}).", "check that it is whole and that you may read it."
    )


def sha256_of(file: InputFile) -> str:
    """Of the file as it lies there, compressed or not: what ``sha256sum`` tells."""
    with file.path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _decompress_zstd(data: bytes) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  slow to import, and rarely wanted

    with pa.CompressedInputStream(pa.BufferReader(data), "zstd") as stream:
        return bytes(stream.read())


def _read_dump_file(file: InputFile, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame, Source]:
    data = read_bytes(file)
    text, encoding = decode(data, str(file.path))
    lines, line_count = split_lines(text)
    layout, reading = read_dump(lines, settings.layouts)
    unparsed = pl.DataFrame(
        [(file.source, left.line.number, left.line.text, left.why) for left in reading.unparsed],
        schema=UNPARSED,
        orient="row",
    )
    source = Source(
        source=file.source,
        sha256=sha256_of(file),
        bytes=file.path.stat().st_size,
        encoding=encoding,
        layout=layout,
        confidence=round(reading.confidence, 3),
        why=reading.why,
        lines=line_count,
        blank_lines=line_count - len(lines),
        records=len(reading.entries),
        unparsed_lines=unparsed.height,
        see_more_markers=reading.see_more_markers,
        glued_labels=reading.glued_labels,
    )
    return _entry_frame(file.source, reading), unparsed, source


def _entry_frame(source: str, reading: Reading) -> pl.DataFrame:
    rows = [
        (
            source,
            entry.lines[0].number,
            entry.title,
            entry.abstract,
            entry.authors,
            entry.author_count,
            entry.comment_count,
            entry.organisation,
            entry.published_text,
            entry.published,
        )
        for entry in reading.entries
    ]
    return pl.DataFrame(rows, schema=_WITHOUT_ID, orient="row")


def _read_table_file(file: InputFile, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame, Source]:
    data = _readable(file) if is_parquet(file) else read_bytes(file)
    table, encoding = read_table(data, file.suffix, str(file.path))
    records = to_parsed(table, str(file.path), file.source, settings)
    source = table_source(file, encoding, *table.shape)
    return records, pl.DataFrame(schema=UNPARSED), source


def is_parquet(file: InputFile) -> bool:
    """Whether it is a Parquet file of which rows can be read without the others."""
    return file.suffix == ".parquet" and file.compression is None and file.path.is_file()


def table_source(file: InputFile, encoding: str | None, height: int, width: int) -> Source:
    """What was found in a table."""
    return Source(
        source=file.source,
        sha256=sha256_of(file),
        bytes=file.path.stat().st_size,
        encoding=encoding,
        layout="table",
        confidence=None,
        why=f"a {file.suffix[1:]} table of {height} rows and {width} columns",
        lines=None,
        blank_lines=None,
        records=height,
        unparsed_lines=0,
        see_more_markers=0,
        glued_labels=[],
    )


_WITHOUT_ID: Final = {name: dtype for name, dtype in PARSED.items() if name != "record_id"}


def _stack(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Stack frames whose own columns differ; where their types clash, the column becomes text."""
    try:
        return pl.concat(frames, how="diagonal")
    except pl.exceptions.PolarsError:
        clashing = clashing_columns(frame.schema for frame in frames)
        return pl.concat([frame.with_columns(as_text(frame, clashing)) for frame in frames], how="diagonal")


def clashing_columns(schemas: Iterable[Mapping[str, pl.DataType]]) -> set[str]:
    """Columns of more than one type."""
    kinds: dict[str, set[pl.DataType]] = {}
    for schema in schemas:
        for name, dtype in schema.items():
            kinds.setdefault(name, set()).add(dtype)
    return {name for name, dtypes in kinds.items() if len(dtypes) > 1}


def as_text(frame: pl.DataFrame, names: set[str]) -> list[pl.Series]:
    """Columns of a frame as texts."""

    def text(column: pl.Series) -> pl.Series:
        if column.dtype.is_nested():
            encoded = pl.DataFrame({"value": column}).select(pl.struct("value").struct.json_encode())
            return encoded.to_series().alias(column.name)
        return column.cast(pl.String)

    return [text(frame[name]) for name in frame.columns if name in names]


def record_ids(records: pl.DataFrame) -> pl.Series:
    """The id of each record: 16 hex digits of source, line and raw text, and of nothing else.

    Reads ``source``, ``line``, ``title_raw`` and ``abstract_raw``.
    """
    names = ("source", "line", "title_raw", "abstract_raw")
    ids = [
        hashlib.blake2b(
            "\0".join("" if part is None else str(part) for part in row).encode(), digest_size=8
        ).hexdigest()
        for row in records.select(names).iter_rows()
    ]
    return pl.Series("record_id", ids, dtype=pl.String)


def with_ids(records: pl.DataFrame) -> pl.DataFrame:
    """Records with their ids, columns in the order of ``record.PARSED``, then a table's own."""
    own = [name for name in records.columns if name not in PARSED]
    return records.with_columns(record_ids(records)).select(*PARSED, *own)
