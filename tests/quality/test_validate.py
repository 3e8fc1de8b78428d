"""The shipped suite passes a well cleaned set, and each of its expectations can fail."""

import inspect
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from dedupkit.errors import UsageError
from dedupkit.quality import Check, load_suite, measure, passes, status_of, validate
from dedupkit.quality.kinds import KINDS
from dedupkit.quality.suite import Expectation, Suite
from dedupkit.record import PAIRS

SUITE = load_suite(Path(__file__).parents[2] / "expectations/cleaned.json")
ROWS = 200


def good_records():
    return pl.DataFrame(
        {
            "record_id": [f"{i:016x}" for i in range(ROWS)],
            "title": [f"Paper {i} on a question of some weight" for i in range(ROWS)],
            "abstract": [f"We study question {i} at length. " * 20 for i in range(ROWS)],
            "language": ["en"] * ROWS,
            "language_score": [0.99] * ROWS,
            "verdict": ["kept"] * ROWS,
        }
    )


def changed(column, value, rows=1):
    """The good records with another value in the first rows."""
    texts = pl.col(column).cast(pl.String) if isinstance(value, str) else pl.col(column)
    first = pl.int_range(pl.len()) < rows
    return good_records().with_columns(pl.when(first).then(pl.lit(value)).otherwise(texts).alias(column))


def appended(text):
    return good_records().with_columns(
        pl.when(pl.int_range(pl.len()) < 5)
        .then(pl.col("abstract") + text)
        .otherwise("abstract")
        .alias("abstract")
    )


def pairs(*rows):
    return pl.DataFrame(rows, schema=PAIRS, orient="row")


FIRST, SECOND = f"{0:016x}", f"{1:016x}"

MUTATIONS = {
    "DK000": 2,
    "DK001": good_records().clear(),
    "DK002": changed("record_id", None),
    "DK003": changed("record_id", SECOND),
    "DK004": changed("title", None).with_columns(
        pl.when(pl.col("title").is_not_null()).then("abstract").alias("abstract")
    ),
    "DK005": changed("title", " ", 20),
    "DK006": changed("title", "x" * 500, 1).with_columns(
        pl.when(pl.int_range(pl.len()) < 5)
        .then(pl.col("title") + "x" * 500)
        .otherwise("title")
        .alias("title")
    ),
    "DK007": changed("abstract", None, 50),
    "DK008": good_records().with_columns(
        pl.when(pl.int_range(pl.len()) < 9)
        .then(pl.concat_str(pl.lit("Stub "), "record_id"))
        .otherwise("abstract")
        .alias("abstract")
    ),
    "DK009": good_records().with_columns(pl.col("abstract").str.slice(0, 100) + "."),
    "DK010": pl.concat([good_records(), good_records().head(1).with_columns(record_id=pl.lit("again"))]),
    "DK011": changed("title", "Introduction", 5),
    "DK012": pairs((FIRST, SECOND, "near_duplicate", 0.7)),
    "DK013": pairs((FIRST, SECOND, "contained", 0.2)),
    "DK014": appended(" naÃ¯ve"),
    "DK015": appended("\x07"),
    "DK016": appended("\N{REPLACEMENT CHARACTER}"),
    "DK017": appended(" … (see more)"),
    "DK018": appended("\nSubscribeNow"),
    "DK019": appended(r" 85\%"),
    "DK020": appended(" <br>"),
    "DK021": changed("language", "", 20),
    "DK022": changed("language_score", 0.5, 20),
    "DK023": good_records().with_columns(
        pl.when(pl.int_range(pl.len()) < 60)
        .then(pl.col("abstract").str.slice(0, 400))
        .otherwise("abstract")
        .alias("abstract")
    ),
    "DK024": changed("language", "de", 30),
}

#: What cannot fail alone: an empty set has no median.
COMPANIONS = {"DK001": {"DK009"}}


def judged(records, found=None, faults=0):
    return validate(SUITE, measure(records, pairs() if found is None else found, faults))


def rules(checks, status="failed"):
    return {check.rule for check in checks if check.status == status}


def test_a_well_cleaned_set_passes():
    checks = judged(good_records())
    assert rules(checks, "passed") == {each.rule for each in SUITE.expectations}
    assert passes(checks)


def test_every_rule_of_the_suite_has_a_mutation():
    assert list(MUTATIONS) == [each.rule for each in SUITE.expectations]


@pytest.mark.parametrize("rule", MUTATIONS)
def test_a_mutation_fails_its_rule_alone(rule):
    mutation = MUTATIONS[rule]
    if isinstance(mutation, int):
        checks = judged(good_records(), faults=mutation)
    else:
        checks = judged(good_records(), mutation) if "left" in mutation.columns else judged(mutation)
    assert rules(checks) == {rule} | COMPANIONS.get(rule, set())
    assert not rules(checks, "could not run")
    severity = next(each.severity for each in SUITE.expectations if each.rule == rule)
    assert status_of(checks) == ("failed" if severity == "critical" else "passed")


def test_quarantined_rows_may_share_their_text():
    records = pl.concat(
        [
            good_records(),
            good_records().head(2).with_columns(record_id=pl.concat_str(pl.lit("q"), "record_id")),
        ]
    )
    records = records.with_columns(
        pl.when(pl.col("record_id").str.starts_with("q"))
        .then(pl.lit("quarantined"))
        .otherwise("verdict")
        .alias("verdict")
    )
    assert passes(judged(records, pairs((FIRST, f"q{FIRST}", "exact_duplicate", 1.0))))


def test_checks_come_in_the_order_of_the_suite_in_plain_words():
    checks = judged(changed("title", None, 20))
    assert [check.rule for check in checks] == [each.rule for each in SUITE.expectations]
    check = checks[5]
    assert check == Check(
        rule="DK005",
        expectation="expect_column_values_to_not_be_null",
        description="Records have titles",
        column="title_chars",
        severity="warning",
        status="failed",
        limit="present in at least 95 % of rows",
        observed="20 of 200 rows do not (10 %)",
        rows=200,
        unexpected_count=20,
        examples=(f"{0:016x}", f"{1:016x}", f"{2:016x}"),
        error="",
        suite="cleaned",
        line=SUITE.expectations[5].line,
    )
    assert json.loads(json.dumps(check.as_dict())) == check.as_dict()
    assert judged(changed("title", None, 20)) == checks


@pytest.mark.parametrize("column, rule", [("language", "DK021"), ("record_id", "DK002")])
def test_a_missing_column_could_not_run_whatever_the_severity(column, rule):
    metrics = measure(good_records(), pairs()).drop(column)
    checks = validate(SUITE, metrics)
    assert rule in rules(checks, "could not run")
    assert status_of(checks) == "could not run"
    assert not passes(checks)
    assert f'there is no column "{column}"' in {check.error for check in checks}


def test_a_check_that_raises_could_not_run_and_says_why():
    suite = _suite("expect_column_mean_to_be_between", {"column": "language", "min_value": 1})
    (check,) = validate(suite, measure(good_records(), pairs()))
    assert check.status == "could not run"
    assert check.error
    assert "\n" not in check.error


def test_a_failed_critical_check_outweighs_one_that_could_not_run():
    checks = validate(SUITE, measure(changed("abstract", "a\x00b"), pairs()).drop("language"))
    assert status_of(checks) == "failed"


def test_no_check_at_all_is_no_pass():
    assert status_of([]) == "could not run"
    assert not passes([])


def test_an_expectation_that_is_refused_names_its_line():
    suite = _suite("expect_column_values_to_be_between", {"column": "language", "typo": 1})
    with pytest.raises(
        UsageError, match=r"test\.json, line 7: expect_column_values_to_be_between is refused"
    ):
        validate(suite, measure(good_records(), pairs()))


def test_validating_is_silent_and_leaves_no_trace(capfd, tmp_path, monkeypatch):
    sockets = []
    audit = {"on": True}

    def hook(event, _):
        if audit["on"] and event.startswith("socket."):
            sockets.append(event)

    sys.addaudithook(hook)
    monkeypatch.chdir(tmp_path)
    checks = judged(changed("language", "", 20))
    audit["on"] = False
    assert passes(checks)
    assert sockets == []
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_takes_what_great_expectations_takes(name):
    from great_expectations.expectations import core  # noqa: PLC0415  # takes seconds

    theirs = getattr(core, "".join(word.capitalize() for word in name.split("_")))
    fields = theirs.__fields__
    assert inspect.isclass(theirs)
    assert KINDS[name].kwargs <= fields.keys()
    assert {key for key in KINDS[name].kwargs if fields[key].required} <= KINDS[name].required


def _suite(kind, kwargs):
    expectation = Expectation("T1", kind, kwargs, "info", "A test", 7)
    return Suite("test", Path("test.json"), "", (expectation,))


def test_distinct_values_are_no_rows():
    suite = _suite("expect_column_distinct_values_to_be_in_set", {"column": "language", "value_set": ["fr"]})
    (check,) = validate(suite, measure(good_records(), pairs()))
    assert (check.status, check.observed, check.unexpected_count) == ("failed", "1 other value", None)


def test_many_rows_are_judged_in_a_process_of_their_own_and_alike(monkeypatch):
    mutation = pl.concat(
        [changed("title", None, 20), good_records().tail(2)]
    )  # ids and texts that are not unique
    here = judged(mutation)
    assert rules(here) >= {"DK003", "DK010"}
    monkeypatch.setattr(sys.modules["dedupkit.quality.validate"], "_MANY_ROWS", 100)
    assert judged(mutation) == here
