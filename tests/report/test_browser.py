"""The page in a real browser, opened from disk."""

import pytest

from dedupkit.report import render


@pytest.fixture
def path(tmp_path, facts, records, pairs, unparsed):
    file = tmp_path / "index.html"
    file.write_text(render(facts, records, pairs, unparsed), "utf-8")
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800, 400])
def test_the_page_opens_from_disk_and_nothing_runs(browser, path, scheme, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    noise, requests = [], []
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda error: noise.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_timeout(100)

    assert noise == []
    assert requests == [path.as_uri()]
    assert page.title() == "Failed: 3 of 9 records kept"
    assert page.get_by_role("heading", level=1).inner_text().endswith("Failed")
    box = page.locator("#verdict").bounding_box()
    assert box["y"] + box["height"] < 900  # all of it on the first screen
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_link_leads_to_its_record(browser, path):
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator("#expectations a.id").first.click()
    assert page.locator(":target").get_attribute("id") == f"record-{4:016x}"
    page.close()
