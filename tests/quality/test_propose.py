"""A proposed suite is one that people can read and edit, and that the set it came from passes."""

import json
from pathlib import Path

import polars as pl
import pytest

from dedupkit.errors import InputError, UsageError
from dedupkit.quality import METRICS, load_suite, status_of, validate
from dedupkit.quality.metrics import PARSED_METRICS
from dedupkit.quality.propose import check_place, propose

SHIPPED = load_suite(Path(__file__).parents[2] / "expectations/cleaned.json")
PARSED = load_suite(Path(__file__).parents[2] / "expectations/parsed.json")
ROWS = 519


def metrics(**columns):
    """Rows of a good set, some of their columns replaced."""
    good = {
        "record_id": [f"{i:016x}" for i in range(ROWS)],
        "has_text": [True] * ROWS,
        "title_chars": [20 + i % 100 for i in range(ROWS)],
        "abstract_chars": [None if i % 50 == 0 else 600 + 3 * i for i in range(ROWS)],
        "title_key": [f"t{i // 2 if i < 4 else i}" for i in range(ROWS)],
        "exact_key": [None if i % 50 == 0 else f"e{i}" for i in range(ROWS)],
        "nearest_similarity": [0.1] * ROWS,
        "language": ["fr" if i % 10 == 0 else "en" for i in range(ROWS)],
        "language_score": [0.9 + i / 10_000 for i in range(ROWS)],
        "latex_hits": [int(i % 100 == 0) for i in range(ROWS)],
    }
    zeros = {name: [0] * ROWS for name in METRICS if name not in good}
    data = good | zeros | columns
    return pl.DataFrame({name: data[name] for name in METRICS}, schema=METRICS)


@pytest.fixture
def proposed(tmp_path):
    """Propose a suite from a frame, write it and read it strictly."""

    def from_frame(frame):
        file = tmp_path / "mine.json"
        proposal = propose("mine", "cleaned", frame, SHIPPED)
        file.write_text(proposal.text, "utf-8")
        suite = load_suite(file)
        assert len(suite.expectations) == proposal.count
        return suite, proposal

    return from_frame


def mostly_missing(name):
    return {name: [None] * (ROWS - 1) + metrics()[name].to_list()[-1:]}


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"latex_hits": [7] * ROWS},
        {"html_hits": list(range(ROWS))},
        {"mojibake_hits": [1] * 20 + [0] * (ROWS - 20)},
        {"record_id": ["a", "a"] + [str(i) for i in range(ROWS - 2)]},
        {"exact_key": ["x", "x"] + [None] * 500 + [f"y{i}" for i in range(ROWS - 502)]},
        {"nearest_similarity": [0.75] * ROWS},
        {"language": [None] * ROWS, "language_score": [None] * ROWS},
        {"language_score": [float("nan")] * 9 + [0.0] * (ROWS - 9)},
        {"title_key": ["same"] * ROWS},
        {"open_end": [i % 3 // 2 for i in range(ROWS)]},
        mostly_missing("abstract_chars"),
        mostly_missing("language"),
    ],
)
def test_the_set_passes_the_suite_that_came_from_it(proposed, columns):
    frame = metrics(**columns)
    suite, _ = proposed(frame)
    assert {check.rule: check.observed for check in validate(suite, frame) if check.status != "passed"} == {}


def test_one_row_and_missing_columns_are_enough(proposed):
    for frame in (metrics().tail(1), metrics().drop("language", "language_score")):
        suite, _ = proposed(frame)
        assert {check.status for check in validate(suite, frame)} == {"passed"}


def test_every_number_has_bounds_and_every_limit_says_why(proposed):
    suite, proposal = proposed(metrics())
    numbers = {name for name, dtype in METRICS.items() if dtype.is_numeric()}
    bounded = {
        each.kwargs["column"]
        for each in suite.expectations
        if each.type.endswith("_be_between") and "column" in each.kwargs
    }
    assert bounded == numbers
    assert all(each.why.endswith(".") for each in suite.expectations)
    assert {each.rule for each in suite.expectations if each.severity == "critical"} == {
        each.rule for each in SHIPPED.expectations if each.severity == "critical"
    }
    assert proposal.left_out == ()


def test_limits_are_measured_and_say_how_in_plain_words(proposed):
    by_column = {(each.type, each.kwargs.get("column")): each for each in proposed(metrics())[0].expectations}
    lengths = by_column["expect_column_values_to_be_between", "abstract_chars"]
    assert lengths.kwargs == {"column": "abstract_chars", "min_value": 480, "max_value": 2600, "mostly": 0.98}
    assert lengths.why == (
        "99 % of 508 abstracts have 609 to 2,148 characters; a fifth less and a fifth more is allowed, "
        "and 2 % may be outside."
    )
    hits = by_column["expect_column_values_to_be_between", "latex_hits"]
    assert hits.kwargs == {"column": "latex_hits", "max_value": 0, "mostly": 0.97}
    assert hits.why == "6 of 519 records have some; twice as many may."
    present = by_column["expect_column_values_to_not_be_null", "abstract_chars"]
    assert present.kwargs["mostly"] == 0.95
    assert present.why == "11 of 519 records have none; twice as many may be without."
    languages = by_column["expect_column_values_to_be_in_set", "language"]
    assert languages.kwargs["value_set"] == ["en", "fr"]
    assert (
        languages.why == "467 of 519 records are in en, the others in 1 more language; 2 % may be in others."
    )


def test_a_critical_expectation_that_does_not_hold_becomes_a_warning_or_is_left_out(proposed):
    suite, proposal = proposed(metrics(mojibake_hits=[1] * 20 + [0] * (ROWS - 20), control_hits=[1] * ROWS))
    (mojibake,) = [each for each in suite.expectations if each.rule == "DK014"]
    assert (mojibake.severity, mojibake.kwargs["mostly"]) == ("warning", 0.92)
    assert "is critical and asks for more; here 20 of 519 rows do not" in mojibake.why
    assert [left_out.split(",")[0] for left_out in proposal.left_out] == ["DK015"]


def test_it_is_the_same_twice_and_laid_out_as_the_shipped_one(proposed):
    text = proposed(metrics())[1].text
    assert proposed(metrics())[1].text == text
    first_blocks = [
        [line.split(":")[0] for line in each[each.index("    {\n") :].splitlines()[:7]]
        for each in (text, SHIPPED.path.read_text("utf-8"))
    ]
    assert first_blocks[0] == first_blocks[1]
    assert json.loads(text)["name"] == "mine"


def test_no_rows_are_no_set():
    with pytest.raises(InputError, match="no records to measure"):
        propose("mine", "empty", metrics().clear(), SHIPPED)


def test_a_file_is_overwritten_only_by_force(tmp_path):
    check_place(tmp_path / "new.json", force=False)
    (tmp_path / "old.json").touch()
    check_place(tmp_path / "old.json", force=True)
    with pytest.raises(UsageError, match=r"old\.json: there is such a file already"):
        check_place(tmp_path / "old.json", force=False)
    with pytest.raises(UsageError, match="this is a folder"):
        check_place(tmp_path, force=True)


def test_a_suite_of_what_was_read_holds_bands_of_what_is_usual(tmp_path):
    frame = pl.DataFrame(
        {
            "record_id": [f"{i:016x}" for i in range(ROWS)],
            "has_text": [True] * ROWS,
            "title_chars": [20 + i % 100 for i in range(ROWS)],
            "abstract_chars": [600 + 3 * i for i in range(ROWS)],
            "has_stable_id": [True] * ROWS,
            "is_repaired": [int(i % 5 == 0) for i in range(ROWS)],
            "is_dropped": [int(i % 10 == 0) for i in range(ROWS)],
            "is_quarantined": [0] * ROWS,
            "unparsed_lines": [0.5] * ROWS,
        },
        schema=PARSED_METRICS,
    )
    file = tmp_path / "read.json"
    file.write_text(propose("read", "cleaned", frame, PARSED).text, "utf-8")
    suite = load_suite(file)
    assert suite.frame == "parsed"
    assert status_of(validate(suite, frame)) == "passed"
    bands = {
        each.kwargs["column"]: (each.kwargs["min_value"], each.kwargs["max_value"])
        for each in suite.expectations
        if each.type == "expect_column_mean_to_be_between" and each.rule.startswith("M")
    }
    assert bands == {"is_repaired": (0.1, 0.3), "is_dropped": (0.04, 0.16), "is_quarantined": (0.0, 0.0058)}
    for column, value in (("is_repaired", 0), ("is_repaired", 1), ("is_dropped", 1), ("unparsed_lines", 0.7)):
        other = frame.with_columns(pl.lit(value).cast(frame.schema[column]).alias(column))
        failed = {check.column for check in validate(suite, other) if check.status == "failed"}
        assert failed == {column}
