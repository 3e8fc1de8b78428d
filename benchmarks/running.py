"""What the benchmarks share: building a corpus, measuring a command, putting results into a README."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from corpus import truth_path
from measure import Measured

if TYPE_CHECKING:
    from collections.abc import Sequence

_HERE: Final = Path(__file__).parent


class Origin(NamedTuple):
    """Where the works of a corpus come from.

    Attributes:
        seed: Of all that is random.
        source: Real works, as ``corpus.py`` takes them; None: made-up ones.
        hostile: Whether every text is spoiled.
    """

    seed: int
    source: Path | None = None
    hostile: bool = False

    @property
    def name(self) -> str:
        """What files of such corpora begin with."""
        return "hostile" if self.hostile else self.source.stem if self.source else "made"


def build(rows: int, folder: Path, origin: Origin) -> Path:
    """Build a corpus in a process of its own, or take the one that a run before has left in the folder."""
    out = folder / f"{origin.name}-{rows}-{origin.seed}.parquet"
    if not truth_path(out).exists():
        print(f"{rows:,} rows, {origin.name}: building …", file=sys.stderr, flush=True)
        options = ["--rows", str(rows), "--out", str(out), "--seed", str(origin.seed)]
        options += ["--source", str(origin.source)] if origin.source else []
        options += ["--hostile"] if origin.hostile else []
        subprocess.run([sys.executable, str(_HERE / "corpus.py"), *options], check=True)
    return out


def measure(
    command: Sequence[str | Path], folder: Path, cores: int, limit_seconds: int, *, quiet: bool = False
) -> Measured:
    """Measure a Python command (what follows ``python``); the folder holds the result meanwhile.

    Args:
        command: Script or module, and its arguments.
        folder: Of the run.
        cores: How many of the allowed cores it may use.
        limit_seconds: When it is ended.
        quiet: Whether what it prints is thrown away.
    """
    report = folder / "measured.json"
    limits = [str(cores), str(limit_seconds)]
    started = [sys.executable, *map(str, command)]
    measuring = [sys.executable, str(_HERE / "measure.py"), str(report), *limits, *started]
    subprocess.run(measuring, check=True, stdout=subprocess.DEVNULL if quiet else None)
    return Measured(**json.loads(report.read_text(encoding="utf-8")))


def put(readme: Path, results: str, name: str) -> None:
    """Put results between the marks of a README that have the name.

    Raises:
        ValueError: It has no such marks.
    """
    begin_mark, end_mark = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    before, begin, rest = readme.read_text(encoding="utf-8").partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not (begin and end):
        raise ValueError(f"{readme} has no lines {begin_mark!r} and {end_mark!r} to put the results between")
    readme.write_text(f"{before}{begin}\n\n{results}\n{end}{after}", encoding="utf-8")


def limit(argument: str) -> tuple[str, int | None]:
    """An engine's limit as it is typed; no number is no limit.

    >>> limit("datasketch=20000"), limit("datasketch=")
    (('datasketch', 20000), ('datasketch', None))
    """
    name, _, rows = argument.partition("=")
    return name, int(rows) if rows else None


def write_json(path: Path, results: object) -> None:
    """Write results as JSON that people can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
