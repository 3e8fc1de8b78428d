"""What the page says, and that nothing in it acts."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest

from dedupkit.record import PAIRS, RECORDS, UNPARSED
from dedupkit.report import render
from dedupkit.report.rows import ROW_LIMIT

EMPTY = (pl.DataFrame(schema=RECORDS), pl.DataFrame(schema=PAIRS), pl.DataFrame(schema=UNPARSED))


class Elements(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open[-1:]:
            self.text.append(data)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture
def html(facts, records, pairs, unparsed):
    return render(facts, records, pairs, unparsed)


@pytest.fixture
def page(html):
    return Elements(html)


def words(page):
    return " ".join(" ".join(page.text).split())


def test_every_element_that_is_opened_is_closed(page):
    assert page.open == []


def test_hostile_text_is_text(page):
    assert not {"script", "img", "iframe", "object", "link", "base", "form"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert '<script>document.title="pwned"</script>' in words(page)


def test_nothing_outside_the_file_is_referred_to(html, page):
    assert all(value.startswith("#") for value in page.values("href"))
    assert not page.values("src")
    style = html[html.index("<style>") : html.index("</style>")]
    assert not re.search(r"url\(|@import|//", style)
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("meta", "content", policy) in page.attributes


def test_every_link_has_its_place_and_no_id_stands_twice(page):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href")} <= set(ids)


def test_characters_that_act_are_shown_as_signs(html):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert "⟨U+202E⟩" in html


def test_long_text_is_cut_at_a_stated_length(html, page):
    assert len(html) < 100_000
    assert not re.search("w{601}", html)
    assert re.search(r"Abstract, 1,000,\d+ characters", words(page))


def test_the_same_input_gives_the_same_bytes(facts, records, pairs, unparsed, html):
    assert render(facts, records, pairs, unparsed) == html


def test_the_verdict_comes_first_and_says_why(page):
    text = words(page)
    assert "✗ Failed 1 critical expectation fails: DK016" in text
    assert "and 1 warning to look at" in text
    assert "5 of 9 records make up the cleaned set" in text


def test_failed_checks_come_first(page):
    rules = re.findall(r"\bDK0\d\d\b", words(page)[words(page).index("that do not hold") :])
    assert list(dict.fromkeys(rules)) == ["DK016", "DK018", "DK020", "DK001"]


def test_records_that_checks_name_are_linked(page):
    assert f"#record-{4:016x}" in page.values("href")
    assert f"record-{4:016x}" in page.values("id")


def test_a_dropped_record_stands_beside_the_kept_one_least_similar_first(page):
    text = words(page)
    pairs = text[text.index("Each dropped record") :]
    assert pairs.index("Paper 2 on c") < pairs.index("Paper 1 on b") < pairs.index("Paper 3 on d")
    assert "0.710 similar" in pairs
    assert "ffffffffffffffff is not in this set" in pairs


def test_repairs_show_the_change_in_its_context_rarest_kind_first(html):
    kinds = re.findall(r"<summary>([a-z ]+) <span", html)
    assert kinds == ["html tag", "invisible", "latex escape", "latex accent", "space run"]
    assert "A na<del>\\&#34;i</del><ins>ï</ins>ve  model" in html
    assert "ive<del>␣␣</del><ins>␣</ins>model" in html
    assert "<del>⟨U+00AD⟩</del> of Schr" in html


def test_a_change_that_does_not_fit_its_raw_text_is_shown_without_context(facts, records, pairs, unparsed):
    html = render(facts, records.drop("abstract_raw"), pairs, unparsed)
    assert '<bdi class="text" dir="auto"><del>\\&#34;i</del><ins>ï</ins></bdi>' in html


def test_a_capped_list_says_how_many_there_are_and_where(facts, records, pairs, unparsed):
    many = pl.concat([records.filter(pl.col("verdict") == "near_duplicate").head(1)] * 11_619)
    html = render(facts, many, pairs, pl.concat([unparsed] * 100))
    assert (
        f"Showing {ROW_LIMIT} of 11,619, least similar first; <code>records.parquet</code> has all." in html
    )
    assert f"Showing {ROW_LIMIT} of 200; <code>unparsed.parquet</code> has all." in html
    assert len(html) < 500_000


@pytest.mark.parametrize("facts", [{}, {"counts": {}, "expectations": None, "sources": []}])
def test_a_run_without_anything_has_a_page(facts):
    text = words(Elements(render(facts, *EMPTY)))
    assert "Not checked" in text
    for sentence in (
        "No record was read.",
        "No file was read.",
        "No record was dropped as a duplicate.",
        "No text was changed.",
        "Every line of every dump is in a record.",
        "No language was determined.",
    ):
        assert sentence in text


@pytest.mark.parametrize(
    "status, change, word",
    [
        ("passed", {"status": "passed"}, "✓ Passed All 4 expectations hold."),
        ("could not run", {}, "? Could not be judged 1 expectation could not run: DK020"),
    ],
)
def test_other_verdicts_are_worded(facts, status, change, word):
    expectations = facts["expectations"]
    expectations["status"] = status
    for check in expectations["checks"]:
        check.update(change)
    assert word in words(Elements(render(facts, *EMPTY)))


def test_colours_have_enough_contrast(html):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    blocks = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        on_card = [(name, "card") for name in ("ink", "quiet", "link", "good", "bad", "warn", "open")]
        on_own = [(name, f"{name}-bg") for name in ("good", "bad", "warn", "open")]
        for front, back in on_card + on_own:
            low, high = sorted((luminance(colours[front]), luminance(colours[back])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (front, back)
