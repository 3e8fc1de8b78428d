"""What all formats of the gate say alike: the verdict, the order of failures, and where a row or a suite is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import polars as pl

from dedupkit.gate import EXIT_STATUS
from dedupkit.gate.baseline import BASELINE
from dedupkit.quality import SEVERITIES, Check, Suite, status_of
from dedupkit.quality.metrics import NO_TEXT
from dedupkit.report.wording import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.gate import Judged

#: Columns that say that the base holds a row already, and that another kept row is the same.
_OF_THE_BASE: Final = ("in_base", "base_similarity")
_OF_THE_KEPT: Final = ("nearest_similarity", "duplicate_pairs", "exact_key")

#: What a folder of results was made from, which they do not tell.
_ITS_INPUTS: Final = "INPUT..."

#: Characters of a path in a command, which must be whole.
PATH_LIMIT: Final = 4_096

_VERDICTS: Final = {"passed": "passes", "failed": "fails", "could not run": "could not be judged"}

_SURROGATES_RE: Final = re.compile("[\ud800-\udfff]")

_PACKAGE: Final = Path(__file__).parents[2]


class Example(NamedTuple):
    """A row that fails a check.

    Attributes:
        record_id: Its id.
        source: The file that it is from, empty where that is not known.
        line: The line of that file on which it begins, None where that is not known.
        twin: The record that it is a duplicate of; empty where the check is not about that.
        is_in_base: Whether the base holds that one.
    """

    record_id: str
    source: str
    line: int | None
    twin: str = ""
    is_in_base: bool = False

    @property
    def place(self) -> str:
        """Source and line, as an editor takes them."""
        return self.source if self.line is None else f"{self.source}:{self.line}"

    @property
    def told(self) -> str:
        """Its id and its place, and what it is a duplicate of."""
        return f"{self.record_id} {self.place}{f' {self.relation} {self.twin}' if self.twin else ''}"

    @property
    def relation(self) -> str:
        """What it is to its twin."""
        return "is in the base as" if self.is_in_base else "is a duplicate of"


def examples_of(judged: Judged, check: Check) -> list[Example]:
    """The rows that a check names; where rows share an id, its second mention is the second of them."""
    found = []
    for number, record_id in enumerate(check.examples):
        rows = judged.places.filter(pl.col("record_id") == record_id)
        source, line = "", None
        if rows.height:
            mentioned = min(check.examples[:number].count(record_id), rows.height - 1)
            source, line = rows.select("source", "line").row(mentioned)
        line = line if line is not None and line > 0 else None
        found.append(Example(record_id, source or "", line, *_twin(judged, check, record_id)))
    return found


def _twin(judged: Judged, check: Check, record_id: str) -> tuple[str, bool]:
    twins = judged.twins.get(check.suite)
    is_in_base = check.column in _OF_THE_BASE
    if twins is None or not (is_in_base or check.column in _OF_THE_KEPT):
        return "", False
    return next(iter(twins.filter(pl.col("record_id") == record_id)["twin"]), ""), is_in_base


def place_of(judged: Judged, check: Check, examples: Sequence[Example]) -> tuple[str, int | None]:
    """The file and line of the first of some rows whose source is known, else of the check's own line in its suite.

    Both are empty (``""``, None) where neither is known.
    """
    for example in examples:
        if example.source:
            return file_of(judged, example.source), example.line
    suite = suite_of(judged, check)
    return (suite_path(suite), max(1, check.line)) if suite else ("", None)


def failures(judged: Judged) -> list[Check]:
    """The checks that do not hold, those first that block a merge, then by severity."""
    wrong = [check for check in judged.checks if check.status != "passed"]
    return sorted(wrong, key=lambda check: (not blocks(check), SEVERITIES.index(check.severity)))


def blocks(check: Check) -> bool:
    """Whether the check alone keeps the gate shut: it is critical and fails, or could not run."""
    return status_of([check]) != "passed"


def level(check: Check) -> Literal["error", "warning", "note"]:
    """How loud a check that does not hold is told; one that could not run is an error of any severity."""
    if blocks(check) or check.severity == "critical":
        return "error"
    return "warning" if check.severity == "warning" else "note"


def status(judged: Judged) -> str:
    """The verdict as the checks name theirs: passed, failed, could not run."""
    return next(name for name, number in EXIT_STATUS.items() if number == judged.exit_status)


def title(check: Check) -> str:
    """The rule and what it is for."""
    return f"{check.rule} {check.description}"


def sentence(check: Check) -> str:
    """What was expected and what was found instead."""
    if check.status == "could not run":
        return f"It could not run: {check.error}."
    return f"Expected: {check.limit}; found: {check.observed}."


def verdict(judged: Judged) -> str:
    """What became of the candidate, beginning with a verb."""
    wrong = failures(judged)
    told = f"{len(judged.checks) - len(wrong)} of {counted(len(judged.checks), 'expectation')} hold"
    critical = sum(check.status == "failed" and check.severity == "critical" for check in wrong)
    if critical:
        told += f", {critical:,} critical {'one fails' if critical == 1 else 'ones fail'}"
    unknown = sum(check.status == "could not run" for check in wrong)
    if unknown:
        told += f", {unknown:,} could not run"
    suites = visible(", ".join(suite.name for suite in judged.suites))
    return f"{_VERDICTS[status(judged)]}: {counted(judged.rows, 'row')}, {told} ({suites})"


def next_step(judged: Judged) -> str:
    """The command that tells more about what failed; a sentence where nothing is to be done."""
    wrong = failures(judged)
    if judged.exit_status == 0:
        return (
            "it can be merged; look at what does not hold first"
            if wrong
            else "nothing to do: it can be merged"
        )
    candidate = shlex.quote(visible(judged.name, PATH_LIMIT))
    blocking = [check for check in wrong if blocks(check)]
    return (
        _step_for_columns(judged, wrong, candidate)
        or _step_for_all(judged, blocking, candidate)
        or _command_that_tells_more(judged, candidate)
    )


def _step_for_columns(judged: Judged, wrong: Sequence[Check], candidate: str) -> str:
    """What to do about one check, whatever the others say."""
    columns = {check.column for check in wrong if check.status == "failed"}
    if "schema_faults" in columns:
        return "give its columns back their names and types; dedupkit clean reads other tables"
    if "in_base" in columns:
        base = shlex.quote(visible(judged.against, PATH_LIMIT))
        is_run = Path(judged.name, "facts.json").exists()
        return f"dedupkit clean {_ITS_INPUTS if is_run else candidate} --against {base}"
    return ""


def _step_for_all(judged: Judged, blocking: Sequence[Check], candidate: str) -> str:
    """What to do where every check that blocks is of one sort."""
    if all(check.error.startswith(NO_TEXT) for check in blocking):
        return "give the base itself with --against, in the place of its index"
    if all((check.column or "").endswith("_drift") for check in blocking):
        limit = f"raise its limit in {_suite_file(judged, blocking)}"
        return f"if the difference is meant, {limit}"
    if judged.baseline and all(check.suite == BASELINE for check in blocking):
        baseline = shlex.quote(visible(judged.baseline, PATH_LIMIT))
        update = "--update-baseline --allow-regression"
        return f"if the change is meant: dedupkit gate {candidate} --baseline {baseline} {update}"
    return ""


def _suite_file(judged: Judged, checks: Sequence[Check]) -> str:
    suite = suite_of(judged, checks[0])
    return suite_path(suite) if suite else "the suite"


def _command_that_tells_more(judged: Judged, candidate: str) -> str:
    if not Path(judged.name, "facts.json").exists():  # no results of clean
        new = shlex.quote(visible(f"{Path(judged.name).stem or 'set'}-cleaned", PATH_LIMIT))
        return f"dedupkit clean {candidate} --out {new}"
    records = [record_id for check in failures(judged) for record_id in check.examples]
    if not records:
        return f"dedupkit report {candidate}"
    return f"dedupkit explain {candidate} {shlex.quote(visible(records[0]))}"


def file_of(judged: Judged, source: str) -> str:
    """The path of a source, as a review sees it."""
    return f"{judged.sources.rstrip('/')}/{source}" if judged.sources and source else source


def suite_of(judged: Judged, check: Check) -> Suite | None:
    """The suite that a check is of, where it is of one."""
    return next((suite for suite in judged.suites if suite.name == check.suite), None)


def suite_path(suite: Suite) -> str:
    """The file of a suite without the folders of this machine: the one that ships is expectations/..."""
    if not suite.path.is_absolute():
        return suite.path.as_posix()
    for folder in (_PACKAGE, _PACKAGE.parent, Path.cwd()):
        if suite.path.is_relative_to(folder):
            return suite.path.relative_to(folder).as_posix()
    return suite.path.name


def well_formed(document: str) -> str:
    r"""A document that UTF-8 can hold: halves of characters, as of an undecodable file name, are replaced.

    >>> well_formed("a\udcff") == "a\N{REPLACEMENT CHARACTER}"
    True
    """
    return _SURROGATES_RE.sub("\N{REPLACEMENT CHARACTER}", document)
