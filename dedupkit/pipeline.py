"""The table of contents of the project: what ``clean`` and ``dedup`` do, one paragraph a stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.facts import gather_facts
from dedupkit.language import identify
from dedupkit.matches import FrameRecords, ParquetRecords, find_duplicates, mark_duplicates
from dedupkit.outputs import check_folder, write_folder, write_text
from dedupkit.progress import unwatched
from dedupkit.quality import find_suite, load_suite, measure, validate
from dedupkit.record import IN_CLEAN, RAW_COLUMNS, RECORDS
from dedupkit.repair import repair_records
from dedupkit.report import render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dedupkit.config import Settings
    from dedupkit.matches import Records


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


def clean(
    inputs: Sequence[str | Path],
    settings: Settings,
    *,
    out: Path,
    report: Path,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Cleaned:
    """Clean scraped dumps and tables: read, repair, name the language, mark duplicates, validate, report.

    Args:
        inputs: Files and folders.
        settings: What the run is told.
        out: Folder for the results; written whole or not at all.
        report: Folder for ``index.html``.
        stage: Opens a stage by name and returns what advances it (see ``progress``).

    Raises:
        UsageError: A setting or the suite is wrong.
        InputError: An input cannot be read or the results cannot be written.
    """
    check_folder(out)
    suite = load_suite(find_suite(settings.suite))

    # 1. Files to one row per record, in input order; lines that are in none are kept beside them.
    parsed = read_inputs(inputs, settings, stage("Reading"))

    # 2. Text is repaired, and every change recorded.
    stage("Repairing")
    records = repair_records(parsed.records)

    # 3. Title and abstract together tell the language.
    records = identify(records, settings, stage("Naming languages"))

    # 4. Verified pairs, clusters, and a verdict with a reason for every record.
    records, pairs = mark_duplicates(records, settings, stage)
    records = in_order(records)

    # 5. The suite judges what is kept.
    stage("Validating")
    kept = records.filter(pl.col("verdict").is_in(IN_CLEAN)).drop(RAW_COLUMNS)
    checks = validate(suite, measure(kept, pairs))

    # 6. Results, and the report that is rendered from them alone.
    stage("Writing")
    facts = gather_facts(parsed, records, pairs, (suite, checks), settings)
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
    write_report(cleaned, report)
    return cleaned


def dedup(
    table: str | Path,
    settings: Settings,
    *,
    out: Path,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Mark the duplicates of a table; nothing of it is rewritten.

    Texts are compared repaired, so that mojibake hides no copy, but no repaired text is written.

    Returns:
        What ``pairs.parquet`` and ``clusters.parquet`` hold: ids of ``settings.id_column``, or row numbers
        from 0.

    Raises:
        UsageError: A named column is missing.
        InputError: The table cannot be read, or its ids are not unique.
    """
    check_folder(out)
    records, ids = _open_table(Path(table), settings, stage)
    settled = find_duplicates(records, settings, stage).settled
    stage("Writing")
    pairs = settled.pairs.with_columns(ids.gather(settled.pairs[end]).alias(end) for end in ("left", "right"))
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
    return pairs, clusters


def write_report(cleaned: Cleaned, report: Path) -> Path:
    """Render ``index.html`` from the results of a run."""
    path = report / "index.html"
    write_text(path, render(cleaned.facts, cleaned.records, cleaned.pairs, cleaned.unparsed))
    return path


def in_order(records: pl.DataFrame) -> pl.DataFrame:
    """The columns in the order of ``record.RECORDS``, then a table's own."""
    own = [name for name in records.columns if name not in RECORDS]
    return records.select(*RECORDS, *own)


def _open_table(
    table: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]]
) -> tuple[Records, pl.Series]:
    """The records of a table, and their ids. A Parquet file is read batch by batch, whatever its size."""
    if table.suffix.lower() == ".parquet" and table.is_file():
        parquet = ParquetRecords(table, settings)
        return parquet, _own_ids(parquet.own_columns, parquet.column, parquet.height, settings, table)
    records = repair_records(read_inputs([table], settings, stage("Reading")).records)
    own = [name for name in records.columns if name not in RECORDS]
    return FrameRecords(records), _own_ids(own, records.get_column, records.height, settings, table)


def _own_ids(
    own: list[str], column: Callable[[str], pl.Series], height: int, settings: Settings, table: Path
) -> pl.Series:
    """A table's own ids, or row numbers from 0."""
    wanted = settings.id_column
    if wanted is None:
        return pl.int_range(height, dtype=pl.Int64, eager=True)
    name = wanted if wanted in own else f"input_{wanted}"
    if name not in own:
        raise InputError(
            f"{table}: no column {wanted!r}; it has {', '.join(own) or 'none of its own'}.", "mend --id-column."
        )
    ids = column(name)
    if ids.n_unique() < height or ids.null_count():
        row = int((ids.is_duplicated() | ids.is_null()).arg_true()[0])
        raise InputError(
            f"{table}: {wanted} = {ids[row]!r} stands in more than one row or is empty (row {row + 1}).",
            "name a column of unique ids with --id-column, or leave it out for row numbers.",
        )
    return ids
