"""New dumps against an existing set, and duplicates of tables of any kind and size, as a user finds them."""

import json
from pathlib import Path

import polars as pl
import pytest
from commands import run

from dedupkit.config import Settings
from dedupkit.matches import find_duplicates, streams
from dedupkit.matches.streams import FrameRecords, ParquetRecords

SEEDS = Path(__file__).parents[2] / "seeds"
DUMPS = sorted(SEEDS.glob("*.txt"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("against")
    assert run(here, "clean", *DUMPS[:3], "--out", "base").returncode == 0
    indexed = run(here, "index", "base", "--out", "base.index")
    assert (indexed.returncode, indexed.stderr) == (0, "")
    assert "records indexed: base.index" in indexed.stdout
    return here


@pytest.fixture(scope="module")
def against(folder):
    done = run(folder, "clean", DUMPS[3], "--against", "base.index", "--out", "new")
    assert done.returncode == 0
    return done


def test_what_the_base_holds_is_dropped_and_told(folder, against):
    records = pl.read_parquet(folder / "new" / "records.parquet")
    base = pl.read_parquet(folder / "base" / "clean.parquet")
    dropped = records.filter(pl.col("duplicate_of").is_not_null())
    assert records.height == 199
    assert dropped.height == 21
    assert set(dropped["duplicate_of"]) <= set(base["record_id"])
    assert dropped["reason"].str.contains("of the existing set").all()
    facts = json.loads((folder / "new" / "facts.json").read_text("utf-8"))
    assert facts["counts"]["held"] == 21
    assert "21 of all are in the existing set" in against.stdout
    pairs = pl.read_parquet(folder / "new" / "pairs.parquet")
    assert set(pairs["left"]) <= set(base["record_id"])


def test_together_they_are_what_one_run_over_all_keeps(folder, against):  # noqa: ARG001  it must have run
    together = run(folder, "clean", SEEDS, "--out", "all")
    assert together.returncode == 0
    every = pl.read_parquet(folder / "all" / "records.parquet")
    new = pl.read_parquet(folder / "new" / "records.parquet")
    base = pl.read_parquet(folder / "base" / "clean.parquet")
    assert base.height + (new["duplicate_of"].is_null()).sum() == (every["verdict"] == "kept").sum()


@pytest.mark.parametrize("base", ["base", "base/clean.parquet"])
def test_a_folder_and_a_table_serve_as_well_as_an_index(folder, against, base):  # noqa: ARG001
    assert run(folder, "clean", DUMPS[3], "--against", base, "--out", "other").returncode == 0
    for name in ("records.parquet", "pairs.parquet", "facts.json"):
        assert (folder / "other" / name).read_bytes() == (folder / "new" / name).read_bytes()


def test_dumps_serve_as_a_base(folder):
    done = run(folder, "clean", DUMPS[3], "--against", DUMPS[1], "--out", "raw")
    assert done.returncode == 0
    assert "in the existing set" in done.stdout


def test_a_record_of_the_base_is_explained(folder, against):  # noqa: ARG001
    dropped = pl.read_parquet(folder / "new" / "records.parquet").filter(pl.col("duplicate_of").is_not_null())
    done = run(folder, "explain", "new", dropped["record_id"][0])
    assert done.returncode == 0
    assert f"Kept instead: {dropped['duplicate_of'][0]}, in the existing set" in done.stdout
    assert run(folder, "report", "new").returncode == 0


@pytest.mark.parametrize(
    "arguments, status, says",
    [
        (["clean", DUMPS[0], "--against", "none"], 3, "none"),
        (["index", "none", "--out", "x.index"], 3, "none"),
        (["index", "base.index", "--out", "x.index"], 2, "already"),
        (["clean", DUMPS[0], "--against", "base.index", "--config", "other.toml"], 3, "shingle_words = 3"),
        (["dedup", "base/clean.parquet", "--prefer", "best"], 2, "complete"),
        (["index", "base", "--out", "other.toml"], 2, "no index"),
    ],
)
def test_mistakes_are_told(folder, arguments, status, says):
    (folder / "other.toml").write_text("shingle_words = 4\n", "utf-8")
    done = run(folder, *arguments)
    assert done.returncode == status
    assert says in done.stderr
    assert "Hint:" in done.stderr


@pytest.fixture(scope="module")
def table(folder):
    records = pl.read_parquet(folder / "base" / "records.parquet")
    columns = records.select(
        id="record_id", title="title_raw", abstract="abstract_raw", authors=pl.col("authors").list.join("; ")
    )
    columns = pl.concat([columns, columns.sample(60, seed=5).with_columns(id="copy " + pl.col("id"))])
    columns = columns.with_columns(pl.col("abstract").str.replace_all("’", "â€™"))
    columns.write_parquet(folder / "table.parquet", row_group_size=50)
    columns.write_csv(folder / "table.csv")
    columns.write_ndjson(folder / "table.jsonl")
    return folder / "table.parquet"


def test_every_kind_of_table_gives_the_same_duplicates(folder, table):  # noqa: ARG001
    found = []
    for kind in ("parquet", "csv", "jsonl"):
        done = run(folder, "dedup", f"table.{kind}", "--id-column", "id", "--out", f"of_{kind}")
        assert done.returncode == 0
        found.append(
            [pl.read_parquet(folder / f"of_{kind}" / f"{name}.parquet") for name in ("pairs", "clusters")]
        )
    assert found[0][1]["duplicate_of"].count() >= 60
    for pairs, clusters in found[1:]:
        assert pairs.equals(found[0][0])
        assert clusters.equals(found[0][1])


def test_threads_do_not_show_in_the_result(folder, table):  # noqa: ARG001
    for threads in ("1", "2"):
        done = run(folder, "dedup", "table.parquet", "--out", f"threads{threads}", POLARS_MAX_THREADS=threads)
        assert done.returncode == 0
    for name in ("pairs.parquet", "clusters.parquet"):
        assert (folder / "threads1" / name).read_bytes() == (folder / "threads2" / name).read_bytes()


@pytest.mark.parametrize("batch", [1, 7, 100_000])
def test_batches_do_not_show_in_the_result(table, batch, monkeypatch):
    whole = find_duplicates(ParquetRecords(table, Settings()), Settings())
    monkeypatch.setattr(streams, "BATCH", batch)
    found = find_duplicates(ParquetRecords(table, Settings()), Settings())
    assert found.settled.marks.equals(whole.settled.marks)
    assert found.settled.pairs.equals(whole.settled.pairs)


def test_a_column_takes_the_place_of_ours_in_all_batches_or_in_none(tmp_path, monkeypatch):
    path = tmp_path / "counted.parquet"
    counts = {"text": list("abcd"), "comment_count": ["1", "2", "3", "many"], "author_count": list("1234")}
    pl.DataFrame(counts).write_parquet(path)
    monkeypatch.setattr(streams, "BATCH", 1)
    records = ParquetRecords(path, Settings())
    assert records.own_columns == ["input_comment_count"]
    assert records.own_ids("comment_count").to_list() == counts["comment_count"]
    rows = pl.concat(records.batches())
    assert rows["comment_count"].null_count() == 4
    assert rows["author_count"].to_list() == [1, 2, 3, 4]


def test_lists_in_files_give_what_lists_in_memory_give(table, monkeypatch):
    whole = find_duplicates(ParquetRecords(table, Settings()), Settings())
    monkeypatch.setattr("dedupkit.matches.ragged.IN_MEMORY", 0)
    found = find_duplicates(ParquetRecords(table, Settings()), Settings())
    assert found.settled.pairs.equals(whole.settled.pairs)


def test_records_in_another_order_form_the_same_clusters(folder, table):
    rows = pl.read_parquet(table)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=2)
    shuffled.write_parquet(folder / "shuffled.parquet")
    groups = []
    for name in ("table", "shuffled"):
        settled = find_duplicates(ParquetRecords(folder / f"{name}.parquet", Settings()), Settings()).settled
        ids = pl.read_parquet(folder / f"{name}.parquet")["id"]
        clusters = (
            pl.DataFrame({"id": ids, "cluster": settled.marks["cluster"]}).group_by("cluster").agg("id")
        )
        groups.append({frozenset(group) for group in clusters["id"].to_list()})
    assert groups[0] == groups[1]


def test_a_second_base_is_refused(folder):
    done = run(folder, "clean", DUMPS[0], "--against", "base", "--against", "base.index")
    assert done.returncode == 2
    assert "may be given once" in done.stderr


def test_an_empty_table_is_told(folder):
    pl.DataFrame({"text": []}, schema={"text": pl.String}).write_parquet(folder / "empty.parquet")
    done = run(folder, "dedup", "empty.parquet")
    assert done.returncode == 3
    assert "no record" in done.stderr


def test_a_frame_is_read_in_slices_and_by_rows():
    records = FrameRecords(pl.DataFrame({"n": range(10)}))
    assert [batch["n"].to_list() for batch in records.batches(pl.Series([2, 5]).to_numpy())] == [[2, 5]]
