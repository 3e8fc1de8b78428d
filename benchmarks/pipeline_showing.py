"""Results of the benchmark of the pipeline: runs and their stages as Markdown, shares of time as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bars import Bar, draw_shares
from showing import in_words, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from measure import Measured

#: What is left of the wall time: starting the interpreter, and ending it.
REST: Final = "Starting, ending"

#: Stages that are parts of a step, so that both engines have the same steps.
_STEP_OF: Final = {
    "Repairing LaTeX": "Repairing",
    "Hashing": "Finding duplicates",
    "Finding candidates": "Finding duplicates",
    "Comparing": "Finding duplicates",
    "Reporting": "Writing",
}

ENGINES: Final = {"clean": "dedupkit clean", "plain": "plain libraries"}


class Spent(NamedTuple):
    """What a stage took: wall time, and processor time of all processes (null for ``REST``)."""

    seconds: float
    cpu_seconds: float | None


class Run(NamedTuple):
    """One engine on one corpus.

    Attributes:
        corpus: Its kind.
        engine: ``clean`` or ``plain``.
        rows: Of the corpus.
        measured: Time and memory; None where it was not run.
        stages: What each stage took, in their order; they and ``REST`` are the whole wall time.
        left_out: Why there is no result; empty where there is one.
    """

    corpus: str
    engine: str
    rows: int
    measured: Measured | None = None
    stages: Mapping[str, Spent] = {}
    left_out: str = ""

    @property
    def rows_per_second(self) -> float:
        """Of the whole run."""
        return self.rows / self.measured.seconds if self.measured else 0.0

    def shares(self) -> dict[str, float]:
        """The share (0..1) of the wall time that each stage takes."""
        whole = sum(spent.seconds for spent in self.stages.values())
        return {stage: spent.seconds / whole for stage, spent in self.stages.items()}

    def steps(self) -> dict[str, Spent]:
        """The stages, parts of one step put together."""
        steps: dict[str, Spent] = {}
        for stage, (seconds, cpu) in self.stages.items():
            step = _STEP_OF.get(stage, stage)
            before = steps.get(step, Spent(0.0, 0.0))
            total = None if cpu is None or before.cpu_seconds is None else before.cpu_seconds + cpu
            steps[step] = Spent(before.seconds + seconds, total)
        return steps

    def facts(self) -> dict[str, Any]:
        """What the JSON file holds of the run."""
        measured = self.measured._asdict() if self.measured else {}
        stages = {
            stage: {**spent._asdict(), "share": self.shares()[stage]} for stage, spent in self.stages.items()
        }
        told = {"corpus": self.corpus, "engine": self.engine, "rows": self.rows, "left_out": self.left_out}
        return {**told, **measured, "rows_per_second": self.rows_per_second, "stages": stages}


class Results(NamedTuple):
    """Everything that was measured so far.

    Attributes:
        facts: What it ran on.
        runs: Of both engines.
        alone: What ``alone_engine.py`` wrote, with the ``corpus``.
        starts: Seconds of commands, by what is typed.
    """

    facts: dict[str, str]
    runs: Sequence[Run]
    alone: Sequence[dict[str, Any]]
    starts: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """What the JSON file holds."""
        runs = [run.facts() for run in self.runs]
        return {"machine": self.facts, "runs": runs, "alone": self.alone, "starts": self.starts}


def markdown(results: Results, *, whole: bool = False) -> str:
    """All results; the steps of the largest run of each corpus, or of all runs with ``whole``."""
    shown = [run for run in results.runs if run.engine == "clean" and run.stages]
    largest = {run.corpus: run for run in sorted(shown, key=lambda run: run.rows)}
    parts = [in_words(results.facts), _totals(results.runs)]
    parts += [_steps(run, _plain_for(run, results.runs)) for run in (shown if whole else largest.values())]
    parts += [_alone(results.alone), _starts(results.starts)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _plain_for(run: Run, runs: Sequence[Run]) -> Run | None:
    """The run of the plain libraries that a run is compared with: the largest that is not larger."""
    plain = [other for other in runs if (other.corpus, other.engine) == (run.corpus, "plain")]
    fit = [other for other in plain if other.stages and other.rows <= run.rows]
    return max(fit, key=lambda other: other.rows, default=None)


def _totals(runs: Sequence[Run]) -> str:
    head = ("corpus", "run", "rows", "seconds", "rows/s", "times plain", "CPU seconds", "peak MiB")
    return table(head, [_total(run, runs) for run in runs])


def _total(run: Run, runs: Sequence[Run]) -> list[str]:
    start = [run.corpus, ENGINES[run.engine], f"{run.rows:,}"]
    if not run.measured or not run.stages:
        return [*start, run.left_out, "", "", "", ""]
    plain = _plain_for(run, runs)
    cpu = sum(spent.cpu_seconds or 0 for spent in run.stages.values())
    return [
        *start,
        f"{run.measured.seconds:,.1f}",
        f"{run.rows_per_second:,.0f}",
        f"{run.rows_per_second / plain.rows_per_second:,.1f}" if plain else "",
        f"{cpu:,.1f}",
        f"{run.measured.peak_mib:,.0f}",
    ]


def _steps(run: Run, plain: Run | None) -> str:
    """The steps of a run beside those of the plain libraries; times plain is of rows a second."""
    theirs = plain.steps() if plain else {}
    of_plain = f"plain rows/s, {plain.rows:,} rows" if plain else "plain rows/s"
    head = [
        f"{run.corpus}, {run.rows:,} rows",
        "seconds",
        "share",
        "CPU seconds",
        "rows/s",
        of_plain,
        "times",
    ]
    whole = sum(spent.seconds for spent in run.stages.values())
    rows = []
    for step, (seconds, cpu) in run.steps().items():
        speed = run.rows / seconds
        other = plain.rows / theirs[step].seconds if plain and step in theirs else None
        told = [f"{seconds:,.2f}", f"{seconds / whole:.1%}", "" if cpu is None else f"{cpu:,.2f}"]
        compared = [f"{other:,.0f}", f"{speed / other:,.1f}"] if other else ["", ""]
        rows.append([step, *told, f"{speed:,.0f}", *compared])
    return table(head, rows, words=1)


def _alone(alone: Sequence[dict[str, Any]]) -> str:
    head = (
        "a step alone",
        "corpus",
        "library",
        "texts",
        "texts/s",
        "library's texts",
        "library's texts/s",
        "times",
    )
    rows = []
    for facts in alone:
        ours = facts["texts"] / facts["seconds"]
        theirs = facts["library_texts"] / facts["library_seconds"]
        counts = [f"{facts['texts']:,}", f"{ours:,.0f}", f"{facts['library_texts']:,}", f"{theirs:,.0f}"]
        rows.append([facts["task"], facts["corpus"], facts["library"], *counts, f"{ours / theirs:,.1f}"])
    return table(head, rows, words=3) if rows else ""


def _starts(starts: Mapping[str, float]) -> str:
    rows = [[f"`{command}`", f"{seconds:.2f}"] for command, seconds in starts.items()]
    return table(["command", "seconds"], rows, words=1) if rows else ""


def pictures(results: Results) -> dict[str, str]:
    """The shares of time as SVG documents, by the name of their file."""
    names = {"clean": "pipeline.svg", "plain": "pipeline-plain.svg"}
    titles = {
        "clean": "dedupkit clean: share of time of each stage",
        "plain": "The same steps with the plain libraries: share of time of each step",
    }
    runs = sorted(results.runs, key=lambda run: list(ENGINES).index(run.engine))
    stages = list(dict.fromkeys(stage for run in runs for stage in run.stages))
    drawn = {}
    for engine, name in names.items():
        bars = [
            Bar(
                f"{run.corpus}, {run.rows:,}",
                f"{run.measured.seconds:,.1f} s, {run.rows_per_second:,.0f} rows/s",
                run.shares(),
            )
            for run in results.runs
            if run.engine == engine and run.measured and run.stages
        ]
        if bars:
            title = f"{titles[engine]} (cores {results.facts['cores']})"
            drawn[name] = draw_shares(bars, title, stages)
    return drawn
