"""The benchmark of Spark: what it reads of an event log and of processes, its plan on paper, and how it shows them."""

import importlib
import json
from pathlib import Path

import pytest

from dedupkit.spark.candidates import _MOST_RANGES
from dedupkit.spark.meeting import _FEW_BLOCKS, _MOST_PARTS
from dedupkit.spark.parts import PART_ROWS


@pytest.fixture
def measured(load):
    return load("measure").Measured(status=0, seconds=10.0, peak_mib=100.0, timed_out=False)


@pytest.fixture
def events(tmp_path):
    """A log as Spark writes it, in a folder of the application's."""
    lines = [
        {"Event": "SparkListenerApplicationStart"},
        ended(100_500, 30),
        ended(104_000, 70),
        {"Event": "SparkListenerTaskEnd", "Task Info": {"Launch Time": 104_100}},  # lost: it has no metrics
        ended(104_200, 5),
    ]
    folder = tmp_path / "eventlog_v2_local-1"
    folder.mkdir()
    (folder / "events_1_local-1").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "appstatus_local-1").touch()
    return tmp_path


def ended(launch_milliseconds, shuffled_bytes):
    return {
        "Event": "SparkListenerTaskEnd",
        "Task Info": {"Launch Time": launch_milliseconds},
        "Task Metrics": {"Shuffle Write Metrics": {"Shuffle Bytes Written": shuffled_bytes}},
    }


class Watched:
    """A run whose Java takes half a second of processor time each second, and its workers a whole one."""

    def cpu_seconds(self, began, ended):
        seconds = ended - began
        return {"driver": 0.0, "jvm": seconds / 2, "worker": seconds}


def run_of(load, rows, place="local[2]", **changes):
    showing = load("spark_showing")
    stages = {
        "Starting Spark": showing.Spent(3, 1, 5, 0, 0),
        "Reading": showing.Spent(rows / 10_000, 2, rows / 100_000, 3 + rows / 10_000, 0),
        "Comparing": showing.Spent(rows / 20_000, 0, 0, rows / 20_000, 50 * rows),
        "Writing": showing.Spent(rows / 100_000, rows / 50_000, 0, 0, 0),
    }
    told = load("measure").Measured(status=0, seconds=rows / 5_000, peak_mib=100.0, timed_out=False)
    peaks = {"driver": 1.0, "jvm": 2.0, "worker": 3.0, "all": 6.0}
    work = {"records": 700 * rows, "all_words": 64 * rows, "frequencies": 16 << 20, "done": 100}
    return showing.Run(place, rows, told, stages, peaks, work, [])._replace(**changes)


def test_tasks_are_read_from_an_event_log_those_without_metrics_left_out(load, events):
    tasks = load("event_log").tasks(events)
    assert tasks == [(100.5, 30), (104.0, 70), (104.2, 5)]


def test_stages_have_the_tasks_that_began_in_them_and_the_times_are_a_whole(load, events, measured):
    told = {
        "stages": [["Importing", 98], ["Reading", 100], ["Comparing", 103], ["Reading", 105]],
        "ended": 107,
    }
    spent = load("spark").spent(told, Watched(), load("event_log").tasks(events), measured)
    assert list(spent) == ["Importing", "Reading", "Comparing", "Starting, ending"]
    assert spent["Reading"] == (5, 0, 2.5, 5, 30)
    assert spent["Comparing"] == (2, 0, 1, 2, 75)
    assert sum(each.seconds for each in spent.values()) == pytest.approx(10)


def test_processor_time_between_two_looks_is_even(load):
    watch = load("watching").Watch()
    watch._times, watch._spent = [10.0, 12.0, 14.0], [[0, 0, 0], [1, 4, 0], [1, 4, 8]]
    assert watch.cpu_seconds(11.0, 13.0) == {"driver": 0.5, "jvm": 2.0, "worker": 4.0}
    assert watch.cpu_seconds(0.0, 99.0) == {"driver": 1.0, "jvm": 4.0, "worker": 8.0}


def test_the_work_folder_is_told_by_its_folders(load, tmp_path):
    (tmp_path / "components" / "inner").mkdir(parents=True)
    (tmp_path / "prints").mkdir()
    (tmp_path / "job.json").write_text("{}")
    for path, size in (("prints/0", 3), ("prints/1", 4), ("components/inner/a", 5)):
        (tmp_path / path).write_bytes(b"x" * size)
    folder_bytes = load("command_engine").folder_bytes
    assert folder_bytes(tmp_path) == {"prints": 7, "components": 5}
    assert not folder_bytes(tmp_path / "none")


def test_the_command_is_told_its_master_and_its_keys(load, tmp_path):
    tomllib = importlib.import_module("tomllib")
    command = [str(word) for word in load("spark")._command("local[2]", Path("a.parquet"), tmp_path)]
    assert command[command.index("--master") + 1] == "local[2]"
    keys = tomllib.loads((tmp_path / "config.toml").read_text())["spark"]
    assert keys["spark.sql.autoBroadcastJoinThreshold"] == "-1"
    assert keys["spark.eventLog.dir"] == f"file://{tmp_path}/events"
    assert "--engine" not in load("spark")._command("local engine", Path("a.parquet"), tmp_path)


def test_costs_are_what_the_larger_run_takes_more_and_have_nothing_that_does_not_grow(load):
    paper = load("spark_paper")
    runs = [run_of(load, 200_000), run_of(load, 1_000_000)]
    reading, comparing, writing = paper.costs_of(runs)
    assert reading == ("Reading", pytest.approx(110e-6), 0, 0)
    assert comparing == ("Comparing", pytest.approx(50e-6), 0, pytest.approx(50))
    assert writing.driver_seconds == pytest.approx(10e-6)  # no more than the time on the clock
    assert paper.work_bytes_of(runs) == {"records": 700, "all_words": 64, "frequencies": 0, "done": 0}


def test_the_plan_on_paper_is_rows_times_costs(load):
    paper = load("spark_paper")
    costs = [paper.Cost("Reading", 36e-6, 0, 10), paper.Cost("Writing", 0, 3.6e-6, 20)]
    cluster = paper.Cluster(10**9, 32, 16)
    assert cluster.parts == 81_381
    assert cluster.parcels == 10 * 4_070 * 4_096  # blocks of 20 parts
    assert cluster.task_hours(costs) == pytest.approx(10)
    assert cluster.driver_hours(costs) == pytest.approx(1)
    assert cluster.wall_hours(costs, 0) == pytest.approx(10 / (512 * 0.7) + 1)
    assert cluster.parcel_hours(3600 / cluster.parcels) == pytest.approx(1)
    assert (cluster.runs, paper.Cluster(10**10, 128, 16).runs) == (1, 3)


def test_the_plan_has_the_parts_and_ranges_that_spark_is_given(load):
    paper = load("spark_paper")
    assert (paper.PART_ROWS, paper.MOST_RANGES) == (PART_ROWS, _MOST_RANGES)
    assert (paper.MOST_PARTS, paper.FEW_BLOCKS) == (_MOST_PARTS, _FEW_BLOCKS)


def test_tables_have_the_ratio_to_the_local_run_and_whether_bytes_are_the_same(load):
    showing = load("spark_showing")
    local = run_of(load, 1_000_000, place=showing.LOCAL)
    local = local._replace(measured=local.measured._replace(seconds=100.0))
    wrong = run_of(load, 1_000_000, place="local-cluster[2,1,1024]", differing=["facts.json"])
    failed = showing.Run("yarn", 1_000_000, left_out="failed with status 3")
    runs = [local, run_of(load, 200_000), run_of(load, 1_000_000), wrong, failed]
    results = showing.Results({"cores": "2 of 2"}, 1e-4, runs)
    shown = showing.markdown(results)
    assert "| 1,000,000 | Spark `local[2]` | 200.0 | 5,000 | 2.00 |" in shown
    assert "| not facts.json |" in shown
    assert "| 1,000,000 | Spark `yarn` | failed with status 3 |" in shown
    assert "| `records` | 700.0 |" in shown
    assert "| GB of `all_words`, 64.0 bytes a row | 64.0 | 640.0 |" in shown
    assert "| parts | 81,381 | 813,803 |" in shown
    assert "| on paper | 10⁹ rows | 10¹⁰ rows |" in shown
    assert "on paper" not in showing.markdown(results._replace(runs=[runs[0], runs[2]]))
    widths = [[line.count("|") for line in part.splitlines()] for part in shown.split("\n\n") if "|" in part]
    assert all(len(set(width)) == 1 for width in widths)
    written = json.loads(json.dumps(results.as_json()))["runs"]
    assert written[2]["shuffled_bytes_a_row"] == pytest.approx(50)


def test_a_run_that_failed_has_no_numbers(load):
    showing = load("spark_showing")
    failed = showing.Run("local[2]", 10, left_out="failed with status 3")
    results = showing.Results({"cores": "2 of 2"}, 0.0, [failed])
    assert "| 10 | Spark `local[2]` | failed with status 3 |" in showing.markdown(results)
    assert results.as_json()["runs"][0]["measured"] is None
