"""The merge gate: does a cleaned set hold what its suites expect, alone and beside the set that it is to be merged into?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from dedupkit.errors import InputError, UsageError
from dedupkit.gate.baseline import (
    as_json,
    check_baseline,
    hash_of,
    load_baseline,
    measure_figures,
    regressions,
    updated,
)
from dedupkit.gate.candidate import Candidate, read_candidate
from dedupkit.matches import mark_duplicates
from dedupkit.matches.bases import open_base
from dedupkit.matches.index import is_index
from dedupkit.matches.marks import ADDED
from dedupkit.outputs import write_text
from dedupkit.progress import unwatched
from dedupkit.quality import (
    Check,
    Measured,
    Suite,
    find_suite,
    load_suite,
    measure,
    measure_merge,
    measure_parsed,
    not_run,
    status_of,
    validate,
)
from dedupkit.record import KEPT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from dedupkit.config import Settings

#: Exit status of the command for each verdict of the suite.
EXIT_STATUS: Final = {"passed": 0, "failed": 1, "could not run": 3}

#: What the expectations of an unsound schema look at; nothing else can be judged then.
_SCHEMA_FAULTS: Final = "schema_faults"

_PLACE: Final = ("record_id", "source", "line")


@dataclass(frozen=True)
class Judged:
    """What the gate found.

    Attributes:
        name: The candidate, as it was named.
        rows: How many rows were judged.
        places: ``record_id``, ``source`` and ``line`` of every row that a check may name.
        suites: What judged them.
        checks: One for each expectation, suite by suite.
        metrics: The frame that each of them judged, by its name.
        against: The base, as it was named; empty without one.
        sources: The folder below which sources lie, as a review sees it; empty where that is not known.
    """

    name: str
    rows: int
    places: pl.DataFrame
    suites: Sequence[Suite]
    checks: Sequence[Check]
    metrics: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    against: str = ""
    sources: str = ""

    @property
    def exit_status(self) -> int:
        """0 it holds, 1 a critical expectation fails, 3 a check could not run."""
        return EXIT_STATUS[status_of(self.checks)]


def judge(
    candidate: Path,
    settings: Settings,
    *,
    against: Path | None = None,
    baseline: Path | None = None,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Judged:
    """Validate a cleaned set: the results of ``clean``, or any table or dump as it is.

    Every metric is computed from the text here, and duplicates are looked for anew: what the file says of
    itself proves nothing.

    Args:
        candidate: A folder that ``clean`` wrote, a table, a dump, or a folder of them.
        settings: ``suite`` names the suite to judge it by; without one the shipped suites do: ``cleaned``, ``parsed``
            where the folder holds what was read, and ``merge`` with ``against``.
        against: The set that it is to be merged into: the same, or an index.
        baseline: Figures that must not change by more than their noise.
        stage: Opens a stage by name and returns what advances it.

    Raises:
        UsageError: A suite is wrong, or judges what is not there.
        InputError: The candidate or the base cannot be read.
    """
    suites = _suites(candidate, settings, against)
    base = "" if against is None else str(against)
    pinned = load_baseline(baseline) if baseline else None
    read = read_candidate(candidate, settings, stage)
    places = read.records.select(name for name in _PLACE if name in read.records.columns)
    checks: list[Check] = []
    metrics: dict[str, pl.DataFrame] = {}
    if read.faults:
        checks = [check for suite in suites for check in _unsound(suite, read)]
        return Judged(str(candidate), read.records.height, places, suites, checks, metrics, base)
    for suite in suites:
        measured = _MEASURES[suite.frame](candidate, read, settings, against, stage)
        if measured.places is not None:
            places = pl.concat([places, measured.places]).unique("record_id", maintain_order=True)
        stage("Validating")
        checks += [
            _with_note(check, measured) for check in validate(suite, measured.metrics, measured.witnesses)
        ]
        metrics[suite.name] = measured.metrics
    if pinned:
        figures = measure_figures(read.records, _what_was_read(candidate))
        checks += check_baseline(pinned, figures, hash_of(read.path), read.records.height)
        suites = (*suites, pinned.suite)
    return Judged(str(candidate), read.records.height, places, suites, checks, metrics, base)


def _with_note(check: Check, measured: Measured) -> Check:
    """A check with what there is to say of its column."""
    note = measured.notes.get(check.column or "")
    if not note:
        return check
    return (
        replace(check, error=note) if check.error else replace(check, observed=f"{check.observed} ({note})")
    )


def _suites(candidate: Path, settings: Settings, against: Path | None) -> tuple[Suite, ...]:
    """The suites that a candidate is judged by."""
    has_read = (candidate / "records.parquet").is_file()
    if settings.suite is None:
        names = ["cleaned", *(["parsed"] if has_read else []), *(["merge"] if against else [])]
        return tuple(load_suite(find_suite(None, name)) for name in names)
    suite = load_suite(find_suite(settings.suite))
    if suite.frame == "merge" and against is None:
        raise UsageError(f"{suite.path} judges a merge, and there is no base.", "name it with --against.")
    if suite.frame == "parsed" and not has_read:
        raise UsageError(
            f"{suite.path} judges what was read, and {candidate} does not hold that.",
            "give a folder that dedupkit clean wrote.",
        )
    return (suite,)


def measure_candidate(
    candidate: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]] = unwatched
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records of a cleaned set, a table or a dump, and their metrics.

    Raises:
        InputError: It cannot be read, or its columns are not those of a cleaned set.
    """
    read = read_candidate(candidate, settings, stage)
    if read.faults:
        raise InputError(f"{read.path}: {read.faults[0]}.", "it is no set that dedupkit clean wrote.")
    return read.records, _cleaned(candidate, read, settings, None, stage).metrics


def _unsound(suite: Suite, read: Candidate) -> list[Check]:
    """Checks of a set whose columns are not those of the contract: that one fails, and nothing else can be judged."""
    metrics = pl.DataFrame({_SCHEMA_FAULTS: [len(read.faults)]})
    about = [each for each in suite.expectations if each.kwargs.get("column") == _SCHEMA_FAULTS]
    judged = {
        check.rule: replace(check, observed="; ".join(read.faults), rows=read.records.height)
        for check in (validate(replace(suite, expectations=tuple(about)), metrics) if about else [])
    }
    error = f"the columns of {read.path.name} are not those of a cleaned set: {read.faults[0]}"
    return [
        judged.get(each.rule) or not_run(each, suite, error, read.records.height)
        for each in suite.expectations
    ]


def _cleaned(
    candidate: Path,  # noqa: ARG001  every frame is measured from the same
    read: Candidate,
    settings: Settings,
    against: Path | None,  # noqa: ARG001  the same
    stage: Callable[[str], Callable[[int, int], None]],
) -> Measured:
    pairs = mark_duplicates(read.records.drop(ADDED, strict=False), settings, stage).pairs
    return Measured(measure(read.records, pairs, len(read.faults)))


def _parsed(
    candidate: Path,
    read: Candidate,  # noqa: ARG001  the same
    settings: Settings,  # noqa: ARG001  the same
    against: Path | None,  # noqa: ARG001  the same
    stage: Callable[[str], Callable[[int, int], None]],  # noqa: ARG001  the same
) -> Measured:
    records = _what_was_read(candidate)
    assert records is not None  # noqa: S101  _suites has seen to it
    unparsed = pl.scan_parquet(candidate / "unparsed.parquet").select(pl.len()).collect().item()
    return Measured(measure_parsed(records, unparsed), places=records.select(_PLACE))


def _what_was_read(candidate: Path) -> pl.DataFrame | None:
    """Every record that a run has read; None for what is no result of a run."""
    wanted = [*_PLACE, "title_raw", "abstract_raw", "repairs", "verdict"]
    path = candidate / "records.parquet"
    if not path.is_file():
        return None
    try:
        return pl.read_parquet(path, columns=wanted)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0]}", "run dedupkit clean again.") from error


def update_baseline(candidate: Path, settings: Settings, path: Path, *, may_loosen: bool) -> list[str]:
    """Pin the figures of a candidate, unless one is worse than it was pinned and it may not loosen.

    Returns:
        The figures that are worse, in a sentence each: nothing is written then.

    Raises:
        UsageError: What is there is no baseline.
        InputError: The candidate cannot be read or the file cannot be written.
    """
    pinned = load_baseline(path) if path.exists() else None
    read = read_candidate(candidate, settings)
    figures = measure_figures(read.records, _what_was_read(candidate))
    worse = regressions(pinned, figures) if pinned else []
    if worse and not may_loosen:
        return worse
    figures = updated(figures, pinned, may_loosen=may_loosen)
    write_text(path, as_json(figures, candidate.name, hash_of(read.path), read.records.height))
    return []


def _merge(
    candidate: Path,  # noqa: ARG001  the same
    read: Candidate,
    settings: Settings,
    against: Path | None,
    stage: Callable[[str], Callable[[int, int], None]],
) -> Measured:
    assert against is not None  # noqa: S101  _suites has seen to it
    base = open_base(against, settings)
    records = read.records.filter(pl.col("verdict") == KEPT)
    marked = mark_duplicates(records.drop(ADDED, strict=False), settings, stage, base).records
    old = None if is_index(against) else read_candidate(against, settings, stage)
    if old is not None and old.faults:
        raise InputError(f"{old.path}: {old.faults[0]}.", "run dedupkit clean on the base again.")
    return measure_merge(marked, base.names["id"], old and old.records)


_MEASURES: Final = {"cleaned": _cleaned, "parsed": _parsed, "merge": _merge}
