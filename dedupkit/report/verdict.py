"""The first screen: whether the set passes, why, and where its rows went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dedupkit.record import DUPLICATE_VERDICTS, KEPT, QUARANTINED, REJECTED, VERDICTS
from dedupkit.report.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What becomes of a row, in words.
VERDICT_WORDS: Final = {
    KEPT: "kept",
    QUARANTINED: "kept, but marked: the same abstract stands under unrelated titles",
    "exact_duplicate": "dropped: same text as a kept record",
    "near_duplicate": "dropped: nearly the same text as a kept record",
    "same_title": "dropped: same title as a kept record, and one work by its text, its authors, or for want of a text",
    "contained": "dropped: its text is part of a kept record",
    REJECTED: "dropped: not usable",
}

#: The counts of the first screen, in words.
COUNT_WORDS: Final = {
    "read": "records read",
    "kept": "kept",
    "dropped": "dropped",
    "quarantined": "quarantined",
    "repaired": "with repairs",
    "unparsed": "lines in no record",
}

#: The layout of a dump that has none.
_NO_LAYOUT: Final = "paragraphs"

#: Share of the lines that are in no record from which a dump was likely misread.
_MANY_UNPARSED: Final = 0.2

_SEVERITY_ORDER: Final = {"critical": 0, "warning": 1, "info": 2}
_STATUS_ORDER: Final = {"failed": 0, "could not run": 1, "passed": 2}

#: Expectations that the one sentence names; the table lists them all.
_NAMED_LIMIT: Final = 2


@dataclass(frozen=True)
class Verdict:
    """The outcome in one word and one sentence; ``tone`` is its style, never its only sign."""

    word: str
    sign: str
    tone: str
    sentence: str


@dataclass(frozen=True)
class Alarm:
    """Something to look at, in a sentence, and the id of the section that shows it."""

    sentence: str
    section: str


@dataclass(frozen=True)
class Tile:
    """One number of the first screen."""

    count: int
    label: str


def checks_in_order(expectations: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The checks with failed ones first, and severe ones before others."""
    return sorted(
        expectations.get("checks") or [],
        key=lambda check: (
            _STATUS_ORDER.get(check["status"], 0),
            _SEVERITY_ORDER.get(check["severity"], 0),
        ),
    )


def verdict_of(expectations: Mapping[str, Any]) -> Verdict:
    """Say whether the set passes, and why, in one sentence."""
    checks = checks_in_order(expectations)
    if not checks:
        return Verdict("Not checked", "–", "open", "No expectations were checked.")
    failed = [check for check in checks if check["status"] == "failed"]
    critical = [check for check in failed if check["severity"] == "critical"]
    stuck = [check for check in checks if check["status"] == "could not run"]
    lesser = _lesser(failed)
    if expectations.get("status") == "failed":
        fails = (
            f"{counted(len(critical), 'critical expectation')} {'fails' if len(critical) == 1 else 'fail'}"
        )
        also = f", and {lesser}" if lesser else ""
        return Verdict("Failed", "✗", "failed", f"{fails}: {_names(critical)}{also}.")
    if expectations.get("status") == "passed":
        holds = (
            f"No critical expectation fails; {lesser}."
            if lesser
            else f"All {len(checks):,} expectations hold."
        )
        return Verdict("Passed", "✓", "passed", holds)
    fact = f"{counted(len(stuck), 'expectation')} could not run: {_names(stuck)}. That says nothing about the rows."
    return Verdict("Could not be judged", "?", "open", fact)


def _lesser(failed: Sequence[Mapping[str, Any]]) -> str:
    """The failed checks that do not block: "2 warnings and 1 note do not hold"."""
    warnings = sum(check["severity"] == "warning" for check in failed)
    notes = sum(check["severity"] == "info" for check in failed)
    parts = [counted(count, noun) for count, noun in ((warnings, "warning"), (notes, "note")) if count]
    return f"{' and '.join(parts)} to look at" if parts else ""


def _names(checks: Sequence[Mapping[str, Any]]) -> str:
    named = [f"{check['rule']} ({check['description'].split(';')[0]})" for check in checks[:_NAMED_LIMIT]]
    more = len(checks) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def alarms(facts: Mapping[str, Any]) -> list[Alarm]:
    """What a person should look at first, and the section where it is shown."""
    counts = facts.get("counts") or {}
    told = [Alarm(sentence, "duplicates") for sentence in facts.get("warnings") or []]
    unknown = [
        source["source"]
        for source in facts.get("sources") or []
        if _NO_LAYOUT in str(source.get("layout")).split(" + ")
    ]
    if unknown:
        files = counted(len(unknown), "file")
        told.append(
            Alarm(
                f"The layout of {files} is not known, and was read paragraph by paragraph: {unknown[0]}.",
                "sources",
            )
        )
    if quarantined := counts.get("quarantined"):
        told.append(
            Alarm(f"{counted(quarantined, 'record')} with the abstract of another title.", "quarantined")
        )
    bad_rows = {
        source["source"]: source["bad_rows"]
        for source in facts.get("sources") or []
        if source.get("bad_rows")
    }
    if bad_rows:
        files = counted(len(bad_rows), "file")
        told.append(
            Alarm(
                f"{counted(sum(bad_rows.values()), 'row')} that could not be read, in {files}: {next(iter(bad_rows))}.",
                "unparsed",
            )
        )
    unparsed, lines = counts.get("unparsed") or 0, counts.get("lines") or 0
    if unparsed > _MANY_UNPARSED * lines:
        told.append(Alarm(f"{unparsed:,} of {lines:,} lines are in no record.", "unparsed"))
    return told


def tiles_of(counts: Mapping[str, Any]) -> list[Tile]:
    """The numbers of the first screen."""
    return [Tile(counts.get(name) or 0, label) for name, label in COUNT_WORDS.items()]


def destinations(verdicts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Where the rows went, in the order of the pipeline: ``verdict``, ``words``, ``count``, ``group``."""
    unknown = sorted(verdicts.keys() - set(VERDICTS))
    groups = {KEPT: "kept", QUARANTINED: "quarantined", **dict.fromkeys(DUPLICATE_VERDICTS, "duplicate")}
    return [
        {
            "verdict": verdict,
            "words": VERDICT_WORDS.get(verdict, ""),
            "count": verdicts.get(verdict) or 0,
            "group": groups.get(verdict, "rejected"),
        }
        for verdict in (*VERDICTS, *unknown)
    ]
