"""Render the page."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dedupkit.report.changes import repairs_by_kind
from dedupkit.report.clusters import borderline_pairs, clusters_of
from dedupkit.report.flow import WIDTH, flow_of
from dedupkit.report.frames import REPAIRS_FILE
from dedupkit.report.rows import (
    ABSTRACT_CHARS,
    ROW_LIMIT,
    Excerpt,
    pair_rules,
    quarantined_rows,
    records_of,
    unparsed_reasons,
    unparsed_rows,
)
from dedupkit.report.verdict import alarms, checks_in_order, destinations, tiles_of, verdict_of
from dedupkit.report.wording import changed, counted, number, percent, plain, shown, signed, similar

if TYPE_CHECKING:
    import jinja2

    from dedupkit.report.compare import Comparison
    from dedupkit.report.frames import Run

_TEMPLATES: Final = Path(__file__).parent / "templates"

#: Ids that may be the name of a place on the page.
_RECORD_ID_RE: Final = re.compile(r"[0-9a-f]{16}")

#: What the page looks up in each part of the facts; a table has no lines, an older run fewer keys.
_COUNTS: Final = ("read", "kept", "dropped", "quarantined", "repaired", "unparsed")
_SOURCE: Final = (
    "source",
    "sha256",
    "bytes",
    "encoding",
    "layout",
    "confidence",
    "why",
    "lines",
    "records",
    "unparsed_lines",
    "furniture",
)


def render(run: Run, comparison: Comparison | None = None) -> str:
    """Render the report of a run as one HTML file.

    Everything in it is counted by ``facts``; the frames give the examples. The page refers to nothing outside but the
    lists beside it, runs one script of ours, which only searches and filters, and is the same for the same input.

    Args:
        run: The results; a key that the facts lack leaves its part of the page empty.
        comparison: What changed since an earlier run, where there is one.

    Returns:
        The HTML.
    """
    facts = run.facts
    expectations = facts.get("expectations") or {}
    checks = checks_in_order(expectations)
    clusters, quarantined = clusters_of(run), quarantined_rows(run)
    borderline = borderline_pairs(run)
    repairs = repairs_by_kind(run)
    counts = dict.fromkeys(_COUNTS) | (facts.get("counts") or {})
    sources = [dict.fromkeys(_SOURCE) | source for source in facts.get("sources") or []]
    skipped = facts.get("skipped") or []
    twos = [*itertools.chain(*borderline), *(copy for cluster in clusters.rows for copy in cluster.copies)]
    named = [
        *(each for check in checks for each in check.get("examples") or []),
        *(each for two in twos for each in (two.kept_id, two.copy["record_id"])),
        *(row["record_id"] for row in quarantined.rows),
        *(change.record_id for each in repairs for change in each.examples),
        *(comparison.named() if comparison else ()),
    ]
    records = records_of(run, named)
    ends = destinations(facts.get("verdicts") or {})
    script = (_TEMPLATES / "script.js").read_text("utf-8")
    environment = _environment({row["record_id"] for row in records.rows})
    return environment.get_template("page.html.j2").render(
        facts=facts,
        counts=counts,
        expectations=expectations,
        verdict=verdict_of(expectations),
        comparison=comparison,
        tiles=tiles_of(counts),
        alarms=alarms(facts),
        destinations=ends,
        flow=flow_of(counts, ends),
        flow_width=WIDTH,
        checks=checks,
        clusters=clusters,
        borderline=borderline,
        quarantined=quarantined,
        pair_rules=pair_rules(run.pairs),
        copies=facts.get("copies") or [],
        repairs=repairs,
        repairs_file=REPAIRS_FILE,
        records=records,
        abstract_chars=ABSTRACT_CHARS,
        sources=Excerpt(sources[:ROW_LIMIT], len(sources), "facts.json"),
        skipped=Excerpt(skipped[:ROW_LIMIT], len(skipped), "facts.json"),
        unparsed=unparsed_rows(run.unparsed),
        unparsed_reasons=unparsed_reasons(run.unparsed),
        languages=sorted((facts.get("languages") or {}).items(), key=lambda item: (-item[1], item[0])),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _environment(record_ids: set[str]) -> jinja2.Environment:
    """Templates that escape what they show; ``link`` is the place of a record that the page holds, else empty."""
    import jinja2  # noqa: PLC0415  # only a report needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        changed=changed,
        counted=counted,
        number=number,
        percent=percent,
        plain=plain,
        shown=shown,
        similar=similar,
        signed=signed,
    )
    shown_ids = {record_id for record_id in record_ids if _RECORD_ID_RE.fullmatch(record_id)}
    environment.globals["link"] = lambda record_id: record_id if record_id in shown_ids else ""
    return environment
