"""What people read on a terminal: summaries, tables, and the story of one record."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dedupkit.described import KINDS
from dedupkit.errors import on_one_line
from dedupkit.facts import warnings
from dedupkit.record import DUPLICATE_VERDICTS, IN_CLEAN, QUARANTINED, REJECTED
from dedupkit.report.wording import SIGNS, counted, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

    from dedupkit.config import MathStyle
    from dedupkit.dumps import Source
    from dedupkit.dumps.reading import Entry, Layout, Line
    from dedupkit.dumps.sniff import Recognised, Segment
    from dedupkit.gate import Judged
    from dedupkit.pipeline import Deduplicated
    from dedupkit.repair.edits import Change

#: Files of which one thing is told, at most.
_SOURCES: Final = 5

#: Code points shown on either side of a change.
_CONTEXT: Final = 40

_STATUS_STYLE: Final = {"passed": "bold green", "failed": "bold red", "could not run": "bold yellow"}


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command line, which ends quietly; rich would end with status 1, a failed gate."""
        raise BrokenPipeError


def console() -> Console:
    """Results go to stdout, without line breaks of ours where it is no terminal."""
    found = _Console(highlight=False, emoji=False, markup=False)
    if not found.is_terminal:
        found.width = 160
    return found


def _of_sources(table: Table, sources: Sequence[Mapping[str, Any]]) -> None:
    """What a person should know of single files: a few rows of each kind."""
    told: dict[str, list[tuple[str, str]]] = {"Bad rows": [], "Unknown layout": [], "Encoding": []}
    for source in sources:
        name = on_one_line(source["source"])
        if source["bad_rows"]:
            told["Bad rows"].append(
                (f"{source['bad_rows']:,}", f"of {name} cannot be read: unparsed.parquet says why")
            )
        if source["layout"] != "paragraphs" and "paragraphs" in source["layout"].split(" + "):
            told["Unknown layout"].append(("", f"in a part of {name}, which was read as paragraphs"))
        if source["layout"] == "paragraphs" and source["records"]:
            told["Unknown layout"].append((f"{source['records']:,}", f"paragraphs of {name}"))
        if source["encoding"] not in (None, "utf-8", "utf-8-sig"):
            told["Encoding"].append(("", f"{name} was read as {source['encoding']}"))
    for heading, rows in told.items():
        for count, what in rows[:_SOURCES]:
            table.add_row(heading, count, what, style="yellow")
        if len(rows) > _SOURCES:
            table.add_row(
                heading, "", f"and {len(rows) - _SOURCES:,} more files: facts.json has all", style="yellow"
            )


def plain_console(file: TextIO) -> Console:
    """The same into a file: no colours, whatever the environment says."""
    return _Console(
        file=file,
        width=160,
        color_system=None,
        force_terminal=False,
        highlight=False,
        emoji=False,
        markup=False,
    )


def summary(facts: Mapping[str, Any], out: Path, report: Path, source_count: int) -> None:
    """The end of ``clean``: what a person wants to know in five seconds."""
    counts, verdicts = facts["counts"], facts["verdicts"]
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row(
        "Read", f"{counts['read']:,}", f"records from {source_count} {_plural(source_count, 'file')}"
    )
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in list(facts["repairs"].items())[:4])
    table.add_row("Repaired", f"{counts['repaired']:,}", kinds)
    dropped = [
        f"{_words(name)} {verdicts[name]:,}" for name in (*DUPLICATE_VERDICTS, REJECTED) if verdicts[name]
    ]
    if counts["held"]:
        dropped.append(f"{counts['held']:,} of all are in the existing set")
    table.add_row("Dropped", f"{counts['dropped']:,}", ", ".join(dropped))
    if counts["quarantined"]:
        table.add_row(
            "Quarantined",
            f"{counts['quarantined']:,}",
            "the same abstract under unrelated titles",
            style="yellow",
        )
    table.add_row("Kept", f"{counts['kept']:,}", "")
    table.add_row(
        "Unparsed",
        f"{counts['unparsed']:,}",
        f"{_plural(counts['unparsed'], 'line')}{' or rows' * any(source['bad_rows'] for source in facts['sources'])} in no record",
    )
    _of_sources(table, facts["sources"])
    if facts["skipped"]:
        names = ", ".join(on_one_line(skipped["source"]) for skipped in facts["skipped"][:3])
        more = f" and {len(facts['skipped']) - 3} more" if len(facts["skipped"]) > 3 else ""
        table.add_row("Not read", f"{len(facts['skipped']):,}", f"{names}{more}")
    for warning in facts["warnings"]:
        table.add_row("Look at", "", warning, style="yellow")
    checks = facts["expectations"]["checks"]
    status = facts["expectations"]["status"]
    passed = sum(check["status"] == "passed" for check in checks)
    told = "hold" if passed == len(checks) else f"of {len(checks)} hold; {_failures(checks)}"
    table.add_row("Expectations", Text(f"{SIGNS[status]} {passed}", _STATUS_STYLE[status]), told)
    target = console()
    target.print(table)
    target.print(f"\nResults  {out}/\nReport   {report / 'index.html'}")
    if status != "passed":
        target.print(f"Next     dedupkit gate {out}/", style="yellow")


def deduplicated(found: Deduplicated, out: Path) -> None:
    """The end of ``dedup``: how many of what, and what to look at."""
    clusters, target = found.clusters, console()
    dropped = clusters["duplicate_of"].count()
    verdicts = dict(clusters["verdict"].value_counts().rows())
    kinds = ", ".join(
        f"{_words(name)} {verdicts[name]:,}"
        for name in (*DUPLICATE_VERDICTS, QUARANTINED, REJECTED)
        if name in verdicts
    )
    told = f"{clusters.height:,} rows, {dropped:,} duplicates, {found.pairs.height:,} verified pairs: {out}/"
    target.print(told, soft_wrap=True)
    if kinds:
        target.print(kinds, style="dim", soft_wrap=True)
    for warning in warnings(clusters, found.compared, found.not_compared):
        target.print(f"Look at: {warning}", style="yellow", soft_wrap=True)


#: Checks that could not run for one reason from which they are told together.
_ALIKE: Final = 3


def verdict_of_gate(judged: Judged, target: Console | None = None) -> None:
    """What ``gate`` prints: what failed, how many rows, three of them, and what to do next."""
    from dedupkit.gate.formats.wording import examples_of, failures, next_step  # noqa: PLC0415  # loads the gate

    target = target or console()
    wrong = failures(judged)
    if wrong:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("", "Severity", "Rule", "Expectation", "Expected", "Found"):
            table.add_column(heading, overflow="fold")
        errors = Counter(check.error for check in wrong if check.error)
        rows: list[tuple[str, str]] = []
        for check in wrong:
            if errors[check.error] > _ALIKE:
                continue
            style = "red" if check.severity == "critical" else "yellow"
            rows += [(check.rule, example.told) for example in examples_of(judged, check)]
            table.add_row(
                Text(SIGNS[check.status], style),
                check.severity,
                visible(check.rule),
                visible(check.description),
                visible(check.limit),
                visible(check.error or check.observed),
            )
        if table.row_count:
            target.print(table)
        for rule, told in rows:  # not in the table: an id that is folded cannot be copied
            target.print(f"{visible(rule)}  {visible(told)}", soft_wrap=True)
        if rows:
            target.print()
        for error, count in errors.items():
            if count > _ALIKE:
                target.print(
                    f"{SIGNS['could not run']} {count} checks could not run: {visible(error)}",
                    soft_wrap=True,
                )
    verdict_line(judged, target)
    target.print(f"Next     {next_step(judged)}", soft_wrap=True)


def verdict_line(judged: Judged, target: Console | None = None) -> None:
    """The verdict of the gate in one line."""
    from dedupkit.gate.formats.wording import status, verdict  # noqa: PLC0415  # loads the gate

    word, _, rest = verdict(judged).partition(":")
    found = status(judged)
    line = Text(f"{SIGNS[found]} {visible(judged.name)} {word}", _STATUS_STYLE[found])
    (target or console()).print(line.append(f":{rest}.", "default"), soft_wrap=True)


def baseline_told(path: Path, *, is_updated: bool) -> None:
    """What ``gate --update-baseline`` prints: where the figures are, or that they were not written."""
    told = f"Baseline {path}" if is_updated else f"{path} is as it was: the candidate does not pass."
    console().print(told, soft_wrap=True)


#: Records that ``sniff`` shows of a file, or of each of a few pages in it; of many pages it shows the first.
_SHOWN_RECORDS: Final = 3


def sniffed(name: str, encoding: str, recognised: Recognised, lines: Sequence[Line]) -> None:
    """What ``sniff`` prints for a dump: its layout and why, what the others say, and the first records."""
    target = console()
    segments, reading = recognised.segments, recognised.reading
    told = f", confidence {reading.confidence:.2f}, {encoding}, {len(lines):,} {_plural(len(lines), 'line')} with text"
    target.print(Text(f"{name}: {recognised.name}", "bold").append(told, "default"), soft_wrap=True)
    for segment in segments:
        _tell_segment(segment, len(segments), target)
    target.print(
        "\nThe whole file, as each layout reads it" if len(segments) > 1 else "\nAs each layout reads it"
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Layout", no_wrap=True)
    table.add_column("Confidence", justify="right")
    table.add_column("Records", justify="right")
    table.add_column("Why", overflow="fold")
    for layout, result in recognised.readings:
        row = (layout.NAME, f"{result.confidence:.2f}", f"{len(result.entries):,}", result.why)
        is_chosen = len(segments) == 1 and layout is segments[0].layout
        table.add_row(*row, style="bold" if is_chosen else "")
    target.print(table)
    if reading.unparsed:
        left = reading.unparsed[0]
        count = len(reading.unparsed)
        target.print(
            f"{count:,} {_plural(count, 'line')} in no record, such as line {left.line.number}, "
            f"{_visible(_cut(left.line.text, 60))!r}: {left.why}",
            soft_wrap=True,
        )
    if recognised.name == "paragraphs":
        target.print("Next     dedupkit layouts shows how to describe a layout of your own.", style="yellow")


def _tell_segment(segment: Segment, count: int, target: Console) -> None:
    """One layout: where, why, and its first records."""
    from dedupkit.dumps.sniff import lines_told  # noqa: PLC0415  loads the readers

    layout, reading, _, _ = segment
    records = f"{len(reading.entries):,} {_plural(len(reading.entries), 'record')}"
    if count > 1:
        head = Text(f"\n{lines_told(segment)}: {layout.NAME}", "bold")
        target.print(
            head.append(f", confidence {reading.confidence:.2f}, {records}", "default"), soft_wrap=True
        )
    if layout.NAME != "paragraphs":
        target.print(f"  recognised by {_visible(layout.RECOGNISES)}", soft_wrap=True)
    target.print(f"  {reading.why}", soft_wrap=True)
    for entry in reading.entries[: _SHOWN_RECORDS if count <= _SHOWN_RECORDS else 1]:
        _tell_entry(entry, target)


def _tell_entry(entry: Entry, target: Console) -> None:
    details = {
        "authors": ", ".join(entry.authors),
        "author count": entry.author_count,
        "organisation": entry.organisation,
        "published": entry.published_text,
        "comments": entry.comment_count,
    }
    _tell_record(entry.lines[0].number, entry.title, entry.abstract, details, target)


def _tell_record(
    line: int, title: str | None, abstract: str | None, details: Mapping[str, Any], target: Console
) -> None:
    """A record as a file has it."""
    head = Text(_visible(title or "(no title)"), "bold")
    target.print(Text(f"\n  line {line:<9}", "dim").append(head), soft_wrap=True)
    shown = _cut((abstract or "(none)").replace("\n", " "), 100)
    for label, value in {**details, "abstract": shown}.items():
        if value not in (None, ""):
            target.print(
                Text(f"  {label:<14}", "dim").append(_visible(str(value)), "default"), soft_wrap=True
            )


#: What ``layouts`` shows of how one is described.
_DESCRIBED_LAYOUT: Final = r"""[[tool.dedupkit.layouts]]
name = "proceedings"
record = ["title", "authors", "published?", "abstract+"]   # ? may be missing, + one line or more, * any number

[tool.dedupkit.layouts.patterns]    # optional; a group is what is kept of the line
title = '^\d+\. (.+)'
authors = '^By (.+)'
furniture = '^(Copy|Share|Cite|PDF)$'"""


def listed(layouts: Sequence[Layout], described_count: int) -> None:
    """What ``layouts`` prints: every layout, those of the configuration first, and how to describe one."""
    target = console()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("Layout", "From", "Recognises"):
        table.add_column(heading, overflow="fold", no_wrap=heading != "Recognises")
    for place, layout in enumerate(layouts):
        table.add_row(
            Text(layout.NAME, "bold"),
            "configuration" if place < described_count else "dedupkit",
            _visible(layout.RECOGNISES),
        )
    target.print(table)
    target.print("The most confident one reads a file; pages of several layouts in one file are told apart.")
    target.print("Describe your own in pyproject.toml, or without tool.dedupkit in a file for --config:\n")
    target.print(_DESCRIBED_LAYOUT, style="dim", soft_wrap=True)
    target.print(f"\nKinds of lines: {', '.join(KINDS)}. Then: dedupkit sniff FILE", soft_wrap=True)


def sniffed_records(source: Source, records: pl.DataFrame, unparsed: pl.DataFrame) -> None:
    """What ``sniff`` prints of a table, a page or an archive: what was found, and the first records."""
    target = console()
    sure = "" if source.confidence is None else f", confidence {source.confidence:.2f}"
    told = f"{sure}, {source.encoding or 'no text encoding'}, {counted(source.records, 'record')}"
    name = f"{on_one_line(source.source)}: {source.layout}"
    target.print(Text(name, "bold").append(told, "default"), soft_wrap=True)
    target.print(f"  {source.why}", soft_wrap=True)
    for record in records.head(_SHOWN_RECORDS).iter_rows(named=True):
        details = {
            "authors": ", ".join(record["authors"]),
            "published": record["published_text"],
            "url": record.get("url"),
        }
        _tell_record(record["line"], record["title_raw"], record["abstract_raw"], details, target)
    target.print()
    if source.bad_rows:
        target.print(f"{counted(source.bad_rows, 'row')} cannot be read", style="bold red")
    for left in unparsed.head(_SHOWN_RECORDS).iter_rows(named=True):
        target.print(
            f"  line {left['line']}  {_visible(_cut(left['text'], 60))!r}: {left['why']}", soft_wrap=True
        )


def story(record: Mapping[str, Any], records: pl.DataFrame, style: MathStyle) -> None:
    """What ``explain`` prints: why a record was kept, changed or dropped; ``style`` is how its mathematics was repaired."""
    from dedupkit.repair.edits import Change  # noqa: PLC0415  loads the repairs

    target = console()
    target.print(Text(record["title"] or "(no title)", "bold"))
    score = f" {record['language_score']:.2f}" if record["language_score"] is not None else ""
    language = record["language"] or f"language not named ({record.get('language_note') or 'unknown'})"
    target.print(f"{record['record_id']}  {record['source']}:{record['line']}  {language}{score}")
    dropped = record["duplicate_of"] is not None
    colour = "bold red" if dropped or record["verdict"] == REJECTED else "bold green"
    target.print(Text(_words(record["verdict"]), colour).append(f": {record['reason']}", "default"))
    for duplicate in record["merged_from"]:
        other = _row(records, duplicate)
        target.print(
            f"  merged from {duplicate}  {other['source']}:{other['line']}  {_words(other['verdict'])}"
        )
    if record["filled"]:
        target.print(f"  filled from them: {', '.join(record['filled'])}")
    for column in ("title", "abstract"):
        changes = [
            Change(*(change[name] for name in Change._fields))
            for change in record["repairs"]
            if change["column"] == column
        ]
        if not changes:
            continue
        target.print(f"\n{len(changes)} {_plural(len(changes), 'change')} of the {column}", style="bold")
        explain_changes(record[f"{column}_raw"], changes, style)
    if dropped:
        stays = records.filter(
            pl.col("record_id") == record["duplicate_of"], pl.col("verdict").is_in(IN_CLEAN)
        ).to_dicts()
        if not stays:
            target.print(f"\nKept instead: {record['duplicate_of']}, in the existing set", style="bold")
            return
        survivor = stays[0]
        target.print(
            f"\nKept instead: {survivor['record_id']}  {survivor['source']}:{survivor['line']}", style="bold"
        )
        for column in ("title", "abstract"):
            target.print(
                Text(f"{column}  ", "dim").append(difference(record[column] or "", survivor[column] or ""))
            )
        target.print("[-…-] only in this record, {+…+} only in the kept one", style="dim")


def explain_changes(raw: str, changes: Sequence[Change], style: MathStyle) -> None:
    """Print each change of a text with its context, and below it why it was made."""
    from dedupkit.repair.why import why_changed  # noqa: PLC0415  loads the repairs

    target = console()
    for change, why in zip(changes, why_changed(raw, changes, style), strict=True):
        target.print(_changed(raw, change))
        target.print(Text(f"{'':<21}{why}", "dim"))


def _changed(raw: str, change: Change) -> Text:
    """One change with its context: what was there struck out, what replaced it."""
    start, end = change.start, change.start + len(change.before)
    line = Text(f"  {change.kind:<18} ", "dim")
    line.append(_visible(raw[max(0, start - _CONTEXT) : start]), "default")
    line.append(f"[-{_visible(_cut(change.before, 120))}-]", "red")
    line.append(f"{{+{_visible(_cut(change.after, 120))}+}}", "green")
    return line.append(_visible(raw[end : end + _CONTEXT]), "default")


def difference(left: str, right: str) -> Text:
    """A word-level difference: words of one side only are marked, long equal stretches are cut."""
    ours, theirs = left.split(), right.split()
    if len(ours) + len(theirs) > 4_000:
        return Text("too long to compare here", "dim")
    shown = Text()
    for step, a, b, c, d in difflib.SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        if step == "equal":
            same = ours[a:b]
            shown.append(" ".join(same if len(same) <= 16 else [*same[:6], "…", *same[-6:]]) + " ")
            continue
        if b > a:
            shown.append(f"[-{' '.join(ours[a:b])}-] ", "red")
        if d > c:
            shown.append(f"{{+{' '.join(theirs[c:d])}+}} ", "green")
    return shown


def _failures(checks: Sequence[Mapping[str, Any]]) -> str:
    failed = [check["severity"] for check in checks if check["status"] != "passed"]
    return ", ".join(
        f"{failed.count(name)} {name}" for name in ("critical", "warning", "info") if name in failed
    )


def _row(records: pl.DataFrame, record_id: str) -> dict[str, Any]:
    return records.row(by_predicate=pl.col("record_id") == record_id, named=True)


def _words(verdict: str) -> str:
    return verdict.replace("_", " ")


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _visible(text: str) -> str:
    """Line feeds and control characters as pictures, so that a change of them can be seen."""
    return "".join(chr(0x2400 + ord(character)) if ord(character) < 32 else character for character in text)
