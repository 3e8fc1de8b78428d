"""Propose a suite from a data set that is good: what any set must hold, and the ranges measured in this one."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

from dedupkit.errors import InputError, UsageError
from dedupkit.quality.kinds import value_in_words
from dedupkit.quality.metrics import FRAMES, OF_THE_SET
from dedupkit.quality.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import polars as pl

    from dedupkit.quality.suite import Expectation, Suite
    from dedupkit.quality.validate import Check

#: Share of the values whose range is measured, and share that has to be in the widened range.
_MEASURED: Final = 0.99
_ASKED: Final = 0.98

#: How much further than measured a value may be: a fifth.
_SLACK: Final = 0.2

#: Above this share of rows that are not 0, a count is a number like any other.
_MANY: Final = 0.25

#: What a column counts, in words: the things that have a value, and the unit after it.
_WORDS: Final = {
    "title_chars": ("titles", "characters"),
    "abstract_chars": ("abstracts", "characters"),
    "language": ("languages", ""),
    "language_score": ("language scores", ""),
    "title_key": ("titles", ""),
    "exact_key": ("texts", ""),
}

#: What is found in a record of which a count is not 0, in words.
_FINDS: Final = {
    "open_end": "an abstract that breaks off",
    "mojibake_hits": "mojibake in it",
    "control_hits": "control characters in it",
    "replacement_hits": "characters in it that were lost in decoding",
    "see_more_hits": "see-more markers in it",
    "furniture_hits": "labels or banners of the page in it",
    "latex_hits": "LaTeX in it",
    "html_hits": "HTML in it",
}

#: Columns that hold 1 or 0, whose mean is the share of rows that are so, in words.
_SHARES: Final = {"is_repaired": "repaired", "is_dropped": "dropped", "is_quarantined": "quarantined"}

#: The least limit of a number of the whole set: one in ten records.
_LEAST_OF_THE_SET: Final = 0.1

#: Standard errors that the share of so many rows may be off.
_ERRORS: Final = 3

#: An expectation before it has a rule name: type, kwargs, severity, description, why.
_Draft = tuple[str, dict[str, Any], str, str, str]


@dataclass(frozen=True)
class Proposal:
    """A suite that was proposed.

    Attributes:
        text: Its file: JSON, one expectation a block.
        count: How many expectations it has.
        left_out: What could not be asked of the data set, in words.
    """

    text: str
    count: int
    left_out: tuple[str, ...]


def check_place(out: Path, *, force: bool) -> None:
    """Refuse, before the work, to write over a suite.

    Raises:
        UsageError: The file is there already, and ``force`` is not given.
    """
    if out.is_dir():
        raise UsageError(f"{out}: this is a folder.", "name a file with --out.")
    if out.exists() and not force:
        raise UsageError(
            f"{out}: there is such a file already, and people edit suites.",
            "name another with --out, or overwrite it with --force.",
        )


def propose(name: str, source: str, metrics: pl.DataFrame, shipped: Suite) -> Proposal:
    """Propose a suite that a data set passes.

    Args:
        name: Name of the suite.
        source: Name of the data set.
        metrics: A frame, as the shipped suite judges it.
        shipped: The suite that ships for this frame. Its critical expectations are copied. One that does not hold becomes a warning that
            asks for the share of rows in which it does.

    Returns:
        The suite, the same for the same arguments.

    Raises:
        InputError: There are no rows to measure.
    """
    if not metrics.height:
        raise InputError(f"{source}: there are no records to measure.", "give a set that is good and whole.")
    checks = {check.rule: check for check in validate(shipped, metrics)}
    items, left_out = [], []
    for expectation in shipped.expectations:
        if expectation.severity == "critical":
            check = checks[expectation.rule]
            item = _copied(expectation, check, _judged(expectation, metrics), shipped.name)
            if item is None:
                left_out.append(f"{check.rule}, {check.description}: {check.error or check.observed}")
            else:
                items.append(item)
    settled = {item["kwargs"].get("column") for item in items if "value_set" not in item["kwargs"]}
    taken, asked = (
        {item["meta"]["rule"] for item in items},
        [(item["type"], item["kwargs"]) for item in items],
    )
    rules = (rule for number in count(1) if (rule := f"M{number:03}") not in taken)
    for kind, kwargs, severity, description, why in _drafts(metrics, shipped.frame, settled):
        if (kind, kwargs) not in asked:
            meta = {"rule": next(rules), "why": why}
            items.append(_item(kind, kwargs, severity, description, meta))
    about = (
        f"Proposed from the {metrics.height:,} records of {source}: what any set must hold is critical, what was "
        "measured in this one is a warning or only told. Every limit says how it came about; change what you "
        "know better."
    )
    return Proposal(_to_json(name, about, shipped.frame, items), len(items), tuple(left_out))


def _copied(expectation: Expectation, check: Check, judged: int, suite: str) -> dict[str, Any] | None:
    """A critical expectation of another suite, as far as it holds; null where it holds nowhere."""
    kwargs, severity = dict(expectation.kwargs), expectation.severity
    why = f"Any set must hold it: {expectation.rule} of the suite {suite}."
    if check.status != "passed":
        failing = check.unexpected_count
        share = None if failing is None else _share(failing, judged)
        if failing is None or share is None:
            return None
        kwargs["mostly"], severity = share, "warning"
        why = (
            f"In the suite {suite} {expectation.rule} is critical and asks for more; here {check.observed}, "
            f"and {_allowance(failing, judged)}."
        )
    meta = {"rule": expectation.rule, "why": why}
    return _item(expectation.type, kwargs, severity, expectation.description, meta)


def _judged(expectation: Expectation, metrics: pl.DataFrame) -> int:
    """How many rows an expectation looks at: not those without a value, unless it asks for one."""
    column = expectation.kwargs.get("column")
    if column not in metrics.columns or expectation.type.endswith("_null"):
        return metrics.height
    return int(metrics.height - metrics[column].null_count())


def _item(
    kind: str, kwargs: dict[str, Any], severity: str, description: str, meta: dict[str, str]
) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": severity, "description": description, "meta": meta}


def _drafts(metrics: pl.DataFrame, frame: str, settled: set[str | None]) -> Iterator[_Draft]:
    """What was measured, in the order of the frame; columns that are settled only where they may be absent."""
    yield _row_count(metrics.height)
    for name in FRAMES[frame]:
        if name not in metrics.columns or name == "record_id":
            continue
        column = metrics[name]
        if column.dtype.is_float():
            column = column.fill_nan(None)  # as Great Expectations reads it
        if column.null_count() == len(column):
            continue
        if name in _WORDS and not name.endswith("_key"):
            yield from _presence(column)
        if name in _SHARES:  # the limit that is critical refuses what is absurd; this one says what is usual
            yield _band(column)
        elif name not in settled:
            yield from _of_values(column)


def _of_values(column: pl.Series) -> Iterator[_Draft]:
    if column.name in OF_THE_SET:
        yield _of_the_set(column)
    elif column.dtype.is_numeric():
        yield from _of_numbers(column)
    elif column.name.endswith("_key"):
        yield from _uniqueness(column)
    elif column.name == "language":
        yield _values(column)


def _row_count(rows: int) -> _Draft:
    return (
        "expect_table_row_count_to_be_between",
        {"min_value": max(1, rows // 2), "max_value": rows * 2},
        "info",
        "The set is about as large as it was",
        f"There are {rows:,} records; half as many to twice as many are allowed.",
    )


def _presence(column: pl.Series) -> Iterator[_Draft]:
    words, _ = _words(column.name)
    missing = column.null_count()
    share = _share(missing, len(column))
    if share is not None:
        yield (
            "expect_column_values_to_not_be_null",
            {"column": column.name, "mostly": share},
            "info" if column.name.startswith("language") else "warning",
            f"Records have {words}",
            f"{_having_none(missing, len(column))}; {_allowance(missing, len(column))} be without.",
        )


def _of_numbers(column: pl.Series) -> Iterator[_Draft]:
    """Bounds of a number: what is rare should stay so, anything else has a range and a middle."""
    name, values = column.name, column.drop_nulls()
    hits = int((values != 0).sum())
    if values.dtype.is_integer() and hits <= _MANY * len(values):
        thing = name.removesuffix("_hits").replace("_", " ")
        yield (
            "expect_column_values_to_be_between",
            {"column": name, "max_value": 0, "mostly": _share(hits, len(values))},
            "warning",
            f"Hardly any record has {_FINDS.get(name, thing)}",
            f"{_having_some(hits, len(values))}; {_allowance(hits, len(values))}.",
        )
        return
    words, unit = _words(name)
    low = _quantile(values, (1 - _MEASURED) / 2, "lower")
    high = _quantile(values, (1 + _MEASURED) / 2, "higher")
    shown = f"{value_in_words(low)} to {value_in_words(high)} {unit}".strip()
    why = (
        f"{_percent(_MEASURED)} of {len(values):,} {words} {'have' if unit else 'are'} {shown}; "
        f"a fifth less and a fifth more is allowed, and {_percent(1 - _ASKED)} may be outside."
    )
    yield (
        "expect_column_values_to_be_between",
        {"column": name, **_widened(low, high, whole=values.dtype.is_integer()), "mostly": _ASKED},
        "warning",
        f"{words[0].upper()}{words[1:]} are in the usual range",
        why,
    )
    middle = _quantile(values, 0.5, "linear")
    shown = f"{value_in_words(middle)} {unit}".strip()
    yield (
        "expect_column_median_to_be_between",
        {"column": name, **_widened(middle, middle, whole=values.dtype.is_integer())},
        "info",
        f"The median of {words} is where it was",
        f"The median of {len(values):,} {words} is {shown}; a fifth less to a fifth more is allowed.",
    )


def _band(column: pl.Series) -> _Draft:
    """Between which a share may be: what chance makes of so many rows, and a fifth."""
    rows, count = len(column), int(column.sum())
    share = count / rows
    noise = _ERRORS * (max(share * (1 - share), 1 / rows) / rows) ** 0.5
    slack = noise + share * _SLACK
    low, high = _rounded(max(0.0, share - slack), math.floor), _rounded(min(1.0, share + slack), math.ceil)
    words = _SHARES[column.name]
    why = (
        f"{count:,} of {rows:,} records were {words}, {100 * share:.1f} %; chance makes ± {100 * noise:.1f} of so "
        "many, and a fifth less to a fifth more is allowed."
    )
    return (
        "expect_column_mean_to_be_between",
        {"column": column.name, "min_value": low, "max_value": min(1.0, high)},
        "warning",
        f"As many records were {words} as usual",
        why,
    )


def _of_the_set(column: pl.Series) -> _Draft:
    """The most that a number of the whole set may be."""
    value = float(column[0])
    words = column.name.replace("_", " ")
    most = max(_rounded(value * (1 + _SLACK), math.ceil), _LEAST_OF_THE_SET)
    return (
        "expect_column_values_to_be_between",
        {"column": column.name, "max_value": most},
        "warning",
        f"There are hardly more {words} than before",
        f"There are {value_in_words(value)} {words} for each record; a fifth more is allowed, and one in ten records.",
    )


def _uniqueness(column: pl.Series) -> Iterator[_Draft]:
    words, _ = _words(column.name)
    values = column.drop_nulls()
    shared = int(values.is_duplicated().sum())
    share = _share(shared, len(values))
    told = (
        f"{shared:,} of {len(values):,} {words} are shared"
        if shared
        else f"No two of {len(values):,} {words} are the same"
    )
    if share is not None and share >= 0.9:
        yield (
            "expect_column_values_to_be_unique",
            {"column": column.name, "mostly": share},
            "warning",
            f"Hardly any two kept records have the same {words.removesuffix('s')}",
            f"{told}; {_allowance(shared, len(values))} be.",
        )


def _values(column: pl.Series) -> _Draft:
    words, _ = _words(column.name)
    counts = column.drop_nulls().value_counts(sort=True).sort("count", column.name, descending=[True, False])
    total = int(counts["count"].sum())
    first, often = counts.row(0)
    others = counts.height - 1
    rest = f", the others in {others} more language{'s' if others > 1 else ''}" if others else ""
    return (
        "expect_column_values_to_be_in_set",
        {"column": column.name, "value_set": sorted(counts[column.name]), "mostly": _ASKED},
        "warning",
        f"There are no other {words} than before",
        f"{often:,} of {total:,} records are in {first}{rest}; {_percent(1 - _ASKED)} may be in others.",
    )


def _quantile(values: pl.Series, share: float, interpolation: Literal["lower", "higher", "linear"]) -> float:
    found = values.quantile(share, interpolation)
    return float(found or 0.0)


def _widened(low: float, high: float, *, whole: bool) -> dict[str, float]:
    """Bounds a fifth outside, rounded outwards to two digits; a share stays one.

    >>> _widened(212, 2450, whole=True)
    {'min_value': 160, 'max_value': 3000}
    >>> _widened(0.91, 1.0, whole=False)
    {'min_value': 0.72, 'max_value': 1.0}
    """
    below, above = low - abs(low) * _SLACK, high + abs(high) * _SLACK
    bottom, top = _rounded(below, math.floor), _rounded(above, math.ceil)
    if whole:
        return {"min_value": math.floor(bottom), "max_value": math.ceil(top)}
    if low >= 0 and high <= 1:
        top = min(top, 1.0)
    return {"min_value": bottom, "max_value": top}


def _rounded(value: float, towards: Callable[[float], int]) -> float:
    """Two significant digits, in one direction.

    >>> _rounded(2940, math.ceil), _rounded(0.7777, math.floor), _rounded(0, math.floor)
    (3000.0, 0.77, 0.0)
    """
    if value == 0:
        return 0.0
    digits = 1 - math.floor(math.log10(abs(value)))
    step = 10.0**-digits
    return round(towards(round(value / step, 6)) * step, max(digits, 0))


def _share(failing: int, rows: int) -> float | None:
    """The share of rows that may be asked for where some fail today: twice as many, one in a hundred at least.

    >>> _share(0, 519), _share(12, 519), _share(519, 519)
    (0.99, 0.95, None)
    """
    asked = 1 - max(0.01, 2 * failing / rows if rows else 0.0)
    rounded = math.floor(round(asked * 100, 6)) / 100
    return rounded if rounded > 0 else None


def _allowance(failing: int, rows: int) -> str:
    return "one in a hundred may" if 2 * failing <= 0.01 * rows else "twice as many may"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _having_none(missing: int, rows: int) -> str:
    if not missing:
        return f"All {rows:,} records have one"
    return f"{missing:,} of {rows:,} records {'has' if missing == 1 else 'have'} none"


def _having_some(hits: int, rows: int) -> str:
    if not hits:
        return f"None of {rows:,} records has any"
    return f"{hits:,} of {rows:,} records {'has' if hits == 1 else 'have'} some"


def _words(name: str) -> tuple[str, str]:
    return _WORDS.get(name, (f"values of {name}", ""))


def _to_json(name: str, about: str, frame: str, items: list[dict[str, Any]]) -> str:
    """JSON as people edit it: every expectation a block, what it takes on one line."""
    blocks = ["    {\n" + ",\n".join(_line(key, item[key]) for key in item) + "\n    }" for item in items]
    meta = f'    "about": {_inline(about)},\n    "frame": {_inline(frame)}\n'
    head = f'  "name": {_inline(name)},\n  "meta": {{\n{meta}  }},\n'
    return "{\n" + head + '  "expectations": [\n' + ",\n".join(blocks) + "\n  ]\n}\n"


def _line(key: str, value: Any) -> str:
    return f"      {_inline(key)}: {_inline(value)}"


def _inline(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
