"""What the page says, and that nothing in it acts."""

import base64
import hashlib
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import polars as pl
import pytest

from dedupkit.record import PAIRS, RECORDS, UNPARSED
from dedupkit.report import Run, render
from dedupkit.report.clusters import CLUSTER_LIMIT, COPY_LIMIT
from dedupkit.report.rows import RECORD_LIMIT, ROW_LIMIT, unparsed_reasons

EMPTY = (pl.LazyFrame(schema=RECORDS), pl.LazyFrame(schema=PAIRS), pl.LazyFrame(schema=UNPARSED))


HOSTILE_START = '<script>document.title="pwned"'


class Elements(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in {"meta", "br", "img", "link", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text.append(data)

    def values(self, name):
        return [value for _, attribute, value in self.attributes if attribute == name]


@pytest.fixture
def html(run):
    return render(run)


@pytest.fixture
def page(html):
    return Elements(html)


def words(page):
    return " ".join(" ".join(page.text).split())


def test_every_element_that_is_opened_is_closed(page):
    assert page.open == []


def test_hostile_text_is_text(page):
    assert not {"img", "iframe", "object", "link", "base", "form"} & set(page.tags)
    assert page.tags.count("script") == 1
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert '<script>document.title="pwned"</script>' in words(page)


def test_nothing_outside_the_file_is_referred_to(html, page):
    assert {value for value in page.values("href") if not value.startswith("#")} <= {
        "duplicates.parquet",
        "repairs.parquet",
        "unparsed.parquet",
        "facts.json",
    }
    assert not page.values("src")
    style = html[html.index("<style>") : html.index("</style>")]
    assert not re.search(r"url\(|@import|//", style)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
    own = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{own}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert ("meta", "content", policy) in page.attributes


def test_every_link_has_its_place_and_no_id_stands_twice(page):
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.values("href") if value.startswith("#")} <= set(ids)


def test_characters_that_act_are_shown_as_signs(html):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
    assert "⟨U+202E⟩" in html


def test_long_text_is_cut_at_a_stated_length(html, page):
    assert len(html) < 100_000
    assert not re.search("w{601}", html)
    assert re.search(r"Abstract, the first 600 of 1,000,\d+ characters", words(page))


def test_the_same_input_gives_the_same_bytes(run, html):
    assert render(run) == html


def test_the_verdict_comes_first_and_says_why(page):
    text = words(page)
    assert "✗ Failed 1 critical expectation fails: DK016" in text
    assert "and 1 warning to look at" in text
    assert "5 of 9 records make up the cleaned set" in text


def test_failed_checks_come_first(page):
    rules = re.findall(r"\bDK0\d\d\b", words(page)[words(page).index("that do not hold Status") :])
    assert list(dict.fromkeys(rules)) == ["DK016", "DK018", "DK020", "DK001"]


def test_records_that_checks_name_are_linked(page):
    assert f"#{4:016x}" in page.values("href")
    assert f"{4:016x}" in page.values("id")


def test_clusters_come_from_large_to_small_each_copy_beside_the_kept_one(page, html):
    text = words(page)
    clusters = text[text.index("2 clusters lost records") : text.index("Just above the threshold")]
    assert clusters.index("2 copies of Paper 1 on b") < clusters.index("1 copy of Paper 9 on b")
    assert clusters.index("0.710 similar") < clusters.index("1.000 similar")
    assert "ffffffffffffffff is not in this set" in clusters
    assert "Paper <ins>1</ins> on <ins>b</ins>" in html
    assert "Paper <del>2</del> on <del>c</del>" in html


def test_pairs_next_to_the_threshold_are_shown_on_both_sides(page):
    text = words(page)
    above = text[text.index("Just above the threshold") : text.index("Just below the threshold")]
    below = text[text.index("Just below the threshold") : text.index("Which source copies")]
    assert "duplicates 0.710" in above
    assert "0.710 similar" in above
    assert "0.690 similar below the threshold" in below


def test_sources_that_copy_are_a_matrix(page):
    text = words(page)
    matrix = text[text.index("Which source copies from which") :]
    assert matrix.index("the base") < matrix.index(HOSTILE_START)


def test_histograms_have_their_numbers_and_the_threshold(page, html):
    text = words(page)
    assert "Similarities of the abstracts that were compared. no duplicates 6 duplicates 2" in text
    assert "0.700 to 0.725 0 1" in text
    assert 'class="mark" x1="448.0"' in html


def test_every_record_is_on_the_page_with_what_it_is_filtered_by(page, records):
    ids = set(page.values("id"))
    assert set(records["record_id"]) <= ids
    assert "html_tag invisible latex_accent latex_escape space_run" in page.values("data-kinds")
    assert {"kept", "near_duplicate", "quarantined", "rejected"} <= set(page.values("data-verdict"))


def test_the_first_screen_names_what_to_look_at_and_where(page):
    text = words(page)
    first = text[: text.index("Expectations The suite")]
    assert "Look at this: 2 records with the abstract of another title. Show" in first
    assert "DK016 failed, critical:" in first
    assert "#quarantined" in page.values("href")


def test_repairs_show_the_change_in_its_context_rarest_kind_first(html):
    kinds = re.findall(r"<summary>([a-z ]+) <span", html)
    assert kinds == ["html tag", "invisible", "latex escape", "latex accent", "space run"]
    assert "A na<del>\\&#34;i</del><ins>ï</ins>ve  model" in html
    assert "ive<del>␣␣</del><ins>␣</ins>model" in html
    assert "<del>⟨U+00AD⟩</del> of Schr" in html


def test_the_page_does_not_depend_on_how_many_rows_are_read_at_once(run, html, monkeypatch):
    monkeypatch.setattr(sys.modules["dedupkit.report.frames"], "_BATCH_ROWS", 2)
    assert render(run) == html


def test_a_change_that_does_not_fit_its_raw_text_is_shown_without_context(run):
    html = render(replace(run, records=run.records.drop("abstract_raw")))
    assert '<bdi class="text" dir="auto"><del>\\&#34;i</del><ins>ï</ins></bdi>' in html


def test_capped_lists_say_how_many_there_are_and_where(facts, records, pairs, unparsed):
    copy = records.filter(pl.col("verdict") == "near_duplicate").head(1)
    number = pl.int_range(pl.len())
    ids = pl.format("{}", number.cast(pl.String).str.pad_start(16, "0"))
    many = pl.concat([copy] * 11_619).with_columns(record_id=ids, cluster=pl.concat_str(number % 100 + 1000))
    run = Run(facts, many.lazy(), pairs.lazy(), pl.concat([unparsed] * 100).lazy())
    html = render(run)
    for told in (
        f"Showing {CLUSTER_LIMIT} of 100, the largest",
        f"Showing {COPY_LIMIT} of 117 copies, the least similar.",
        f"Showing {RECORD_LIMIT} of 11,619: first those that something on this page names",
        f'Showing {ROW_LIMIT} of 200; <a href="unparsed.parquet">unparsed.parquet</a> has all.',
    ):
        assert told in html
    assert len(html.encode()) < 2_000_000


def test_a_page_of_hostile_texts_stays_small(facts, records, pairs, unparsed):
    row = records.filter(pl.col("record_id") == f"{4:016x}")
    worst = "\N{NULL}<&" * 400_000
    ids = pl.format("{}", pl.int_range(pl.len()).cast(pl.String).str.pad_start(16, "0"))
    many = pl.concat([row] * 700).with_columns(
        record_id=ids, title=pl.lit(worst[:5000]), abstract=pl.lit(worst[:5000]), reason=pl.lit(worst[:5000])
    )
    html = render(Run(facts, many.lazy(), pairs.lazy(), unparsed.lazy()))
    assert len(html.encode()) < 2_000_000


@pytest.mark.parametrize("facts", [{}, {"counts": {}, "expectations": None, "sources": []}])
def test_a_run_without_anything_has_a_page(facts):
    text = words(Elements(render(Run(facts, *EMPTY))))
    assert "Not checked" in text
    for sentence in (
        "No record was read.",
        "No file was read.",
        "No record was dropped as a duplicate.",
        "No text was changed.",
        "Every line of every dump and every row is in a record.",
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
    assert word in words(Elements(render(Run(facts, *EMPTY))))


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


def test_reasons_are_counted_without_their_places():
    why = [
        "line 3: this is not JSON (a: column 1)",
        "line 9: this is not JSON (b: column 2)",
        "page furniture before the first record",
    ]
    unparsed = pl.LazyFrame({"why": why})
    assert unparsed_reasons(unparsed) == [
        {"why": "this is not JSON", "lines": 2},
        {"why": "page furniture before the first record", "lines": 1},
    ]
