"""Where in a file one layout ends and another begins: pages that were saved one behind the other.

All layouts label the lines at once: a path goes through the kinds of one layout, and may leave it, as a page ends,
for the beginning of a page of another. The cheapest path says where it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.dumps.kinds import END, FURNITURE, NEVER, START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.dumps.kinds import Costs, Steps

#: What it costs to leave a layout for another: as much as some lines that do not fit.
_TURN: Final = 3.0

#: And where the page that begins has no furniture at its head, as most pages have.
_NO_HEAD: Final = 1.5

#: And where the page that ends does so inside a record, or behind the first line of one.
_CUT: Final = 1.0
_CUT_TITLE: Final = 4.0

#: Furniture costs this at least: where one layout has furniture and another knows what a line is, the other is right.
_FURNITURE: Final = 1.0


class Stretch(NamedTuple):
    """Lines of one layout.

    Attributes:
        layout: Which, by its place among those that were asked.
        start: Index of its first line.
        end: Index behind its last.
    """

    layout: int
    start: int
    end: int


#: Where a path has been: the layout it is in, the line where that began, and what was before.
_Past = tuple[int, int, "_Past | None"]


def find_stretches(costs: Sequence[Sequence[Costs]], steps: Sequence[Steps]) -> list[Stretch]:
    """The cheapest way to give each line to a layout.

    Args:
        costs: For each layout what it says of each line, see ``kinds.label_lines``; one line at least.
        steps: For each layout what its steps cost.

    Returns:
        Stretches that cover all lines, neighbours of different layouts. It takes time and memory that grow as the
        number of lines does.
    """
    into = [_into(each) for each in steps]
    starts = [{kind: cost for (before, kind), cost in each.items() if before == START} for each in steps]
    ends = [{kind: cost for (kind, after), cost in each.items() if after == END} for each in steps]
    turn_ends = [_turn_ends(start, end) for start, end in zip(starts, ends, strict=True)]
    totals: list[dict[str, tuple[float, _Past]]] = [
        {
            kind: (starts[layout].get(kind, NEVER) + cost, (layout, 0, None))
            for kind, cost in costs[layout][0].items()
        }
        for layout in range(len(steps))
    ]
    for index in range(1, len(costs[0])):
        turns = _turns(_ended(totals, turn_ends))
        totals = [
            _reach(totals[layout], costs[layout][index], into[layout], starts[layout], turns[layout], (layout, index))
            for layout in range(len(steps))
        ]
    past: _Past | None = min(_ended(totals, ends), key=lambda ended: ended[0])[1]
    stretches: list[Stretch] = []
    end = len(costs[0])
    while past is not None:
        layout, start, past = past
        stretches.append(Stretch(layout, start, end))
        end = start
    return stretches[::-1]


def _into(steps: Steps) -> dict[str, list[tuple[str, float]]]:
    """The steps by the kind that they lead to."""
    found: dict[str, list[tuple[str, float]]] = {}
    for (before, kind), cost in steps.items():
        if before != START and kind != END:
            found.setdefault(kind, []).append((before, cost))
    return found


def _ended(
    totals: Sequence[dict[str, tuple[float, _Past]]], ends: Sequence[Costs]
) -> list[tuple[float, _Past | None]]:
    """For each layout the cheapest path whose page ends here."""
    found: list[tuple[float, _Past | None]] = []
    for reached, endings in zip(totals, ends, strict=True):
        best, best_past = NEVER, None
        for kind, (total, past) in reached.items():
            if total + endings.get(kind, NEVER) < best:
                best, best_past = total + endings[kind], past
        found.append((best, best_past))
    return found


def _turn_ends(starts: Costs, ends: Costs) -> Costs:
    """What it costs to end a page within a file: it is hardly cut short, and least behind the first line of a record."""
    return {
        kind: cost + (0 if cost == 0 else _CUT_TITLE if starts.get(kind) == 0 else _CUT) for kind, cost in ends.items()
    }


def _turns(ended: Sequence[tuple[float, _Past | None]]) -> list[tuple[float, _Past | None]]:
    """For each layout the cheapest path that comes from the end of a page of another."""
    first = min(range(len(ended)), key=lambda layout: ended[layout][0])
    others = [layout for layout in range(len(ended)) if layout != first]
    second = min(others, key=lambda layout: ended[layout][0], default=None)
    if second is None:
        return [(NEVER, None)]
    return [ended[second if layout == first else first] for layout in range(len(ended))]


def _reach(  # noqa: PLR0913  the tables of one layout
    totals: dict[str, tuple[float, _Past]],
    costs: Costs,
    into: dict[str, list[tuple[str, float]]],
    starts: Costs,
    turn: tuple[float, _Past | None],
    here: tuple[int, int],
) -> dict[str, tuple[float, _Past]]:
    """The cheapest path to each kind of a line."""
    reached = {}
    for kind, cost in costs.items():
        best, best_past = NEVER, None
        for before, step in into.get(kind, ()):
            if before in totals and totals[before][0] + step < best:
                best, best_past = totals[before][0] + step, totals[before][1]
        turned = turn[0] + starts.get(kind, NEVER) + (_TURN if kind == FURNITURE else _TURN + _NO_HEAD)
        if turned < best:
            best, best_past = turned, (*here, turn[1])
        if best_past is not None:
            reached[kind] = (best + (max(cost, _FURNITURE) if kind == FURNITURE else cost), best_past)
    return reached
