"""Progress of the stages, on stderr, when somebody watches."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: What people are told beside progress.
LOG: Final = logging.getLogger("dedupkit")


def unwatched(_name: str) -> Callable[[int, int], None]:
    """A stage that nobody watches."""
    return lambda _done, _total: None


@contextmanager
def on_terminal(*, quiet: bool) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
    """Bars on stderr, one for each stage, with rows a second and the time left; none where stderr is no terminal, or with ``quiet``.

    Yields:
        A function that opens a stage: it takes the stage's name and returns a function that is told how
        many of how many are done.
    """
    if quiet or not sys.stderr.isatty():
        with _saying(logging.NullHandler() if quiet else logging.StreamHandler()):
            yield unwatched
        return
    from rich.console import Console  # noqa: PLC0415  not needed where nobody watches
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[told]:>23}"),
        TextColumn("{task.fields[speed]:>12}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    with progress, _saying(logging.StreamHandler()):  # which writes above the bars

        def stage(name: str) -> Callable[[int, int], None]:
            for earlier in progress.tasks:
                whole = earlier.total or 1
                progress.update(earlier.id, total=whole, completed=whole)
            task = progress.add_task(name, total=None, told="", speed="")

            def advance(done: int, total: int) -> None:
                running = progress.tasks[task].elapsed
                speed = f"{done / running:,.0f}/s" if running else ""
                progress.update(task, completed=done, total=total, told=f"{done:,} of {total:,}", speed=speed)

            return advance

        yield stage


@contextmanager
def _saying(handler: logging.Handler) -> Iterator[None]:
    """What people are told goes to a handler."""
    handler.setFormatter(logging.Formatter("dedupkit: %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
