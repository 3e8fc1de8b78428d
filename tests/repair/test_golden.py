"""Texts and what they are repaired to: found in dumps, made up, and those that must stay as they are."""

import json
from pathlib import Path

import pytest

from dedupkit.repair import repair_text

GOLDEN = Path(__file__).parent / "golden"


def cases(name):
    return [
        pytest.param(case, id=case["label"])
        for case in json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    ]


@pytest.mark.parametrize("case", [*cases("in_the_wild"), *cases("synthetic")])
def test_a_broken_text_is_repaired_and_says_how(case):
    text, changes = repair_text(case["raw"])
    assert text == case["text"]
    assert sorted({change.kind for change in changes}) == case["kinds"]


@pytest.mark.parametrize("case", cases("must_not_change"))
def test_a_text_that_is_right_or_unclear_stays(case):
    assert repair_text(case["raw"]) == (case["raw"], [])


@pytest.mark.parametrize("case", [*cases("in_the_wild"), *cases("synthetic")])
def test_a_repaired_text_needs_no_repair(case):
    assert repair_text(case["text"]).text == case["text"]


@pytest.mark.xfail(strict=True, reason="a step looks at what is beside it before a later step changes that")
@pytest.mark.parametrize("case", cases("known_failures"))
def test_repairing_twice_is_repairing_once(case):
    once = repair_text(case["raw"]).text
    assert repair_text(once).text == once


def test_most_golden_cases_guard_against_harm():
    assert len(cases("must_not_change")) >= len(cases("in_the_wild")) + len(cases("synthetic"))
    assert len(cases("must_not_change")) >= 60
