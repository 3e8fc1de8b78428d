"""Tables to records: every row, its own columns untouched, and mistakes named."""

import gzip
import hashlib
import json

import polars as pl
import pyarrow as pa
import pytest

from dedupkit.config import Settings
from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError, UsageError
from dedupkit.record import PARSED

ROWS = [
    {"id": "a1", "title": "On Sorting", "abstract": "We sort.\nTwice.", "authors": ["Ada Lovelace", " Grace Hopper "], "score": 0.5},
    {"id": "a2", "title": None, "abstract": "Only a text, with “quotes”, commas\tand tabs", "authors": None, "score": None},
    {"id": "a3", "title": "Only a title", "abstract": None, "authors": [], "score": 2.0},
]  # fmt: skip


def write(path, rows=ROWS):
    frame = pl.DataFrame(rows)
    flat = frame.with_columns(pl.col("authors").list.join(";")) if "authors" in frame.columns else frame
    match path.name.split(".", 1)[1]:
        case "parquet":
            frame.write_parquet(path)
        case "csv":
            flat.write_csv(path)
        case "tsv":
            flat.write_csv(path, separator="\t")
        case "jsonl" | "ndjson":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        case "jsonl.gz":
            path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
        case "csv.zst":
            with pa.CompressedOutputStream(str(path), "zstd") as out:
                out.write(flat.write_csv().encode())
    return path


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv", "jsonl", "ndjson", "jsonl.gz", "csv.zst"])
def test_every_kind_of_table_gives_the_same_records(suffix, tmp_path):
    parsed = read_inputs([write(tmp_path / f"papers.{suffix}")], Settings())
    records = parsed.records
    assert {name: records.schema[name] for name in PARSED} == PARSED
    assert records["title_raw"].to_list() == ["On Sorting", None, "Only a title"]
    assert records["abstract_raw"].to_list() == [row["abstract"] for row in ROWS]
    assert records["authors"].to_list() == [["Ada Lovelace", "Grace Hopper"], [], []]
    assert records["line"].to_list() == [1, 2, 3]
    assert records["source"].unique().to_list() == [f"papers.{suffix}"]
    assert records["id"].to_list() == ["a1", "a2", "a3"]
    assert records["score"].cast(pl.Float64).to_list() == [0.5, None, 2.0]
    assert parsed.unparsed.height == 0
    content = (tmp_path / f"papers.{suffix}").read_bytes()
    assert parsed.sources[0].sha256 == hashlib.sha256(content).hexdigest()
    assert parsed.sources[0].bytes == len(content)


def test_ids_depend_on_source_line_and_raw_text_alone(tmp_path):
    rows = [{"title": "One", "abstract": "x", "extra": 1}, {"title": "One", "abstract": "x", "extra": 2}]
    first = read_inputs([write(tmp_path / "a.jsonl", rows)], Settings()).records["record_id"]
    assert first.n_unique() == 2
    assert first.str.contains("^[0-9a-f]{16}$").all()
    changed = [{**row, "extra": 9} for row in rows]
    assert first.equals(read_inputs([write(tmp_path / "a.jsonl", changed)], Settings()).records["record_id"])


def test_columns_of_ours_are_kept_under_another_name_or_taken_over(tmp_path):
    rows = [
        {
            "title": "One",
            "verdict": "mine",
            "language": "xx",
            "published": "2024-05-01",
            "comment_count": 3,
            "author_count": "many",
            "input_verdict": "older",
        }
    ]
    records = read_inputs([write(tmp_path / "a.jsonl", rows)], Settings()).records
    row = records.row(0, named=True)
    assert (row["input_verdict"], row["input_input_verdict"]) == ("older", "mine")
    assert (row["input_language"], row["input_author_count"]) == ("xx", "many")
    assert (str(row["published"]), row["comment_count"], row["author_count"]) == ("2024-05-01", 3, None)


@pytest.mark.parametrize("column", ["text", "content", "body"])
def test_the_text_is_found_under_usual_names(column, tmp_path):
    records = read_inputs([write(tmp_path / "a.jsonl", [{column: "Some text."}])], Settings()).records
    assert records["abstract_raw"].to_list() == ["Some text."]


@pytest.mark.parametrize(
    "name, row",
    [("a.csv", "Café,“Größe” – oui.\n"), ("a.jsonl", '{"title": "Café", "text": "“Größe” – oui."}\n')],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1252", "utf-16"])
def test_tables_that_are_not_utf8_are_decoded(name, row, encoding, tmp_path):
    head = "title,text\n" if name == "a.csv" else ""
    (tmp_path / name).write_bytes((head + row * 9).encode(encoding))
    parsed = read_inputs([tmp_path / name], Settings())
    assert parsed.records.select("title_raw", "abstract_raw").unique().rows() == [("Café", "“Größe” – oui.")]
    assert parsed.sources[0].encoding in (encoding, "utf-8")


def test_tsv_files_that_quote_nothing_are_read(tmp_path):
    (tmp_path / "a.tsv").write_text('title\ttext\nA "quoted\tSome text.\n', "utf-8")
    assert read_inputs([tmp_path], Settings()).records["title_raw"].to_list() == ['A "quoted']


def test_named_columns_are_used(tmp_path):
    rows = [{"name": "T", "summary": "S", "who": "A; B"}]
    wanted = Settings(title_column="name", text_column="summary", authors_column="who")
    row = read_inputs([write(tmp_path / "a.jsonl", rows)], wanted).records.row(0, named=True)
    assert (row["title_raw"], row["abstract_raw"], row["authors"]) == ("T", "S", ["A", "B"])


def test_columns_that_stand_apart_by_semicolons_are_told(tmp_path):
    (tmp_path / "a.csv").write_text("id;title;abstract\n1;A;We sort\n")
    with pytest.raises(UsageError) as error:
        read_inputs([tmp_path / "a.csv"], Settings())
    assert "semicolons" in error.value.hint


def test_tables_of_different_columns_stand_below_each_other(tmp_path):
    write(tmp_path / "a.jsonl", [{"title": "A", "n": 1, "tags": ["x"]}])
    write(tmp_path / "b.jsonl", [{"title": "B", "n": "one", "more": True, "tags": "y"}])
    records = read_inputs([tmp_path], Settings()).records
    assert records["n"].to_list() == ["1", "one"]
    assert records["more"].to_list() == [None, True]
    assert records["title_raw"].to_list() == ["A", "B"]


@pytest.mark.parametrize(
    "name, content, says",
    [
        ("a.parquet", b"no parquet", "a.parquet"),
        ("a.jsonl.gz", b"no gzip", "a.jsonl.gz"),
        ("a.csv.zst", b"no zstd", "a.csv.zst"),
        ("a.csv", b"", "no record"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(name, content, says, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_inputs([tmp_path / name], Settings())
    assert says in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    "rows, settings, says",
    [
        ([{"name": "x"}], Settings(), "--text-column"),
        ([{"title": "x"}], Settings(text_column="txt"), "'txt'"),
        ([{"text": ["a", "b"]}], Settings(), "not text"),
    ],
)
def test_a_table_without_text_is_told_which_flag_to_give(rows, settings, says, tmp_path):
    with pytest.raises(UsageError) as caught:
        read_inputs([write(tmp_path / "a.jsonl", rows)], settings)
    assert says in str(caught.value)
