"""A publications page: title, authors one to a line, abstract with a show-more button in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.kinds import (
    ABSTRACT,
    AUTHOR,
    END,
    FURNITURE,
    NEVER,
    START,
    TITLE,
    Costs,
    Page,
    Steps,
)
from dedupkit.dumps.layouts.turns import build_entries, finish, text_costs
from dedupkit.dumps.names import common_words, name_cost, split_names
from dedupkit.dumps.reading import Entry, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "publications_page"
RECOGNISES: Final = (
    "a title, lines that are names of persons, and an abstract with a see-more marker glued into it"
)

STEPS: Final[Steps] = {
    (START, TITLE): 0,
    (START, FURNITURE): 0,
    (START, AUTHOR): 6,
    (START, ABSTRACT): 7,
    (FURNITURE, FURNITURE): 0,
    (FURNITURE, TITLE): 0,
    (FURNITURE, ABSTRACT): 7,
    (TITLE, AUTHOR): 0,
    (TITLE, ABSTRACT): 0.5,  # no authors
    (TITLE, TITLE): 1.5,  # neither authors nor abstract
    (TITLE, FURNITURE): 3,
    (AUTHOR, AUTHOR): 0,
    (AUTHOR, ABSTRACT): 0,
    (AUTHOR, TITLE): 1.6,  # no abstract
    (AUTHOR, FURNITURE): 3,
    (ABSTRACT, TITLE): 0,
    (ABSTRACT, ABSTRACT): 4,
    (ABSTRACT, FURNITURE): 2,
    (TITLE, END): 0.5,
    (AUTHOR, END): 0.5,
    (ABSTRACT, END): 0,
    (FURNITURE, END): 0,
}

#: Hardly a title is that short, and many names are: by words.
_SHORT_TITLE: Final = {1: 1.0, 2: 0.6, 3: 0.3}

#: Runs longer than this are running text, whose words tell names from titles.
_BODY_CHARS: Final = 150


def costs(page: Page) -> list[Costs]:
    """By the shape of the line, and by how much it looks like names of persons."""
    common = common_words(line.text for line in page.lines if len(line.text) > _BODY_CHARS)
    found = []
    for line, shape in zip(page.lines, page.shapes, strict=True):
        line_costs = text_costs(shape)
        cost = name_cost(line.text, common, shape.times)
        if cost != NEVER:
            # The last line of a cut page may be the first name of a person.
            line_costs[AUTHOR] = min(cost, 0.5) if shape.is_last and shape.word_count == 1 else cost
            line_costs[TITLE] += _SHORT_TITLE.get(shape.word_count, 0.0)
        found.append(line_costs)
    return found


def read(page: Page, labels: Sequence[str]) -> Reading:
    """Read titles, names and abstracts; sure where most records have names or a see-more marker."""
    entries, unparsed = build_entries(list(zip(page.lines, labels, strict=True)))
    authors = {line.number for line, label in zip(page.lines, labels, strict=True) if label == AUTHOR}
    for entry in entries:
        entry.authors = [
            name for line in entry.lines if line.number in authors for name in split_names(line.text)
        ]
    named = sum(bool(entry.authors) for entry in entries)
    reading = finish(Reading(0.0, "", entries, unparsed))
    abstracts = [entry.abstract for entry in entries if entry.abstract is not None]
    marked = min(reading.see_more_markers, len(abstracts))
    if 2 * sum(len(abstract) > _BODY_CHARS for abstract in abstracts) >= max(1, len(abstracts)):
        share = max(marked / len(abstracts), named / len(entries))
        sure = share >= 0.3 if marked else share >= 0.5 and _whole_count(entries) >= 2
        reading.confidence = 0.6 + 0.4 * share if sure else 0.0
    reading.why = (
        f"{named} of {len(entries)} records name authors line by line, "
        f"{marked} of {len(abstracts)} abstracts hold a see-more marker"
    )
    return reading


def _whole_count(entries: Sequence[Entry]) -> int:
    """Records of a title, authors and an abstract of one long line: without a marker, they prove the layout."""
    return sum(
        entry.title is not None
        and bool(entry.authors)
        and len(entry.abstract or "") > _BODY_CHARS
        and "\n" not in (entry.abstract or "")
        for entry in entries
    )
