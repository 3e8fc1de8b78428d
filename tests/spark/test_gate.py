"""The gate on Spark says what it says on one machine, byte for byte."""

import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dedupkit import cli, gate, pipeline
from dedupkit.config import Settings
from dedupkit.errors import DedupkitError, InputError, UsageError
from dedupkit.gate.baseline import Pin, as_json
from dedupkit.gate.formats import FORMATS
from dedupkit.spark import gate as on_spark

SEEDS = Path(__file__).parents[2] / "seeds"
MOJIBAKE = "It isnâ€™t clear that â€œagentsâ€\x9d plan, and the cafÃ© of naïve ones is rÃ©sumÃ© enough."


@pytest.fixture(scope="module")
def session(spark):
    """Many small queries: compiling them would take longest."""
    spark.conf.set("spark.sql.codegen.wholeStage", "false")
    yield spark
    spark.conf.unset("spark.sql.codegen.wholeStage")


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory):
    """What ``clean`` makes of the seeds."""
    folder = tmp_path_factory.mktemp("cleaned")
    pipeline.clean([SEEDS], Settings(), out=folder / "set", report=folder / "report")
    return folder / "set"


@pytest.fixture
def agree(session, monkeypatch, tmp_path):  # noqa: ARG001  it is active
    """Judges on both engines, in several parts, and compares all that can be told; what was found on Spark."""

    def judge(candidate, settings=None, **asked):
        settings = settings or Settings()
        local = gate.judge(candidate, settings, **asked)
        place = tmp_path / "temporary"
        place.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        found = on_spark.judge(candidate, settings, **asked)
        assert list(place.iterdir()) == []  # nothing is left behind
        assert found.checks == local.checks
        assert found.figures == local.figures
        assert found.metrics == {}
        for name, render in FORMATS.items():
            assert render(found) == render(local), name
        return found

    monkeypatch.setattr("dedupkit.spark.parts.PART_ROWS", 260)
    return judge


def failing(judged):
    return {check.rule for check in judged.checks if check.status != "passed"}


def write_suite(path, frame, *expectations):
    """A suite of one's own: column, lower and upper limit of its values."""
    path.write_text(
        json.dumps(
            {
                "name": path.stem,
                "meta": {"frame": frame},
                "expectations": [
                    {
                        "type": "expect_column_values_to_be_between",
                        "kwargs": {"column": column, "min_value": low, "max_value": high},
                        "severity": severity,
                        "description": f"{column} as I like it",
                        "meta": {"rule": f"MY{number:03}"},
                    }
                    for number, (column, low, high, severity) in enumerate(expectations)
                ],
            }
        ),
        "utf-8",
    )
    return str(path)


def write_baseline(path, judged, **changed):
    """A baseline of what was measured, some figures of other values."""
    figures = [each._replace(value=changed.get(each.figure, each.value)) for each in judged.figures]
    path.write_text(as_json(figures, "set", "0" * 64, judged.rows), "utf-8")
    return path


def planted(clean):
    """A cleaned set with every sort of fault, in rows of different parts."""
    row = pl.int_range(pl.len())
    other = clean.reverse()
    return clean.with_columns(
        # copies that stay: the same, nearly the same, and of one title
        title=pl.when(row.is_in([3, 40, 41]))
        .then(other["title"])
        .when(row == 350)
        .then(pl.col("title").shift(-1))
        .when(row == 2)
        .then(pl.col("title").shift(1))
        .otherwise("title"),
        abstract=pl.when(row.is_in([3, 40]))
        .then(other["abstract"])
        .when(row == 350)  # nearly the same as another one, under an id that others have
        .then(pl.col("abstract").shift(-1) + " It is so.")
        .when(row == 2)
        .then(pl.col("abstract").shift(1) + " So it is.")
        .when(row == 7)
        .then(pl.lit(MOJIBAKE))
        .when(row == 8)
        .then(pl.lit("A short one."))
        .when((row % 2 == 0) & (row > 20))
        .then(pl.col("abstract").str.slice(0, 200))
        .otherwise("abstract"),
    ).with_columns(
        title=pl.when(row.is_in([5, 300])).then(pl.lit(r"On \emph{one} <b>question</b>")).otherwise("title"),
        abstract=pl.when(row == 500).then(pl.lit(MOJIBAKE + " Most of it.")).otherwise("abstract"),
        # one id for rows of different parts, one of them paired and one quarantined; and none at all
        record_id=pl.when(row.is_in([2, 3, 350, 400]))
        .then(pl.lit("0123456789abcdef"))
        .when(row == 40)
        .then(None)
        .otherwise("record_id"),
        verdict=pl.when(row.is_in([2, 41, 450])).then(pl.lit("quarantined")).otherwise("verdict"),
        language=pl.lit("xx"),  # what it says of itself proves nothing
        source=pl.when(row > 400).then(pl.lit("elsewhere.txt")).otherwise("source"),
    )


def test_a_cleaned_set_passes_with_a_baseline_that_holds_and_a_suite_of_ones_own(cleaned, agree, tmp_path):
    suite = write_suite(
        tmp_path / "mine.json",
        "parsed",
        ("title_chars", 1, 150, "warning"),
        ("unparsed_lines", 0, 0.001, "info"),
    )
    figures = gate.judge(cleaned, Settings(), pin=Pin(tmp_path / "none.json", updates=True))
    pin = Pin(write_baseline(tmp_path / "baseline.json", figures))
    judged = agree(cleaned, Settings(suite=suite), pin=pin)
    assert judged.exit_status == 0
    assert failing(judged) == {"MY000", "MY001"}
    assert len(judged.figures) > 8
    assert all(check.status == "passed" for check in judged.checks if check.suite == "baseline")


def test_planted_faults_drift_from_a_base_and_worse_figures_are_told_alike(cleaned, agree, tmp_path):
    faulty = tmp_path / "faulty set [1]"
    shutil.copytree(cleaned, faulty)
    planted(pl.read_parquet(cleaned / "clean.parquet")).write_parquet(faulty / "clean.parquet")
    records = pl.read_parquet(cleaned / "records.parquet")
    doctored = records.with_columns(
        record_id=pl.when(pl.int_range(pl.len()) % 20 == 9).then(pl.lit("doctored")).otherwise("record_id")
    )
    doctored.write_parquet(faulty / "records.parquet")
    figures = gate.judge(cleaned, Settings(), pin=Pin(tmp_path / "none.json", updates=True))
    pin = Pin(write_baseline(tmp_path / "baseline.json", figures, repaired=0.9, abstracts=0.5))
    judged = agree(faulty, against=cleaned, pin=pin)
    assert judged.exit_status == 1
    assert {"baseline repaired", "baseline abstracts", "DP012", "DM002", "DM003", "DM004"} <= failing(judged)
    of = {check.column: check for check in judged.checks if check.suite == "cleaned"}
    for column in ("record_id", "nearest_similarity", "mojibake_hits"):
        assert of[column].status == "failed", column
    assert judged.twins["cleaned"].height
    assert judged.twins["merge"].height


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_a_table_beside_dumps_is_judged_alike(suffix, agree, tmp_path):
    dump = sorted(SEEDS.glob("*.txt"))[2]
    rows = [
        {
            "title": f"On question {n % 300}",
            "text": f"We study question {n % 290} of {n % 7}. " * (2 + n % 40),
        }
        | ({"verdict": "kept", "year": 1990 + n % 30} if suffix == "parquet" else {"published": None})
        for n in range(600)
    ]
    table = tmp_path / f"table.{suffix}"
    frame = pl.DataFrame(rows)
    frame.write_parquet(table) if suffix == "parquet" else frame.write_ndjson(table)
    suite = write_suite(
        tmp_path / "mine.json",
        "merge",
        ("in_base", 0, 0, "critical"),
        ("title_length_drift", 0, 0.01, "critical"),
    )
    judged = agree(table, Settings(suite=suite), against=dump)
    assert judged.rows == 600
    assert judged.exit_status == 1
    assert "MY001" in failing(judged)


def test_dumps_are_judged_alike_by_a_suite_of_ones_own(agree, tmp_path):
    suite = write_suite(
        tmp_path / "mine.json",
        "cleaned",
        ("nearest_similarity", 0, 0.5, "critical"),
        ("duplicate_pairs", 0, 0, "warning"),
        ("schema_faults", 0, 0, "critical"),
        ("language_score", 0.99, 1, "info"),
    )
    judged = agree(SEEDS, Settings(suite=suite))
    assert {"MY001", "MY003"} <= failing(judged)


def test_a_set_without_a_row_is_judged_alike(cleaned, agree, tmp_path):
    empty = tmp_path / "empty.parquet"
    pl.read_parquet(cleaned / "clean.parquet").clear().write_parquet(empty)
    agree(empty, against=empty)


def test_a_set_of_another_schema_is_judged_without_spark(cleaned, tmp_path, monkeypatch):
    monkeypatch.setattr(on_spark, "running", None)
    table = tmp_path / "set.parquet"
    clean = pl.read_parquet(cleaned / "clean.parquet")
    clean.drop("repairs").cast({"line": pl.String}).write_parquet(table)
    local, found = (engine.judge(table, Settings()) for engine in (gate, on_spark))
    assert local.exit_status == 1
    assert found == replace(local, places=found.places)
    assert {name: render(found) for name, render in FORMATS.items()} == {
        name: render(local) for name, render in FORMATS.items()
    }


@pytest.mark.parametrize("broken", ["none", "facts.json", "half", "torn.parquet"])
def test_what_cannot_be_read_is_refused_in_the_same_words(broken, cleaned, tmp_path, monkeypatch):
    monkeypatch.setattr(on_spark, "running", None)
    candidate = tmp_path / broken
    if broken == "facts.json":
        candidate = cleaned / broken
    elif broken == "half":
        candidate.mkdir()
        (candidate / "facts.json").write_text("{}")
    elif broken == "torn.parquet":
        candidate.write_bytes((cleaned / "clean.parquet").read_bytes()[:-100])
    told = []
    for engine in (gate, on_spark):
        with pytest.raises(DedupkitError) as refused:
            engine.judge(candidate, Settings())
        told.append((type(refused.value), str(refused.value)))
    assert told[0] == told[1]


def test_a_base_of_another_schema_or_an_index_is_refused(cleaned, tmp_path, monkeypatch):
    monkeypatch.setattr(on_spark, "running", None)
    table = tmp_path / "base.parquet"
    pl.read_parquet(cleaned / "clean.parquet").drop("repairs").write_parquet(table)
    with pytest.raises(InputError, match="column repairs is missing"):
        on_spark.judge(cleaned, Settings(), against=table)
    pipeline.index(table, Settings(), out=tmp_path / "base.index")
    with pytest.raises(UsageError, match="this is an index"):
        on_spark.judge(cleaned, Settings(), against=tmp_path / "base.index")


def test_the_command_judges_on_spark_but_makes_no_data_docs(cleaned, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(on_spark, "running", None)
    table = tmp_path / "set.parquet"
    pl.read_parquet(cleaned / "clean.parquet").drop("repairs").write_parquet(table)
    for more, status in ([], 1), (["--data-docs", str(tmp_path / "docs")], 2):
        with pytest.raises(SystemExit) as ended:
            cli.main(["gate", str(table), "--engine", "spark", "--quiet", *more])
        assert ended.value.code == status
    assert "--data-docs" in capsys.readouterr().err
    assert not (tmp_path / "docs").exists()
