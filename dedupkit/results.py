"""The results of an earlier run, read again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from dedupkit.errors import InputError
from dedupkit.pipeline import Cleaned
from dedupkit.report.compare import COMPARED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def load_results(folder: Path) -> Cleaned:
    """Read what ``clean`` wrote.

    Raises:
        InputError: The folder holds no whole result.
    """
    facts = _facts(folder)
    tables = {name: _table(folder, name) for name in ("records", "clean", "pairs", "unparsed")}
    return Cleaned(**tables, facts=facts)


def load_compared(folder: Path) -> Cleaned:
    """Read what ``compare`` looks at in an earlier run: facts and a few columns; the other tables are empty.

    Raises:
        InputError: The folder holds no result.
    """
    facts = _facts(folder)
    records = _table(folder, "records", COMPARED_COLUMNS)
    return Cleaned(records, clean=pl.DataFrame(), pairs=pl.DataFrame(), unparsed=pl.DataFrame(), facts=facts)


def _facts(folder: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads((folder / "facts.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _no_results(folder, error) from error
    return facts


def _table(folder: Path, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    try:
        return pl.read_parquet(folder / f"{name}.parquet", columns=list(columns) if columns else None)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _no_results(folder, error) from error


def _no_results(folder: Path, error: Exception) -> InputError:
    told = str(error).splitlines()[0]
    return InputError(f"{folder}: no results of dedupkit clean ({told}).", "run dedupkit clean first.")


def find_record(records: pl.DataFrame, record_id: str, folder: Path) -> dict[str, Any]:
    """Find a record by its id or the beginning of it.

    Raises:
        InputError: There is none, or more than one.
    """
    found = records.filter(pl.col("record_id").str.starts_with(record_id.strip().lower()))
    if found.height != 1:
        told = "no record" if not found.height else f"{found.height} records"
        raise InputError(
            f"{folder}: {told} with an id that begins with {record_id!r}.", "give more of the id."
        )
    return found.row(0, named=True)
