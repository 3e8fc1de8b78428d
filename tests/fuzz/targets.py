"""What both fuzzers call: each target gives any bytes to a part of the package and asserts what must hold.

Only ``DedupkitError`` may be raised, and what it says is one line that names the file. ``test_fuzz.py`` drives the targets with
hypothesis, ``benchmarks/fuzz.py`` with atheris. To add one: a function here and its row in ``TARGETS``.
"""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl
import pyarrow as pa

from dedupkit.config import MathStyle, Settings, load_settings
from dedupkit.described import DescribedLayout
from dedupkit.dumps import files, read_inputs
from dedupkit.dumps.sniff import glued_labels, recognise
from dedupkit.dumps.text import split_lines
from dedupkit.errors import DedupkitError
from dedupkit.gate.baseline import as_json, load_baseline
from dedupkit.language import identify
from dedupkit.matches import mark_duplicates
from dedupkit.matches.bases import open_base
from dedupkit.matches.details import gram_sets, name_sets, shingle_sets, years_named
from dedupkit.matches.fingerprints import sign, text_keys, title_words
from dedupkit.matches.index import Index, write_index
from dedupkit.matches.marks import ADDED
from dedupkit.matches.streams import FrameRecords, ParquetRecords
from dedupkit.notices import is_notice
from dedupkit.quality.suite import load_suite
from dedupkit.record import IN_CLEAN, PARSED, UNPARSED, VERDICTS
from dedupkit.repair import may_need_repair, repair_column, repair_text, replay
from dedupkit.repair.eaten import restore_eaten_escapes
from dedupkit.repair.edits import run_steps
from dedupkit.repair.escapes import decode_unicode_escapes
from dedupkit.repair.furniture import remove_see_more_markers
from dedupkit.repair.misread import fold_misread
from dedupkit.repair.phases import phases
from dedupkit.repair.spacing import normalise_whitespace
from dedupkit.repair.stripped import (
    THRESHOLDS,
    accepted_commands,
    candidates,
    glance,
    may_hold_stripped_math,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedupkit.dumps import Parsed
    from dedupkit.matches import Marked

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = ROOT / "tests" / "dumps" / "pages"

#: Between the texts that a target takes several of, and between the title and the abstract of one.
NEXT_TEXT: Final = "\x1e"
NEXT_PART: Final = "\x1f"


class Target(NamedTuple):
    """A part of the package that takes any bytes.

    Attributes:
        run: Gives it the bytes, and asserts.
        seeds: Small inputs that it takes.
        bits: What such inputs are made of.
        examples: How many inputs hypothesis tries.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    bits: tuple[bytes, ...]
    examples: int


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """One folder for the files of a process, kept as long as it runs."""
    return tempfile.TemporaryDirectory(prefix="dedupkit-fuzz-")


def _file(name: str, data: bytes) -> Path:
    path = Path(_folder().name, name)
    path.write_bytes(data)
    return path


def _is_told(error: DedupkitError, path: Path | None) -> str:
    """What an error says: one line that names the file, and that any terminal can print."""
    assert len(error.fact.splitlines()) == 1, f"not one line: {error.fact!r}"
    assert path is None or path.name in error.fact, f"names no file: {error.fact!r}"
    str(error).encode()
    return str(error)


# Files


def _read(path: Path, *, strict: bool = False) -> Parsed | str:
    try:
        return read_inputs([path], Settings(strict=strict))
    except DedupkitError as error:
        return _is_told(error, path)


def read(data: bytes, suffix: str) -> None:
    """Every record and every line that is in none; the same once more, unless a row cannot be read and must be."""
    path = _file(f"input{suffix}", data)
    first, second = _read(path), _read(path, strict=True)
    if isinstance(first, str):
        assert isinstance(second, str)
        return
    assert isinstance(second, str) == any(source.bad_rows for source in first.sources)
    if not isinstance(second, str):
        assert first.records.equals(second.records)
        assert first.unparsed.equals(second.unparsed)
        assert first.sources == second.sources
    records = first.records
    assert dict(list(records.schema.items())[: len(PARSED)]) == PARSED
    assert records["record_id"].str.contains("^[0-9a-f]{16}$").all()
    assert first.unparsed.schema == UNPARSED
    json.dumps(records.select(*PARSED).rows(), ensure_ascii=False, default=str).encode()
    (source,) = first.sources
    assert source.records == records.height
    assert source.unparsed_lines == first.unparsed.height >= source.bad_rows
    if suffix == ".jsonl" and source.encoding == "utf-8":
        assert records.height + source.bad_rows == sum(bool(line.strip()) for line in data.split(b"\n"))
    if source.lines is not None and not source.bad_rows:
        assert source.blank_lines is not None
        lines = [*records["line"], *first.unparsed["line"]]
        assert len(set(lines)) == len(lines) <= source.lines - source.blank_lines


def read_compressed(data: bytes, compression: str) -> None:
    """As ``read``, of a file whose inner suffix is the first line of the data."""
    suffix, _, data = data.partition(b"\n")
    read(data, (f".{suffix.decode('ascii', 'replace')}" if suffix in _INNER else ".txt") + compression)


_DESCRIBED: Final = (
    DescribedLayout("plain", ("title", "authors", "abstract+")),
    DescribedLayout(
        "numbered",
        ("title", "published?", "abstract"),
        patterns={"title": r"^\d+[.)] (.+)", "furniture": "^PDF$"},
    ),
)


def read_lines(data: bytes) -> None:
    """Whatever the layout, every line that is not blank is in one entry or in none."""
    text = data.decode("utf-8", "replace")
    lines, count = split_lines(text)
    assert len({line.number for line in lines}) == len(lines) <= count
    recognised = recognise(lines, _DESCRIBED)
    for reading in (recognised.reading, *(reading for _, reading in recognised.readings)):
        assert 0 <= reading.confidence <= 1
        there = [line for entry in reading.entries for line in entry.lines]
        there += [left.line for left in reading.unparsed]
        assert [line[:2] for line in sorted(there)] == [line[:2] for line in lines]
        assert all(entry.lines and entry.lines == sorted(entry.lines) for entry in reading.entries)
        numbers = [entry.lines[0].number for entry in reading.entries]
        assert numbers == sorted(numbers)
        assert all(left.why for left in reading.unparsed)
    covered = [
        line for each in recognised.segments for line in lines if each.first <= line.number <= each.last
    ]
    assert covered == lines
    glued_labels(text, _DESCRIBED)


def read_in_batches(data: bytes) -> None:
    """A Parquet file that is read batch by batch holds the rows that it says it has, and names each."""
    path = _file("table.parquet", data)
    try:
        base = open_base(path, Settings())
        assert isinstance(base.records, ParquetRecords)
        heights = [batch.height for batch in base.records.batches()]
    except DedupkitError as error:
        _is_told(error, path)
        return
    assert sum(heights) == base.records.height == base.names.height


def _parquet(frame: pl.DataFrame, compression: str = "zstd") -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression=compression)
    return out.getvalue()


_ROWS: Final = [
    {"id": "a1", "title": "On Sorting", "abstract": "We sort.\nTwice.", "authors": ["Ada Lovelace", " Grace Hopper "], "score": 0.5, "published": "2024-02-29"},
    {"id": "a2", "title": None, "abstract": "Only a text, with “quotes”, commas\tand tabs", "authors": None, "score": None, "published": None},
]  # fmt: skip


@cache
def _tables() -> tuple[pl.DataFrame, ...]:
    rows = pl.DataFrame(_ROWS)
    others = pl.DataFrame(
        {"text": ["a", "b", "a"], "year": [2020, None, 2021], "comment_count": ["1", "2", "x"]}
    )
    typed = others.with_columns(
        pl.col("text").cast(pl.Categorical),
        pl.col("year").cast(pl.Decimal(9, 2)).alias("price"),
        pl.struct("text", "year").alias("pair"),
        pl.col("year").cast(pl.Datetime("ns", "UTC")).alias("published"),
        pl.col("text").cast(pl.Binary).alias("raw"),
        pl.Series("authors", [[], ["x"], None], dtype=pl.List(pl.String)),
    )
    return rows, others, typed


def _of_tables(suffix: str) -> list[bytes]:
    rows, others, typed = _tables()
    flat = rows.with_columns(pl.col("authors").list.join(";"))
    match suffix:
        case ".csv":
            return [flat.write_csv().encode(), others.write_csv(line_terminator="\r\n").encode("utf-16")]
        case ".tsv":
            return [flat.write_csv(separator="\t").encode(), b'title\ttext\na "b\tc\n']
        case ".jsonl":
            lines = rows.write_ndjson() + '{"title": 3, "abstract": {"a": [1, null]}, "b": 1e300}\n'
            return [rows.write_ndjson().encode(), lines.encode(), others.write_ndjson().encode()]
        case ".json":
            return [rows.write_json().encode(), b'{"data": [{"title": "a", "text": "b"}]}']
        case ".arrow":
            out = io.BytesIO()
            rows.write_ipc(out)
            return [out.getvalue()]
        case _:
            compressions = ("zstd", "snappy", "uncompressed")
            return [
                _parquet(table, name) for table, name in zip((rows, others, typed), compressions, strict=True)
            ]


def _of_sets() -> list[bytes]:
    rows, _, _ = _tables()
    named = rows.with_columns(record_id="id", source=pl.lit("a.txt"), line=pl.int_range(1, rows.height + 1))
    return [*_of_tables(".parquet"), _parquet(named)]


def _of_pages() -> list[bytes]:
    pages = [path.read_bytes() for path in sorted(PAGES.glob("*.txt"))]
    seeds = [b"".join(path.read_bytes().splitlines(keepends=True)[:12]) for path in sorted((ROOT / "seeds").glob("*.txt"))]  # fmt: skip
    others = ["naïve\r\n\r\ncafé\r\n".encode("utf-16"), "caf\xe9 na\xefve\n".encode("latin-1"), "Знание – сила\n".encode("cp1251"), "深度学习\n".encode("gb18030")]  # fmt: skip
    return [*pages, *(seed[:1200] for seed in seeds), *others]


def _of_sites(suffix: str) -> list[bytes]:
    entry = "<li><h3><a href='/{0}'>A work on sorting number {0}</a></h3><p>By Ada Lovelace</p><p>We show how to sort things that are many, in linear time. It is the {0}th of its kind.</p></li>"
    listing = "<ul>" + "".join(entry.format(number) for number in range(1, 5)) + "</ul>"
    html = f"<!DOCTYPE html><html><head><meta charset=utf-8><title>Works</title></head><body><nav><a href='/'>Home</a></nav><main><h1>Works</h1>{listing}</main></body></html>".encode()
    article = b"<html><head><title>On Sorting</title></head><body><article><h1>On Sorting</h1><p>We sort, and tell how. It takes some time, but not much more than that.</p><p>Then we stop.</p></article><footer>(c)</footer></body></html>"
    mime = b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n' + html + b"\r\n--b--\r\n"  # fmt: skip
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
    warc = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\nWARC-Target-URI: https://a.org/\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
    warc = warc.encode() + answer + b"\r\n\r\n"
    return {".mhtml": [mime, html], ".warc": [warc, warc * 2]}.get(suffix, [html, article])


#: Formats that are read: what their seeds are, and what those are made of. One line adds one; what this version does not read is passed over.
_FORMATS: Final[dict[str, tuple[Callable[[], list[bytes]], tuple[bytes, ...]]]] = {
    ".txt": (_of_pages, ("\n", "\n\n", "\r\n", "\r", "Title", "Abstract. It is so.", "Ada Lovelace", "see more", "… (see more)", "View PDF", "1 Jan 2024", "\ufeff", "\u2028", "é", "Ã©", "%PDF-", "\0", "12 comments", "Page 2")),
    ".jsonl": (partial(_of_tables, ".jsonl"), ('{"', '":', '"', "{", "}", "[", "]", ",", "\n", "null", "true", "1e999", "-1", "18446744073709551616", "NaN", "\\u0000", "\\ud800", '{"title": "a"}', '"text"', '"authors"', "[[[[", '"published": "2024-13-01"')),
    ".csv": (partial(_of_tables, ".csv"), (",", '"', '""', "\n", "\r\n", "\r", "title,abstract", "text", "authors", ";", "published", "\0", "é", "title,title")),
    ".tsv": (partial(_of_tables, ".tsv"), ("\t", '"', "\n", "\r\n", "title\tabstract", "text", "authors", ";", "é")),
    ".parquet": (partial(_of_tables, ".parquet"), ("PAR1", "title", "abstract", "schema", "\0\0\0\0", "\xff\xff", "\x15\x04", "\x19\x1c")),
    ".json": (partial(_of_tables, ".json"), ('{"', '":', '"', "{", "}", "[", "]", ",", "null", "1e999", "\\ud800", '"text"', "[[[[")),
    ".arrow": (partial(_of_tables, ".arrow"), ("ARROW1", "title", "\0\0\0\0", "\xff\xff\xff\xff")),
    ".html": (partial(_of_sites, ".html"), ("<p>", "</p>", "<div>", "<h2>", "<br>", "<!--", "-->", "<script>", "<![CDATA[", "&amp;", "&#x0;", "&#xD800;", "<meta charset=utf-16>", "<table><tr><td>", "<template>", "<svg>")),
    ".mhtml": (partial(_of_sites, ".mhtml"), ("--b\r\n", "--b--", "Content-Type: text/html\r\n", "Content-Transfer-Encoding: base64\r\n", "quoted-printable", "=3D", "boundary=", "charset=utf-7", "\r\n\r\n")),
    ".warc": (partial(_of_sites, ".warc"), ("WARC/1.0\r\n", "Content-Length: 5\r\n", "Content-Length: -1\r\n", "WARC-Type: response\r\n", "WARC-Type: conversion\r\n", "HTTP/1.1 200 OK\r\n", "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n", "\r\n\r\n")),
}  # fmt: skip

#: Compressions, and what makes them.
_COMPRESSIONS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".gz": partial(gzip.compress, mtime=0),
    ".zst": lambda data: pa.compress(data, "zstd", asbytes=True),
    ".bz2": lambda data: __import__("bz2").compress(data),
    ".xz": lambda data: __import__("lzma").compress(data),
}

#: All suffixes that this version reads.
_KNOWN: Final = {
    suffix for name, table in vars(files).items() if name.endswith("SUFFIXES") for suffix in table
} | set(files.COMPRESSIONS)

_INNER: Final = frozenset(suffix[1:].encode() for suffix in _FORMATS if suffix in _KNOWN)


def _of_compressed(compression: str) -> list[bytes]:
    packed = _COMPRESSIONS[compression]
    return [
        suffix[1:].encode() + b"\n" + packed(seed[:1500])
        for suffix, (seeds, _) in _FORMATS.items()
        if suffix in _KNOWN
        for seed in seeds()[:1]
    ]


# Texts


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


_STYLES: Final = tuple(
    MathStyle(level, rendering) for level in ("balanced", "safe", "off") for rendering in ("unicode", "latex")
)

#: Steps that leave themselves nothing to do.
_SETTLED: Final = (
    restore_eaten_escapes,
    decode_unicode_escapes,
    remove_see_more_markers,
    normalise_whitespace,
)


def _replays(raw: str, text: str, changes: list) -> None:
    assert replay(raw, changes) == text
    end = 0
    for change in changes:
        assert end <= change.start
        assert raw[change.start : change.start + len(change.before)] == change.before != change.after
        end = change.start + len(change.before)
    text.encode()


def repair(data: bytes) -> None:
    """A text repaired in every style: its changes replay, and what the screen passes has none."""
    raw = _text(data)
    for style in _STYLES:
        text, changes = repair_text(raw, style)
        _replays(raw, text, changes)
        if not may_need_repair(pl.Series([raw]), mathematics=style.level != "off")[0]:
            assert not changes


def repair_by_steps(data: bytes) -> None:
    """Each step on its own: its edits are in order and replay, and the screen of its phase knows of them."""
    raw = _text(data)
    for phase in (*phases(_STYLES[0]), *phases(_STYLES[1])):
        text, changes = run_steps(raw, phase.steps)
        _replays(raw, text, changes)
        if not phase.may_change(pl.Series([raw]))[0]:
            assert not changes
        for step in phase.steps:
            edits = step(raw)
            assert all(0 <= edit.start <= edit.end <= len(raw) for edit in edits)
            assert all(left.end <= right.start for left, right in pairwise(edits))
            _replays(raw, *run_steps(raw, [step]))
    for step in _SETTLED:
        assert step(run_steps(raw, [step])[0]) == []


def repair_columns(data: bytes) -> None:
    """A column gives what its texts give alone."""
    raws = [*_text(data).split(NEXT_TEXT, 7), None]
    for style in (_STYLES[0], _STYLES[1], _STYLES[4]):
        texts, changes = repair_column(pl.Series(raws, dtype=pl.String), style=style)
        for row, raw in enumerate(raws):
            alone = (None, []) if raw is None else repair_text(raw, style)
            assert texts[row] == alone[0]
            own = changes.filter(row=row).select("kind", "start", "before", "after").rows()
            assert own == [tuple(change) for change in alone[1]]


def judge_mathematics(data: bytes) -> None:
    """What the kernels of stripped mathematics find lies in the text, and the two that pass texts by agree with it."""
    texts = _text(data).split(NEXT_TEXT)
    column = pl.Series(texts)
    may, plain = may_hold_stripped_math(column), glance(column).plain
    for text, is_held, is_plain in zip(texts, may, plain, strict=True):
        found = candidates(text)
        assert all(0 <= each.start < each.end <= len(text) for each in found)
        assert is_held == any(each.score > min(THRESHOLDS.values()) for each in found)
        assert not (is_plain and found)
        for level in THRESHOLDS:
            accepted = accepted_commands(text, level)
            assert is_held or not accepted
            assert all(left.end <= right.start for left, right in pairwise(accepted))


def name_languages(data: bytes) -> None:
    """A language with its score, or a note, and the same for a text alone."""
    pairs = [text.partition(NEXT_PART)[::2] for text in _text(data).split(NEXT_TEXT, 7)]
    frame = pl.DataFrame(pairs, schema={"title": pl.String, "abstract": pl.String}, orient="row")
    named = identify(frame, Settings())
    assert named.height == frame.height
    for row, (language, score, note) in enumerate(named.select("language", "language_score", "language_note").iter_rows()):  # fmt: skip
        assert (language is None) == (score is None) != (note is None)
        assert score is None or 0 <= score <= 1
        assert named[row].equals(identify(frame[row], Settings()))


def hash_texts(data: bytes) -> None:
    """The kernels of matches and the expressions of notices: a text gives alone what it gives among others."""
    texts = _text(data).split(NEXT_TEXT, 7)
    column = pl.Series(texts)
    assert not is_notice(column).null_count()
    fold_misread(column)
    signed = sign(column, Settings())
    assert text_keys(column).fill_null(0).to_list() == signed.keys.tolist()
    sets = shingle_sets(column, signed.shingles, Settings())
    assert (sets.counts <= signed.shingles).all()
    titles, grams = title_words(column), gram_sets(column)
    names = name_sets(pl.Series([texts]))
    assert len(names.counts) == 1
    assert years_named(column).shape == (len(texts),)
    for row, text in enumerate(texts):
        alone = pl.Series([text])
        assert sign(alone, Settings()).signatures[0].tolist() == signed.signatures[row].tolist()
        for lists, own in ((titles, title_words(alone)), (grams, gram_sets(alone))):
            start, count = int(lists.starts[row]), int(lists.counts[row])
            assert (
                lists.values[start : start + count].tolist()
                == own.values[own.starts[0] :][: own.counts[0]].tolist()
            )


def _records(pairs: list[tuple[str | None, str | None]]) -> pl.DataFrame:
    """Records with these titles and abstracts."""
    rows = [
        {"record_id": f"{number:016x}", "source": "a", "line": number, "title": title, "abstract": abstract}
        for number, (title, abstract) in enumerate(pairs, start=1)
    ]
    schema = {**{name: PARSED[name] for name in ("record_id", "source", "line")}, "title": pl.String, "abstract": pl.String}  # fmt: skip
    others = {name: dtype for name, dtype in PARSED.items() if not name.endswith("_raw")}
    empty = pl.DataFrame(schema=others).drop("record_id", "source", "line").clear(len(rows))
    return pl.DataFrame(rows, schema=schema).hstack(
        empty.with_columns(authors=pl.lit([], pl.List(pl.String)))
    )


def find_copies(data: bytes) -> None:
    """Every record has a verdict, and every drop a kept record that it is a copy of."""
    texts = _text(data).split(NEXT_TEXT)[:40]
    records = _records([text.partition(NEXT_PART)[::2] for text in texts])
    marked = mark_duplicates(records, Settings())
    found = marked.records
    assert found.height == records.height
    assert set(found["verdict"]) <= set(VERDICTS)
    kept = set(found.filter(pl.col("verdict").is_in(IN_CLEAN))["record_id"])
    dropped = found.filter(pl.col("duplicate_of").is_not_null())
    assert set(dropped["duplicate_of"]) <= kept
    assert not set(dropped["record_id"]) & kept
    assert found["similarity"].drop_nulls().is_between(0, 1).all()
    assert marked.pairs["similarity"].drop_nulls().is_between(0, 1).all()
    assert found["reason"].null_count() == 0
    assert _told(marked) == _told(mark_duplicates(records, Settings()))


def _told(marked: Marked) -> list:
    similarities = [part.rows() if isinstance(part, pl.DataFrame) else part for part in marked.similarities]
    return [marked.records.select(ADDED).rows(), marked.pairs.rows(), similarities]


# Files of ours

_NEW: Final = [
    ("On Sorting Very Large Things", "We show how to sort things that are large and many, in linear time and place."),
    ("A Study of Words", "Words are studied here, one by one, as they come along in texts that nobody has read before."),
    ("Another", "Nothing of this was ever said."),
]  # fmt: skip
_OLD: Final = [*_NEW[:2], (None, "Another text that is of no interest to anyone at all, but long enough to be compared.")]  # fmt: skip


@cache
def _index() -> bytes:
    path = Path(_folder().name, "seed.parquet")
    names = pl.DataFrame({"id": ["o1", "o2", "o3"], "place": ["old:1", "old:2", "old:3"]})
    write_index(FrameRecords(_records(_OLD)), names, path, Settings())
    return path.read_bytes()


def _against(data: bytes) -> Marked | None:
    """What an index finds; None: nothing of the file says that it ever was one."""
    path = _file("base.parquet", data)
    base = open_base(path, Settings())
    if not isinstance(base.records, Index):
        return None
    return mark_duplicates(_records(_NEW), Settings(), base=base)


@cache
def _expected() -> list:
    marked = _against(_index())
    assert marked is not None
    return _told(marked)


def open_index(data: bytes) -> None:
    """An index says what it said when it was written, or that it is none or damaged."""
    expected = _expected()
    try:
        marked = _against(data)
    except DedupkitError as error:
        _is_told(error, Path("base.parquet"))
        return
    assert marked is None or _told(marked) == expected


def open_suite(data: bytes) -> None:
    """A suite, or what is wrong with it."""
    path = _file("suite.json", data)
    try:
        suite = load_suite(path)
    except DedupkitError as error:
        _is_told(error, path)
        return
    assert suite.expectations
    assert all(each.line >= 1 and each.rule and each.description for each in suite.expectations)
    f"{suite.name} {suite.expectations}".encode()


def open_baseline(data: bytes) -> None:
    """A baseline, which is written as it is read, or what is wrong with it."""
    path = _file("baseline.json", data)
    try:
        baseline = load_baseline(path)
    except DedupkitError as error:
        _is_told(error, path)
        return
    again = _file("again.json", as_json(baseline.figures, "a", baseline.sha256, 1).encode())
    assert [each._replace(line=0) for each in load_baseline(again).figures] == [
        each._replace(line=0) for each in baseline.figures
    ]


def open_settings(data: bytes) -> None:
    """Settings, or what is wrong with them."""
    path = _file("dedupkit.toml", data)
    try:
        asked = load_settings(path)
    except DedupkitError as error:
        _is_told(error, None)  # a value that means nothing is refused by its name, wherever it stands
        return
    json.dumps(asked.as_dict(), ensure_ascii=False).encode()


_SUITE_BITS: Final = ('{"', '"', "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e999", "NaN", "Infinity", "9" * 20, '"name": "a"', '"expectations": [', '"type": "expect_column_values_to_be_between"', '"kwargs": {}', '"severity": "critical"', '"description": "d"', '"meta": {"rule": "A"}', '"column": "record_id"', '"min_value"', '"regex": "("', '"regex": "(a+)+$"', "\\ud800", "\\u0000", "\n", "[[[[[[[[")  # fmt: skip
_BASELINE_BITS: Final = ('{"', "{", "}", "[", "]", ",", '"schema": "dedupkit.baseline/1"', '"data": {"sha256": "a"}', '"figures": [', '{"figure": "kept", "value": 1, "noise": 0, "better": "higher"}', "-1", "1e999", "9" * 400, "null", "true", '"', "\n", "\\ud800")  # fmt: skip
_TOML_BITS: Final = ("[tool.dedupkit]\n", "[tool]\n", "[[tool]]\n", "tool = 1\n", "threshold = ", "0.5", "nan", "inf", "-1", "2024-01-01", "permutations = 128\n", "bands = 'wide'\n", "spark = {a = {b = 1}}\n", "spark.a.b = true\n", "'", '"', "'''", "\\u0000", "[", "]", "{", "}", "=", "\n", "suite = ''\n", "math = 'off'\n", "threshold = 9e999\n", "language_minimum_letters = " + "9" * 30 + "\n")  # fmt: skip

_TEXT_BITS: Final = (
    " ", "  ", "\n", "\n\n", "\t", "\r\n", "\xa0", "\u2028", "\u200b", "\ufeff", "\0", "\x1b[31m", "\x1e", "\x1f", ".", ",", "-", "—", "’", "(", ")", "[", "]", "{", "}", "$", "$$", "^", "_", "~", "\\", "\\\\", "&", "%", "#", "<", ">", "`", "'", '"', "/", "!", "=", "1", "2.5", "a", "x", "R", "é", "е\u0301", "深度", "한국", "ไทย", "مرحبا", "😀", "\U000e0001", "ﬁ", "ß", "İ",
    "\\frac{", "\\sqrt[3]{", "\\left(", "\\right)", "\\begin{align}", "\\end{align}", "\\text{", "\\emph{", "\\mathcal{O}", "\\alpha", "\\alpha_{i}", "\\not", "\\hat", "\\'e", '\\"o', "\\c{c}", "\\%", "\\$", "\\(", "\\)", "\\[", "\\]", "\\ours", "\\href{u}{", "\\250 million", "^{\\circ}", "\\u2013", "\\ud83d", "\\U0001F600", "<U+2013>", "modelx2013", "\times", "\nabla", "\x0crac{", "\rho", "\beta",
    "XinR^{ntimes d}", "mathcal{O}(1/k^2)", "rho^2dto0", "64{times}64", "frac{a}{b}", "alpha", "times", "in R", "mathbb{R}^d", "leq", "!=!", "Ã©", "â€™", "Â ", "&amp;", "&eacute;", "&#x2019;", "… (see more)", "... [Read more]", "… ", "performance.The", "i.e.parallel", "high-est", "repre- sentation", "researchhttps://a.org/b", "https://a.org/~b", "a@b.org", "The model is large.", "Wir zeigen, dass", "Мы показываем", "No abstract available.", "© 1999 ACM. All rights reserved.", "<i>", "</jats:p>", "In 2019 and 2020,", "Part II", "Erratum to: ",
)  # fmt: skip


def _of_suites() -> list[bytes]:
    suite = json.loads((ROOT / "expectations" / "cleaned.json").read_bytes())
    few = suite | {
        "expectations": [each for each in suite["expectations"] if len(json.dumps(each)) < 350][:8]
    }
    return [
        json.dumps(few, indent=1).encode(),
        json.dumps(few | {"expectations": few["expectations"][:1]}).encode(),
    ]


def _of_settings() -> list[bytes]:
    deep = b"a = " + b"[" * 2000
    nested = b"[tool.dedupkit]\nthreshold = 0.8\nbands = 'wide'\n[tool.dedupkit.spark]\n'spark.ui.enabled' = false\n"
    return [nested, b"permutations = 64\n", deep]


def _of_texts() -> list[bytes]:
    made = [
        r"We show $\alpha_{i} \leq \frac{\beta}{\gamma^{2}}$ and \emph{more}, at 85\% (Schr\"odinger).",
        "We show XinR^{ntimes d} and mathcal{O}(1/k^2) as rho^2dto0, and 64{times}64 patches.",
        "It’s naÃ¯ve â€“ caf\xc3\xa9 &amp; more … (see more) performance.The high-est repre- sentation\r\n\r\nmodelx2013 \\u2013 <U+2013>",
        "On Sorting\x1fWe sort things here, and they are sorted.\x1eOn Sorting\x1fWe sort things here, and they are sorted.\x1eOther\x1fNo abstract available.",
        "Wir zeigen, dass die Methode besser ist als alle anderen.\x1eМы показываем, что модели точны\x1e我们证明小模型可以达到相同的精度。\x1eWe show that this is so, and nous montrons que les modèles sont petits.",
    ]
    return [text.encode() for text in made]


def _bits(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(bytes(text, "latin-1") if "\xff" in text else text.encode() for text in texts)


TARGETS: Final[dict[str, Target]] = {
    **{
        f"read{suffix}": Target(partial(read, suffix=suffix), seeds, _bits(bits), 120)
        for suffix, (seeds, bits) in _FORMATS.items()
        if suffix in _KNOWN
    },
    **{
        f"read{compression}": Target(
            partial(read_compressed, compression=compression),
            partial(_of_compressed, compression),
            tuple(suffix + b"\n" for suffix in sorted(_INNER)),
            80,
        )
        for compression in _COMPRESSIONS
        if compression in _KNOWN
    },
    "read_in_batches": Target(read_in_batches, _of_sets, (b"PAR1", b"title"), 80),
    "sniff": Target(read_lines, _of_pages, _bits(_FORMATS[".txt"][1]), 250),
    "repair": Target(repair, _of_texts, _bits(_TEXT_BITS), 250),
    "repair_by_steps": Target(repair_by_steps, _of_texts, _bits(_TEXT_BITS), 200),
    "repair_columns": Target(repair_columns, _of_texts, _bits(_TEXT_BITS), 60),
    "stripped": Target(judge_mathematics, _of_texts, _bits(_TEXT_BITS), 250),
    "language": Target(name_languages, _of_texts, _bits(_TEXT_BITS), 150),
    "kernels": Target(hash_texts, _of_texts, _bits(_TEXT_BITS), 150),
    "matches": Target(find_copies, _of_texts, _bits(_TEXT_BITS), 60),
    "index": Target(open_index, lambda: [_index()], (b"PAR1", b"dedupkit", b"signature", b"\xff\xff"), 80),
    "suite": Target(open_suite, _of_suites, _bits(_SUITE_BITS), 250),
    "baseline": Target(open_baseline, lambda: [(ROOT / "expectations" / "baseline.json").read_bytes()], _bits(_BASELINE_BITS), 250),
    "settings": Target(open_settings, _of_settings, _bits(_TOML_BITS), 250),
}  # fmt: skip
