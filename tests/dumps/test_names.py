"""Authors are told from titles, whatever culture their names are from."""

import random

import pytest

from dedupkit.dumps.kinds import NEVER
from dedupkit.dumps.names import name_cost, split_names
from dedupkit.dumps.sniff import read_dump
from dedupkit.dumps.text import split_lines

NAMES = [
    "Wei Zhang", "Xu Ji", "Nguyễn Văn An", "Trần Thị Mai", "Ji-hoon Kim", "Seung-won Park", "Yuki Sato", "王小明", "김민수",
    "佐藤健", "Priya Subramanian", "Arjun Kumar", "Guðrún Jónsdóttir", "Søren Nielsen", "Łukasz Wójcik", "Zoltán Szabó",
    "María-José Núñez de la Torre", "Ludwig van der Berg", "Jean-Pierre R. Falet", "J.-P. O'Neill", "A. Feder Cooper",
    "Abdul-Rahman Al-Khalili", "Fatima bint Omar", "Chidi Okafor", "Ngozi Mensah", "Иван Петров", "محمد علي", "Yann LeCun",
    "Conor McAllister", "Martin Luther King Jr.", "John Smith III", "SCHMIDHUBER Jürgen", "Will Grant", "Rose Field",
    "Grace Young", "In So Kweon", "An Nguyen", "Ge Ya Luo", "D'Angelo Rivers", "Mary Anne de la Cruz-Lopez",
]  # fmt: skip
TITLES = [
    "On the Size of Teachers", "TimeGPT-1", "Why Sort?", "Attention: All You Need", "Learning with 3 Examples",
    "How Transformers Count", "GPT", "LLMs at Work", "A study of sorting", "What Whales Know", "Sorting Networks, Revisited!",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_may_be_names(name):
    assert name_cost(name, frozenset(), 1) < 1.6


@pytest.mark.parametrize("title", TITLES)
def test_titles_are_no_names(title):
    assert name_cost(title, frozenset(), 1) >= 1.6


@pytest.mark.parametrize(
    "title", ["Neural Collapse", "Tree Cross Attention", "Causal Abstractions", "Adversarial Training"]
)
def test_short_titles_of_words_that_the_page_writes_small_are_unlikely_names(title):
    assert 2.1 < name_cost(title, frozenset(title.lower().split()), 1) < NEVER


@pytest.mark.parametrize(
    "line, names",
    [
        (
            "Ada Lovelace*, Charles Babbage1,2 and Mary Somerville†",
            ["Ada Lovelace", "Charles Babbage", "Mary Somerville"],
        ),
        ("Ada Lovelace; Grace Hopper", ["Ada Lovelace", "Grace Hopper"]),
        ("Andy Anderson", ["Andy Anderson"]),
    ],
)
def test_names_on_one_line_are_parted(line, names):
    assert split_names(line) == names


@pytest.mark.parametrize("seed", range(8))
def test_pages_with_any_mix_of_names_are_read(seed, seeds):
    """Titles and abstracts of the search results, with invented authors: hardly a record may go wrong."""
    lines = seeds["001"].replace("Subscribe", "", 1).split("\n")[2:]
    works = list(zip(lines[::2], lines[1::2], strict=True))
    choose = random.Random(seed)
    page, expected = [], []
    for title, abstract in choose.sample(works, 60):
        authors = choose.sample(NAMES, choose.choice([0, 1, 2, 3, 5, 9]))
        described = choose.random() > 0.12
        page += [title, *authors]
        if described:
            page.append(f"{abstract[:140]}… (see more){abstract[140:]}")
        expected.append((title, authors, abstract if described else None))
    layout, reading = read_dump(split_lines("\n".join(page))[0])
    assert layout == "publications_page"
    found = [(entry.title, entry.authors, entry.abstract) for entry in reading.entries]
    assert len(found) == pytest.approx(60, abs=1)
    assert sum(record in found for record in expected) >= 57
