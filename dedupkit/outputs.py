"""Results appear whole or not at all: written beside their place, then exchanged for what was there."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    #: A table (Parquet), facts (JSON), a text or bytes.
    Content: TypeAlias = pl.DataFrame | pl.LazyFrame | Mapping[str, Any] | str | bytes

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

_OS_ERROR_RE: Final = re.compile(r"\(os error (\d+)\)")

#: Where an earlier result is until a later one is in its place, if that takes two steps.
_BEFORE: Final = "before"

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
    with _telling(out, f"name another folder with {flag}."):
        place.parent.mkdir(parents=True, exist_ok=True)
        with _aside(place):
            pass


def check_report(report: Path, out: Path) -> None:
    """Refuse, before the work, a folder that no report can be written to.

    Raises:
        InputError: It is a file, or may not be written to.
        UsageError: It is that of the results, or in it.
    """
    if out.resolve() in (report.resolve(), *report.resolve().parents):
        raise UsageError(
            f"{report}: results replace the whole folder {out}, and the report would go with it.",
            "name another folder with --report.",
        )
    nearest = next(place for place in (report.resolve(), *report.resolve().parents) if place.exists())
    told = "" if nearest.is_dir() else "this is a file"
    if not os.access(nearest, os.W_OK | os.X_OK):
        told = "it may not be written to"
    if told:
        raise InputError(f"{report}: cannot be written ({nearest}: {told}).", "name another with --report.")


def write_folder(
    out: Path,
    files: Mapping[str, Content],
    flag: str = "--out",
) -> None:
    """Write tables (Parquet), facts (JSON), texts and bytes as one folder, in place of an earlier one.

    Args:
        out: The folder.
        files: What goes into it, by name; a name may have folders in it.
        flag: The flag that names it.

    Raises:
        InputError: It could not be written; what was there is as it was.
    """
    place = out.resolve()
    hint = f"make room, or name another folder with {flag}; an earlier result is unchanged."
    with _telling(out, hint), _aside(place) as aside:
        fresh = aside / "fresh"
        for name, content in files.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            _write_file(fresh / name, content)
        for folder, _, _ in os.walk(fresh):
            sync(Path(folder))
        _exchange(fresh, place, aside / _BEFORE)
        sync(place.parent)


def write_files(folder: Path, files: Mapping[str, Content]) -> None:
    """Write files beside whatever is in a folder: all aside first, then each takes its place, in their order.

    Raises:
        InputError: They could not be written.
    """
    place = folder.resolve()
    with _telling(folder, "make room, or name another place."):
        place.mkdir(parents=True, exist_ok=True)
        with _aside(place / list(files)[-1]) as aside:
            for name, content in files.items():
                _write_file(aside / name, content)
            for name in files:
                (aside / name).replace(place / name)
            sync(place)


@contextmanager
def writing_aside(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to; it takes that place when all went well, and is gone when not.

    Raises:
        InputError: It could not be written; what was there is as it was.
    """
    with _telling(path, "make room, or name another place."):
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe, or /dev/stdout
            yield path
            return
        place = path.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        with _aside(place) as folder:
            yield folder / place.name
            sync(folder / place.name)
            (folder / place.name).replace(place)
            sync(place.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        InputError: It could not be written.
    """
    with writing_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_table(path: Path, rows: pl.DataFrame) -> None:
    """Write a table (Parquet) whole or not at all.

    Raises:
        InputError: It could not be written.
    """
    with writing_aside(path) as aside:
        rows.write_parquet(aside, **_PARQUET)


@contextmanager
def holding(folder: Path, place: Path, *, waits: bool = False) -> Iterator[None]:
    """Make a folder if need be and hold it until the end: of this block, or of the process, however it ends.

    An empty folder is removed then. Where a file system knows no locks everybody holds it.

    Args:
        folder: The folder.
        place: What it is for.
        waits: Wait for whoever holds it.

    Raises:
        InputError: Another run holds it.
        OSError: It cannot be made.
    """
    handle = _hold(folder, waits=waits)
    if handle is None:
        raise InputError(
            f"{place}: another run is writing there.", "wait for its end, or name another place."
        )
    try:
        yield
    finally:
        with suppress(OSError):
            folder.rmdir()
        os.close(handle)


def _hold(folder: Path, *, waits: bool) -> int | None:
    while True:
        folder.mkdir(exist_ok=True)
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # who held it has just removed it
            continue
        if not _lock(handle, waits=waits):
            os.close(handle)
            return None
        if folder.exists() and os.path.samestat(os.fstat(handle), folder.stat()):
            return handle
        os.close(handle)


def _lock(handle: int, *, waits: bool) -> bool:
    try:
        import fcntl  # noqa: PLC0415  not everywhere

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except (OSError, ImportError):  # a file system or a system without locks
        return True
    return True


def sync(path: Path) -> None:
    """Have the disk hold what a file or a folder holds."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot for folders
            raise
    finally:
        os.close(handle)


def told(error: Exception) -> str:
    """What went wrong, in a line.

    >>> told(pl.exceptions.ComputeError("parquet: IO error: File too large (os error 27)"))
    'File too large'
    """
    as_polars_tells = _OS_ERROR_RE.search(str(error))
    number = int(as_polars_tells[1]) if as_polars_tells else getattr(error, "errno", None)
    return os.strerror(number) if number else str(error).partition("\n")[0]


@contextmanager
def _telling(place: Path, hint: str) -> Iterator[None]:
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{place}: cannot be written ({told(error)}).", hint) from error


@contextmanager
def _aside(place: Path) -> Iterator[Path]:
    """A folder of this process beside ``place`` to write in; gone in the end, with what a killed run left there."""
    folder = place.with_name(f".{place.name}.aside")
    with holding(folder, place, waits=True):
        try:
            _empty(folder, place)
            yield folder
        finally:
            _empty(folder, place)


def _empty(folder: Path, place: Path) -> None:
    if (folder / _BEFORE).exists() and not place.exists():  # who exchanged them in two steps made but one
        (folder / _BEFORE).rename(place)
    for path in folder.iterdir():
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()


def to_json(facts: Mapping[str, Any]) -> str:
    """Facts as ``facts.json`` holds them: keys in their order, text as it is, one line feed at the end."""
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _write_file(path: Path, content: Content) -> None:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    elif isinstance(content, pl.LazyFrame):  # the same bytes, and never all rows in memory
        content.sink_parquet(path, **_PARQUET)
    elif isinstance(content, pl.DataFrame):
        content.write_parquet(path, **_PARQUET)
    else:
        path.write_text(to_json(content), encoding="utf-8")
    sync(path)


def _exchange(fresh: Path, place: Path, before: Path) -> None:
    """Put ``fresh`` where ``place`` is; what was there ends beside where ``fresh`` was."""
    if not place.exists():
        fresh.rename(place)
    elif not _exchange_at_once(fresh, place):
        place.rename(before)
        fresh.rename(place)


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
