"""What a gate judges, read as it is: a cleaned set, and what is wrong with its columns; or any table or dump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.language import identify
from dedupkit.progress import unwatched
from dedupkit.record import KEPT, RAW_COLUMNS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable
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
        InputError: It cannot be read.
    """
    if candidate.name == "facts.json" and (candidate.parent / "clean.parquet").exists():
        raise InputError(
            f"{candidate} tells of a run and holds no record.", f"give its folder: {candidate.parent}"
        )
    path = data_of(candidate)
    is_run = path != candidate
    missing = [name for name in _FILES_OF_A_RUN if not (candidate / name).is_file()]
    if candidate.is_dir() and 0 < len(missing) < len(_FILES_OF_A_RUN):
        raise InputError(f"{candidate}: {missing[0]} of a run is missing.", "run dedupkit clean again.")
    if path.suffix == ".parquet" and path.is_file():
        try:
            table = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InputError(f"{path}: {str(error).splitlines()[0]}", "run dedupkit clean again.") from error
        if is_run or len(set(_MARKS_OF_A_CLEANED_SET) & set(table.columns)) >= _MOST_MARKS:
            faults = tuple(_faults(table))
            if faults:
                return Candidate(path, table, faults)
            # measured anew: what the file says of itself proves nothing
            names = ["language", "language_score"]
            named = identify(table.drop(names), settings, stage("Naming languages"))
            return Candidate(path, table.with_columns(named.select(names)))
    records = read_inputs([path], settings, stage("Reading")).records
    records = records.rename({"title_raw": "title", "abstract_raw": "abstract"})
    named = identify(records, settings, stage("Naming languages")).with_columns(verdict=pl.lit(KEPT))
    return Candidate(path, named)


def _faults(table: pl.DataFrame) -> list[str]:
    """The columns of the contract that are missing, or of another type."""
    faults = []
    for name, dtype in RECORDS.items():
        if name in RAW_COLUMNS:
            continue
        if name not in table.columns:
            faults.append(f"column {name} is missing")
        elif table.schema[name] != dtype:
            faults.append(f"column {name} is {table.schema[name]}, not {dtype}")
    return faults
