"""Which layout does a dump have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.dumps.layouts import LAYOUTS, UNKNOWN
from dedupkit.dumps.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.dumps.reading import Layout, Line, Reading

#: Below this a layout is not believed.
MINIMUM_CONFIDENCE: Final = 0.5


def read_as_all(lines: Sequence[Line]) -> list[tuple[Layout, Reading]]:
    """Read a dump as every layout, the most confident first; the paragraph reader is always last."""
    readings = [(layout, layout.read(lines)) for layout in LAYOUTS]
    readings.sort(key=lambda pair: -pair[1].confidence)  # stable: LAYOUTS settles equal confidence
    return [*readings, (UNKNOWN, UNKNOWN.read(lines))]


def choose(readings: Sequence[tuple[Layout, Reading]]) -> int:
    """Which of ``read_as_all``: the most confident, or the paragraph reader where none is believed."""
    return 0 if readings[0][1].confidence >= MINIMUM_CONFIDENCE else len(readings) - 1


def read_dump(lines: Sequence[Line]) -> tuple[Layout, Reading]:
    """Read a dump as the layout that fits best, or paragraph by paragraph."""
    readings = read_as_all(lines)
    return readings[choose(readings)]


def glued_labels(text: str) -> dict[int, str]:
    """The button label that a page glued to a title, by the number of its line."""
    lines, _ = split_lines(text)
    _, reading = read_dump(lines)
    first = next((entry for entry in reading.entries if entry.title is not None), None)
    return {first.lines[0].number: reading.glued_labels[0]} if first and reading.glued_labels else {}
