"""Runs of the command in processes of their own that begin with everything imported: forks of this one.

Reads a job a line (JSON) on stdin and answers with its process id, then with how it ended. No library has begun
threads of its own here, so a fork is as good as a new process, and starts in a moment.
"""

import importlib
import json
import os
import signal
import sys

from dedupkit import cli

#: What a run imports on its way; numba loads what it compiled.
MODULES = """dedupkit.pipeline dedupkit.show dedupkit.config great_expectations dedupkit.language.exact
    dedupkit.repair.phases dedupkit.repair.stripped.kernels dedupkit.repair.stripped.plain_kernels
    dedupkit.matches.pair_kernels dedupkit.quality.validate jinja2 rich.console""".split()


def run(job):
    """Be the process of a job: ``arguments`` of the command, ``set`` constants, ``faults`` (see ``failing.py``)."""
    os.setsid()
    os.chdir(job["folder"])
    log = os.open(job["log"], os.O_WRONLY)
    for number in (1, 2):
        os.dup2(log, number)
    for place, value in job.get("set", {}).items():
        module, _, name = place.rpartition(".")
        setattr(importlib.import_module(module), name, value)
    for fault, told in job.get("faults", {}).items():
        getattr(importlib.import_module("failing"), fault)(told)
    cli.main(job["arguments"])


def serve():
    """Fork for each job."""
    for module in MODULES:
        importlib.import_module(module)
    importlib.import_module("dedupkit.language.profiles").load_profiles()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _tell("ready")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                run(json.loads(line))
                os._exit(0)
            except SystemExit as ended:
                sys.stdout.flush()
                os._exit(ended.code or 0)
            except BaseException:  # noqa: BLE001  a fork ends here, whatever happens
                sys.excepthook(*sys.exc_info())
                os._exit(70)
        _tell(child)
        _, status, used = os.wait4(child, 0)
        _tell(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime)


def _tell(*answer):
    sys.stdout.write(" ".join(map(str, answer)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
