"""Lists of hashes of many records in two arrays, as Arrow holds lists."""

from __future__ import annotations

import mmap
import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from dedupkit.errors import InputError

#: Bytes of hashes above which they lie in a file, not in memory.
IN_MEMORY: Final = 1 << 28

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class Ragged(NamedTuple):
    """Record r's hashes are ``values[starts[r]:starts[r] + counts[r]]``.

    Attributes:
        values: uint64.
        starts: int64, one more than there are records; rows may be longer than what is in use.
        counts: int32, one for each record.
    """

    values: NDArray[np.uint64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int32]


@contextmanager
def spilling() -> Iterator[None]:
    """Writing to temporary files.

    Raises:
        InputError: They cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"temporary files cannot be written ({error.strerror or 'there is no room'}).",
            "make room for them, or name a folder with more in TMPDIR.",
        ) from error


def room_for(length: int) -> NDArray[np.uint64]:
    """An array for so many hashes: in memory while they are few, else in a file.

    >>> room_for(2).shape
    (2,)
    """
    if length * 8 <= IN_MEMORY:
        return np.empty(length, np.uint64)
    with spilling(), tempfile.TemporaryFile() as file:
        if hasattr(os, "posix_fallocate"):  # else a disk that is full kills whoever writes to the array
            os.posix_fallocate(file.fileno(), 0, max(length * 8, 1))
        return np.memmap(file, np.uint64, "r+", shape=(length,))


def let_go(values: NDArray[np.uint64]) -> None:
    """Take hashes that lie in a file out of this process's memory; they come again when they are looked at.

    >>> let_go(room_for(2))
    """
    if isinstance(values.base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        values.base.madvise(mmap.MADV_DONTNEED)


def ragged(values: NDArray[np.uint64], counts: NDArray[np.int32]) -> Ragged:
    """Lists that lie one behind the other.

    >>> ragged(np.array([5, 6, 7], np.uint64), np.array([2, 0, 1], np.int32)).starts.tolist()
    [0, 2, 2, 3]
    """
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return Ragged(values, starts, counts)


def compact(lists: Ragged) -> Ragged:
    """The same lists without what is not in use between them.

    >>> compact(Ragged(np.array([5, 0, 7], np.uint64), np.array([0, 2, 3]), np.array([1, 1], np.int32))).values.tolist()
    [5, 7]
    """
    if int(lists.counts.sum()) == len(lists.values):
        return lists
    ends = np.cumsum(lists.counts, dtype=np.int64)
    places = np.repeat(lists.starts[:-1] - (ends - lists.counts), lists.counts) + np.arange(
        ends[-1] if len(ends) else 0
    )
    return ragged(lists.values[places], lists.counts)


def concatenate(parts: Iterable[Ragged]) -> Ragged:
    """The lists of all parts, one part behind the other: in memory while they are few, else in a file.

    >>> part = ragged(np.array([5, 6], np.uint64), np.array([1, 1], np.int32))
    >>> concatenate([part, part]).counts.tolist()
    [1, 1, 1, 1]
    """
    counts = [np.empty(0, np.int32)]
    values: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    file = None
    for part in map(compact, parts):
        counts.append(part.counts)
        values.append(part.values)
        with spilling():
            if file is None and sum(own.nbytes for own in values) > IN_MEMORY:
                file = tempfile.TemporaryFile()  # noqa: SIM115  closed below, when it is mapped
            if file is not None:
                for own in values:
                    own.tofile(file)
                values.clear()
    if file is None:
        return ragged(np.concatenate(values), np.concatenate(counts))
    with spilling(), file:
        file.flush()
        return ragged(np.memmap(file, np.uint64, "r"), np.concatenate(counts))


def to_series(name: str, lists: Ragged) -> pl.Series:
    """As a column of lists."""
    packed = compact(lists)
    array = pa.LargeListArray.from_arrays(packed.starts, packed.values)
    return pl.Series(name, pl.from_arrow(array))


def from_series(column: pl.Series) -> Ragged:
    """A column of lists of hashes; null is as empty."""
    return ragged(
        column.explode(empty_as_null=False).drop_nulls().to_numpy().astype(np.uint64, copy=False),
        column.list.len().fill_null(0).to_numpy().astype(np.int32),
    )
