"""Render the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dedupkit.report.changes import repairs_by_kind
from dedupkit.report.rows import (
    ROW_LIMIT,
    Excerpt,
    dropped_rows,
    named_rows,
    pair_rules,
    quarantined_rows,
    unparsed_reasons,
    unparsed_rows,
    with_all_columns,
)
from dedupkit.report.verdict import checks_in_order, destinations, tiles_of, verdict_of
from dedupkit.report.wording import anchor, changed, counted, number, percent, plain, shown, signed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jinja2
    import polars as pl

    from dedupkit.report.compare import Comparison

_TEMPLATES: Final = Path(__file__).parent / "templates"

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


def render(
    facts: Mapping[str, Any],
    records: pl.DataFrame,
    pairs: pl.DataFrame,
    unparsed: pl.DataFrame,
    comparison: Comparison | None = None,
) -> str:
    """Render the report of a run as one HTML file.

    Everything in it is counted by ``facts``; the frames give the examples. The page holds no script and no
    reference to anything outside, and is the same for the same input.

    Args:
        facts: What ``facts.json`` holds; a key that is missing leaves its part of the page empty.
        records: ``record.RECORDS``; columns may be missing.
        pairs: ``record.PAIRS``.
        unparsed: ``record.UNPARSED``.
        comparison: What changed since an earlier run, where there is one.

    Returns:
        The HTML.
    """
    records = with_all_columns(records)
    expectations = facts.get("expectations") or {}
    checks = checks_in_order(expectations)
    named = named_rows(records, (each for check in checks for each in check.get("examples") or []))[
        :ROW_LIMIT
    ]
    dropped, quarantined = dropped_rows(records), quarantined_rows(records)
    repairs = repairs_by_kind(records, facts.get("repairs") or {})
    counts = dict.fromkeys(_COUNTS) | (facts.get("counts") or {})
    sources = [dict.fromkeys(_SOURCE) | source for source in facts.get("sources") or []]
    skipped = facts.get("skipped") or []
    html = _environment().get_template("page.html.j2")
    return html.render(
        facts=facts,
        counts=counts,
        expectations=expectations,
        verdict=verdict_of(expectations),
        comparison=comparison,
        tiles=tiles_of(counts),
        warnings=facts.get("warnings") or [],
        destinations=destinations(facts.get("verdicts") or {}),
        checks=checks,
        named=named,
        dropped=dropped,
        quarantined=quarantined,
        pair_rules=pair_rules(pairs),
        repairs=repairs,
        sources=Excerpt(sources[:ROW_LIMIT], len(sources), "facts.json"),
        skipped=Excerpt(skipped[:ROW_LIMIT], len(skipped), "facts.json"),
        unparsed=unparsed_rows(unparsed),
        unparsed_reasons=unparsed_reasons(unparsed),
        languages=sorted((facts.get("languages") or {}).items(), key=lambda item: (-item[1], item[0])),
        places=_Places(set(_record_ids(named, dropped, quarantined))),
    )


def _environment() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415  # only a report needs it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        anchor=anchor,
        changed=changed,
        counted=counted,
        number=number,
        percent=percent,
        plain=plain,
        shown=shown,
        signed=signed,
    )
    return environment


def _record_ids(named: list[dict[str, Any]], dropped: Excerpt, quarantined: Excerpt) -> Iterator[str]:
    """The records that the page shows."""
    for row in (*named, *quarantined.rows):
        yield row["record_id"]
    for pair in dropped.rows:
        yield pair.dropped["record_id"]
        if pair.kept:
            yield pair.kept["record_id"]


class _Places:
    """Where records are shown: an id stands on the page once, and every mention links to it."""

    def __init__(self, shown_ids: set[str]) -> None:
        self._shown = shown_ids
        self._taken: set[str] = set()

    def take(self, record_id: str) -> str:
        """The HTML id of this place, empty if an earlier place of the record has it."""
        if record_id in self._taken:
            return ""
        self._taken.add(record_id)
        return anchor(record_id)

    def link(self, record_id: str) -> str:
        """The HTML id to link to, empty if the page does not show the record."""
        return anchor(record_id) if record_id in self._shown else ""
