"""The table of contents of the project: what ``clean`` and ``dedup`` do, one paragraph a stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.facts import gather_facts
from dedupkit.language import identify
from dedupkit.matches import mark_duplicates
from dedupkit.outputs import check_folder, write_folder, write_text
from dedupkit.progress import unwatched
from dedupkit.quality import find_suite, load_suite, measure, validate
from dedupkit.record import IN_CLEAN, RAW_COLUMNS, RECORDS
from dedupkit.repair import repair_records
from dedupkit.report import render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dedupkit.config import Settings


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
    records, pairs = mark_duplicates(records, settings, stage("Finding duplicates"))
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
    parsed = read_inputs([table], settings, stage("Reading"))
    stage("Repairing")
    records = repair_records(parsed.records)
    records, pairs = mark_duplicates(records, settings, stage("Finding duplicates"))
    ids = _own_ids(records, settings, table)
    pairs = pairs.with_columns(_translated(pairs[name], ids) for name in ("left", "right"))
    clusters = ids.select("id").hstack(
        [
            _translated(records["cluster"], ids),
            records["verdict"],
            _translated(records["duplicate_of"], ids),
            records["similarity"],
        ]
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


def _own_ids(records: pl.DataFrame, settings: Settings, table: str | Path) -> pl.DataFrame:
    """``record_id`` beside the table's own ``id``."""
    name = settings.id_column
    if name is None:
        return records.select("record_id", id=pl.int_range(pl.len(), dtype=pl.Int64))
    column = name if name in records.columns and name not in RECORDS else f"input_{name}"
    if column not in records.columns:
        own = ", ".join(column for column in records.columns if column not in RECORDS)
        raise InputError(
            f"{table}: no column {name!r}; it has {own or 'none of its own'}.", "mend --id-column."
        )
    repeated = records.filter(pl.col(column).is_duplicated() | pl.col(column).is_null())
    if repeated.height:
        raise InputError(
            f"{table}: {name} = {repeated[column][0]!r} stands in more than one row or is empty "
            f"(row {repeated['line'][0]}).",
            "name a column of unique ids with --id-column, or leave it out for row numbers.",
        )
    return records.select("record_id", id=pl.col(column))


def _translated(record_ids: pl.Series, ids: pl.DataFrame) -> pl.Series:
    named = record_ids.rename("record_id").to_frame()
    return named.join(ids, on="record_id", how="left", maintain_order="left")["id"].alias(record_ids.name)
