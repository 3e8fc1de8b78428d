"""The work folder of a run, beside its results: its job, and what a run that was stopped goes on with."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

from dedupkit.errors import InputError
from dedupkit.outputs import sync
from dedupkit.progress import LOG

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_JOB: Final = "job.json"


def work_folder(out: Path) -> Path:
    """The work folder of results."""
    place = out.resolve()
    return place.with_name(f".{place.name}.work")


def begin(folder: Path, job: Mapping[str, Any], *, resume: bool) -> None:
    """Open a work folder for a job: as it is, or empty.

    Args:
        folder: The folder.
        job: All that results depend on, by name.
        resume: Go on with what is there.

    Raises:
        InputError: It cannot be written; or it is to be resumed, and there is none, or it is another job's.
    """
    before = _job_of(folder)
    if resume:
        if before is None:
            raise InputError(f"{folder}: there is no run to resume.", "run without --resume.")
        if differing := [name for name in sorted({*job, *before}) if job.get(name) != before.get(name)]:
            others = ", ".join(_differing(name, before.get(name), job.get(name)) for name in differing)
            raise InputError(
                f"{folder}: the run that was stopped had other {others}.",
                "give the same, or run without --resume.",
            )
        return
    if before == job and any(path.is_dir() for path in folder.iterdir()):
        LOG.info("What a stopped run has kept is let go of; with --resume this run would go on with it.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clear(folder)
        aside = folder / f"{_JOB}.aside"
        aside.write_text(json.dumps(job, indent=1, sort_keys=True), encoding="utf-8")
        sync(aside)
        aside.replace(folder / _JOB)
    except OSError as error:
        clear(folder)
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}).", "make room, or name another --out."
        ) from error


def clear(folder: Path) -> None:
    """Let go of all that is in a work folder; its job first, for what is left is no run to resume."""
    (folder / _JOB).unlink(missing_ok=True)
    for path in folder.iterdir():
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _job_of(folder: Path) -> dict[str, Any] | None:
    try:
        job: dict[str, Any] = json.loads((folder / _JOB).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return job


def _differing(name: str, before: Any, now: Any) -> str:
    """What differs, with the first of its parts that do.

    >>> _differing("settings", {"math": "off", "bands": "wide"}, {"math": "safe", "bands": "wide"})
    'settings (math)'
    """
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return name
    parts = [part for part in sorted({*before, *now}) if before.get(part) != now.get(part)]
    return f"{name} ({', '.join(parts[:3])}{', ...' if len(parts) > 3 else ''})"
