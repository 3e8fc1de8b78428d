"""Bytes within limits: lines, bombs, memory; and what kind of file they are."""

import bz2
import gzip
import lzma
import resource
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.dumps import content, files, read_inputs
from dedupkit.dumps.content import read_content
from dedupkit.dumps.files import InputFile
from dedupkit.errors import InputError


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(1, 30), st.integers(0, 20))
def test_lines_that_are_too_long_are_left_out_whatever_the_blocks(pieces, block, limit):
    lines = content._Lines()
    data = b"".join(pieces).replace(b"x", b"\n")
    old, content.LINE_LIMIT = content.LINE_LIMIT, limit
    try:
        for first in range(0, len(data), block):
            lines.add(data[first : first + block])
        found = lines.content()
    finally:
        content.LINE_LIMIT = old
    kept, whole = found.data.split(b"\n"), data.split(b"\n")
    assert len(kept) == len(whole)
    for number, (one, other) in enumerate(zip(kept, whole, strict=True), start=1):
        if number in found.long_lines:
            assert (one, len(other) > limit) == (b"", True)
            assert f"{len(other):,} bytes" in found.long_lines[number][1]
        else:
            assert one == other
            assert len(other) <= limit + 2 * block  # found when the next block has no line end


@pytest.mark.parametrize(
    "suffix, row", [("txt", "{}"), ("jsonl", '{{"title": "{}"}}'), ("csv", '"{}"'), ("tsv", "{}")]
)
def test_a_line_that_is_too_long_is_told_and_the_others_are_read(suffix, row, tmp_path, monkeypatch):
    monkeypatch.setattr(content, "LINE_LIMIT", 1000)
    monkeypatch.setattr(content, "BLOCK", 100)
    head = "title\n" if suffix in ("csv", "tsv") else ""
    texts = ["A first text.", "long " * 1000, "A last text."]
    (tmp_path / f"a.{suffix}").write_text(head + "".join(row.format(text) + "\n" for text in texts), "utf-8")
    parsed = read_inputs([tmp_path], Settings())
    column = "abstract_raw" if suffix == "txt" else "title_raw"
    assert parsed.records[column].to_list() == ["A first text.", "A last text."]
    assert parsed.records["line"].to_list() == [1, 3]
    ((line, text, why),) = parsed.unparsed.select("line", "text", "why").rows()
    assert (line, "long long" in text, len(text) < 500) == (2, True, True)
    assert "bytes: the limit is 1,000" in why
    with pytest.raises(InputError, match="the limit is 1,000"):
        read_inputs([tmp_path], Settings(strict=True))


@pytest.mark.parametrize("suffix", ["txt", "jsonl"])
def test_a_line_of_a_gigabyte_takes_no_memory(suffix, tmp_path):
    path = tmp_path / f"a.{suffix}"
    with path.open("wb") as file:
        file.write(b'{"title": "A first text of some words."}\n')
        file.truncate(1 << 30)  # what follows is one line, of bytes that are not written
        file.seek(1 << 30)
        file.write(b'\n{"title": "A last text of some words."}\n')
    script = (
        "import sys; from dedupkit.dumps import read_inputs; from dedupkit.config import Settings;"
        "parsed = read_inputs([sys.argv[1]], Settings()); print(parsed.records.height, parsed.sources[0].bad_rows,"
        "int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) >> 10)"
    )
    told = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    records, bad_rows, mebibytes = map(int, told.stdout.split())
    assert (records, bad_rows) == (2, 1)
    assert mebibytes < 700


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("unit", [b"\0", b'{"title": "again and again"}\n'])
def test_a_bomb_is_refused_before_it_is_in_memory(compress, unit, tmp_path, monkeypatch):
    monkeypatch.setattr(content, "_HARMLESS_BYTES", 1 << 20)
    suffix = {gzip.compress: ".gz", bz2.compress: ".bz2", lzma.compress: ".xz"}[compress]
    (tmp_path / f"a.jsonl{suffix}").write_bytes(compress(unit * ((8 << 20) // len(unit))))
    if suffix == ".gz" and len(unit) > 1:
        monkeypatch.setattr(content, "_MOST_TIMES", 100)
    with pytest.raises(InputError, match="times its size"):
        read_inputs([tmp_path], Settings())


def test_text_that_compresses_well_is_no_bomb(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"The same line of text.\n" * 100_000))
    assert read_inputs([tmp_path], Settings()).records.height == 100_000


def test_a_parquet_file_that_claims_more_rows_than_it_can_hold_is_refused(tmp_path):
    table = pa.table({"text": pa.array(["same"] * 5_000_000)})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=5_000_000)
    assert (tmp_path / "a.parquet").stat().st_size < 5_000_000 / 250
    with pytest.raises(InputError, match="5,000,000 rows"):
        read_inputs([tmp_path], Settings())


def test_more_than_this_machine_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "most_bytes", lambda: 1000)
    (tmp_path / "a.txt").write_text("word " * 1000, "utf-8")
    with pytest.raises(InputError, match="half of this machine's memory"):
        read_content(InputFile(tmp_path / "a.txt", "a.txt"))


def test_half_of_the_memory_is_given():
    assert 1 << 28 < content.most_bytes() <= resource.getpagesize() * (1 << 40)


def test_too_many_files_are_refused_before_they_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 50)
    for folder in range(6):
        (tmp_path / f"{folder}").mkdir()
        for number in range(9):
            (tmp_path / f"{folder}" / f"{number}.txt").write_text("x", "utf-8")
    assert len(files.find_files([tmp_path / "1", tmp_path / "2"])[0]) == 18
    with pytest.raises(InputError, match="more than 50 files") as caught:
        files.find_files([tmp_path])
    assert "table" in caught.value.hint
    for number in range(60):
        (tmp_path / "1" / f"{number}.other").write_text("x", "utf-8")
    with pytest.raises(InputError, match="1: more than 50 files"):
        files.find_files([tmp_path / "1"])


@pytest.mark.parametrize(
    "head, suffix",
    [
        (b'\xef\xbb\xbf{"a": 1}\n{"b": 2}\n', ".jsonl"),
        (b'[\n  {"a": 1}', ".json"),
        (b'{\n  "a": 1', ".json"),
        (b"id\ttitle\n1\tx\n", ".tsv"),
        (b'"id","abstract"\n', ".csv"),
        (b"A title, and more\nText.", ".txt"),
        (b"[1] A reference in a text.", ".txt"),
        (b"{x} is a set.", ".txt"),
        (b"  <HTML lang=en>", ".html"),
        (b"WARC/1.1\r\n", ".warc"),
        (b"From: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;", ".mhtml"),
        (b"", ".txt"),
    ],
)
def test_content_tells_what_it_is(head, suffix):
    assert content.suffix_of_bytes(head) == suffix


def test_a_file_of_no_known_suffix_is_read_as_its_content_tells(tmp_path):
    (tmp_path / "dump").write_bytes(b'{"title": "A", "abstract": "B"}\n')
    (tmp_path / "page.bak").write_bytes(b"<!doctype html><title>T</title><p>Some text.")
    records = read_inputs([tmp_path / "dump", tmp_path / "page.bak"], Settings()).records
    assert records["title_raw"].to_list() == ["A", "T"]
