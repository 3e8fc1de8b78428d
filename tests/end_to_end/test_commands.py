"""The commands beside ``clean`` and ``gate``, as a user runs them."""

import io
import json
import sys

import polars as pl
import pytest

from dedupkit.cli import main

ROWS = [
    {"id": 7, "title": 'Schr\\"odinger bridges', "abstract": "We reach 85\\% of it.", "n": 1.10},
    {"id": 8, "title": "Schrödinger Bridges!", "abstract": "We reach 85% of it.", "n": 2.0},
    {"id": 9, "title": None, "abstract": "Something else entirely, in a few words.", "n": None},
]


@pytest.fixture
def dedupkit(tmp_path, monkeypatch, capfd):
    """Run a command here; gives exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "table.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), "utf-8"
    )
    pl.DataFrame(ROWS).write_parquet("table.parquet")
    pl.DataFrame(ROWS).write_csv("table.csv")
    (tmp_path / "broken.jsonl").write_text("{}\n{", "utf-8")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code, out, err

    return run


@pytest.mark.parametrize(
    "command",
    [
        "",
        "clean",
        "repair",
        "dedup",
        "gate",
        "report",
        "sniff",
        "layouts",
        "explain",
        "suite init",
        "suite check",
    ],
)
def test_every_command_helps_with_an_example(command, dedupkit):
    status, out, _ = dedupkit(*command.split(), "--help")
    assert status == 0
    assert f"Example: dedupkit {command}" in " ".join(out.split())


def test_repair_keeps_lines_and_line_ends(dedupkit, tmp_path):
    text = '85\\% of it\r\n\r\n  na\\"ive\u2028x\nlast'
    (tmp_path / "a.txt").write_bytes(text.encode())
    status, out, err = dedupkit("repair", "a.txt")
    assert (status, err) == (0, "")
    assert out == "85% of it\r\n\r\nnaïve x\nlast"


def test_repair_of_a_dump_cuts_off_the_label_that_its_page_proves(dedupkit, seeds, tmp_path):
    (tmp_path / "page.txt").write_text(seeds["001"], "utf-8")
    dedupkit("repair", "page.txt", "-o", "repaired.txt")
    repaired = (tmp_path / "repaired.txt").read_text("utf-8").split("\n")
    assert repaired[2].startswith("Navigating Scaling Laws")
    assert len(repaired) == len(seeds["001"].split("\n"))
    assert "glued_label" in dedupkit("repair", "page.txt", "--explain")[1]


def test_repair_reads_standard_input(dedupkit, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"laten\xe2\x80\xa6 (see more)t")))
    assert dedupkit("repair", "-")[1] == "latent"


@pytest.mark.parametrize("name", ["table.jsonl", "table.csv", "table.parquet"])
def test_repair_of_a_table_changes_named_columns_only(name, dedupkit, tmp_path):
    status, out, _ = dedupkit("repair", name, "-o", f"out_{name}", "--columns", "title")
    assert (status, out) == (0, "")
    read = {"jsonl": pl.read_ndjson, "csv": pl.read_csv, "parquet": pl.read_parquet}[name.split(".")[1]]
    before, after = read(tmp_path / name), read(tmp_path / f"out_{name}")
    assert after["title"].to_list() == ["Schrödinger bridges", "Schrödinger Bridges!", None]
    assert after.drop("title").equals(before.drop("title"))


def test_repair_passes_json_lines_that_need_nothing_on_as_they_are(dedupkit, tmp_path):
    lines = ['{"b": 1.10, "a":  "plain text"}', "", '{"a": "85\\\\% of it", "z": null}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    _, out, _ = dedupkit("repair", "a.jsonl")
    assert out.split("\n") == [lines[0], "", '{"a": "85% of it", "z": null}', ""]


def test_repair_explains_every_change(dedupkit):
    status, out, _ = dedupkit("repair", "table.jsonl", "--explain")
    assert status == 0
    assert "row 1, title" in out
    assert '[-\\"o-]{+ö+}' in out
    assert "LaTeX writes this letter as an accent and a letter" in out
    assert "2 changes in 2 texts" in out


@pytest.mark.parametrize(
    "arguments, status, says",
    [
        (["repair", "table.csv", "--columns", "titel"], 2, "titel"),
        (["repair", "table.parquet", "--columns", "n"], 2, "'n'"),
        (["repair", "table.parquet"], 2, "-o"),
        (["repair", "none.txt"], 3, "none.txt"),
        (["repair", "broken.jsonl"], 3, "broken.jsonl:2"),
        (["sniff", "none.txt"], 3, "none.txt"),
        (["explain", ".", "00"], 3, "no results"),
        (["report", "."], 3, "no results"),
        (["gate", "none"], 3, "none"),
        (["dedup", "table.jsonl", "--id-column", "key"], 3, "'key'"),
    ],
)
def test_mistakes_are_told(arguments, status, says, dedupkit):
    ended, _, err = dedupkit(*arguments)
    assert ended == status
    assert says in err
    assert "Hint:" in err


@pytest.mark.parametrize("flags, ids", [(["--id-column", "id"], [7, 8, 9]), ([], [0, 1, 2])])
def test_dedup_marks_duplicates_with_the_ids_of_the_table(flags, ids, dedupkit, tmp_path):
    status, out, _ = dedupkit("dedup", "table.jsonl", "--out", "marks", *flags)
    assert status == 0
    assert "3 rows, 1 duplicates, 1 verified pairs" in out
    clusters = pl.read_parquet(tmp_path / "marks" / "clusters.parquet")
    pairs = pl.read_parquet(tmp_path / "marks" / "pairs.parquet")
    assert clusters.columns == ["id", "cluster", "verdict", "duplicate_of", "similarity"]
    assert clusters.rows() == [
        (ids[0], ids[0], "kept", None, None),
        (ids[1], ids[0], "exact_duplicate", ids[0], 1.0),
        (ids[2], ids[2], "kept", None, None),
    ]
    assert pairs.rows() == [(ids[0], ids[1], "exact_duplicate", 1.0)]


def test_ids_that_repeat_are_refused(dedupkit, tmp_path):
    (tmp_path / "twice.csv").write_text("id,text\n1,Some text\n1,Other text\n", "utf-8")
    status, _, err = dedupkit("dedup", "twice.csv", "--id-column", "id")
    assert status == 3
    assert "id = '1'" in err


def test_a_table_goes_through_the_whole_pipeline_with_its_own_columns(dedupkit, tmp_path):
    assert dedupkit("clean", "table.jsonl", "--quiet")[0] == 0
    records = pl.read_parquet(tmp_path / "cleaned" / "records.parquet")
    assert records["verdict"].to_list() == ["kept", "exact_duplicate", "kept"]
    assert records["title"].to_list() == ["Schrödinger bridges", "Schrödinger Bridges!", None]
    assert records.select("id", "n").rows() == [(7, 1.1), (8, 2.0), (9, None)]
    assert records["repairs"].list.len().to_list() == [2, 0, 0]


def test_explain_and_report_use_the_results_of_an_earlier_run(dedupkit, tmp_path):
    dedupkit("clean", "table.jsonl")
    kept, dropped, _ = pl.read_parquet(tmp_path / "cleaned" / "records.parquet")["record_id"]
    status, out, _ = dedupkit("explain", "cleaned", dropped[:10])
    assert status == 0
    assert f"Kept instead: {kept}" in out
    _, out, _ = dedupkit("explain", "cleaned", kept)
    assert "kept: The most complete of 2 records of one work." in out
    assert '[-\\"o-]{+ö+}' in out
    assert "LaTeX writes this letter as an accent and a letter" in out
    assert f"merged from {dropped}" in out
    first = (tmp_path / "reports" / "index.html").read_bytes()
    assert dedupkit("report", "cleaned", "--report", "again")[1].strip() == "again/index.html"
    assert (tmp_path / "again" / "index.html").read_bytes() == first


def test_sniff_tells_the_layout_and_why(dedupkit, seeds, tmp_path):
    (tmp_path / "page.txt").write_text(seeds["002"], "utf-8")
    status, out, _ = dedupkit("sniff", "page.txt")
    assert status == 0
    assert "page.txt: daily_list" in out
    assert "59 of 62 records have a metadata block" in out
    assert "CodeT5+: Open Code Large Language Models" in out
    assert "a jsonl table of 3 rows" in dedupkit("sniff", "table.jsonl")[1]


LAYOUT = """[tool.dedupkit]
threshold = 0.7
[[tool.dedupkit.layouts]]
name = "proceedings"
record = ["title", "authors", "abstract+"]
[tool.dedupkit.layouts.patterns]
title = '^\\d+\\. (.+)'
authors = '^By (.+)'
"""


def test_a_described_layout_reads_a_page_and_is_told(dedupkit, tmp_path):
    (tmp_path / "pyproject.toml").write_text(LAYOUT, "utf-8")
    page = "".join(
        f"{n}. A Title of Number {n}\nBy Ada Lovelace\nWe say what {n} is, in short.\n" for n in range(1, 5)
    )
    (tmp_path / "page.txt").write_text(page, "utf-8")
    status, out, _ = dedupkit("layouts")
    assert status == 0
    assert all(name in out for name in ("proceedings", "daily_list", "publications_page", "search_results"))
    assert "[[tool.dedupkit.layouts]]" in out
    status, out, _ = dedupkit("sniff", "page.txt")
    assert status == 0
    assert "page.txt: proceedings, confidence 1.00, utf-8, 12 lines with text" in out
    assert "A Title of Number 1" in out
    status, _, err = dedupkit("clean", "page.txt", "--out", "mine")
    assert status == 0, err
    facts = json.loads((tmp_path / "mine" / "facts.json").read_text("utf-8"))
    assert facts["sources"][0]["layout"] == "proceedings"
    assert facts["settings"]["layouts"][0]["patterns"]["authors"] == "^By (.+)"


def test_sniff_shows_the_parts_of_a_file_of_two_pages(dedupkit, seeds, tmp_path):
    (tmp_path / "two.txt").write_text(f"{seeds['000']}\n{seeds['002']}", "utf-8")
    status, out, _ = dedupkit("sniff", "two.txt")
    assert status == 0
    assert "two.txt: publications_page + daily_list, confidence 0.98" in out
    assert "lines 1 to 44: publications_page, confidence 1.00, 12 records" in out
    assert "lines 45 to 539: daily_list, confidence 0.98, 62 records" in out
    assert "Sékou-Oumar Kaba" in out


def test_the_gate_takes_any_table(dedupkit, tmp_path):
    status, out, _ = dedupkit("gate", "table.jsonl")
    assert status == 1  # two copies of one paper
    assert "table.jsonl:1" in out
    assert "Next" in out
    (tmp_path / "suite.json").write_text('{"name": "s", "expectations": []}', "utf-8")
    assert dedupkit("gate", "table.jsonl", "--suite", "suite.json")[0] == 2


def test_a_suite_is_proposed_checked_and_judges(dedupkit, tmp_path):
    out = tmp_path / "expectations/mine.json"
    status, told, err = dedupkit("suite", "init", "--from", "table.jsonl", "--quiet")
    assert (status, err) == (0, "")
    assert told.startswith("expectations/mine.json: ")
    proposed = out.read_bytes()

    status, _, err = dedupkit("suite", "init", "--from", "table.jsonl")
    assert status == 2
    assert "overwrite it with --force" in err
    assert dedupkit("suite", "init", "--from", "table.jsonl", "--force", "--quiet")[0] == 0
    assert out.read_bytes() == proposed
    assert dedupkit("suite", "init", "--from", "broken.jsonl", "--force", "--quiet")[0] == 3
    assert dedupkit("suite", "init", "--from", "missing", "--force")[0] in {2, 3}

    status, told, _ = dedupkit(
        "gate", "table.jsonl", "--suite", "expectations/mine.json", "--data-docs", "docs", "--quiet"
    )
    assert status == 0, told
    assert sorted(path.name for path in (tmp_path / "docs").iterdir()) == [
        "expectations",
        "index.html",
        "static",
        "validations",
    ]
    assert dedupkit("gate", "table.jsonl", "--data-docs", "expectations")[0] == 2


def test_every_suite_is_checked_and_every_bad_one_told(dedupkit, tmp_path):
    good = json.dumps(
        {
            "name": "good",
            "expectations": [
                {
                    "type": "expect_table_row_count_to_equal",
                    "kwargs": {"value": 1},
                    "severity": "info",
                    "description": "One row",
                    "meta": {"rule": "G1"},
                }
            ],
        }
    )
    (tmp_path / "good.json").write_text(good, "utf-8")
    (tmp_path / "bad.json").write_text(good.replace("info", "inf"), "utf-8")
    (tmp_path / "worse.json").write_text("{\n", "utf-8")
    status, told, err = dedupkit("suite", "check", "bad.json", "good.json", "worse.json", "missing.json")
    assert status == 2
    assert told == "good.json: fine, 1 expectation\n"
    assert 'bad.json, line 1: unknown severity "inf"' in err
    assert "worse.json, line 2: invalid JSON" in err
    assert "missing.json: cannot be read" in err
    assert dedupkit("suite", "check", "good.json")[0] == 0
