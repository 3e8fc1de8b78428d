"""The table of contents of the project: what ``clean`` and ``dedup`` do, one paragraph a stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError, UsageError
from dedupkit.facts import gather_facts
from dedupkit.language import identify
from dedupkit.matches import find_duplicates, mark_duplicates
from dedupkit.matches.bases import open_base
from dedupkit.matches.index import Index, is_index, write_index
from dedupkit.matches.streams import FrameRecords, ParquetRecords, unique_ids
from dedupkit.outputs import check_folder, check_report, holding, write_files, write_folder
from dedupkit.progress import unwatched
from dedupkit.quality import find_suite, load_suite, measure, validate
from dedupkit.record import IN_CLEAN, RAW_COLUMNS, RECORDS
from dedupkit.repair import repair_records
from dedupkit.report import Run, lists_of, render
from dedupkit.resume import matching, naming, reading, repairing, resumable
from dedupkit.work import work_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dedupkit.config import Settings
    from dedupkit.matches.fingerprints import Records
    from dedupkit.quality import Suite
    from dedupkit.report.compare import Comparison


@dataclass(frozen=True)
class Cleaned:
    """Everything that a run found.

    Attributes:
        records: Every record that was read (``record.RECORDS``, then the tables' own columns).
        clean: The kept and the quarantined ones, raw columns left out.
        pairs: Every verified pair (``record.PAIRS``).
        unparsed: Every line that is in no record (``record.UNPARSED``).
        facts: What ``facts.json`` holds.
    """

    records: pl.DataFrame
    clean: pl.DataFrame
    pairs: pl.DataFrame
    unparsed: pl.DataFrame
    facts: dict[str, Any]

    def as_run(self) -> Run:
        """What a report is rendered from."""
        return Run(self.facts, self.records.lazy(), self.pairs.lazy(), self.unparsed.lazy())


class Deduplicated(NamedTuple):
    """What ``dedup`` found.

    Attributes:
        pairs: What ``pairs.parquet`` holds: ids of ``settings.id_column``, or row numbers from 0.
        clusters: What ``clusters.parquet`` holds.
        compared: How many pairs were compared.
        not_compared: How many pairs in crowded buckets were not.
    """

    pairs: pl.DataFrame
    clusters: pl.DataFrame
    compared: int
    not_compared: int


def clean(  # noqa: PLR0913  each place by its name
    inputs: Sequence[str | Path],
    settings: Settings,
    *,
    out: Path,
    report: Path,
    against: Path | None = None,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
    resume: bool = False,
) -> Cleaned:
    """Clean scraped dumps and tables: read, repair, name the language, mark duplicates, validate, report.

    Args:
        inputs: Files and folders.
        settings: What the run is told.
        out: Folder for the results; written whole or not at all.
        report: Folder for ``index.html``.
        against: An existing set, or its index, whose duplicates are dropped.
        stage: Opens a stage by name and returns what advances it (see ``progress``).
        resume: Go on with a run that was stopped, behind its last stage that is kept (see ``resume``).

    Raises:
        UsageError: A setting or the suite is wrong.
        InputError: An input cannot be read or the results cannot be written; or there is no such run to resume.
    """
    check_folder(out)
    check_report(report, out)
    suite = suite_of(settings)
    with resumable(inputs, settings, out, against, resume=resume) as stages:
        # 1. Files to one row per record, in input order; lines that are in none are kept beside them.
        parsed = stages.once(reading(), lambda: read_inputs(inputs, settings, stage("Reading")))
        records = parsed.records

        # 2. Text is repaired, and every change recorded.
        records = stages.once(
            repairing(records),
            lambda: repair_records(parsed.records, stage("Repairing"), settings.math_style),
        )

        # 3. Title and abstract together tell the language.
        records = stages.once(naming(records), lambda: identify(records, settings, stage("Naming languages")))

        # 4. Verified pairs, clusters, and a verdict with a reason for every record.
        marked = stages.once(
            matching(records),
            lambda: mark_duplicates(
                records, settings, stage, open_base(against, settings) if against else None
            ),
        )
        records, pairs = in_order(marked.records), marked.pairs

        # 5. The suite judges what is kept.
        stage("Validating")
        kept = records.filter(pl.col("verdict").is_in(IN_CLEAN)).drop(RAW_COLUMNS)
        checks = validate(suite, measure(kept, pairs))

        # 6. Results, and the report that is rendered from them alone.
        stage("Writing")
        facts = gather_facts(parsed, marked._replace(records=records), (suite, checks), settings)
        cleaned = Cleaned(records, kept, pairs, parsed.unparsed, facts)
        write_folder(
            out,
            {
                "records.parquet": cleaned.records,
                "clean.parquet": cleaned.clean,
                "pairs.parquet": cleaned.pairs,
                "unparsed.parquet": cleaned.unparsed,
                "facts.json": cleaned.facts,
            },
        )
        stage("Reporting")
        write_report(cleaned.as_run(), report)
    return cleaned


def suite_of(settings: Settings) -> Suite:
    """The suite that judges a cleaned set.

    Raises:
        UsageError: It is wrong, or judges something else.
    """
    suite = load_suite(find_suite(settings.suite))
    if suite.frame != "cleaned":
        raise UsageError(
            f"{suite.path} judges the frame {suite.frame}, not a cleaned set.", "give it to gate."
        )
    return suite


def dedup(
    table: str | Path,
    settings: Settings,
    *,
    out: Path,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Deduplicated:
    """Mark the duplicates of a table; nothing of it is rewritten.

    Mojibake and entities hide no copy: they are folded for the comparison. A Parquet file is read batch by batch.

    Raises:
        UsageError: A named column is missing.
        InputError: The table cannot be read, or its ids are not unique.
    """
    check_folder(out)
    with holding(work_folder(out), out):
        records, ids = _open_table(Path(table), settings, stage)
        found = find_duplicates(records, settings, stage)
        settled = found.settled
        stage("Writing")
        pairs = settled.pairs.with_columns(
            ids.gather(settled.pairs[end]).alias(end) for end in ("left", "right")
        )
        marks = settled.marks
        clusters = pl.DataFrame(
            {
                "id": ids,
                "cluster": ids.gather(marks["cluster"]),
                "verdict": marks["verdict"],
                "duplicate_of": ids.gather(marks["duplicate_of"]),
                "similarity": marks["similarity"],
            }
        )
        write_folder(out, {"pairs.parquet": pairs, "clusters.parquet": clusters})
    return Deduplicated(pairs, clusters, found.candidates, found.candidates_cut)


def write_report(run: Run, report: Path, comparison: Comparison | None = None) -> Path:
    """Render ``index.html`` from the results of a run, with ``facts.json`` and the full lists beside it.

    Args:
        run: The results.
        report: The folder.
        comparison: What changed since an earlier run, where there is one.
    """
    page = render(run, comparison)
    write_files(report, {**lists_of(run), "facts.json": run.facts, "index.html": page})
    return report / "index.html"


def in_order(records: pl.DataFrame) -> pl.DataFrame:
    """The columns in the order of ``record.RECORDS``, then a table's own."""
    own = [name for name in records.columns if name not in RECORDS]
    return records.select(*RECORDS, *own)


def index(
    base: Path,
    settings: Settings,
    *,
    out: Path,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> int:
    """Keep what a later run needs of an existing set, without its text; how many records it has.

    Raises:
        UsageError: ``base`` is an index itself.
        InputError: The set cannot be read or the index cannot be written.
    """
    check_index(out)
    out.resolve().parent.mkdir(parents=True, exist_ok=True)
    with holding(work_folder(out), out):
        opened = open_base(base, settings)
        if isinstance(opened.records, Index):
            raise UsageError(f"{base}: this is an index already.", "copy it.")
        write_index(opened.records, opened.names, out, settings, stage("Indexing"))
        return opened.names.height


def check_index(out: Path) -> None:
    """Refuse to replace what is no index.

    Raises:
        UsageError: There is something else.
    """
    if out.exists() and not is_index(out):
        raise UsageError(f"{out}: this is no index, and would be replaced.", "name a new file with --out.")


def _open_table(
    table: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]]
) -> tuple[Records, pl.Series]:
    """The records of a table, and their ids. A Parquet file is read batch by batch, whatever its size."""
    wanted = settings.id_column
    records: Records
    if table.suffix.lower() == ".parquet" and table.is_file():
        records = ParquetRecords(table, settings)
        ids = None if wanted is None else records.own_ids(wanted)
    else:
        read = read_inputs([table], replace(settings, strict=True), stage("Reading"))
        frame = repair_records(read.records, style=settings.math_style)
        records = FrameRecords(frame)
        own = [name for name in frame.columns if name not in RECORDS]
        ids = None if wanted is None else unique_ids(wanted, own, frame.get_column, table)
    if records.height == 0:
        raise InputError(f"{table}: no record in it.", "give a table that holds text.")
    return records, pl.int_range(records.height, dtype=pl.Int64, eager=True) if ids is None else ids
