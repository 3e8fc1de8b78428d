"""A Spark cluster of its own on loopback, whose machines can be killed."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descendants(pid):
    """All processes below one, itself the last."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (OSError, ProcessLookupError):
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.insert(0, one)
        waiting += children.get(one, [])
    return found


def kill(process):
    """As when a machine loses power: the process and all below it, at once."""
    for pid in descendants(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


class Cluster:
    """A standalone master and workers of one core each."""

    def __init__(self, folder, workers=2):
        import pyspark  # noqa: PLC0415  # may be missing

        from dedupkit.spark.java import find_java  # noqa: PLC0415

        self._spark_class = Path(pyspark.__file__).parent / "bin" / "spark-class"
        self._folder = folder
        self._environment = {
            **os.environ,
            **find_java(os.environ),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(folder),
        }
        self._log = (folder / "cluster.log").open("wb")
        self.url = f"spark://127.0.0.1:{free_port()}"
        port = self.url.rpartition(":")[2]
        self._master = self._start(
            "master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", "0"
        )
        self._wait_for(int(port))
        self.workers = [self.add_worker() for _ in range(workers)]

    def add_worker(self):
        options = ("--host", "127.0.0.1", "-c", "1", "-m", "1g", "--webui-port", "0")
        return self._start("worker.Worker", self.url, *options, "-d", str(self._folder))

    def _start(self, name, *options):
        return subprocess.Popen(
            [self._spark_class, f"org.apache.spark.deploy.{name}", *options],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
        )

    def _wait_for(self, port):
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError((self._folder / "cluster.log").read_text())

    def close(self):
        for process in (*self.workers, self._master):
            kill(process)
        self._log.close()
