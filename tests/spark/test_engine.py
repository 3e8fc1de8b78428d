"""What Spark gives is what one machine gives, byte for byte: results, artefacts on the way, and errors."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import jobs
import numpy as np
import polars as pl
import pytest

from dedupkit import pipeline
from dedupkit.config import Settings
from dedupkit.dumps import read_inputs
from dedupkit.errors import DedupkitError, InputError, UsageError
from dedupkit.language import identify
from dedupkit.matches import candidates as local_candidates
from dedupkit.matches import mark_duplicates
from dedupkit.matches.candidates import collapse, find_candidates
from dedupkit.matches.fingerprints import NUMBERS, Bands, take_fingerprints
from dedupkit.matches.streams import FrameRecords
from dedupkit.quality import find_suite
from dedupkit.record import VERDICTS
from dedupkit.repair import repair_records
from dedupkit.spark import engine, meeting, parts
from dedupkit.spark.candidates import Candidates
from dedupkit.spark.corpus import Corpus, own_words, write_prints
from dedupkit.spark.work import Work

pytestmark = pytest.mark.usefixtures("spark")

TABLES = ("pairs.parquet", "clusters.parquet")
SETTINGS = {
    "as it is": Settings(),
    "without mathematics, the longest": Settings(math="off", prefer="longest"),
    "at 0.5": Settings(threshold=0.5, prefer="last"),
    "other bands": Settings(bands="datasketch", permutations=64, shingle_words=2, math_rendering="latex"),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return jobs.write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A suite of few expectations: to judge all of them in Spark takes as long as all the rest."""
    suite = json.loads(find_suite(None).read_text("utf-8"))
    suite["expectations"] = suite["expectations"][:2]
    path = tmp_path_factory.mktemp("suite") / "few.json"
    path.write_text(json.dumps(suite), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def settings(few):
    """Settings by name; those of "all expectations" have the suite that everybody has."""
    named = {name: replace(asked, suite=few) for name, asked in SETTINGS.items()}
    return named | {"all expectations": Settings()}


@pytest.fixture(scope="module")
def local(corpus, settings, tmp_path_factory):
    """Gives the folder of the run of one machine, with ``out`` and ``report``, for settings by name."""
    done = {}

    def run(name):
        if name not in done:
            done[name] = tmp_path_factory.mktemp("local")
            pipeline.clean([corpus], settings[name], out=done[name] / "out", report=done[name] / "report")
        return done[name]

    return run


@contextmanager
def set_for(spark, asked):
    """Settings of a session, put back at the end."""
    before = {name: spark.conf.get(name, None) for name in asked}
    try:
        for name, value in asked.items():
            spark.conf.set(name, value)
        yield
    finally:
        for name, value in before.items():
            spark.conf.unset(name) if value is None else spark.conf.set(name, value)


@pytest.fixture
def keeping(monkeypatch):
    """The work folder stays."""
    monkeypatch.setattr(engine, "clear", lambda _: None)


def assert_same(done, wanted):
    assert jobs.different(done / "out", wanted / "out", jobs.RESULTS) == []
    names = sorted(path.name for path in (wanted / "report").iterdir())
    assert "index.html" in names
    assert names == sorted(path.name for path in (done / "report").iterdir())
    assert jobs.different(done / "report", wanted / "report", names) == []


def test_the_corpus_holds_every_verdict_and_what_else_matters(local):
    records = pl.read_parquet(local("as it is") / "out" / "records.parquet")
    assert 420 < records.height < 520
    assert set(records["verdict"]) == set(VERDICTS)
    assert {"authors", "published"} <= set(records["filled"].explode())
    assert records["reason"].str.contains("in a chain").any()
    assert {"stars", "tags", "nothing", "alone", "input_comment_count", "input_verdict"} <= set(
        records.columns
    )
    assert records.schema["stars"] == records.schema["tags"] == pl.String
    assert records["comment_count"].count() > 0
    assert set(records["source"].unique()) == {
        "deep/papers.parquet", "deep/er/more.parquet", "lines.jsonl", "list.csv", "page.txt"
    }  # fmt: skip


@pytest.mark.parametrize(
    "name, rows, parcels, asked",
    [
        ("as it is", 97, "64", {"spark.sql.shuffle.partitions": "1"}),
        ("as it is", 50, "3", {"spark.sql.shuffle.partitions": "13"}),
        ("all expectations", 1000, "64", {"spark.sql.adaptive.enabled": "false"}),
        ("without mathematics, the longest", 97, "1", {"spark.sql.autoBroadcastJoinThreshold": "-1"}),
        ("at 0.5", 50, "64", {"spark.sql.adaptive.enabled": "false"}),
        ("other bands", 40, "64", {}),
    ],
)
def test_results_have_the_bytes_of_one_machine(  # noqa: PLR0913, PLR0917
    name, rows, parcels, asked, spark, corpus, settings, local, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts, "PART_ROWS", rows)
    monkeypatch.setattr(engine, "_PARCELS_AT_ONCE", parcels)
    with set_for(spark, asked):
        facts = engine.clean([corpus], settings[name], out=tmp_path / "out", report=tmp_path / "report")
    assert facts == json.loads((tmp_path / "out" / "facts.json").read_text("utf-8"))
    assert_same(tmp_path, local(name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "report"]


@pytest.mark.usefixtures("keeping")
def test_each_step_leaves_what_it_leaves_on_one_machine(corpus, settings, local, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_ROWS", 60)
    settings = settings["as it is"]
    engine.clean([corpus], settings, out=tmp_path / "out", report=tmp_path / "report")
    assert_same(tmp_path, local("as it is"))
    work = Work(str(tmp_path / ".out.work"))
    places = len(list((tmp_path / ".out.work" / "records").iterdir()))
    assert places == 3 + 1 + 5

    records = identify(repair_records(read_inputs([corpus], settings).records), settings)
    bands = Bands(settings)
    prints = take_fingerprints(FrameRecords(records), settings, bands=bands)
    units = collapse(prints)
    for name in NUMBERS:
        found = np.concatenate([work.frame("prints", place)[name].to_numpy() for place in range(places)])
        assert np.array_equal(found, getattr(prints, name)), name
    words = np.concatenate([own_words(work, place).values for place in range(places)])
    assert np.array_equal(words, prints.title_words.values)
    for number, keys in enumerate(bands):
        found = np.concatenate([work.array("bands", place)[number] for place in range(places)])
        assert np.array_equal(found, keys)
    told = pl.concat([work.frame("units", place) for place in range(places)])
    is_told = units.of_record >= 0
    assert np.array_equal(told["unit"].to_numpy()[is_told], units.record[units.of_record[is_told]])
    marks = pl.concat([work.frame("marks", place) for place in range(places)])
    assert np.array_equal(marks["recurs"].to_numpy()[units.record], units.recurs)
    assert marks["recurs"].any()
    assert marks["crowded"].any()

    pairs = find_candidates(prints, units)
    edges = pl.concat([work.frame("edges", place) for place in range(places)])
    assert np.array_equal(edges["left"].to_numpy(), units.record[pairs.left])
    assert np.array_equal(edges["right"].to_numpy(), units.record[pairs.right])

    marked = mark_duplicates(records, settings)
    paired = pl.concat([work.frame("paired", place) for place in range(places)])
    assert paired.select(marked.pairs.columns).equals(marked.pairs)
    decided = pl.concat([work.frame("decided", place) for place in range(places)])
    own = marked.records[decided["row"].to_numpy()]
    for name in ("verdict", "merged_from", "duplicate_of", "similarity", "reason", "cluster"):
        assert decided[name].equals(own[name]), name
    alone = marked.records.with_row_index("row").filter(~pl.col("row").is_in(decided["row"].implode()))
    assert set(alone["verdict"]) == {"kept", "rejected"}


@pytest.mark.parametrize("kind", ["a folder that clean wrote", "a table", "dumps", "a table of ids"])
def test_against_an_existing_set(  # noqa: PLR0913, PLR0917
    kind, corpus, settings, local, tmp_path, monkeypatch
):
    monkeypatch.setattr(parts, "PART_ROWS", 200 if kind == "a folder that clean wrote" else 70)
    new, settings = [corpus / "list.csv", corpus / "deep" / "er"], settings["as it is"]
    base = {
        "a folder that clean wrote": local("as it is") / "out",
        "a table": corpus / "deep" / "papers.parquet",
        "dumps": tmp_path / "dumps",
        "a table of ids": tmp_path / "table.parquet",
    }[kind]
    if kind == "dumps":
        base.mkdir()
        for name in ("lines.jsonl", "empty.parquet", "deep/papers.parquet"):
            (base / name.rpartition("/")[2]).write_bytes((corpus / name).read_bytes())
    if kind == "a table of ids":
        jobs.write_table(base)
        settings = replace(settings, id_column="key")
    for name, clean in (("local", pipeline.clean), ("spark", engine.clean)):
        folder = tmp_path / name
        clean(new, settings, out=folder / "out", report=folder / "report", against=base)
    assert_same(tmp_path / "spark", tmp_path / "local")
    facts = json.loads((tmp_path / "spark" / "out" / "facts.json").read_text("utf-8"))
    assert facts["counts"]["held"] > 0


def test_an_index_and_ids_that_are_not_unique_are_refused_as_a_base(corpus, tmp_path):
    pipeline.index(corpus / "list.csv", Settings(), out=tmp_path / "base.index")
    for_all = {"out": tmp_path / "out", "report": tmp_path / "report"}
    with pytest.raises(UsageError, match="this is an index") as error:
        engine.clean([corpus / "list.csv"], Settings(), against=tmp_path / "base.index", **for_all)
    assert error.value.hint == "give the set itself."
    table = jobs.write_table(tmp_path / "table.parquet", 40)
    pl.read_parquet(table).with_columns(twice=pl.lit("same")).write_parquet(table)
    for column, says in (("twice", "more than one row"), ("none", "no column 'none'")):
        told = [
            told_by(clean, [corpus / "list.csv"], Settings(id_column=column), against=table, **for_all)
            for clean in (pipeline.clean, engine.clean)
        ]
        assert says in told[0][1]
        assert told[0] == told[1]


@pytest.mark.parametrize("name", ["table.parquet", "corpus"])
def test_an_index_has_the_bytes_of_one_machine(name, corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_ROWS", 90)
    base = corpus if name == "corpus" else jobs.write_table(tmp_path / name)
    heights = [
        index(base, Settings(), out=tmp_path / f"{number}.index")
        for number, index in enumerate((pipeline.index, engine.index))
    ]
    assert heights[0] == heights[1] > 100
    assert (tmp_path / "0.index").read_bytes() == (tmp_path / "1.index").read_bytes()


def told_by(run, *arguments, **named):
    """The error of a run: its kind and what it says."""
    with pytest.raises(DedupkitError) as error:
        run(*arguments, **named)
    return type(error.value), error.value.fact, error.value.hint


@pytest.mark.parametrize(
    "name, column", [("table.parquet", None), ("table.parquet", "key"), ("table.jsonl", "key")]
)
def test_dedup_has_the_bytes_of_one_machine(name, column, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_ROWS", 90)
    table = jobs.write_table(tmp_path / "table.parquet")
    if name.endswith(".jsonl"):
        pl.read_parquet(table).write_ndjson(tmp_path / name)
    settings = Settings(id_column=column)
    found = [
        dedup(tmp_path / name, settings, out=tmp_path / str(number))
        for number, dedup in enumerate((pipeline.dedup, engine.dedup))
    ]
    assert jobs.different(tmp_path / "0", tmp_path / "1", TABLES) == []
    assert found[0].pairs.equals(found[1].pairs)
    assert found[0].clusters.equals(found[1].clusters)
    assert found[0][2:] == found[1][2:]
    assert found[1].clusters["duplicate_of"].count() > 50


@pytest.mark.parametrize("name", ["table.parquet", "table.jsonl"])
def test_dedup_tells_of_ids_that_are_not_unique_as_one_machine_does(name, tmp_path):
    table = jobs.write_table(tmp_path / "table.parquet", 40)
    rows = pl.read_parquet(table).with_columns(twice=pl.lit("One and the same"))
    rows.write_parquet(table)
    rows.write_ndjson(tmp_path / "table.jsonl")
    settings = Settings(id_column="twice")
    told = [
        told_by(dedup, tmp_path / name, settings, out=tmp_path / "out")
        for dedup in (pipeline.dedup, engine.dedup)
    ]
    assert told[0] == told[1]
    assert not (tmp_path / "out").exists()


# --- Crowding -----------------------------------------------------------------------------------------------------


def _one_band(writer):
    """Texts that share shingles with all others, some of them under several titles."""
    text = writer.abstract(60)
    rows = []
    for number in range(70):
        edited = writer.edited(text, 1 + number % 4)
        rows += [writer.record(abstract=edited) for _ in range(1 + number % 5)]
    return rows


def _one_text(writer):
    """Abstracts under four titles each, that are alike but for a word or two."""
    texts = [writer.abstract(50) for _ in range(6)]
    edited = [writer.edited(text, 1 + number % 2) for text in texts for number in range(9)]
    return [writer.record(abstract=text) for text in edited for _ in range(4)]


def _one_title(writer):
    """Titles over five abstracts each, that are alike but for a word; and words that many titles share."""
    titles = [writer.title(5) for _ in range(8)]
    endings = ("Graph", "Graph Codes", "Forests", "Winds", "Winds Caching")
    rows = [
        writer.record(title=f"{title} {ending}") for title in titles for ending in endings for _ in range(5)
    ]
    letters = "abcdefghijklmnopqrstuvwxyz"
    for count, words in ((70, "Opaque Zebras"), (63, "Rusty Anchors")):
        names = (f"Zq{letters[number // 26]}x{letters[number % 26]}" for number in range(count))
        rows += [writer.record(title=f"{words} {name}") for name in names]
    return rows


def _all(writer):
    return _one_band(writer) + _one_text(writer) + _one_title(writer) + [writer.record() for _ in range(40)]


KINDS = {"bands": _one_band, "texts": _one_text, "titles": _one_title, "all": _all}


@pytest.fixture(scope="module")
def crowds(tmp_path_factory):
    """Gives the frame, the fingerprints, the units and a work folder with prints of records of a kind."""
    done = {}

    def make(kind):
        if kind not in done:
            writer = jobs.Writer(5)
            rows = writer.shuffled(KINDS[kind](writer))
            records = pl.DataFrame(
                {name: [row[name] for row in rows] for name in ("title", "abstract", "authors", "published")},
            ).with_columns(
                author_count=pl.lit(None, pl.Int64),
                comment_count=pl.lit(None, pl.Int64),
                organisation=pl.lit(None, pl.String),
                published_text=pl.lit(None, pl.String),
            )
            bands = Bands(Settings())
            prints = take_fingerprints(FrameRecords(records), Settings(), bands=bands)
            starts = (*range(0, records.height, 97), records.height)
            folder = tmp_path_factory.mktemp("crowd")
            work = Work(str(folder))
            for place, (first, last) in enumerate(pairwise(starts)):
                write_prints(records[first:last], work, place, Settings())
            done[kind] = prints, collapse(prints), folder, starts
        return done[kind]

    return make


@pytest.mark.parametrize(
    "kind, many, each, windows, base",
    [
        ("bands", 150, 0, (64, 24, 12, 5, 2), 0),
        ("bands", 1_000, 0, (64, 24, 12, 5, 2), 70),
        ("bands", 150, 0, (6, 3, 2), 0),
        ("bands", 500, 0, (4, 2), 70),
        ("texts", 130, 0, (64, 24, 12, 5, 2), 0),
        ("titles", 300, 0, (64, 24, 12, 5, 2), 0),
        ("titles", 1_001, 0, (64, 24, 12, 5, 2), 100),
        ("all", 0, 2, (64, 24, 12), 0),
        ("all", 1, 0, (3, 1, 0), 0),
    ],
)
def test_crowded_buckets_are_cut_where_one_machine_cuts_them(  # noqa: PLR0913, PLR0917
    kind, many, each, windows, base, spark, crowds, monkeypatch
):
    monkeypatch.setattr(local_candidates, "_MANY_PAIRS", many)
    monkeypatch.setattr(local_candidates, "_PAIRS_EACH", each)
    monkeypatch.setattr(local_candidates, "WINDOWS", windows)
    prints, units, folder, starts = crowds(kind)
    work = Work(str(folder))
    for done in (*folder.glob("done/*"), *folder.glob("links/*")):
        done.unlink()
    pairs = find_candidates(prints, units, base)
    assert pairs.cut > 0
    monkeypatch.setattr(meeting, "_FEW_BLOCKS", 1 if base else 256)  # else a block is a part here
    corpus = Corpus(work, Settings(), starts, base)
    assert (len(meeting.blocks(corpus)) < corpus.parts) == bool(base)
    found = Candidates(spark, corpus).find()
    edges = pl.concat([work.frame("edges", place) for place in range(len(starts) - 1)])
    assert edges["left"].to_list() == units.record[pairs.left].tolist()
    assert edges["right"].to_list() == units.record[pairs.right].tolist()
    assert found == (len(pairs.left), pairs.cut)
    left_out = [work.frame("left_out", block).height for block in range(len(meeting.blocks(corpus)))]
    assert any(left_out) == (kind in {"bands", "all"} and windows[0] < 30)  # these rows stayed where they are


# --- Going on, and errors -----------------------------------------------------------------------------------------


class Stopped(Exception):  # noqa: N818  as if by a person
    """A run that is stopped."""


@pytest.fixture
def watched(monkeypatch):
    """The stages that were run; a stage that ``watched.stop`` names is not begun."""

    class Watched(list):
        stop = None

    seen, once = Watched(), Work.once

    def watching(work, stage, run):
        def begin():
            if stage == seen.stop:
                raise Stopped(stage)
            seen.append(stage)
            return run()

        return once(work, stage, begin)

    monkeypatch.setattr(Work, "once", watching)
    return seen


def test_a_run_that_was_stopped_goes_on_behind_what_is_done(  # noqa: PLR0913, PLR0917
    corpus, few, local, tmp_path, monkeypatch, watched
):
    monkeypatch.setattr(parts, "PART_ROWS", 97)
    for_all = {"out": tmp_path / "out [1]", "report": tmp_path / "report"}

    def run(given=corpus, **asked):
        return engine.clean([given], Settings(suite=few, **asked), resume=bool(watched), **for_all)

    with pytest.raises(InputError, match="there is no run to resume"):
        engine.clean([corpus], Settings(), resume=True, **for_all)
    stages = ["fits", "read", "texts", "units", "distinct", "bands", "words", "title_keys", "pairs", "edges"]
    stages += ["components", "judge", "write", "pairs_written"]
    for stage in ("read", "texts", "bands", "pairs", "components", "judge", "write", "pairs_written"):
        watched.stop = stage
        with pytest.raises(InputError, match=f"Spark failed: {stage}"):
            run()
        assert list(watched) == stages[: stages.index(stage)]
        assert not (tmp_path / "out [1]").exists()
    for given, asked, other in (
        (corpus, {"threshold": 0.6}, "settings"),
        (corpus / "list.csv", {}, "inputs"),
    ):
        with pytest.raises(InputError, match=f"had other {other}"):
            run(given, **asked)
    watched.stop = None
    run(engine="spark", spark={"spark.app.name": "other"})
    assert list(watched) == stages
    assert not (tmp_path / ".out [1].work").exists()
    (tmp_path / "out [1]").rename(tmp_path / "out")
    assert_same(tmp_path, local("as it is"))
    with pytest.raises(InputError, match="there is no run to resume"):
        run()


def test_a_file_that_changed_is_not_gone_on_with(tmp_path, watched):
    table = jobs.write_table(tmp_path / "table.parquet", 30)
    watched.stop = "read"
    with pytest.raises(InputError):
        engine.dedup(table, Settings(), out=tmp_path / "out")
    os.utime(table, ns=(1, 1))
    with pytest.raises(InputError, match="had other inputs"):
        engine.dedup(table, Settings(), out=tmp_path / "out", resume=True)
    watched.stop = None
    engine.dedup(table, Settings(), out=tmp_path / "out")
    assert not (tmp_path / ".out.work").exists()


def test_what_is_broken_in_a_task_is_told_and_earlier_results_stay(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_ROWS", 64)
    before = {"out": tmp_path / "out", "report": tmp_path / "report"}
    pipeline.clean([corpus / "list.csv"], Settings(), **before)
    was = {path: path.read_bytes() for folder in before.values() for path in folder.iterdir()}
    broken = jobs.write_table(tmp_path / "broken.parquet", 200)
    jobs.break_page(broken)
    (tmp_path / "columns.csv").write_text("head,body text\na,b\n", "utf-8")
    cases = (
        (broken, {}, InputError, "broken.parquet: "),
        (tmp_path / "columns.csv", {}, UsageError, "columns.csv: no column abstract"),
        (corpus / "list.csv", {"title_column": "nope"}, UsageError, "list.csv: no column 'nope'"),
        (corpus / "deep", {"text_column": "tags"}, UsageError, "column 'tags' holds"),
    )
    for path, asked, kind, says in cases:
        found = told_by(engine.clean, [path], Settings(**asked), **before)
        assert found[0] == kind
        assert says in found[1]
        assert "\n" not in found[1]
        assert found[2]
        assert "--debug" not in found[2]
    assert told_by(engine.dedup, broken, Settings(), out=tmp_path / "of_dedup")[0] == InputError
    assert was == {path: path.read_bytes() for folder in before.values() for path in folder.iterdir()}


@pytest.mark.usefixtures("java")
def test_the_command_says_what_it_says_of_one_machine(corpus, few, tmp_path):
    done = []
    for name, flags in (("local", []), ("spark", ["--engine", "spark", "--master", "local[2]"])):
        (tmp_path / name).mkdir()
        command = [
            "clean",
            corpus / "list.csv",
            corpus / "deep",
            "--out",
            "out",
            "--report",
            "report",
            "--suite",
            few,
            "--quiet",
            *flags,
        ]
        done.append(
            subprocess.run(
                [sys.executable, "-m", "dedupkit.cli", *map(str, command)],
                cwd=tmp_path / name,
                capture_output=True,
                text=True,
                check=False,
            )
        )
    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 2
    assert done[0].stdout == done[1].stdout
    assert_same(tmp_path / "spark", tmp_path / "local")
