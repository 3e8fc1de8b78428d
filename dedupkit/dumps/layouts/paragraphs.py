"""A text whose layout nobody knows: one record for each paragraph, and no title is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.kinds import END, START, Costs, Page, Steps
from dedupkit.dumps.reading import Entry, Line, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "paragraphs"
RECOGNISES: Final = (
    "nothing: what no layout recognises is read paragraph by paragraph, blank lines between them"
)


PARAGRAPH: Final = "paragraph"

STEPS: Final[Steps] = {(START, PARAGRAPH): 0, (PARAGRAPH, PARAGRAPH): 0, (PARAGRAPH, END): 0}

#: More than lines cost a layout that fits them, less than running text costs one of titles and abstracts.
_COST: Final = 2.5


def costs(page: Page) -> list[Costs]:
    """Any line may be one of running text, and none looks much like it."""
    return [{PARAGRAPH: _COST} for _ in page.lines]


def read(page: Page, _labels: Sequence[str]) -> Reading:
    """Read blocks between blank lines, or single lines where there is no blank line."""
    lines = page.lines
    has_blocks = any(line.after_blank for line in lines[1:])
    blocks: list[list[Line]] = []
    for line in lines:
        if line.after_blank or not has_blocks or not blocks:  # a page may begin with less than a paragraph
            blocks.append([])
        blocks[-1].append(line)
    entries = [Entry(lines=block, abstract="\n".join(line.text for line in block)) for block in blocks]
    return Reading(0.5, f"no layout was recognised: {len(entries)} paragraphs", entries, [])
