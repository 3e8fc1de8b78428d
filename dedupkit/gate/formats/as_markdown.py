"""The gate's verdict as Markdown, for the summary of a job or a comment on a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dedupkit.gate.formats.wording import (
    examples_of,
    failures,
    next_step,
    status,
    verdict,
    visible,
)
from dedupkit.report.wording import SIGNS, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.gate import Judged
    from dedupkit.quality import Check

#: A comment on GitHub holds 65,536 characters; a longer one is refused whole.
LENGTH_LIMIT: Final = 60_000

#: Room for the frames of both tables and the line that says what was left out.
_FRAME: Final = 1_000

_WORDS: Final = {"passed": "Passed", "failed": "Failed", "could not run": "Could not run"}

#: Signs that may act inside a cell, begin HTML, or make a link; as references they are text.
_ACTIVE_RE: Final = re.compile(r"[#$&*:<>@\[\\\]_`|~]|(?<=www)\.", re.IGNORECASE)

#: GitHub looks for people and issues once it has read the references: a word joiner keeps it from finding any.
_MENTION_RE: Final = re.compile(r"(?<=&#64;)|(?<=&#35;)")


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
    failing = _fitting([_failing_row(judged, check) for check in wrong], room)
    room -= sum(len(row) + 1 for row in failing)
    passing = _fitting([_passing_row(check) for check in held], room)
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


def _fitting(rows: Sequence[str], room: int) -> Sequence[str]:
    """As many of the first rows as there is room for."""
    for number, row in enumerate(rows):
        room -= len(row) + 1
        if room < 0:
            return rows[:number]
    return rows


def _failing_row(judged: Judged, check: Check) -> str:
    examples = "<br>".join(
        f"{code(example.place)} {code(example.record_id)}"
        + (f" is in the base as {code(example.held_by)}" if example.held_by else "")
        for example in examples_of(judged, check)
    )
    found = f"could not run: {check.error}" if check.status == "could not run" else check.observed
    return _row(*map(text, (check.severity, check.rule, check.description, check.limit, found)), examples)


def _passing_row(check: Check) -> str:
    return _row(*map(text, (check.severity, check.rule, check.description, check.limit, check.observed)))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def text(value: str) -> str:
    """A value that stays text: no markup, no link, no mention of a person.

    >>> text("50 % of <b>|@a")
    '50 % of &#60;b&#62;&#124;&#64;&#8288;a'
    """
    return _MENTION_RE.sub("&#8288;", _escaped(value))


def code(value: str) -> str:
    """A value as code, in which GitHub looks for no mentions.

    >>> code("a|b@c")
    '<code>a&#124;b&#64;c</code>'
    """
    return f"<code>{_escaped(value)}</code>"


def _escaped(value: str) -> str:
    return _ACTIVE_RE.sub(lambda found: f"&#{ord(found[0])};", visible(value))
