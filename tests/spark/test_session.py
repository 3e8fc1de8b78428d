"""A session of Spark starts in silence, runs our tasks, and leaves a process as it was."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from dedupkit.errors import InputError, UsageError
from dedupkit.spark import session as sessions
from dedupkit.spark.session import open_session, told

ROOT = Path(sessions.__file__).parents[2]

#: What every script below begins with.
PREAMBLE = """
import json, os, signal, sys
from types import SimpleNamespace
from dedupkit.spark.session import open_session, told

def settings(master=None, remote=None, **keys):
    return SimpleNamespace(spark_master=master, spark_remote=remote, spark={f"spark.{k}": v for k, v in keys.items()})

def same(batches):
    yield from batches

def seen(batches):
    import pyarrow, dedupkit.errors
    names = ("MALLOC_ARENA_MAX", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS")
    for batch in batches:
        told = [*map(os.environ.get, names), sys.executable, dedupkit.errors.__file__]
        yield pyarrow.RecordBatch.from_pydict({"told": [json.dumps(told)]})

def refuse(batches):
    from dedupkit.errors import UsageError
    for batch in batches:
        raise UsageError("a.txt: line 3 is odd.", "mend it.")
    yield batch

def divide(batches):
    for batch in batches:
        1 / 0
    yield batch

def failure(act):
    try:
        act()
    except Exception as error:
        return str(told(error))

def results(spark, **more):
    frame = spark.range(1, numPartitions=1)
    return {
        "module": type(spark).__module__,
        "count": spark.range(1000).mapInArrow(same, "id long").count(),
        "seen": json.loads(frame.mapInArrow(seen, "told string").collect()[0][0]),
        "refused": failure(frame.mapInArrow(refuse, "id long").collect),
        "divided": failure(frame.mapInArrow(divide, "id long").collect),
        "unknown": failure(lambda: spark.sql("select nope").collect()),
        "conf": {key: spark.conf.get(f"spark.sql.{key}") for key in (
            "adaptive.enabled", "execution.arrow.maxRecordsPerBatch", "session.timeZone", "shuffle.partitions"
        )},
        **more,
    }
"""


def run(script, folder, **environment):
    """What a script prints as JSON, with all warnings as errors; nothing else may come out of it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARK_", "PYSPARK_", "PYTEST_"))
    }
    program = folder / "script.py"
    program.write_text(PREAMBLE + textwrap.dedent(script), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", program],
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        timeout=600,
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    assert list(folder.iterdir()) == [program]  # Spark leaves nothing behind
    return json.loads(ran.stdout)


WORKER = ["2", "1", "1", "1", sys.executable, str(ROOT / "dedupkit" / "errors.py")]
DEFAULTS = {
    "adaptive.enabled": "true",
    "execution.arrow.maxRecordsPerBatch": "4096",
    "session.timeZone": "UTC",
    "shuffle.partitions": "4",
}


def assert_worked(results):
    """Tasks ran, in workers of our making, and what failed is told."""
    assert results["count"] == 1000
    assert results["seen"] == WORKER
    assert results["refused"] == "a.txt: line 3 is odd.\n\nHint: mend it."
    assert results["divided"].startswith(
        "Spark failed: ZeroDivisionError: division by zero\n\nHint: run again"
    )
    assert results["unknown"].startswith("Spark failed: [UNRESOLVED_COLUMN")
    assert "SQLSTATE" not in results["unknown"]


@pytest.mark.usefixtures("java")
def test_two_sessions_after_each_other_work_in_silence_and_leave_the_process_as_it_was(tmp_path):
    script = """
        before, answer = dict(os.environ), signal.getsignal(signal.SIGINT)
        with open_session(settings("local[2]")) as spark:
            first = results(spark, name=spark.sparkContext.appName, ui=spark.sparkContext.uiWebUrl)
            frame = spark.range(1)
        keys = {"sql.session.timeZone": "CET", "app.name": "mine", "sql.shuffle.partitions": "3",
                "executorEnv.OMP_NUM_THREADS": "2"}
        with open_session(settings("local[2]", **keys)) as spark:
            second = results(spark, name=spark.sparkContext.appName)
        del frame
        changed = [name for name in {*before, *os.environ} if before.get(name) != os.environ.get(name)]
        print(json.dumps([first, second, changed, answer is signal.getsignal(signal.SIGINT)]))
    """
    first, second, changed, answered = run(script, tmp_path)
    assert_worked(first)
    assert first["conf"] == DEFAULTS
    assert (first["name"], first["ui"]) == ("dedupkit", None)
    assert second["count"] == 1000
    assert second["conf"] == DEFAULTS | {"session.timeZone": "CET", "shuffle.partitions": "3"}
    assert second["seen"][2] == "2"
    assert second["name"] == "mine"
    assert changed == []
    assert answered


@pytest.mark.usefixtures("java")
def test_a_session_of_spark_connect_does_the_same(tmp_path):
    import pyspark  # noqa: PLC0415  # may be missing

    if int(pyspark.__version__.partition(".")[0]) < 4:
        pytest.skip("Spark 3.5 brings no server of Spark Connect")
    pytest.importorskip("grpc")
    script = """
        before = dict(os.environ)
        with open_session(settings(remote="local[2]")) as spark:
            first = results(spark)
        changed = [name for name in {*before, *os.environ} if before.get(name) != os.environ.get(name)]
        print(json.dumps([first, changed]))
    """
    first, changed = run(script, tmp_path)
    assert first["module"] == "pyspark.sql.connect.session"
    assert_worked(first)
    assert first["conf"] == DEFAULTS
    assert changed == []


def test_a_session_that_is_active_is_used_and_left_running(spark):
    before = dict(os.environ)
    with open_session(SimpleNamespace(spark_master=None, spark_remote=None, spark={})) as session:
        assert session is spark
    assert spark.range(3).count() == 3
    assert dict(os.environ) == before


def test_another_master_beside_an_active_session_is_refused(spark):
    asked = SimpleNamespace(spark_master="local[1]", spark_remote=None, spark={})
    with (
        pytest.raises(UsageError, match=r"running in this process already, so local\[1\] cannot"),
        open_session(asked),
    ):
        pass
    assert spark.range(3).count() == 3


def test_the_java_of_somebody_else_is_quiet_for_a_while(spark):
    log4j = spark.sparkContext._jvm.org.apache.logging.log4j
    before = log4j.LogManager.getRootLogger().getLevel().toString()
    with sessions.quiet():
        assert log4j.LogManager.getRootLogger().getLevel().toString() == "OFF"
    assert log4j.LogManager.getRootLogger().getLevel().toString() == before != "OFF"


@pytest.mark.parametrize(
    "master, key, value, cause",
    [
        ("local[2]", "spark.driver.memory", "banana", "banana"),
        (
            "local[2]",
            "spark.driver.extraJavaOptions",
            "--add-modules=no.such",
            "Module no.such not found",
        ),
        ("nowhere://x", "spark.app.name", "x", "nowhere://x"),
    ],
)
@pytest.mark.usefixtures("java")
def test_a_start_that_fails_is_told_in_one_line_with_its_cause(master, key, value, cause, tmp_path):
    script = f"""
        before = dict(os.environ)
        try:
            with open_session(settings({master!r}, **{{{key.removeprefix("spark.")!r}: {value!r}}})):
                pass
        except Exception as error:
            print(json.dumps([type(error).__name__, error.fact, error.hint, dict(os.environ) == before]))
    """
    kind, fact, hint, as_before = run(script, tmp_path)
    assert kind == "InputError"
    assert cause in fact
    assert "\n" not in fact
    assert "[tool.dedupkit.spark]" in hint
    assert as_before


@pytest.fixture
def _idle(monkeypatch):
    """As in a process in which no session runs."""
    monkeypatch.setattr(sessions, "_running_session", lambda: None)


@pytest.mark.usefixtures("_idle")
def test_without_pyspark_a_person_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    asked = SimpleNamespace(spark_master=None, spark_remote=None, spark={})
    with pytest.raises(UsageError) as error, open_session(asked):
        pass
    assert error.value.fact == "--engine spark needs pyspark."
    assert "pip install 'dedupkit[spark]'" in error.value.hint


@pytest.mark.usefixtures("java")
def test_without_grpc_a_person_is_told_what_spark_connect_needs(tmp_path):
    script = """
        import socket
        sys.modules["grpc"] = None
        with socket.create_server(("127.0.0.1", 0)) as server:
            try:
                with open_session(settings(remote=f"sc://127.0.0.1:{server.getsockname()[1]}")):
                    pass
            except Exception as error:
                print(json.dumps([type(error).__name__, error.fact, error.hint]))
    """
    kind, fact, hint = run(script, tmp_path)
    assert kind == "UsageError"
    assert "Spark Connect (sc://127.0.0.1:" in fact
    assert "grpc" in fact
    assert "pip install 'dedupkit[spark]'" in hint


@pytest.mark.usefixtures("_idle", "java")
def test_a_server_that_does_not_answer_is_told_at_once(monkeypatch):
    for name in ("grpc_proxy", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    before = dict(os.environ)
    asked = SimpleNamespace(spark_master=None, spark_remote=f"sc://127.0.0.1:{port}", spark={})
    with pytest.raises(InputError, match=f"127.0.0.1:{port} cannot be reached"), open_session(asked):
        pass
    assert dict(os.environ) == before


def test_a_master_and_a_server_contradict_each_other():
    asked = SimpleNamespace(spark_master="local[2]", spark_remote="sc://there", spark={})
    with pytest.raises(UsageError, match=r"A master \(local\[2\]\) and a server"), open_session(asked):
        pass


@pytest.mark.parametrize(
    "master, cores",
    [("local", 1), ("local[3]", 3), ("local[4,2]", 4), ("local-cluster[2,3,1024]", 6), ("local[*]", None)],
)
def test_the_cores_of_a_local_master_are_counted(master, cores):
    assert sessions._cores(master) == (cores or len(os.sched_getaffinity(0)))


STAGE = """An error occurred while calling o52.parquet.
: org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent \
failure: Lost task 0.3 in stage 3.0 (TID 9) (10.0.0.7 executor 1): org.apache.spark.api.python.PythonException: \
Traceback (most recent call last):
  File "/x/pyspark/worker.py", line 1830, in main
    process()
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/x/tasks.py", line 3, in task
    raise problem
dedupkit.errors.InputError: b.txt: two
lines.

Hint: look
again.

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:572)
\tat java.base/java.lang.Thread.run(Thread.java:840)

Driver stacktrace:
\tat org.apache.spark.scheduler.DAGScheduler.failJobAndIndependentStages(DAGScheduler.scala:2856)
"""
LOST = (
    "Job aborted due to stage failure: Task 0 in stage 3.0 failed 4 times, most recent failure: Lost task 0.3 in stage "
    "3.0 (TID 8) (10.0.0.7 executor 1): ExecutorLostFailure (executor 1 exited) Reason: Command exited with code 137"
)


@pytest.mark.parametrize(
    "said, fact",
    [
        (STAGE, "b.txt: two\nlines."),
        (STAGE.replace("dedupkit.errors.InputError", "other.Problem"), "Spark failed: other.Problem: b.txt: two"),
        (f"An error occurred while calling o5.count.\n: org.apache.spark.SparkException: {LOST}\n\tat x.Y(Z.scala:1)",
         f"Spark failed: {LOST}"),
        ("[PATH_NOT_FOUND] Path does not exist: file:/x. SQLSTATE: 42K03;\n'Project", "Spark failed: [PATH_NOT_FOUND] Path does not exist: file:/x."),
        ("", "Spark failed: RuntimeError"),
    ],
)  # fmt: skip
def test_an_error_of_spark_is_told_by_its_cause(said, fact):
    error = told(RuntimeError(said))
    assert error.fact == fact
    assert error.hint == ("look\nagain." if said == STAGE else sessions._AGAIN)


def test_an_error_that_is_told_already_stays_what_it_is():
    error = InputError("a.txt: no.", "mend it.")
    assert told(error) is error


def test_what_fails_while_a_table_is_written_is_told(spark, tmp_path):
    def refuse(batches):
        raise InputError(f"{len(list(batches))} batches are odd.", "mend them.")

    frame = spark.range(2, numPartitions=1).mapInArrow(refuse, "id long")
    with pytest.raises(Exception, match="Python worker") as error:
        frame.write.parquet(str(tmp_path / "table"))
    assert str(told(error.value)) == "1 batches are odd.\n\nHint: mend them."
