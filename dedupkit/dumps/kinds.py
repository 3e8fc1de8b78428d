"""What each line of a dump is: title, abstract, author, metadata or furniture.

A layout says what a line of each kind looks like (a cost per line and kind) and which kind follows
which (a cost per step); the cheapest path through the whole page labels every line at once (Viterbi,
1967). So a short abstract between two titles is an abstract, and a cut last record is a title.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dedupkit.dumps.reading import Line

TITLE: Final = "title"
ABSTRACT: Final = "abstract"
AUTHOR: Final = "author"
METADATA: Final = "metadata"
FURNITURE: Final = "furniture"
START: Final = "start"
END: Final = "end"

#: No path takes a step of this cost.
NEVER: Final = math.inf

Costs = dict[str, float]
Steps = dict[tuple[str, str], float]

#: Lines that are buttons, menus and footers on any site; evidence beside structure, never alone.
INTERFACE_LABELS: Final = frozenset(
    "about|about us|abonnieren|accept|accept all|all|back|back to top|bibtex|blog|careers|cite|close|company|contact|"
    "contact us|cookie policy|cookies|details|docs|download|download pdf|export|feedback|filter|filters|follow|"
    "followed|get started|help|home|imprint|impressum|join|join now|legal|like|load more|log in|login|log out|"
    "menu|models|more|new|newsletter|next|next page|notify me|pdf|previous|previous page|pricing|privacy|"
    "privacy policy|publications|read more|register|report|reset|save|search|see all|see more|settings|share|"
    "show all|show less|show more|sign in|sign up|skip to content|sort|sort by|s'abonner|submit|subscribe|"
    "subscribed|terms|terms of service|tos|trending|unfollow|unsubscribe|upvote|view all|view more|website".split(
        "|"
    )
)

#: With one of these first, two or three words are a button: "Save search", "Create alert", "Get updates".
INTERFACE_VERBS: Final = frozenset(
    "add alert apply browse clear continue create download email enable export filter find follow get join learn load "
    "log manage notify open print read register save search see set share show sign start submit subscribe try view".split()
)

#: A heading or footer of numbers: a year, a page number, "1 2 3 … 9", "Page 2 of 10".
_NUMBERS_RE: Final = re.compile(r"(?:page )?[\d\s.…/|,<>«»-]+(?:of \d+)?", re.IGNORECASE)

#: "…models. However, a" inside a line: two sentences.
_SENTENCE_BREAK_RE: Final = re.compile(r"[.!?…][\"'”’)\]]?\s+[\"'“‘(\[]?[^\W\d_a-z]|[。！？]")

_SENTENCE_ENDS: Final = tuple(".!?…。！？")
_CLOSERS: Final = "\"'”’)]»」』"

#: How much of a line its shape is read from: enough to know an abstract.
_SHAPE_CHARS: Final = 4_000


class Shape(NamedTuple):
    """What a line looks like, whatever its language.

    Attributes:
        width: Characters, an East Asian one counted as 2.5 (it says as much).
        word_count: Between spaces.
        break_count: Ends of sentences inside the line.
        ends_sentence: Whether its last character ends a sentence.
        is_interface: Whether it is a button, a menu entry, a year or a page number.
        times: How often the same line stands in the dump.
        is_prose: Whether most of its longer words are small, as in a sentence.
        is_last: Whether the dump ends with it, perhaps in its middle.
    """

    width: float
    word_count: int
    break_count: int
    ends_sentence: bool
    is_interface: bool
    times: int
    is_prose: bool
    is_last: bool


class Page(NamedTuple):
    """Lines of a dump, and what each looks like."""

    lines: Sequence[Line]
    shapes: Sequence[Shape]

    def cut(self, start: int, end: int) -> Page:
        """Some of its lines as a page of their own: the first follows nothing, the last may be cut short."""
        lines = list(self.lines[start:end])
        if lines:
            lines[0] = lines[0]._replace(after_blank=True)
        times, last = _times(lines), len(lines) - 1
        shapes = [
            shape._replace(times=times.get(line.text, 1), is_last=index == last)
            for index, (line, shape) in enumerate(zip(lines, self.shapes[start:end], strict=True))
        ]
        return Page(lines, shapes)


def to_page(lines: Sequence[Line]) -> Page:
    """Lines with their shapes; ``times`` is counted over short lines only."""
    times, last = _times(lines), len(lines) - 1
    shapes = [
        _shape(line.text, times.get(line.text, 1), is_last=index == last) for index, line in enumerate(lines)
    ]
    return Page(lines, shapes)


def _times(lines: Sequence[Line]) -> dict[str, int]:
    times: dict[str, int] = {}
    for line in lines:
        if len(line.text) <= 200:
            times[line.text] = times.get(line.text, 0) + 1
    return times


def _shape(text: str, times: int, *, is_last: bool) -> Shape:
    head = text[:_SHAPE_CHARS]
    width = float(len(text))
    if not head.isascii():
        width += 1.5 * sum(unicodedata.east_asian_width(character) in "WF" for character in head)
    long_words = [word for word in head.split() if len(word) >= 4]
    label = head.casefold().strip(" .:!›»→«<>")
    return Shape(
        width=width,
        word_count=len(head.split()),
        break_count=sum(1 for _ in _SENTENCE_BREAK_RE.finditer(head)),
        ends_sentence=head.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS),
        is_interface=label in INTERFACE_LABELS or (len(head) <= 40 and bool(_NUMBERS_RE.fullmatch(head))),
        times=times,
        is_prose=sum(word[0].islower() for word in long_words) > 0.6 * len(long_words),
        is_last=is_last,
    )


def title_cost(shape: Shape) -> float:
    """How unlike a title a line is: long, of several sentences, a button."""
    cost = _by_width(shape.width, ((120, 0), (160, 1), (220, 3), (300, 5), (450, 9)), beyond=15)
    cost += min(shape.break_count, 3) * 1.5 + (0.5 if shape.ends_sentence else 0)
    return cost + (3 if shape.is_interface else 0) + (1 if shape.times >= 3 else 0)


def abstract_cost(shape: Shape) -> float:
    """How unlike an abstract a line is: short, no sentence."""
    cost = _by_width(shape.width, ((60, 9), (80, 7), (150, 5), (250, 2.5), (400, 1)), beyond=0)
    cost = max(0, cost - min(shape.break_count, 2) * 1.5) + (0 if shape.ends_sentence else 0.5)
    if shape.ends_sentence and shape.is_prose and shape.word_count >= 8:  # one short sentence
        cost = min(cost, 3.0)
    if shape.is_last and shape.word_count >= 2:  # it may be cut short
        return min(cost, 1.0 if shape.is_prose and shape.word_count >= 3 else 3.0)
    return cost


def furniture_cost(shape: Shape) -> float:
    """How unlike page furniture a line is: long, unique, no button."""
    if shape.is_interface or (shape.times >= 3 and shape.width <= 80):
        return 0
    if shape.word_count <= 2 and shape.width <= 30:
        return 1.2
    return _by_width(
        shape.width, ((40, 2.2 if shape.word_count <= 3 else 2.8), (120, 3), (300, 7)), beyond=12
    )


def _by_width(width: float, table: Sequence[tuple[float, float]], beyond: float) -> float:
    return next((cost for limit, cost in table if width <= limit), beyond)


def label_lines(costs: Sequence[Mapping[str, float]], steps: Mapping[tuple[str, str], float]) -> list[str]:
    """The cheapest labelling of all lines.

    Args:
        costs: For each line, the cost of each kind that it may be.
        steps: Cost of each step from kind to kind; a step that is not named is impossible. Steps from
            ``START`` and to ``END`` name the kinds that a page may begin and end with.

    Returns:
        One kind for each line. Of equal paths the one whose kinds come first in ``costs`` wins, so the
        result depends on nothing else.
    """
    if not costs:
        return []
    totals: Costs = {kind: steps.get((START, kind), NEVER) + cost for kind, cost in costs[0].items()}
    came_from: list[dict[str, str]] = []
    for line_costs in costs[1:]:
        reached: Costs = {}
        previous: dict[str, str] = {}
        for kind, cost in line_costs.items():
            best, best_from = NEVER, ""
            for before, total in totals.items():
                candidate = total + steps.get((before, kind), NEVER)
                if candidate < best:
                    best, best_from = candidate, before
            if best_from:
                reached[kind] = best + cost
                previous[kind] = best_from
        totals = reached
        came_from.append(previous)
    kind = min(totals, key=lambda kind: totals[kind] + steps.get((kind, END), NEVER))
    kinds = [kind]
    for previous in reversed(came_from):
        kind = previous[kind]
        kinds.append(kind)
    return kinds[::-1]
