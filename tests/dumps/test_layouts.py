"""Pages of the three layouts, as they are and as scrapers mangle them."""

import json
import random
import re
from pathlib import Path

import pytest

from dedupkit.dumps.kinds import to_page
from dedupkit.dumps.layouts import paragraphs
from dedupkit.dumps.reading import Line
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.text import split_lines

PAGES = Path(__file__).parent / "pages"
EXPECTED = {
    "000": ("publications_page", 12),
    "001": ("search_results", 274),
    "002": ("daily_list", 62),
    "003": ("search_results", 199),
}
LABELS = [
    "Follow",
    "Sign up",
    "Log In",
    "Abonnieren",
    "Get updates",
    "S'abonner",
    "SUBSCRIBE",
    "Se connecter",
    "Prenota",
    "Подписаться",
]


def read(text):
    """Read a dump, and check that each of its lines is in exactly one place."""
    lines, _ = split_lines(text)
    layout, reading = read_dump(lines)
    placed = [line.number for entry in reading.entries for line in entry.lines]
    placed += [left.line.number for left in reading.unparsed]
    assert sorted(placed) == [line.number for line in lines]
    return layout, reading


def content(reading):
    return [
        (entry.title, entry.abstract, entry.authors, entry.author_count, entry.comment_count, entry.organisation,
         entry.published_text, entry.published)
        for entry in reading.entries
    ]  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_each_seed_has_its_layout_and_its_records(name, seeds):
    layout, reading = read(seeds[name])
    assert (layout, len(reading.entries)) == EXPECTED[name]
    assert all(entry.title for entry in reading.entries)


def test_the_publications_page_gives_names_to_authors_and_titles_to_titles(seeds):
    _, reading = read(seeds["000"])
    by_line = {entry.lines[0].number: entry for entry in reading.entries}
    assert list(by_line) == [1, 4, 7, 15, 16, 18, 20, 22, 30, 37, 42, 43]
    assert by_line[7].authors == [
        "Tian Jin", "Ahmed Imtiaz Humayun", "Utku Evci", "Suvinay Subramanian", "Amir Yazdanbakhsh", "Dan Alistarh",
    ]  # fmt: skip
    assert by_line[15].authors == []
    assert by_line[15].abstract is None
    assert by_line[30].abstract is None
    assert len(by_line[30].authors) == 6
    assert reading.see_more_markers == 9


def test_halves_around_a_see_more_marker_are_joined_as_the_text_had_them(seeds):
    _, reading = read(seeds["000"])
    text = " ".join(entry.abstract or "" for entry in reading.entries)
    assert "structural causal models associated with" in text
    assert "by learning latent representations" in text
    assert "see more" not in text
    assert "…" not in text


@pytest.mark.parametrize("name", ["001", "003"])
def test_search_results_lose_their_label_and_their_furniture(name, seeds):
    _, reading = read(seeds[name])
    assert reading.glued_labels == ["Subscribe"]
    assert not reading.entries[0].title.startswith("Subscribe")
    assert [left.line.number for left in reading.unparsed] == [1, 2]


def test_the_daily_list_reads_its_metadata(seeds):
    _, reading = read(seeds["002"])
    assert sum(entry.published_text is None for entry in reading.entries) == 3
    nvidia = [entry for entry in reading.entries if entry.organisation]
    assert [(e.organisation, e.published_text, e.published, e.comment_count) for e in nvidia] == [
        ("NVIDIA", "Sep 26", None, 4)
    ] * 2
    first = reading.entries[0]
    assert (first.author_count, first.comment_count, str(first.published)) == (6, 2, "2023-05-13")


@pytest.mark.parametrize("page", ["lab", "search", "daily"])
def test_pages_of_the_same_kinds_from_elsewhere_are_read(page):
    expected = json.loads((PAGES / f"{page}.json").read_text("utf-8"))
    layout, reading = read((PAGES / f"{page}.txt").read_text("utf-8"))
    assert layout == expected["layout"]
    assert [(entry.title, entry.authors) for entry in reading.entries] == [
        (t, a) for t, a, _ in expected["entries"]
    ]
    for entry, (_, _, part) in zip(reading.entries, expected["entries"], strict=True):
        assert entry.abstract is None if part is None else part in entry.abstract
    assert [left.line.text for left in reading.unparsed] == expected["unparsed"]
    assert reading.glued_labels == expected.get("glued_labels", [])
    if "metadata" in expected:
        assert expected["metadata"] == [
            [
                e.author_count,
                e.organisation,
                e.published_text,
                e.published and str(e.published),
                e.comment_count,
            ]
            for e in reading.entries
        ]


@pytest.mark.parametrize(
    "mangle",
    [
        pytest.param(lambda text: re.sub(r"\n\s*\n+", "\n", text), id="blank lines missing"),
        pytest.param(lambda text: text.replace("\n", "\n\n"), id="every line apart"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: "\ufeff" + text, id="BOM"),
        pytest.param(lambda text: text.replace("\n", "  \t\n"), id="trailing spaces"),
        pytest.param(lambda text: text.replace("\n", "\n   "), id="indented"),
    ],
)
@pytest.mark.parametrize("name", EXPECTED)
def test_mangled_line_ends_change_nothing(name, mangle, seeds):
    layout, reading = read(seeds[name])
    mangled_layout, mangled = read(mangle(seeds[name]))
    assert mangled_layout == layout
    assert content(mangled) == content(reading)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_cut_page_keeps_every_record_before_the_cut(name, seeds):
    text = seeds[name]
    layout, whole = read(text)
    places = random.Random(name)
    for _ in range(25):
        cut = places.randrange(len(text) // 2, len(text))
        cut_layout, reading = read(text[:cut])
        assert cut_layout == layout
        sure = [entry for entry in whole.entries if entry.lines[-1].number < text[:cut].count("\n")]
        assert content(reading)[: len(sure)] == content(whole)[: len(sure)]
        assert len(reading.entries) <= len(sure) + 2


@pytest.mark.parametrize("count", [1, 2, 3, 10])
@pytest.mark.parametrize("name", ["001", "003"])
def test_short_result_pages_are_recognised(name, count, seeds):
    lines = seeds[name].split("\n")[: 2 + 2 * count]
    layout, reading = read("\n".join(lines))
    assert (layout, len(reading.entries), reading.glued_labels) == ("search_results", count, ["Subscribe"])


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("name", ["001", "003"])
def test_other_button_labels_are_cut_off(name, label, seeds):
    _, reading = read(seeds[name].replace("Subscribe", label, 1))
    assert reading.glued_labels == [label]


@pytest.mark.parametrize("name", ["001", "003"])
def test_no_label_is_cut_off_a_title_that_has_none(name, seeds):
    lines = seeds[name].replace("Subscribe", "", 1).split("\n")
    for start in range(2, len(lines) - 1, 2):
        _, reading = read("\n".join(lines[:2] + lines[start : start + 40]))
        assert reading.glued_labels == []
        assert reading.entries[0].title == lines[start]


@pytest.mark.parametrize(
    "title",
    ["OpenDelta: Tuning Made Simple", "ShareGPT and Its Discontents", "FollowIR: Following Instructions", "McAllester Bounds Revisited",
     "FitzHugh-Nagumo Networks at Rest", "LaTeX Considered Harmful", "SearchNet Finds Paths", "TimeGPT-1", "ZerO Initialization"],
)  # fmt: skip
def test_a_name_in_camel_case_is_no_label(title):
    name = title.split()[0].rstrip(":")
    page = f"Get papers!\n{title}\nWe present {name}. " + "It works well, and we say why. " * 12
    page += (
        "\nAnother Title of a Paper\n" + "Delta nets, bounds and nets of time are simple and at rest. " * 8
    )
    _, reading = read(page)
    assert (reading.glued_labels, reading.entries[0].title) == ([], title)


def test_an_unknown_layout_is_read_by_paragraph_and_says_so():
    text = "Dear all,\nthe meeting is off.\n\nBest\nAda\n\n\nP.S. " + "bring cake " * 5
    layout, reading = read(text)
    assert layout == "paragraphs"
    assert [entry.abstract.split("\n")[0][:9] for entry in reading.entries] == [
        "Dear all,",
        "Best",
        "P.S. brin",
    ]
    assert all(entry.title is None for entry in reading.entries)
    assert "no layout was recognised" in reading.why


def test_a_part_of_a_page_may_begin_without_a_blank_line():
    lines = [
        Line(number, text, after_blank=after)
        for number, text, after in ((2, "One", False), (3, "goes on.", False), (5, "Two.", True))
    ]
    reading = paragraphs.read(to_page(lines), [paragraphs.PARAGRAPH] * 3)
    assert [entry.abstract for entry in reading.entries] == ["One\ngoes on.", "Two."]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("From: Ada\nTo: Bob\nSubject: Cake\n\nDear Bob,\n\n" + "It rains, and the cake is late. " * 9 + "\n\nBest,\nAda\n", id="letter"),
        pytest.param("The Long Road Home\nBy Jane Doe\n" + "\n".join("It rained on the roofs. Nobody knew why. " * 8 for _ in range(9)), id="article"),
        pytest.param("\n".join(["Ada Lovelace", "Grace Hopper", "Kurt Gödel"] * 5), id="names"),
        pytest.param("\n".join(f"On the Theory of Thing Number {n}" for n in range(30)), id="titles"),
        pytest.param("\n".join(f"06:4{n % 10} INFO worker {n} did a thing that took long enough to be told here " * 2 for n in range(40)), id="log"),
        pytest.param("# Head\n\nSome words.\n\n| a | b |\n|---|---|\n| " + "long cell " * 30 + "|\n\n## Next\n\n- " + "item " * 60, id="Markdown"),
        pytest.param("Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n\nRough winds do shake\n", id="poem"),
        pytest.param("\n".join(f"{'ada' if n % 2 else 'bob'}: {'hello there' if n % 3 else 'well ' * 40}" for n in range(40)), id="chat"),
        pytest.param((Path(__file__).parents[2] / "dedupkit" / "cli.py").read_text("utf-8"), id="code"),
    ],
)  # fmt: skip
def test_other_texts_are_no_pages_of_records(text):
    layout, reading = read(text)
    assert layout == "paragraphs"
    assert not reading.unparsed


def test_prose_in_long_lines_is_no_page_of_titles():
    text = "\n".join("It was a long day, and nobody knew why. The rain fell. " * 6 for _ in range(20))
    assert read(text)[0] == "paragraphs"


def test_hostile_lines_are_read_in_linear_time():
    for line in ("a" * 2_000_000, "A b. " * 400_000, "… (see more)" * 150_000, "· " * 800_000):
        _, reading = read(f"Title of a Page\n{line}\nAnother Title\n{line}")
        assert reading.entries
