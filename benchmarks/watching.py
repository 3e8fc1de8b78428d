"""The processes below this one while a run goes on: memory, and processor time as it grows, by kind of process."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

if TYPE_CHECKING:
    from types import TracebackType

#: The command itself; Java; the Python processes that work for either.
DRIVER, JVM, WORKER = KINDS = ("driver", "jvm", "worker")

#: Between two looks: each takes some milliseconds.
_SECONDS: Final = 0.25

#: Where ``/proc/PID/stat`` holds, after the name: the parent, processor times, and pages of memory.
_PARENT: Final = 1
_TIMES: Final = slice(11, 13)
_PAGES: Final = 21


class Process(NamedTuple):
    """What the system tells of a process."""

    name: str
    parent: int
    cpu_seconds: float
    rss_mib: float


class Watch:
    """Looks at the processes below this one, from when it is entered until it is left."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self._cpu: dict[int, tuple[str, float]] = {}
        self._times: list[float] = []
        self._spent: list[list[float]] = []
        self.peaks_mib = dict.fromkeys((*KINDS, "all"), 0.0)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self._done.set()
        self._thread.join()

    def cpu_seconds(self, began: float, ended: float) -> dict[str, float]:
        """Processor time of each kind of process between two points of time."""
        spent = np.array(self._spent or [[0.0] * len(KINDS)]).T
        times = self._times or [began]
        return {
            kind: float(np.interp(ended, times, own) - np.interp(began, times, own))
            for kind, own in zip(KINDS, spent, strict=True)
        }

    def _look_on(self) -> None:
        while not self._done.wait(_SECONDS):
            self._look()

    def _look(self) -> None:
        processes = _processes()
        kinds = kinds_below(processes, os.getpid())
        for pid, kind in kinds.items():
            self._cpu[pid] = (kind, processes[pid].cpu_seconds)
            self.peaks_mib[kind] = max(self.peaks_mib[kind], _most_mib(pid))
        together = sum(processes[pid].rss_mib for pid in kinds)
        self.peaks_mib["all"] = max(self.peaks_mib["all"], together)
        self._times.append(time.time())
        self._spent.append(
            [sum(seconds for own, seconds in self._cpu.values() if own == kind) for kind in KINDS]
        )


def kinds_below(processes: dict[int, Process], top: int) -> dict[int, str]:
    """The kind of each process of a run, which is what ``measure.py`` has started.

    >>> found = {2: Process("python", 1, 0, 0), 3: Process("python", 2, 0, 0), 4: Process("java", 3, 0, 0)}
    >>> kinds_below(found | {5: Process("python", 4, 0, 0), 6: Process("java", 9, 0, 0)}, top=1)
    {3: 'driver', 4: 'jvm', 5: 'worker'}
    """
    kinds: dict[int, str] = {}
    below = [pid for pid, process in processes.items() if process.parent == top]
    for depth in range(len(processes)):
        below = [pid for pid, process in processes.items() if process.parent in below]
        if not below:
            break
        for pid in below:
            kinds[pid] = DRIVER if depth == 0 else JVM if processes[pid].name == "java" else WORKER
    return kinds


def _processes() -> dict[int, Process]:
    found = {}
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        name, _, rest = text.partition("(")[2].rpartition(")")
        fields = rest.split()
        cpu_seconds = sum(map(int, fields[_TIMES])) / tick
        rss_mib = int(fields[_PAGES]) * page / 2**20
        found[int(folder.name)] = Process(name, int(fields[_PARENT]), cpu_seconds, rss_mib)
    return found


def _most_mib(pid: int) -> float:
    """The most memory that a process has had so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
