"""Sister works: one template, other years, names and figures. They are not copies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from made_texts import Work
from similarity import jaccard, shingles

if TYPE_CHECKING:
    import numpy as np

#: Jaccard similarities of sisters: too low for a copy, too high for works that have nothing in common.
LEAST, MOST = 0.3, 0.6

#: Words and figures that sisters have each for themselves.
OWN_RE: Final = re.compile(r"[^\W\d_]{5,}|\d+")

_YEARS: Final = (1990, 2026)
_LATER: Final = (1, 9)


def as_template(work: Work, rng: np.random.Generator) -> Work:
    """Give two of three templates a year in the title."""
    year = int(rng.integers(*_YEARS))
    return Work(f"{work.title} in {year}", work.abstract) if rng.integers(3) else work


def make_sister(template: Work, stranger: Work, rng: np.random.Generator) -> Work | None:
    """Another work of the same template.

    Args:
        template: What the sister is like.
        stranger: An unrelated work, whose words take the place of the template's.
        rng: Decides which.

    Returns:
        The sister, or None where no number of changed words makes it as similar as sisters are: the texts are too
        short.
    """
    changes = _changes(template.abstract, stranger.abstract, rng)
    most = float(rng.uniform((2 * LEAST + MOST) / 3, MOST))
    of_template = shingles(template.abstract)
    low, high, count = 1, len(changes), len(changes) // 4
    while low <= high:
        some = dict(changes[:count])
        abstract = OWN_RE.sub(lambda found, to=some: to.get(found[0], found[0]), template.abstract)
        similarity = jaccard(of_template, shingles(abstract))
        if LEAST <= similarity <= most:
            return Work(_sister_title(template.title, changes, rng), abstract)
        low, high = (count + 1, high) if similarity > most else (low, count - 1)
        count = (low + high) // 2
    return None


def _changes(text: str, other: str, rng: np.random.Generator) -> list[tuple[str, str]]:
    """The words of a text in random order, each with what to put in its place."""
    ours = _own(text)
    known = set(ours)
    theirs = [word for word in _own(other) if word not in known and not word.isdigit()]
    order = rng.permutation(len(ours)).tolist()
    figures = rng.integers(2, 3_000, len(ours)).tolist()
    return [
        (ours[place], str(figures[place]) if ours[place].isdigit() else theirs[place % len(theirs)])
        for place in order
        if theirs
    ]


def _own(text: str) -> list[str]:
    return list(dict.fromkeys(OWN_RE.findall(text)))


def _sister_title(title: str, changes: list[tuple[str, str]], rng: np.random.Generator) -> str:
    """A later year, or another word for the longest."""
    before, separator, year = title.rpartition(" in ")
    if separator and year.isdigit():
        return f"{before} in {int(year) + int(rng.integers(*_LATER))}"
    longest = max(title.split(), key=len)
    return title.replace(longest, changes[int(rng.integers(len(changes)))][1], 1)
