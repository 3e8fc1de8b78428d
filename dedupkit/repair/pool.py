"""Many texts repaired on all cores: the repairs hold the GIL, so processes share the work."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dedupkit.repair.edits import Change

#: Characters of all texts below which one process is as fast: others take half a second to start.
_FEW_CHARS: Final = 1_500_000

#: Texts that a process is given at a time.
_TEXTS_AT_ONCE: Final = 128

#: Lists of texts that wait for each process.
_AHEAD: Final = 4


def repair_all(
    repair: Callable[[str], tuple[str, list[Change]]], texts: Sequence[str]
) -> Iterator[tuple[str, list[Change]]]:
    """Repair texts, in their order; on as many processes as polars has threads when they are many."""
    if pl.thread_pool_size() == 1 or sum(map(len, texts)) < _FEW_CHARS:
        yield from map(repair, texts)
        return
    from loky import get_reusable_executor  # noqa: PLC0415  rarely wanted

    # loky's processes do not import the main module: a script needs no guard, and a notebook works
    try:
        executor = get_reusable_executor(max_workers=pl.thread_pool_size())
    except OSError:  # a machine that lends no semaphores
        yield from map(repair, texts)
        return
    waiting: deque[Any] = deque()
    try:
        for first in range(0, len(texts), _TEXTS_AT_ONCE):
            waiting.append(executor.submit(_each, repair, texts[first : first + _TEXTS_AT_ONCE]))
            if len(waiting) > _AHEAD * pl.thread_pool_size():
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:  # not executor.map: it cancels what waits, and loky is loud about that
        executor.shutdown(wait=False, kill_workers=True)


def _each(
    repair: Callable[[str], tuple[str, list[Change]]], texts: Sequence[str]
) -> list[tuple[str, list[Change]]]:
    return [repair(text) for text in texts]
