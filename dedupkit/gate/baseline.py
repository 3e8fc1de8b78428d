"""Figures that were measured on a set once, and must not change by more than their noise."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dedupkit.errors import UsageError
from dedupkit.quality import Check, Suite
from dedupkit.quality.suite import is_finite, parse_json, refuse_unknown
from dedupkit.record import DUPLICATE_VERDICTS, IN_CLEAN, QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl

SCHEMA: Final = "dedupkit.baseline/1"
#: Name of the suite that the checks of a baseline are of.
BASELINE: Final = "baseline"

#: Which change of a figure is for the better.
HIGHER, LOWER, NEITHER = BETTER = ("higher", "lower", "neither")

#: Standard errors that a share of so many rows may be off, and the least noise of any share.
_ERRORS: Final = 3
_LEAST_NOISE: Final = 0.002
#: Languages of fewer rows are no figure.
_LEAST_SHARE: Final = 0.01
_DIGITS: Final = 4

_KEYS: Final = ("schema", "data", "figures")
_DATA_KEYS: Final = ("name", "sha256", "rows")
_FIGURE_KEYS: Final = ("figure", "value", "noise", "better")


class Figure(NamedTuple):
    """What was measured.

    Attributes:
        figure: Its name.
        value: A share.
        noise: How far it may be off without meaning anything.
        better: Which change is for the better, one of ``BETTER``.
        line: Line of the file on which it begins, from 1; 0 where it is not of a file.
    """

    figure: str
    value: float
    noise: float
    better: str
    line: int = 0


class Pin(NamedTuple):
    """A baseline, and what is wanted of it.

    Attributes:
        path: Its file.
        updates: Its figures are to be pinned anew: only those that are worse fail.
        may_loosen: Then they may be worse.
    """

    path: Path
    updates: bool = False
    may_loosen: bool = False


@dataclass(frozen=True)
class Baseline:
    """Figures, and what they were measured on.

    Attributes:
        path: The file.
        sha256: Of the data that they were measured on.
        figures: At least one.
    """

    path: Path
    sha256: str
    figures: tuple[Figure, ...]

    @property
    def suite(self) -> Suite:
        """What its checks are of."""
        return Suite(BASELINE, self.path, hashlib.sha256(self.path.read_bytes()).hexdigest(), ())


def measure_figures(records: pl.DataFrame, read: pl.DataFrame | None) -> list[Figure]:
    """Measure a set.

    Args:
        records: Its rows: ``language`` and ``abstract``.
        read: Every record that was read for it: ``verdict`` and ``repairs``. None where that is not known.

    >>> import polars as pl
    >>> records = pl.DataFrame({"language": ["en"] * 99 + ["fr"], "abstract": ["A text."] * 100})
    >>> [(each.figure, each.value) for each in measure_figures(records, None)]
    [('abstracts', 1.0), ('language en', 0.99), ('language fr', 0.01)]
    """
    return figures_of(count_rows(records), None if read is None else count_read(read))


def count_rows(records: pl.DataFrame) -> Counter[str]:
    """Count what figures tell of the rows of a set; counts of its parts add up (see ``measure_figures``)."""
    languages = records["language"].fill_null("unknown").value_counts()
    return Counter(
        {
            "rows": records.height,
            "abstracts": records.height - records["abstract"].null_count(),
            **{f"language {language}": count for language, count in languages.iter_rows()},
        }
    )


def count_read(read: pl.DataFrame) -> Counter[str]:
    """Count what figures tell of the records that were read for a set; counts of parts add up."""
    verdicts = read["verdict"]
    return Counter(
        {
            "rows": read.height,
            "kept": int(verdicts.is_in(IN_CLEAN).sum()),
            "repaired": int((read["repairs"].list.len() > 0).sum()),
            "quarantined": int((verdicts == QUARANTINED).sum()),
            **{verdict.replace("_", " "): int((verdicts == verdict).sum()) for verdict in DUPLICATE_VERDICTS},
        }
    )


def figures_of(rows: Counter[str], read: Counter[str] | None) -> list[Figure]:
    """Shares of what was counted.

    Args:
        rows: From ``count_rows``.
        read: From ``count_read``; None where that is not known.
    """
    figures = []
    if read is not None:
        better = {"kept": HIGHER, "quarantined": LOWER}
        named = ("kept", "repaired", "quarantined", *(each.replace("_", " ") for each in DUPLICATE_VERDICTS))
        figures = [_share(name, read, better.get(name, NEITHER)) for name in named]
    figures.append(_share("abstracts", rows, HIGHER))
    languages = sorted(name for name in rows if name.startswith("language "))
    figures += [
        _share(name, rows, NEITHER) for name in languages if rows[name] >= _LEAST_SHARE * rows["rows"]
    ]
    return figures


def _share(name: str, counted: Counter[str], better: str) -> Figure:
    """The share of some rows, and how far that of as many other rows may be off."""
    rows = max(counted["rows"], 1)
    share = counted[name] / rows
    noise = max(_LEAST_NOISE, _ERRORS * (share * (1 - share) / rows) ** 0.5)
    return Figure(name, round(share, _DIGITS), round(noise, _DIGITS), better)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file; of a folder, that of the names and hashes of its files."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    names = [f"{file.relative_to(path).as_posix()} {hash_of(file)}\n" for file in files]
    return hashlib.sha256("".join(names).encode()).hexdigest()


def is_baseline(path: Path) -> bool:
    """Whether a file says that it is a baseline."""
    return path.is_file() and f'"{SCHEMA}"' in path.read_text("utf-8", errors="replace")


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        UsageError: It is none, with file and line.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such baseline.", "write it with --update-baseline.")
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: cannot be read: {error}.", "a baseline is a JSON file in UTF-8."
        ) from error
    value, lines = parse_json(text, path, "figures")
    place = f"{path}, line 1"
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise UsageError(f"{place}: this is no baseline.", f'it begins with {{"schema": "{SCHEMA}"}}.')
    refuse_unknown("key", value, _KEYS, place)
    data, items = value.get("data"), value.get("figures")
    if not isinstance(data, dict) or not isinstance(data.get("sha256"), str):
        raise UsageError(
            f"{place}: it does not say which data was measured.", 'it needs "data": {"sha256": ...}.'
        )
    refuse_unknown("key of data", data, _DATA_KEYS, place)
    if not isinstance(items, list) or not items:
        raise UsageError(f"{place}: no figures.", "a baseline without figures would always hold.")
    figures = tuple(
        _figure(item, line, f"{path}, line {line}") for item, line in zip(items, lines, strict=True)
    )
    names = [each.figure for each in figures]
    for figure in figures:
        if names.count(figure.figure) > 1:
            raise UsageError(f"{path}, line {figure.line}: {figure.figure} is there twice.")
    return Baseline(path, data["sha256"], figures)


def _figure(item: Any, line: int, place: str) -> Figure:
    if not isinstance(item, dict) or set(item) != set(_FIGURE_KEYS):
        refuse_unknown("key", item if isinstance(item, dict) else (), _FIGURE_KEYS, place)
        raise UsageError(f"{place}: a figure has {', '.join(_FIGURE_KEYS)}.")
    for key in ("value", "noise"):
        if not is_finite(item[key]) or item[key] < 0:
            raise UsageError(f"{place}: {key} is {json.dumps(item[key])}, not a number from 0.")
    refuse_unknown("direction", [item["better"]], BETTER, place)
    return Figure(str(item["figure"]), float(item["value"]), float(item["noise"]), item["better"], line)


def check_baseline(
    baseline: Baseline, measured: Sequence[Figure], sha256: str, rows: int, *, may_improve: bool = False
) -> list[Check]:
    """Compare what is measured with what was: a check for each figure, all of them critical.

    A figure that has become better by more than its noise fails as well, unless it may.
    """
    found = _with_zeros(baseline, measured)
    same = "; the data is the same, so what changed is the code" if sha256 == baseline.sha256 else ""
    checks = []
    for figure in baseline.figures:
        now = found.get(figure.figure)
        moved = now is not None and is_beyond_noise(figure, now)
        moved &= not (may_improve and now is not None and _is_better(figure, now))
        checks.append(
            Check(
                rule=f"baseline {figure.figure}",
                expectation="baseline",
                description=f"As many as were measured: {figure.figure}",
                column=None,
                severity="critical",
                status="could not run" if now is None else "failed" if moved else "passed",
                limit=f"{figure.value:g} ± {figure.noise:g}",
                observed="nothing" if now is None else f"{now.value:g}{same if moved else ''}",
                rows=rows,
                error="" if now else "this candidate does not say what was read",
                suite=BASELINE,
                line=figure.line,
            )
        )
    return checks


def _with_zeros(baseline: Baseline, measured: Sequence[Figure]) -> dict[str, Figure]:
    """What is measured, by name; a language that is not there any more has a share of 0."""
    gone = {
        each.figure: each._replace(value=0.0)
        for each in baseline.figures
        if each.figure.startswith("language ")
    }
    return gone | {each.figure: each for each in measured}


def is_beyond_noise(pinned: Figure, now: Figure) -> bool:
    """Whether a figure has changed by more than its noise."""
    rounding = 0.1**_DIGITS / 2
    return abs(now.value - pinned.value) > pinned.noise + rounding


def _is_better(pinned: Figure, now: Figure) -> bool:
    return (pinned.better == HIGHER and now.value > pinned.value) or (
        pinned.better == LOWER and now.value < pinned.value
    )


def updated(measured: Sequence[Figure], pinned: Baseline | None, *, may_loosen: bool) -> list[Figure]:
    """The figures to pin: what is measured, with the noise and direction that people have stated.

    Unless it may loosen, a figure with a direction keeps the better value: small steps back do not add up.
    """
    old: Mapping[str, Figure] = {each.figure: each for each in pinned.figures} if pinned else {}
    figures = []
    for now in measured:
        was = old.get(now.figure)
        if was is None:
            figures.append(now)
            continue
        value = now.value
        if not may_loosen and was.better != NEITHER and not _is_better(was, now):
            value = was.value
        figures.append(was._replace(value=value))
    return figures


def as_json(figures: Sequence[Figure], name: str, sha256: str, rows: int) -> str:
    """A baseline as its file holds it: a figure a line."""
    lines = [
        json.dumps(
            {"figure": each.figure, "value": each.value, "noise": each.noise, "better": each.better},
            ensure_ascii=False,
        )
        for each in figures
    ]
    data = json.dumps({"name": name, "sha256": sha256, "rows": rows}, ensure_ascii=False)
    listed = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "data": {data},\n  "figures": [\n{listed}\n  ]\n}}\n'
