"""Which layout does a dump have, or which layouts one behind the other?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.dumps.kinds import Page, label_lines, to_page
from dedupkit.dumps.layouts import LAYOUTS, UNKNOWN
from dedupkit.dumps.layouts.described import Described
from dedupkit.dumps.reading import Reading
from dedupkit.dumps.stretches import find_stretches
from dedupkit.dumps.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.described import DescribedLayout
    from dedupkit.dumps.kinds import Costs
    from dedupkit.dumps.reading import Entry, Layout, Line

#: Below this a layout is not believed.
MINIMUM_CONFIDENCE: Final = 0.5

#: Records that a page in a file of several has at least.
_RECORDS_OF_A_PAGE: Final = 3

#: Lines that running text beside such a page has at least; with fewer it stays what the page makes of it.
_LINES_OF_PROSE: Final = 6

#: How sure a page beside it must be.
_SURE_BESIDE_PROSE: Final = 0.8

#: How often stretches are joined; each time all lines are read.
_ROUNDS: Final = 3


class Segment(NamedTuple):
    """Lines of a file that have one layout.

    Attributes:
        layout: Which.
        reading: These lines as it reads them.
        first: Number of the first line.
        last: Number of the last line.
    """

    layout: Layout
    reading: Reading
    first: int
    last: int


class Recognised(NamedTuple):
    """What was recognised in a file.

    Attributes:
        segments: In order; one, where the whole file has one layout.
        readings: The whole file as every layout reads it, the most confident first, the paragraph reader last.
    """

    segments: list[Segment]
    readings: list[tuple[Layout, Reading]]

    @property
    def name(self) -> str:
        """Of its layouts, in order."""
        return " + ".join(segment.layout.NAME for segment in self.segments)

    @property
    def reading(self) -> Reading:
        """All that was read; as sure as the least sure of the segments."""
        if len(self.segments) == 1:
            return self.segments[0].reading
        readings = [segment.reading for segment in self.segments]
        return Reading(
            min(reading.confidence for reading in readings),
            "; ".join(f"{lines_told(segment)}: {segment.reading.why}" for segment in self.segments),
            [entry for reading in readings for entry in reading.entries],
            [left for reading in readings for left in reading.unparsed],
            sum(reading.see_more_markers for reading in readings),
            [label for reading in readings for label in reading.glued_labels],
        )


def lines_told(segment: Segment) -> str:
    """Where a segment is, for people."""
    if segment.first == segment.last:
        return f"line {segment.first:,}"
    return f"lines {segment.first:,} to {segment.last:,}"


def layouts_of(described: Sequence[DescribedLayout] = ()) -> tuple[Layout, ...]:
    """Every layout, in the order in which equal confidence is settled: who describes one knows the page."""
    return (*map(Described, described), *LAYOUTS, UNKNOWN)


def recognise(lines: Sequence[Line], described: Sequence[DescribedLayout] = ()) -> Recognised:
    """Find the layout of a dump, or the layouts of pages that follow each other in it.

    Args:
        lines: Its non-blank lines.
        described: Layouts of the configuration, beside those that are known.
    """
    layouts = layouts_of(described)
    page = to_page(lines)
    costs = [layout.costs(page) for layout in layouts]
    readings = _read_as_all(page, layouts, costs)
    layout, reading = _chosen(readings)
    first, last = (lines[0].number, lines[-1].number) if lines else (0, 0)
    whole = Segment(layout, reading, first, last)
    segments = _split(page, layouts, costs)
    if _explained(segments) < reading.confidence or _content(segments) == _content([whole]):
        segments = [whole]
    return Recognised(segments, readings)


def read_dump(lines: Sequence[Line], described: Sequence[DescribedLayout] = ()) -> tuple[str, Reading]:
    """The name of a dump's layout, or of several, and what was read."""
    recognised = recognise(lines, described)
    return recognised.name, recognised.reading


def _read_as_all(
    page: Page, layouts: Sequence[Layout], costs: Sequence[list[Costs]]
) -> list[tuple[Layout, Reading]]:
    """Read a page as every layout, the most confident first; the paragraph reader, of which none is sure, last."""
    readings = [
        (layout, layout.read(page, label_lines(told, layout.STEPS)))
        for layout, told in zip(layouts, costs, strict=True)
    ]
    unknown = readings.pop()
    readings.sort(
        key=lambda pair: -pair[1].confidence
    )  # stable: the order of layouts settles equal confidence
    return [*readings, unknown]


def _chosen(readings: Sequence[tuple[Layout, Reading]]) -> tuple[Layout, Reading]:
    """The most confident, or the paragraph reader where none is believed."""
    return readings[0] if readings[0][1].confidence >= MINIMUM_CONFIDENCE else readings[-1]


def _split(page: Page, layouts: Sequence[Layout], costs: Sequence[list[Costs]]) -> list[Segment]:
    """Pages that follow each other, each read as if it were a file of its own; none where there is but one.

    What is no page by itself (few records, or no layout recognises it) is joined with what is before it, and
    neighbours that read alike are one page.
    """
    if not page.lines:
        return []
    stretches = find_stretches(page.shapes, costs, [layout.STEPS for layout in layouts])
    bounds = [(stretch.start, stretch.end) for stretch in stretches]
    read: dict[tuple[int, int], Segment] = {}
    for _ in range(_ROUNDS):
        if len(bounds) < 2:
            return []
        read = {bound: read.get(bound) or _read_part(page, bound, layouts) for bound in bounds}
        joined: list[tuple[tuple[int, int], Layout | None]] = []
        for bound, segment in read.items():
            layout = segment.layout if _is_page(segment) else None
            if joined and (layout is None or joined[-1][1] in (None, layout)):
                (start, _), before = joined.pop()
                joined.append(((start, bound[1]), before or layout))
            else:
                joined.append((bound, layout))
        if len(joined) == len(bounds):
            segments = list(read.values())
            return segments if _is_sure_beside_prose(segments) else []
        bounds = [bound for bound, _ in joined]
    return []


def _read_part(page: Page, bound: tuple[int, int], layouts: Sequence[Layout]) -> Segment:
    part = page.cut(*bound)
    layout, reading = _chosen(_read_as_all(part, layouts, [layout.costs(part) for layout in layouts]))
    return Segment(layout, reading, part.lines[0].number, part.lines[-1].number)


def _is_page(segment: Segment) -> bool:
    """Whether lines are enough to stand by themselves."""
    if segment.layout is UNKNOWN:
        return _line_count(segment.reading) >= _LINES_OF_PROSE
    return len(segment.reading.entries) >= _RECORDS_OF_A_PAGE


def _is_sure_beside_prose(segments: Sequence[Segment]) -> bool:
    """Whether pages beside running text are most of the file, and sure: some lines of any text look like a page."""
    pages = [segment for segment in segments if segment.layout is not UNKNOWN]
    if len(pages) == len(segments):
        return True
    count = sum(_line_count(segment.reading) for segment in segments)
    return (
        2 * sum(_line_count(page.reading) for page in pages) >= count
        and min(page.reading.confidence for page in pages) >= _SURE_BESIDE_PROSE
    )


def _explained(segments: Sequence[Segment]) -> float:
    """How sure pages are of their lines, on average; running text beside them is no worse where it is than in a record."""
    pages = [segment for segment in segments if segment.layout is not UNKNOWN]
    counts = [_line_count(page.reading) for page in pages]
    sure = sum(count * page.reading.confidence for count, page in zip(counts, pages, strict=True))
    return sure / max(1, sum(counts))


def _content(segments: Sequence[Segment]) -> list[Entry]:
    """What records hold, wherever their lines are."""
    return [replace(entry, lines=[]) for segment in segments for entry in segment.reading.entries]


def _line_count(reading: Reading) -> int:
    return sum(len(entry.lines) for entry in reading.entries) + len(reading.unparsed)


def glued_labels(text: str, described: Sequence[DescribedLayout] = ()) -> dict[int, str]:
    """The button label that a page glued to a title, by the number of its line."""
    lines, _ = split_lines(text)
    found: dict[int, str] = {}
    for segment in recognise(lines, described).segments:
        first = next((entry for entry in segment.reading.entries if entry.title is not None), None)
        if first and segment.reading.glued_labels:
            found[first.lines[0].number] = segment.reading.glued_labels[0]
    return found
