"""Run one command on some of the cores and write its wall time and peak memory.

    python benchmarks/measure.py REPORT.json CORES SECONDS COMMAND...

A process of its own, and a small one: Linux counts the memory of the process that starts a command as the command's
until it has begun, so a large parent would be measured instead.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple

#: How the libraries are told the number of threads.
_THREADS: Final = "POLARS_MAX_THREADS RAYON_NUM_THREADS NUMBA_NUM_THREADS OMP_NUM_THREADS".split()

_TOO_SLOW: Final = -signal.SIGKILL


class Measured(NamedTuple):
    """What a run took.

    Attributes:
        status: Exit status, negative for a signal.
        seconds: Wall time from start to exit.
        peak_mib: Largest resident memory of any of its processes.
        timed_out: Whether it was ended because it took too long.
    """

    status: int
    seconds: float
    peak_mib: float
    timed_out: bool


def measure(command: list[str], cores: int, limit_seconds: float) -> Measured:
    """Run a command in a group of its own; end the whole group after the limit.

    Args:
        command: Program and arguments.
        cores: How many of the allowed cores it may use.
        limit_seconds: When it is ended.
    """
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    environment = {**os.environ, **dict.fromkeys(_THREADS, str(cores))}
    started = time.perf_counter()
    child = subprocess.Popen(command, env=environment, start_new_session=True)
    clock = threading.Timer(limit_seconds, os.killpg, (child.pid, signal.SIGKILL))
    clock.start()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    clock.cancel()
    code = os.waitstatus_to_exitcode(status)
    return Measured(code, seconds, usage.ru_maxrss / 1024, code == _TOO_SLOW and seconds >= limit_seconds)


def main() -> None:
    """The command."""
    report, cores, seconds, *command = sys.argv[1:]
    measured = measure(command, int(cores), float(seconds))
    Path(report).write_text(json.dumps(measured._asdict()), encoding="utf-8")


if __name__ == "__main__":
    main()
