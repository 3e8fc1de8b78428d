"""Search results: furniture, then a line of title and a line of abstract in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.kinds import FURNITURE, Costs, Page, Shape, Steps
from dedupkit.dumps.layouts.turns import TURNS, build_entries, finish, text_costs
from dedupkit.dumps.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "search_results"
RECOGNISES: Final = (
    "a short line (title) and a long line (abstract) in turn, after a few lines of page furniture"
)
STEPS: Final[Steps] = TURNS

#: Share of the page's lines that must stand in turns.
_TURNS_SHARE: Final = 0.7

#: Lines before, between and after the records that are no button; a letter with one long paragraph has more.
_FURNITURE_LINES: Final = 2

#: Lines of Markdown begin so, and a page with many of them is none of titles and abstracts.
_MARKUP: Final = ("# ", "## ", "### ", "- ", "* ", "> ", "|", "```")

#: Abstracts on such a page are longer than this, most of them.
_ABSTRACT_CHARS: Final = 150


def costs(page: Page) -> list[Costs]:
    """Title, abstract or furniture, by the shape of the line."""
    return [text_costs(shape) for shape in page.shapes]


def read(page: Page, labels: Sequence[str]) -> Reading:
    """Read titles and abstracts in turn; sure where hardly a line breaks the turn."""
    lines, line_shapes = page
    entries, unparsed = build_entries(list(zip(lines, labels, strict=True)))
    turns = [entry for entry in entries if len(entry.lines) == 2 and entry.title is not None]
    described = sum(len(entry.abstract or "") >= _ABSTRACT_CHARS for entry in turns)
    share = 2 * len(turns) / _body_size(labels, line_shapes) if described >= max(1, len(turns) / 2) else 0.0
    why = f"{len(turns)} of {len(entries)} records are a title line and an abstract line"
    marked_up = sum(line.text.startswith(_MARKUP) for line in lines)
    strange = sum(
        label == FURNITURE and not shape.is_interface
        for label, shape in zip(labels, line_shapes, strict=True)
    )
    if share < _TURNS_SHARE or 5 * marked_up > len(lines) or strange > _FURNITURE_LINES + 2 * len(turns):
        share = 0.0
    reading = Reading(0.9 * share, why, entries, unparsed)
    return finish(reading, unknown_labels=True)


def _body_size(labels: Sequence[str], line_shapes: Sequence[Shape]) -> int:
    """Lines from the first title to the last line of a record, buttons and page numbers not counted."""
    records = [index for index, label in enumerate(labels) if label != FURNITURE]
    if not records:
        return 1
    body = range(records[0], records[-1] + 1)
    return sum(labels[index] != FURNITURE or not line_shapes[index].is_interface for index in body)
