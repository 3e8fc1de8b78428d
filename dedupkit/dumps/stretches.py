"""Where in a file one layout ends and another begins: pages that were saved one behind the other.

All layouts label the lines at once: a path goes through the kinds of one layout, and may leave it, as a page ends,
for the beginning of a page of another. The cheapest path says where it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.dumps.kinds import END, FURNITURE, NEVER, START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dedupkit.dumps.kinds import Costs, Shape, Steps

#: What it costs to leave a layout for another: as much as some lines that do not fit.
_TURN: Final = 3.0

#: And where the page that begins has nothing at its head, as most pages have.
_NO_HEAD: Final = 0.9

#: And where the page that ends does so inside a record, or behind the first line of one.
_CUT: Final = 1.0
_CUT_TITLE: Final = 4.0

#: A line of a page's head, if it is short; and what furniture costs at least. Both are more than to have no head: what one
#: layout takes for furniture, another may know.
_HEAD_LINE: Final = 1.0
_HEAD_CHARS: Final = 60
_FURNITURE: Final = 1.0

#: A kind of line that every layout has here: furniture at the head of a page, whatever it looks like.
_HEAD: Final = "head"


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

#: The cheapest path to each kind of a line: its cost, and where it has been.
_Reached = dict[str, tuple[float, _Past]]

#: The cheapest path whose page has ended.
_Ended = tuple[float, "_Past | None"]


class _Table(NamedTuple):
    """The steps of a layout, by the kind that they lead to.

    Attributes:
        into: Kinds before it, with the cost of the step.
        starts: The cost of beginning a page.
        ends: The cost of ending one with the file.
        turns: The cost of ending one before another: it is hardly cut short, least of all behind a title.
    """

    into: dict[str, list[tuple[str, float]]]
    starts: Costs
    ends: Costs
    turns: Costs


def find_stretches(
    shapes: Sequence[Shape], costs: Sequence[Sequence[Costs]], steps: Sequence[Steps]
) -> list[Stretch]:
    """The cheapest way to give each line to a layout.

    Args:
        shapes: What each line looks like; one line at least.
        costs: For each layout what it says of each line, see ``kinds.label_lines``.
        steps: For each layout what its steps cost.

    Returns:
        Stretches that cover all lines, neighbours of different layouts. Time and memory grow with the number of lines.
    """
    tables = [_to_table(each) for each in steps]
    reached: list[_Reached] = [
        {
            kind: (table.starts.get(kind, NEVER) + cost, (layout, 0, None))
            for kind, cost in (costs[layout][0] | {_HEAD: _head_cost(shapes[0])}).items()
        }
        for layout, table in enumerate(tables)
    ]
    for index in range(1, len(shapes)):
        head = _head_cost(shapes[index])
        ended = [_end(each, table.turns) for each, table in zip(reached, tables, strict=True)]
        reached = [
            _reach(each, costs[layout][index] | {_HEAD: head}, tables[layout], turn, (layout, index))
            for layout, (each, turn) in enumerate(zip(reached, _from_others(ended), strict=True))
        ]
    ended = [_end(each, table.ends) for each, table in zip(reached, tables, strict=True)]
    past = min(ended, key=lambda path: path[0])[1]
    stretches: list[Stretch] = []
    end = len(shapes)
    while past is not None:
        layout, start, past = past
        stretches.append(Stretch(layout, start, end))
        end = start
    return stretches[::-1]


def _head_cost(shape: Shape) -> float:
    return _HEAD_LINE if shape.width <= _HEAD_CHARS else NEVER


def _to_table(steps: Steps) -> _Table:
    into: dict[str, list[tuple[str, float]]] = {}
    for (before, kind), cost in steps.items():
        if before != START and kind != END:
            into.setdefault(kind, []).append((before, cost))
            if before == FURNITURE and kind != FURNITURE:
                into[kind].append((_HEAD, cost))
    into[_HEAD] = [(_HEAD, 0)]
    starts = {kind: cost for (before, kind), cost in steps.items() if before == START}
    ends = {kind: cost for (kind, after), cost in steps.items() if after == END}
    turns = {
        kind: cost + (0 if cost == 0 else _CUT_TITLE if starts.get(kind) == 0 else _CUT)
        for kind, cost in ends.items()
    }
    return _Table(into, starts | {_HEAD: 0}, ends, turns)


def _end(reached: _Reached, ends: Costs) -> _Ended:
    """The cheapest path that ends a page here."""
    best: float = NEVER
    best_past: _Past | None = None
    for kind, (total, past) in reached.items():
        if total + ends.get(kind, NEVER) < best:
            best, best_past = total + ends[kind], past
    return best, best_past


def _from_others(ended: Sequence[_Ended]) -> list[_Ended]:
    """For each layout the cheapest path that comes from the end of a page of another."""
    order = sorted(range(len(ended)), key=lambda layout: ended[layout][0])
    if len(order) < 2:
        return [(NEVER, None)]
    return [ended[order[1] if layout == order[0] else order[0]] for layout in range(len(ended))]


def _reach(reached: _Reached, costs: Costs, table: _Table, turn: _Ended, here: tuple[int, int]) -> _Reached:
    """The cheapest path to each kind of the next line: on in the page, or from the end of another."""
    found: _Reached = {}
    for kind, cost in costs.items():
        best: float = NEVER
        best_past: _Past | None = None
        for before, step in table.into.get(kind, ()):
            if before in reached and reached[before][0] + step < best:
                best, best_past = reached[before][0] + step, reached[before][1]
        turned = (
            turn[0]
            + table.starts.get(kind, NEVER)
            + (_TURN if kind in (_HEAD, FURNITURE) else _TURN + _NO_HEAD)
        )
        if turned < best:
            best, best_past = turned, (*here, turn[1])
        if best_past is not None:
            found[kind] = (best + (max(cost, _FURNITURE) if kind == FURNITURE else cost), best_past)
    return found
