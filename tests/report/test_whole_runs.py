"""The reports of whole runs, in a real browser: of the seeds, and of 100,000 made-up records."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

SEEDS = Path(__file__).parents[2] / "seeds"
ROWS = 100_000
HOSTILE = (
    "<script>document.title='pwned'</script> javascript:alert(1) \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe "
    + "w" * 1_000_000
)


def dedupkit(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "dedupkit.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def made_up(folder):
    """Records of random words: some copied, some nearly, some in need of repair, one hostile."""
    random = np.random.default_rng(1)
    words = np.array(
        [
            f"{a}{b}{c}"
            for a in ("re", "con", "de", "pro")
            for b in ("tra", "mi", "lo", "ve")
            for c in ("ner", "tion", "sal", "ding")
        ]
    )
    texts = [" ".join(words[random.integers(0, len(words), 60)]) for _ in range(ROWS - 1)]
    texts[:500] = [f"{text} costs 85\\% of it" for text in texts[:500]]
    titles = [f"On {text[:40]} {number}" for number, text in enumerate(texts)]
    for copy, of in zip(range(90_000, 99_000), random.integers(0, 80_000, 9_000), strict=True):
        words_of = texts[of].split()
        texts[copy] = texts[of] if copy % 3 else " ".join([*words_of[:57], *"with other words".split()])
        titles[copy] = titles[of] if copy % 100 else titles[copy]
    frame = pl.DataFrame({"title": [*titles, HOSTILE], "abstract": [*texts, HOSTILE]})
    frame.write_parquet(folder / "made.parquet")
    return folder / "made.parquet"


@pytest.fixture(scope="module", params=["seeds", "made-up"])
def report(request, tmp_path_factory):
    """The folder of a report, and the results that it is of."""
    folder = tmp_path_factory.mktemp(request.param)
    given = SEEDS if request.param == "seeds" else made_up(folder)
    dedupkit("clean", given, "--out", folder / "out", "--report", folder / "report")
    return folder / "report", folder / "out"


def test_it_is_small_and_its_lists_and_facts_lie_beside_it(report):
    folder, results = report
    assert (folder / "index.html").stat().st_size < 2_000_000
    assert (folder / "facts.json").read_bytes() == (results / "facts.json").read_bytes()
    counts = json.loads((folder / "facts.json").read_text("utf-8"))["counts"]
    assert pl.read_parquet(folder / "duplicates.parquet").height == counts["dropped"] + counts["quarantined"]
    assert pl.read_parquet(folder / "repairs.parquet")["record_id"].n_unique() == counts["repaired"]
    assert pl.read_parquet(folder / "unparsed.parquet").height == counts["unparsed"]


def test_rendered_again_it_is_the_same_byte_for_byte(report, tmp_path):
    folder, results = report
    dedupkit("report", results, "--report", tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert [(folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names] == [True] * len(
        names
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_noise_or_requests_and_for_everybody(report, opening, scheme):
    path = report[0] / "index.html"
    found = opening(path, color_scheme=scheme)
    assert found.noise == []
    assert found.requests == [path.as_uri()]
    assert "pwned" not in found.page.title()
    violations = Axe().run(found.page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


def test_filters_search_and_links_work(report, opening):
    folder, results = report
    dropped = pl.read_parquet(results / "records.parquet").filter(pl.col("duplicate_of").is_not_null())
    found = opening(folder / "index.html")
    page, all_of_them = found.page, found.shown()
    page.locator("#filter-verdict").select_option(index=1)
    assert 0 < found.shown() < all_of_them
    page.locator("#filter-clear").click()
    page.locator("#filter-text").fill("zzz no such text")
    assert found.shown() == 0
    link = page.locator("details.cluster a.id").first
    wanted = link.inner_text()
    link.click()
    page.locator(f"[id='{wanted}']:focus").wait_for()
    assert dropped["duplicate_of"].is_in([wanted]).any()


@pytest.mark.parametrize("report", ["seeds"], indirect=True)
def test_the_sample_in_the_repository_is_the_report_of_the_seeds(report):
    sample = json.loads((SEEDS.parent / "reports" / "facts.json").read_text("utf-8"))
    facts = json.loads((report[0] / "facts.json").read_text("utf-8"))
    assert {**sample, "versions": None} == {**facts, "versions": None}
    pages = [(folder / "index.html").read_text("utf-8") for folder in (SEEDS.parent / "reports", report[0])]
    before_versions = [page.split('<section id="run">')[0] for page in pages]
    assert before_versions[0] == before_versions[1]
