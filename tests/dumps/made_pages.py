"""Pages of the built-in layouts, made up of words."""

import random

WORDS = (
    "sheep night fog count camera event flock error minute sort network depth input proof computer wait agent better "
    "information game title rain tear memory bound tight constant vanish paper explain measure fold stable graph"
).split()
NAMES = ("Ada Lovelace", "Charles Babbage", "Grace Hopper", "Wen-tau Chen", "María-José Núñez", "Kurt Gödel")
HEADS = (
    ["Daily Papers", "Log in", "Get the newest papers in your inbox!"],
    ["Search", "Results for sheep"],
    ["Home", "About us", "Publications"],
)


def _sentence(dice, count):
    return " ".join(dice.choice(WORDS) for _ in range(count)).capitalize() + "."


def _title(dice):
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(3, 9))).title()


def _abstract(dice):
    return " ".join(_sentence(dice, dice.randint(8, 18)) for _ in range(dice.randint(4, 8)))


def publications_page(dice, count):
    lines = []
    for _ in range(count):
        body = _abstract(dice)
        cut = dice.randint(60, 150)
        names = dice.sample(NAMES, dice.randint(1, 3))
        lines += [_title(dice), *names, f"{body[:cut]}… (see more){body[cut:]}"]
    return lines


def search_results(dice, count):
    return dice.choice(HEADS)[:2] + [line for _ in range(count) for line in (_title(dice), _abstract(dice))]


def daily_list(dice, count):
    lines = list(dice.choice(HEADS))
    for _ in range(count):
        who = f"  • {dice.randint(2, 9)} authors"
        lines += [
            "",
            _title(dice),
            "",
            _abstract(dice),
            "",
            who,
            "·",
            f"Mar {dice.randint(1, 28)}, 2024 {dice.randint(1, 9)}",
        ]
    return lines


PAGES = {page.__name__: page for page in (publications_page, search_results, daily_list)}


def made_page(name, seed, count):
    """A page of a layout as text; the seed says which."""
    return "\n".join(PAGES[name](random.Random(seed), count)) + "\n"
