"""What can be read of tables is read; what cannot is told, row by row."""

import bz2
import gzip
import io
import json
import lzma

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError

ROWS = [{"title": f"Title {i}", "abstract": f"We show {i} things."} for i in range(1, 6)]
LINES = [json.dumps(row) for row in ROWS]


COMPRESS = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


def read(path, content, **told):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_inputs([path], Settings(**told))


def unparsed(parsed):
    return parsed.unparsed.select("line", "text", "why").rows()


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("suffix", ["jsonl", "json", "csv", "arrow", "arrows", "feather", "ipc", "parquet"])
def test_every_format_is_read_behind_every_compression(suffix, compression, tmp_path):
    frame, held = pl.DataFrame(ROWS), io.BytesIO()
    match suffix:
        case "jsonl":
            held.write("\n".join(LINES).encode())
        case "json":
            held.write(json.dumps(ROWS, indent=1).encode())
        case "csv":
            frame.write_csv(held)
        case "parquet":
            frame.write_parquet(held)
        case "arrows":
            frame.write_ipc_stream(held)
        case _:
            frame.write_ipc(held, compression="lz4" if suffix == "feather" else "uncompressed")
    parsed = read(tmp_path / f"a.{suffix}{compression}", COMPRESS[compression](held.getvalue()))
    assert parsed.records["title_raw"].to_list() == [row["title"] for row in ROWS]
    assert parsed.records["line"].to_list() == [1, 2, 3, 4, 5]
    assert parsed.unparsed.height == parsed.sources[0].bad_rows == 0


@pytest.mark.parametrize(
    "broken, why",
    [
        ('{"title": "x"', "line 2: this is not JSON (Expecting ',' delimiter: column 14)"),
        ("[1, 2]", "line 2: this is an array, not an object"),
        ('"x"', "line 2: this is a string, not an object"),
        ("null", "line 2: this is null, not an object"),
        ("12", "line 2: this is a number, not an object"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "line 2: its values are nested too deep"),
    ],
)
def test_a_broken_line_of_json_is_told_and_the_others_are_read(broken, why, tmp_path):
    parsed = read(tmp_path / "a.jsonl", "\n".join([LINES[0], broken, LINES[1], "", LINES[2]]))
    assert parsed.records["title_raw"].to_list() == ["Title 1", "Title 2", "Title 3"]
    assert parsed.records["line"].to_list() == [1, 3, 4]
    assert unparsed(parsed) == [(2, broken, why)]
    assert parsed.sources[0].bad_rows == parsed.sources[0].unparsed_lines == 1


def test_ids_of_rows_stay_when_a_broken_one_is_mended(tmp_path):
    broken = read(tmp_path / "a.jsonl", "\n".join([LINES[0], "{", LINES[2]])).records["record_id"].to_list()
    mended = read(tmp_path / "a.jsonl", "\n".join(LINES[:3])).records["record_id"].to_list()
    assert broken == [mended[0], mended[2]]


def test_half_a_surrogate_is_no_nul_and_whole_ones_are_characters(tmp_path):
    parsed = read(
        tmp_path / "a.jsonl",
        '{"text": "cut \\ud83d"}\n{"text": "whole \\ud83d\\ude00"}\n{"text": "\\\\ud83d"}',
    )
    assert parsed.records["abstract_raw"].to_list() == [
        "cut \N{REPLACEMENT CHARACTER}",
        "whole 😀",
        "\\ud83d",
    ]


@pytest.mark.parametrize("depth", [40, 900])
def test_deep_values_become_text(depth, tmp_path):
    parsed = read(
        tmp_path / "a.jsonl", LINES[0][:-1] + ', "own": ' + '{"a":' * depth + "1" + "}" * depth + "}"
    )
    assert parsed.records["own"].to_list() == ['{"a": ' * depth + "1" + "}" * depth]


@pytest.mark.parametrize(
    "content, titles, lines, told",
    [
        ('B,"open\nC,fine', ["A", "C", "Z"], [1, 3, 4], [(2, 'B,"open')]),
        ('B,"x" y\nC,fine', ["A", "C", "Z"], [1, 3, 4], [(2, 'B,"x" y')]),
        ("B,x,y", ["A", "Z"], [1, 3], [(2, "B,x,y")]),
        (
            'B,x,y\nC,"two\nlines"\nD,5" wide\nE,"a ""b"""',
            ["A", "C", "D", "E", "Z"],
            [1, 3, 4, 5, 6],
            [(2, "B,x,y")],
        ),
        ('"B,x\n"C,y', ["A", "Z"], [1, 4], [(2, '"B,x'), (3, '"C,y')]),
    ],
)
def test_a_broken_row_of_csv_is_told_and_the_others_are_read(content, titles, lines, told, tmp_path):
    parsed = read(tmp_path / "a.csv", f"title,abstract\nA,one\n{content}\nZ,last\n")
    assert parsed.records["title_raw"].to_list() == titles
    assert parsed.records["line"].to_list() == lines
    assert [row[:2] for row in unparsed(parsed)] == told
    assert all(why.startswith("line ") for *_, why in unparsed(parsed))


def test_quotes_and_line_feeds_of_whole_rows_stay_beside_a_broken_one(tmp_path):
    parsed = read(tmp_path / "a.csv", 'title,abstract\nA,"a ""b""\nc"\nB,5" and 6"\nC,5" wide\nD,,\n')
    assert parsed.records["abstract_raw"].to_list() == ['a "b"\nc', '5" and 6"', '5" wide']


def test_short_rows_are_rows(tmp_path):
    assert read(tmp_path / "a.csv", "title,abstract\nA\nB,x\n").records["abstract_raw"].to_list() == [
        None,
        "x",
    ]


def test_a_head_that_is_broken_is_an_error(tmp_path):
    with pytest.raises(InputError, match="line 1, the head"):
        read(tmp_path / "a.csv", '"title" x,abstract\nA,"b\n')


@pytest.mark.parametrize("indent", [2, "\t"])
def test_behind_a_broken_object_of_an_array_the_next_is_read(indent, tmp_path):
    text = json.dumps(ROWS, indent=indent).replace('"Title 3"', 'Title 3"')
    parsed = read(tmp_path / "a.json", text)
    assert parsed.records["line"].to_list() == [1, 2, 4, 5]
    assert [(line, "Title 3" in shown, why[:7]) for line, shown, why in unparsed(parsed)] == [
        (3, True, "line 10")
    ]


def test_an_array_on_one_line_is_read_up_to_what_is_broken(tmp_path):
    parsed = read(tmp_path / "a.json", json.dumps(ROWS)[:-30])
    assert parsed.records["line"].to_list() == [1, 2, 3, 4]
    assert [line for line, *_ in unparsed(parsed)] == [5]


def test_an_array_that_is_not_closed_is_told(tmp_path):
    assert unparsed(read(tmp_path / "a.json", json.dumps(ROWS)[:-1])) == [
        (6, "", "the file ends before the array does")
    ]


@pytest.mark.parametrize(
    "text, titles",
    [
        (json.dumps({"count": 5, "papers": ROWS}), 5),
        (json.dumps({"title": "One", "abstract": "A text."}), 1),
        ("\n".join(LINES), 5),
        (json.dumps([*ROWS, 7, None]), 5),
    ],
)
def test_other_forms_of_json(text, titles, tmp_path):
    assert read(tmp_path / "a.json", text).records.height == titles


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_of_a_cut_file_whole_lines_are_read(suffix, tmp_path):
    lines = [
        json.dumps({"title": f"T{i}", "abstract": f"{i * 7919 % 10007} words of {i * 31 % 997}"})
        for i in range(40_000)
    ]
    packed = COMPRESS[suffix]("\n".join(lines).encode())
    parsed = read(tmp_path / f"a.jsonl{suffix}", packed[: len(packed) * 2 // 3])
    count = parsed.records.height
    assert 1000 < count < 40_000
    assert parsed.records["title_raw"].to_list() == [f"T{i}" for i in range(count)]
    ((line, text, why),) = unparsed(parsed)
    assert line == count + 1
    assert lines[count].startswith(text.rstrip("…"))
    assert "ends early" in why


def test_of_a_cut_table_of_csv_the_last_row_is_not_trusted(tmp_path):
    packed = gzip.compress(b"title,abstract\nA,one\nB,two hundred", mtime=0)
    parsed = read(tmp_path / "a.csv.gz", packed[:-9])
    assert parsed.records["title_raw"].to_list() == ["A"]
    assert unparsed(parsed)[0][1].startswith("B,two")


def test_of_a_damaged_parquet_file_other_row_groups_are_read(tmp_path):
    rows = pa.table(
        {"title": [f"T{i}" for i in range(3000)], "text": [f"{i * 7919} some words" for i in range(3000)]}
    )
    pq.write_table(
        rows, tmp_path / "a.parquet", row_group_size=1000, use_dictionary=False, write_page_checksum=True
    )
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    start = pq.read_metadata(tmp_path / "a.parquet").row_group(1).column(1).data_page_offset
    data[start : start + 2000] = bytes(2000)
    parsed = read(tmp_path / "a.parquet", bytes(data))
    assert parsed.records["line"].to_list() == [*range(1, 1001), *range(2001, 3001)]
    assert parsed.unparsed["line"].to_list() == list(range(1001, 2001))
    assert parsed.unparsed["why"].str.contains("row group").all()


def test_nested_columns_of_parquet_pass_through(tmp_path):
    own = [{"a": [1, 2], "b": {"c": "x"}}, None]
    pl.DataFrame({"text": ["One text.", "Another."], "own": own}).write_parquet(tmp_path / "a.parquet")
    assert read_inputs([tmp_path / "a.parquet"], Settings()).records["own"].to_list() == own


def test_of_a_cut_arrow_file_whole_batches_are_read(tmp_path):
    table = pa.table({"title": [f"T{i}" for i in range(3000)], "text": ["some words"] * 3000})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=500)
    parsed = read(tmp_path / "a.arrow", (tmp_path / "a.arrow").read_bytes()[:-9000])
    assert parsed.records["title_raw"].to_list() == [f"T{i}" for i in range(parsed.records.height)]
    assert parsed.records.height % 500 == 0 < parsed.records.height
    assert parsed.sources[0].bad_rows == 1


@pytest.mark.parametrize(
    "name, content, place",
    [
        ("a.jsonl", '{"title": "A"}\n\n{"title": \n', "a.jsonl:3: this is not JSON"),
        ("a.csv", "title,text\nA,x\nB,y,z\nC,\n", "a.csv:3: this row has 3 columns"),
        ("a.json", '[{"title": "A"}, 3]', "a.json:1: this is a number"),
        ("a.jsonl.gz", gzip.compress(b'{"title": "A"}\n' * 99, mtime=0)[:-12], "ends early"),
    ],
)
def test_strict_refuses_what_cannot_be_read_with_its_place(name, content, place, tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path / name, content, strict=True)
    assert place in caught.value.fact
    assert "--strict" in caught.value.hint


@pytest.mark.parametrize(
    "name, content", [("a.jsonl", "{\n[\n"), ("a.json", "{{"), ("a.json", "x"), ("a.arrow", b"ARROW1\0\0")]
)
def test_a_file_of_which_nothing_can_be_read_is_an_error(name, content, tmp_path):
    with pytest.raises(InputError, match=name):
        read(tmp_path / name, content)


BROKEN = st.sampled_from(['{"title": "x"', "[]", "7", '{"a": tru}', "text", "{]", '{"a": "\\x"}'])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(LINES), BROKEN), min_size=1, max_size=30),
    st.sampled_from(["jsonl", "json"]),
)
def test_every_row_is_read_or_told(tmp_path_factory, lines, suffix):
    good = [line for line in lines if line in LINES]
    path = tmp_path_factory.mktemp("rows") / f"a.{suffix}"
    if not good:
        with pytest.raises(InputError):
            read(path, "\n".join(lines))
        return
    if suffix == "json":
        lines = [LINES[0], *lines]
        good = [LINES[0], *good]
        text = "[\n" + ",\n".join(f" {line}" for line in lines) + "\n]"
    else:
        text = "\n".join(lines)
    parsed = read(path, text)
    assert parsed.records["title_raw"].to_list() == [json.loads(line)["title"] for line in good]
    if suffix == "jsonl":
        assert sorted([*parsed.records["line"], *parsed.unparsed["line"]]) == list(range(1, len(lines) + 1))


CELL = st.text(st.sampled_from('ab",\n é\t'), max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12), st.data())
def test_broken_rows_of_csv_take_no_other_with_them(tmp_path_factory, rows, data):
    """A row with too many columns between rows of any text: the rest is as without it."""
    held = io.StringIO()
    frame = pl.DataFrame(rows, schema={"title": pl.String, "abstract": pl.String}, orient="row")
    frame.write_csv(held, quote_style="always")
    whole = read(tmp_path_factory.mktemp("rows") / "a.csv", held.getvalue())
    at = data.draw(st.integers(0, len(rows)))
    parts = [
        frame[:at].write_csv(quote_style="always"),
        "one,two,three\n",
        frame[at:].write_csv(quote_style="always", include_header=False),
    ]
    parsed = read(tmp_path_factory.mktemp("rows") / "a.csv", "".join(parts))
    assert parsed.records["title_raw"].to_list() == whole.records["title_raw"].to_list()
    assert parsed.records["abstract_raw"].to_list() == whole.records["abstract_raw"].to_list()
    assert unparsed(parsed)[0][1] == "one,two,three"
    assert parsed.unparsed.height == 1


@pytest.mark.parametrize("name", ["empty.parquet", "empty.arrow", "empty.json"])
def test_an_empty_file_beside_others_is_no_error(name, tmp_path):
    (tmp_path / name).write_bytes(b"")
    assert read(tmp_path / "a.jsonl", LINES[0]).records.height == 1
    assert read_inputs([tmp_path], Settings()).records.height == 1


def test_a_file_of_bad_rows_stops_no_other(tmp_path):
    (tmp_path / "bad.jsonl").write_text("{\n[\n", "utf-8")
    (tmp_path / "good.jsonl").write_text("\n".join(LINES), "utf-8")
    parsed = read_inputs([tmp_path], Settings())
    assert (parsed.records.height, parsed.unparsed.height) == (5, 2)


def test_a_nul_in_a_table_that_is_not_utf8_costs_its_row_only(tmp_path):
    lines = [
        '{"title": "Café là-bas", "abstract": "déjà"}',
        '{"title": "a\0b"}',
        '{"title": "Où", "abstract": "Forêt"}',
    ]
    parsed = read(tmp_path / "a.jsonl", "\n".join(lines).encode("windows-1252"))
    assert parsed.records["title_raw"].to_list() == ["Café là-bas", "Où"]
    assert unparsed(parsed)[0][0] == 2
