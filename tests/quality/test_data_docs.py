"""Great Expectations' pages work from disk in a real browser, ask nobody, and run nothing of what they show."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from dedupkit.errors import UsageError
from dedupkit.quality import METRICS, load_suite
from dedupkit.quality.data_docs import check_data_docs, render_data_docs, write_data_docs
from dedupkit.quality.suite import Expectation, Suite

SHIPPED = load_suite(Path(__file__).parents[2] / "expectations/cleaned.json")
HOSTILE = """<img src=x onerror="document.title='pwned'"></script><script>document.title="pwned"</script>"""
BETWEEN = "expect_column_values_to_be_between"


def metrics(**columns):
    """Ten good rows, some of their columns replaced."""
    rows = 10
    good = {
        "record_id": [f"{i:016x}" for i in range(rows)],
        "has_text": [True] * rows,
        "title_chars": [60 + i for i in range(rows)],
        "abstract_chars": [900 + i for i in range(rows)],
        "title_key": [f"t{i}" for i in range(rows)],
        "exact_key": [f"e{i}" for i in range(rows)],
        "nearest_similarity": [0.1] * rows,
        "language": ["en"] * rows,
        "language_score": [0.99] * rows,
    }
    schema = {name: METRICS[name] for name in METRICS}
    zeros = {name: [0] * rows for name in schema if name not in good}
    data = good | zeros | columns
    return pl.DataFrame({name: data[name] for name in schema}, schema=schema)


def hostile_suite():
    expectations = (
        Expectation("T1", BETWEEN, {"column": "latex_hits", "max_value": 0}, "critical", HOSTILE, 1, HOSTILE),
        Expectation(HOSTILE, BETWEEN, {"column": "title_chars", "min_value": 99}, "info", "$styling", 2),
        Expectation("T3", "expect_column_values_to_be_unique", {"column": "record_id"}, "info", "Ids", 3),
        Expectation(
            "T4",
            "expect_column_values_to_be_in_set",
            {"column": "language", "value_set": ["en", HOSTILE[:-1]]},
            "info",
            "Languages",
            4,
        ),
        Expectation(
            "T5",
            "expect_column_distinct_values_to_be_in_set",
            {"column": "language", "value_set": ["en"]},
            "warning",
            "Languages",
            5,
        ),
        Expectation(
            "T6",
            "expect_column_values_to_match_regex",
            {"column": "exact_key", "regex": "(?<!<b>)x$"},
            "info",
            "Keys",
            6,
        ),
        Expectation("T7", BETWEEN, {"column": "language", "min_value": 1}, "info", "Raises", 7),
    )
    return Suite(HOSTILE, Path("test.json"), "", expectations)


@pytest.fixture
def visit(browser):
    """Open a page of a folder; gives the page, after everything that it asked for was there."""

    def opened(folder, name):
        page = browser.new_page()
        noise, requests = [], []
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("requestfailed", lambda request: noise.append(request.url))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((folder / name).as_uri())
        page.wait_for_timeout(200)
        assert noise == []
        assert requests[1:]
        assert all(url.startswith(f"{folder.as_uri()}/") for url in requests)
        return page

    return opened


def test_the_index_lists_the_validation_and_leads_to_it(visit, tmp_path):
    folder = tmp_path / "docs"
    write_data_docs(folder, "cleaned", [SHIPPED], {"cleaned": metrics(latex_hits=[1] * 10)})
    page = visit(folder, "index.html")
    # The table draws its rows again, half a second after the page is there: a row must stay for a second.
    page.wait_for_function("""() => {
        const row = document.querySelector("tr.clickable-row");
        if (row !== window.seen) [window.seen, window.since] = [row, performance.now()];
        const cells = [...row?.cells ?? []].slice(1).map((cell) => cell.innerText).join();
        const icon = row?.querySelector("i.ge-success-icon")?.getBoundingClientRect();
        const stays = performance.now() - window.since > 1000;
        return stays && cells === "gate,cleaned,10 rows,cleaned" && icon?.width > 5;
    }""")
    page.locator("tr.clickable-row td").nth(1).click()
    page.wait_for_url("**/validations/cleaned.html")
    page.get_by_role("link", name="cleaned", exact=True).click()
    page.wait_for_url("**/expectations/cleaned.html")
    page.get_by_role("link", name="Home").click()
    page.wait_for_url("**/index.html")
    page.close()


def test_the_validation_shows_each_expectation_with_its_result(visit, tmp_path):
    folder = tmp_path / "docs"
    write_data_docs(folder, "cleaned", [SHIPPED], {"cleaned": metrics(latex_hits=[1] * 10).drop("language")})
    page = visit(folder, "validations/cleaned.html")
    text = page.locator("body").inner_text()
    for each in SHIPPED.expectations:
        assert f"{each.rule} ({each.severity}): {each.description}" in text
    statuses = page.locator("td i.fas")
    assert statuses.count() == len(SHIPPED.expectations)
    shown = statuses.evaluate_all("icons => icons.map(icon => getComputedStyle(icon, '::before').content)")
    assert (shown.count('"✓"'), shown.count('"✗"'), shown.count('"!"')) == (
        len(SHIPPED.expectations) - 3,
        1,
        2,  # both that look at the language
    )
    assert "10 unexpected values found" in text
    assert 'The column "language" in BatchData does not exist' in text
    assert "Traceback" not in page.content()
    page.get_by_text("Failed Only").click()
    page.get_by_text("DK001 (critical)").wait_for(state="hidden")
    assert page.get_by_text("DK019 (warning)").is_visible()
    page.close()


def test_what_is_hostile_stays_text(visit, tmp_path):
    folder = tmp_path / "docs"
    ids = [HOSTILE, HOSTILE, *map(str, range(8))]
    write_data_docs(
        folder,
        HOSTILE,
        [hostile_suite()],
        {HOSTILE: metrics(record_id=ids, language=[HOSTILE] * 9 + ["en"], exact_key=[HOSTILE] * 10)},
    )
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == 3
    for path in pages:
        page = visit(folder, path.relative_to(folder))
        assert "pwned" not in page.title()
        assert page.locator("img").count() == 0
        page.close()
    page = visit(
        folder, next(path.relative_to(folder) for path in pages if path.parent.name == "validations")
    )
    assert f"T1 (critical): {HOSTILE}" in page.locator("body").inner_text()
    page.close()


def test_the_same_pages_twice_and_nothing_of_this_machine(tmp_path, monkeypatch, capfd):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    frame = metrics(latex_hits=[1] * 10, language=["en", "fr"] * 5)
    suites = [replace(SHIPPED, name=name) for name in ("cleaned", "cleaned!", "without a frame")]
    frames = {"cleaned": frame, "cleaned!": frame}
    first, second = (render_data_docs("cleaned", suites, frames) for _ in range(2))
    assert first == second
    assert {name for name in first if name.endswith(".html")} == {
        "index.html",
        "expectations/cleaned.html",
        "expectations/cleaned-2.html",
        "validations/cleaned.html",
        "validations/cleaned-2.html",
    }
    for name, page in first.items():
        if name.endswith(".html"):
            assert str(tmp_path).encode() not in page
            assert b"__none__" not in page
            assert page.count(b"https://") == (name == "index.html")  # a link to Great Expectations
    assert list(home.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_assets_are_small_and_have_licences():
    pages = render_data_docs("cleaned", [SHIPPED], {"cleaned": metrics()})
    assets = {name: content for name, content in pages.items() if name.startswith("static/")}
    assert sum(map(len, assets.values())) < 600_000
    licences = assets["static/LICENSES.txt"].decode()
    assert all(Path(name).name in licences for name in assets if not name.endswith("LICENSES.txt"))


def test_only_pages_are_replaced(tmp_path):
    folder = tmp_path / "docs"
    write_data_docs(folder, "cleaned", [SHIPPED], {"cleaned": metrics()})
    check_data_docs(folder)
    write_data_docs(folder, "other", [SHIPPED], {"cleaned": metrics()})
    assert b"other" in (folder / "index.html").read_bytes()
    (folder / "thesis.txt").touch()
    with pytest.raises(UsageError, match=r"thesis\.txt.*\n\nHint: name a new folder with --data-docs"):
        check_data_docs(folder)
