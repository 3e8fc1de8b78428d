"""Machines die: a worker with its executor, or the driver. The result is that of an undisturbed run."""

import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from clusters import Cluster, kill

from dedupkit.config import Settings
from dedupkit.pipeline import clean

pytestmark = pytest.mark.usefixtures("java")

SUITE = Path(__file__).parents[2] / "expectations" / "cleaned.json"
FILES = ("records.parquet", "clean.parquet", "pairs.parquet", "unparsed.parquet", "facts.json")

#: Small executors, so that two of them and a driver have room on a small machine; and losses that are noticed soon.
SETTINGS = """
engine = "spark"
[spark]
"spark.driver.memory" = "1g"
"spark.executor.memory" = "512m"
"spark.sql.shuffle.partitions" = 4
"spark.network.timeout" = "20s"
"spark.network.timeoutInterval" = "5s"
"spark.executor.heartbeatInterval" = "2s"
"""


def made(number):
    """Records of which a third are copies, near copies or cut copies of others."""
    rows = []
    for n in range(number):
        of = n if n % 3 else n * 7 % number
        words = [f"w{(of * 31 + place * place * 7) % 5_000}" for place in range(90)]
        if n % 3 == 0:
            words[n % 90] = "changed"
        if n % 9 == 0:
            words = words[:70]
        rows.append((f"Of {words[0]} and {words[1]} in the {words[2]} {words[3]}", " ".join(words)))
    return pl.DataFrame(rows, schema=["title", "abstract"], orient="row")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Inputs, and what one machine makes of them."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "in").mkdir()
    for part in range(6):
        made(900)[part * 150 : part * 150 + 150].write_parquet(folder / "in" / f"{part}.parquet")
    suite = json.loads(SUITE.read_text())  # judging is not what is disturbed here
    suite["expectations"] = suite["expectations"][:2]
    (folder / "few.json").write_text(json.dumps(suite))
    settings = Settings(suite=str(folder / "few.json"))
    clean([folder / "in"], settings, out=folder / "out", report=folder / "report")
    return folder / "in", folder / "out"


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    started = Cluster(folder)
    yield started
    started.close()


class Run:
    """``dedupkit clean`` on Spark, in a process of its own."""

    def __init__(self, inputs, folder, master, *more):
        self.out = folder / "out"
        self._done = folder / ".out.work" / "done"
        self._log = folder / "log"
        (folder / "settings.toml").write_text(SETTINGS)
        command = [sys.executable, "-m", "dedupkit.cli", "clean", inputs, "--out", self.out]
        command += ["--report", folder / "report", "--config", folder / "settings.toml"]
        command += ["--suite", inputs.with_name("few.json")]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([*command, "--master", master, *more], stdout=log, stderr=log)

    def wait_for(self, stage):
        """Until a stage is done."""
        end = time.monotonic() + 240
        while not (self._done / f"{stage}.json").exists():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.02)

    def ends_well(self):
        status = self.process.wait(timeout=400)
        assert status == 0, self._log.read_text()


def assert_same(out, expected):
    for name in FILES:
        assert (out / name).read_bytes() == (expected / name).read_bytes(), name


@pytest.mark.parametrize(
    "before, seconds",
    [("distinct", 0.4), ("components", 0.4)],
    ids=["while bands are joined", "while pairs are verified"],
)
def test_a_worker_is_killed(before, seconds, undisturbed, cluster, tmp_path):
    inputs, expected = undisturbed
    run = Run(inputs, tmp_path, cluster.url)
    run.wait_for(before)
    time.sleep(seconds)
    kill(cluster.workers[0])
    run.ends_well()
    assert_same(run.out, expected)


def test_the_driver_is_killed_and_the_run_resumed(undisturbed, tmp_path):
    inputs, expected = undisturbed
    run = Run(inputs, tmp_path, "local[2]")
    run.wait_for("units")
    kill(run.process)
    assert not run.out.exists()
    read = tmp_path / ".out.work" / "done" / "read.json"
    written = read.stat().st_mtime_ns
    again = Run(inputs, tmp_path, "local[2]", "--resume")
    again.wait_for("bands")
    assert read.stat().st_mtime_ns == written
    again.ends_well()
    assert_same(again.out, expected)
    assert not Path(tmp_path, ".out.work").exists()
