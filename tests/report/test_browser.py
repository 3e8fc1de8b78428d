"""The page in a real browser, opened from disk."""

import functools
from dataclasses import replace

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe

from dedupkit.report import render
from dedupkit.report.compare import compare

FIRST, COPY, HOSTILE = (f"{number:016x}" for number in (1, 2, 4))


@pytest.fixture
def path(tmp_path, run):
    file = tmp_path / "index.html"
    file.write_text(render(run), "utf-8")
    return file


@pytest.fixture
def opened(opening, path):
    return functools.partial(opening, path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800, 400])
def test_the_page_opens_from_disk_without_noise_or_requests(opened, path, scheme, width):
    found = opened(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert found.noise == []
    assert found.requests == [path.as_uri()]
    assert found.page.title() == "Failed: 3 of 9 records kept"
    assert found.page.get_by_role("heading", level=1).inner_text().endswith("Failed")
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width
    picture = found.page.locator(".picture" if width > 704 else ".flow")
    assert picture.is_visible()
    box = picture.bounding_box()
    assert box["y"] + box["height"] < 900  # on the first screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(opened, scheme):
    page = opened(color_scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_what_changed_is_for_everybody_too_and_leads_to_its_records(opening, tmp_path, run, scheme, width):
    kept = pl.when(pl.col("verdict") == "near_duplicate").then(pl.lit("kept")).otherwise("verdict")
    none = pl.lit([], dtype=run.records.collect_schema()["repairs"])
    earlier = replace(run, records=run.records.head(4).with_columns(verdict=kept, repairs=none))
    file = tmp_path / "index.html"
    file.write_text(render(run, compare(run, earlier)), "utf-8")
    found = opening(file, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = found.page
    assert found.noise == []
    page.evaluate("document.querySelectorAll('#changes details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
    assert page.locator("#changes a.id").count() >= 5 + 1 + 5
    page.locator("#changes a.id").first.click()
    page.locator("article.record:target").wait_for()


def test_search_and_filters_change_what_is_shown(opened):
    found = opened()
    page = found.page
    assert found.shown() == 9
    page.locator("#filter-verdict").select_option("near_duplicate")
    assert found.shown() == 2
    assert page.locator("#filter-count").inner_text() == "2 of 9 records"
    page.get_by_role("button", name="Clear").click()
    assert found.shown() == 9
    page.locator("#filter-text").fill("question 5")
    assert found.shown() == 1
    page.locator("#filter-text").fill("")
    page.locator("#filter-kind").select_option("html_tag")
    assert found.shown() == 1
    page.locator("#filter-kind").select_option("")
    page.locator("#filter-source").select_option("a/000.txt")
    assert found.shown() == 9
    assert found.noise == []


def test_a_link_leads_to_its_record_even_where_a_filter_hides_it(opened):
    found = opened()
    page = found.page
    page.locator("#filter-verdict").select_option("near_duplicate")
    assert not page.locator(f"[id='{HOSTILE}']").is_visible()
    page.locator("#expectations a.id").first.click()
    page.locator(f"[id='{HOSTILE}']:target").wait_for()


def test_a_fragment_is_the_id_that_explain_takes(opened):
    page = opened(f"#{COPY}").page
    record = page.locator(f"[id='{COPY}']")
    assert record.bounding_box()["y"] < 400
    assert record.locator("details").first.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.id") == COPY
    missing = opened("#ffffffffffffffff").page.locator("#missing")
    assert missing.inner_text().endswith("dedupkit explain FOLDER ffffffffffffffff")


def test_the_keyboard_is_enough(opened):
    page = opened().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdict"
    page.locator("#filter-text").focus()
    page.keyboard.type("question 5")
    assert page.locator("article.record:visible").count() == 1


def test_without_javascript_all_is_there_and_no_dead_control(browser, path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri() + f"#{FIRST}")
    assert page.locator("article.record:visible").count() == 9
    assert not page.locator("#filter").is_visible()
    context.close()
