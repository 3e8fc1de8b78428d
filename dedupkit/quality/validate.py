"""Judge a metrics frame with Great Expectations, and put the outcome in plain words.

The verdict is ours: Great Expectations calls a run failed when only an ``info`` expectation fails, and
leaves the severity of an expectation that could not run as it is.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import polars as pl

from dedupkit.errors import UsageError, worker_killed
from dedupkit.quality.kinds import KINDS, limit_in_words, value_in_words
from dedupkit.quality.metrics import OF_THE_SET
from dedupkit.quality.spark import ROW, failing, first_ids, in_numbers, is_spark, prepared

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkFrame

    from dedupkit.quality.suite import Expectation, Suite

Status = Literal["passed", "failed", "could not run"]

#: Rows from which a process of its own is worth its start.
_MANY_ROWS: Final = 200_000

#: What is asked of values whatever they are.
_OF_ANY_VALUE: Final = frozenset(
    {
        "expect_column_values_to_be_unique",
        "expect_column_values_to_be_null",
        "expect_column_values_to_not_be_null",
    }
)

#: Record ids that a check shows of the rows that fail it.
EXAMPLE_COUNT: Final = 3


@dataclass(frozen=True)
class Check:
    """What became of one expectation.

    Attributes:
        rule: Short name, like ``DK001``.
        expectation: Its type.
        description: What it is for.
        column: The metric that it looks at, null for the whole table.
        severity: critical, warning or info.
        status: Whether it holds; "could not run" says nothing about the rows.
        limit: What it asks for, in words.
        observed: What was found, in words.
        rows: Rows of the frame.
        unexpected_count: Rows that fail it; null for checks of a whole column or table.
        examples: The first record ids among them; of a Spark frame the smallest.
        error: Why it could not run, else empty.
        suite: Name of the suite that it is in.
        line: Line of the suite's file on which its expectation begins.
    """

    rule: str
    expectation: str
    description: str
    column: str | None
    severity: str
    status: Status
    limit: str
    observed: str
    rows: int
    unexpected_count: int | None = None
    examples: tuple[str, ...] = ()
    error: str = ""
    suite: str = ""
    line: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The check as JSON holds it."""
        return {**asdict(self), "examples": list(self.examples)}


def status_of(checks: Sequence[Check]) -> Status:
    """The verdict over all checks.

    A failed critical check decides. Otherwise a check that could not run leaves the verdict open, whatever
    its severity, and so does having no check at all.
    """
    if any(check.status == "failed" and check.severity == "critical" for check in checks):
        return "failed"
    if not checks or any(check.status == "could not run" for check in checks):
        return "could not run"
    return "passed"


def passes(checks: Sequence[Check]) -> bool:
    """Whether every check ran and no critical one failed."""
    return status_of(checks) == "passed"


def validate(
    suite: Suite,
    metrics: pl.DataFrame | SparkFrame,
    witnesses: Mapping[str, pl.Series | str] = MappingProxyType({}),
) -> list[Check]:
    """Check a metrics frame against a suite.

    Args:
        suite: As read by ``load_suite``.
        metrics: Columns of the suite's frame, in polars or in Spark; an expectation of a missing one could not run.
        witnesses: Of columns that are the same in every row: the rows to name where their expectation fails. Rows in
            Spark have no order: there it is the name of a Boolean column of the frame.

    Returns:
        One check for each expectation, in the suite's order.

    Raises:
        UsageError: If Great Expectations refuses an expectation.
    """
    runnable = [each for each in suite.expectations if each.kwargs.get("column") in {None, *metrics.columns}]
    if not is_spark(metrics):
        results = _run_apart(suite, runnable, metrics) if runnable else {}
        local = _LocalRows(
            metrics, {column: rows for column, rows in witnesses.items() if not isinstance(rows, str)}
        )
        return [_check(each, suite, results.get(each.rule), local) for each in suite.expectations]
    marks = {column: mark for column, mark in witnesses.items() if isinstance(mark, str)}
    columns = [each.kwargs["column"] for each in runnable if "column" in each.kwargs]
    with prepared(metrics, ["record_id", ROW, *columns, *marks.values()]) as frame:
        results = _run(suite, [in_numbers(each) for each in runnable], frame) if runnable else {}
        rows = _SparkRows(frame, marks)
        return [_check(each, suite, results.get(each.rule), rows) for each in suite.expectations]


class _Rows(Protocol):
    """What a check tells of the rows, wherever they are."""

    height: int

    def value(self, column: str) -> Any:
        """The value of a column that is the same in every row."""

    def examples(self, expectation: Expectation, detail: Mapping[str, Any]) -> tuple[str, ...]:
        """Ids of rows that fail an expectation of rows."""

    def witnesses(self, column: str) -> tuple[str, ...] | None:
        """Ids of rows that make a column what it is; null where none are given."""


class _LocalRows:
    """Rows of a polars frame: the first ones are named."""

    def __init__(self, metrics: pl.DataFrame, witnesses: Mapping[str, pl.Series]) -> None:
        self.height = metrics.height
        self._metrics = metrics
        self._witnesses = witnesses

    def value(self, column: str) -> Any:
        return self._metrics[column][0]

    def examples(self, expectation: Expectation, detail: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        return _first_ids(self._metrics, detail.get("partial_unexpected_index_list") or [])

    def witnesses(self, column: str) -> tuple[str, ...] | None:
        rows = self._witnesses.get(column)
        return None if rows is None else _first_ids(self._metrics, rows.arg_true())


class _SparkRows:
    """Rows of a Spark frame: the smallest ids are named."""

    def __init__(self, metrics: SparkFrame, witnesses: Mapping[str, str]) -> None:
        self.height = metrics.count()
        self._metrics = metrics
        self._witnesses = witnesses

    def value(self, column: str) -> Any:
        return self._metrics.select(column).first()[0]

    def examples(self, expectation: Expectation, detail: Mapping[str, Any]) -> tuple[str, ...]:
        if "element_count" not in detail or not detail.get("unexpected_count"):
            return ()
        return first_ids(failing(self._metrics, in_numbers(expectation)), EXAMPLE_COUNT)

    def witnesses(self, column: str) -> tuple[str, ...] | None:
        marks = self._witnesses.get(column)
        return None if marks is None else first_ids(self._metrics.where(f"`{marks}` = 1"), EXAMPLE_COUNT)


def _run_apart(
    suite: Suite, expectations: Sequence[Expectation], metrics: pl.DataFrame
) -> dict[str, Mapping[str, Any]]:
    """What ``_run`` gives; of many rows in a process of its own: Great Expectations holds half a gigabyte then."""
    if metrics.height < _MANY_ROWS:
        return _run(suite, expectations, metrics)
    from loky import ProcessPoolExecutor  # noqa: PLC0415  rarely wanted

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.parquet"
        _in_numbers(metrics, expectations).write_parquet(path)
        try:
            with ProcessPoolExecutor(max_workers=1) as executor:
                results: dict[str, Mapping[str, Any]] = executor.submit(
                    _run, suite, expectations, path
                ).result()
                return results
        except BrokenExecutor as error:
            raise worker_killed() from error


def _in_numbers(metrics: pl.DataFrame, expectations: Sequence[Expectation]) -> pl.DataFrame:
    """The columns that are asked for; texts of which only is asked whether they are there or unique as numbers.

    To pandas each text is an object of its own: a million of them take ten times the memory of their numbers.
    """
    asked: dict[str, set[str]] = {}
    for each in expectations:
        if "column" in each.kwargs:
            asked.setdefault(each.kwargs["column"], set()).add(each.type)
    texts = [name for name in asked if metrics.schema[name] == pl.String and asked[name] <= _OF_ANY_VALUE]
    metrics = metrics.select(list(asked)) if asked else metrics
    for name in texts:  # one after the other: to sort them takes memory
        metrics = metrics.with_columns(pl.col(name).rank("dense"))
    return metrics


def _run(
    suite: Suite, expectations: Sequence[Expectation], metrics: pl.DataFrame | SparkFrame | Path
) -> dict[str, Mapping[str, Any]]:
    """The raw result of each expectation by rule; they come back grouped by column, not in order."""
    outcome = outcome_of(suite.name, [build(each, suite) for each in expectations], metrics)
    results = [result.to_json_dict() for result in outcome.results]
    return {result["expectation_config"]["meta"]["rule"]: result for result in results}


def outcome_of(
    name: str,
    expectations: Sequence[Any],
    metrics: pl.DataFrame | SparkFrame | Path,
    examples: int = EXAMPLE_COUNT,
) -> Any:
    """Great Expectations' own result.

    Args:
        name: Name of the suite.
        expectations: As ``build`` makes them.
        metrics: The frame to judge, where it is; or the Parquet file that holds it, for that takes half the memory.
        examples: How many of the values that fail an expectation its result holds.
    """
    with quiet():
        import great_expectations as gx  # noqa: PLC0415  # takes seconds
        from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        if is_spark(metrics):
            source, frame = context.data_sources.add_spark("dedupkit", persist=False), metrics
        elif isinstance(metrics, Path):
            import pandas as pd  # noqa: PLC0415  # takes as long

            source, frame = context.data_sources.add_pandas("dedupkit"), pd.read_parquet(metrics)
        else:
            source, frame = context.data_sources.add_pandas("dedupkit"), metrics.to_pandas()
        asset = source.add_dataframe_asset("candidate")
        batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
        # not a Checkpoint: storing its result fails for some expectations with marshmallow 4
        # and rows by number, not by id: that costs it 13 µs for each failing row
        result_format = {"result_format": "SUMMARY", "partial_unexpected_count": examples}
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=list(expectations)))
        outcome = batch.validate(suite, result_format=result_format)
        context.data_sources.delete("dedupkit")  # the context lives on, and would keep the frame
    return outcome


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the warnings and the log of Great Expectations off the user's screen, and what Spark logs of its queries.

    Great Expectations imports pyspark where it is. That ends the process, with status 0, if grpc is missing and the main
    module has no file (``python -c``, a worker): it takes it for its own doctests. So that module gets one meanwhile.
    """
    loggers = [logging.getLogger(name) for name in ("great_expectations", "DataFrameQueryContextLogger")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    main: Any = sys.modules["__main__"]
    has_file = hasattr(main, "__file__")
    if not has_file:
        main.__file__ = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if not has_file:
            del main.__file__
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def build(expectation: Expectation, suite: Suite, description: str | None = None) -> Any:
    """The expectation as an object, which raises where the suite's own constructor would drop it.

    Args:
        expectation: What to build.
        suite: The suite that it is of.
        description: What Great Expectations' pages say in place of its own sentence, as HTML.

    Raises:
        UsageError: Great Expectations refuses it.
    """
    with quiet():
        from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415  # takes seconds
            ExpectationConfiguration,
        )

    try:
        return ExpectationConfiguration(
            type=expectation.type,
            kwargs=dict(expectation.kwargs),
            severity=expectation.severity,
            meta={"rule": expectation.rule},
            description=description,
        ).to_domain_obj()
    except Exception as error:
        raise UsageError(
            f"{suite.path}, line {expectation.line}: {expectation.type} is refused: {_first_line(error)}.",
            "compare its kwargs with the documentation of Great Expectations.",
        ) from error


def not_run(expectation: Expectation, suite: Suite, error: str, rows: int) -> Check:
    """The check of an expectation that could not run, and why."""
    return Check(
        rule=expectation.rule,
        expectation=expectation.type,
        description=expectation.description,
        column=expectation.kwargs.get("column"),
        severity=expectation.severity,
        status="could not run",
        limit=limit_in_words(KINDS[expectation.type], expectation.kwargs),
        observed="nothing",
        rows=rows,
        error=error,
        suite=suite.name,
        line=expectation.line,
    )


def _check(expectation: Expectation, suite: Suite, result: Mapping[str, Any] | None, rows: _Rows) -> Check:
    column = expectation.kwargs.get("column")
    error = f'there is no column "{column}"' if result is None else exception_in(result["exception_info"])
    if result is None or error:
        return not_run(expectation, suite, error, rows.height)
    detail = result["result"]
    unexpected_count = None
    if "element_count" in detail and column not in OF_THE_SET:
        unexpected_count = detail["unexpected_count"] or 0  # Spark's sum over no rows is null
    status: Status = "passed" if result["success"] else "failed"
    examples: tuple[str, ...] = ()
    if column is not None and column in OF_THE_SET and rows.height:
        observed = value_in_words(rows.value(column))
    else:
        observed, examples = _observed(detail), rows.examples(expectation, detail)
    if status == "failed" and column is not None:
        witnesses = rows.witnesses(column)
        examples = examples if witnesses is None else witnesses
    return Check(
        rule=expectation.rule,
        expectation=expectation.type,
        description=expectation.description,
        column=column,
        severity=expectation.severity,
        status=status,
        limit=limit_in_words(KINDS[expectation.type], expectation.kwargs),
        observed=observed,
        rows=rows.height,
        unexpected_count=unexpected_count,
        examples=examples,
        suite=suite.name,
        line=expectation.line,
    )


def _observed(detail: Mapping[str, Any]) -> str:
    """The rows that fail, among those that have a value at all; or the one value of a column or table."""
    if "element_count" not in detail and "unexpected_count" in detail:  # of distinct values, not of rows
        count = detail["unexpected_count"]
        return f"{count or 'no'} other value{'s' if count > 1 else ''}"
    if "element_count" not in detail:
        value = detail.get("observed_value")
        return "no value" if value is None else value_in_words(value)
    failing, judged = detail["unexpected_count"], detail["element_count"] - detail.get("missing_count", 0)
    if not judged:
        return "no row has a value"
    if not failing:
        return f"all {judged:,} rows do" if judged > 1 else "the one row does"
    percent = 100 * failing / judged
    shown = f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"
    return f"{failing:,} of {judged:,} rows {'does' if failing == 1 else 'do'} not ({shown})"


def _first_ids(metrics: pl.DataFrame, rows: Sequence[int] | pl.Series) -> tuple[str, ...]:
    """The ids of the first of some rows."""
    first = list(rows[:EXAMPLE_COUNT])
    ids = metrics["record_id"].gather(first) if first and "record_id" in metrics.columns else ()
    return tuple(record_id for record_id in ids if record_id is not None)


def exception_in(info: Mapping[str, Any]) -> str:
    """The message of an exception, which is filed flat or under the metric that raised it; else empty."""
    for entry in (info, *info.values()):
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            return _first_line(entry.get("exception_message")) or "it raised an exception without a message"
    return ""


def _first_line(error: object) -> str:
    return next((line.strip() for line in str(error or "").splitlines() if line.strip()), "")
