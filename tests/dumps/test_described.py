"""Layouts that the configuration describes: golden pages, what they must not take, and mistakes in them."""

import json
import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings, load_settings
from dedupkit.described import BUILT_IN, KINDS, DescribedLayout
from dedupkit.dumps import read_inputs
from dedupkit.dumps.layouts import LAYOUTS, UNKNOWN
from dedupkit.dumps.sniff import recognise
from dedupkit.dumps.text import split_lines
from dedupkit.errors import UsageError

PAGES = Path(__file__).parent / "described"
NAMES = sorted(path.stem for path in PAGES.glob("*.toml"))
COLUMNS = ("title", "abstract", "authors", "organisation", "published_text", "published", "comment_count")


def layout_of(name):
    (layout,) = load_settings(PAGES / f"{name}.toml").layouts
    return layout


def page_of(name):
    return (PAGES / f"{name}.txt").read_text("utf-8")


def read(text, *layouts):
    """What is recognised; each line is in exactly one place."""
    lines, _ = split_lines(text)
    found = recognise(lines, layouts)
    placed = [line.number for entry in found.reading.entries for line in entry.lines]
    placed += [left.line.number for left in found.reading.unparsed]
    assert sorted(placed) == [line.number for line in lines]
    return found.name, found.reading


def content(reading):
    return [
        {
            name: str(value) if name == "published" else value
            for name in COLUMNS
            if (value := getattr(entry, name)) not in (None, [])
        }
        for entry in reading.entries
    ]


@pytest.mark.parametrize("name", NAMES)
def test_pages_are_read_as_they_are_described(name):
    expected = json.loads((PAGES / f"{name}.json").read_text("utf-8"))
    layout, reading = read(page_of(name), layout_of(name))
    assert layout == name
    assert content(reading) == expected["entries"]
    assert [[left.line.number, left.why] for left in reading.unparsed] == expected["unparsed"]
    assert (round(reading.confidence, 3), reading.why) == (expected["confidence"], expected["why"])


#: Without a pattern of a required kind; such a layout takes any page of its shape.
WITHOUT_PATTERNS = ("blocks", "forum")
WITH_PATTERNS = tuple(name for name in NAMES if name not in WITHOUT_PATTERNS)


@pytest.mark.parametrize("name", WITH_PATTERNS)
def test_all_layouts_at_once_disturb_none(name):
    assert read(page_of(name), *map(layout_of, NAMES)) == read(page_of(name), layout_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_windows_line_ends_change_nothing(name):
    assert read(page_of(name).replace("\n", "\r\n"), layout_of(name)) == read(page_of(name), layout_of(name))


@pytest.mark.parametrize("seed", ["000", "001", "002", "003"])
def test_seeds_are_read_as_before_where_patterns_do_not_match(seed, seeds):
    assert read(seeds[seed], *map(layout_of, WITH_PATTERNS)) == read(seeds[seed])


@pytest.mark.parametrize(
    "text",
    [
        "From: Ada\nTo: Bob\nSubject: Cake\n\nDear Bob,\n\n"
        + "It rains, and the cake is late. " * 9
        + "\n\nBest,\nAda\n",
        "The Long Road Home\nBy Jane Doe\n"
        + "\n".join("It rained on the roofs. Nobody knew why. " * 8 for _ in range(9)),
        "\n".join(["Ada Lovelace", "Grace Hopper", "Kurt Gödel"] * 5),
        "\n".join(f"On the Theory of Thing Number {n}" for n in range(30)),
        "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\n\nRough winds do shake\n",
        "\n".join(f"{number}. Buy cake" for number in range(1, 20)),
        "",
        "\n",
    ],
    ids=["letter", "article", "names", "titles", "poem", "list", "nothing", "blank"],
)
def test_other_texts_are_no_pages_of_any(text):
    name, reading = read(text, *map(layout_of, NAMES))
    assert name == "paragraphs"
    assert not reading.unparsed


def test_patterns_that_never_match_give_no_confidence():
    page = "A Title of a Paper\n" + "An abstract that says a lot. " * 9 + "\n"
    wrong = DescribedLayout("wrong", ("title", "abstract+"), None, {"title": r"^\d+\. (.+)"})
    found = recognise(split_lines(page * 5)[0], (wrong,))
    confidence = {layout.NAME: reading.confidence for layout, reading in found.readings}
    assert (found.name, confidence["wrong"]) == ("search_results", 0)


def test_a_described_layout_with_a_pattern_wins_where_both_fit():
    page = "".join(f"Title Number {n} of a Page\n{'An abstract that says a lot. ' * 9}\n" for n in range(6))
    marked = page.replace("Title Number", "> Title Number")
    mine = DescribedLayout(
        "mine", ("title", "authors?", "abstract"), None, {"title": "^(?:> )?(.+)", "authors": "^By (.+)"}
    )
    bare = DescribedLayout("bare", ("title", "abstract"))
    assert read(page)[0] == read(page, bare)[0] == "search_results"
    assert read(page, bare, mine)[0] == "mine"
    assert content(read(marked, mine)[1]) == content(read(page)[1])


def test_a_layout_that_fits_less_than_a_built_in_one_does_not_win(seeds):
    mine = DescribedLayout("mine", ("title", "abstract"))
    assert read(seeds["002"], mine)[0] == "daily_list"


def test_a_record_that_lacks_a_kind_is_read_but_not_whole():
    text = page_of("proceedings").replace("By Grace Hopper and Kurt Gödel\n", "")
    _, reading = read(text, layout_of("proceedings"))
    assert [entry.title for entry in reading.entries] == [
        "Sorting Networks, Revisited",
        "Bubble Sort, Verified",
        "How Do Programmers Sort?",
    ]
    assert reading.entries[1].authors == []
    assert reading.why.startswith("2 of 3 records are whole")


def test_a_cut_page_keeps_what_is_before_the_cut():
    text, layout = page_of("proceedings"), layout_of("proceedings")
    whole = read(text, layout)[1]
    for cut in range(len(text) // 2, len(text), 7):
        _, reading = read(text[:cut], layout)
        sure = [entry for entry in whole.entries if entry.lines[-1].number < text[:cut].count("\n")]
        assert content(reading)[: len(sure)] == content(whole)[: len(sure)]


def test_a_pattern_decides_over_the_shape_of_a_line():
    text = "Load more\nBy Ada Lovelace\nWe load more, and say why it is enough.\n"
    layout = DescribedLayout(
        "mine", ("title", "authors", "abstract"), None, {"title": "^Load more$", "authors": "^By (.+)"}
    )
    name, reading = read(text, layout)
    assert (name, reading.entries[0].title, reading.entries[0].authors) == (
        "mine",
        "Load more",
        ["Ada Lovelace"],
    )


def test_two_pages_of_which_one_is_described_are_split(seeds):
    layout = layout_of("proceedings")
    alone = read(page_of("proceedings"), layout)[1]
    for text, names in (
        (page_of("proceedings") + seeds["002"], "proceedings + daily_list"),
        (seeds["002"] + "\n" + page_of("proceedings"), "daily_list + proceedings"),
    ):
        name, reading = read(text, layout)
        assert name == names
        assert [entry for entry in content(reading) if entry in content(alone)] == content(alone)
        assert len(reading.entries) == 62 + 3


def test_hostile_patterns_and_lines_take_linear_time():
    layout = DescribedLayout(
        "mine", ("title", "abstract+"), None, {"title": "^(a+)+$", "abstract": "(a|aa)+b"}
    )
    _, reading = read(f"{'a' * 300_000}!\n{'aa' * 200_000}b\n", layout)
    assert reading.entries


def test_hostile_lists_and_numbers_are_survived():
    layout = DescribedLayout(
        "mine", ("title", "authors", "comments", "abstract"), None, {"authors": "^By(.*)"}
    )
    text = f"A Title\nBy {'x ' * 100_000}{' ' * 200_000}; y\n{'9' * 30} comments\n{'An abstract. ' * 20}\n"
    _, reading = read(text * 2, layout)
    assert [entry.comment_count for entry in reading.entries] == [None, None]
    assert read(f"Ada{' ' * 200_000}b\n" * 3)[0] == "paragraphs"


KIND_LISTS = st.lists(st.sampled_from(KINDS), min_size=1, max_size=5, unique=True).filter(
    lambda kinds: {"title", "abstract"} & set(kinds)
)


@settings(max_examples=200, deadline=None)
@given(
    kinds=KIND_LISTS,
    marks=st.lists(st.sampled_from(["", "?", "+", "*"]), min_size=5, max_size=5),
    seed=st.integers(0, 999),
)
def test_of_any_description_and_any_lines_each_line_is_in_one_place(kinds, marks, seed):
    dice = random.Random(seed)
    record = tuple(f"{kind}{mark}" for kind, mark in zip(kinds, marks, strict=False))
    if all(item.endswith(("?", "*")) for item in record):
        record = (kinds[0], *record[1:])
    patterns = {
        kind: dice.choice([r"^\d+\. (.+)", "^By (.+)", ".", "^(?:x|(y))", r"(\w+)$"])
        for kind in (*kinds, "furniture")
        if dice.random() < 0.4
    }
    pieces = [
        "1. A Title",
        "By Ada Lovelace",
        "Log in",
        "An abstract that says a lot. " * 9,
        "x",
        "Mar 3, 2024",
        "7",
        "",
        "—",
    ]
    text = "\n".join(dice.choice(pieces) for _ in range(dice.randint(0, 40)))
    layout = DescribedLayout("mine", record, None, patterns)
    assert read(text, layout) == read(text, layout)


def test_names_of_built_in_layouts_are_taken():
    assert set(BUILT_IN) == {layout.NAME for layout in (*LAYOUTS, UNKNOWN)} | {"article", "table"}


HEAD = "[[layouts]]\nname = 'mine'\n"
GOOD = HEAD + "record = ['title', 'abstract+']\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("layouts = 3", "layouts = 3"),
        ("layouts = ['mine']", "describe each layout in a table"),
        ("[[layouts]]\nrecord = ['title']", "it has no name"),
        (HEAD, "layout 'mine': it has no record"),
        (GOOD + "recognise = 'x'", "did you mean 'recognises'"),
        (GOOD + "recognises = 3", "recognises = 3"),
        ("[[layouts]]\nname = 3\nrecord = ['title']", "name = 3"),
        ("[[layouts]]\nname = 'a + b'\nrecord = ['title']", "name = 'a + b'"),
        ("[[layouts]]\nname = 'daily_list'\nrecord = ['title']", "'daily_list': this name is a built-in"),
        (GOOD + GOOD, "'mine' is described twice"),
        (HEAD + "record = 'title'", "it takes a list of kinds"),
        (HEAD + "record = []", "neither title nor abstract"),
        (HEAD + "record = ['authors', 'published']", "neither title nor abstract"),
        (HEAD + "record = ['title?', 'abstract*']", "all of it may be missing"),
        (HEAD + "record = ['title', 'title']", "names 'title' twice"),
        (HEAD + "record = ['title', 'abstracts']", "did you mean 'abstract'"),
        (HEAD + "record = ['title', 'author+']", "did you mean 'authors'"),
        (HEAD + "record = ['title', 'abstract++']", "unknown kind 'abstract++'"),
        (HEAD + "record = ['title', 'furniture']", "wherever they stand"),
        (GOOD + "patterns = 'x'", "patterns = 'x'"),
        (GOOD + "patterns = {title = 3}", "table of kinds and regular expressions"),
        (GOOD + "patterns = {titel = 'x'}", "did you mean 'title'"),
        (GOOD + "patterns = {authors = 'x'}", "'authors' is not in its record"),
        (GOOD + "patterns = {title = '(x'}", "title = '(x' is no regular expression: unclosed group"),
        (GOOD + "patterns = {title = '(?=x)'}", "look-around"),
        (GOOD + "patterns = {title = ''}", "it is empty"),
        (GOOD + "patterns = {title = '(x{1000}){1000}'}", "exceeds size limit"),
    ],
)
def test_mistakes_are_told_with_the_file_and_the_nearest_name(content, says, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError) as caught:
        load_settings(path)
    assert says in str(caught.value)
    assert "mine.toml" in str(caught.value) or "twice" in says


def test_settings_with_layouts_travel_and_are_told():
    mine = Settings(layouts=(layout_of("proceedings"),))
    assert pickle.loads(pickle.dumps(mine)) == mine  # noqa: S301  our own
    told = json.loads(json.dumps(mine.as_dict()))
    assert told == mine.as_dict()
    assert told["layouts"][0]["record"] == ["title", "authors", "published?", "abstract+"]
    assert told["layouts"][0]["patterns"]["authors"] == "^By (.+)"
    assert Settings().as_dict()["layouts"] == []


def test_files_are_read_with_the_layouts_of_the_settings():
    parsed = read_inputs([PAGES / "proceedings.txt"], load_settings(PAGES / "proceedings.toml"))
    (source,) = parsed.sources
    assert (source.layout, source.confidence, source.records) == ("proceedings", 0.846, 3)
    assert parsed.records["authors"].to_list()[1] == ["Grace Hopper", "Kurt Gödel"]
    assert parsed.records["line"].to_list() == [2, 7, 13]
