"""Stage 1: files to one row per record, and every line that is in none."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.dumps.archives import Archive
from dedupkit.dumps.content import BadRow, read_content, sha256_of, unreadable
from dedupkit.dumps.files import ARCHIVE_SUFFIXES, PAGE_SUFFIXES, InputFile, Skipped, find_files
from dedupkit.dumps.pages import ARTICLE, Html, html_of_mhtml, read_article, read_listing, read_page
from dedupkit.dumps.rows import Table, is_parquet, read_table
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.tables import to_parsed
from dedupkit.dumps.text import decode, split_lines
from dedupkit.errors import InputError, on_one_line
from dedupkit.record import PARSED, UNPARSED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from dedupkit.config import Settings
    from dedupkit.described import DescribedLayout
    from dedupkit.dumps.reading import Entry, Line, Reading, Unparsed

__all__ = ["Parsed", "Source", "is_parquet", "read_file", "read_inputs", "sha256_of"]


@dataclass(frozen=True, slots=True)
class Source:
    """What was found in one file; a row of the report's table of sources.

    ``unparsed_lines`` counts lines that are in no record, among them ``bad_rows`` that could not be read.
    """

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
    bad_rows: int
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


#: So many files are put together at once.
_FRAMES: Final = 256


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
        if len(frames) >= _FRAMES:  # an empty frame takes as much memory as a hundred records
            frames, unparsed = [_stack(frames)], [pl.concat(unparsed)]
        advance(number, len(files))
    records = with_ids(_stack(frames))
    if records.height == 0:
        raise no_record(files, next((row for frame in unparsed for row in frame.rows()), None))
    return Parsed(records, pl.concat(unparsed), sources, skipped)


def no_record(files: Sequence[InputFile], left: tuple[Any, ...] | None = None) -> InputError:
    """The error of files that hold none; ``left`` is the first row of what could not be read."""
    if left is not None:
        source, line, _, why = left
        return InputError(
            f"{on_one_line(source)}:{line}: no record can be read; {why}.",
            "check that it is whole, and that its suffix says what it is.",
        )
    return InputError(
        f"{', '.join(on_one_line(file.source) for file in files[:5])}: no record in {'it' if len(files) == 1 else 'them'}.",
        "give a dump or a table that holds text.",
    )


class ReadFile(NamedTuple):
    """What was read of one file.

    Attributes:
        records: Without ids; columns of ``record.PARSED``, then its own.
        unparsed: ``record.UNPARSED``.
        source: What was found.
    """

    records: pl.DataFrame
    unparsed: pl.DataFrame
    source: Source


def read_file(file: InputFile, settings: Settings) -> ReadFile:
    """Its records without ids, its lines and rows that are in none, and what was found.

    Raises:
        InputError: It cannot be read, is no text, or, with ``settings.strict``, a row of it cannot be read.
        UsageError: A table lacks a column that the settings name.
    """
    if file.is_table:
        return _read_table_file(file, settings)
    if file.suffix in ARCHIVE_SUFFIXES:
        return _read_archive(file, settings)
    return (_read_page_file if file.suffix in PAGE_SUFFIXES else _read_dump_file)(file, settings)


def refuse_bad_rows(file: InputFile, bad: Sequence[BadRow]) -> None:
    """Raise an error that names the first of them, where there are any."""
    if bad:
        more = f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
        raise InputError(
            f"{file.place}:{bad[0].at or bad[0].line}: {bad[0].why}{more}.",
            "mend what cannot be read; dedupkit clean without --strict reads the rest and tells it in unparsed.parquet.",
        )


def _read_dump_file(file: InputFile, settings: Settings) -> ReadFile:
    content = read_content(file, by_lines=True)
    pages = _Pages(settings.layouts)
    pages.add(Html(content.data), file.place, is_page=False)
    bad = [BadRow(number, *told) for number, told in content.long_lines.items()]
    if content.damage is not None:
        bad.append(BadRow(max(pages.line_count, 1), "", f"{content.damage}; what stands before is read"))
    return pages.finish(file, settings, bad)


def _read_page_file(file: InputFile, settings: Settings) -> ReadFile:
    content = read_content(file)
    is_mhtml = file.suffix in {".mhtml", ".mht"}
    html = html_of_mhtml(content.data) if is_mhtml else Html(content.data)
    if html is None:
        raise InputError(f"{file.place}: no part of it is HTML.", "save the page anew.")
    pages = _Pages(settings.layouts)
    pages.add(html, file.place)
    bad = [] if content.damage is None else [BadRow(max(pages.line_count, 1), "", content.damage)]
    return pages.finish(file, settings, bad)


def _read_archive(file: InputFile, settings: Settings) -> ReadFile:
    archive = Archive(file)
    pages = _Pages(settings.layouts)
    bad = []
    for found in archive.pages():
        if isinstance(found, BadRow):
            bad.append(found._replace(line=max(pages.line_count, 1)))
            continue
        try:
            pages.add(found.html, file.place, is_page=found.is_page)
        except InputError as error:
            told = error.fact.removeprefix(f"{file.place}: ").rstrip(".")
            bad.append(BadRow(max(pages.line_count, 1), found.html.url or "", told))
    if archive.damage is not None:
        if not pages.count and not bad and not archive.passed_over:
            raise unreadable(file, ValueError(archive.damage))
        bad.append(BadRow(max(pages.line_count, 1), "", f"what follows cannot be read ({archive.damage})"))
    told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(archive.passed_over.items()))
    return pages.finish(file, settings, bad, f"{pages.count:,} pages; passed over: {told or 'nothing'}")


class _Pages:
    """The records of pages and texts, one after the other; lines are counted through all of them."""

    def __init__(self, layouts: Sequence[DescribedLayout]) -> None:
        self._layouts = layouts
        self.count = self.line_count = self.blank_lines = 0
        self._entries: list[Entry] = []
        self._urls: list[str | None] = []
        self._unparsed: list[Unparsed] = []
        self._encodings: Counter[str] = Counter()
        self._readings: list[tuple[str, Reading]] = []

    def add(self, html: Html, place: str, *, is_page: bool = True) -> None:
        """Read a page, or a text."""
        if is_page:
            page = read_page(html, place)
            line_count, url, encoding = page.line_count, page.url, page.encoding
            name, reading = read_listing(page, self._layouts) or (ARTICLE, read_article(page))
            text_lines = len(page.lines)
        else:
            text, encoding = decode(html.data, place)
            lines, line_count = split_lines(text)
            name, reading = read_dump(lines, self._layouts)
            url, text_lines = html.url, len(lines)
        for entry in reading.entries:
            entry.lines = [self._behind(line) for line in entry.lines]
        self._unparsed += [left._replace(line=self._behind(left.line)) for left in reading.unparsed]
        self.count += 1
        self.line_count += line_count
        self.blank_lines += line_count - text_lines
        self._entries += reading.entries
        self._urls += [url] * len(reading.entries)
        self._encodings[encoding] += 1
        self._readings.append((name, reading))

    def _behind(self, line: Line) -> Line:
        """A line of a page as one of all pages before and of this."""
        return line._replace(number=line.number + self.line_count)

    def finish(self, file: InputFile, settings: Settings, bad: list[BadRow], why: str = "") -> ReadFile:
        """What was read of all of them, with a column ``url`` where a page says where it was."""
        if settings.strict:
            refuse_bad_rows(file, bad)
        names = {name for name, _ in self._readings}
        told = why or "; ".join(reading.why for _, reading in self._readings)
        source = _source(
            file,
            encoding=", ".join(name for name, _ in self._encodings.most_common()) or None,
            layout=" + ".join(sorted(names)) or ARTICLE,
            confidence=round(min((reading.confidence for _, reading in self._readings), default=0.0), 3),
            why=told,
            lines=self.line_count,
            blank_lines=self.blank_lines,
            records=len(self._entries),
            unparsed_lines=len(self._unparsed) + len(bad),
            bad_rows=len(bad),
            see_more_markers=sum(reading.see_more_markers for _, reading in self._readings),
            glued_labels=[label for _, reading in self._readings for label in reading.glued_labels],
        )
        records = _entry_frame(file.source, self._entries)
        if any(self._urls):
            records = records.with_columns(pl.Series("url", self._urls, dtype=pl.String))
        return ReadFile(records, _unparsed(file, self._unparsed, bad), source)


def _unparsed(file: InputFile, lines: Sequence[Unparsed], bad: Sequence[BadRow]) -> pl.DataFrame:
    """Lines in no record and rows that cannot be read, in the order of the file."""
    rows = [(file.source, left.line.number, left.line.text, left.why) for left in lines]
    rows += [(file.source, row.line, row.text, row.told) for row in bad]
    rows.sort(key=lambda row: row[1])  # stable: what cannot be read stands behind the line it follows
    return pl.DataFrame(rows, schema=UNPARSED, orient="row")


def _source(file: InputFile, **found: Any) -> Source:
    return Source(
        **{
            "source": file.source,
            "sha256": sha256_of(file),
            "bytes": file.path.stat().st_size,
            "lines": None,
            "blank_lines": None,
            "see_more_markers": 0,
            "glued_labels": [],
            **found,
        }
    )


def _entry_frame(source: str, entries: Sequence[Entry]) -> pl.DataFrame:
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
        for entry in entries
    ]
    return pl.DataFrame(rows, schema=_WITHOUT_ID, orient="row")


def _read_table_file(file: InputFile, settings: Settings) -> ReadFile:
    table = read_table(file)
    if settings.strict:
        refuse_bad_rows(file, table.bad)
    records = to_parsed(table.rows, file.place, file.source, settings, numbers=table.numbers)
    return ReadFile(records, _unparsed(file, [], table.bad), table_source(file, table))


def table_source(file: InputFile, table: Table, height: int | None = None) -> Source:
    """What was found in a table; of so many rows, where not all of them are there."""
    height = table.rows.height if height is None else height
    article = "an" if file.suffix[1] in "ai" else "a"
    told = f"{article} {file.suffix[1:]} table of {height} rows and {table.rows.width} columns"
    return _source(
        file,
        encoding=table.encoding,
        layout="table",
        confidence=None,
        why=told + (f" ({table.why})" if table.why else ""),
        records=height,
        unparsed_lines=len(table.bad),
        bad_rows=len(table.bad),
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
