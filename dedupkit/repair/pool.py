"""Many texts repaired on all cores: the repairs hold the GIL, so processes share the work."""

from __future__ import annotations

from collections import deque
from concurrent.futures import BrokenExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import polars as pl

from dedupkit.errors import worker_killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loky.process_executor import ProcessPoolExecutor

R = TypeVar("R")

#: Bytes of all texts below which one process is as fast: others take half a second to start.
_FEW_BYTES: Final = 4_000_000

#: Texts that a process is given at a time.
_TEXTS_AT_ONCE: Final = 160

#: Lists of texts that wait for each process.
_AHEAD: Final = 4


class Pool:
    """As many processes as polars has threads, for texts of so many bytes; this one where they are few.

    >>> with Pool(12) as pool:
    ...     list(pool.map(str.upper, ["a", "b"]))
    ['A', 'B']
    """

    def __init__(self, size: int) -> None:
        self._is_worth_it = pl.thread_pool_size() > 1 and size >= _FEW_BYTES
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        """Start the processes."""
        if self._is_worth_it:
            from loky import get_reusable_executor  # noqa: PLC0415  rarely wanted

            # loky's processes do not import the main module: a script needs no guard, and a notebook works
            with suppress(OSError):  # a machine that lends no semaphores
                self._executor = get_reusable_executor(max_workers=pl.thread_pool_size())
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        if self._executor:  # what waits is not cancelled: loky is loud about that
            self._executor.shutdown(wait=False, kill_workers=True)

    def map(self, function: Callable[[str], R], texts: Sequence[str]) -> Iterator[R]:
        """Call a function of each text; the results in order.

        Raises:
            InputError: One of the processes was killed.
        """
        if self._executor is None or len(texts) <= _TEXTS_AT_ONCE:
            yield from map(function, texts)
            return
        waiting: deque[Any] = deque()
        try:
            for first in range(0, len(texts), _TEXTS_AT_ONCE):
                waiting.append(self._executor.submit(_each, function, texts[first : first + _TEXTS_AT_ONCE]))
                if len(waiting) > _AHEAD * pl.thread_pool_size():
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenExecutor as error:
            raise worker_killed() from error


def _each(function: Callable[[str], R], texts: Sequence[str]) -> list[R]:
    return [function(text) for text in texts]
