"""Tables to rows: what can be read of them, and each row that cannot."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import polars as pl

from dedupkit.dumps.content import LINE_LIMIT, BadRow, Content, read_content
from dedupkit.dumps.text import decode, is_utf8
from dedupkit.errors import InputError, clause_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dedupkit.dumps.files import InputFile

_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}

#: Tables whose rows are lines, or a few.
_BY_LINES: Final = (".jsonl", ".ndjson", ".csv", ".tsv")

#: Values that are nested deeper become JSON text: polars takes minutes for 500 and dies of 800.
_MOST_DEPTH: Final = 32

#: A row of CSV that goes over more lines than this has a quote that was never closed.
_MOST_LINES_OF_A_ROW: Final = 1_000

#: How much is shown of what is no row.
_SHOWN_CHARS: Final = 400

#: "\ud83d\ude00" is a character; one half of it is none, and polars makes NUL of it.
_SURROGATE_RE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_SURROGATE_PAIR_RE: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")

#: What polars and others raise of bytes that are damaged; a panic is no Exception.
_BROKEN: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


@dataclass(slots=True)
class Table:
    """A table as read.

    Attributes:
        rows: What could be read.
        encoding: Of its text; None for formats that have none.
        numbers: Which row of the table each is, from 1; None: they are all there.
        bad: Rows that could not be read.
        why: What was found, where it is not said by rows and columns.
    """

    rows: pl.DataFrame
    encoding: str | None = None
    numbers: pl.Series | None = None
    bad: list[BadRow] = field(default_factory=list)
    why: str = ""


def read_table(file: InputFile) -> Table:
    """Read a table: every row of it that can be read.

    Text that is not UTF-8 is decoded as that of a dump is. Columns of CSV and TSV are text.

    Raises:
        InputError: It is no table of its kind.
    """
    if is_parquet(file) and file.path.stat().st_size:
        return _read_parquet(file, None)
    content = read_content(file, by_lines=file.suffix in _BY_LINES)
    if not content.data and content.damage is None:
        return Table(pl.DataFrame())
    if file.suffix == ".parquet":
        return _read_parquet(file, content)
    if file.suffix in {".arrow", ".ipc", ".feather", ".arrows"}:
        return _read_arrow(file, content)
    table, rest = _read_text(file, content)
    if content.damage is not None:
        count = table.rows.height + len(table.bad)
        table.bad.append(BadRow(count + 1, _shown(rest), content.damage))
    return table


def _read_text(file: InputFile, content: Content) -> tuple[Table, str]:
    """A table that is text, and what stands behind the last line of one that was cut: no row that can be trusted."""
    text, encoding = content.data, "utf-8"
    if not is_utf8(text):
        decoded = decode(text, file.place, is_text=True)
        text, encoding = decoded.text.encode(), decoded.encoding
    text = text.removeprefix(codecs.BOM_UTF8)
    rest = b""
    if content.damage is not None and file.suffix in _BY_LINES:
        rest = text[text.rfind(b"\n") + 1 :]
        text = text.removesuffix(rest)
    if not text.strip() and not content.long_lines:
        return Table(pl.DataFrame(), encoding), rest.decode("utf-8", "replace")
    try:
        if file.suffix in _SEPARATORS:
            table = _read_csv(text, content, file)
        elif file.suffix == ".json":
            table = _read_json(text, file)
        else:
            table = _read_json_lines(text, content)
    except _BROKEN as error:
        raise no_table(file, error) from error
    table.encoding = encoding
    return table, rest.decode("utf-8", "replace")


def is_parquet(file: InputFile) -> bool:
    """Whether it is a Parquet file of which rows can be read without the others."""
    return file.suffix == ".parquet" and file.compression is None and file.path.is_file()


def no_table(file: InputFile, error: BaseException) -> InputError:
    """The error of a file that is not what its suffix says."""
    return InputError(
        f"{file.place}: this is no {file.suffix[1:]} table that can be read ({clause_of(error)}).",
        "check that the file is whole and that its suffix says what it is.",
    )


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


# CSV and TSV


def _read_csv(data: bytes, content: Content, file: InputFile) -> Table:
    separator = _SEPARATORS[file.suffix]
    quoting: tuple[str | None, ...] = (
        ('"', None) if file.suffix == ".tsv" else ('"',)
    )  # many TSV files quote nothing
    if not content.long_lines:
        for quote in quoting:
            with suppress(pl.exceptions.PolarsError):
                return Table(_parse_csv(data, separator, quote))
    lines = data.decode("utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    tried = [(_good_rows(lines, separator, quote, content), quote) for quote in quoting]
    (good, numbers, bad), quote = min(tried, key=lambda each: len(each[0][2]))  # the first of equal ones
    rows = _parse_csv("".join(good).encode(), separator, quote)
    return Table(rows, numbers=pl.Series(numbers, dtype=pl.Int64), bad=bad)


def _parse_csv(data: bytes, separator: str, quote: str | None) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(data), separator=separator, quote_char=quote, infer_schema=False)


def _good_rows(
    lines: list[str], separator: str, quote: str | None, content: Content
) -> tuple[list[str], list[int], list[BadRow]]:
    """The head and the rows that have its columns, as they stand; what is no row is left out line by line.

    Returns:
        The text of each, which row each but the head is, and the lines that are left out.
    """
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    good: list[str] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    width, at, number = 0, 0, 0
    while at < len(lines) and not lines[at].strip("\r") and at + 1 not in content.long_lines:
        at += 1  # polars passes over blank lines before the head
    with _long_fields():
        while at < len(lines):
            some = (f"{lines[row]}\n" for row in range(at, min(at + _MOST_LINES_OF_A_ROW, len(lines))))
            reader = csv.reader(some, delimiter=separator, quoting=quoting, strict=True)
            why, fields = content.long_lines.get(at + 1, ("", ""))[1], []
            if not why:
                try:
                    fields = next(reader)
                except csv.Error as error:
                    why = str(error).rstrip(".")
            width = width or len(fields)
            if len(fields) > width:
                why = f"this row has {len(fields)} columns, and the head has {width}"
            if why and not number:
                raise ValueError(f"line {at + 1}, the head: {why}")
            if why:
                text = content.long_lines[at + 1][0] if at + 1 in content.long_lines else lines[at]
                bad.append(BadRow(number, text.rstrip("\r"), why, at + 1))
                at += 1
            else:
                text = "".join(f"{line}\n" for line in lines[at : at + reader.line_num])
                good.append(_as_it_stands(text, fields, separator, quote))
                if number:
                    numbers.append(number)
                at += reader.line_num
            number += 1
    return good, numbers, bad


def _as_it_stands(text: str, fields: list[str], separator: str, quote: str | None) -> str:
    """A row's text; written anew where a quote in it is none of CSV's."""
    if quote is None or all(
        '"' not in field or '"' + field.replace('"', '""') + '"' in text for field in fields
    ):
        return text
    row = io.StringIO()
    csv.writer(row, delimiter=separator, lineterminator="\n").writerow(fields)
    return row.getvalue()


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let csv read fields of any length that a line may have."""
    before = csv.field_size_limit(_MOST_LINES_OF_A_ROW * LINE_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


# JSON Lines and JSON


def _read_json_lines(data: bytes, content: Content | None = None) -> Table:
    long_lines = content.long_lines if content else {}
    if not long_lines and (rows := _parse_json_lines(data)) is not None:
        return Table(rows)
    good: list[bytes] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    number = 0
    for at, line in enumerate(data.split(b"\n"), start=1):
        if at in long_lines:
            number += 1
            text, why = long_lines[at]
            bad.append(BadRow(number, text, why, at))
        elif line.strip():
            number += 1
            try:
                parse_json_row(line)
            except ValueError as error:
                bad.append(BadRow(number, line.decode("utf-8").strip(), str(error), at))
            else:
                good.append(line)
                numbers.append(number)
    joined = b"\n".join(good)
    rows = _parse_json_lines(joined) if bad else None
    if rows is None:
        rows = _frame(good)
    return Table(rows, numbers=pl.Series(numbers, dtype=pl.Int64) if bad else None, bad=bad)


def _parse_json_lines(data: bytes) -> pl.DataFrame | None:
    """All of JSON Lines at once; None where polars cannot, or would lose something."""
    from dedupkit.dumps.kernels import deepest  # noqa: PLC0415  loads numba

    if not data.strip():
        return pl.DataFrame()
    if deepest(np.frombuffer(data, np.uint8)) > _MOST_DEPTH or _has_half_surrogates(data):
        return None
    try:
        return pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
    except _BROKEN:
        return None


def _has_half_surrogates(data: bytes) -> bool:
    return bool(_SURROGATE_RE.search(data) and _SURROGATE_RE.search(_SURROGATE_PAIR_RE.sub(b"", data)))


def parse_json_row(line: bytes | str) -> dict[str, Any]:
    """One object of JSON.

    Raises:
        ValueError: It is none: what it is, in a clause.
    """
    try:
        row = json.loads(line)
    except RecursionError:
        raise ValueError("its values are nested too deep") from None
    except ValueError as error:
        raise ValueError(f"this is not JSON ({_one_clause(error)})") from None
    if not isinstance(row, dict):
        raise ValueError(f"this is {_KINDS.get(type(row), 'a number')}, not an object")  # noqa: TRY004  of the data
    return row


_KINDS: Final = {list: "an array", str: "a string", bool: "true or false", type(None): "null"}


def _one_clause(error: Exception) -> str:
    """What Python says of JSON, without what it says of where."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}: column {error.colno}"
    return str(error).split(";")[0]


def _frame(lines: Sequence[bytes]) -> pl.DataFrame:
    """Objects as rows, one by one: columns of mixed or deep values become JSON text."""
    rows = [json.loads(line) for line in lines]
    columns = dict.fromkeys(_whole(name) for row in rows for name in row)
    rows = [{_whole(name): value for name, value in row.items()} for row in rows]
    return pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in columns])


def _series(name: str, values: list[Any]) -> pl.Series:
    values = [_whole(value) if isinstance(value, str) else value for value in values]
    if not any(isinstance(value, dict | list) and not _is_plain(value) for value in values):
        with suppress(TypeError, OverflowError, pl.exceptions.PolarsError):
            return pl.Series(name, values, strict=True)
    as_text = [
        value if isinstance(value, str | None) else _whole(json.dumps(value, ensure_ascii=False))
        for value in values
    ]
    return pl.Series(name, as_text, dtype=pl.String)


def _is_plain(value: Any) -> bool:
    """Whether a nested value is not too deep, and all its text is Unicode."""
    level = [value]
    for _ in range(_MOST_DEPTH):
        inner = [
            each for one in level for each in (one if isinstance(one, list) else [*one.keys(), *one.values()])
        ]
        if any(isinstance(each, str) and _whole(each) != each for each in inner):
            return False
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return True
    return False


def _whole(text: str) -> str:
    r"""Text whose surrogates are characters: halves become U+FFFD.

    >>> _whole("a\ud83d\ude00b\ud83d") == "a😀b\N{REPLACEMENT CHARACTER}"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _read_json(data: bytes, file: InputFile) -> Table:
    """An array of objects; or an object that holds one, or is one row; or objects one after the other."""
    text = data.decode("utf-8")
    at = _after_space(text, 0)
    if text.startswith("{", at):
        with suppress(ValueError, RecursionError):
            whole, end = _DECODER.raw_decode(text, at)
            if _after_space(text, end) == len(text):
                return _read_object(whole)
    elif not text.startswith("[", at):
        raise no_table(file, ValueError("it begins neither with [ nor with {"))
    return _as_lines(*_elements(text, at))


def _read_object(whole: dict[str, Any]) -> Table:
    """The array of objects that an object holds, if it is the only one; else it is one row."""
    arrays = [name for name, value in whole.items() if _is_table(value)]
    rows = whole[arrays[0]] if len(arrays) == 1 else [whole]
    table = _as_lines([json.dumps(row) for row in rows], [], [])
    table.why = f"the array {arrays[0]!r} of an object" if len(arrays) == 1 else ""
    return table


_DECODER: Final = json.JSONDecoder()
_SPACE_RE: Final = re.compile(r"[ \t\n\r]*")


def _after_space(text: str, at: int) -> int:
    match = _SPACE_RE.match(text, at)
    return match.end() if match else at


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _elements(text: str, at: int) -> tuple[list[str], list[int], list[BadRow]]:
    """The objects of an array, or those that stand one after the other: their text, which each is, and what is none.

    Behind a broken one reading goes on at the next line that begins as that of the first object did.
    """
    in_array = text.startswith("[", at)
    at = _after_space(text, at + in_array)
    beginning = text[text.rfind("\n", 0, at) : at + 1] if "\n" in text[:at] else ""  # "\n  {"
    if not in_array:
        beginning = "\n{"
    good: list[str] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    number, line, counted = 0, 1, 0
    while at < len(text) and not (in_array and text.startswith("]", at)):
        number += 1
        end, why = _element(text, at, in_array=in_array)
        if end is None:  # where it ends is not known
            following = text.find(beginning, at + 1) if beginning else -1
            end = following + len(beginning) - 1 if following >= 0 else len(text)
        if why is None:
            good.append(text[at:end])
            numbers.append(number)
        else:
            line, counted = line + text.count("\n", counted, at), at
            rest = f"; {end - at:,} characters are passed over" if end - at > _SHOWN_CHARS else ""
            bad.append(BadRow(number, _shown(text[at:end].strip()), f"{why}{rest}", line))
        at = _after_space(text, end)
        at = _after_space(text, at + 1) if text.startswith(",", at) else at
    if in_array and at >= len(text) and not bad:
        bad.append(BadRow(number + 1, "", "the file ends before the array does"))
    return good, numbers, bad


def _element(text: str, at: int, *, in_array: bool) -> tuple[int | None, str | None]:
    """Where a value ends, None if that is not known; and why it is no row, None if it is one."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        return None, "its values are nested too deep"
    except ValueError as error:
        return None, f"this is not JSON ({_one_clause(error)})"
    behind = _after_space(text, end)
    if in_array and behind < len(text) and text[behind] not in ",]":
        return None, "this is not JSON (no comma behind it)"
    if isinstance(value, dict):
        return end, None
    return end, f"this is {_KINDS.get(type(value), 'a number')}, not an object"


def _as_lines(rows: list[str], numbers: list[int], bad: list[BadRow]) -> Table:
    table = _read_json_lines("\n".join(re.sub(r"[\n\r]", " ", row) for row in rows).encode())
    table.numbers = pl.Series(numbers, dtype=pl.Int64) if bad else None
    table.bad = bad
    return table


# Parquet and Arrow


def _read_parquet(file: InputFile, content: Content | None) -> Table:
    """All row groups, or those that can be read."""
    import pyarrow as pa  # noqa: PLC0415  slow to import, and wanted for its formats alone
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        opened = pq.ParquetFile(file.path if content is None else pa.BufferReader(content.data))
        metadata = opened.metadata
        size = file.path.stat().st_size if content is None else len(content.data)
        if metadata.num_rows > _MOST_ROWS_A_BYTE * size:
            raise InputError(
                f"{file.place}: it says that it has {metadata.num_rows:,} rows in {size:,} bytes.",
                "no text is that small: leave it out.",
            )
        if _are_sound(opened, metadata):
            with suppress(*_BROKEN):
                if content is None:
                    return Table(pl.read_parquet(file.path, glob=False))
                return Table(pl.read_parquet(io.BytesIO(content.data)))
        return _read_groups(opened, metadata)
    except (*_BROKEN, pa.ArrowException) as error:
        raise no_table(file, error) from error


#: A row of a Parquet file may take less than a byte, where it is as the one before; but not much less.
_MOST_ROWS_A_BYTE: Final = 250


def _are_sound(opened: Any, metadata: Any) -> bool:
    """Whether pyarrow reads all row groups: at pages that claim the impossible polars would end the process."""
    try:
        for group in range(metadata.num_row_groups):
            opened.read_row_group(group)
    except (*_BROKEN, EOFError):
        return False
    return True


def _read_groups(opened: Any, metadata: Any) -> Table:
    """The row groups that can be read; the rows of each other one are told."""
    frames: list[pl.DataFrame] = []
    numbers: list[pl.Series] = []
    bad: list[BadRow] = []
    first = 1
    for group in range(metadata.num_row_groups):
        count = metadata.row_group(group).num_rows
        try:
            table = opened.read_row_group(group)
            table.validate(full=True)
            frame = _from_arrow(table)
        except (*_BROKEN, EOFError) as error:
            why = f"its row group cannot be read ({clause_of(error)})"
            bad += [BadRow(row, "", why) for row in range(first, first + count)]
        else:
            frames.append(frame)
            numbers.append(pl.int_range(first, first + count, dtype=pl.Int64, eager=True))
        first += count
    if not frames:
        raise ValueError(bad[0].why if bad else "no row group can be read")
    return Table(pl.concat(frames), numbers=pl.concat(numbers), bad=bad)


def _from_arrow(table: Any) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _read_arrow(file: InputFile, content: Content) -> Table:
    """An IPC file or stream: the batches that can be read; of a file that was cut, if it is a stream but for its end."""
    import pyarrow as pa  # noqa: PLC0415

    data = memoryview(content.data)
    broken = (*_BROKEN, pa.ArrowException)
    try:
        if content.data.startswith(_ARROW_FILE):
            with suppress(*broken):
                opened = pa.ipc.open_file(data)
                return _of_batches(
                    opened.schema, map(opened.get_batch, range(opened.num_record_batches)), content
                )
            data = data[len(_ARROW_FILE) :]
        stream = pa.ipc.open_stream(data)
        return _of_batches(stream.schema, iter(stream), content)
    except broken as error:
        raise no_table(file, error) from error


#: How an IPC file begins; behind it most writers put a stream, and at its end where each batch is.
_ARROW_FILE: Final = b"ARROW1\0\0"


def _of_batches(schema: Any, coming: Iterator[Any], content: Content) -> Table:
    """Batches up to the end or to a damage."""
    import pyarrow as pa  # noqa: PLC0415

    from dedupkit.dumps.arrow import sound_batch  # noqa: PLC0415  loads pyarrow

    batches: list[Any] = []
    told = content.damage
    while True:
        try:
            batch = sound_batch(next(coming))
        except StopIteration:
            break
        except (*_BROKEN, pa.ArrowException) as error:
            told = clause_of(error)
            break
        batches.append(batch)
    rows = _from_arrow(pa.Table.from_batches(batches, schema))
    return Table(
        rows, bad=[BadRow(rows.height + 1, "", f"what follows cannot be read ({told})")] if told else []
    )
