"""Results appear whole or not at all: written beside their place, then exchanged for what was there."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What ``clean`` and ``dedup`` write; a folder with anything else in it is not theirs to replace.
OUTPUT_FILES: Final = frozenset(
    {
        "records.parquet",
        "clean.parquet",
        "pairs.parquet",
        "unparsed.parquet",
        "facts.json",
        "clusters.parquet",
    }
)

#: How tables are written. Level 1 is a third faster than 3 and a seventh larger; a group of rows is in memory while it is
#: written; and each of its columns is one page, for where smaller ones end depends on how a frame lies in memory.
_PARQUET: Final[dict[str, Any]] = {
    "compression_level": 1,
    "row_group_size": 16_384,
    "data_page_size": 1 << 30,
}

_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100


def check_folder(out: Path, owned: frozenset[str] = OUTPUT_FILES, flag: str = "--out") -> None:
    """Refuse, before the work, a folder that results cannot replace.

    Args:
        out: The folder; it need not be there.
        owned: Names that may be in it, for dedupkit wrote them.
        flag: The flag that names it.

    Raises:
        UsageError: It is a file, or holds files that dedupkit did not write.
        InputError: It cannot be made or written to.
    """
    place = out.resolve()  # "missing/../there" is there
    if out.is_symlink() or (place.exists() and not place.is_dir()):
        raise UsageError(
            f"{out}: results need a folder, and this is a file or a link.", f"name another with {flag}."
        )
    if place.is_dir():
        strange = sorted({path.name for path in place.iterdir()} - owned)
        if strange:
            raise UsageError(
                f"{out}: this folder holds {strange[0]!r}"
                + (f" and {len(strange) - 1} more entries" if len(strange) > 1 else "")
                + " that dedupkit did not write, and results replace the whole folder.",
                f"name a new folder with {flag}.",
            )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}."):
            pass
    except OSError as error:
        raise InputError(
            f"{out}: results cannot be written there ({error.strerror}).", f"name another folder with {flag}."
        ) from error


def write_folder(
    out: Path,
    files: Mapping[str, pl.DataFrame | pl.LazyFrame | Mapping[str, Any] | bytes],
    flag: str = "--out",
) -> None:
    """Write tables (Parquet), facts (JSON) and bytes as one folder, in place of an earlier one.

    Args:
        out: The folder.
        files: What goes into it, by name; a name may have folders in it.
        flag: The flag that names it.

    Raises:
        InputError: It could not be written; what was there is as it was.
    """
    place = out.resolve()
    try:
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{out.name}.") as parent:
            fresh = Path(parent, place.name)
            fresh.mkdir()
            for name, content in files.items():
                (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                _write_file(fresh / name, content)
            _exchange(fresh, place)
    except (OSError, pl.exceptions.PolarsError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{out}: the results could not be written ({told}).",
            f"make room, or name another folder with {flag}; an earlier result is unchanged.",
        ) from error


@contextmanager
def writing_aside(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to; it takes that place when all went well, and is gone when not.

    Raises:
        InputError: It could not be written; what was there is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.resolve().parent, prefix=f".{path.name}.") as parent:
            aside = Path(parent, path.name)
            yield aside
            with aside.open("rb") as file:
                os.fsync(file.fileno())
            aside.replace(path)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}).", "name another place."
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: It could not be written.
    """
    with writing_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_table(path: Path, rows: pl.LazyFrame) -> None:
    """Write a table (Parquet) whole or not at all; its rows are never in memory all at once.

    Raises:
        InputError: It could not be written.
    """
    with writing_aside(path) as aside:
        rows.sink_parquet(aside, **_PARQUET)


def to_json(facts: Mapping[str, Any]) -> str:
    """Facts as ``facts.json`` holds them: keys in their order, text as it is, one line feed at the end."""
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _write_file(path: Path, content: pl.DataFrame | pl.LazyFrame | Mapping[str, Any] | bytes) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, pl.LazyFrame):  # the same bytes, and never all rows in memory
        content.sink_parquet(path, **_PARQUET)
    elif isinstance(content, pl.DataFrame):
        content.write_parquet(path, **_PARQUET)
    else:
        path.write_text(to_json(content), encoding="utf-8")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _exchange(fresh: Path, place: Path) -> None:
    """Put ``fresh`` where ``place`` is; what was there ends in the folder of ``fresh`` and goes with it."""
    if not place.exists():
        fresh.rename(place)
        return
    if _exchange_at_once(fresh, place):
        return
    aside = fresh.with_name(f"{fresh.name}.before")
    place.rename(aside)
    try:
        fresh.rename(place)
    except OSError:
        aside.rename(place)
        raise
    shutil.rmtree(aside)


def _exchange_at_once(one: Path, other: Path) -> bool:
    """Exchange two folders in one step (Linux), so that no moment is without a result."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    status: int = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if status != 0 and ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS, errno.EPERM):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return status == 0
