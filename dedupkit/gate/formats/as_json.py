"""The gate's verdict for other programs: the schema ``dedupkit.gate/1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dedupkit.gate.formats.wording import blocks, examples_of, status, suite_path, well_formed
from dedupkit.outputs import to_json

if TYPE_CHECKING:
    from dedupkit.gate import Judged
    from dedupkit.quality import Check

SCHEMA: Final = "dedupkit.gate/1"


def render(judged: Judged) -> str:
    """Everything that the gate found; checks and suites in their order, the same input gives the same bytes."""
    document = {
        "schema": SCHEMA,
        "candidate": judged.name,
        "rows": judged.rows,
        "status": status(judged),
        "exit_status": judged.exit_status,
        "suites": [
            {"name": suite.name, "path": suite_path(suite), "sha256": suite.sha256} for suite in judged.suites
        ],
        "checks": [_check(judged, check) for check in judged.checks],
    }
    return well_formed(to_json(document))


def _check(judged: Judged, check: Check) -> dict[str, Any]:
    examples = [
        {"id": example.record_id, "source": example.source, "line": example.line}
        | ({"held_by" if example.is_in_base else "duplicate_of": example.twin} if example.twin else {})
        for example in examples_of(judged, check)
    ]
    return {**check.as_dict(), "blocking": blocks(check), "examples": examples}
