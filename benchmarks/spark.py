"""Run ``dedupkit clean`` on this machine's own engine and on Spark: time, bytes, memory, and whether results are the same.

    python benchmarks/spark.py --rows 20000 200000 1000000 --readme benchmarks/README.md

Every run is the command as it is typed, in a process of its own on the same cores. Before the first, the first two are
run once on a few rows, uncounted. Joins are never by broadcast: what is measured is what larger tables do.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import sys
import tempfile
import timeit
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import event_log
from running import Origin, build, measure, put, write_json
from showing import LIBRARIES, machine
from spark_showing import LOCAL, REST, Results, Run, Spent, added, markdown
from watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from measure import Measured

_HERE: Final = Path(__file__).parent

_WARM_UP_ROWS: Final = 500

#: The first of Spark's is what the plan on paper is drawn from.
PLACES: Final = (LOCAL, "local[2]", "local-cluster[2,1,1024]")

FILES: Final = ("records.parquet", "clean.parquet", "pairs.parquet", "unparsed.parquet", "facts.json")

_LIBRARIES: Final = ("dedupkit", "pyspark", "great_expectations", *LIBRARIES)

#: Of a small parcel: keys, and how often it is packed.
_PARCEL_KEYS: Final = 128
_PARCELS: Final = 2_000


class Bench:
    """Runs everything and writes what there is after each run."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self._arguments, self._folder = arguments, folder.resolve()
        self._sums: dict[int, dict[str, str]] = {}
        self._results = Results(machine(arguments.cores, _LIBRARIES), 0.0, [])

    def run_all(self) -> None:
        """Every size and place."""
        for place in self._arguments.places[:2]:
            self._run(place, _WARM_UP_ROWS)
        self._results = self._results._replace(parcel_seconds=parcel_seconds())
        for rows in sorted(self._arguments.rows):
            for place in self._arguments.places:
                print(f"{rows:,} rows: {place} …", file=sys.stderr, flush=True)
                self._results.runs.append(self._run(place, rows))
                self._write()
        print(markdown(self._results))

    def _run(self, place: str, rows: int) -> Run:
        """Run the command in a place, or say why it did not end well."""
        corpus = build(rows, self._folder, Origin(self._arguments.seed))
        with tempfile.TemporaryDirectory(dir=self._folder) as name:
            folder = Path(name)
            with Watch() as watch, _spark_home(folder):
                measured = self._measure(_command(place, corpus, folder), folder)
            if measured.timed_out:
                left_out = f"ended after {self._arguments.limit_seconds:,} s"
                return Run(place, rows, measured, left_out=left_out)
            if measured.status:
                return Run(place, rows, measured, left_out=f"failed with status {measured.status}")
            told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
            stages = spent(told, watch, event_log.tasks(folder / "events"), measured)
            differing = self._differing(place, rows, folder / "out")
            return Run(place, rows, measured, stages, watch.peaks_mib, told["work_bytes"], differing)

    def _measure(self, command: list[str | Path], folder: Path) -> Measured:
        limits = self._arguments.cores, self._arguments.limit_seconds
        return measure(command, folder, *limits, quiet=True)

    def _differing(self, place: str, rows: int, out: Path) -> list[str] | None:
        """Which results have other bytes than those of the local run."""
        sums = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in FILES}
        if place == LOCAL:
            self._sums[rows] = sums
        if rows not in self._sums:
            return None
        return [name for name in FILES if sums[name] != self._sums[rows][name]]

    def _write(self) -> None:
        """Write what there is so far: JSON, and the part of the README between its marks."""
        write_json(self._arguments.out / "spark.json", self._results.as_json())
        if self._arguments.readme:
            put(self._arguments.readme, markdown(self._results), "spark")


def _command(place: str, corpus: Path, folder: Path) -> list[str | Path]:
    """The script that runs the command, and the command; the folder holds all that it leaves."""
    out = folder / "out"
    script = _HERE / "engines" / "command_engine.py"
    command: list[str | Path] = [script, folder / "told.json", out.with_name(".out.work"), "clean", corpus]
    command += ["--out", out, "--report", folder / "report", "--quiet"]
    if place == LOCAL:
        return command
    config = folder / "config.toml"
    (folder / "events").mkdir()
    keys = {
        **event_log.keys(folder / "events"),
        "spark.local.dir": str(folder / "local"),
        "spark.sql.autoBroadcastJoinThreshold": "-1",
    }
    config.write_text(_toml(keys), encoding="utf-8")
    return [*command, "--engine", "spark", "--master", place, "--config", config]


def _toml(keys: Mapping[str, str]) -> str:
    lines = (f"{json.dumps(key)} = {json.dumps(value)}\n" for key, value in keys.items())
    return f"[spark]\n{''.join(lines)}"


@contextmanager
def _spark_home(folder: Path) -> Iterator[None]:
    """A home of Spark that is links to pyspark's: ``local-cluster`` writes into its home, whatever it is told."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        yield
        return
    home = folder / "home"
    home.mkdir()
    for each in Path(found.origin).parent.iterdir():
        (home / each.name).symlink_to(each)
    before = os.environ.get("SPARK_HOME")
    os.environ["SPARK_HOME"] = str(home)
    try:
        yield
    finally:
        del os.environ["SPARK_HOME"]
        if before is not None:
            os.environ["SPARK_HOME"] = before


def spent(
    told: dict[str, Any], watch: Watch, tasks: Sequence[event_log.Task], measured: Measured
) -> dict[str, Spent]:
    """What each stage took, and what is left of the wall time.

    Args:
        told: What ``command_engine.py`` wrote.
        watch: That looked on.
        tasks: Of Spark; each belongs to the stage in which it began.
        measured: The whole run.
    """
    began = [time for _, time in told["stages"]] + [told["ended"]]
    stages: dict[str, Spent] = {}
    for (name, first), last in zip(told["stages"], began[1:], strict=True):
        cpu = watch.cpu_seconds(first, last)
        shuffled = sum(task.shuffled_bytes for task in tasks if first <= task.began < last)
        own = Spent(last - first, cpu["driver"], cpu["jvm"], cpu["worker"], shuffled)
        stages[name] = added([stages.get(name, Spent(0.0)), own])
    return stages | {REST: Spent(measured.seconds - sum(each.seconds for each in stages.values()))}


def parcel_seconds() -> float:
    """What it takes to pack a small parcel of short keys and to unpack it again."""
    import numpy as np  # noqa: PLC0415  only here
    import polars as pl  # noqa: PLC0415  the same
    from dedupkit.spark.parcels import pack, unpack  # noqa: PLC0415  the same

    keys = np.sort(np.random.default_rng(1).integers(0, 1 << 58, _PARCEL_KEYS, dtype=np.uint64))
    frame = pl.DataFrame({"key": keys})
    times = timeit.repeat(lambda: unpack(pack(frame), frame.schema), number=_PARCELS, repeat=3)
    return min(times) / _PARCELS


def main() -> None:
    """The command."""
    arguments = _arguments()
    if arguments.folder:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        Bench(arguments, arguments.folder).run_all()
        return
    with tempfile.TemporaryDirectory() as folder:
        Bench(arguments, Path(folder)).run_all()


def _arguments(typed: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run dedupkit clean on its own engine and on Spark.")
    add = parser.add_argument
    add("--rows", type=int, nargs="+", default=[20_000, 200_000, 1_000_000], help="sizes of the corpora")
    add(
        "--places",
        nargs="+",
        default=PLACES,
        metavar="PLACE",
        help=f"{LOCAL!r}, and masters of Spark's (default: {', '.join(PLACES)})",
    )
    add("--limit-seconds", type=int, default=3_600, help="each run is ended then (default: %(default)s)")
    add("--cores", type=int, default=2, help="for every run (default: %(default)s)")
    add("--seed", type=int, default=1)
    add("--folder", type=Path, help="keeps the corpora, and takes those it has (default: a temporary one)")
    add("--out", type=Path, default=_HERE / "results", help="of the JSON file (default: benchmarks/results)")
    add("--readme", type=Path, help="a file with marks to put the tables between")
    return parser.parse_args(typed)


if __name__ == "__main__":
    main()
