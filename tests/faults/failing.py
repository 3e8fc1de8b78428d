"""What goes wrong in a process: a kill at a certain moment, a disk that is full, memory that is short."""

import builtins
import errno
import importlib
import os
import resource
import signal
import threading
import time
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path

from dedupkit import outputs

#: Calls that make, move, remove or settle files.
CALLS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync")


def kill_at(number):
    """Kill this process at such a call below the current folder: just before its call of that number, from 1."""
    here = str(Path.cwd())
    left = number

    def count(call):
        @wraps(call)
        def counted(path, *arguments, **named):
            nonlocal left
            where = f"/proc/self/fd/{path}" if isinstance(path, int) else path
            if os.path.realpath(where).startswith(here):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(path, *arguments, **named)

        return counted

    for name in CALLS:
        setattr(os, name, count(getattr(os, name)))
    outputs._exchange_at_once = count(outputs._exchange_at_once)


def largest_file(size):
    """No file may become larger than so many bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def no_room_to_keep(_):
    """The disk is full whenever a stage is kept."""
    from dedupkit import resume  # noqa: PLC0415  after what is imported with it

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    resume.sync = full


def two_steps(_):
    """A file system on which folders are not exchanged in one step."""
    outputs._exchange_at_once = lambda *_: False


def raises(told):
    """A function raises an error: ``{module.function: name of the error}``."""
    for place, error in told.items():
        module, _, name = place.rpartition(".")
        setattr(importlib.import_module(module), name, partial(_fail, getattr(builtins, error)))


def _fail(error, *_, **__):
    raise error


def worker_killed(_):
    """The first process that repairs texts is killed, as a kernel does that has no memory left."""

    def kill():
        while True:
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    own = int((process / "stat").read_text().rpartition(") ")[2].split()[1]) == os.getpid()
                    if own and "popen_loky" in (process / "cmdline").read_text():
                        os.kill(int(process.name), signal.SIGKILL)
                        return
            time.sleep(0.01)

    threading.Thread(target=kill, daemon=True).start()


def only_write(text):
    """Write results, a report and what a stage keeps, all of them that text, in the place of the whole command."""
    from dedupkit import cli  # noqa: PLC0415  that it is not loaded where it is not wanted

    def main(_):
        import polars as pl  # noqa: PLC0415

        from dedupkit.resume import Packed, Stages  # noqa: PLC0415
        from dedupkit.work import begin, clear, work_folder  # noqa: PLC0415

        out, rows = Path("cleaned"), pl.DataFrame({"text": [text]})
        outputs.check_folder(out)
        folder = work_folder(out)
        with outputs.holding(folder, out):
            begin(folder, {"settings": text}, resume=False)
            Stages(folder)._keep("reading", Packed({"rows": rows}, {}))
            outputs.write_folder(out, {"records.parquet": rows, "facts.json": {"text": text}})
            outputs.write_files(Path("reports"), {"facts.json": {"text": text}, "index.html": text})
            clear(folder)

    cli.main = main
