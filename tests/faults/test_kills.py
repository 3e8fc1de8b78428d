"""Whenever a run is killed, the last complete result is there, and the run can be gone on with."""

import itertools

import pytest
from killing import kill_many
from runs import Server, contents

#: Kills of whole runs.
KILLS = 50


@pytest.fixture(scope="module")
def server():
    started = Server()
    yield started
    started.close()


def test_a_run_is_killed_at_any_moment_and_gone_on_with(tmp_path):
    taken = kill_many(tmp_path, KILLS)
    assert len(taken) == KILLS
    assert {1, 4} <= set(taken)  # the others are short, and not always hit


@pytest.mark.parametrize("steps", ["one step", "two steps"])
@pytest.mark.parametrize("earlier", [None, "old"])
def test_every_moment_between_two_changes_of_files(earlier, steps, server, tmp_path):
    faults = {"two_steps": True} if steps == "two steps" else {}
    for number in itertools.count(1):
        place = tmp_path / str(number)
        place.mkdir()
        if earlier:
            assert server.run(place, faults={"only_write": earlier}).status == 0
            old = {name: contents(place / name) for name in ("cleaned", "reports")}
        else:
            old = {"cleaned": None, "reports": {}}
        ended = server.run(place, faults=faults | {"kill_at": number, "only_write": "new"})
        found = {name: contents(place / name) for name in ("cleaned", "reports")}
        if ended.status == 0:
            break
        assert ended.status == -9, ended.told
        assert server.run(place, faults={"only_write": "new"}).status == 0
        assert {path.name for path in place.iterdir()} == {"cleaned", "reports"}
        new = {name: contents(place / name) for name in ("cleaned", "reports")}
        if not (steps == "two steps" and earlier and found["cleaned"] is None):
            assert found["cleaned"] in (old["cleaned"], new["cleaned"])
        report = {name: data for name, data in (found["reports"] or {}).items() if not name.startswith(".")}
        assert all(data in (old["reports"].get(name), new["reports"][name]) for name, data in report.items())
        assert report.get("index.html") != new["reports"]["index.html"] or report == new["reports"]
    assert number > 25
