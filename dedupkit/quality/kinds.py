"""The expectation types that a suite may use, and what each of them means in plain words.

The types are core ones of Great Expectations that make sense on numbers and short keys. Naming them here
lets a suite be checked in a millisecond, where importing Great Expectations takes seconds, and before a
run rather than after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMITS: Final = frozenset({"min_value", "max_value", "strict_min", "strict_max"})


@dataclass(frozen=True)
class Kind:
    """What one expectation type takes.

    Attributes:
        required: Keyword arguments that must be there.
        optional: Keyword arguments that may be there; with ``min_value``, one of the two limits must.
        meaning: What must hold, in words; null for types with limits, whose limits say it.
    """

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    meaning: str | None = None

    @property
    def kwargs(self) -> frozenset[str]:
        """Every keyword argument that the type takes."""
        return self.required | self.optional


def _rows(*required: str, meaning: str | None = None, optional: frozenset[str] = frozenset()) -> Kind:
    return Kind(frozenset({"column", *required}), optional | {"mostly"}, meaning)


_COLUMN_LIMITS: Final = Kind(frozenset({"column"}), _LIMITS)

KINDS: Final[dict[str, Kind]] = {
    "expect_column_values_to_be_between": _rows(optional=_LIMITS),
    "expect_column_values_to_be_in_set": _rows("value_set", meaning="one of {value_set}"),
    "expect_column_values_to_not_be_in_set": _rows("value_set", meaning="none of {value_set}"),
    "expect_column_values_to_be_null": _rows(meaning="absent"),
    "expect_column_values_to_not_be_null": _rows(meaning="present"),
    "expect_column_values_to_be_unique": _rows(meaning="unique"),
    "expect_column_values_to_match_regex": _rows("regex", meaning="matching {regex}"),
    "expect_column_values_to_not_match_regex": _rows("regex", meaning="not matching {regex}"),
    "expect_column_mean_to_be_between": _COLUMN_LIMITS,
    "expect_column_median_to_be_between": _COLUMN_LIMITS,
    "expect_column_min_to_be_between": _COLUMN_LIMITS,
    "expect_column_max_to_be_between": _COLUMN_LIMITS,
    "expect_column_sum_to_be_between": _COLUMN_LIMITS,
    "expect_column_stdev_to_be_between": _COLUMN_LIMITS,
    "expect_column_unique_value_count_to_be_between": _COLUMN_LIMITS,
    "expect_column_proportion_of_unique_values_to_be_between": _COLUMN_LIMITS,
    "expect_column_proportion_of_non_null_values_to_be_between": _COLUMN_LIMITS,
    "expect_column_distinct_values_to_be_in_set": Kind(
        frozenset({"column", "value_set"}), meaning="no other values than {value_set}"
    ),
    "expect_column_distinct_values_to_contain_set": Kind(
        frozenset({"column", "value_set"}), meaning="all of {value_set}"
    ),
    "expect_table_row_count_to_be_between": Kind(frozenset(), _LIMITS),
    "expect_table_row_count_to_equal": Kind(frozenset({"value"}), meaning="exactly {value}"),
}


def limit_in_words(kind: Kind, kwargs: Mapping[str, Any]) -> str:
    """Say what an expectation asks for.

    >>> between = KINDS["expect_column_values_to_be_between"]
    >>> limit_in_words(between, {"column": "title_chars", "min_value": 3, "max_value": 400, "mostly": 0.99})
    '3 .. 400 in at least 99 % of rows'
    >>> limit_in_words(between, {"column": "nearest_similarity", "max_value": 0.7, "strict_max": True})
    'below 0.7'
    """
    shown = {name: value_in_words(value) for name, value in kwargs.items()}
    limit = kind.meaning.format(**shown) if kind.meaning else _bounds_in_words(kwargs, shown)
    if len(kwargs.get("value_set", ())) == 1:
        limit = limit.removeprefix("one of ")
    mostly = kwargs.get("mostly", 1)
    return limit if mostly == 1 else f"{limit} in at least {mostly * 100:g} % of rows"


def _bounds_in_words(kwargs: Mapping[str, Any], shown: Mapping[str, str]) -> str:
    low, high = shown.get("min_value"), shown.get("max_value")
    strict_low, strict_high = kwargs.get("strict_min", False), kwargs.get("strict_max", False)
    if low is None:
        return f"below {high}" if strict_high else f"at most {high}"
    if high is None:
        return f"above {low}" if strict_low else f"at least {low}"
    if low == high:
        return f"exactly {low}"
    if strict_low or strict_high:
        return (
            f"{'above' if strict_low else 'at least'} {low}, {'below' if strict_high else 'at most'} {high}"
        )
    return f"{low} .. {high}"


def value_in_words(value: Any) -> str:
    """A number with thousands separated, a list with commas, a truth as ``true`` or ``false``.

    >>> value_in_words([True, 10000, 0.25])
    'true, 10,000, 0.25'
    """
    if isinstance(value, list):
        return ", ".join(value_in_words(item) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:,.4g}"
    return str(value)
