"""The whole pipeline on the four dumps, as a user runs it."""

import datetime
import json
from pathlib import Path

import polars as pl
import pytest
from commands import run

from dedupkit.record import IN_CLEAN, PAIRS, RAW_COLUMNS, RECORDS, UNPARSED, VERDICTS
from dedupkit.repair import replay
from dedupkit.repair.edits import Change

SEEDS = Path(__file__).parents[2] / "seeds"
DUMPS = sorted(SEEDS.glob("*.txt"))
FILES = ("records.parquet", "clean.parquet", "pairs.parquet", "unparsed.parquet", "facts.json")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    done = run(folder, "clean", SEEDS)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done


@pytest.fixture(scope="module")
def cleaned(ran):
    return ran[0] / "cleaned"


@pytest.fixture(scope="module")
def records(cleaned):
    return pl.read_parquet(cleaned / "records.parquet")


@pytest.fixture(scope="module")
def facts(cleaned):
    return json.loads((cleaned / "facts.json").read_text("utf-8"))


def test_547_are_read_519_kept_and_28_dropped(records, facts):
    assert facts["counts"]["read"] == records.height == 547
    assert facts["counts"]["kept"] == 519
    assert facts["counts"]["dropped"] == 28
    assert facts["counts"]["quarantined"] == 0
    by_source = records.group_by("source", maintain_order=True).len()["len"].to_list()
    assert by_source == [12, 274, 62, 199]


def test_the_files_and_columns_are_those_of_the_contract(cleaned, records):
    assert sorted(path.name for path in cleaned.iterdir()) == sorted(FILES)
    assert dict(records.schema) == RECORDS
    clean = pl.read_parquet(cleaned / "clean.parquet")
    assert clean.columns == [name for name in RECORDS if name not in RAW_COLUMNS]
    assert clean.equals(records.filter(pl.col("verdict").is_in(IN_CLEAN)).drop(RAW_COLUMNS))
    assert dict(pl.read_parquet(cleaned / "pairs.parquet").schema) == PAIRS
    assert dict(pl.read_parquet(cleaned / "unparsed.parquet").schema) == UNPARSED


def test_every_line_is_in_one_record_or_unparsed(cleaned, facts):
    unparsed = pl.read_parquet(cleaned / "unparsed.parquet")
    assert unparsed.height == sum(source["unparsed_lines"] for source in facts["sources"]) == 10
    for row in unparsed.iter_rows(named=True):
        line = (SEEDS / row["source"]).read_text("utf-8").split("\n")[row["line"] - 1]
        assert (row["text"], bool(row["why"])) == (line.strip(), True)


def test_ids_are_unique_hexadecimal_and_in_input_order(records):
    assert records["record_id"].n_unique() == 547
    assert records["record_id"].str.contains("^[0-9a-f]{16}$").all()
    places = records.select("source", "line").rows()
    assert places == sorted(places)


def test_replaying_the_repairs_gives_the_repaired_text(records):
    repaired = 0
    for row in records.iter_rows(named=True):
        for column in ("title", "abstract"):
            changes = [
                Change(c["kind"], c["start"], c["before"], c["after"])
                for c in row["repairs"]
                if c["column"] == column
            ]
            raw = row[f"{column}_raw"]
            if column not in row["filled"]:
                assert row[column] == (raw if raw is None else replay(raw, changes))
            repaired += len(changes)
    assert repaired >= 25


@pytest.mark.parametrize(
    "source, line, part",
    [
        ("001", 392, "Cavaglià et al."),
        ("001", 396, "naïve ensembling technique"),
        ("001", 34, "(i.i.d)"),
        ("001", 84, "averaging 85% on"),
        ("001", 272, "model–and"),
        ("003", 220, "Schrödinger bridges"),
        ("003", 352, "Hölder smooth"),
        ("000", 6, "a causal abstraction."),
    ],
)
def test_known_damage_is_repaired(source, line, part, records):
    found = records.filter(pl.col("source").str.starts_with(source), pl.col("line") <= line).tail(1)
    assert part in found["abstract"][0]


def test_the_two_versions_of_one_paper_are_found_by_title_and_authors(records):
    first, second = records.filter(pl.col("line").is_in([1, 4])).head(2).iter_rows(named=True)
    assert {first["verdict"], second["verdict"]} == {"kept", "same_title"}
    dropped = first if first["verdict"] == "same_title" else second
    assert dropped["similarity"] == pytest.approx(0.126, abs=0.001)
    (third,) = records.filter(pl.col("source").str.starts_with("000"), pl.col("line") == 30).iter_rows(
        named=True
    )
    assert third["verdict"] == "same_title"


def test_dates_are_known_only_with_a_year(records):
    daily = records.filter(pl.col("source").str.starts_with("002"))
    assert daily.filter(pl.col("published_text") == "Sep 26")["published"].to_list() == [None, None]
    assert daily.filter(pl.col("published_text") == "Oct 12, 2021")["published"].to_list() == [
        datetime.date(2021, 10, 12)
    ]
    assert daily.filter(pl.col("published_text").is_null()).height == 3


def test_the_facts_add_up_and_name_no_place_of_this_machine(facts, records, cleaned):
    counts = facts["counts"]
    assert counts["kept"] + counts["quarantined"] + counts["dropped"] == counts["read"]
    assert list(facts["verdicts"]) == list(VERDICTS)
    assert sum(facts["verdicts"].values()) == records.height
    assert facts["expectations"]["status"] == "passed"
    assert [source["layout"] for source in facts["sources"]] == [
        "publications_page", "search_results", "daily_list", "search_results",
    ]  # fmt: skip
    similarities = facts["similarities"]
    assert similarities["bins"] == len(similarities["accepted"]) == len(similarities["refused"]) == 40
    assert (sum(similarities["accepted"]), sum(similarities["refused"])) == (1, 7)
    assert {miss["why"] for miss in similarities["near_misses"]} == {"below the threshold"}
    assert {miss[end] for miss in similarities["near_misses"] for end in ("left", "right")} <= set(
        records["record_id"]
    )
    text = (cleaned / "facts.json").read_text("utf-8")
    assert str(Path.home()) not in text
    assert str(cleaned.parent) not in text
    assert (
        str(datetime.datetime.now(tz=datetime.UTC).year)
        not in text.split('"versions"')[0].split('"settings"')[1]
    )


def test_the_summary_can_be_read_in_five_seconds(ran):
    _, done = ran
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    for start in (
        "Read 547",
        "Repaired",
        "Dropped 28",
        "Kept 519",
        "Expectations ✓",
        "Results cleaned/",
        "Report reports/index.html",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert len(lines) <= 14


@pytest.mark.parametrize(
    "arguments, environment",
    [
        pytest.param([SEEDS], {}, id="second run"),
        pytest.param([*DUMPS[::-1], SEEDS / "README.md"], {}, id="files in another order"),
        pytest.param([SEEDS], {"POLARS_MAX_THREADS": "1", "PYTHONHASHSEED": "7"}, id="one thread"),
    ],
)
def test_equal_input_gives_equal_bytes(arguments, environment, ran, tmp_path):
    folder, _ = ran
    files = [argument for argument in arguments if argument.name != "README.md"]
    assert run(tmp_path, "clean", *files, **environment).returncode == 0
    for name in FILES:
        one, other = (folder / "cleaned" / name).read_bytes(), (tmp_path / "cleaned" / name).read_bytes()
        if name == "facts.json":  # a folder also lists what it holds and is not read
            one, other = ({**json.loads(text), "skipped": []} for text in (one, other))
        assert one == other, name


def test_the_report_is_one_file_without_references(ran):
    html = (ran[0] / "reports" / "index.html").read_text("utf-8")
    assert "547" in html
    assert "519" in html
    assert html.count("<script") == 1
    assert "src=" not in html
    assert "Content-Security-Policy" in html


def test_the_gate_passes_the_cleaned_seeds_and_refuses_broken_ones(ran, cleaned, tmp_path):
    folder, _ = ran
    passed = run(folder, "gate", "cleaned")
    assert passed.returncode == 0
    assert "passes" in passed.stdout
    assert passed.stderr == ""
    clean = pl.read_parquet(cleaned / "clean.parquet")
    first = clean["record_id"][0]
    broken = clean.with_columns(
        abstract=pl.when(pl.col("record_id") == first)
        .then(pl.lit("causal… (see more)models"))
        .otherwise("abstract")
    )
    broken.write_parquet(tmp_path / "broken.parquet")
    failed = run(folder, "gate", tmp_path / "broken.parquet")
    assert failed.returncode == 1
    assert first in failed.stdout
    assert "000_d5d28b5319c7aeb1.txt:" in failed.stdout
    clean.clear().write_parquet(tmp_path / "none.parquet")
    assert run(folder, "gate", tmp_path / "none.parquet").returncode == 1
    clean.drop("language").write_parquet(tmp_path / "less.parquet")
    less = run(folder, "gate", tmp_path / "less.parquet")
    assert less.returncode == 1
    assert "DK000" in less.stdout
