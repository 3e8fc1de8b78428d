"""A mistake in a suite is an error with file and line, never an expectation that is not checked."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dedupkit.errors import UsageError
from dedupkit.quality import METRICS, SEVERITIES, find_suite, load_suite
from dedupkit.quality.kinds import KINDS, limit_in_words

SHIPPED = Path(__file__).parents[2] / "expectations/cleaned.json"

BETWEEN = "expect_column_values_to_be_between"


def expectation(rule="T2", **changes):
    item = {
        "type": BETWEEN,
        "kwargs": {"column": "title_chars", "min_value": 1},
        "severity": "warning",
        "description": "Titles are not empty",
        "meta": {"rule": rule},
    }
    return {key: value for key, value in (item | changes).items() if value is not None}


def write(path, items, **top):
    """A suite with one expectation a line, the first of them on line 4."""
    lines = ",\n".join(json.dumps(item) for item in items)
    head = json.dumps({"name": "test", **top})[:-1]
    path.write_text(
        f'{head},\n"notes": "[ {{ \\"expectations\\"",\n"expectations": [\n{lines}\n]}}\n', "utf-8"
    )
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "suite.json"


def refused(path):
    with pytest.raises(UsageError) as caught:
        load_suite(path)
    assert str(path) in caught.value.fact
    return caught.value


GOOD = expectation("T1", kwargs={"column": "latex_hits", "max_value": 0})


@pytest.mark.parametrize(
    "changes, fact, hint",
    [
        ({"type": "expect_column_values_to_be_betwen"}, "unknown expectation type", BETWEEN),
        ({"type": ["x"]}, "unknown expectation type", "known: "),
        ({"severity": "error"}, 'unknown severity "error"', "critical, warning, info"),
        ({"severity": "warn"}, 'unknown severity "warn"', 'did you mean "warning"?'),
        ({"severity": None}, 'has no "severity"', "it needs type"),
        ({"descripton": "x"}, 'unknown key "descripton"', 'did you mean "description"?'),
        ({"expectation_type": BETWEEN}, 'unknown key "expectation_type"', "Great Expectations 0.x"),
        ({"description": " "}, 'description is " "', ""),
        ({"meta": {}}, "meta.rule is null", ""),
        ({"meta": []}, "meta.rule is null", ""),
        ({"meta": {"rule": "T2", "wy": "x"}}, 'unknown key of meta "wy"', 'did you mean "why"?'),
        ({"meta": {"rule": "T2", "why": 1}}, "meta.why is 1, not a text", ""),
        ({"kwargs": []}, '"kwargs" is []', ""),
        (
            {"kwargs": {"column": "title_char", "min_value": 1}},
            'unknown column of the frame cleaned "title_char"',
            "title_chars",
        ),
        ({"kwargs": {"colum": "title_chars", "min_value": 1}}, "unknown keyword argument of", '"column"'),
        ({"kwargs": {"min_value": 1}}, 'has no "column"', "it takes column"),
        ({"kwargs": {"column": "title_chars"}}, "neither min_value nor max_value", ""),
        ({"kwargs": {"column": "title_chars", "min_value": "1"}}, 'min_value is "1", not a number', ""),
        ({"kwargs": {"column": "title_chars", "min_value": 9, "max_value": 1}}, "is above max_value", ""),
        ({"kwargs": {"column": "title_chars", "min_value": 1, "mostly": 95}}, "mostly is 95", ""),
        ({"kwargs": {"column": "title_chars", "min_value": 1, "mostly": 0}}, "mostly is 0", ""),
        ({"kwargs": {"column": "title_chars", "min_value": 1, "strict_min": 1}}, "strict_min is 1", ""),
        (
            {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "language", "value_set": []}},
            "value_set is []",
            "",
        ),
        (
            {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "language", "regex": "(en"}},
            'invalid regex "(en"',
            "",
        ),
        ({"kwargs": GOOD["kwargs"]}, "the same expectation is already on line 4", ""),
        ({"meta": {"rule": "T1"}}, "the rule T1 is already on line 4", ""),
    ],
)
def test_a_mistake_in_an_expectation_names_its_line(path, changes, fact, hint):
    error = refused(write(path, [GOOD, expectation(**changes)]))
    assert f"{path}, line 5: " in error.fact
    assert fact in error.fact
    assert hint in error.hint
    assert error.exit_status == 2


@pytest.mark.parametrize(
    "text, fact",
    [
        ("", "line 1: invalid JSON"),
        ('{"name": "x",\n"expectations": [\n,]}', "line 3: invalid JSON"),
        ('{"name": "x", "expectations": []}', "line 1: no expectations"),
        ('{"name": "x"}', "line 1: no expectations"),
        ('{"name": "x", "expectations": {}}', "line 1: no expectations"),
        ('{"expectations": [1]}', "line 1: the suite has no name"),
        ("[]", "line 1: a suite is a JSON object"),
        ('{"name": "x", "expectation": []}', 'line 1: unknown key "expectation"'),
        ('{"name": "x", "expectations": [\n1]}', "line 2: an expectation is a JSON object, not 1"),
        ('{"name": "x", "name": "y", "expectations": [1]}', 'line 1: the key "name" occurs twice'),
        ('{"name": "x", "expectations": [\n{"type": 1, "type": 2}]}', 'line 2: the key "type" occurs twice'),
        ('{"name": "x", "expectations": [\n{"kwargs": {"min_value": NaN}}]}', "line 2: NaN is not a number"),
    ],
)
def test_a_mistake_in_the_file_names_its_line(path, text, fact):
    path.write_text(text, "utf-8")
    assert fact in refused(path).fact


def test_a_file_that_is_not_text_is_refused(path):
    path.write_bytes(b"\xff\xfe{")
    assert "cannot be read" in refused(path).fact


def test_a_good_suite_keeps_its_order_its_lines_and_its_hash(path):
    suite = load_suite(write(path, [GOOD, expectation()], meta={"about": "a test"}))
    assert [(each.rule, each.line) for each in suite.expectations] == [("T1", 4), ("T2", 5)]
    assert suite.name == "test"
    assert suite.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_an_expectation_may_say_why(path):
    suite = load_suite(
        write(
            path, [expectation(meta={"rule": "T1", "why": "all have one"}), GOOD | {"meta": {"rule": "T2"}}]
        )
    )
    assert [each.why for each in suite.expectations] == ["all have one", ""]


def test_the_shipped_suite_is_numbered_in_order_and_says_each_limit():
    suite = load_suite(SHIPPED)
    assert [each.rule for each in suite.expectations] == [
        f"DK{number:03}" for number in range(len(suite.expectations))
    ]
    assert {each.severity for each in suite.expectations} == set(SEVERITIES)
    assert all(limit_in_words(KINDS[each.type], each.kwargs) for each in suite.expectations)
    assert {each.kwargs.get("column") for each in suite.expectations} >= set(METRICS)


def test_a_named_suite_wins_then_the_folders_own_then_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_suite(None).read_bytes() == SHIPPED.read_bytes()
    own = tmp_path / "expectations/cleaned.json"
    own.parent.mkdir()
    own.touch()
    assert find_suite(None).resolve() == own
    assert find_suite(str(SHIPPED)) == SHIPPED
    with pytest.raises(UsageError, match=r"missing\.json: no such suite"):
        find_suite("missing.json")


def test_importing_quality_and_loading_a_suite_loads_no_heavy_library():
    code = (
        "import sys; from dedupkit.quality import find_suite, load_suite; load_suite(find_suite(None));"
        "print([name for name in ('great_expectations', 'pandas', 'pyarrow') if name in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SHIPPED.parents[1], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
