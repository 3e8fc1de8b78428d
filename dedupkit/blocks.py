"""Columns of text as kernels see them, and blocks of their rows in threads."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from numpy.typing import NDArray

T = TypeVar("T")
R = TypeVar("R")


class TextBuffers(NamedTuple):
    """A column of texts as Arrow holds it; a missing text is an empty one.

    Attributes:
        data: uint8, all texts in UTF-8.
        offsets: int64, text r is ``data[offsets[r]:offsets[r + 1]]``.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.offsets) - 1


def text_buffers(texts: pl.Series) -> TextBuffers:
    """The Arrow buffers of a column of texts.

    >>> data, offsets = text_buffers(pl.Series(["ab", None, "c"]))
    >>> bytes(data), offsets.tolist()
    (b'abc', [0, 2, 2, 3])
    """
    array = texts.cast(pl.String).fill_null("").rechunk().to_arrow()
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    if not data:
        return TextBuffers(np.empty(0, dtype=np.uint8), ends)
    return TextBuffers(np.frombuffer(data, dtype=np.uint8), ends)


def in_blocks(length: int, run: Callable[[int, int], object], block: int = 1_024) -> None:
    """Call ``run(first, last)`` for blocks of rows, on all cores; kernels release the GIL.

    On a thread of ``in_order`` it calls one after the other: the cores have work already.

    >>> seen = []
    >>> in_blocks(5, lambda first, last: seen.append((first, last)), block=3)
    >>> sorted(seen)
    [(0, 3), (3, 5)]
    """
    starts = range(0, length, block)
    if len(starts) <= 1 or getattr(_this_thread, "is_busy", False):
        for first in starts:
            run(first, min(first + block, length))
        return
    list(_threads().map(lambda first: run(first, min(first + block, length)), starts))


def from_blocks(
    length: int, run: Callable[[int, int], NDArray[np.uint64]], block: int = 1_024
) -> NDArray[np.uint64]:
    """What ``run`` gives for blocks of rows (``in_blocks``), one behind the other.

    >>> from_blocks(3, lambda first, last: np.arange(first, last, dtype=np.uint64), block=2).tolist()
    [0, 1, 2]
    """
    parts: dict[int, NDArray[np.uint64]] = {}
    in_blocks(length, lambda first, last: parts.__setitem__(first, run(first, last)), block)
    return np.concatenate([np.empty(0, np.uint64), *(parts[first] for first in sorted(parts))])


def in_order(run: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
    """Call ``run`` for each task, on all cores; results in the order of the tasks, few tasks ahead of them.

    >>> list(in_order(lambda task: task + 1, [3, 1, 2]))
    [4, 2, 3]
    """
    waiting: deque[Future[R]] = deque()
    for task in tasks:
        waiting.append(_threads().submit(run, task))
        if len(waiting) > pl.thread_pool_size():
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_this_thread = threading.local()


@cache
def _threads() -> ThreadPoolExecutor:
    def occupy() -> None:
        _this_thread.is_busy = True

    return ThreadPoolExecutor(max_workers=pl.thread_pool_size(), initializer=occupy)
