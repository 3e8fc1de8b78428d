"""Results of the benchmark of Spark as Markdown: runs, their stages, what lay in the work folder, the plan on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import spark_paper
from showing import in_words, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from measure import Measured

#: The place that the others are compared with.
LOCAL: Final = "local engine"

#: What is left of the wall time: starting the interpreter, and ending it.
REST: Final = "Starting, ending"

#: Folders of the work folder with fewer bytes a row are told together.
_FEW_BYTES: Final = 4

_HEAD: Final = (
    "rows", "run", "seconds", "rows/s", "÷ local", "CPU seconds", "of driver", "of JVM", "of workers",
    "bytes shuffled a row", "peak MiB, worker", "JVM", "all", "same bytes",
)  # fmt: skip


class Spent(NamedTuple):
    """What a stage took.

    Attributes:
        seconds: Wall time.
        driver_cpu_seconds: Of the command itself.
        jvm_cpu_seconds: Of Java.
        worker_cpu_seconds: Of Python processes that work for either.
        shuffled_bytes: What tasks handed to each other.
    """

    seconds: float
    driver_cpu_seconds: float = 0.0
    jvm_cpu_seconds: float = 0.0
    worker_cpu_seconds: float = 0.0
    shuffled_bytes: int = 0

    @property
    def cpu_seconds(self) -> float:
        """Of all."""
        return self.driver_cpu_seconds + self.jvm_cpu_seconds + self.worker_cpu_seconds


def added(spent: Sequence[Spent]) -> Spent:
    """Several as one.

    >>> added([Spent(1.0, shuffled_bytes=2), Spent(3.0)]).seconds
    4.0
    """
    return Spent(*map(sum, zip(*spent, strict=True)))


class Run(NamedTuple):
    """One place on one corpus.

    Attributes:
        place: ``LOCAL``, or a master of Spark's.
        rows: Of the corpus.
        measured: Time and memory; None where it was not run.
        stages: What each stage took, in their order; they and ``REST`` are the whole wall time.
        peaks_mib: Most memory of any one process, by kind, and of ``all`` at once (what they share counts in each).
        work_bytes: Bytes of each folder in the work folder.
        differing: Results that have other bytes than the local run's; None where there is none to compare with.
        left_out: Why there is no result; empty where there is one.
    """

    place: str
    rows: int
    measured: Measured | None = None
    stages: Mapping[str, Spent] = {}
    peaks_mib: Mapping[str, float] = {}
    work_bytes: Mapping[str, int] = {}
    differing: Sequence[str] | None = None
    left_out: str = ""

    @property
    def all_spent(self) -> Spent:
        """By all stages."""
        return added([Spent(0.0), *self.stages.values()])

    def facts(self) -> dict[str, Any]:
        """What the JSON file holds of the run."""
        stages = {name: spent._asdict() for name, spent in self.stages.items()}
        told = self._asdict() | {"stages": stages}
        told |= {"measured": self.measured._asdict() if self.measured else None}
        return told | {"shuffled_bytes_a_row": self.all_spent.shuffled_bytes / self.rows}


class Results(NamedTuple):
    """Everything that was measured so far.

    Attributes:
        machine: What it ran on.
        parcel_seconds: What packing and unpacking a small parcel takes.
        runs: Of all places.
    """

    machine: dict[str, str]
    parcel_seconds: float
    runs: list[Run]

    def as_json(self) -> dict[str, Any]:
        """What the JSON file holds."""
        return self._asdict() | {"runs": [run.facts() for run in self.runs]}


def markdown(results: Results) -> str:
    """All results; stages and work folder of the largest run of each place."""
    ended = sorted((run for run in results.runs if run.stages), key=lambda run: run.rows)
    places = list(dict.fromkeys(run.place for run in results.runs if run.place != LOCAL))
    parts = [in_words(results.machine), _totals(results.runs)]
    largest = {run.place: run for run in ended}
    parts += [_stages(run) for run in largest.values()]
    on_spark = [run for run in ended if places and run.place == places[0]]
    if on_spark:
        parts.append(_work(on_spark[-1]))
    if len({run.rows for run in on_spark}) > 1:  # one size does not tell what grows with the rows
        parts.append(_on_paper(on_spark, results.parcel_seconds))
    return "\n\n".join(parts) + "\n"


def _totals(runs: Sequence[Run]) -> str:
    local = {
        run.rows: run.measured.seconds for run in runs if run.place == LOCAL and run.measured and run.stages
    }
    return table(_HEAD, [_total(run, local.get(run.rows)) for run in runs])


def _total(run: Run, local_seconds: float | None) -> list[str]:
    start = [f"{run.rows:,}", _name(run)]
    if not run.measured or not run.stages:
        return [*start, run.left_out, *[""] * (len(_HEAD) - len(start) - 1)]
    seconds, spent = run.measured.seconds, run.all_spent
    is_local = run.place == LOCAL
    return [
        *start,
        f"{seconds:,.1f}",
        f"{run.rows / seconds:,.0f}",
        f"{seconds / local_seconds:.2f}" if local_seconds else "",
        f"{spent.cpu_seconds:,.1f}",
        f"{spent.driver_cpu_seconds:,.1f}",
        "" if is_local else f"{spent.jvm_cpu_seconds:,.1f}",
        f"{spent.worker_cpu_seconds:,.1f}",
        "" if is_local else f"{spent.shuffled_bytes / run.rows:,.1f}",
        f"{run.peaks_mib['worker']:,.0f}",
        "" if is_local else f"{run.peaks_mib['jvm']:,.0f}",
        f"{run.peaks_mib['all']:,.0f}",
        _same(run),
    ]


def _same(run: Run) -> str:
    if run.place == LOCAL or run.differing is None:
        return ""
    return f"not {', '.join(run.differing)}" if run.differing else "yes"


def _name(run: Run) -> str:
    return run.place if run.place == LOCAL else f"Spark `{run.place}`"


def _stages(run: Run) -> str:
    head = [f"{_name(run)}, {run.rows:,} rows", "seconds", "share", "CPU seconds", "of driver"]
    head += [] if run.place == LOCAL else ["of JVM", "bytes shuffled a row"]
    whole = run.all_spent.seconds
    rows = []
    for name, spent in run.stages.items():
        row = [name, f"{spent.seconds:,.2f}", f"{spent.seconds / whole:.1%}", f"{spent.cpu_seconds:,.2f}"]
        row.append(f"{spent.driver_cpu_seconds:,.2f}")
        if run.place != LOCAL:
            row += [f"{spent.jvm_cpu_seconds:,.2f}", f"{spent.shuffled_bytes / run.rows:,.1f}"]
        rows.append(row)
    return table(head, rows, words=1)


def _work(run: Run) -> str:
    """What lay in the work folder, the largest folders first."""
    each = {kind: size / run.rows for kind, size in run.work_bytes.items()}
    shown = sorted((kind for kind in each if each[kind] >= _FEW_BYTES), key=lambda kind: -each[kind])
    others = sum(size for kind, size in each.items() if kind not in shown)
    rows = [[f"`{kind}`", f"{each[kind]:,.1f}"] for kind in shown]
    rows += [["others", f"{others:,.1f}"], ["all", f"{sum(each.values()):,.1f}"]]
    return table([f"work folder, {run.rows:,} rows", "bytes a row"], rows, words=1)


def _on_paper(runs: Sequence[Run], parcel_seconds: float) -> str:
    return spark_paper.markdown(spark_paper.costs_of(runs), spark_paper.work_bytes_of(runs), parcel_seconds)
