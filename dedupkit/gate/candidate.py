"""What a gate judges, read as it is: a cleaned set, and what is wrong with its columns; or any table or dump."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.language import identify
from dedupkit.progress import unwatched
from dedupkit.record import KEPT, RAW_COLUMNS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from dedupkit.config import Settings

#: Columns of a cleaned set. A table with most of them is one, though its schema may be at fault.
_MARKS_OF_A_CLEANED_SET: Final = ("record_id", "source", "line", "title", "abstract", "verdict")
_MOST_MARKS: Final = 4


#: What ``clean`` writes, and a gate looks at.
_FILES_OF_A_RUN: Final = ("facts.json", "clean.parquet", "records.parquet", "unparsed.parquet")


class Candidate(NamedTuple):
    """A set to be judged.

    Attributes:
        path: The file that it was read from, or the file or folder of dumps.
        records: Its rows, with ``record_id``, ``source``, ``line``, ``title``, ``abstract``, ``language``,
            ``language_score`` and ``verdict``, unless the schema is at fault.
        faults: What is wrong with its columns, one sentence each.
    """

    path: Path
    records: pl.DataFrame
    faults: tuple[str, ...] = ()


def data_of(candidate: Path) -> Path:
    """Where the rows of a candidate are: in a file of the folder that ``clean`` wrote, or in what was named."""
    return candidate / "clean.parquet" if (candidate / "facts.json").exists() else candidate


def read_candidate(
    candidate: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]] = unwatched
) -> Candidate:
    """Read a cleaned set, or a table or dump whose every row counts as kept.

    Raises:
        InputError: It cannot be read, or a row of it cannot.
    """
    path = find_data(candidate)
    if path.suffix == ".parquet" and path.is_file():
        try:
            table = pl.read_parquet(path, glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(path, error) from error
        if is_set(candidate, table.columns):
            faults = faults_of(table.schema)
            if faults:
                return Candidate(path, table, faults)
            return Candidate(path, named_anew(table, settings, stage("Naming languages")))
    records = read_inputs([path], replace(settings, strict=True), stage("Reading")).records
    return Candidate(path, as_kept(records, settings, stage("Naming languages")))


def find_data(candidate: Path) -> Path:
    """Where the rows of a candidate are (see ``data_of``).

    Raises:
        InputError: It is a run that is not whole, or only what tells of one.
    """
    if candidate.name == "facts.json" and (candidate.parent / "clean.parquet").exists():
        raise InputError(
            f"{candidate} tells of a run and holds no record.", f"give its folder: {candidate.parent}"
        )
    missing = [name for name in _FILES_OF_A_RUN if not (candidate / name).is_file()]
    if candidate.is_dir() and 0 < len(missing) < len(_FILES_OF_A_RUN):
        raise InputError(f"{candidate}: {missing[0]} of a run is missing.", "run dedupkit clean again.")
    return data_of(candidate)


def unreadable(path: Path, error: Exception) -> InputError:
    """The error of a file that is not what ``clean`` writes."""
    return InputError(f"{path}: {str(error).splitlines()[0]}", "run dedupkit clean again.")


def is_set(candidate: Path, columns: Collection[str]) -> bool:
    """Whether a Parquet file is a cleaned set and not any table: that of a run, or one with most of its columns."""
    is_run = data_of(candidate) != candidate
    return is_run or len(set(_MARKS_OF_A_CLEANED_SET) & set(columns)) >= _MOST_MARKS


def named_anew(
    table: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> pl.DataFrame:
    """Rows of a cleaned set, their languages measured anew: what the file says of itself proves nothing."""
    names = ["language", "language_score"]
    return table.with_columns(identify(table.drop(names), settings, advance).select(names))


def as_kept(
    records: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> pl.DataFrame:
    """Records of a table or dump as they were read, as rows of a set that keeps them all."""
    records = records.rename({"title_raw": "title", "abstract_raw": "abstract"})
    return identify(records, settings, advance).with_columns(verdict=pl.lit(KEPT))


def faults_of(schema: Mapping[str, pl.DataType]) -> tuple[str, ...]:
    """The columns of the contract that are missing, or of another type."""
    faults = []
    for name, dtype in RECORDS.items():
        if name in RAW_COLUMNS:
            continue
        if name not in schema:
            faults.append(f"column {name} is missing")
        elif schema[name] != dtype:
            faults.append(f"column {name} is {schema[name]}, not {dtype}")
    return tuple(faults)
