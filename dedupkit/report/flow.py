"""Where the rows went, as a picture: from what was read to what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Size of the picture, of its bars, and between two verdicts.
WIDTH, _HEIGHT, _BAR, _GAP = 1000, 230, 16, 10
_TOP: Final = 34

#: The least height of what is there at all, and where labels would lie over each other.
_LEAST: Final = 4.0
_LABEL: Final = 17.0


class Bar(NamedTuple):
    """A bar, with a word and a number beside it; ``tone`` is its style."""

    x: float
    y: float
    height: float
    tone: str
    label: str
    rows: int
    label_y: float


class Band(NamedTuple):
    """A band from the right side of one bar to the left of another: a path of SVG."""

    path: str
    tone: str


class Flow(NamedTuple):
    """The picture: bars, bands between them, and the share of the records that were repaired, as a height."""

    bars: list[Bar]
    bands: list[Band]
    repaired: float
    height: float


def flow_of(counts: Mapping[str, Any], destinations: Sequence[Mapping[str, Any]]) -> Flow | None:
    """Lay out the picture: records that were read, their verdicts, and the cleaned set.

    Args:
        counts: Of ``facts.json``.
        destinations: As ``verdict.destinations`` gives them.
    """
    read = sum(each["count"] for each in destinations)
    ends = [each for each in destinations if each["count"]]
    if not read or not ends:
        return None
    room = _HEIGHT - _TOP - _GAP * (len(ends) - 1)
    heights = [max(_LEAST, room * each["count"] / read) for each in ends]
    scale = room / sum(heights)
    heights = [height * scale for height in heights]
    first, middle, last = 0.0, 0.46 * WIDTH, WIDTH - 230.0
    bars = [Bar(first, _TOP, room, "read", "records read", read, _TOP - 10)]
    bands: list[Band] = []
    kept: list[tuple[float, float, str]] = []
    y, left_y, label_y = float(_TOP), float(_TOP), 0.0
    for each, height in zip(ends, heights, strict=True):
        tone = f"{each['group']} {each['verdict']}"
        label_y = max(y + height / 2 + 5, label_y + _LABEL)
        bars.append(Bar(middle, y, height, tone, each["verdict"].replace("_", " "), each["count"], label_y))
        bands.append(Band(_path(first + _BAR, left_y, middle, y, height), tone))
        if each["group"] in {"kept", "quarantined"}:
            kept.append((y, height, tone))
        y += height + _GAP
        left_y += height
    cleaned = sum(each["count"] for each in ends if each["group"] in {"kept", "quarantined"})
    height = sum(each[1] for each in kept)
    if kept:
        bars.append(Bar(last, _TOP, height, "kept", "cleaned set", cleaned, _TOP + height / 2 + 5))
        right_y = float(_TOP)
        for start, size, tone in kept:
            bands.append(Band(_path(middle + _BAR, start, last, right_y, size), tone))
            right_y += size
    repaired = room * (counts.get("repaired") or 0) / read
    return Flow(bars, bands, repaired, max(float(_HEIGHT), label_y + 8))


def _path(x: float, y: float, to_x: float, to_y: float, height: float) -> str:
    middle = (x + to_x) / 2
    return (
        f"M{x:.1f} {y:.1f}C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        f"V{to_y + height:.1f}C{middle:.1f} {to_y + height:.1f} {middle:.1f} {y + height:.1f} {x:.1f} {y + height:.1f}Z"
    )
