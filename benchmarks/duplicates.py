"""Run dedupkit and its peers on corpora with known duplicates: time, memory, precision and recall.

    python benchmarks/duplicates.py --rows 10000 100000 1000000 --readme benchmarks/README.md

Every run is a process of its own on the same cores, from the parquet file to the pairs on disk. Before the first
corpus each engine is run once on 1,000 rows, uncounted: compiled code is then in its cache for all alike.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corpus import truth_path
from judging import judge
from plot import draw
from roster import ENGINES
from running import Origin, build, limit, measure, put, write_json
from showing import Run, machine, markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from measure import Measured
    from roster import Engine

_HERE: Final = Path(__file__).parent

_WARM_UP_ROWS: Final = 1_000


def main() -> None:
    """The command."""
    arguments = _arguments()
    if arguments.folder:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        _run_all(arguments, arguments.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        _run_all(arguments, Path(folder))


def _run_all(arguments: argparse.Namespace, folder: Path) -> None:
    runs: list[Run] = []
    limits = {engine.name: engine.limit_rows for engine in ENGINES} | dict(arguments.limit_rows)
    engines = [engine for engine in ENGINES if engine.name in arguments.engines]
    origin = Origin(arguments.seed, arguments.source)
    warm = build(_WARM_UP_ROWS, folder, origin)
    for engine in engines:
        if engine.version:
            _measure(engine, warm, folder, arguments)
    for rows in sorted(arguments.rows):
        corpus = build(rows, folder, origin)
        for engine in engines:
            print(f"{rows:,} rows: {engine.name} …", file=sys.stderr, flush=True)
            most = limits[engine.name]
            left_out = f"not run above {most:,} rows" if most and rows > most else ""
            runs.append(_run(engine, rows, corpus, left_out, arguments))
            _write(runs, arguments)
    print(markdown(runs, machine(arguments.cores)))


def _run(engine: Engine, rows: int, corpus: Path, left_out: str, arguments: argparse.Namespace) -> Run:
    """Run and judge an engine, or say why not."""
    if not engine.version:
        return Run(engine, rows, left_out="not installed")
    if left_out:
        return Run(engine, rows, left_out=left_out)
    measured = _measure(engine, corpus, corpus.parent, arguments)
    if measured.timed_out:
        return Run(engine, rows, measured, left_out=f"ended after {arguments.limit_seconds:,} s")
    if measured.status:
        return Run(engine, rows, measured, left_out=f"failed with status {measured.status}")
    pairs = corpus.parent / "pairs.parquet"
    return Run(engine, rows, measured, judge(pairs, truth_path(corpus)))


def _measure(engine: Engine, corpus: Path, folder: Path, arguments: argparse.Namespace) -> Measured:
    pairs = folder / "pairs.parquet"
    pairs.unlink(missing_ok=True)
    return measure([engine.script, corpus, pairs], folder, arguments.cores, arguments.limit_seconds)


def _write(runs: Sequence[Run], arguments: argparse.Namespace) -> None:
    """Write what there is so far: JSON, plot, and the part of the README between its marks."""
    facts = machine(arguments.cores)
    results = {"machine": facts, "seed": arguments.seed, "runs": [run.facts() for run in runs]}
    write_json(arguments.out / "duplicates.json", results)
    lines: dict[str, list[tuple[int, float]]] = {}
    for run in runs:
        if run.measured and run.judged:
            lines.setdefault(run.engine.name, []).append((run.rows, run.measured.seconds))
    if lines:
        title = f"Finding near duplicates: seconds on cores {facts['cores']}"
        (arguments.out / "duplicates.svg").write_text(draw(lines, title), encoding="utf-8")
    if arguments.readme:
        put(arguments.readme, markdown(runs, facts), "results")


def _arguments() -> argparse.Namespace:
    names = [engine.name for engine in ENGINES]
    parser = argparse.ArgumentParser(
        description="Run dedupkit and its peers on corpora with known duplicates."
    )
    add = parser.add_argument
    add("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes of the corpora")
    add("--engines", nargs="+", choices=names, default=names, metavar="ENGINE", help=", ".join(names))
    add(
        "--limit-rows",
        type=limit,
        nargs="+",
        default=[],
        metavar="ENGINE=ROWS",
        help="not run on more; nothing: all",
    )
    add("--limit-seconds", type=int, default=3_600, help="each run is ended then (default: %(default)s)")
    add("--cores", type=int, default=2, help="for every engine (default: %(default)s)")
    add("--source", type=Path, help="real works, as corpus.py takes them (default: made-up ones)")
    add("--seed", type=int, default=1)
    add("--folder", type=Path, help="keeps the corpora, and takes those it has (default: a temporary one)")
    add("--out", type=Path, default=_HERE / "results", help="of JSON and plot (default: benchmarks/results)")
    add("--readme", type=Path, help="a file with marks to put the tables between")
    return parser.parse_args()


if __name__ == "__main__":
    main()
