"""Run dedupkit and its peers on corpora with known duplicates: time, memory, precision and recall.

    python benchmarks/duplicates.py --rows 10000 100000 1000000 --readme benchmarks/README.md

Every run is a process of its own on the same cores, from the parquet file to the pairs on disk. Before the first
corpus each engine is run once on 1,000 rows, uncounted: compiled code is then in its cache for all alike.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corpus import truth_path
from judging import judge
from measure import Measured
from plot import draw
from roster import ENGINES
from showing import Run, machine, markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roster import Engine

_HERE: Final = Path(__file__).parent

_WARM_UP_ROWS: Final = 1_000

#: Between these lines of a README stand the results of the last run.
_BEGIN, _END = "<!-- results begin -->", "<!-- results end -->"


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
    warm = _build(_WARM_UP_ROWS, folder, arguments)
    for engine in engines:
        if engine.version:
            _measure(engine, warm, folder, arguments)
    for rows in sorted(arguments.rows):
        corpus = _build(rows, folder, arguments)
        for engine in engines:
            print(f"{rows:,} rows: {engine.name} …", file=sys.stderr, flush=True)
            limit = limits[engine.name]
            left_out = f"not run above {limit:,} rows" if limit and rows > limit else ""
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
    report, pairs = folder / "measured.json", folder / "pairs.parquet"
    limits = [str(arguments.cores), str(arguments.limit_seconds)]
    command = [sys.executable, str(engine.script), str(corpus), str(pairs)]
    pairs.unlink(missing_ok=True)
    subprocess.run([sys.executable, str(_HERE / "measure.py"), str(report), *limits, *command], check=True)
    return Measured(**json.loads(report.read_text(encoding="utf-8")))


def _build(rows: int, folder: Path, arguments: argparse.Namespace) -> Path:
    """Build a corpus in a process of its own, or take the one that a run before has left in the folder."""
    source = arguments.source
    origin = source.stem if source else "made"
    out = folder / f"{origin}-{rows}-{arguments.seed}.parquet"
    if not truth_path(out).exists():
        print(f"{rows:,} rows: building …", file=sys.stderr, flush=True)
        options = ["--rows", str(rows), "--out", str(out), "--seed", str(arguments.seed)]
        options += ["--source", str(source)] if source else []
        subprocess.run([sys.executable, str(_HERE / "corpus.py"), *options], check=True)
    return out


def _write(runs: Sequence[Run], arguments: argparse.Namespace) -> None:
    """Write what there is so far: JSON, plot, and the part of the README between its marks."""
    facts = machine(arguments.cores)
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = {"machine": facts, "seed": arguments.seed, "runs": [run.facts() for run in runs]}
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    (arguments.out / "duplicates.json").write_text(text, encoding="utf-8")
    lines: dict[str, list[tuple[int, float]]] = {}
    for run in runs:
        if run.measured and run.judged:
            lines.setdefault(run.engine.name, []).append((run.rows, run.measured.seconds))
    if lines:
        title = f"Finding near duplicates: seconds on cores {facts['cores']}"
        (arguments.out / "duplicates.svg").write_text(draw(lines, title), encoding="utf-8")
    if arguments.readme:
        _put(arguments.readme, markdown(runs, facts))


def _put(readme: Path, results: str) -> None:
    before, begin, rest = readme.read_text(encoding="utf-8").partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{readme} has no lines {_BEGIN!r} and {_END!r} to put the results between")
    readme.write_text(f"{before}{begin}\n\n{results}\n{end}{after}", encoding="utf-8")


def _limit(argument: str) -> tuple[str, int | None]:
    """An engine's limit as it is typed; no number is no limit.

    >>> _limit("datasketch=20000"), _limit("datasketch=")
    (('datasketch', 20000), ('datasketch', None))
    """
    name, _, rows = argument.partition("=")
    return name, int(rows) if rows else None


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
        type=_limit,
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
