"""Seconds against rows on logarithmic axes, as SVG written by hand."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Points = Sequence[tuple[int, float]]

_WIDTH, _HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 150, 40, 50
_LABEL_GAP: Final = 16
MIDDLE: Final = 'text-anchor="middle"'
END: Final = 'text-anchor="end"'
HEADLINE: Final = 'font-size="15" font-weight="bold"'
FIRST_COLOUR: Final = "#c2185b"
COLOURS: Final = ("#1f77b4", "#6baed6", "#e08214", "#2e8b57", "#7b5ea7", "#8c6d46", "#555555")


class Axis:
    """A logarithmic axis of whole decades from ``start`` to ``end`` (pixels)."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self._start, self._end = start, end

    def place(self, value: float) -> float:
        """Where a value lies, in pixels."""
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 1)

    def decades(self) -> list[float]:
        """The values of the grid."""
        return [10.0**power for power in range(self._low, self._high + 1)]


def draw(lines: Mapping[str, Points], title: str) -> str:
    """Draw one line an engine.

    Args:
        lines: Rows and seconds of each engine, by its name; the first stands out.
        title: Above the plot.

    Returns:
        The SVG document.
    """
    points = [point for line in lines.values() for point in line]
    across = Axis([rows for rows, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = Axis([seconds for _, seconds in points], _HEIGHT - _BOTTOM, _TOP)
    colours = [FIRST_COLOUR, *COLOURS]
    parts = [*_grid(across, up), write((_LEFT, 22), title, HEADLINE)]
    ends = {name: up.place(line[-1][1]) for name, line in lines.items()}
    labels = _apart(ends)
    for number, (name, line) in enumerate(lines.items()):
        colour = colours[number % len(colours)]
        parts += _line(line, across, up, colour, 3 if number == 0 else 1.6)
        place = across.place(line[-1][0]) + 10, labels[name] + 4
        parts.append(write(place, name, f'fill="{colour}"'))
    return document(parts, title, _WIDTH, _HEIGHT)


def document(parts: Sequence[str], title: str, width: int, height: int) -> str:
    """Put parts on a white sheet."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12" fill="#333333" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _grid(across: Axis, up: Axis) -> list[str]:
    left, right, top, bottom = _LEFT, _WIDTH - _RIGHT, _TOP, _HEIGHT - _BOTTOM
    parts = []
    for rows in across.decades():
        x = across.place(rows)
        parts += [_stroke(x, top, x, bottom), write((x, bottom + 20), f"{rows:,.0f}", MIDDLE)]
    for seconds in up.decades():
        y = up.place(seconds)
        parts += [_stroke(left, y, right, y), write((left - 8, y + 4), f"{seconds:,g} s", END)]
    parts.append(write(((left + right) / 2, bottom + 40), "rows", MIDDLE))
    return parts


def _line(points: Points, across: Axis, up: Axis, colour: str, width: float) -> list[str]:
    places = [(across.place(rows), up.place(seconds)) for rows, seconds in points]
    path = " ".join(f"{x},{y}" for x, y in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>',
        *(f'<circle cx="{x}" cy="{y}" r="{width + 1}" fill="{colour}"/>' for x, y in places),
    ]


def _apart(ends: dict[str, float]) -> dict[str, float]:
    """Places for the labels, from top to bottom, that do not lie on each other."""
    placed: dict[str, float] = {}
    last = -math.inf
    for name, y in sorted(ends.items(), key=lambda item: item[1]):
        last = placed[name] = max(y, last + _LABEL_GAP)
    return placed


def _stroke(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="#dddddd"/>'


def write(place: tuple[float, float], text: str, style: str = "") -> str:
    """A text at a place, in pixels."""
    return f'<text x="{place[0]}" y="{place[1]}" {style}>{escape(text)}</text>'
