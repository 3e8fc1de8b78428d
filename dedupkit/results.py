"""The results of an earlier run, read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from dedupkit.errors import InputError
from dedupkit.pipeline import Cleaned
from dedupkit.report import Run

if TYPE_CHECKING:
    from pathlib import Path


def load_results(folder: Path) -> Cleaned:
    """Read what ``clean`` wrote.

    Raises:
        InputError: The folder holds no whole result.
    """
    try:
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        names = ("records", "clean", "pairs", "unparsed")
        tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in names}
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        told = str(error).splitlines()[0]
        raise InputError(
            f"{folder}: no results of dedupkit clean ({told}).", "run dedupkit clean first."
        ) from error
    return Cleaned(**tables, facts=facts)


def scan_results(folder: Path) -> Run:
    """What ``clean`` wrote, to be read as far as it is needed.

    Raises:
        InputError: The folder holds no whole result.
    """
    try:
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        tables = {
            name: pl.scan_parquet(folder / f"{name}.parquet") for name in ("records", "pairs", "unparsed")
        }
        for table in tables.values():
            table.collect_schema()
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        told = str(error).splitlines()[0]
        raise InputError(
            f"{folder}: no results of dedupkit clean ({told}).", "run dedupkit clean first."
        ) from error
    return Run(facts, **tables)


def find_record(records: pl.DataFrame, record_id: str, folder: Path) -> dict[str, Any]:
    """Find a record by its id or the beginning of it.

    Raises:
        InputError: There is none, or more than one.
    """
    found = records.filter(pl.col("record_id").str.starts_with(record_id.strip().lstrip("#").lower()))
    if found.height != 1:
        told = "no record" if not found.height else f"{found.height} records"
        ids = ", ".join(found["record_id"].head(3))
        raise InputError(
            f"{folder}: {told} with an id that begins with {record_id!r}.",
            f"give more of the id: {ids} ..." if ids else "the report and records.parquet have the ids.",
        )
    return found.row(0, named=True)
