"""Results as Markdown: what was run on what, one row a run, and the recall of each kind of copy."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judging import Judged
    from measure import Measured
    from roster import Engine

#: Packages whose versions matter besides the engines' own.
LIBRARIES: Final = "numba numpy polars pyarrow scipy".split()

_HEAD: Final = (
    "rows", "engine", "version", "seconds", "rows/s", "time ÷ dedupkit's", "peak MiB", "pairs",
    "precision", "recall", "recall at J ≥ 0.8", "sister pairs",
)  # fmt: skip


class Run(NamedTuple):
    """One engine on one corpus.

    Attributes:
        engine: Which.
        rows: Of the corpus.
        measured: Time and memory; None where it was not run.
        judged: How good its pairs are; None where there are none to judge.
        left_out: Why there is no result; empty where there is one.
    """

    engine: Engine
    rows: int
    measured: Measured | None = None
    judged: Judged | None = None
    left_out: str = ""

    def facts(self) -> dict[str, Any]:
        """What the JSON file holds of the run."""
        return {
            "engine": self.engine.name,
            "version": self.engine.version,
            "rows": self.rows,
            "left_out": self.left_out,
            **(self.measured._asdict() if self.measured else {}),
            **(self.judged._asdict() if self.judged else {}),
        }


def machine(cores: int, libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """What the engines ran on, and the versions of the libraries that are installed."""
    names = {name: _version(name) for name in libraries}
    return {
        "processor": _processor(),
        "cores": f"{min(cores, len(os.sched_getaffinity(0)))} of {os.cpu_count()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version for name, version in names.items() if version},
    }


def markdown(runs: Sequence[Run], facts: dict[str, str]) -> str:
    """All results."""
    parts = [
        in_words(facts),
        table(_HEAD, [_row(run, runs) for run in runs]),
        _by_edit(runs),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def in_words(facts: dict[str, str]) -> str:
    """What the engines ran on, as a sentence.

    >>> in_words({"cores": "2 of 4", "numpy": "2.4.6"})
    'Cores 2 of 4, numpy 2.4.6.'
    """
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    return told[0].upper() + told[1:] + "."


def _row(run: Run, runs: Sequence[Run]) -> list[str]:
    start = [f"{run.rows:,}", run.engine.name, run.engine.version or ""]
    if not run.measured or not run.judged:
        return [*start, run.left_out, *[""] * (len(_HEAD) - len(start) - 1)]
    measured, judged = run.measured, run.judged
    return [
        *start,
        f"{measured.seconds:,.1f}",
        f"{run.rows / measured.seconds:,.0f}",
        _ratio(run, runs),
        f"{measured.peak_mib:,.0f}",
        f"{judged.pairs:,}",
        _share(judged.precision),
        _share(judged.recall),
        _share(judged.recall_close),
        f"{judged.wrong_sisters:,}",
    ]


def _ratio(run: Run, runs: Sequence[Run]) -> str:
    """How many times as long as dedupkit it took, on the same corpus."""
    for other in runs:
        if other.engine.name == "dedupkit" and other.rows == run.rows and other.judged:
            return f"{run.measured.seconds / other.measured.seconds:.2f}"
    return ""


def _by_edit(runs: Sequence[Run]) -> str:
    """The recall of each kind of copy, on the largest corpus that an engine was run on."""
    largest = {run.engine.name: run for run in sorted(runs, key=lambda run: run.rows) if run.judged}
    if not largest:
        return ""
    kinds = sorted({kind for run in largest.values() for kind in run.judged.recall_by_edit})
    rows = [
        [kind.replace("_", " "), *(_share(run.judged.recall_by_edit.get(kind)) for run in largest.values())]
        for kind in kinds
    ]
    head = ["recall by kind of copy", *(f"{name}, {run.rows:,} rows" for name, run in largest.items())]
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 2) -> str:
    """A table of Markdown; its first columns hold words, the others numbers."""
    lines = [head, ["---"] * words + ["--:"] * (len(head) - words), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _share(share: float | None) -> str:
    """Four decimals, cut and not rounded: 1 is said only of all.

    >>> _share(0.99999), _share(1.0), _share(None)
    ('0.9999', '1', '')
    """
    if share is None:
        return ""
    return "1" if share == 1 else f"{int(share * 10_000) / 10_000:.4f}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
