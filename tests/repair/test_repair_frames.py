"""Columns and frames of records."""

import polars as pl

from dedupkit.record import REPAIR
from dedupkit.repair import Change, repair_column, repair_records, replay


def test_records_gain_texts_and_repairs_by_column_and_place():
    raw = {
        "title_raw": ['na\\"ive  title', "plain", None, "  "],
        "abstract_raw": ["85\\% of \\emph{it}", "plain", None, ""],
        "other": [1, 2, 3, 4],
    }
    records = repair_records(pl.DataFrame(raw, schema_overrides={"title_raw": pl.String}))
    assert records["title"].to_list() == ["naïve title", "plain", None, ""]
    assert records["abstract"].to_list() == ["85% of it", "plain", None, ""]
    assert records.schema["repairs"] == pl.List(REPAIR)
    assert records["other"].to_list() == raw["other"]
    assert [(r["column"], r["kind"]) for r in records["repairs"][0]] == [
        ("title", "latex_accent"),
        ("title", "whitespace"),
        ("abstract", "latex_escape"),
        ("abstract", "latex_command"),
        ("abstract", "latex_command"),
    ]
    assert records["repairs"].list.len().to_list() == [5, 0, 0, 1]


def test_an_empty_frame_and_a_column_of_nulls_keep_their_types():
    for rows in ([], [None]):
        records = repair_records(pl.DataFrame({"title_raw": rows, "abstract_raw": rows}, schema=dict.fromkeys(("title_raw", "abstract_raw"), pl.String)))  # fmt: skip
        assert records.schema["title"] == records.schema["abstract"] == pl.String
        assert records.schema["repairs"] == pl.List(REPAIR)
        assert records["repairs"].to_list() == [[] for _ in rows]


def test_a_repaired_column_is_one_to_one_and_leaves_the_given_one_alone():
    texts = pl.Series("text", ["a  b", None, "plain", "5\\%"])
    repaired, changes = repair_column(texts)
    assert texts.to_list() == ["a  b", None, "plain", "5\\%"]
    assert repaired.to_list() == ["a b", None, "plain", "5%"]
    assert repaired.name == "text"
    made = {row: [Change(*own[1:]) for own in changes.rows() if own[0] == row] for row in changes["row"]}
    assert {row: replay(texts[row], own) for row, own in made.items()} == {0: "a b", 3: "5%"}
