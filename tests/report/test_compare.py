"""What changed between two runs, and how the page says it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit.record import PAIRS, RECORDS, UNPARSED
from dedupkit.report import compare as module
from dedupkit.report import render
from dedupkit.report.compare import (
    CheckChange,
    CountChange,
    Difference,
    Flip,
    RepairChange,
    compare,
)
from dedupkit.report.frames import Run
from dedupkit.report.rows import ROW_LIMIT

COLUMNS = ("record_id", "source", "line", "title", "repairs", "verdict", "reason")
HOSTILE = '<script>document.title="pwned"</script>'


def record(name, verdict="kept", *repairs, reason=None):
    return {
        "record_id": name,
        "source": "a.txt",
        "line": 1 + ord(name[0]),
        "title": f"Title {name}",
        "repairs": [
            {"column": "title", "kind": kind, "start": start, "before": before, "after": after}
            for kind, start, before, after in repairs
        ],
        "verdict": verdict,
        "reason": reason,
    }


def run(*rows, **facts):
    records = pl.DataFrame(rows, schema={name: RECORDS[name] for name in COLUMNS})
    return Run(facts, records.lazy(), pl.LazyFrame(schema=PAIRS), pl.LazyFrame(schema=UNPARSED))


def check(rule, status):
    shown = {
        "column": None,
        "limit": "0",
        "observed": "0",
        "unexpected_count": None,
        "examples": [],
        "error": "",
    }
    return shown | {
        "rule": rule,
        "description": f"What {rule} is for",
        "status": status,
        "severity": "critical",
    }


ACCENT = ("latex_accent", 3, '\\"o', "ö")
SPACE = ("space_run", 9, "  ", " ")
CUT = ("html_tag", 0, "<b>", None)

OLD = run(
    record("a", "kept", ACCENT),
    record("b", "kept", SPACE, reason="Alone."),
    record("c", "near_duplicate", reason="Like a."),
    record("d"),
    counts={"read": 4, "kept": 3, "dropped": 1, "quarantined": 0, "repaired": 2},
    settings={"threshold": 0.7, "math": "safe", "gone": 1},
    versions={"dedupkit": "0.1.0", "polars": "2.1.0"},
    sources=[{"source": "a.txt", "sha256": "aa"}, {"source": "b.txt", "sha256": "bb"}],
    expectations={
        "suite": "cleaned",
        "sha256": "00",
        "checks": [check("DK1", "passed"), check("DK2", "passed")],
    },
)
NEW = run(
    record("e"),
    record("a", "kept", ACCENT, CUT),
    record("b", "quarantined", reason="Shares its abstract."),
    record("c", "kept"),
    counts={"read": 4, "kept": 3, "dropped": 0, "quarantined": 1, "repaired": 1, "unparsed": 2},
    settings={"threshold": 0.9, "math": "safe"},
    versions={"dedupkit": "0.2.0", "polars": "2.1.0"},
    sources=[{"source": "a.txt", "sha256": "cc"}, {"source": "c.txt", "sha256": "dd"}],
    expectations={
        "suite": "cleaned",
        "sha256": "11",
        "checks": [check("DK1", "failed"), check("DK3", "passed")],
    },
)


@pytest.fixture
def found():
    return compare(NEW, OLD)


def test_rows_that_came_and_went_are_told_with_their_place(found):
    assert found.came.rows == [{"record_id": "e", "title": "Title e", "source": "a.txt", "line": 102}]
    assert found.went.rows == [{"record_id": "d", "title": "Title d", "source": "a.txt", "line": 101}]
    assert (found.came.total, found.went.total) == (1, 1)


def test_verdicts_that_flipped_are_counted_and_shown_with_both_reasons(found):
    assert found.flips == (Flip("kept", "quarantined", 1), Flip("near_duplicate", "kept", 1))
    names = ("record_id", "title", "before", "now", "reason_before", "reason_now")
    assert [tuple(row[name] for name in names) for row in found.flipped.rows] == [
        ("b", "Title b", "kept", "quarantined", "Alone.", "Shares its abstract."),
        ("c", "Title c", "near_duplicate", "kept", "Like a.", None),
    ]


def test_repairs_that_came_and_went_are_told_one_by_one(found):
    assert found.repair_kinds == (RepairChange("html_tag", 1, 0), RepairChange("space_run", 0, 1))
    assert found.repairs_came.rows == [
        {"record_id": "a", "column": "title", "kind": "html_tag", "before": "<b>", "after": None}
    ]
    assert found.repairs_went.rows == [
        {"record_id": "b", "column": "title", "kind": "space_run", "before": "  ", "after": " "}
    ]


def test_a_repair_is_another_at_another_place_or_with_another_result():
    moved, other = ("latex_accent", 4, '\\"o', "ö"), ("latex_accent", 3, '\\"o', "o")
    for changed in (moved, other):
        kinds = compare(run(record("a", "kept", changed)), run(record("a", "kept", ACCENT))).repair_kinds
        assert kinds == (RepairChange("latex_accent", 1, 1),)


def test_repairs_in_another_order_are_the_same():
    both = run(record("a", "kept", ACCENT, SPACE)), run(record("a", "kept", SPACE, ACCENT))
    assert compare(*both).repair_kinds == ()


def test_counts_are_told_before_and_now_with_their_difference(found):
    assert found.counts[:2] == (CountChange("read", 4, 4, 0), CountChange("kept", 3, 3, 0))
    assert found.counts[2] == CountChange("dropped", 1, 0, -1)
    assert found.counts[-1] == CountChange("unparsed", None, 2, None)


def test_settings_versions_inputs_and_the_suite_that_differ_are_told(found):
    assert found.settings == (
        Difference("gone", "1", ""),
        Difference("suite", "cleaned, SHA-256 00", "cleaned, SHA-256 11"),
        Difference("threshold", "0.7", "0.9"),
    )
    assert found.versions == (Difference("dedupkit", "0.1.0", "0.2.0"),)
    assert found.inputs.rows == [
        Difference("a.txt", "aa", "cc"),
        Difference("b.txt", "bb", ""),
        Difference("c.txt", "", "dd"),
    ]


def test_expectations_whose_status_changed_are_told(found):
    assert found.checks.rows == [
        CheckChange("DK1", "What DK1 is for", "passed", "failed"),
        CheckChange("DK3", "What DK3 is for", "", "passed"),
        CheckChange("DK2", "What DK2 is for", "passed", ""),
    ]


@pytest.mark.parametrize("one", [OLD, NEW, run()])
def test_a_run_is_the_same_as_itself(one):
    found = compare(one, one)
    assert found.is_same
    assert (found.flips, found.repair_kinds, found.settings) == ((), (), ())


def _with(**facts):
    return replace(OLD, facts=OLD.facts | facts)


@pytest.mark.parametrize(
    "changed",
    [
        replace(OLD, records=OLD.records.head(3)),
        replace(OLD, records=OLD.records.with_columns(verdict=pl.lit("kept"))),
        replace(OLD, records=OLD.records.with_columns(repairs=pl.lit([], RECORDS["repairs"]))),
        _with(counts=OLD.facts["counts"] | {"read": 5}),
        _with(counts={}),
        _with(settings={}),
        _with(settings=OLD.facts["settings"] | {"math": None}),
        _with(versions={}),
        _with(sources=[]),
        _with(expectations={}),
    ],
)
def test_every_single_change_is_a_change(changed):
    assert not compare(changed, OLD).is_same
    assert not compare(OLD, changed).is_same


def test_frames_without_rows_columns_or_facts_can_be_compared():
    bare = replace(run(), records=pl.LazyFrame({"record_id": ["a"]}))
    assert compare(bare, run()).came.rows == [{"record_id": "a", "title": None, "source": None, "line": None}]
    assert compare(bare, bare).is_same


def test_examples_are_capped_and_their_total_is_told():
    many = run(*(record(f"{'xyz'[number % 3]}{number}", "kept", ACCENT) for number in range(180)))
    went = compare(run(), many).went
    assert (len(went.rows), went.total) == (ROW_LIMIT, 180)
    other = replace(
        many,
        records=many.records.with_columns(
            verdict=pl.when(pl.col("record_id") == "x0")
            .then(pl.lit("same_title"))
            .otherwise(pl.lit("contained")),
            repairs=pl.lit([], RECORDS["repairs"]),
        ),
    )
    found = compare(other, many)
    assert (len(found.flipped.rows), found.flipped.total) == (ROW_LIMIT, 180)
    assert found.flips == (Flip("kept", "contained", 179), Flip("kept", "same_title", 1))
    assert found.flipped.rows[0]["record_id"] == "x0"  # the rarest change first
    assert found.repair_kinds == (RepairChange("latex_accent", 0, 180),)
    assert (len(found.repairs_went.rows), found.repairs_went.total) == (ROW_LIMIT, 180)


VERDICTS = st.sampled_from(["kept", "quarantined", "near_duplicate", "rejected"])
REPAIRS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]), st.integers(0, 2), st.sampled_from(["x", "", None]), st.just("y")
    ),
    unique=True,
    max_size=4,
)


@st.composite
def runs(draw):
    """A run of a few records whose order, verdicts and repairs are anyone's."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    rows = [record(name, draw(VERDICTS), *draw(REPAIRS)) for name in names]
    facts = {"settings": draw(st.dictionaries(st.sampled_from("xyz"), st.sampled_from([1, None, "s"])))}
    return run(*rows, **facts)


@settings(max_examples=60, deadline=None)
@given(runs(), runs(), st.integers(1, 9))
def test_a_comparison_mirrors_its_reverse_and_adds_up(one, other, rows_of_a_slice):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SLICE_ROWS", rows_of_a_slice)
        there, back = compare(one, other), compare(other, one)
    assert (there.came.rows, there.went.rows) == (back.went.rows, back.came.rows)
    assert set(there.flips) == {Flip(flip.now, flip.before, flip.records) for flip in back.flips}
    assert set(there.repair_kinds) == {
        RepairChange(each.kind, each.went, each.came) for each in back.repair_kinds
    }
    assert there.repairs_came.rows == back.repairs_went.rows
    assert there.settings == tuple(Difference(each.name, each.now, each.before) for each in back.settings)
    assert there.is_same == back.is_same

    before, now = (
        {row["record_id"]: row for row in run.records.collect().to_dicts()} for run in (other, one)
    )
    assert there.came.total - there.went.total == len(now) - len(before)
    shared = now.keys() & before.keys()
    assert there.flipped.total == sum(now[name]["verdict"] != before[name]["verdict"] for name in shared)
    repairs = {
        name: [[tuple(repair.items()) for repair in rows[name]["repairs"]] for rows in (now, before)]
        for name in shared
    }
    assert there.repairs_came.total == sum(len(set(ours) - set(theirs)) for ours, theirs in repairs.values())
    assert there.repairs_went.total == sum(len(set(theirs) - set(ours)) for ours, theirs in repairs.values())


# the page


class Elements(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.values, self.text, self.open = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.values += attrs
        if tag not in {"meta", "br", "img", "input", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def section(new, old):
    """The section of the changes, and its text."""
    html = render(new, compare(new, old))
    elements = Elements(html)
    assert elements.open == []
    ids = [value for name, value in elements.values if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in elements.values if name == "href" and value[0] == "#"} <= set(ids)
    start = html.index('<section id="changes"')
    part = html[start : html.index("</section>", start)]
    return part, " ".join(" ".join(Elements(part + "</section>").text).split())


def test_the_page_has_the_section_right_after_the_verdict_and_links_to_it():
    html = render(NEW, compare(NEW, OLD))
    assert re.findall(r"<section id=\"(\w+)\"", html)[:3] == ["verdict", "changes", "expectations"]
    assert 'href="#changes"' in html
    assert "changes" not in re.findall(r"(?:id=\"|href=\"#)(\w+)", render(NEW))


def test_the_page_tells_every_kind_of_change():
    part, told = section(NEW, OLD)
    assert "Compared with the earlier run" in told
    for words in (
        "dropped 1 0 −1",
        "lines in no record – 2 –",
        "What DK1 is for DK1 passed failed",
        "What DK3 is for DK3 not asked passed",
        "threshold 0.7 0.9",
        "dedupkit 0.1.0 0.2.0",
        "a.txt aa cc",
        "1 record came in",
        "Title e",
        "1 record went out",
        "near duplicate kept 1",
        "Shares its abstract.",
        "html tag 1 0",
    ):
        assert words in told, words
    assert "<del>&lt;b&gt;</del></bdi>" in part
    assert "<del>␣␣</del><ins>␣</ins>" in part
    assert part.count("<table") == part.count("<caption>")
    assert not re.search(r"<th(?! scope=)[ >]", part)


def test_the_page_says_in_one_sentence_that_nothing_changed():
    part, told = section(OLD, OLD)
    assert told.startswith("Compared with the earlier run Nothing changed: ")
    assert "<table" not in part


def test_the_page_says_how_many_of_a_long_list_it_shows():
    many = run(*(record(f"x{number}") for number in range(60)))
    assert f"Showing {ROW_LIMIT} of 60; records.parquet of the earlier run has all." in section(OLD, many)[1]


def test_hostile_text_of_either_run_is_text():
    def everywhere(name, verdict, kind):
        row = record(name, verdict, (kind, 0, HOSTILE, HOSTILE), reason=HOSTILE)
        return row | {"source": HOSTILE, "title": HOSTILE}

    def facts(value):
        checks = [check(HOSTILE, value) | {"description": HOSTILE, "severity": HOSTILE}]
        return {
            "settings": {HOSTILE: value},
            "versions": {HOSTILE: value},
            "sources": [{"source": HOSTILE, "sha256": value}],
            "expectations": {"suite": HOSTILE, "sha256": value, "checks": checks},
        }

    new = run(everywhere(f"a{HOSTILE}", HOSTILE, "x"), everywhere("b", "kept", "x"), **facts(HOSTILE))
    old = run(everywhere(f"a{HOSTILE}", "kept", HOSTILE), everywhere("c", "kept", "x"), **facts("y"))
    part, told = section(new, old)
    assert "<script" not in part
    assert HOSTILE in told
