"""The gate's verdict as SARIF 2.1.0, which code reviews show as annotations on the lines of the dumps."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from dedupkit.gate.formats.wording import (
    Example,
    examples_of,
    failures,
    level,
    place_of,
    sentence,
    title,
    well_formed,
)
from dedupkit.outputs import to_json
from dedupkit.report.wording import visible
from dedupkit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.gate import Judged
    from dedupkit.quality import Check

#: GitHub shows no more results of a run.
RESULT_LIMIT: Final = 5_000

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS: Final = {"critical": "error", "warning": "warning", "info": "note"}


def render(judged: Judged) -> str:
    """One rule for each check, and one result for each row that a failing check names.

    A check that names no row, or could not run, points at its expectation in the suite.
    """
    ids = _rule_ids(judged.checks)
    results = []
    for check in failures(judged):
        rows: list[Example | None] = [*examples_of(judged, check)]
        results += [_result(judged, check, row, ids) for row in rows or [None]]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "dedupkit",
                "version": VERSION,
                "rules": [_rule(check, rule_id) for check, rule_id in zip(judged.checks, ids, strict=True)],
            }
        },
        "invocations": [{"executionSuccessful": judged.exit_status != 3, "exitCode": judged.exit_status}],
        "columnKind": "unicodeCodePoints",
        "results": results[:RESULT_LIMIT],
        "properties": {
            "candidate": judged.name,
            "rows": judged.rows,
            "resultsLeftOut": max(0, len(results) - RESULT_LIMIT),
        },
    }
    return well_formed(to_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}))


def _rule_ids(checks: Sequence[Check]) -> list[str]:
    """The rule of each check, with its suite where two suites have a rule of one name."""
    used = Counter(check.rule for check in checks)
    return [check.rule if used[check.rule] == 1 else f"{check.suite}/{check.rule}" for check in checks]


def _rule(check: Check, rule_id: str) -> dict[str, Any]:
    about = f"{check.expectation} of {check.column or 'the whole table'}: {check.limit}."
    return {
        "id": rule_id,
        "shortDescription": {"text": _message(check.description)},
        "fullDescription": {"text": _message(f"{check.description}. {about}")},
        "help": {"text": _message(f"{about} Severity: {check.severity}. Suite: {check.suite}.")},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
    }


def _result(judged: Judged, check: Check, example: Example | None, ids: Sequence[str]) -> dict[str, Any]:
    index = next(number for number, other in enumerate(judged.checks) if other is check)
    row = f" Record: {example.record_id}." if example else ""
    row += f" It {example.relation} {example.twin}." if example and example.twin else ""
    result: dict[str, Any] = {
        "ruleId": ids[index],
        "ruleIndex": index,
        "level": level(check),
        "message": {"text": _message(f"{title(check)}. {sentence(check)}{row}")},
    }
    source, line = place_of(judged, check, [example] if example else [])
    if address := uri(source):
        result["locations"] = [_location(address, line)]
    result["partialFingerprints"] = {"dedupkitGate/v1": _fingerprint(check, example)}
    return result


def _location(address: str, line: int | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": address}}
    if line is not None:
        physical["region"] = {"startLine": line}
    return {"physicalLocation": physical}


def uri(path: str) -> str:
    """A path as a relative reference, whatever is in its name.

    >>> uri("/a b/c#1.txt"), uri("javascript:x?y")
    ('a%20b/c%231.txt', 'javascript%3Ax%3Fy')
    """
    return quote(path.lstrip("/"), safe="/", errors="surrogateescape")


def _fingerprint(check: Check, example: Example | None) -> str:
    """What stays the same while lines move: the rule of the suite, and the record with its source."""
    parts = [check.suite, check.rule, *([example.source, example.record_id] if example else [])]
    told = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _message(text: str) -> str:
    """A text of a message, in which brackets before a parenthesis would be a link."""
    return visible(text, 2_000).replace("](", "\\](")
