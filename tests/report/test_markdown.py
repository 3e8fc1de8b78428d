"""The short form of the report: what it says, and that nothing in it acts."""

import html
import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # rich brings it

from dedupkit.record import RECORDS
from dedupkit.report.cells import LENGTH_LIMIT
from dedupkit.report.compare import compare
from dedupkit.report.frames import Run
from dedupkit.report.markdown import render

HOSTILE = (
    "a|b",
    "`x`",
    "<script>alert(1)</script>",
    "a\nb\r\n# head",
    "@octocat and #1, GH-26",
    "[x](javascript:y)",
    "![x](https://evil.example/x.png)",
    "a\x00\x1b[31mb\ufffe",
    "\u202ecod.exe",
    "***",
    "- [ ] x",
    "WWW.evil.example https://evil.example",
    "\\",
    "</details>",
    "",
    " ",
)
ANY_TEXT = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40), st.just("\udcff"))


@pytest.fixture
def document(facts):
    return render(facts)


def plain(line):
    """What a reader sees of a line."""
    return html.unescape(re.sub("</?code>", "", line)).replace("\u2060", "")


def tables(document):
    """The cells of every row, row by row, heads and rules left out."""
    rows = [line for line in document.splitlines() if line.startswith("|")]
    cells = [[plain(cell) for cell in line[2:-2].split(" | ")] for line in rows]
    return [row for row, line in zip(cells, rows, strict=True) if not line.startswith("|---")]


def test_the_verdict_comes_first_with_its_sentence(document):
    lines = document.splitlines()
    assert lines[0] == "### ✗ dedupkit report: failed"
    assert plain(lines[2]).startswith("**Failed.** 1 critical expectation fails: DK016")
    assert lines[2].endswith("5 of 9 records make up the cleaned set.")


def test_counts_warnings_duplicates_repairs_and_sources_are_told(facts):
    facts["warnings"] = ["a/000.txt loses 8 of its 9 records."]
    document = render(facts)
    assert "- **Look at this:** a/000.txt loses 8 of its 9 records.\n" in document
    rows = tables(document)
    for row in (
        ["records read", "9"],
        ["lines in no record", "2"],
        ["near duplicate", "2"],
        ["space run", "40"],
        ["a/000.txt", "publications page", "9", "2"],
        ["b.parquet", "table", "–", "–"],
    ):
        assert row in rows, row
    assert ["same title", "0"] not in rows
    assert "<details><summary>2 sources</summary>" in document


def test_failed_expectations_name_at_most_three_records(facts):
    facts["expectations"]["checks"][1]["examples"] = ["aa", "bb", "cc", "dd"]
    rows = [row for row in tables(render(facts)) if row[1].startswith("DK")]
    assert [row[1] for row in rows] == ["DK016", "DK018", "DK020"]
    assert rows[0][5] == "aa<br>bb<br>cc"
    assert rows[2][4] == 'could not run: there is no column "x"'


def test_the_ten_most_frequent_repairs_are_told_and_how_many_kinds_there_are(facts):
    facts["repairs"] = {f"kind_{number}": number for number in range(1, 26)}
    document = render(facts)
    kinds = [row for row in tables(document) if row[0].startswith("kind ")]
    assert kinds == [[f"kind {number}", str(number)] for number in range(25, 15, -1)]
    assert "Showing 10 of 25." in document


def test_a_run_without_anything_has_a_document():
    assert render({}).startswith("### – dedupkit report: not checked\n\n**Not checked.** No expectations")


def test_the_same_facts_give_the_same_document(facts, document):
    assert render(facts) == document
    assert document.endswith("\n")
    assert not document.endswith("\n\n")


def cleaned(facts, records):
    return Run(facts, records.lazy(), pl.LazyFrame(), pl.LazyFrame())


def earlier(facts, records):
    """A run before that of the fixtures, with something of each sort that differs."""
    before = facts | {
        "counts": facts["counts"] | {"read": 8, "dropped": 1},
        "settings": {"threshold": 0.9, "text_column": None},
        "versions": facts["versions"] | {"polars": "2.0.0"},
        "sources": [facts["sources"][0] | {"sha256": "00"}],
        "expectations": facts["expectations"] | {"checks": facts["expectations"]["checks"][:1]},
    }
    rows = records.head(8).with_columns(verdict=records["verdict"].head(8).replace("near_duplicate", "kept"))
    return cleaned(before, rows.with_columns(repairs=rows["repairs"].list.head(2)))


def test_against_an_earlier_run_the_changes_are_told_in_brief(facts, records):
    found = compare(cleaned(facts, records), earlier(facts, records))
    document = render(facts, found)
    rows = tables(document)
    for row in (
        ["records read", "8", "9", "+1"],
        ["dropped", "1", "4", "+3"],
        ["kept", "near duplicate", "1"],
        ["html tag", "1", "0"],
        ["DK016", facts["expectations"]["checks"][1]["description"], "not asked", "failed"],
    ):
        assert row in rows, row
    told = plain(document)
    for words in (
        "#### Compared with the earlier run",
        "- Setting threshold: 0.9 → 0.7",
        "- Version polars: 2.0.0 → 2.1.0",
        "- Input changed: a/000.txt",
        "- Input added: b.parquet",
        "<details><summary>1 record came in</summary>",
        "<details><summary>1 record with another verdict</summary>",
        "near duplicate: 0.71 of its shingles are shared.",
        "<details><summary>3 repairs came</summary>",
    ):
        assert words in told, words


def test_two_equal_runs_are_told_in_one_sentence(facts, records):
    one = cleaned(facts, records)
    document = render(facts, compare(one, one))
    assert "#### Compared with the earlier run\n\nNothing changed: " in document
    assert ["records read", "9", "9", "0"] in tables(document)


def test_the_document_stays_below_what_a_comment_holds(facts, records):
    wide = "|" * 5_000
    facts["warnings"] = [wide] * 400
    facts["expectations"]["checks"] = [
        {**check, "description": wide, "limit": wide, "observed": wide}
        for check in facts["expectations"]["checks"] * 50
    ]
    facts["sources"] = [
        source | {"source": f"{number}{wide}"} for number in range(500) for source in facts["sources"]
    ]
    document = render(facts, compare(cleaned(facts, records), earlier(facts, records)))
    assert 40_000 < len(document) < LENGTH_LIMIT
    assert "Showing 10 of 400." in document
    assert re.search(r"Showing \d+ of 150\.", document)
    assert document.count("<details>") == document.count("</details>")


@st.composite
def hostile(draw):
    """Facts whose every text is anyone's."""
    checks = [
        {
            "rule": draw(ANY_TEXT),
            "description": draw(ANY_TEXT),
            "severity": draw(ANY_TEXT),
            "status": draw(st.sampled_from(["passed", "failed", "could not run"])),
            "limit": draw(ANY_TEXT),
            "observed": draw(ANY_TEXT),
            "error": draw(ANY_TEXT),
            "examples": [draw(ANY_TEXT)],
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    source = {"source": draw(ANY_TEXT), "sha256": draw(ANY_TEXT), "layout": draw(ANY_TEXT), "records": 3}
    return {
        "counts": {"read": 3, "kept": 3},
        "warnings": [draw(ANY_TEXT)],
        "repairs": {draw(ANY_TEXT): 2},
        "sources": [source],
        "expectations": {
            "suite": draw(ANY_TEXT),
            "sha256": draw(ANY_TEXT),
            "status": "failed",
            "checks": checks,
        },
        "settings": {draw(ANY_TEXT): draw(ANY_TEXT)},
        "versions": {draw(ANY_TEXT): draw(ANY_TEXT)},
    }


#: What we write ourselves, as tokens of a parser.
OUR_TOKENS = {
    "paragraph",
    "heading",
    "bullet_list",
    "list_item",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
}
OUR_TAGS = re.compile(r"</?code>|<br>|<details><summary>[\d,]+ [a-z ]+</summary>\n?|</details>\n?")


def tokens(document):
    """Every token of a document, those within others too."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(document):
        yield token
        yield from token.children or []


@settings(max_examples=40, deadline=None)
@given(hostile(), hostile(), st.lists(ANY_TEXT, min_size=6, max_size=6))
def test_no_text_of_data_acts(new, old, words):
    name, title, source, verdict, reason, kind = (word.replace("\udcff", "?") for word in words)
    frames = [_records(name, title, source, each, reason, kind) for each in (verdict, f"not {verdict}")]
    document = render(new, compare(cleaned(new, frames[0]), cleaned(old, frames[1])))
    document.encode("utf-8")
    assert not {sign for sign in document if ord(sign) < 32} - {"\n"}
    for token in tokens(document):
        kind = re.sub("_(open|close)$", "", token.type)
        if kind in {"html_inline", "html_block"}:
            assert OUR_TAGS.fullmatch(token.content), token.content
        else:
            assert kind in OUR_TOKENS | {"text", "inline", "softbreak"}, kind
    headings = [line for line in document.splitlines() if line.startswith("#")]
    assert [token.tag for token in tokens(document) if token.type == "heading_open"] == [
        f"h{line.index(' ')}" for line in headings
    ]
    told = html.unescape(re.sub("(?m)^#+ |<code>.*?</code>", "", document))
    assert not re.search(r"[@#](?!\u2060)|(?i:GH-\d)", told)
    assert not re.search(r"(?i)www\.|https?:", re.sub("<code>.*?</code>", "", document))


def _records(name, title, source, verdict, reason, kind):  # noqa: PLR0913, PLR0917  # a row by its cells
    repair = {"column": "title", "kind": kind, "start": 0, "before": verdict, "after": title}
    row = {
        "record_id": name,
        "title": title,
        "source": source,
        "line": 1,
        "verdict": verdict,
        "reason": reason,
    }
    return pl.DataFrame(
        [row | {"repairs": [repair]}], schema={each: RECORDS[each] for each in (*row, "repairs")}
    )
