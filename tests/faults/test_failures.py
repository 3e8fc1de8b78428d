"""Whatever fails ends in one clear line and exit status 3, with nothing half-written."""

import shutil
import subprocess
from contextlib import contextmanager

import numba
import pytest
from runs import COMMAND, KEEPS, POOLED, ROOT, Server, contents, place_few

from dedupkit.matches import kernels

RESULTS = ("cleaned", "reports")


@pytest.fixture(scope="module")
def server():
    started = Server()
    yield started
    started.close()


@pytest.fixture
def place(tmp_path):
    """Inputs, and what a run on a part of them left."""
    (tmp_path / "in").mkdir()
    for name in ("000_d5d28b5319c7aeb1.txt", "002_0486ffe1157854f8.txt"):
        shutil.copy(ROOT / "seeds" / name, tmp_path / "in")
    place_few(tmp_path)
    for name in RESULTS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "facts.json").write_text("earlier", "utf-8")
    return tmp_path


def results(place):
    return {name: contents(place / name) for name in RESULTS}


def assert_told(ended, says):
    """One line, and a hint."""
    assert ended.status == 3, ended.told
    fact, *others = ended.told.splitlines()
    assert fact.startswith("dedupkit: ")
    assert says in fact
    assert [line[:6] for line in others if line] in ([], ["Hint: "])


@pytest.mark.parametrize(
    "job, says",
    [
        ({"faults": {"largest_file": 3_000}}, "cleaned: cannot be written (File too large)."),
        (
            {"faults": {"largest_file": 3_000}, "set": {"dedupkit.matches.ragged.IN_MEMORY": 0}},
            "temporary files cannot be written (there is no room).",
        ),
        ({"faults": {"worker_killed": True}, "set": POOLED}, "a process of this run was killed"),
        ({"faults": {"raises": {"dedupkit.pipeline.mark_duplicates": "MemoryError"}}}, "out of memory"),
        ({"faults": {"raises": {"dedupkit.pipeline.gather_facts": "MemoryError"}}}, "out of memory"),
    ],
    ids=[
        "a full disk",
        "no room for temporary files",
        "a worker killed",
        "no memory",
        "no memory at the end",
    ],
)
def test_a_run_that_fails_leaves_all_as_it_was(job, says, server, place):
    before = results(place)
    settings = {"dedupkit.resume.KEEP_SECONDS": 9e9} | job.get("set", {})  # even where all takes long
    assert_told(server.run(place, *COMMAND, **job | {"set": settings}), says)
    assert results(place) == before
    assert {path.name for path in place.iterdir()} == {*RESULTS, "in", "few.json"}


def test_no_command_leaves_half_a_file(server, place):
    assert server.run(place, *COMMAND).status == 0
    before = contents(place)
    for size, command in (
        (3_000, ("index", "cleaned", "--out", "new.index")),
        (1_000, ("dedup", "cleaned/clean.parquet", "--out", "new")),
        (3_000, ("repair", "cleaned/clean.parquet", "-o", "new.parquet")),
        (3_000, ("repair", "in/002_0486ffe1157854f8.txt", "-o", "new.txt")),
        (10, ("gate", "cleaned", "--suite", "few.json", "-o", "new.txt")),
        (3_000, ("gate", "cleaned", "--suite", "few.json", "--data-docs", "new")),
        (100, ("suite", "init", "--from", "cleaned", "--out", "new.json")),
        (3_000, ("report", "cleaned")),
    ):
        assert_told(server.run(place, *command, faults={"largest_file": size}), "(File too large)")
        assert contents(place) == before
        assert not list(place.glob("new*"))


def test_a_worker_that_is_killed_costs_its_stage_only(server, place):
    before = results(place)
    ended = server.run(place, *COMMAND, set=POOLED | KEEPS, faults={"worker_killed": True})
    assert_told(ended, "a process of this run was killed")
    assert "--resume goes on behind reading." in ended.told
    assert results(place) == before
    ended = server.run(place, *COMMAND, "--resume", set=POOLED | KEEPS)
    assert (ended.status, ended.told.count("Taken from")) == (0, 1)
    assert {path.name for path in place.iterdir()} == {*RESULTS, "in", "few.json"}


def test_a_report_that_does_not_fit_leaves_the_last_one(server, place):
    before = results(place)
    command = ("clean", "in/000_d5d28b5319c7aeb1.txt", *COMMAND[2:])
    ended = server.run(place, *command, faults={"largest_file": 60_000})
    assert_told(ended, "reports: cannot be written (File too large).")
    assert (place / "cleaned" / "records.parquet").exists()
    assert contents(place / "reports") == before["reports"]


def test_a_run_goes_on_where_there_is_no_room_to_keep_its_stages(server, place):
    undisturbed = server.run(place, *COMMAND)
    expected = results(place)
    ended = server.run(place, *COMMAND, set=KEEPS, faults={"no_room_to_keep": True})
    assert ended.status == 0
    line, _, rest = ended.told.partition("\n")
    assert (
        line
        == f"dedupkit: {place / '.cleaned.work'}: nothing more is kept for --resume (No space left on device)."
    )
    assert rest == undisturbed.told
    assert results(place) == expected
    ended = server.run(place, *COMMAND, "--quiet", set=KEEPS, faults={"no_room_to_keep": True})
    assert (ended.status, ended.told) == (0, undisturbed.told)
    assert {path.name for path in place.iterdir()} == {*RESULTS, "in", "few.json"}


@contextmanager
def mounted(where, *options):
    """A file system of this test's own, where that is possible."""
    command = ["mount", *options, str(where)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(where)], check=True)


@pytest.mark.parametrize("size", ["60k", "200k", "400k"])
def test_a_disk_that_is_full(size, server, place):
    small = place / "small"
    small.mkdir()
    with mounted(small, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        out = small / "cleaned"
        ended = server.run(place, *COMMAND, "--out", out, "--report", small / "reports", set=KEEPS)
        assert ended.status == 3, ended.told
        assert "No space left on device" in ended.told
        assert "Traceback" not in ended.told
        left = {path.name for path in small.iterdir()}
        assert left <= {"cleaned", "reports", ".cleaned.work"}
        assert not contents(small / "reports")
        if out.exists():
            assert len(contents(out)) == 5


def test_a_folder_that_may_not_be_written_to(server, place):
    locked = place / "locked"
    (locked / "cleaned").mkdir(parents=True)
    for told in (
        (("--out", locked / "cleaned"), f"{locked / 'cleaned'}: cannot be written (Read-only file system)."),
        (("--report", locked / "reports"), f"{locked / 'reports'}: cannot be written"),
    ):
        with mounted(locked, "--bind", str(locked)):
            subprocess.run(["mount", "-o", "remount,ro,bind", str(locked)], check=True)
            assert_told(server.run(place, *COMMAND, *map(str, told[0])), told[1])
    assert {path.name for path in place.iterdir()} == {*RESULTS, "in", "few.json", "locked"}


def test_what_is_compiled_need_not_be_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)

    @numba.njit("int64(int64)", **kernels.OPTIONS)
    def doubled(number):
        return 2 * number

    assert doubled(4) == 8
