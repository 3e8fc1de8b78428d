"""How the time of runs is shared among their stages: a bar a run, as SVG written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from plot import COLOURS, END, FIRST_COLOUR, HEADLINE, MIDDLE, document, write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDTH: Final = 860
_LEFT, _RIGHT, _TOP = 130, 150, 44
_BAR, _STEP = 24, 34
_LEGEND_STEP: Final = 20
_LEGEND_COLUMNS: Final = 4

#: Shares below it have no room for their number.
_LEAST_TOLD: Final = 0.045

_MORE_COLOURS: Final = ("#c9b458", "#9aa5b1", "#17919c", "#d4726a")


class Bar(NamedTuple):
    """A run.

    Attributes:
        label: Left of the bar.
        note: Right of it.
        shares: The share (0..1) of the time that each stage takes, in their order.
    """

    label: str
    note: str
    shares: Mapping[str, float]


def draw_shares(bars: Sequence[Bar], title: str, stages: Sequence[str]) -> str:
    """Draw the bars one below the other, and what the colours mean.

    Args:
        bars: From top to bottom.
        title: Above them.
        stages: Every stage of every picture, so that each has one colour in all of them.

    Returns:
        The SVG document.
    """
    palette = (FIRST_COLOUR, *COLOURS, *_MORE_COLOURS)
    used = {stage for bar in bars for stage in bar.shares}
    colours = {stage: palette[place % len(palette)] for place, stage in enumerate(stages) if stage in used}
    parts = [write((16, 24), title, HEADLINE)]
    for place, bar in enumerate(bars):
        parts += _bar(bar, _TOP + place * _STEP, colours)
    legend = _TOP + len(bars) * _STEP + 10
    parts += _legend(colours, legend)
    lines = -(-len(colours) // _LEGEND_COLUMNS)
    return document(parts, title, _WIDTH, legend + lines * _LEGEND_STEP + 8)


def _bar(bar: Bar, top: int, colours: Mapping[str, str]) -> list[str]:
    room, middle = _WIDTH - _LEFT - _RIGHT, top + _BAR / 2 + 4
    parts = [write((_LEFT - 8, middle), bar.label, END)]
    x = float(_LEFT)
    for stage, share in bar.shares.items():
        width = share * room
        told = f"{stage}: {share:.1%}"
        parts.append(
            f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colours[stage]}">'
            f"<title>{told}</title></rect>"
        )
        if share >= _LEAST_TOLD:
            place = (round(x + width / 2, 1), middle)
            parts.append(write(place, f"{share:.0%}", f'{MIDDLE} font-size="11" fill="#ffffff"'))
        x += width
    return [*parts, write((_WIDTH - _RIGHT + 8, middle), bar.note)]


def _legend(colours: Mapping[str, str], top: int) -> list[str]:
    parts = []
    for place, (stage, colour) in enumerate(colours.items()):
        line, column = divmod(place, _LEGEND_COLUMNS)
        x = _LEFT + column * (_WIDTH - _LEFT - 16) // _LEGEND_COLUMNS
        y = top + line * _LEGEND_STEP
        parts.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>')
        parts.append(write((x + 18, y + 10), stage))
    return parts
