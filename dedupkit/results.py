"""The results of an earlier run, read again."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.errors import InputError
from dedupkit.report import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The tables of a whole result.
_TABLES: Final = ("records", "clean", "pairs", "unparsed")


def scan_results(folder: Path) -> Run:
    """What ``clean`` wrote, to be read as far as it is needed.

    Raises:
        InputError: The folder holds no whole result.
    """
    with _reading(folder):
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        tables = {name: pl.scan_parquet(folder / f"{name}.parquet", glob=False) for name in _TABLES}
        for table in tables.values():
            table.collect_schema()
    return Run(facts, tables["records"], tables["pairs"], tables["unparsed"])


def read_records(run: Run, folder: Path) -> pl.DataFrame:
    """Every record of a run, with all columns.

    Raises:
        InputError: The file is broken.
    """
    with _reading(folder):
        return run.records.collect()


@contextmanager
def _reading(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        told = str(error).splitlines()[0]
        raise InputError(
            f"{folder}: no results of dedupkit clean ({told}).", "run dedupkit clean first."
        ) from error


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
