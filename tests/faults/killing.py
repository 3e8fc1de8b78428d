"""Kill runs at random moments, look at what is there, and go on with them."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor

from runs import COMMAND, KEEPS, POOLED, ROOT, Server, contents, place_few

#: Runs at once.
_AT_ONCE = 2


class Trials:
    """Runs on one input, beside what an undisturbed run gives.

    Attributes:
        earlier: What a run on half of the input leaves: files of ``cleaned`` and ``reports``.
        expected: What a run on all of it does.
        seconds: Of processor, that this takes.
    """

    def __init__(self, folder):
        self._folder = folder
        (folder / "in").mkdir(parents=True)
        text = (ROOT / "seeds" / "003_fc5815c6f3ae57b9.txt").read_text("utf-8")
        (folder / "in" / "a.txt").write_text(text[:14_000], "utf-8")
        (folder / "in" / "b.txt").write_text(text[8_000:22_000], "utf-8")
        place_few(folder)
        server = Server()
        self.earlier, _ = self._undisturbed(server, "in/a.txt")
        self.expected, self.seconds = self._undisturbed(server, "in")
        server.close()

    def _undisturbed(self, server, given):
        ended = server.run(self._folder, "clean", given, *COMMAND[2:])
        assert ended.status == 0, ended.told
        return {name: contents(self._folder / name) for name in ("cleaned", "reports")}, ended.seconds

    def kill(self, server, place, moment, *, has_earlier, is_pooled):
        """Kill a run at a moment (0 to 1) and go on with it; how many stages were taken; None: it had ended before."""
        shutil.copytree(self._folder / "in", place / "in")
        shutil.copy(self._folder / "few.json", place)
        before = self.earlier if has_earlier else {"cleaned": {}, "reports": {}}
        for name, files in before.items():
            for each, data in files.items():
                (place / name).mkdir(exist_ok=True)
                (place / name / each).write_bytes(data)
        job = {"set": KEEPS | (POOLED if is_pooled else {})}
        ended = server.run(place, *COMMAND, kill_after=moment * self.seconds, **job)
        assert ended.status in (-9, 0), ended.told
        self.is_whole(place, before)
        taken = None
        if ended.status == -9:
            ended = server.run(place, *COMMAND, "--resume", **job)
            if ended.status == 3:
                assert "there is no run to resume" in ended.told
                ended = server.run(place, *COMMAND, **job)
            assert ended.status == 0, ended.told
            taken = ended.told.count("Taken from the run that was stopped")
        for name, files in self.expected.items():
            assert contents(place / name) == files
        assert {path.name for path in place.iterdir()} == {"cleaned", "reports", "in", "few.json"}
        return taken

    def is_whole(self, place, before):
        """There is the earlier result or the new one, and no new page before its lists."""
        cleaned, new = contents(place / "cleaned"), self.expected["reports"]
        assert cleaned in (before["cleaned"] or None, self.expected["cleaned"])
        report = contents(place / "reports") or {}
        seen = {name: data for name, data in report.items() if not name.startswith(".")}
        assert all(data in (before["reports"].get(name), new[name]) for name, data in seen.items())
        assert set(seen) >= set(before["reports"])
        if seen.get("index.html") == new["index.html"]:
            assert seen == new
            assert cleaned == self.expected["cleaned"]


def kill_many(folder, number, seed=0):
    """Kill so many runs, at moments from their beginning to their end; how many stages of each were gone on with."""
    trials = Trials(folder / "undisturbed")
    rng = random.Random(seed)
    moments = [(place + rng.random()) / number for place in range(number)]
    rng.shuffle(moments)

    def work(worker):
        server = Server()
        try:
            return [one(server, place) for place in range(worker, number, _AT_ONCE)]
        finally:
            server.close()

    def one(server, place):
        where, moment, taken = folder / f"run {place}", moments[place], None
        while taken is None:  # else it had ended before: earlier, then
            where.mkdir()
            taken = trials.kill(server, where, moment, has_earlier=place % 4 < 2, is_pooled=place % 10 == 9)
            shutil.rmtree(where)
            moment *= 0.9
        return taken

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [each for some in pool.map(work, range(_AT_ONCE)) for each in some]
