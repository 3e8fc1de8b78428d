"""An existing set that new records are compared with: an index, a cleaned set, a table or dumps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.matches.index import Index, is_index
from dedupkit.matches.streams import FrameRecords, ParquetRecords
from dedupkit.repair import repair_records

if TYPE_CHECKING:
    from pathlib import Path

    from dedupkit.config import Settings
    from dedupkit.matches.fingerprints import Records


class Base(NamedTuple):
    """An existing set.

    Attributes:
        records: Its records, or what an index kept of them.
        names: ``id`` and ``place`` (String) of each.
    """

    records: Records | Index
    names: pl.DataFrame


def open_base(path: Path, settings: Settings) -> Base:
    """Open an existing set.

    Args:
        path: An index, a folder that ``clean`` wrote, a table, a dump, or a folder of them.
        settings: The names of a table's columns; what an index must agree with.

    Raises:
        InputError: It cannot be read, or a row of it cannot.
    """
    path = existing(path)
    if is_index(path):
        index = Index(path, settings)
        return Base(index, index.names)
    if path.suffix == ".parquet" and path.is_file():
        parquet = ParquetRecords(path, settings)
        return Base(parquet, _names_of(parquet))
    read = read_inputs([path], replace(settings, strict=True))
    records = repair_records(read.records, style=settings.math_style)
    names = records.select(id="record_id", place=pl.format("{}:{}", "source", "line"))
    return Base(FrameRecords(records), names)


def existing(path: Path) -> Path:
    """Where the records of an existing set are: in a file of the folder that ``clean`` wrote, or in what was named.

    Raises:
        InputError: There is nothing.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.", "check the path.")
    return path / "clean.parquet" if (path / "facts.json").exists() else path


def _names_of(table: ParquetRecords) -> pl.DataFrame:
    """Ids and places of a Parquet table: those that ``clean`` gave, its own column of ids, or its rows."""
    rows = pl.int_range(1, table.height + 1, dtype=pl.Int64, eager=True).cast(pl.String)
    place = (table.source + ":" + rows).alias("place")
    if {"record_id", "source", "line"} <= set(table.schema):
        told = table.rows(["record_id", "source", "line"], 0, table.height)
        return told.select(id="record_id", place=pl.format("{}:{}", "source", "line"))
    wanted = table.settings.id_column
    ids = rows if wanted is None else table.own_ids(wanted).cast(pl.String)
    return pl.DataFrame({"id": ids, "place": place})
