"""Each format says what the gate found, in the form that its readers need, whatever is in the texts."""

import html
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import jsonschema
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit import cli
from dedupkit.gate import Judged
from dedupkit.gate.formats import FORMATS, as_github, as_markdown, as_sarif
from dedupkit.gate.formats.wording import examples_of, next_step, suite_path
from dedupkit.quality import Check, Suite, find_suite, load_suite
from dedupkit.report import cells
from dedupkit.report.wording import visible

SARIF_SCHEMA = json.loads((Path(__file__).parent / "schemas/sarif_of_gate.json").read_text("utf-8"))
SUITE = Suite("cleaned", Path("expectations/cleaned.json"), "0" * 64, ())
PLACES = pl.DataFrame(
    {
        "record_id": ["aaa", "bbb", "bbb", "ccc"],
        "source": ["a b/page.txt", "two.txt", "three.txt", None],
        "line": [12, 7, 9, 0],
    },
    schema={"record_id": pl.String, "source": pl.String, "line": pl.UInt32},
)
PASSED = Check(
    rule="DK001",
    expectation="expect_table_row_count_to_be_between",
    description="The set is not empty",
    column=None,
    severity="critical",
    status="passed",
    limit="at least 1",
    observed="4",
    rows=4,
    suite="cleaned",
    line=7,
)
FAILED = replace(
    PASSED,
    rule="DK010",
    description="Titles are short",
    column="title_chars",
    status="failed",
    limit="3 .. 400",
    observed="2 of 1,000,000 rows do not (0.0002 %)",
    unexpected_count=2,
    examples=("aaa", "bbb", "bbb"),
    line=70,
)
WARNED = replace(FAILED, rule="DK011", severity="warning", examples=("ccc",), line=77)
TOLD = replace(FAILED, rule="DK012", severity="info", examples=(), line=84)
BROKEN = replace(
    FAILED, rule="DK013", severity="info", status="could not run", examples=(), error="no column", line=91
)

HOSTILE = (
    "a|b",
    "`x`",
    "<script>alert(1)</script>",
    "a\nb\r\n::error::c",
    "@octocat and #1",
    "GH-26",
    "[x](javascript:y)",
    "a\x00\x1b[31mb\ufffe",
    "\u202ecod.exe",
    "100 %, file=a::b",
    "]]>&amp;",
    "***",
    "WWW.evil.example https://evil.example",
    "../../etc/passwd",
    "##[error]x",
    "\\",
    " ",
)
ANY_TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
#: Halves of characters too: file names and the escapes of JSON can hold them, columns cannot.
ANY_NAME = st.one_of(ANY_TEXT, st.text(st.characters(exclude_categories=()), max_size=20), st.just("\udcff"))
#: No suite is read whose rules or descriptions are empty.
SPOKEN = ANY_NAME.filter(str.strip)


def judged(*checks, name="cleaned", suites=(SUITE,), places=PLACES):
    return Judged(name, 4, places, suites, checks)


ALL = judged(TOLD, PASSED, WARNED, BROKEN, FAILED)


@st.composite
def hostile(draw):
    """A gate whose every text is anyone's."""
    source, record_id = draw(ANY_TEXT), draw(ANY_TEXT)
    places = pl.DataFrame({"record_id": [record_id], "source": [source], "line": [3]})
    name, suite = draw(ANY_NAME), Suite(draw(ANY_NAME), Path("suites", f"x{draw(ANY_NAME)}"), "0", ())
    checks = [
        replace(
            FAILED,
            rule=f"{draw(SPOKEN)}{number}",
            description=draw(SPOKEN),
            limit=draw(ANY_NAME),
            observed=draw(ANY_NAME),
            error=draw(ANY_NAME),
            status=draw(st.sampled_from(["passed", "failed", "could not run"])),
            severity=draw(st.sampled_from(["critical", "warning", "info"])),
            examples=draw(st.sampled_from([(), (record_id,), (record_id, "unknown")])),
            suite=suite.name,
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    return judged(*checks, name=name.replace("\0", ""), suites=(suite,), places=places)


# all of them


def test_the_command_line_offers_every_format():
    assert tuple(FORMATS) == cli.GATE_FORMATS


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("found", [judged(PASSED), judged(FAILED), judged(BROKEN), ALL, judged()])
def test_a_document_ends_with_one_line_feed_and_is_the_same_again(name, found):
    document = FORMATS[name](found)
    assert document.endswith("\n")
    assert not document.endswith("\n\n")
    assert FORMATS[name](found) == document


@settings(max_examples=50, deadline=None)
@given(hostile())
def test_every_document_is_utf_8_without_control_characters(found):
    for name, render in FORMATS.items():
        document = render(found)
        document.encode("utf-8")
        assert not {sign for sign in document if ord(sign) < 32} - {"\n"}, name


def test_rows_of_one_id_are_told_apart_and_what_is_unknown_is_empty():
    assert [row.place for row in examples_of(ALL, FAILED)] == ["a b/page.txt:12", "two.txt:7", "three.txt:9"]
    assert [tuple(row) for row in examples_of(ALL, WARNED)] == [("ccc", "", None, "", False)]
    assert [tuple(row) for row in examples_of(ALL, replace(FAILED, examples=("none",)))] == [
        ("none", "", None, "", False)
    ]


def test_a_duplicate_of_the_base_names_its_record_in_every_format():
    twins = {"cleaned": pl.DataFrame({"record_id": ["aaa"], "twin": ["ba5e"]})}
    for column, relation in (("in_base", "is in the base as"), ("nearest_similarity", "is a duplicate of")):
        found = replace(
            judged(replace(FAILED, column=column, examples=("aaa",), suite="cleaned")), twins=twins
        )
        documents = {name: " ".join(render(found).split()) for name, render in FORMATS.items()}
        assert [name for name, document in documents.items() if "ba5e" not in document] == []
        assert [name for name, document in documents.items() if relation not in document] == ["json"]


def test_the_file_of_a_suite_is_told_without_the_folders_of_a_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = Path(cli.__file__).parent
    paths = ("x/s.json", tmp_path / "y/s.json", shipped / "expectations/cleaned.json", "/elsewhere/s.json")
    told = [suite_path(replace(SUITE, path=Path(path))) for path in paths]
    assert told == ["x/s.json", "y/s.json", "expectations/cleaned.json", "s.json"]


# text


def test_text_says_what_failed_how_many_rows_where_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where "cleaned" is no folder
    document = FORMATS["text"](judged(PASSED, FAILED))
    for told in ("DK010", "critical", "2 of 1,000,000 rows do not (0.0002 %)", "aaa a b/page.txt:12"):
        assert told in document
    assert "cleaned fails: 4 rows, 1 of 2 expectations hold, 1 critical one fails (cleaned)." in document
    assert document.splitlines()[-1] == "Next     dedupkit clean cleaned --out cleaned-cleaned"
    assert "\x1b" not in document
    head, _, row = document.splitlines()[:3]
    assert head.index("Rule") == row.index("DK010")


def test_text_without_failures_is_two_lines(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert FORMATS["text"](judged(PASSED)).splitlines() == [
        "✓ cleaned passes: 4 rows, 1 of 1 expectation hold (cleaned).",
        "Next     nothing to do: it can be merged",
    ]


def test_the_next_command_can_be_pasted(tmp_path):
    results = tmp_path / "my results"
    results.mkdir()
    assert (
        next_step(judged(FAILED, name=str(results)))
        == f"dedupkit clean '{results}' --out 'my results-cleaned'"
    )
    (results / "facts.json").touch()
    assert next_step(judged(FAILED, name=str(results))) == f"dedupkit explain '{results}' aaa"
    assert next_step(judged(BROKEN, name=str(results))) == f"dedupkit report '{results}'"


# json


def test_json_holds_everything_of_a_check():
    document = json.loads(FORMATS["json"](ALL))
    assert list(document) == ["schema", "candidate", "rows", "status", "exit_status", "suites", "checks"]
    assert (document["schema"], document["candidate"], document["rows"]) == ("dedupkit.gate/1", "cleaned", 4)
    assert (document["status"], document["exit_status"]) == ("failed", 1)
    assert document["suites"] == [
        {"name": "cleaned", "path": "expectations/cleaned.json", "sha256": "0" * 64}
    ]
    assert [check["rule"] for check in document["checks"]] == ["DK012", "DK001", "DK011", "DK013", "DK010"]
    assert [check["blocking"] for check in document["checks"]] == [False, False, False, True, True]
    assert document["checks"][4] == {
        **FAILED.as_dict(),
        "blocking": True,
        "examples": [
            {"id": "aaa", "source": "a b/page.txt", "line": 12},
            {"id": "bbb", "source": "two.txt", "line": 7},
            {"id": "bbb", "source": "three.txt", "line": 9},
        ],
    }


# junit


def strict_junit(document):
    """The root of a JUnit document, after a look at everything that readers of JUnit rely on."""
    root = ET.fromstring(document.encode())  # noqa: S314  # our own
    assert document.startswith("<?xml version='1.0' encoding='UTF-8'?>\n")
    assert root.tag == "testsuites"
    for element, cases in [(root, list(root.iter("testcase"))), *((suite, list(suite)) for suite in root)]:
        assert set(element.attrib) == {"name", "tests", "failures", "errors", "skipped"}
        counts = {"tests": len(cases), "failures": 0, "errors": 0, "skipped": 0}
        for tag, count in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            counts[count] = sum(case.find(tag) is not None for case in cases)
        assert {name: int(element.get(name)) for name in counts} == counts
    for suite in root:
        assert suite.tag == "testsuite"
        for case in suite:
            assert (case.tag, set(case.attrib)) == ("testcase", {"classname", "name"})
            assert case.get("classname") == suite.get("name")
            assert len(case) <= 1
            for told in case:
                assert told.tag in {"failure", "error", "skipped"}
                assert set(told.attrib) == {"message"} | ({"type"} if told.tag != "skipped" else set())
                assert told.text.strip()
                assert len(told) == 0
    return root


def test_junit_is_green_for_what_blocks_nothing():
    root = strict_junit(FORMATS["junit"](ALL))
    outcomes = {case.get("name").split()[0]: [told.tag for told in case] for case in root.iter("testcase")}
    assert outcomes == {
        "DK012": ["skipped"],
        "DK001": [],
        "DK011": ["skipped"],
        "DK013": ["error"],
        "DK010": ["failure"],
    }
    failure = root.find(".//failure")
    assert failure.get("message") == "Expected: 3 .. 400; found: 2 of 1,000,000 rows do not (0.0002 %)."
    assert failure.text.splitlines()[1:] == [
        "- aaa a b/page.txt:12",
        "- bbb two.txt:7",
        "- bbb three.txt:9",
    ]
    assert root.find(".//error").get("message") == "It could not run: no column."


def test_junit_has_a_test_suite_for_each_suite_even_an_empty_one():
    other = replace(SUITE, name="other")
    root = strict_junit(FORMATS["junit"](judged(PASSED, suites=(other, SUITE))))
    assert [(suite.get("name"), suite.get("tests")) for suite in root] == [("other", "0"), ("cleaned", "1")]


@settings(max_examples=50, deadline=None)
@given(hostile())
def test_junit_is_xml_whatever_the_texts(found):
    root = strict_junit(FORMATS["junit"](found))
    cases = list(root.iter("testcase"))
    assert len(cases) == len(found.checks)
    for case, check in zip(cases, found.checks, strict=True):
        shown = visible(f"{check.rule} {check.description}", 10_000)
        assert case.get("name") == shown.replace("\ufffe", "⟨U+FFFE⟩").replace("\uffff", "⟨U+FFFF⟩")


# sarif


def results_of(found):
    document = json.loads(FORMATS["sarif"](found))
    jsonschema.validate(document, SARIF_SCHEMA)
    (run,) = document["runs"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    return run["results"]


def place_of(result):
    place = result["locations"][0]["physicalLocation"]
    return unquote(place["artifactLocation"]["uri"]), place.get("region", {}).get("startLine")


def test_sarif_points_at_the_lines_of_the_dumps_or_at_the_expectation():
    suite = "expectations/cleaned.json"
    assert [(result["ruleId"], result["level"], place_of(result)) for result in results_of(ALL)] == [
        ("DK010", "error", ("a b/page.txt", 12)),
        ("DK010", "error", ("two.txt", 7)),
        ("DK010", "error", ("three.txt", 9)),
        ("DK013", "error", (suite, 91)),
        ("DK011", "warning", (suite, 77)),
        ("DK012", "note", (suite, 84)),
    ]


def test_sarif_has_a_rule_for_each_expectation_and_says_how_it_ended():
    (run,) = json.loads(FORMATS["sarif"](ALL))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [(rule["id"], rule["defaultConfiguration"]["level"]) for rule in rules] == [
        ("DK012", "note"),
        ("DK001", "error"),
        ("DK011", "warning"),
        ("DK013", "note"),
        ("DK010", "error"),
    ]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    (run,) = json.loads(FORMATS["sarif"](judged(BROKEN)))["runs"]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 3}]


def test_sarif_tells_rules_of_one_name_in_two_suites_apart():
    twin = replace(FAILED, suite="other")
    results = results_of(judged(FAILED, twin, suites=(SUITE, replace(SUITE, name="other"))))
    assert {result["ruleId"] for result in results} == {"cleaned/DK010", "other/DK010"}


def test_fingerprints_stay_while_lines_move_and_differ_between_records():
    def prints(found):
        return [result["partialFingerprints"]["dedupkitGate/v1"] for result in results_of(found)]

    moved = judged(FAILED, places=PLACES.with_columns(pl.col("line") + 5))
    assert prints(judged(FAILED)) == prints(moved)
    assert len(set(prints(ALL))) == 6


def test_sarif_holds_at_most_5000_results_and_counts_the_others():
    many = [replace(FAILED, rule=f"R{number}", examples=("aaa",)) for number in range(5_003)]
    document = json.loads(as_sarif.render(judged(*many)))
    assert len(document["runs"][0]["results"]) == 5_000
    assert document["runs"][0]["properties"]["resultsLeftOut"] == 3


@settings(max_examples=50, deadline=None)
@given(hostile())
def test_sarif_is_valid_whatever_the_texts(found):
    for result in results_of(found):
        assert not re.search(r"(?<!\\)\]\(", result["message"]["text"])


# markdown


def plain(cell):
    """What a reader sees of a cell."""
    return html.unescape(re.sub("</?code>", "", cell)).replace("\u2060", "")


def test_markdown_says_the_verdict_in_words_then_what_failed_then_what_held():
    document = FORMATS["markdown"](ALL)
    lines = document.splitlines()
    assert lines[0] == "### ✗ dedupkit gate: failed"
    assert plain(lines[2]).startswith("**Failed.** cleaned fails: 4 rows, 1 of 5 expectations hold")
    rows = [[plain(cell) for cell in line[2:-2].split(" | ")] for line in lines if line.startswith("| ")]
    assert [row[1] for row in rows] == ["Rule", "DK010", "DK013", "DK011", "DK012", "Rule", "DK001"]
    assert rows[1] == [
        "critical",
        "DK010",
        "Titles are short",
        "3 .. 400",
        "2 of 1,000,000 rows do not (0.0002 %)",
        "a b/page.txt:12 aaa<br>two.txt:7 bbb<br>three.txt:9 bbb",
    ]
    assert rows[2][4] == "could not run: no column"
    assert "<details><summary>1 expectation held</summary>" in document


def test_markdown_stays_below_what_a_comment_holds_and_says_what_is_missing():
    wide = replace(FAILED, description="|" * 400)
    document = as_markdown.render(judged(*[wide] * 300, *[PASSED] * 9))
    assert 50_000 < len(document) < 60_000
    left = re.search(r"Left out here: (\d+) failures and (\d+) expectations that held", document)
    rows = sum(line.startswith("| critical") for line in document.splitlines())
    assert rows + int(left[1]) + int(left[2]) == 309


@settings(max_examples=200, deadline=None)
@given(ANY_NAME)
def test_a_cell_of_markdown_stays_text(value):
    for cell in (cells.text(value), cells.code(value)):
        assert plain(cell) == visible(value)
        inner = cell.removeprefix("<code>").removesuffix("</code>")
        assert not re.search(r"[|<>`*_~\[\]\\@$\n\r:]|(?i:www\.)", inner)
        assert not re.search(r"[&#]", re.sub(r"&#\d+;", "", inner))
    assert not re.search(r"[@#](?!\u2060)", html.unescape(cells.text(value)))
    assert not re.search(r"(?i:GH-)\d", cells.text(value))


@settings(max_examples=50, deadline=None)
@given(hostile())
def test_every_row_of_markdown_has_its_cells(found):
    rows = [line for line in FORMATS["markdown"](found).splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} <= {6, 7}
    assert sum(row.startswith(("| critical", "| warning", "| info")) for row in rows) == len(found.checks)


# github


def commands_of(document):
    """What the runner makes of each line: name, properties and message."""
    found = []
    for line in document.splitlines():
        if not line.lstrip().startswith("::"):
            continue
        name, properties, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        found.append((name, {key: unescaped(value) for key, value in pairs.items()}, unescaped(message)))
    return found


def unescaped(text):
    for sign, escape in ((":", "%3A"), (",", "%2C"), ("\r", "%0D"), ("\n", "%0A"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


def test_github_points_at_the_first_row_of_each_check_errors_first():
    document = FORMATS["github"](ALL)
    commands = commands_of(document)
    suite = "expectations/cleaned.json"
    assert [(name, told["title"][:5], told["file"], told["line"]) for name, told, _ in commands] == [
        ("error", "DK010", "a b/page.txt", "12"),
        ("error", "DK013", suite, "91"),
        ("warning", "DK011", suite, "77"),
        ("notice", "DK012", suite, "84"),
    ]
    assert commands[0][2].splitlines()[1:] == ["aaa a b/page.txt:12", "bbb two.txt:7", "bbb three.txt:9"]
    assert document.splitlines()[0].startswith(
        "::error file=a b/page.txt,line=12,title=DK010 Titles are short::"
    )
    assert "(0.0002 %25).%0Aaaa" in document
    assert document.splitlines()[-1].startswith("dedupkit gate: cleaned fails: ")


def test_annotations_point_below_the_folder_of_the_sources():
    found = replace(ALL, sources="dumps/new/")
    assert "file=dumps/new/" in as_github.render(found)
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in json.loads(as_sarif.render(found))["runs"][0]["results"]
    ]
    assert any(place.startswith("dumps/new/") for place in places)


def test_github_writes_nine_of_each_and_how_many_more():
    checks = [replace(check, rule=f"R{number}") for check in (FAILED, WARNED, TOLD) for number in range(12)]
    commands = commands_of(FORMATS["github"](judged(*checks)))
    assert [name for name, _, _ in commands] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert [message for _, _, message in commands[9::10]] == ["and 3 more, which the job's summary lists"] * 3
    assert commands_of(FORMATS["github"](judged(PASSED))) == []


@settings(max_examples=50, deadline=None)
@given(hostile())
def test_no_text_becomes_a_command_of_its_own(found):
    document = FORMATS["github"](found)
    wrong = [check for check in found.checks if check.status != "passed"]
    commands = commands_of(document)
    assert len(commands) == len(wrong)
    assert re.split(r"[\r\n]", document)[-1] == ""
    assert len(re.split(r"[\r\n]", document)) == len(wrong) + 2
    assert all(set(told) <= {"file", "line", "title"} for _, told, _ in commands)
    assert "##[" not in document.splitlines()[-1]


@given(st.text())
def test_what_is_escaped_comes_back(text):
    assert unescaped(as_github.in_property(text)) == text
    assert not set(as_github.in_property(text)) & set("\r\n:,")
    assert unescaped(as_github.in_message(text)) == text
    assert not set(as_github.in_message(text)) & set("\r\n")


def test_the_summary_of_a_job_is_added_to(tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    as_github.append_summary(ALL, {"GITHUB_STEP_SUMMARY": str(summary)})
    assert summary.read_text("utf-8") == "before\n" + FORMATS["markdown"](ALL)
    as_github.append_summary(ALL, {})


# the command


TABLE = [
    {"title": "A survey of grammars", "abstract": "We study grammars of many languages at some length."},
    {"title": "A survey of grammars", "abstract": "We study grammars of many languages at some length."},
]


@pytest.fixture
def gate(tmp_path, monkeypatch, capfdbinary):
    """Run the gate on a small table with two copies of one paper."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    Path("table.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TABLE), "utf-8")

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            cli.main(["gate", "table.jsonl", "--quiet", *arguments])
        out, err = capfdbinary.readouterr()
        return ended.value.code, out.decode("utf-8"), err.decode("utf-8")

    return run


@pytest.mark.parametrize("name", FORMATS)
def test_the_document_goes_to_standard_output(name, gate):
    status, out, err = gate("--format", name)
    assert (status, err) == (1, "")
    assert "table.jsonl" in html.unescape(out)
    if name == "json":
        assert json.loads(out)["status"] == "failed"
    elif name == "sarif":
        document = json.loads(out)
        jsonschema.validate(document, SARIF_SCHEMA)
        assert ("table.jsonl", 1) in [place_of(result) for result in document["runs"][0]["results"]]
    elif name == "junit":
        assert int(strict_junit(out).get("tests")) == len(load_suite(find_suite(None)).expectations)
    elif name == "github":
        assert commands_of(out)[0][0] == "error"


@pytest.mark.parametrize("name", ["text", "json"])
def test_with_output_it_goes_whole_to_a_file_and_one_line_is_told(name, gate, tmp_path):
    status, told, err = gate("--format", name, "--output", "deep/out")
    assert (status, err) == (1, "")
    assert "DK" in (tmp_path / "deep/out").read_text("utf-8")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out"]
    assert len(told.splitlines()) == 1
    assert told.startswith("✗ table.jsonl fails: 2 rows, ")


def test_the_summary_is_written_for_github_only(gate, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    gate("--format", "json")
    assert not (tmp_path / "summary.md").exists()
    assert gate("--format", "github")[0] == 1
    assert (tmp_path / "summary.md").read_text("utf-8").startswith("### ✗ dedupkit gate: failed\n")


def test_a_document_replaces_neither_what_is_judged_nor_a_folder(gate, tmp_path):
    before = (tmp_path / "table.jsonl").read_bytes()
    for place in ("table.jsonl", "."):
        status, out, err = gate("--output", place)
        assert (status, out) == (2, "")
        assert "--output" in err
    assert (tmp_path / "table.jsonl").read_bytes() == before
    assert gate("--format", "yaml")[0] == 2


@pytest.mark.usefixtures("gate")
def test_documents_are_utf_8_whatever_the_locale():
    Path("tablé.jsonl").write_bytes(Path("table.jsonl").read_bytes())
    ran = subprocess.run(
        [sys.executable, "-m", "dedupkit.cli", "gate", "tablé.jsonl", "--format", "markdown", "--quiet"],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "tablé" in ran.stdout.decode("utf-8")


@pytest.mark.usefixtures("gate")
@pytest.mark.parametrize("name", ["text", "json"])
def test_a_reader_that_leaves_does_not_open_the_gate(name):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "dedupkit.cli", "gate", "table.jsonl", "--format", name, "--quiet"]
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (1, b"")
