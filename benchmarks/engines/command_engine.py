"""A command of dedupkit as it is typed, told when each of its stages begins and what lies in its work folder then.

python command_engine.py STAGES.json WORK_FOLDER clean CORPUS.parquet --engine spark ...
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Watcher:
    """Stages by when they begin, in seconds since 1970: what Spark logs of its tasks has the same clock."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self._began: list[tuple[str, float]] = [("Importing", time.time())]
        self._bytes: Counter[str] = Counter()

    @contextmanager
    def on_terminal(self, *, quiet: bool) -> Iterator[Callable[[str], Callable[[int, int], None]]]:
        """In place of ``dedupkit.progress.on_terminal``: nobody watches but this."""
        del quiet
        yield self._stage

    def _stage(self, name: str) -> Callable[[int, int], None]:
        self._began.append((name, time.time()))
        self._bytes |= folder_bytes(self._work)
        return lambda _done, _total: None

    def facts(self) -> dict[str, Any]:
        """What is told: stages and when they began, when the last ended, the most that each folder held."""
        return {"stages": self._began, "ended": time.time(), "work_bytes": self._bytes}


def folder_bytes(folder: Path) -> Counter[str]:
    """The bytes of the files in each folder of a folder; none where there is none."""
    found: Counter[str] = Counter()
    for path in folder.glob("*/**/*"):
        try:
            found[path.relative_to(folder).parts[0]] += path.lstat().st_size if path.is_file() else 0
        except OSError:  # it was put aside and has gone
            continue
    return found


def main() -> None:
    """Run the command, and write what was told whatever becomes of it."""
    told, work, *command = sys.argv[1:]
    watcher = Watcher(Path(work))
    from dedupkit import cli, progress  # noqa: PLC0415  importing is a stage

    progress.on_terminal = watcher.on_terminal
    try:
        cli.main(command)
    finally:
        Path(told).write_text(json.dumps(watcher.facts()), encoding="utf-8")


if __name__ == "__main__":
    main()
