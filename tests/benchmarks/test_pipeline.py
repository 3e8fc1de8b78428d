"""The benchmark of the pipeline: its hostile texts, what it reports of a run, and how it shows it."""

import json
from unittest.mock import MagicMock

import polars as pl
import pytest

from dedupkit.quality import find_suite, load_suite
from dedupkit.repair import repair_text

ROWS = 300


@pytest.fixture(scope="module")
def hostile(load, tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile") / "hostile.parquet"
    load("corpus").build_corpus(ROWS, out, seed=7, hostile=True)
    return pl.read_parquet(out)


@pytest.fixture(scope="module")
def bench(load, tmp_path_factory):
    """A benchmark that was told to do little, with a README of its own."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "README.md").write_text("Before\n<!-- pipeline begin -->\n<!-- pipeline end -->\nAfter\n")
    pipeline = load("pipeline")
    typed = ["--rows", "200", "--limit-rows", "plain=40", "langdetect=20", "ftfy=50"]
    places = ["--out", str(folder / "results"), "--readme", str(folder / "README.md")]
    return pipeline.Bench(pipeline._arguments([*typed, *places]), folder)


@pytest.fixture(scope="module")
def runs(bench):
    """Both engines, on hostile texts."""
    return [bench._run("hostile", rows, engine) for rows, engine in bench._plan("hostile")]


def test_the_same_seed_gives_the_same_hostile_texts(load, hostile, tmp_path):
    for seed in (7, 8):
        load("corpus").build_corpus(ROWS, tmp_path / f"{seed}.parquet", seed=seed, hostile=True)
    assert pl.read_parquet(tmp_path / "7.parquet").equals(hostile)
    assert not set(pl.read_parquet(tmp_path / "8.parquet")["abstract"]) & set(hostile["abstract"])


def test_every_hostile_text_needs_repair(hostile):
    for column in ("title", "abstract"):
        assert all(repair_text(text).changes for text in hostile[column])


def test_hostile_texts_are_spoiled_in_every_way_and_in_many_scripts(hostile):
    kinds = {change.kind for text in hostile["abstract"] for change in repair_text(text).changes}
    wanted = "mojibake html_entity control_character line_break see_more_marker whitespace"
    assert kinds >= {*wanted.split(), "latex_accent", "latex_command", "latex_escape", "latex_spacing"}
    assert hostile["abstract"].str.contains(r"\$\\mathcal").any()
    scripts = "Arabic Bengali Cyrillic Devanagari Greek Han Hebrew Tamil Telugu Thai".split()
    assert sum(hostile["abstract"].str.contains(rf"\p{{{script}}}").any() for script in scripts) >= 5


@pytest.mark.parametrize("name", ["latex", "formulas", "see_more_markers", "entities", "mojibake"])
def test_every_kind_of_dirt_changes_even_a_word(load, name):
    texts = load("hostile_texts")
    rng = load("numpy").random.default_rng(1)
    assert texts.DIRTS[name]("Identifiability", rng) != "Identifiability"


def test_both_engines_tell_all_their_stages(runs):
    plain, clean = runs
    assert (plain.engine, plain.rows, plain.left_out) == ("plain", 40, "")
    assert (clean.engine, clean.rows, clean.left_out) == ("clean", 200, "")
    names = "Importing, Reading, Repairing, Naming languages, Hashing, Finding candidates, Comparing"
    assert list(clean.stages) == [
        *names.split(", "),
        "Validating",
        "Writing",
        "Reporting",
        "Starting, ending",
    ]
    assert list(plain.steps()) == list(clean.steps())


def test_the_shares_of_a_run_are_a_whole(runs):
    for run in runs:
        assert sum(run.shares().values()) == pytest.approx(1)
        assert min(run.shares().values()) >= 0
        assert sum(spent.seconds for spent in run.stages.values()) == pytest.approx(run.measured.seconds)


def test_the_plain_libraries_check_as_many_expectations_as_the_suite_has(load):
    expectations = load("plain_engine")._expectations(MagicMock())
    assert len(expectations) == len(load_suite(find_suite(None)).expectations)


def test_steps_alone_are_compared_with_their_libraries(bench, load):
    told = list(bench._alone("made"))
    assert [facts["task"] for facts in told] == list(load("alone_engine").TASKS)
    assert [facts["library_texts"] for facts in told] == [20, 20, 50, 50, 50]
    assert all(facts["seconds"] > 0 and facts["library_seconds"] > 0 for facts in told)


def test_results_are_put_into_the_readme_the_json_file_and_the_pictures(bench, runs):
    bench._results.runs.extend(runs)
    bench._results.starts["dedupkit --help"] = 0.1
    bench._write()
    readme = (bench._arguments.readme).read_text()
    assert readme.startswith("Before\n")
    assert readme.endswith("After\n")
    assert "| hostile | dedupkit clean | 200 |" in readme
    assert "| hostile, 200 rows | seconds | share |" in readme
    written = json.loads((bench._arguments.out / "pipeline.json").read_text())
    assert [run["engine"] for run in written["runs"]] == ["plain", "clean"]
    for name in ("pipeline.svg", "pipeline-plain.svg"):
        picture = (bench._arguments.out / name).read_text()
        assert picture.startswith("<svg")
        assert "Naming languages" in picture


def test_a_run_that_failed_says_so_and_has_no_numbers(load):
    showing = load("pipeline_showing")
    results = showing.Results(
        {"cores": "2 of 2"}, [showing.Run("real", "clean", 10, left_out="failed")], [], {}
    )
    assert "| real | dedupkit clean | 10 | failed |  |  |  |  |" in showing.markdown(results)
    assert showing.pictures(results) == {}
