"""A layout that the configuration describes: kinds of lines in their order, and patterns of some of them.

A kind with a pattern is certain: a line that matches costs nothing, and no other line is of that kind. A kind without
one costs what it costs the built-in layouts. Each kind of the record has up to three states: its first line, more
lines of it, and furniture behind it that is in no record, such as a button.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from dedupkit import described
from dedupkit.dumps import kinds
from dedupkit.dumps.kinds import END, FURNITURE, NEVER, START, Costs, Page, Shape, Steps
from dedupkit.dumps.layouts.daily_list import Published, parse_published, to_number
from dedupkit.dumps.layouts.turns import finish
from dedupkit.dumps.names import common_words, name_cost, split_names
from dedupkit.dumps.reading import Entry, Line, Reading, Unparsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dedupkit.described import DescribedLayout

#: A required kind that is missing, as a title without an abstract costs the other layouts.
_MISSING: Final = 4.0

#: A page that begins inside a record, that ends inside one, and furniture behind a record.
_HEAD_MISSING: Final = 7.0
_CUT: Final = 1.5
_LEFT: Final = 1.5

#: A line that matches the pattern of another kind, for a kind without a pattern and for furniture.
_IS_ANOTHER: Final = 4.0

#: A button inside a record, where no pattern tells furniture.
_BUTTON_COST: Final = 1.5

#: Lines of an abstract of several lines, however short: the first, and others behind a blank line, behind none, or on a
#: page whose blank lines tell nothing.
_FIRST_TEXT: Final = 1.5
_MORE_AFTER_BLANK: Final = 2.0
_MORE_AFTER_LINE: Final = 1.0
_MORE_UNKNOWN: Final = 1.5

#: More of it behind a button; and a short line that ends no sentence, where the line before ended one: a heading or footer.
_MORE_AFTER_BUTTON: Final = 2.0
_STRAY: Final = 3.0
_STRAY_CHARS: Final = 60

#: A record that begins without a blank line before it, on a page where blank lines tell something.
_START_AFTER_LINE: Final = 0.8

#: They do when this share of the lines has one before it.
_BLANK_SHARE: Final = (0.05, 0.95)

#: Without a pattern of a required kind a page is as sure as this, and only with so many whole records, most of them with
#: abstracts of this length: lines that are short and long in turn fit many a description.
_UNPROVED: Final = 0.8
_UNPROVED_RECORDS: Final = 2
_ABSTRACT_CHARS: Final = 150

#: Kinds that go over several lines, of which only the first matches the pattern: "Abstract: …".
_TEXTS: Final = ("title", "abstract")

#: An organisation is a short line; running text, whose words tell names from titles, is a long one.
_ORGANISATION_CHARS: Final = 80
_BODY_CHARS: Final = 150

#: "12 comments", "Comments: 1,204".
_COUNT_LINE_RE: Final = re.compile(r"\d[\d,.]*(?: [^\W\d_]+)?|[^\W\d_]+: ?\d[\d,.]*")
_COUNT_RE: Final = re.compile(r"\d+(?:[,.]\d{3})*")

#: Between authors. Where one of them is there, a comma is one of a name: "Lovelace, Ada; Babbage, Charles".
_LIST_RE: Final = re.compile(r"[;；、，]")

#: A given name that is none by itself: "A.", "J.-P.".
_INITIALS_RE: Final = re.compile(r"(?:[^\W\d_]\.[ -]?)+")

#: What a line of a kind may be: its first, one more, or furniture behind it.
_FIRST: Final = "first"
_MORE: Final = "more"
_BUTTON: Final = "button"

#: Where furniture is.
_BEFORE: Final = "before the first record"
_BETWEEN: Final = "between records or after the last"


class _State(NamedTuple):
    """A place in the record, and what a line may be there."""

    place: int
    role: str

    @property
    def label(self) -> str:
        return f"{self.place} {self.role}"


class _Part(NamedTuple):
    """A line of a record, and its place there."""

    line: Line
    place: int


class Described:
    """A layout as ``reading.Layout`` wants it, made of a description."""

    def __init__(self, layout: DescribedLayout) -> None:
        self.NAME: Final = layout.name
        self.RECOGNISES: Final = layout.told
        self._items = layout.items
        self._patterns = layout.patterns
        self._states = {
            state.label: state
            for place, item in enumerate(self._items)
            for state in (_State(place, _FIRST), _State(place, _MORE), _State(place, _BUTTON))
            if item.repeats or state.role != _MORE
        }
        self.STEPS: Final = self._steps()

    def _required(self, start: int, end: int | None = None) -> int:
        """How many kinds from one place to another no record may lack."""
        return sum(not item.is_optional for item in self._items[start:end])

    def _steps(self) -> Steps:
        steps: Steps = {(START, FURNITURE): 0, (FURNITURE, FURNITURE): 0, (FURNITURE, END): 0}
        firsts = [_State(place, _FIRST).label for place in range(len(self._items))]
        for place, first in enumerate(firsts):
            steps[START, first] = steps[FURNITURE, first] = _HEAD_MISSING if self._required(0, place) else 0
        for label, (before, role) in self._states.items():
            rest = self._required(before + 1)
            steps[label, END] = _CUT if rest else 0
            steps[label, FURNITURE] = (0 if role == _BUTTON else _LEFT) + (_MISSING if rest else 0)
            steps[label, _State(before, _BUTTON).label] = 0
            if self._items[before].repeats:
                steps[label, _State(before, _MORE).label] = _MORE_AFTER_BUTTON if role == _BUTTON else 0
            for place, first in enumerate(firsts):
                is_next = place > before  # else a new record begins
                missing = self._required(before + 1, place) if is_next else rest + self._required(0, place)
                steps[label, first] = _MISSING * missing
        return steps

    def costs(self, page: Page) -> list[Costs]:
        """By the patterns, and where a kind has none by the shape of the line."""
        found = []
        for look in self._looks(page):
            line_costs: Costs = {FURNITURE: _furniture_cost(look)}
            for label, (place, role) in self._states.items():
                if role == _BUTTON:
                    cost = 0.0 if look.is_furniture else _BUTTON_COST if look.is_button else NEVER
                else:
                    cost = NEVER if look.is_furniture else self._cost(place, role, look)
                if cost != NEVER:
                    line_costs[label] = cost
            found.append(line_costs)
        return found

    def _looks(self, page: Page) -> Iterable[_Look]:
        matches = {kind: _matches(pattern, page.lines) for kind, pattern in self._patterns.items()}
        names = any(item.kind == "authors" for item in self._items) and "authors" not in self._patterns
        common = common_words(line.text for line in page.lines if names and len(line.text) > _BODY_CHARS)
        share = sum(line.after_blank for line in page.lines) / max(1, len(page.lines))
        blanks_tell = _BLANK_SHARE[0] <= share <= _BLANK_SHARE[1]
        follows_sentence = False
        for index, (line, shape) in enumerate(zip(page.lines, page.shapes, strict=True)):
            yield _Look(
                line,
                shape,
                {kind for kind, matched in matches.items() if matched[index]},
                line.after_blank if blanks_tell else None,
                follows_sentence,
                common,
            )
            follows_sentence = shape.ends_sentence

    def _cost(self, place: int, role: str, look: _Look) -> float:
        """What it costs that a line is of a kind of the record; ``NEVER`` where it cannot be."""
        kind, _, repeats = self._items[place]
        if kind in look.matching:
            return 0.0
        if kind in self._patterns and not (role == _MORE and kind in _TEXTS):
            return NEVER
        cost = _plain_cost(kind, look, is_more=role == _MORE, repeats=repeats)
        if role == _FIRST and look.after_blank is False and not self._required(0, place):
            cost += _START_AFTER_LINE
        return cost + (_IS_ANOTHER if look.matching else 0)

    def read(self, page: Page, labels: Sequence[str]) -> Reading:
        """Read the records; as sure as the share of lines that stand in whole ones."""
        records, unparsed = self._gather(page, labels)
        kept = self._kept(records)
        required = {place for place, item in enumerate(self._items) if not item.is_optional}
        entries: list[Entry] = []
        whole: list[Entry] = []
        for record in records:
            entry = self._to_entry(record, kept)
            if entry.title is None and entry.abstract is None:
                unparsed += [
                    Unparsed(part.line, "a part of a record without title and abstract") for part in record
                ]
                continue
            entries.append(entry)
            if required <= {part.place for part in record}:
                whole.append(entry)
        unparsed.sort(key=lambda left: left.line.number)
        told = sum(len(entry.lines) for entry in whole)
        counted = len(page.lines) - self._furniture_count(page, unparsed)
        why = f"{len(whole)} of {len(entries)} records are whole, {told} of {counted} lines stand in them"
        sure = self._proof(whole) * told / max(1, counted)
        return finish(Reading(sure, why, entries, unparsed))

    def _gather(self, page: Page, labels: Sequence[str]) -> tuple[list[list[_Part]], list[Unparsed]]:
        """Lines of each record, and those that are in none."""
        records: list[list[_Part]] = []
        unparsed: list[Unparsed] = []
        buttons: list[Line] = []  # behind the last line of a record: whether it goes on is not known yet
        before = len(self._items)
        for line, label in zip(page.lines, labels, strict=True):
            state = self._states.get(label)
            if state is None or state.role == _BUTTON:
                buttons.append(line)
                before = before if state else len(self._items)
                continue
            is_next = state.role == _FIRST and state.place <= before
            unparsed += _left(buttons, "in a record" if not is_next else _BETWEEN if records else _BEFORE)
            buttons.clear()
            if is_next:
                records.append([])
            records[-1].append(_Part(line, state.place))
            before = state.place
        unparsed += _left(buttons, _BETWEEN if records else _BEFORE)
        return records, unparsed

    def _kept(self, records: Sequence[Sequence[_Part]]) -> dict[int, str]:
        """What is kept of each line, by its number."""
        found: dict[int, str] = {}
        for place, item in enumerate(self._items):
            lines = [part.line for record in records for part in record if part.place == place]
            texts = [line.text for line in lines]
            if item.kind in self._patterns:
                texts = _groups(self._patterns[item.kind], texts)
            found |= {line.number: text for line, text in zip(lines, texts, strict=True)}
        return found

    def _to_entry(self, record: Sequence[_Part], kept: Mapping[int, str]) -> Entry:
        texts: dict[str, list[str]] = {kind: [] for kind in described.KINDS}
        for part in record:
            if text := kept[part.line.number]:
                texts[self._items[part.place].kind].append(text)
        published = parse_published(texts["published"][0]) if texts["published"] else None
        if published is None and texts["published"]:
            published = Published(texts["published"][0], None, None)
        comment_count = _count(texts["comments"])
        return Entry(
            lines=[part.line for part in record],
            title=" ".join(texts["title"]) or None,
            abstract="\n".join(texts["abstract"]) or None,
            authors=[name for text in texts["authors"] for name in _names(text)],
            comment_count=published.comment_count if published and comment_count is None else comment_count,
            organisation=", ".join(texts["organisation"]) or None,
            published_text=published.text if published else None,
            published=published.day if published else None,
        )

    def _furniture_count(self, page: Page, unparsed: Sequence[Unparsed]) -> int:
        """Lines that are known to be furniture: buttons, and what the pattern of furniture matches."""
        lines = [left.line for left in unparsed]
        named = _matches(self._patterns.get(described.FURNITURE, "^$"), lines)
        shapes = {line.number: shape for line, shape in zip(page.lines, page.shapes, strict=True)}
        return sum(
            matched or kinds.furniture_cost(shapes[line.number]) == 0
            for line, matched in zip(lines, named, strict=True)
        )

    def _proof(self, whole: Sequence[Entry]) -> float:
        """How much whole records prove: all where a pattern speaks for each, less where only their shape does."""
        if any(item.kind in self._patterns and not item.is_optional for item in self._items):
            return 1.0 if whole else 0.0
        long = sum(len(entry.abstract or "") >= _ABSTRACT_CHARS for entry in whole)
        return _UNPROVED if len(whole) >= _UNPROVED_RECORDS and 2 * long >= len(whole) else 0.0


class _Look(NamedTuple):
    """A line as kinds look at it.

    Attributes:
        line: The line.
        shape: Its shape.
        matching: Kinds whose pattern it matches.
        after_blank: Whether a blank line stands before it; None where that tells nothing.
        follows_sentence: Whether the line before it ends a sentence.
        common: Words of the page's running text.
    """

    line: Line
    shape: Shape
    matching: set[str]
    after_blank: bool | None
    follows_sentence: bool
    common: frozenset[str]

    @property
    def is_furniture(self) -> bool:
        return described.FURNITURE in self.matching

    @property
    def is_button(self) -> bool:
        """Whether it is a button on any site, or one of this page: a short line that comes back."""
        return not self.matching and kinds.furniture_cost(self.shape) == 0 and not self.shape.ends_sentence


def _furniture_cost(look: _Look) -> float:
    if look.is_furniture:
        return 0.0
    return kinds.furniture_cost(look.shape) + (_IS_ANOTHER if look.matching else 0)


def _plain_cost(kind: str, look: _Look, *, is_more: bool, repeats: bool) -> float:
    """What it costs that a line is of a kind that has no pattern, or one more line of a text that has one."""
    shape = look.shape
    if kind == "title":
        return kinds.title_cost(shape)
    if kind == "abstract":
        return _abstract_cost(look, is_more=is_more, repeats=repeats)
    if kind == "authors":
        return name_cost(_LIST_RE.sub(", ", look.line.text), look.common, shape.times)
    if kind == "organisation":
        is_short = shape.width <= _ORGANISATION_CHARS and not shape.break_count and not shape.ends_sentence
        return 0.5 if is_short else NEVER
    if kind == "published":
        return 0.0 if parse_published(look.line.text) else NEVER
    return 0.5 if _COUNT_LINE_RE.fullmatch(look.line.text) else NEVER


def _abstract_cost(look: _Look, *, is_more: bool, repeats: bool) -> float:
    """An abstract of several lines may have short ones; buttons are none of them."""
    cost = kinds.abstract_cost(look.shape)
    if not repeats or look.is_button:
        return cost
    if not is_more:
        return min(cost, _FIRST_TEXT)
    is_short = look.shape.width <= _STRAY_CHARS and not look.shape.ends_sentence
    stray = _STRAY if is_short and look.follows_sentence else 0.0
    if look.after_blank is None:
        return _MORE_UNKNOWN + stray
    return (_MORE_AFTER_BLANK if look.after_blank else _MORE_AFTER_LINE) + stray


def _left(lines: Sequence[Line], where: str) -> list[Unparsed]:
    return [Unparsed(line, f"page furniture {where}") for line in lines]


def _matches(pattern: str, lines: Sequence[Line]) -> list[bool]:
    return pl.Series([line.text for line in lines], dtype=pl.String).str.contains(pattern).to_list()


def _groups(pattern: str, texts: Sequence[str]) -> list[str]:
    """What groups of a pattern hold, the first that took part; all of a text where it does not match.

    >>> _groups("^By (.+)|^Von (.+)", ["By Ada", "Von Grace", "Kurt"])
    ['Ada', 'Grace', 'Kurt']
    """
    column = pl.Series("text", texts, dtype=pl.String)
    groups = column.str.extract_groups(pattern).struct.unnest()
    kept = groups.select(pl.coalesce(groups.columns)).to_series() if groups.width else column
    return [
        text if kept_text is None else kept_text.strip() for text, kept_text in zip(texts, kept, strict=True)
    ]


def _names(text: str) -> list[str]:
    """Authors on a line.

    >>> _names("Ada Lovelace, Charles Babbage"), _names("王小明、李雷")
    (['Ada Lovelace', 'Charles Babbage'], ['王小明', '李雷'])
    >>> _names("Lovelace, Ada; Babbage, Charles"), _names("Lovelace, Ada"), _names("Lovelace, A., Babbage, C.")
    (['Lovelace, Ada', 'Babbage, Charles'], ['Lovelace, Ada'], ['Lovelace, A.', 'Babbage, C.'])
    """
    text = " ".join(text.split())
    parts = _LIST_RE.split(text)
    if len(parts) > 1:
        return [part.strip() for part in parts if part.strip()]
    names = split_names(text)
    if len(names) == 2 and text.count(",") == 1 and _is_inverted(*names):
        return [", ".join(names)]
    paired: list[str] = []
    for name in names:
        if paired and _INITIALS_RE.fullmatch(name):
            paired[-1] = f"{paired[-1]}, {name}"
        else:
            paired.append(name)
    return paired


def _is_inverted(family: str, given: str) -> bool:
    """Whether a comma stands inside one name: one side of it alone is none, in letters that have capitals."""
    return min(len(family.split()), len(given.split())) == 1 and family.casefold() != family


def _count(texts: Sequence[str]) -> int | None:
    match = _COUNT_RE.search(texts[0]) if texts else None
    return to_number(match[0]) if match else None
