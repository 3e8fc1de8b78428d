"""A text whose layout nobody knows: one record for each paragraph, and no title is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.reading import Entry, Line, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "paragraphs"
RECOGNISES: Final = (
    "nothing: what no layout recognises is read paragraph by paragraph, blank lines between them"
)


def read(lines: Sequence[Line]) -> Reading:
    """Read blocks between blank lines, or single lines where there is no blank line."""
    has_blocks = any(line.after_blank for line in lines[1:])
    entries: list[Entry] = []
    for line in lines:
        if line.after_blank or not has_blocks or not entries:  # a page may begin with less than a paragraph
            entries.append(Entry(lines=[line], abstract=line.text))
        else:
            entries[-1].lines.append(line)
            entries[-1].abstract = f"{entries[-1].abstract}\n{line.text}"
    return Reading(0.5, f"no layout was recognised: {len(entries)} paragraphs", entries, [])
