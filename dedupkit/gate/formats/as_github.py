"""The gate's verdict as workflow commands, which GitHub shows as annotations of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from dedupkit.gate.formats import as_markdown
from dedupkit.gate.formats.wording import (
    PATH_LIMIT,
    examples_of,
    failures,
    level,
    place_of,
    sentence,
    title,
    verdict,
    well_formed,
)
from dedupkit.report.wording import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dedupkit.gate import Judged
    from dedupkit.quality import Check

#: GitHub shows ten of each command in a step, and says nothing of the others; the tenth tells how many there are.
COMMAND_LIMIT: Final = 9

_COMMANDS: Final = {"error": "error", "warning": "warning", "note": "notice"}

_IN_MESSAGES: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES: Final = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def render(judged: Judged) -> str:
    """One command for each check that does not hold, at the first row that it names, and the verdict."""
    wrong = failures(judged)
    lines = []
    for loudness, name in _COMMANDS.items():
        checks = [check for check in wrong if level(check) == loudness]
        lines += [_command(judged, check, name) for check in checks[:COMMAND_LIMIT]]
        left = len(checks) - COMMAND_LIMIT
        if left > 0:
            lines.append(f"::{name} title=dedupkit gate::and {left:,} more, which the job's summary lists")
    told = f"dedupkit gate: {visible(judged.name)} {verdict(judged)}."
    lines.append(told.replace("##[", "## ["))  # an old form of commands, anywhere in a line
    return well_formed("".join(f"{line}\n" for line in lines))


def append_summary(judged: Judged, environment: Mapping[str, str]) -> None:
    """Add the verdict as Markdown to the summary of the job, where there is one."""
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(as_markdown.render(judged))


def _command(judged: Judged, check: Check, name: str) -> str:
    examples = examples_of(judged, check)
    source, line = place_of(judged, check, examples)
    properties = {
        "file": visible(source, PATH_LIMIT),
        "line": str(line or ""),
        "title": visible(title(check)),
    }
    told = ",".join(f"{key}={in_property(value)}" for key, value in properties.items() if value)
    rows = [visible(example.told) for example in examples]
    return f"::{name} {told}::{in_message(chr(10).join([visible(sentence(check), 2_000), *rows]))}"


def in_message(text: str) -> str:
    r"""A text as the message of a command.

    >>> in_message("50 %:\n::error::x")
    '50 %25:%0A::error::x'
    """
    return text.translate(_IN_MESSAGES)


def in_property(text: str) -> str:
    r"""A text as the value of a property.

    >>> in_property("a,line=2:\r%")
    'a%2Cline=2%3A%0D%25'
    """
    return text.translate(_IN_PROPERTIES)
