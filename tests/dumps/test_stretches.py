"""A file of several pages is split where one ends, and each is read as if it were alone."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pages import PAGES, made_page

from dedupkit.dumps.sniff import glued_labels, read_dump, recognise
from dedupkit.dumps.text import split_lines

LAYOUTS = {
    "000": "publications_page",
    "001": "search_results",
    "002": "daily_list",
    "003": "search_results",
}
PROSE = (
    "It was a long day, and nobody knew why. The rain fell on the roofs, and the cake was late again. "
    "Ada said that she would come, but she had said so before, and so we waited without much hope. "
) * 2


def recognised(text):
    """What is recognised; each line is in one place, and segments cover all lines in order."""
    lines, _ = split_lines(text)
    found = recognise(lines)
    reading = found.reading
    placed = [line.number for entry in reading.entries for line in entry.lines]
    placed += [left.line.number for left in reading.unparsed]
    assert sorted(placed) == [line.number for line in lines]
    numbers = [line.number for line in lines]
    starts = [numbers.index(segment.first) for segment in found.segments if numbers]
    ends = [numbers.index(segment.last) + 1 for segment in found.segments if numbers]
    assert starts == [0, *ends[:-1]][: len(starts)]
    assert ends[-1:] == [len(numbers)][: len(ends)]
    assert found.name == " + ".join(segment.layout.NAME for segment in found.segments)
    names = [segment.layout.NAME for segment in found.segments]
    assert all(left != right for left, right in itertools.pairwise(names))
    return found


def content(text):
    reading = recognised(text).reading
    return [
        (e.title, e.abstract, e.authors, e.author_count, e.comment_count, e.organisation, e.published_text, e.published)
        for e in reading.entries
    ], [left.line.text for left in reading.unparsed]  # fmt: skip


def together(*texts):
    """What several pages give, each read alone."""
    contents = [content(text) for text in texts]
    return [entry for entries, _ in contents for entry in entries], [
        line for _, left in contents for line in left
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [pair for pair in itertools.permutations(LAYOUTS, 2) if LAYOUTS[pair[0]] != LAYOUTS[pair[1]]],
)
def test_two_seeds_one_behind_the_other_give_the_records_of_both(first, second, seeds):
    text = f"{seeds[first]}\n{seeds[second]}"
    found = recognised(text)
    assert found.name == f"{LAYOUTS[first]} + {LAYOUTS[second]}"
    assert content(text) == together(seeds[first], seeds[second])


@pytest.mark.parametrize("order", list(itertools.permutations(["000", "001", "002"])))
def test_three_seeds_too(order, seeds):
    assert content("\n".join(seeds[name] for name in order)) == together(*(seeds[name] for name in order))


def test_two_pages_of_one_layout_stay_one(seeds):
    found = recognised(f"{seeds['001']}\n{seeds['003']}")
    assert (found.name, len(found.reading.entries)) == ("search_results", 274 + 199)
    # Only the first title of a page may have a button glued to it.
    assert found.reading.entries[274].title.startswith("SubscribeEnd-to-end")


def test_files_without_a_last_line_end_lose_one_seam_when_they_are_joined(seeds):
    """``cat`` puts the first line of the second page behind the last of the first: it was the end of an abstract."""
    assert not seeds["000"].endswith("\n")
    found = recognised(seeds["000"] + seeds["002"])
    entries, _ = together(seeds["000"], seeds["002"])
    assert found.name == "publications_page + daily_list"
    assert [entry.title for entry in found.reading.entries] == [entry[0] for entry in entries]
    assert found.reading.entries[11].abstract == f"{entries[11][1]}new"


@pytest.mark.parametrize("name", LAYOUTS)
def test_one_page_stays_one(name, seeds):
    lines, _ = split_lines(seeds[name])
    found = recognised(seeds[name])
    assert [(segment.layout.NAME, segment.first, segment.last) for segment in found.segments] == [
        (LAYOUTS[name], 1, lines[-1].number)
    ]
    assert found.reading is found.readings[0][1]


def test_it_says_which_lines_have_which_layout(seeds):
    found = recognised(f"{seeds['000']}\n{seeds['002']}")
    assert [(segment.first, segment.last) for segment in found.segments] == [(1, 44), (45, 539)]
    assert found.reading.confidence == min(segment.reading.confidence for segment in found.segments)
    assert found.reading.why == (
        "lines 1 to 44: 6 of 12 records name authors line by line, 9 of 9 abstracts hold a see-more marker; "
        "lines 45 to 539: 59 of 62 records have a metadata block with a date"
    )


def test_the_label_of_each_page_is_cut_off(seeds):
    text = f"{seeds['001']}\n{seeds['002']}\n{seeds['003']}"
    labels = glued_labels(text)
    lines = text.split("\n")
    assert set(labels.values()) == {"Subscribe"}
    assert [lines[number - 1][:20] for number in labels] == ["SubscribeNavigating ", "SubscribeEnd-to-end "]
    assert recognised(text).reading.glued_labels == ["Subscribe"] * 2


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(PAGES)), min_size=2, max_size=3),
    seed=st.integers(0, 10**6),
    count=st.integers(12, 20),
)
def test_made_up_pages_give_the_records_of_each(names, seed, count):
    names = [name for place, name in enumerate(names) if place == 0 or names[place - 1] != name]
    texts = [made_page(name, seed + place, count) for place, name in enumerate(names)]
    assert content("".join(texts)) == together(*texts)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from(
                ["A Title of Some Words", "Ada Lovelace", "• 3 authors", "·", "Mar 3", PROSE, "Log in", ""]
            ),
            st.sampled_from(sorted(PAGES)).map(lambda name: made_page(name, 1, 3)),
        ),
        max_size=30,
    )
)
def test_of_any_lines_each_is_in_one_place(pieces):
    recognised("\n".join(pieces))


@pytest.mark.parametrize("name", sorted(PAGES))
def test_running_text_beside_a_page_is_no_record_of_it(name):
    page, prose = made_page(name, 7, 20), f"{PROSE}\n" * 8
    alone, _ = together(page)
    for text, place in ((prose + page, 8), (page + prose, 0)):
        found = recognised(text)
        assert sorted(segment.layout.NAME for segment in found.segments) == sorted([name, "paragraphs"])
        assert content(text)[0][place : place + 20] == alone


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_few_lines_of_running_text_are_no_page(name):
    found = recognised(made_page(name, 7, 20) + f"{PROSE}\n" * 2)
    assert found.name == name


def test_a_few_records_in_a_long_text_are_no_page():
    prose = "".join(f"{PROSE[place:]}\n" for place in range(60))
    assert recognised(prose + made_page("search_results", 3, 5) + prose).name == "paragraphs"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_with_a_stretch_that_lost_something_is_not_split_without_need(name):
    dice = random.Random(5)
    lines = made_page(name, 9, 40).split("\n")
    for _ in range(10):
        place = dice.randrange(len(lines))
        kept = lines[:place] + lines[place + dice.randint(1, 3) :]
        assert recognised("\n".join(kept)).name == name


def test_a_long_file_of_many_pages_is_read_in_linear_time():
    text = "".join(made_page(name, place, 20) for place in range(40) for name in sorted(PAGES))
    layout, reading = read_dump(split_lines(text)[0])
    assert len(reading.entries) == 40 * 3 * 20
    assert layout.count("+") == 119


def test_alternating_lines_that_are_no_pages_are_given_up_soon():
    text = "Ada Lovelace\n· \nA Title of Words\n• 3 authors\n" * 3_000
    assert recognised(text).segments
