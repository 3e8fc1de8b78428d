"""The merge gate: does a cleaned set hold what its suites expect, alone and beside the set that it is to be merged into?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.errors import InputError, UsageError
from dedupkit.gate.baseline import (
    as_json,
    check_baseline,
    hash_of,
    load_baseline,
    updated,
)
from dedupkit.gate.candidate import data_of, read_candidate
from dedupkit.gate.measurements import PLACE, Measurements
from dedupkit.outputs import write_text
from dedupkit.progress import unwatched
from dedupkit.quality import Check, Measured, Suite, find_suite, load_suite, not_run, status_of, validate
from dedupkit.record import RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dedupkit.config import Settings
    from dedupkit.gate.baseline import Baseline, Figure, Pin
    from dedupkit.gate.measurements import Measurable

#: Exit status of the command for each verdict of the suite.
EXIT_STATUS: Final = {"passed": 0, "failed": 1, "could not run": 3}

#: What the expectations of an unsound schema look at; nothing else can be judged then.
_SCHEMA_FAULTS: Final = "schema_faults"


@dataclass(frozen=True)
class Judged:
    """What the gate found.

    Attributes:
        name: The candidate, as it was named.
        rows: How many rows were judged.
        places: ``record_id``, ``source`` and ``line`` of the rows that checks name.
        suites: What judged them.
        checks: One for each expectation, suite by suite.
        metrics: The frame that each of them judged, by its name; those that are in Spark are not here.
        twins: By suite, of rows that are duplicates: ``record_id``, and as ``twin`` the id of the most similar record.
        against: The base, as it was named; empty without one.
        baseline: The baseline, as it was named; empty without one.
        sources: The folder below which sources lie, as a review sees it; empty where that is not known.
        figures: What a new baseline would pin; empty where none was asked for.
    """

    name: str
    rows: int
    places: pl.DataFrame
    suites: Sequence[Suite]
    checks: Sequence[Check]
    metrics: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    twins: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    against: str = ""
    baseline: str = ""
    sources: str = ""
    figures: Sequence[Figure] = ()

    @property
    def exit_status(self) -> int:
        """0 it holds, 1 a critical expectation fails, 3 a check could not run."""
        return EXIT_STATUS[status_of(self.checks)]


def judge(
    candidate: Path,
    settings: Settings,
    *,
    against: Path | None = None,
    pin: Pin | None = None,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Judged:
    """Validate a cleaned set: the results of ``clean``, or any table or dump as it is.

    Every metric is computed from the text here, and duplicates are looked for anew: what the file says of
    itself proves nothing.

    Args:
        candidate: A folder that ``clean`` wrote, a table, a dump, or a folder of them.
        settings: The shipped suites judge: ``cleaned``, ``parsed`` where the folder holds what was read, and ``merge``
            with ``against``. ``suite`` names one that takes the place of that of its frame.
        against: The set that it is to be merged into: the same, or an index.
        pin: Figures that must not change by more than their noise, or that ``write_baseline`` is to pin anew.
        stage: Opens a stage by name and returns what advances it.

    Raises:
        UsageError: A suite is wrong, or judges what is not there.
        InputError: The candidate or the base cannot be read.
    """
    asked = ask(candidate, settings, against, pin)
    read = read_candidate(candidate, settings, stage)
    if read.faults:
        return unsound(asked, read.path, read.records.height, read.faults)
    return judge_all(asked, Measurements(candidate, read, settings, against, stage), stage)


class Asked(NamedTuple):
    """What a candidate is judged by.

    Attributes:
        candidate: As it was named.
        against: The base; None without one.
        suites: One for each frame.
        pin: The baseline and what is wanted of it; None without one.
        pinned: What the baseline holds; None where it is written for the first time.
    """

    candidate: Path
    against: Path | None
    suites: tuple[Suite, ...]
    pin: Pin | None
    pinned: Baseline | None

    def judged(self, rows: int, checks: Sequence[Check]) -> Judged:
        """The verdict, without what is told beside it."""
        return Judged(
            name=str(self.candidate),
            rows=rows,
            places=pl.DataFrame(schema=[(name, RECORDS[name]) for name in PLACE]),
            suites=[*self.suites, *([self.pinned.suite] if self.pinned else [])],
            checks=checks,
            against="" if self.against is None else str(self.against),
            baseline=str(self.pin.path) if self.pin else "",
        )


def ask(candidate: Path, settings: Settings, against: Path | None, pin: Pin | None) -> Asked:
    """Load what a candidate is to be judged by (see ``judge``).

    Raises:
        UsageError: A suite or the baseline is wrong, or judges what is not there.
    """
    suites = _suites(candidate, settings, against)
    pinned = load_baseline(pin.path) if pin and (pin.path.exists() or not pin.updates) else None
    return Asked(candidate, against, suites, pin, pinned)


def judge_all(
    asked: Asked,
    measurable: Measurable,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Judged:
    """Judge a sound candidate by all suites and the baseline, wherever its rows are."""
    checks: list[Check] = []
    metrics: dict[str, pl.DataFrame] = {}
    twins: dict[str, pl.DataFrame] = {}
    places = [measurable.places]
    for suite in asked.suites:
        measured = measurable.of(suite.frame)
        stage("Validating")
        found = validate(suite, measured.metrics, measured.witnesses)
        checks += [_with_note(check, measured) for check in found]
        if measured.places is not None:
            places.append(measured.places)
        if callable(measured.twins):
            twins[suite.name] = measured.twins(_named(found))
        elif measured.twins is not None:
            twins[suite.name] = measured.twins
        if isinstance(measured.metrics, pl.DataFrame):
            metrics[suite.name] = measured.metrics
    pin, pinned, rows = asked.pin, asked.pinned, measurable.rows
    figures = measurable.figures() if pin else []
    if pin and pinned and not (pin.updates and pin.may_loosen):
        sha256 = hash_of(measurable.path)
        checks += check_baseline(pinned, figures, sha256, rows, may_improve=pin.updates)
    return replace(
        asked.judged(rows, checks),
        places=_places(places, _named(checks)),
        metrics=metrics,
        twins=twins,
        figures=figures,
    )


def _named(checks: Sequence[Check]) -> list[str]:
    """The records that checks name, each once."""
    return list(dict.fromkeys(record_id for check in checks for record_id in check.examples))


def _places(frames: Sequence[pl.DataFrame | pl.LazyFrame], named: Sequence[str]) -> pl.DataFrame:
    """The places of some records, those of the first frame first; only if it is alone they may share an id."""
    wanted = pl.col("record_id").is_in(pl.Series(named, dtype=pl.String).implode())
    found = pl.concat([frame.lazy().filter(wanted).collect() for frame in frames])
    return found if len(frames) == 1 else found.unique("record_id", maintain_order=True)


def _with_note(check: Check, measured: Measured) -> Check:
    """A check with what there is to say of its column."""
    note = measured.notes.get(check.column or "")
    if not note:
        return check
    return (
        replace(check, error=note) if check.error else replace(check, observed=f"{check.observed} ({note})")
    )


def _suites(candidate: Path, settings: Settings, against: Path | None) -> tuple[Suite, ...]:
    """The suites that a candidate is judged by: one for each frame, the one that is named in the place of its own."""
    has_read = (candidate / "records.parquet").is_file()
    frames = ["cleaned", *(["parsed"] if has_read else []), *(["merge"] if against else [])]
    if settings.suite is None:
        return tuple(load_suite(find_suite(None, frame)) for frame in frames)
    suite = load_suite(find_suite(settings.suite))
    if suite.frame == "merge" and against is None:
        raise UsageError(f"{suite.path} judges a merge, and there is no base.", "name it with --against.")
    if suite.frame == "parsed" and not has_read:
        raise UsageError(
            f"{suite.path} judges what was read, and {candidate} does not hold that.",
            "give a folder that dedupkit clean wrote.",
        )
    others = tuple(load_suite(find_suite(None, frame)) for frame in frames if frame != suite.frame)
    return (suite, *others)


def write_baseline(judged: Judged, candidate: Path, pin: Pin) -> None:
    """Pin the figures of a candidate that was judged to pin them anew, and passed.

    Raises:
        UsageError: What is there is no baseline.
        InputError: The file cannot be written.
    """
    pinned = load_baseline(pin.path) if pin.path.exists() else None
    figures = updated(judged.figures, pinned, may_loosen=pin.may_loosen)
    write_text(pin.path, as_json(figures, candidate.name, hash_of(data_of(candidate)), judged.rows))


def measure_candidate(
    candidate: Path,
    settings: Settings,
    frame: str = "cleaned",
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> pl.DataFrame:
    """A frame of a cleaned set, a table or a dump, as its suite judges it.

    Raises:
        InputError: It cannot be read, or its columns are not those of a cleaned set.
    """
    read = read_candidate(candidate, settings, stage)
    if read.faults:
        raise InputError(f"{read.path}: {read.faults[0]}.", "it is no set that dedupkit clean wrote.")
    return Measurements(candidate, read, settings, stage=stage).of(frame).metrics


def unsound(asked: Asked, path: Path, rows: int, faults: Sequence[str]) -> Judged:
    """The verdict over a set whose columns are not those of the contract: that check fails, and no other can be judged."""
    metrics = pl.DataFrame({_SCHEMA_FAULTS: [len(faults)]})
    error = f"the columns of {path.name} are not those of a cleaned set: {faults[0]}"
    checks: list[Check] = []
    for suite in asked.suites:
        about = tuple(each for each in suite.expectations if each.kwargs.get("column") == _SCHEMA_FAULTS)
        judged = {
            check.rule: replace(check, observed="; ".join(faults), rows=rows)
            for check in (validate(replace(suite, expectations=about), metrics) if about else [])
        }
        checks += [judged.get(each.rule) or not_run(each, suite, error, rows) for each in suite.expectations]
    of_baseline = check_baseline(asked.pinned, (), "", rows) if asked.pinned else []
    checks += [
        replace(check, status="could not run", observed="nothing", error=error) for check in of_baseline
    ]
    return asked.judged(rows, checks)
