"""The report in short, as Markdown for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dedupkit.record import DUPLICATE_VERDICTS
from dedupkit.report.cells import LENGTH_LIMIT, code, fitting, row, text
from dedupkit.report.verdict import checks_in_order, tiles_of, verdict_of
from dedupkit.report.wording import changed, counted, number, plain, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dedupkit.report.compare import Comparison, Difference
    from dedupkit.report.rows import Excerpt

#: Rows of each list; the page has more of them.
_KIND_LIMIT: Final = 10
_WARNING_LIMIT: Final = 10
_SOURCE_LIMIT: Final = 20
_EXAMPLE_LIMIT: Final = 5

#: Records that a failed expectation names.
_NAMED_LIMIT: Final = 3

#: Characters of a sentence that may name two expectations, and of one side of a change.
_SENTENCE_LIMIT: Final = 600
_CHANGE_LIMIT: Final = 80

#: Room for the heads of all tables and the lines that say how much of them is shown.
_FRAME: Final = 4_000


class _Document:
    """Lines of Markdown that stay below what a comment holds."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._room = LENGTH_LIMIT - _FRAME

    def say(self, *lines: str) -> None:
        """A paragraph of ours, or lines that are few and short."""
        self._lines += ["", *lines] if self._lines else lines
        self._room -= sum(len(line) + 1 for line in lines)

    def items(self, items: Sequence[str], total: int | None = None) -> None:
        """A list; what has no room, or is not among the items of so many, is told."""
        self._add([], [f"- {item}" for item in items], total)

    def table(self, head: Sequence[str], rows: Sequence[str], total: int | None = None) -> None:
        """A table under its head, whose numbers stand right: a head that ends in "#" is one of numbers."""
        rule = "|".join("---:" if name.endswith("#") else "---" for name in head)
        self._add([row(*(name.removesuffix("#") for name in head)), f"|{rule}|"], rows, total)

    def folded(
        self, summary: str, head: Sequence[str], rows: Sequence[str], total: int | None = None
    ) -> None:
        """A table that a click unfolds."""
        if rows:
            self.say(f"<details><summary>{summary}</summary>")
            self.table(head, rows, total)
            self.say("</details>")

    def _add(self, head: Sequence[str], rows: Sequence[str], total: int | None) -> None:
        fits, total = fitting(rows, self._room), len(rows) if total is None else total
        if fits:
            self.say(*head, *fits)
        if len(fits) < total:
            self.say(f"Showing {number(len(fits))} of {number(total)}.")

    def __str__(self) -> str:
        return "\n".join(self._lines) + "\n"


def render(facts: Mapping[str, Any], comparison: Comparison | None = None) -> str:
    """The verdict, counts, what does not hold, what changed, duplicates, repairs and sources, in brief.

    Every text that is not ours stays text, and the whole fits into one comment.

    Args:
        facts: What ``facts.json`` holds; a key that is missing leaves its part out.
        comparison: What changed since an earlier run, where there is one.

    Returns:
        The Markdown, the same for the same input.
    """
    document = _Document()
    _verdict(document, facts)
    _counts(document, facts, comparison)
    _failed(document, facts)
    if comparison:
        _changes(document, comparison)
    _duplicates(document, facts)
    _repairs(document, facts)
    _sources(document, facts)
    return str(document)


def _verdict(document: _Document, facts: Mapping[str, Any]) -> None:
    verdict = verdict_of(facts.get("expectations") or {})
    counts = facts.get("counts") or {}
    document.say(f"### {verdict.sign} dedupkit report: {verdict.word.lower()}")
    told = f"**{verdict.word}.** {text(verdict.sentence, _SENTENCE_LIMIT)}"
    if counts.get("read"):
        cleaned = (counts.get("kept") or 0) + (counts.get("quarantined") or 0)
        told += f" {number(cleaned)} of {counted(counts['read'], 'record')} make up the cleaned set."
    document.say(told)
    warnings = facts.get("warnings") or []
    document.items(
        [f"**Look at this:** {text(warning)}" for warning in warnings[:_WARNING_LIMIT]], len(warnings)
    )


def _counts(document: _Document, facts: Mapping[str, Any], comparison: Comparison | None) -> None:
    if comparison is None:
        tiles = tiles_of(facts.get("counts") or {})
        document.table(("Count", "Now#"), [row(tile.label, number(tile.count)) for tile in tiles])
        return
    rows = [
        row(each.label, number(each.before), number(each.now), signed(each.difference))
        for each in comparison.counts
    ]
    document.table(("Count", "Before#", "Now#", "Difference#"), rows)


def _failed(document: _Document, facts: Mapping[str, Any]) -> None:
    checks = checks_in_order(facts.get("expectations") or {})
    failed = [check for check in checks if check["status"] != "passed"]
    if failed:
        document.say("#### Expectations that do not hold")
        head = ("Severity", "Rule", "What", "Expected", "Found", "Records")
        document.table(head, [_failed_row(check) for check in failed])


def _failed_row(check: Mapping[str, Any]) -> str:
    stuck = check["status"] == "could not run"
    found = f"could not run: {check.get('error') or ''}" if stuck else check.get("observed") or ""
    cells = (check["severity"], check["rule"], check.get("description"), check.get("limit"), found)
    named = (check.get("examples") or [])[:_NAMED_LIMIT]
    return row(*(text(str(cell or "")) for cell in cells), "<br>".join(code(str(each)) for each in named))


def _duplicates(document: _Document, facts: Mapping[str, Any]) -> None:
    verdicts = facts.get("verdicts") or {}
    rows = [
        row(verdict.replace("_", " "), number(verdicts[verdict]))
        for verdict in DUPLICATE_VERDICTS
        if verdicts.get(verdict)
    ]
    if rows:
        document.say("#### Duplicates")
        document.table(("Verdict", "Records#"), rows)


def _repairs(document: _Document, facts: Mapping[str, Any]) -> None:
    kinds = sorted((facts.get("repairs") or {}).items(), key=lambda item: (-item[1], item[0]))
    if kinds:
        document.say("#### Repairs")
        rows = [row(_spaced(kind), number(count)) for kind, count in kinds[:_KIND_LIMIT]]
        document.table(("Kind", "Changes#"), rows, len(kinds))


def _sources(document: _Document, facts: Mapping[str, Any]) -> None:
    sources = facts.get("sources") or []
    rows = [
        row(
            code(each["source"]),
            _spaced(each.get("layout") or "–"),
            number(each.get("records")),
            number(each.get("unparsed_lines")),
        )
        for each in sources[:_SOURCE_LIMIT]
    ]
    head = ("File", "Layout", "Records#", "Unparsed lines#")
    document.folded(counted(len(sources), "source"), head, rows, len(sources))


def _changes(document: _Document, comparison: Comparison) -> None:
    document.say("#### Compared with the earlier run")
    if comparison.is_same:
        document.say(
            "Nothing changed: the same inputs, settings and versions gave the same records, verdicts, repairs and"
            " expectations."
        )
        return
    document.items([*_told(comparison)])
    _statuses(document, comparison.checks)
    for noun, excerpt in (("came in", comparison.came), ("went out", comparison.went)):
        rows = [
            row(text(each["title"] or "no title"), code(each["record_id"]), code(_place(each)))
            for each in excerpt.rows[:_EXAMPLE_LIMIT]
        ]
        told = f"{counted(excerpt.total, 'record')} {noun}"
        document.folded(told, ("Title", "Record", "Where"), rows, excerpt.total)
    _flips(document, comparison)
    kinds = comparison.repair_kinds
    rows = [row(_spaced(each.kind), number(each.came), number(each.went)) for each in kinds[:_KIND_LIMIT]]
    document.table(("Repairs, by kind", "Came#", "Went#"), rows, len(kinds))
    for noun, excerpt in (("came", comparison.repairs_came), ("went", comparison.repairs_went)):
        rows = [
            row(
                _spaced(each["kind"]),
                *(_side(each[side]) for side in ("before", "after")),
                code(each["record_id"]),
            )
            for each in excerpt.rows[:_EXAMPLE_LIMIT]
        ]
        told = f"{counted(excerpt.total, 'repair')} {noun}"
        document.folded(told, ("Kind", "Before", "After", "Record"), rows, excerpt.total)


def _told(comparison: Comparison) -> Iterable[str]:
    """What the runs were told and read, one sentence a difference."""
    for noun, differences in (("Setting", comparison.settings), ("Version", comparison.versions)):
        for each in differences:
            yield f"{noun} {_difference(each)}"
    for each in comparison.inputs.rows[:_SOURCE_LIMIT]:
        what = "changed" if each.before and each.now else "added" if each.now else "removed"
        yield f"Input {what}: {code(each.name)}"
    more = comparison.inputs.total - _SOURCE_LIMIT
    if more > 0:
        yield f"{counted(more, 'more input')} that {'differs' if more == 1 else 'differ'}"


def _difference(each: Difference) -> str:
    return f"{code(each.name)}: {code(plain(each.before or None))} → {code(plain(each.now or None))}"


def _statuses(document: _Document, checks: Excerpt) -> None:
    rows = [
        row(
            text(each.rule),
            text(each.description),
            text(each.before or "not asked"),
            text(each.now or "not asked"),
        )
        for each in checks.rows[:_SOURCE_LIMIT]
    ]
    document.table(("Rule", "What", "Before", "Now"), rows, checks.total)


def _flips(document: _Document, comparison: Comparison) -> None:
    flips = comparison.flips
    rows = [
        row(_spaced(each.before), _spaced(each.now), number(each.records)) for each in flips[:_KIND_LIMIT]
    ]
    document.table(("Verdict before", "Now", "Records#"), rows, len(flips))
    rows = [
        row(
            text(each["title"] or "no title"),
            code(each["record_id"]),
            _with_reason(each["before"], each["reason_before"]),
            _with_reason(each["now"], each["reason_now"]),
        )
        for each in comparison.flipped.rows[:_EXAMPLE_LIMIT]
    ]
    told = f"{counted(comparison.flipped.total, 'record')} with another verdict"
    document.folded(told, ("Title", "Record", "Before", "Now"), rows, comparison.flipped.total)


def _with_reason(verdict: str, reason: str | None) -> str:
    return f"{_spaced(verdict)}: {text(reason)}" if reason else _spaced(verdict)


def _side(change: str | None) -> str:
    """One side of a change; a dash where nothing stands there."""
    return code(changed(change, _CHANGE_LIMIT)) if change else "–"


def _place(each: Mapping[str, Any]) -> str:
    source = each["source"] or ""
    return source if each["line"] is None else f"{source}:{each['line']}"


def _spaced(name: str | None) -> str:
    """A verdict, kind or layout as words."""
    return text((name or "–").replace("_", " "))
