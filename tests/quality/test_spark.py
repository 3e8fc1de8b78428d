"""The same suites judge a frame that is in Spark, with Great Expectations' own engine, and say the same of it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import test_frames
import test_validate

from dedupkit.quality import measure, measure_merge, measure_parsed, status_of, validate
from dedupkit.quality.suite import Expectation, Suite

TYPES = {pl.Boolean: "boolean", pl.Int64: "bigint", pl.Float64: "double", pl.String: "string"}


@pytest.fixture(scope="module")
def session(spark):
    """Many small queries: compiling them would take longest."""
    spark.conf.set("spark.sql.codegen.wholeStage", "false")
    yield spark
    spark.conf.unset("spark.sql.codegen.wholeStage")


@pytest.fixture
def in_spark(session):
    """Puts a polars frame into Spark, its rows in another order."""

    def move(frame):
        schema = ", ".join(f"`{name}` {TYPES[dtype.base_type()]}" for name, dtype in frame.schema.items())
        return session.createDataFrame(frame.reverse().rows(), schema)

    return move


def part(suite, *rules):
    """Those of a suite's expectations."""
    return replace(suite, expectations=tuple(each for each in suite.expectations if each.rule in rules))


def cleaned(mutation):
    """The metrics of a mutation of a cleaned set."""
    pairs, records, faults = test_validate.pairs(), test_validate.good_records(), 0
    if isinstance(mutation, int):
        faults = mutation
    elif "left" in mutation.columns:
        pairs = mutation
    else:
        records = mutation
    return measure(records, pairs, faults)


def merge(records):
    return measure_merge(records, test_frames.BASE["record_id"], test_frames.BASE)


def with_marks(measured):
    """The metrics with a column for the rows that each drift is made of, and the names of these columns."""
    names = {column: f"{column}_rows" for column in measured.witnesses}
    return measured.metrics.with_columns(
        rows.alias(names[column]) for column, rows in measured.witnesses.items()
    ), names


def status(checks, rule):
    return next(check.status for check in checks if check.rule == rule)


@pytest.mark.parametrize("rule", test_validate.MUTATIONS)
def test_a_mutation_of_a_cleaned_set_is_judged_alike(rule, in_spark):
    metrics = cleaned(test_validate.MUTATIONS[rule])
    suite = part(test_validate.SUITE, rule, "DK004")
    checks = validate(suite, in_spark(metrics))
    assert checks == validate(suite, metrics)
    assert status(checks, rule) == "failed"


@pytest.mark.parametrize("rule", test_frames.PARSED_MUTATIONS)
def test_a_mutation_of_what_was_read_is_judged_alike(rule, in_spark):
    metrics = measure_parsed(*test_frames.PARSED_MUTATIONS[rule])
    suite = part(test_frames.PARSED, rule, "DP009")
    checks = validate(suite, in_spark(metrics))
    # ids are hashes: the smallest, which Spark names, are not the first
    told = [[replace(check, examples=()) for check in each] for each in (checks, validate(suite, metrics))]
    assert told[0] == told[1]
    assert status(checks, rule) == "failed"


@pytest.mark.parametrize("rule", test_frames.MERGE_MUTATIONS)
def test_a_mutation_of_a_merge_is_judged_alike_down_to_the_rows_of_a_drift(rule, in_spark):
    measured = merge(test_frames.MERGE_MUTATIONS[rule])
    marked, names = with_marks(measured)
    suite = part(test_frames.MERGE, rule, "DM004")
    checks = validate(suite, in_spark(marked), names)
    assert checks == validate(suite, measured.metrics, measured.witnesses)
    assert status(checks, rule) == "failed"


def test_a_whole_suite_of_a_good_set_is_judged_alike_and_silently(in_spark, capfd):
    metrics = cleaned(0)
    frame = in_spark(metrics)
    capfd.readouterr()
    checks = validate(test_validate.SUITE, frame)
    assert capfd.readouterr() == ("", "")
    assert checks == validate(test_validate.SUITE, metrics)
    assert status_of(checks) == "passed"
    assert not frame.is_cached


def test_an_empty_frame_fails(in_spark):
    metrics = cleaned(test_validate.MUTATIONS["DK001"])
    suite = part(test_validate.SUITE, "DK000", "DK001", "DK002", "DK003", "DK009")
    checks = validate(suite, in_spark(metrics))
    assert status_of(checks) == "failed"
    assert checks == validate(suite, metrics)


def test_a_missing_column_could_not_run(in_spark):
    metrics = cleaned(0).drop("record_id", "language")
    suite = part(test_validate.SUITE, "DK001", "DK002", "DK005", "DK021")
    checks = validate(suite, in_spark(metrics))
    assert checks == validate(suite, metrics)
    assert status_of(checks) == "could not run"
    assert 'there is no column "record_id"' in {check.error for check in checks}


ODD = pl.DataFrame(
    {
        "record_id": ["a", "b", "c", "d", "d", None],
        "has_text": [True, False, None, True, True, True],
        "title_chars": [1, 2, None, 4, 4, 7],
        "language": ["en", "fr", None, "en", "de", "x"],
        "nearest_similarity": [0.1, float("nan"), None, 0.5, 0.9, 0.9],
        "abstract": ["never looked at"] * 6,
    }
)


def test_truths_nulls_and_nan_are_taken_alike(in_spark):
    asked = [
        ("expect_column_values_to_be_in_set", {"column": "has_text", "value_set": [True]}),
        ("expect_column_values_to_not_be_in_set", {"column": "has_text", "value_set": [True]}),
        ("expect_column_mean_to_be_between", {"column": "has_text", "min_value": 0.9}),
        ("expect_column_values_to_be_between", {"column": "nearest_similarity", "min_value": 0.5}),
        (
            "expect_column_values_to_be_between",
            {"column": "nearest_similarity", "max_value": 0.9, "strict_max": True},
        ),
        ("expect_column_values_to_not_be_null", {"column": "nearest_similarity"}),
        ("expect_column_values_to_be_null", {"column": "nearest_similarity"}),
        ("expect_column_values_to_be_unique", {"column": "nearest_similarity"}),
        ("expect_column_max_to_be_between", {"column": "nearest_similarity", "max_value": 0.5}),
        ("expect_column_median_to_be_between", {"column": "title_chars", "min_value": 5}),
        ("expect_column_values_to_match_regex", {"column": "language", "regex": "^e"}),
        ("expect_column_values_to_not_match_regex", {"column": "language", "regex": "^e"}),
        ("expect_column_distinct_values_to_be_in_set", {"column": "language", "value_set": ["en"]}),
    ]
    suite = Suite(
        "odd",
        Path("odd.json"),
        "",
        tuple(
            Expectation(f"T{i}", kind, kwargs, "info", "A test", 1) for i, (kind, kwargs) in enumerate(asked)
        ),
    )
    for here, there in zip(validate(suite, ODD), validate(suite, in_spark(ODD)), strict=True):
        assert there == here
        assert there.status == "failed"
