"""Suites: JSON files of expectations, read strictly.

Great Expectations drops an expectation with an unknown type or severity and then passes without it. A gate
that opens by a misspelling is none, so every mistake is an error that names the file and the line.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dedupkit.errors import UsageError
from dedupkit.quality.kinds import KINDS
from dedupkit.quality.metrics import FRAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: From the one that blocks a merge to the one that is only told.
SEVERITIES: Final = ("critical", "warning", "info")

DEFAULT_SUITE: Final = "cleaned"

_SUITE_KEYS: Final = ("name", "meta", "notes", "expectations")
_EXPECTATION_KEYS: Final = ("type", "kwargs", "severity", "description", "meta", "notes")
_META_KEYS: Final = ("rule", "why")
_REQUIRED_KEYS: Final = ("type", "kwargs", "severity", "description", "meta")
_OLD_KEYS: Final = ("expectation_suite_name", "expectation_type", "ge_cloud_id", "data_asset_type")


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite, as written in its file.

    Attributes:
        rule: Short name that reports use, unique in the suite, like ``DK001``.
        type: Type in Great Expectations' snake case.
        kwargs: What the type takes; not to be changed.
        severity: One of ``SEVERITIES``.
        description: What it is for, in one line.
        line: Line of the file on which it begins, from 1.
        why: How its limits came about; empty where the file does not say.
    """

    rule: str
    type: str
    kwargs: dict[str, Any] = field(hash=False)
    severity: str
    description: str
    line: int
    why: str = ""


@dataclass(frozen=True)
class Suite:
    """A suite that was read without finding a mistake.

    Attributes:
        name: Its name.
        path: The file that it was read from.
        sha256: Of the file's bytes, so that a report can say which version judged.
        expectations: At least one, in the order of the file.
        frame: What it judges, one of ``metrics.FRAMES``.
    """

    name: str
    path: Path
    sha256: str
    expectations: tuple[Expectation, ...]
    frame: str = "cleaned"


def find_suite(path: str | None, default: str = DEFAULT_SUITE) -> Path:
    """Choose the suite file: the one named, the project's own, or the one that ships with dedupkit.

    Args:
        path: The one named, or nothing.
        default: Which of those that ship: ``parsed``, ``cleaned`` or ``merge``.

    Raises:
        UsageError: If the file named is not there.
    """
    file = f"expectations/{default}.json"
    if path is not None:
        if not Path(path).is_file():
            raise UsageError(f"{path}: no such suite.", f"leave it out to use {file}.")
        return Path(path)
    package = Path(__file__).parents[1]
    places = (Path(file), package / file, package.parent / file)
    for place in places:  # this folder, the wheel, a source checkout
        if place.is_file():
            return place
    raise UsageError(f"{file} is neither here nor in the installation.", "name a suite, or reinstall.")


def load_suite(path: Path) -> Suite:
    """Read a suite.

    Raises:
        UsageError: For anything in it that would not be checked as meant, with file and line.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}.", "a suite is a JSON file in UTF-8.") from error
    suite, lines = parse_json(text, path, "expectations")
    name, items, frame = _suite_parts(suite, path)
    expectations = tuple(
        _expectation(item, line, f"{path}, line {line}", frame)
        for item, line in zip(items, lines, strict=True)
    )
    _refuse_repeats(expectations, path)
    return Suite(name, path, hashlib.sha256(content).hexdigest(), expectations, frame)


def parse_json(text: str, path: Path, items: str) -> tuple[Any, list[int]]:
    """The JSON value of a file, read strictly, and the line on which each of its ``items`` begins.

    Raises:
        UsageError: It is no JSON, or holds a key twice, or what is no number.
    """
    try:
        suite = json.loads(text)
        json.dumps(suite, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {error.lineno}: invalid JSON: {error.msg}.") from error
    except UnicodeEncodeError as error:
        raise UsageError(f"{path}: it holds half a character ({error.object[error.start]!a}).") from error
    except (ValueError, RecursionError) as error:  # thousands of digits, or of brackets
        raise UsageError(f"{path}: invalid JSON: {error}.") from error
    strict = json.JSONDecoder(object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    starts = list(_element_starts(text, items)) if isinstance(suite, dict) else []
    lines = [text.count("\n", 0, start) + 1 for start in starts]
    for start, line in [*zip(starts, lines, strict=True), (0, 1)]:  # each on its own, then the whole
        try:
            strict.raw_decode(text, start or _skip(text, 0))
        except ValueError as error:
            raise UsageError(f"{path}, line {line}: {error}.") from error
    return suite, lines


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different; JSON would keep the last of two and say nothing."""
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f'the key "{key}" occurs twice in one object')
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _suite_parts(suite: Any, path: Path) -> tuple[str, list[Any], str]:
    """The name, the raw expectations and the frame of a parsed suite."""
    place = f"{path}, line 1"
    if not isinstance(suite, dict):
        raise UsageError(f"{place}: a suite is a JSON object.", 'it begins with {"name": ...}.')
    refuse_unknown("key", suite, _SUITE_KEYS, place)
    if not (isinstance(suite.get("name"), str) and suite["name"].strip()):
        raise UsageError(f"{place}: the suite has no name.", 'add "name": "cleaned".')
    items = suite.get("expectations")
    if not (isinstance(items, list) and items):
        raise UsageError(f"{place}: no expectations.", "a suite without expectations would always pass.")
    meta = suite.get("meta", {})
    if not isinstance(meta, dict):
        raise UsageError(f'{place}: "meta" is {json.dumps(meta)}, not an object.')
    refuse_unknown("key of meta", meta, ("about", "frame"), place)
    frame = meta.get("frame", "cleaned")
    refuse_unknown("frame", [frame], FRAMES, place)
    return suite["name"], items, frame


def _expectation(item: Any, line: int, place: str, frame: str) -> Expectation:
    if not isinstance(item, dict):
        raise UsageError(f"{place}: an expectation is a JSON object, not {json.dumps(item)}.")
    refuse_unknown("key", item, _EXPECTATION_KEYS, place)
    for key in _REQUIRED_KEYS:
        if key not in item:
            raise UsageError(
                f'{place}: the expectation has no "{key}".', f"it needs {', '.join(_REQUIRED_KEYS)}."
            )
    refuse_unknown("expectation type", [item["type"]], KINDS, place)
    refuse_unknown("severity", [item["severity"]], SEVERITIES, place)
    meta = item["meta"] if isinstance(item["meta"], dict) else {}
    refuse_unknown("key of meta", meta, _META_KEYS, place)
    texts = {"meta.rule": meta.get("rule"), "description": item["description"]}
    texts |= {"meta.why": meta["why"]} if "why" in meta else {}
    for key, value in texts.items():
        if not (isinstance(value, str) and value.strip()):
            raise UsageError(
                f"{place}: {key} is {json.dumps(value)}, not a text.", 'like "meta": {"rule": "DK001"}.'
            )
    _check_kwargs(item["type"], item["kwargs"], place, frame)
    return Expectation(
        rule=meta["rule"],
        type=item["type"],
        kwargs=item["kwargs"],
        severity=item["severity"],
        description=item["description"],
        line=line,
        why=meta.get("why", ""),
    )


def _check_kwargs(kind_name: str, kwargs: Any, place: str, frame: str) -> None:
    """Refuse keyword arguments that the type does not take, or values that it cannot use."""
    kind = KINDS[kind_name]
    if not isinstance(kwargs, dict):
        raise UsageError(f'{place}: "kwargs" is {json.dumps(kwargs)}, not an object.')
    refuse_unknown(f"keyword argument of {kind_name}", kwargs, sorted(kind.kwargs), place)
    for key in sorted(kind.required - kwargs.keys()):
        raise UsageError(
            f'{place}: {kind_name} has no "{key}".', f"it takes {', '.join(sorted(kind.kwargs))}."
        )
    if "min_value" in kind.optional and not kwargs.keys() & {"min_value", "max_value"}:
        raise UsageError(
            f"{place}: neither min_value nor max_value is given.", "without a limit all would pass."
        )
    for key, value in kwargs.items():
        _check_value(key, value, place, frame)
    if kwargs.get("min_value", -math.inf) > kwargs.get("max_value", math.inf):
        raise UsageError(
            f"{place}: min_value {kwargs['min_value']} is above max_value {kwargs['max_value']}."
        )


def _check_value(key: str, value: Any, place: str, frame: str) -> None:
    is_number = is_finite(value)
    if key == "column":
        refuse_unknown(f"column of the frame {frame}", [value], FRAMES[frame], place)
    elif key == "mostly" and not (is_number and 0 < value <= 1):
        raise UsageError(f"{place}: mostly is {json.dumps(value)}, not a share above 0 and up to 1.")
    elif key in {"min_value", "max_value", "value"} and not is_number:
        raise UsageError(
            f"{place}: {key} is {json.dumps(value)}, not a number.", "leave it out for no limit."
        )
    elif key in {"strict_min", "strict_max"} and not isinstance(value, bool):
        raise UsageError(f"{place}: {key} is {json.dumps(value)}, neither true nor false.")
    elif key == "value_set" and not (isinstance(value, list) and value):
        raise UsageError(f"{place}: value_set is {json.dumps(value)}, not a list of values.")
    elif key == "regex":
        try:
            re.compile(value)
        except (re.error, TypeError, OverflowError, RecursionError) as error:
            raise UsageError(f"{place}: invalid regex {json.dumps(value)}: {error}.") from error


def is_finite(value: Any) -> bool:
    """Whether a JSON value is a number, and not one beyond all numbers.

    >>> is_finite(1.5), is_finite(True), is_finite(1e999), is_finite(10**400)
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def refuse_unknown(what: str, names: Iterable[Any], known: Iterable[str], place: str) -> None:
    """Refuse the first name that is not known, with the nearest one that is."""
    known = list(known)
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(str(name), known, n=1)
            hint = f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(known)}."
            if name in _OLD_KEYS:
                hint = "the file is of Great Expectations 0.x; 1.x has name, type, kwargs."
            raise UsageError(f"{place}: unknown {what} {json.dumps(name)}.", hint)


def _refuse_repeats(expectations: tuple[Expectation, ...], path: Path) -> None:
    """Refuse two expectations that ask for the same, or two with one rule name."""
    seen: dict[str, int] = {}
    for expectation in expectations:
        asked = json.dumps([expectation.type, expectation.kwargs], sort_keys=True)
        for key, what in (
            (asked, "the same expectation"),
            (expectation.rule, f"the rule {expectation.rule}"),
        ):
            if key in seen:
                raise UsageError(
                    f"{path}, line {expectation.line}: {what} is already on line {seen[key]}.",
                    "remove one of them, or give it another rule.",
                )
            seen[key] = expectation.line


def _element_starts(text: str, key: str) -> Iterator[int]:
    """Where the elements of the list under a top-level key begin, in an object of valid JSON.

    >>> list(_element_starts('{"n": "[", "xs": [1, {}]}', "xs"))
    [18, 21]
    """
    decoder = json.JSONDecoder()
    at = _skip(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if name == key and text[at] == "[":
            at = _skip(text, at + 1)
            while text[at] != "]":
                yield at
                at = _skip(text, decoder.raw_decode(text, at)[1])
            at += 1
        else:
            _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    """The next position that holds no space, comma or colon."""
    while text[at] in " \t\r\n,:":
        at += 1
    return at
