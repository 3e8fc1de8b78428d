"""A clock for engines that work in stages: wall time and processor time of each, its child processes included."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

#: Where ``/proc/PID/stat`` holds, after the name: the session, and the processor times of a process and of its
#: children that have ended (user, system).
_SESSION: Final = 3
_TIMES: Final = slice(11, 15)


class Stage(NamedTuple):
    """What a stage took.

    Attributes:
        name: Of the stage.
        seconds: Wall time.
        cpu_seconds: Processor time of all processes of the run.
    """

    name: str
    seconds: float
    cpu_seconds: float


class Clock:
    """Ends a stage when the next one is opened."""

    def __init__(self, first: str) -> None:
        """Open the first stage."""
        self._ended: list[Stage] = []
        self._name, self._wall, self._cpu = first, time.perf_counter(), cpu_seconds()

    def stage(self, name: str) -> Callable[[int, int], None]:
        """Open a stage, as ``dedupkit.pipeline.clean`` does; what is given back need not be told anything."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        self._ended.append(Stage(self._name, wall - self._wall, max(cpu - self._cpu, 0.0)))
        self._name, self._wall, self._cpu = name, wall, cpu
        return lambda _done, _total: None

    def write(self, path: Path) -> None:
        """End the last stage and write all of them as JSON; stages of one name are one."""
        self.stage("")
        stages: dict[str, Stage] = {}
        for name, seconds, cpu in self._ended:
            before = stages.get(name, Stage(name, 0.0, 0.0))
            stages[name] = Stage(name, before.seconds + seconds, before.cpu_seconds + cpu)
        path.write_text(json.dumps([stage._asdict() for stage in stages.values()]), encoding="utf-8")


def cpu_seconds() -> float:
    """Processor time so far of every process of this session: of a run, which ``measure.py`` gives one of its own.

    The system counts a child for its parent only when it has ended; processes that share the repairs may end stages
    later.
    """
    session, ticks = os.getsid(0), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (
                (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[_SESSION]) == session:
            ticks += sum(map(int, fields[_TIMES]))
    return ticks / os.sysconf("SC_CLK_TCK")
