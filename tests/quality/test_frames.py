"""The suites of what was read and of a merge: each passes what is sound, and each of its expectations can fail alone."""

from pathlib import Path

import polars as pl
import pytest

from dedupkit.dumps import record_ids
from dedupkit.quality import load_suite, measure_merge, measure_parsed, status_of, twins_within, validate
from dedupkit.record import PAIRS, REPAIR

EXPECTATIONS = Path(__file__).parents[2] / "expectations"
PARSED = load_suite(EXPECTATIONS / "parsed.json")
MERGE = load_suite(EXPECTATIONS / "merge.json")
ROWS = 300


def first(rows, value, column):
    """A column with another value in the first rows."""
    return pl.when(pl.int_range(pl.len()) < rows).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


def read():
    """What a run has read."""
    repair = {"column": "title", "kind": "whitespace", "start": 1, "before": "  ", "after": " "}
    records = pl.DataFrame(
        {
            "source": ["dump.txt"] * ROWS,
            "line": list(range(1, ROWS + 1)),
            "title_raw": [f"Paper {i} on a question" for i in range(ROWS)],
            "abstract_raw": [f"We study question {i} at length. " * 20 for i in range(ROWS)],
            "repairs": [[repair] if i % 4 == 0 else [] for i in range(ROWS)],
            "verdict": ["kept" if i % 9 else "exact_duplicate" for i in range(ROWS)],
        },
        schema_overrides={"repairs": pl.List(REPAIR)},
    )
    return stable(records)


def stable(records):
    """With the ids that follow from what was read."""
    return records.with_columns(record_ids(records))


REPAIRED = pl.lit(
    [{"column": "title", "kind": "whitespace", "start": 1, "before": "  ", "after": " "}],
    dtype=pl.List(REPAIR),
)
PARSED_MUTATIONS = {
    "DP001": (read().clear(), 0),
    "DP002": (read().with_columns(first(1, None, "record_id")), 0),
    "DP003": (read().with_columns(first(1, read()["record_id"][1], "record_id")), 0),
    "DP004": (stable(read().with_columns(first(9, None, "title_raw"), first(9, " ", "abstract_raw"))), 0),
    "DP005": (stable(read().with_columns(first(60, "", "title_raw"))), 0),
    "DP006": (stable(read().with_columns(first(9, "x" * 700, "title_raw"))), 0),
    "DP007": (stable(read().with_columns(first(9, "x" * 30_000, "abstract_raw"))), 0),
    "DP008": (read(), 301),
    "DP009": (read().with_columns(repairs=REPAIRED), 0),
    "DP010": (read().with_columns(first(200, "near_duplicate", "verdict")), 0),
    "DP011": (read().with_columns(first(30, "quarantined", "verdict")), 0),
    "DP012": (read().with_columns(record_id=pl.concat_str(pl.lit("x"), "record_id")), 0),
}


def failed(checks):
    assert not [check for check in checks if check.status == "could not run"]
    return [check.rule for check in checks if check.status == "failed"]


def test_what_was_read_well_passes():
    assert failed(validate(PARSED, measure_parsed(read(), 12))) == []


@pytest.mark.parametrize("rule", [each.rule for each in PARSED.expectations])
def test_a_mutation_of_what_was_read_fails_its_rule(rule):
    records, unparsed = PARSED_MUTATIONS[rule]
    checks = validate(PARSED, measure_parsed(records, unparsed))
    companions = {"DP001": {"DP009", "DP010", "DP011"}}.get(rule, set())  # nothing has no mean
    assert set(failed(checks)) == {rule} | companions
    critical = next(each.severity for each in PARSED.expectations if each.rule == rule) == "critical"
    assert status_of(checks) == ("failed" if critical else "passed")


def marked(height=ROWS, shift=0):
    """A set, marked against a base that holds none of it."""
    return pl.DataFrame(
        {
            "record_id": [f"{i + shift:016x}" for i in range(height)],
            "title": [f"Paper {i} on a question of {'some' * (i % 7)} weight" for i in range(height)],
            "abstract": [f"We study question {i} at length. " * (20 + i % 30) for i in range(height)],
            "language": ["fr" if i % 10 == 0 else "en" for i in range(height)],
            "source": [f"dump{i % 3}.txt" for i in range(height)],
            "duplicate_of": [None] * height,
            "similarity": [None] * height,
        },
        schema_overrides={"duplicate_of": pl.String, "similarity": pl.Float64},
    )


BASE = marked(1000, shift=5000)
HELD = BASE["record_id"][0]
CUT = (
    pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col("abstract").str.slice(0, 300)).otherwise("abstract")
)
MERGE_MUTATIONS = {
    "DM001": marked().clear(),
    "DM002": marked().with_columns(first(9, HELD, "duplicate_of"), first(9, 0.9, "similarity")),
    "DM003": marked().with_columns(first(1, HELD, "record_id")),
    "DM004": marked().with_columns(abstract=CUT),
    "DM005": marked().with_columns(title=pl.col("title").str.slice(0, 12)),
    "DM006": marked().with_columns(first(120, None, "abstract")),
    "DM007": marked().with_columns(first(120, "de", "language")),
    "DM008": marked().with_columns(source=pl.lit("other.txt")),
    "DM009": marked().with_columns(
        abstract=pl.col("abstract").repeat_by(2).list.join(" ")
    ),  # longer ones are not cut
}

#: What is cut is of another length too.
MERGE_COMPANIONS = {"DM004": {"DM009"}}


def judged(records, base=BASE):
    measured = measure_merge(records, BASE["record_id"], base)
    return validate(MERGE, measured.metrics, measured.witnesses)


def test_a_candidate_like_its_base_passes():
    assert failed(judged(marked())) == []


@pytest.mark.parametrize("rule", [each.rule for each in MERGE.expectations])
def test_a_mutation_of_a_merge_fails_its_rule_alone(rule):
    checks = judged(MERGE_MUTATIONS[rule])
    assert set(failed(checks)) == {rule} | MERGE_COMPANIONS.get(rule, set())
    critical = next(each.severity for each in MERGE.expectations if each.rule == rule) == "critical"
    assert status_of(checks) == ("failed" if critical else "passed")


def test_a_drift_names_the_rows_that_it_is_made_of():
    check = next(each for each in judged(MERGE_MUTATIONS["DM004"]) if each.rule == "DM004")
    assert check.examples == tuple(f"{i:016x}" for i in (0, 2, 4))
    assert float(check.observed) > 0.3
    measured = measure_merge(MERGE_MUTATIONS["DM004"], BASE["record_id"], BASE)
    assert measured.notes["abstract_length_drift"] == "median 476 characters, in the base 1,122"
    check = next(each for each in judged(MERGE_MUTATIONS["DM007"]) if each.rule == "DM007")
    assert check.examples == tuple(f"{i:016x}" for i in range(3))


def test_few_rows_that_differ_by_chance_are_no_drift():
    assert failed(judged(marked(12))) == []


def test_an_index_has_no_text_so_that_a_drift_could_not_be_judged():
    checks = judged(marked(), base=None)
    assert status_of(checks) == "could not run"
    assert {check.rule for check in checks if check.status == "could not run"} == {
        f"DM00{n}" for n in range(4, 10)
    }


def test_of_duplicates_among_the_kept_the_most_similar_is_named():
    records = pl.DataFrame({"record_id": list("abcd"), "verdict": ["kept", "kept", "kept", "near_duplicate"]})
    pairs = pl.DataFrame(
        [
            ("a", "b", "near_duplicate", 0.8),
            ("a", "c", "near_duplicate", 0.9),
            ("b", "d", "near_duplicate", 1.0),
        ],
        schema=PAIRS,
        orient="row",
    )
    assert dict(twins_within(records, pairs).iter_rows()) == {"a": "c", "b": "a", "c": "a"}
