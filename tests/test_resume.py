"""A run that was stopped goes on behind its last stage, if settings and inputs are as they were."""

import json
import logging
import multiprocessing
import shutil
from pathlib import Path

import polars as pl
import pytest

from dedupkit import pipeline, resume
from dedupkit.config import Settings
from dedupkit.errors import InputError
from dedupkit.outputs import check_folder, holding, write_folder

ROOT = Path(__file__).parents[1]
STAGES = ["reading", "repairing", "languages", "duplicates"]
FUNCTIONS = ["read_inputs", "repair_records", "identify", "mark_duplicates", "validate"]


class StoppedError(Exception):
    pass


def told(caplog):
    """The stages that were taken from an earlier run."""
    start = "Taken from the run that was stopped: "
    return [text.removeprefix(start)[:-1] for text in caplog.messages if text.startswith(start)]


@pytest.fixture
def few(tmp_path):
    suite = json.loads((ROOT / "expectations" / "cleaned.json").read_text("utf-8"))
    suite["expectations"] = suite["expectations"][:1]
    (tmp_path / "few.json").write_text(json.dumps(suite), "utf-8")
    return str(tmp_path / "few.json")


@pytest.fixture
def stopped(tmp_path, few, monkeypatch, caplog):
    """Stop a run before one of ``FUNCTIONS``; gives what runs again."""
    caplog.set_level(logging.INFO, "dedupkit")
    monkeypatch.setattr(resume, "KEEP_SECONDS", 0.0)
    (tmp_path / "in").mkdir()
    for source in sorted((ROOT / "seeds").glob("00[02]*.txt")):
        shutil.copy(source, tmp_path / "in")
    rows = {
        "title": ["One of a kind", "One of a kind"],
        "abstract": [r"Of $\alpha$  and"] * 2,
        "year": [1, 2],
    }
    pl.DataFrame(rows).with_columns(kind=pl.Series(["a", None], dtype=pl.Categorical)).write_parquet(
        tmp_path / "in" / "table.parquet"
    )

    def run(*, resume=False, inputs=("in",), against=None, out="cleaned", **asked):
        return pipeline.clean(
            [tmp_path / each for each in inputs],
            Settings(suite=few, **asked),
            out=tmp_path / out,
            report=tmp_path / f"{out} report",
            against=against,
            resume=resume,
        )

    def stop(before, error=StoppedError, **asked):
        def fail(*_):
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(pipeline, before, fail)
            with pytest.raises(error) as caught:
                run(**asked)
        return run, getattr(caught.value, "__notes__", [])

    return stop


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("number", range(1, len(FUNCTIONS)))
def test_a_run_goes_on_behind_its_last_stage(number, stopped, tmp_path, caplog):
    run, notes = stopped(FUNCTIONS[number])
    assert notes == [f"--resume goes on behind {STAGES[number - 1]}."]
    run(resume=True)
    assert told(caplog) == STAGES[:number]
    run(out="undisturbed")
    for name in ("", " report"):
        assert files(tmp_path / f"cleaned{name}") == files(tmp_path / f"undisturbed{name}")
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(InputError, match="there is no run to resume"):
        run(resume=True)


def test_what_was_kept_against_a_base_is_for_that_base(stopped, tmp_path):
    base = tmp_path / "base.txt"
    base.write_text("Of other things\n\nThis abstract speaks of other things than the others do.\n", "utf-8")
    run, _ = stopped("validate", against=base)
    with pytest.raises(InputError, match=r"had other against \(base.txt\)"):
        run(resume=True)
    run(resume=True, against=base)
    run(out="undisturbed", against=base)
    assert files(tmp_path / "cleaned") == files(tmp_path / "undisturbed")


def test_other_settings_and_inputs_are_named(stopped, tmp_path):
    run, _ = stopped("validate")
    with pytest.raises(InputError, match=r"had other settings \(math, threshold\)"):
        run(resume=True, threshold=0.8, math="off")
    (tmp_path / "in" / "new.txt").write_text("Of new things", "utf-8")
    with pytest.raises(InputError, match=r"had other inputs \(new.txt\)"):
        run(resume=True)
    (tmp_path / "in" / "new.txt").unlink()
    first = next((tmp_path / "in").glob("000*"))
    first.write_text("Of other things", "utf-8")
    with pytest.raises(InputError, match=rf"had other inputs \({first.name}\)"):
        run(resume=True)
    assert (tmp_path / ".cleaned.work" / "duplicates").exists()


@pytest.mark.parametrize("name", ["rows", "told.json"])
@pytest.mark.parametrize("damage", ["cut", "changed", "gone"])
def test_what_is_damaged_is_done_again(damage, name, stopped, tmp_path, caplog):
    run, _ = stopped("validate")
    path = tmp_path / ".cleaned.work" / "repairing" / name
    data = path.read_bytes()
    path.unlink()
    if damage != "gone":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + (b"" if damage == "cut" else b"#" + data[middle + 1 :]))
    run(resume=True)
    assert told(caplog) == ["reading", "languages", "duplicates"]
    run(out="undisturbed")
    assert files(tmp_path / "cleaned") == files(tmp_path / "undisturbed")


def test_a_run_stopped_in_its_first_stage_begins_again(stopped, tmp_path, caplog):
    run, notes = stopped("read_inputs", KeyboardInterrupt)
    assert (notes, told(caplog)) == ([], [])
    run(resume=True)
    assert not list(tmp_path.glob(".*"))


def test_a_run_that_fails_in_its_first_stage_leaves_nothing(stopped, tmp_path):
    run, _ = stopped("read_inputs")
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(InputError, match="there is no run to resume"):
        run(resume=True)
    assert not list(tmp_path.glob(".*"))


def test_without_resume_a_run_begins_anew_and_says_so(stopped, tmp_path, caplog):
    run, _ = stopped("validate")
    run()
    said = "What a stopped run has kept is let go of; with --resume this run would go on with it."
    assert caplog.messages[0] == said
    assert not list(tmp_path.glob(".*"))


def test_short_stages_are_not_kept(stopped, tmp_path, monkeypatch):
    monkeypatch.setattr(resume, "KEEP_SECONDS", 60)
    _, notes = stopped("validate")
    assert notes == []
    assert not list(tmp_path.glob(".*"))


def test_of_two_runs_at_once_the_second_is_refused(stopped, tmp_path):
    run, _ = stopped("validate")
    out = tmp_path / "cleaned"
    with holding(tmp_path / ".cleaned.work", out):
        for again in (False, True):
            with pytest.raises(InputError, match="cleaned: another run is writing there"):
                run(resume=again)
    run(resume=True)


def _hold(folder, place, is_held, may_end):
    with holding(folder, place):
        is_held.set()
        may_end.wait(30)


def test_who_waits_gets_a_folder_of_its_own(tmp_path):
    """Whoever held it has removed it meanwhile."""
    context = multiprocessing.get_context("spawn")
    is_held, may_end = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "held", tmp_path, is_held, may_end))
    other.start()
    assert is_held.wait(60)
    with pytest.raises(InputError), holding(tmp_path / "held", tmp_path):
        pass
    may_end.set()
    with holding(tmp_path / "held", tmp_path, waits=True):
        assert (tmp_path / "held").exists()
    other.join()
    assert not (tmp_path / "held").exists()


def test_a_result_that_was_put_aside_by_a_run_that_was_killed_comes_back(tmp_path):
    write_folder(tmp_path / "cleaned", {"facts.json": {}})
    (tmp_path / ".cleaned.aside").mkdir()
    (tmp_path / "cleaned").rename(tmp_path / ".cleaned.aside" / "before")
    check_folder(tmp_path / "cleaned")
    assert (tmp_path / "cleaned" / "facts.json").exists()
    assert not (tmp_path / ".cleaned.aside").exists()
