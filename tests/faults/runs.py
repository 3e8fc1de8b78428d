"""Runs of the command that a test may kill."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

#: What is run.
COMMAND = ("clean", "in", "--suite", "few.json")

#: Texts are repaired in processes of their own.
POOLED = {"dedupkit.repair.pool._FEW_BYTES": 0, "dedupkit.repair.pool._TEXTS_AT_ONCE": 1}

#: Stages are kept however short they are.
KEEPS = {"dedupkit.resume.KEEP_SECONDS": 0.0}


class Ended(NamedTuple):
    """How a run ended: its exit status, what it told, and the seconds of processor that it took."""

    status: int
    told: str
    seconds: float


class Server:
    """Starts runs (see ``server.py``), one at a time."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", Path(__file__).with_name("server.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == ["ready"]

    def _answer(self):
        return self._process.stdout.readline().split()

    def run(self, folder, *arguments, kill_after=None, **job):
        """Run the command in a folder; kill it and all of its processes when it has taken so many seconds of processor."""
        with tempfile.TemporaryDirectory() as temporary:
            log = Path(temporary, "log")
            os.mkfifo(log)  # no file: the job may have no room for one
            reader = ThreadPoolExecutor(1).submit(log.read_text, "utf-8")
            job |= {"arguments": [str(each) for each in arguments], "folder": str(folder), "log": str(log)}
            print(json.dumps(job), file=self._process.stdin, flush=True)
            process = int(self._answer()[0])
            while kill_after is not None and (taken := seconds_of(process)) is not None:
                if taken >= kill_after:
                    kill_all(process)
                    break
                time.sleep(0.002)
            status, seconds = self._answer()
            kill_all(process)  # its workers
            return Ended(int(status), reader.result(), float(seconds))

    def close(self):
        """End the process that starts others."""
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


def place_few(folder):
    """A suite with one expectation: judging is not what is disturbed here."""
    suite = json.loads((ROOT / "expectations" / "cleaned.json").read_text("utf-8"))
    suite["expectations"] = suite["expectations"][:1]
    (folder / "few.json").write_text(json.dumps(suite), "utf-8")


def kill_all(group):
    """Kill a run and its workers."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def seconds_of(process):
    """Seconds of processor that a process has taken; None when it has ended."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(") ")[2].split()
    except OSError:
        return None
    return None if told[0] in "ZX" else (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def contents(folder):
    """Every file below a folder by its path, hidden ones too; None where there is no folder."""
    if not folder.exists():
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
