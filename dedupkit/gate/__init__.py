"""The merge gate: does a cleaned set hold what its suite expects?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from dedupkit.dumps import read_inputs
from dedupkit.errors import InputError
from dedupkit.language import identify
from dedupkit.matches import mark_duplicates
from dedupkit.matches.marks import ADDED
from dedupkit.progress import unwatched
from dedupkit.quality import Check, Suite, find_suite, load_suite, measure, status_of, validate
from dedupkit.record import KEPT, RAW_COLUMNS, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dedupkit.config import Settings

#: Exit status of the command for each verdict of the suite.
EXIT_STATUS: Final = {"passed": 0, "failed": 1, "could not run": 3}

#: A table with these columns is a cleaned set; another one is read as ``clean`` would read it.
_MARKS_OF_A_CLEANED_SET: Final = ("record_id", "source", "line", "title", "abstract", "verdict")


@dataclass(frozen=True)
class Judged:
    """What the gate found.

    Attributes:
        name: The candidate, as it was named.
        rows: How many rows were judged.
        places: ``record_id``, ``source`` and ``line`` of every row that a check may name.
        suites: What judged them.
        checks: One for each expectation, suite by suite.
        metrics: What they looked at.
    """

    name: str
    rows: int
    places: pl.DataFrame
    suites: Sequence[Suite]
    checks: Sequence[Check]
    metrics: pl.DataFrame

    @property
    def exit_status(self) -> int:
        """0 it holds, 1 a critical expectation fails, 3 a check could not run."""
        return EXIT_STATUS[status_of(self.checks)]

    def place(self, record_id: str) -> tuple[str, int]:
        """The source and the line of a record."""
        row = self.places.row(by_predicate=pl.col("record_id") == record_id, named=True)
        return row["source"], row["line"]

    def suite_of(self, check: Check) -> Suite:
        """The suite that a check is of."""
        return next(suite for suite in self.suites if suite.name == check.suite)


def judge(
    candidate: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]] = unwatched
) -> Judged:
    """Validate a cleaned set: the results of ``clean``, or any table or dump as it is.

    Every metric is computed from the text here, and duplicates are looked for anew: what the file says of
    itself proves nothing.

    Raises:
        UsageError: The suite is wrong.
        InputError: The candidate cannot be read.
    """
    suite = load_suite(find_suite(settings.suite))
    records, metrics = measure_candidate(candidate, settings, stage)
    stage("Validating")
    checks = validate(suite, metrics)
    places = records.select("record_id", "source", "line")
    return Judged(str(candidate), records.height, places, (suite,), checks, metrics)


def measure_candidate(
    candidate: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]] = unwatched
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records of a cleaned set, a table or a dump, and their metrics.

    Raises:
        InputError: It cannot be read.
    """
    records = read_candidate(candidate, settings, stage)
    pairs = mark_duplicates(records.drop(ADDED, strict=False), settings, stage).pairs
    stage("Measuring")
    return records, measure(records, pairs)


def read_candidate(
    candidate: Path, settings: Settings, stage: Callable[[str], Callable[[int, int], None]] = unwatched
) -> pl.DataFrame:
    """Read a cleaned set, or a table or dump whose every row counts as kept."""
    path = candidate / "clean.parquet" if (candidate / "facts.json").exists() else candidate
    if path.suffix == ".parquet" and path.is_file():
        try:
            table = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise InputError(f"{path}: {str(error).splitlines()[0]}", "run dedupkit clean again.") from error
        if all(name in table.columns for name in _MARKS_OF_A_CLEANED_SET):
            return _with_schema(table, path)
    records = read_inputs([path], settings, stage("Reading")).records
    records = records.rename({"title_raw": "title", "abstract_raw": "abstract"})
    return identify(records, settings, stage("Naming languages")).with_columns(verdict=pl.lit(KEPT))


def _with_schema(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Refuse a cleaned set whose columns are missing or of other types: its checks would mean nothing."""
    for name, dtype in RECORDS.items():
        if name in RAW_COLUMNS:
            continue
        if name not in table.columns:
            raise InputError(
                f"{path}: column {name!r} is missing.", "it is no set that dedupkit clean wrote."
            )
        if table.schema[name] != dtype:
            raise InputError(
                f"{path}: column {name!r} is {table.schema[name]}, not {dtype}.",
                "it is no set that dedupkit clean wrote.",
            )
    return table
