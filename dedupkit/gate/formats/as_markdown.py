"""The gate's verdict as Markdown, for the summary of a job or a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.gate.formats.wording import examples_of, failures, next_step, status, verdict
from dedupkit.report.cells import LENGTH_LIMIT, code, fitting, row, text
from dedupkit.report.wording import SIGNS, counted

if TYPE_CHECKING:
    from dedupkit.gate import Judged
    from dedupkit.quality import Check

#: Room for the frames of both tables and the line that says what was left out.
_FRAME: Final = 1_000

_WORDS: Final = {"passed": "Passed", "failed": "Failed", "could not run": "Could not run"}


def render(judged: Judged) -> str:
    """The verdict, a table of what does not hold, and folded below it what does."""
    wrong = failures(judged)
    held = [check for check in judged.checks if check.status == "passed"]
    found = status(judged)
    head = [
        f"### {SIGNS[found]} dedupkit gate: {found}",
        "",
        f"**{_WORDS[found]}.** {code(judged.name)} {text(verdict(judged))}.",
        "",
        f"Next: {code(next_step(judged)) if judged.exit_status else text(next_step(judged))}",
    ]
    room = LENGTH_LIMIT - _FRAME - len("\n".join(head))
    failing = fitting([_failing_row(judged, check) for check in wrong], room)
    room -= sum(len(each) + 1 for each in failing)
    passing = fitting([_passing_row(check) for check in held], room)
    body: list[str] = []
    if failing:
        body += ["", "| Severity | Rule | What | Expected | Found | Examples |", "|---|---|---|---|---|---|"]
        body += failing
    if passing:
        body += ["", f"<details><summary>{counted(len(held), 'expectation')} held</summary>", ""]
        body += ["| Severity | Rule | What | Expected | Found |", "|---|---|---|---|---|", *passing]
        body += ["", "</details>"]
    missing = len(wrong) - len(failing), len(held) - len(passing)
    if any(missing):
        told = f"{counted(missing[0], 'failure')} and {counted(missing[1], 'expectation')} that held"
        body += ["", f"Left out here: {told}; `dedupkit gate --format json` has them all."]
    return "\n".join([*head, *body]) + "\n"


def _failing_row(judged: Judged, check: Check) -> str:
    examples = "<br>".join(
        f"{code(example.place)} {code(example.record_id)}"
        + (f" {example.relation} {code(example.twin)}" if example.twin else "")
        for example in examples_of(judged, check)
    )
    found = f"could not run: {check.error}" if check.status == "could not run" else check.observed
    return row(*map(text, (check.severity, check.rule, check.description, check.limit, found)), examples)


def _passing_row(check: Check) -> str:
    return row(*map(text, (check.severity, check.rule, check.description, check.limit, check.observed)))
