"""Many texts repaired on all cores: the repairs hold the GIL, so processes share the work."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeVar

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

R = TypeVar("R")

#: Bytes of all texts below which one process is as fast: others take half a second to start.
_FEW_BYTES: Final = 1_500_000

#: Texts that a process is given at a time.
_TEXTS_AT_ONCE: Final = 128

#: Lists of texts that wait for each process.
_AHEAD: Final = 4


def repair_all(repair: Callable[[str], R], texts: pl.Series, rows: pl.Series) -> Iterator[R]:
    """Repair some rows of a column, in their order; on as many processes as polars has threads when they are many."""
    parts = (
        texts.gather(rows[first : first + _TEXTS_AT_ONCE]).to_list()
        for first in range(0, len(rows), _TEXTS_AT_ONCE)
    )
    if pl.thread_pool_size() == 1 or texts.str.len_bytes().gather(rows).sum() < _FEW_BYTES:
        yield from (repair(text) for part in parts for text in part)
        return
    from loky import get_reusable_executor  # noqa: PLC0415  rarely wanted

    # loky's processes do not import the main module: a script needs no guard, and a notebook works
    try:
        executor = get_reusable_executor(max_workers=pl.thread_pool_size())
    except OSError:  # a machine that lends no semaphores
        yield from (repair(text) for part in parts for text in part)
        return
    waiting: deque[Any] = deque()
    try:
        for part in parts:
            waiting.append(executor.submit(_each, repair, part))
            if len(waiting) > _AHEAD * pl.thread_pool_size():
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:  # not executor.map: it cancels what waits, and loky is loud about that
        executor.shutdown(wait=False, kill_workers=True)


def _each(repair: Callable[[str], R], texts: Sequence[str]) -> list[R]:
    return [repair(text) for text in texts]
