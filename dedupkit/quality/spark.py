"""Metrics that are in Spark already: what the checks of them need beside Great Expectations' own Spark engine.

Rows in Spark have no order, so the records that a check names are those of the smallest ids; or, where a column ``row``
numbers them, the first.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pyspark.sql import Column, DataFrame

    from dedupkit.quality.suite import Expectation

#: Fields of a plan in a warning of Spark's; what is judged at once has some more.
_PLAN_FIELDS: Final = "spark.sql.debug.maxToStringFields"

#: The column that numbers rows.
ROW: Final = "row"

#: What pandas takes a column for, by its type in Spark.
_TAKEN_FOR: Final = {
    "boolean": "cast(`{0}` AS bigint) AS `{0}`",
    "double": "nanvl(`{0}`, null) AS `{0}`",
    "float": "nanvl(`{0}`, null) AS `{0}`",
}


def is_spark(frame: object) -> bool:
    """Whether it is a frame of Spark's, found out without importing pyspark."""
    return type(frame).__module__.startswith("pyspark.sql.")


@contextmanager
def prepared(frame: DataFrame, columns: Iterable[str]) -> Iterator[DataFrame]:
    """Some columns of a frame, computed once while they are judged, in which NaN and truths are what pandas takes them for.

    NaN is null, and true is 1.

    Args:
        frame: Of metrics; columns that are not asked for, texts among them, are not looked at.
        columns: Those to keep, as far as the frame has them.
    """
    types = dict(frame.dtypes)
    kept = frame.selectExpr(
        *(
            _TAKEN_FOR.get(types[name], "`{0}`").format(name)
            for name in dict.fromkeys(columns)
            if name in types
        )
    ).persist()
    settings = frame.sparkSession.conf
    fields = settings.get(_PLAN_FIELDS)
    settings.set(_PLAN_FIELDS, "1000")  # else Spark warns in its log
    try:
        yield kept
    finally:
        settings.set(_PLAN_FIELDS, fields)
        kept.unpersist()


def in_numbers(expectation: Expectation) -> Expectation:
    """An expectation whose values are numbers where they are truths."""
    if "value_set" not in expectation.kwargs:
        return expectation
    values = [int(value) if isinstance(value, bool) else value for value in expectation.kwargs["value_set"]]
    return replace(expectation, kwargs={**expectation.kwargs, "value_set": values})


def failing(frame: DataFrame, expectation: Expectation) -> DataFrame:
    """The rows that fail an expectation of rows."""
    from pyspark.sql import Window  # noqa: PLC0415  only where there is a Spark frame
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  as everyone calls it

    value = F.col(expectation.kwargs["column"])
    if expectation.type == "expect_column_values_to_not_be_null":
        return frame.where(value.isNull())
    present = frame.where(value.isNotNull())
    if expectation.type == "expect_column_values_to_be_unique":
        copies = F.count(F.lit(1)).over(Window.partitionBy(value))
        return present.withColumn("__copies", copies).where("__copies > 1")
    return present.where(~_holds(value, expectation.type, expectation.kwargs))


def _holds(value: Column, kind: str, kwargs: Mapping[str, Any]) -> Column:
    """What an expectation of rows asks of a value that is there."""
    if kind == "expect_column_values_to_be_null":
        return value.isNull()
    if kind.endswith("_in_set"):
        held = value.isin(kwargs["value_set"])
    elif kind.endswith("_match_regex"):
        held = value.rlike(kwargs["regex"])
    else:
        low, high = kwargs.get("min_value"), kwargs.get("max_value")
        above = (
            value.isNotNull() if low is None else value > low if kwargs.get("strict_min") else value >= low
        )
        below = (
            value.isNotNull() if high is None else value < high if kwargs.get("strict_max") else value <= high
        )
        return above & below
    return ~held if "_to_not_" in kind else held


def first_ids(rows: DataFrame, count: int) -> tuple[str, ...]:
    """The record ids of the first of some rows, where they are numbered, else the smallest ids."""
    if "record_id" not in rows.columns:
        return ()
    if ROW in rows.columns:  # those without an id are among the first, and are not named
        ids = rows.orderBy(ROW).select("record_id").limit(count)
    else:
        ids = rows.where("record_id IS NOT NULL").orderBy("record_id").select("record_id").limit(count)
    return tuple(row[0] for row in ids.collect() if row[0] is not None)
