"""Five pull requests to a repository of data, gated as CI would gate them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

SEEDS = Path(__file__).parents[2] / "seeds"
DUMPS = sorted(SEEDS.glob("*.txt"))

#: A new record id for each of many rows.
NEW_IDS = pl.format("{}", pl.int_range(pl.len()).cast(pl.String).str.pad_start(16, "f"))


def run(folder, *command):
    return subprocess.run([*map(str, command)], cwd=folder, capture_output=True, text=True, check=False)


def dedupkit(folder, *arguments):
    return run(folder, sys.executable, "-m", "dedupkit.cli", *arguments)


def git(folder, *arguments):
    done = run(folder, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Gated(NamedTuple):
    """What the gate said of a pull request."""

    status: int
    told: dict

    def critical(self):
        """The critical checks that fail, and the ids of their examples."""
        return {
            check["rule"]: [example["id"] for example in check["examples"]]
            for check in self.told["checks"]
            if check["status"] == "failed" and check["severity"] == "critical"
        }


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with a base set on its main branch, and a candidate cleaned against it."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q", "-b", "main")
    made = dedupkit(folder, "clean", *DUMPS[:3], "--out", "base", "--report", "base-report")
    assert made.returncode == 0, made.stderr
    git(folder, "add", "base")
    git(folder, "commit", "-qm", "the base")
    made = dedupkit(folder, "clean", DUMPS[3], "--against", "base", "--out", "new", "--report", "new-report")
    assert made.returncode == 0, made.stderr
    return folder


def propose(repository, branch, change=None):
    """Open a pull request whose candidate is what was cleaned, changed; and run the gate on it."""
    git(repository, "checkout", "-q", "-B", branch, "main")
    candidate = repository / "candidate.parquet"
    kept = pl.read_parquet(repository / "new" / "clean.parquet")
    (change(kept) if change else kept).write_parquet(candidate)
    git(repository, "add", "candidate.parquet")
    git(repository, "commit", "-qm", branch)
    done = dedupkit(
        repository,
        "gate",
        "candidate.parquet",
        "--against",
        "base",
        "--format",
        "json",
        "--output",
        f"{branch}.json",
    )
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) <= 2
    return Gated(done.returncode, json.loads((repository / f"{branch}.json").read_text("utf-8")))


def test_a_clean_one_may_be_merged(repository):
    gated = propose(repository, "clean")
    assert (gated.status, gated.critical()) == (0, {})
    assert {check["suite"] for check in gated.told["checks"]} == {"cleaned", "merge"}


def test_near_duplicates_of_the_base_are_named(repository):
    def copy(kept):
        base = pl.read_parquet(repository / "base" / "clean.parquet").filter(
            pl.col("abstract").str.len_chars() > 600
        )
        copies = base.head(int(kept.height * 0.3)).with_columns(
            record_id=NEW_IDS,
            source=pl.lit("copies.txt"),
            title=pl.concat_str(pl.lit("On "), "title"),
            abstract=pl.col("abstract").str.replace(r"\w+ \w+", "In short, we"),
        )
        return pl.concat([kept, copies])

    gated = propose(repository, "near-duplicates", copy)
    assert gated.status == 1
    assert list(gated.critical()) == ["DM002"]
    assert all(each.startswith("f") and each[1:4] == "fff" for each in gated.critical()["DM002"])
    check = next(check for check in gated.told["checks"] if check["rule"] == "DM002")
    assert check["unexpected_count"] == int(
        pl.read_parquet(repository / "new" / "clean.parquet").height * 0.3
    )
    assert {example["source"] for example in check["examples"]} == {"copies.txt"}


def test_mojibake_is_named(repository):
    def mangle(kept):
        spoiled = pl.concat_str("abstract", pl.lit(" A naÃ¯ve “fiancÃ©e” and a cafÃ©."))
        return kept.with_columns(
            abstract=pl.when(pl.int_range(pl.len()) % 10 == 3).then(spoiled).otherwise("abstract")
        )

    gated = propose(repository, "mojibake", mangle)
    ids = pl.read_parquet(repository / "new" / "clean.parquet")["record_id"]
    assert gated.status == 1
    assert gated.critical() == {"DK014": [ids[3], ids[13], ids[23]]}


def test_cut_abstracts_are_named(repository):
    def cut(kept):
        start = pl.col("abstract").str.slice(0, pl.col("abstract").str.len_chars() // 3)
        return kept.with_columns(
            abstract=pl.when(pl.int_range(pl.len()) % 2 == 0).then(start).otherwise("abstract")
        )

    gated = propose(repository, "cut", cut)
    ids = pl.read_parquet(repository / "new" / "clean.parquet")["record_id"]
    assert gated.status == 1
    assert set(gated.critical()) == {
        "DK023",
        "DM004",
    }  # they end within a sentence, and are shorter than the base's
    even = set(ids.gather_every(2))
    assert all(set(examples) <= even for examples in gated.critical().values())


def test_a_changed_schema_is_named_and_nothing_else_is_judged(repository):
    def change(kept):
        return kept.rename({"abstract": "summary"}).with_columns(pl.col("line").cast(pl.String))

    gated = propose(repository, "schema", change)
    assert gated.status == 1
    assert list(gated.critical()) == ["DK000"]
    check = gated.told["checks"][0]
    assert check["observed"] == "column line is String, not Int64; column abstract is missing"
    assert {each["status"] for each in gated.told["checks"][1:]} == {"could not run"}
    told = dedupkit(repository, "gate", "candidate.parquet", "--against", "base").stdout
    assert "33 checks could not run: the columns of candidate.parquet are not those of a cleaned set" in told
    assert told.splitlines()[-1].startswith("Next     give its columns back")
    pinned = ("--baseline", Path(__file__).parents[2] / "expectations" / "baseline.json")
    judged = json.loads(dedupkit(repository, "gate", "candidate.parquet", *pinned, "--format", "json").stdout)
    of_baseline = {check["status"] for check in judged["checks"] if check["suite"] == "baseline"}
    assert of_baseline == {"could not run"}


def test_the_facts_of_a_run_are_no_candidate(repository):
    git(repository, "checkout", "-q", "main")
    done = dedupkit(repository, "gate", "base/facts.json")
    assert done.returncode == 3
    assert "give its folder: base" in done.stderr


def test_an_index_is_told_to_hold_no_text(repository):
    git(repository, "checkout", "-q", "main")
    assert dedupkit(repository, "index", "base", "--out", "base.index").returncode == 0
    done = dedupkit(repository, "gate", "new", "--against", "base.index")
    assert done.returncode == 3
    assert "6 checks could not run: the base is an index, which holds no text" in done.stdout


def test_what_the_base_holds_is_named_and_dropped_by_the_next_command(repository):
    git(repository, "checkout", "-q", "main")
    done = dedupkit(repository, "gate", "base", "--against", "base")
    assert done.returncode == 1
    told = json.loads(dedupkit(repository, "gate", "base", "--against", "base", "--format", "json").stdout)
    examples = next(check for check in told["checks"] if check["rule"] == "DM002")["examples"]
    assert [each["held_by"] for each in examples] == [each["id"] for each in examples]
    assert f"{examples[0]['id']} {examples[0]['source']}:{examples[0]['line']} is in the base" in " ".join(
        done.stdout.split()
    ).replace("│", "")
    assert done.stdout.splitlines()[-1] == "Next     dedupkit clean INPUT... --against base"


def test_a_baseline_is_not_loosened_unless_that_is_meant(repository):
    git(repository, "checkout", "-q", "main")
    pinned = repository / "figures.json"
    update = ("--baseline", pinned.name, "--update-baseline")
    assert dedupkit(repository, "gate", "base", *update).returncode == 0
    before = pinned.read_bytes()
    worse = json.loads(before)
    for figure in worse["figures"]:
        figure["value"] = 1.0 if figure["figure"] == "kept" else figure["value"]
        figure["noise"] = 0.0
    pinned.write_text(json.dumps(worse))
    before = pinned.read_bytes()
    refused = dedupkit(repository, "gate", "base", *update)
    assert refused.returncode == 1
    assert pinned.read_bytes() == before
    assert "can be merged" not in refused.stdout
    assert "baseline kept" in refused.stdout
    assert "--update-baseline --allow-regression" in refused.stdout
    assert refused.stdout.splitlines()[-1] == "figures.json is as it was: the candidate does not pass."
    assert dedupkit(repository, "gate", "base", *update, "--allow-regression").returncode == 0
    assert dedupkit(repository, "gate", "base", "--baseline", pinned.name).returncode == 0


def test_a_suite_takes_the_place_of_that_of_its_frame_alone(repository):
    git(repository, "checkout", "-q", "main")
    suite = Path(__file__).parents[2] / "expectations" / "cleaned.json"
    done = dedupkit(repository, "gate", "base", "--against", "base", "--suite", suite)
    assert done.returncode == 1
    assert "(cleaned, parsed, merge)" in done.stdout
    twice = dedupkit(repository, "gate", "base", "--suite", suite, "--suite", suite)
    assert twice.returncode == 2
    assert "--suite may be given once" in twice.stderr


@pytest.mark.parametrize("name", ["facts.json", "records.parquet", "unparsed.parquet", "clean.parquet"])
def test_a_result_that_is_not_whole_cannot_be_judged(repository, tmp_path, name):
    git(repository, "checkout", "-q", "main")
    broken = tmp_path / "broken"
    shutil.copytree(repository / "base", broken)
    (broken / name).unlink()
    done = dedupkit(tmp_path, "gate", "broken")
    assert done.returncode == 3
    assert f"broken: {name} of a run is missing" in done.stderr


def test_results_are_no_input_of_clean(repository):
    git(repository, "checkout", "-q", "main")
    before = (repository / "base" / "facts.json").read_bytes()
    done = dedupkit(repository, "clean", "base", "--out", "base")
    assert done.returncode == 3
    assert "holds results of dedupkit clean" in done.stderr
    assert (repository / "base" / "facts.json").read_bytes() == before


def test_languages_are_named_anew(repository):
    git(repository, "checkout", "-q", "main")
    kept = pl.read_parquet(repository / "base" / "clean.parquet")
    kept.with_columns(language=pl.lit("de")).write_parquet(repository / "claims.parquet")
    assert dedupkit(repository, "gate", "claims.parquet").returncode == 0
    told = json.loads(dedupkit(repository, "gate", "claims.parquet", "--format", "json").stdout)
    assert next(check for check in told["checks"] if check["rule"] == "DK024")["status"] == "passed"


@pytest.mark.parametrize(
    "flags, fact",
    [
        (("--allow-regression", "--baseline", "b.json"), "--allow-regression loosens an update"),
        (("--update-baseline",), "There is no baseline to update"),
        (("--sources", "nosuch"), "nosuch: no such folder of sources"),
    ],
)
def test_flags_that_would_do_nothing_are_refused(repository, flags, fact):
    done = dedupkit(repository, "gate", "base", *flags)
    assert done.returncode == 2
    assert fact in done.stderr
