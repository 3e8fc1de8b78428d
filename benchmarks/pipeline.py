"""Run the whole of ``dedupkit clean``, and the same steps with the plain libraries: speed, shares of time, memory.

    python benchmarks/pipeline.py --rows 10000 100000 --readme benchmarks/README.md

Every run is a process of its own on the same cores, from the parquet file to the report. Before the first, each engine
is run once on a few rows, uncounted: compiled code is then in its cache.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline_showing import ENGINES, REST, Results, Run, Spent, markdown, pictures
from running import Origin, build, limit, measure, put, write_json
from showing import LIBRARIES, machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from measure import Measured

_HERE: Final = Path(__file__).parent
_SEEDS: Final = _HERE.parent / "seeds"

_WARM_UP_ROWS: Final = 500

CORPORA: Final = ("made", "real", "hostile")

#: Rows, or texts, that the libraries are given at most: they are slow, and as slow for each of more.
_LIMITS: Final = {"plain": 5_000, "langdetect": 1_000, "ftfy": 20_000, "hostile": 20_000}

#: What ``alone_engine.py`` compares, and with which library. Hostile texts all need repair.
_ALONE: Final = {
    "language of abstracts": "langdetect",
    "language of titles": "langdetect",
    "repair of abstracts with nothing suspect": "ftfy",
    "the same, ftfy told to do as little": "ftfy",
    "repair of all abstracts that need none": "ftfy",
}

#: How often a command is started; the median counts.
_STARTS: Final = 3

#: Packages whose versions matter.
_LIBRARIES: Final = (
    *("dedupkit", "datasketch", "ftfy", "great_expectations", "langdetect", "pandas", "pylatexenc"),
    *LIBRARIES,
)


class Bench:
    """Runs everything and writes what there is after each run."""

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self._arguments, self._folder = arguments, folder
        self._limits = _LIMITS | {name: most or sys.maxsize for name, most in arguments.limit_rows}
        self._origins = {
            "made": Origin(arguments.seed),
            "real": Origin(arguments.seed, arguments.source),
            "hostile": Origin(arguments.seed, hostile=True),
        }
        self._results = Results(machine(arguments.cores, _LIBRARIES), [], [], {})

    def run_all(self) -> None:
        """Every command, corpus, size and engine."""
        self._warm_up()
        self._results.starts.update(self._starts())
        for name in self._arguments.corpora:
            if name == "real" and not self._arguments.source:
                print("real: left out, for no --source is given", file=sys.stderr)
                continue
            for rows, engine in self._plan(name):
                print(f"{rows:,} rows, {name}: {ENGINES[engine]} …", file=sys.stderr, flush=True)
                self._results.runs.append(self._run(name, rows, engine))
                self._write()
            for facts in self._alone(name):
                self._results.alone.append(facts)
                self._write()
        self._write()
        print(markdown(self._results, whole=True))

    def _sizes(self, corpus: str) -> list[int]:
        return sorted({min(rows, self._limits.get(corpus, rows)) for rows in self._arguments.rows})

    def _plan(self, corpus: str) -> list[tuple[int, str]]:
        """Sizes and engines: the plain libraries first, on no more rows than they may have."""
        sizes = self._sizes(corpus)
        few = sorted({min(rows, self._limits["plain"]) for rows in sizes})
        return [*((rows, "plain") for rows in few), *((rows, "clean") for rows in sizes)]

    def _warm_up(self) -> None:
        for name in ("made", "hostile"):
            for engine in ENGINES:
                self._run(name, _WARM_UP_ROWS, engine)

    def _run(self, corpus: str, rows: int, engine: str) -> Run:
        """Run an engine, or say why it did not end well."""
        table = build(rows, self._folder, self._origins[corpus])
        stages = self._folder / "stages.json"
        stages.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as out:
            script = _HERE / "engines" / f"{engine}_engine.py"
            measured = self._measure([script, table, out, stages])
        if measured.timed_out:
            left_out = f"ended after {self._arguments.limit_seconds:,} s"
            return Run(corpus, engine, rows, measured, left_out=left_out)
        if measured.status:
            return Run(corpus, engine, rows, measured, left_out=f"failed with status {measured.status}")
        return Run(corpus, engine, rows, measured, _spent(stages, measured))

    def _alone(self, corpus: str) -> Iterator[dict[str, Any]]:
        """Steps alone, on the largest corpus."""
        table = build(self._sizes(corpus)[-1], self._folder, self._origins[corpus])
        result = self._folder / "alone.json"
        for task, library in _ALONE.items():
            if corpus == "hostile" and library == "ftfy":
                continue
            print(f"{corpus}: {task} …", file=sys.stderr, flush=True)
            script = _HERE / "engines" / "alone_engine.py"
            status = self._measure([script, task, table, str(self._limits[library]), result]).status
            if status:
                print(f"{corpus}: {task}: failed with status {status}", file=sys.stderr)
                continue
            yield {"corpus": corpus, **json.loads(result.read_text(encoding="utf-8"))}

    def _starts(self) -> dict[str, float]:
        """The median seconds of commands that are started anew."""
        seconds = {}
        with tempfile.TemporaryDirectory(dir=self._folder) as out:
            results = ["--out", f"{out}/cleaned", "--report", f"{out}/reports"]
            for command, more in (("--help", []), (f"clean {_SEEDS.name}/", results)):
                typed = [str(_SEEDS) if word == f"{_SEEDS.name}/" else word for word in command.split()]
                print(f"dedupkit {command} …", file=sys.stderr, flush=True)
                taken = [
                    self._measure(["-m", "dedupkit.cli", *typed, *more], quiet=True) for _ in range(_STARTS)
                ]
                if not any(measured.status for measured in taken):
                    seconds[f"dedupkit {command}"] = statistics.median(each.seconds for each in taken)
        return seconds

    def _measure(self, command: list[str | Path], *, quiet: bool = False) -> Measured:
        limits = self._arguments.cores, self._arguments.limit_seconds
        return measure(command, self._folder, *limits, quiet=quiet)

    def _write(self) -> None:
        """Write what there is so far: JSON, pictures, and the part of the README between its marks."""
        out: Path = self._arguments.out
        write_json(out / "pipeline.json", self._results.as_json())
        for name, drawn in pictures(self._results).items():
            (out / name).write_text(drawn, encoding="utf-8")
        if self._arguments.readme:
            put(self._arguments.readme, markdown(self._results), "pipeline")


def _spent(stages: Path, measured: Measured) -> dict[str, Spent]:
    """What each stage took, and what is left of the wall time."""
    told = json.loads(stages.read_text(encoding="utf-8"))
    spent = {stage["name"]: Spent(stage["seconds"], stage["cpu_seconds"]) for stage in told}
    return spent | {REST: Spent(measured.seconds - sum(each.seconds for each in spent.values()), None)}


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
    parser = argparse.ArgumentParser(
        description="Run the whole of dedupkit clean, and the same steps with the plain libraries."
    )
    add = parser.add_argument
    add("--rows", type=int, nargs="+", default=[10_000, 100_000], help="sizes of the corpora")
    add("--corpora", nargs="+", choices=CORPORA, default=CORPORA, metavar="CORPUS", help=", ".join(CORPORA))
    add("--source", type=Path, help="real works for the corpus real, as corpus.py takes them")
    add(
        "--limit-rows",
        type=limit,
        nargs="+",
        default=[],
        metavar="NAME=ROWS",
        help=f"what plain, langdetect and ftfy are given, and what a corpus has, at most; nothing: all (default: {_LIMITS})",
    )
    add("--limit-seconds", type=int, default=3_600, help="each run is ended then (default: %(default)s)")
    add("--cores", type=int, default=2, help="for every engine (default: %(default)s)")
    add("--seed", type=int, default=1)
    add("--folder", type=Path, help="keeps the corpora, and takes those it has (default: a temporary one)")
    add("--out", type=Path, default=_HERE / "results", help="of JSON and plot (default: benchmarks/results)")
    add("--readme", type=Path, help="a file with marks to put the tables between")
    return parser.parse_args(typed)


if __name__ == "__main__":
    main()
