"""Figures that are pinned: what holds, what fails, what is written, and what is refused."""

import json
from pathlib import Path

import polars as pl
import pytest

from dedupkit.errors import UsageError
from dedupkit.gate.baseline import (
    Baseline,
    Figure,
    as_json,
    check_baseline,
    hash_of,
    load_baseline,
    measure_figures,
    updated,
)
from dedupkit.quality import status_of

SEEDS_BASELINE = Path(__file__).parents[2] / "expectations" / "baseline.json"

RECORDS = pl.DataFrame(
    {"language": ["en"] * 95 + ["fr"] * 4 + [None], "abstract": ["A text."] * 98 + [None] * 2}
)
READ = pl.DataFrame(
    {
        "verdict": ["kept"] * 90 + ["exact_duplicate"] * 6 + ["quarantined"] * 4,
        "repairs": [[{"kind": "whitespace"}]] * 20 + [[]] * 80,
    }
)
MEASURED = measure_figures(RECORDS, READ)


@pytest.fixture
def pinned(tmp_path):
    path = tmp_path / "baseline.json"
    path.write_text(as_json(MEASURED, "cleaned", "a" * 64, 100), "utf-8")
    return load_baseline(path)


def changed(figure, value):
    return [each._replace(value=value) if each.figure == figure else each for each in MEASURED]


def test_what_is_measured():
    values = {each.figure: each.value for each in MEASURED}
    assert values == {
        "kept": 0.94,
        "repaired": 0.2,
        "quarantined": 0.04,
        "exact duplicate": 0.06,
        "near duplicate": 0.0,
        "same title": 0.0,
        "contained": 0.0,
        "abstracts": 0.98,
        "language en": 0.95,
        "language fr": 0.04,
        "language unknown": 0.01,
    }
    assert next(each.noise for each in MEASURED if each.figure == "kept") == pytest.approx(
        3 * (0.94 * 0.06 / 100) ** 0.5, abs=1e-4
    )


def test_a_file_gives_back_what_was_written(pinned):
    assert [each._replace(line=0) for each in pinned.figures] == MEASURED
    assert [each.line for each in pinned.figures] == list(range(5, 5 + len(MEASURED)))
    assert pinned.sha256 == "a" * 64


def test_what_has_not_changed_holds(pinned):
    checks = check_baseline(pinned, MEASURED, "b" * 64, 100)
    assert {check.status for check in checks} == {"passed"}
    assert {check.severity for check in checks} == {"critical"}


@pytest.mark.parametrize("value, status", [(0.94 - 0.07, "passed"), (0.94 - 0.08, "failed"), (1.0, "passed")])
def test_a_change_beyond_the_noise_fails(pinned, value, status):
    checks = check_baseline(pinned, changed("kept", value), "b" * 64, 100)
    assert {check.rule: check.status for check in checks if check.status != "passed"} == (
        {} if status == "passed" else {"baseline kept": "failed"}
    )


def test_with_the_same_data_it_is_the_code_that_changed(pinned):
    told = [
        check_baseline(pinned, changed("repaired", 0.9), sha, 100)[1].observed for sha in ("a" * 64, "b" * 64)
    ]
    assert told == ["0.9; the data is the same, so what changed is the code", "0.9"]


def test_a_language_that_is_gone_fails_and_what_cannot_be_measured_could_not_run(pinned):
    gone = [each for each in MEASURED if each.figure != "language en"]
    assert status_of(check_baseline(pinned, gone, "b" * 64, 100)) == "failed"
    table = measure_figures(RECORDS, None)
    assert status_of(check_baseline(pinned, table, "b" * 64, 100)) == "could not run"


@pytest.mark.parametrize(
    "figure, value, is_update",
    [
        ("kept", 0.94, True),
        ("kept", 0.5, False),
        ("kept", 9.0, True),  # for the better
        ("quarantined", 0.5, False),
        ("quarantined", 0.0, True),
        ("repaired", 0.9, False),  # neither is better
    ],
)
def test_worse_figures_are_no_update_and_better_ones_are(pinned, figure, value, is_update):
    checks = check_baseline(pinned, changed(figure, value), "b" * 64, 100, may_improve=True)
    failed = [check.rule for check in checks if check.status == "failed"]
    assert failed == ([] if is_update else [f"baseline {figure}"])


def test_small_steps_back_do_not_add_up(pinned):
    def kept(value, **how):
        figures = updated(changed("kept", value), pinned, **how)
        return next(each.value for each in figures if each.figure == "kept")

    assert kept(0.93, may_loosen=False) == 0.94
    assert kept(0.95, may_loosen=False) == 0.95
    assert kept(0.93, may_loosen=True) == 0.93


def test_noise_that_people_state_stays(pinned):
    mine = Baseline(pinned.path, pinned.sha256, (Figure("kept", 0.94, 0.5, "higher"),))
    assert updated(MEASURED, mine, may_loosen=False)[0].noise == 0.5


@pytest.mark.parametrize(
    "change, fact",
    [
        ({"schema": "other"}, "this is no baseline"),
        ({"data": {}}, "does not say which data"),
        ({"figures": []}, "no figures"),
        ({"more": 1}, 'unknown key "more"'),
        ({"figures": [{"figure": "kept"}]}, "a figure has figure, value, noise, better"),
        ({"figures": [{"figure": "kept", "value": "1", "noise": 0, "better": "higher"}]}, "not a number"),
        (
            {"figures": [{"figure": "kept", "value": 1, "noise": -1, "better": "higher"}]},
            "not a number from 0",
        ),
        (
            {"figures": [{"figure": "kept", "value": 1, "noise": 0, "better": "hihger"}]},
            'unknown direction "hihger"',
        ),
        (
            {"figures": [{"figure": "kept", "value": 1, "noise": 0, "better": "higher"}] * 2},
            "kept is there twice",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path, change, fact):
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps(json.loads(as_json(MEASURED, "x", "a", 1)) | change), "utf-8")
    with pytest.raises(UsageError, match=fact) as refused:
        load_baseline(path)
    assert f"{path}, line " in refused.value.fact


def test_no_file_is_told_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="no such baseline"):
        load_baseline(tmp_path / "none.json")


def test_the_hash_of_a_folder_is_that_of_its_files(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    first = hash_of(tmp_path)
    assert first == hash_of(tmp_path)
    (tmp_path / "a.txt").write_text("two")
    assert hash_of(tmp_path) != first


def test_the_baseline_of_the_seeds_is_one():
    assert {each.figure for each in load_baseline(SEEDS_BASELINE).figures} >= {
        "kept",
        "repaired",
        "language en",
    }
