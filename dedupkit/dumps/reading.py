"""What a layout gives back: entries, lines in no entry, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dedupkit.dumps.kinds import Costs, Page, Steps


class Line(NamedTuple):
    """A non-blank line of a dump.

    Attributes:
        number: From 1, blank lines counted.
        text: Without the line end and without spaces at either end.
        after_blank: Whether a blank line, or nothing, stands before it.
    """

    number: int
    text: str
    after_blank: bool


class Unparsed(NamedTuple):
    """A line that is in no entry, and why."""

    line: Line
    why: str


@dataclass(slots=True)
class Entry:
    """One record of a dump, as the page gives it (furniture removed)."""

    lines: list[Line]
    title: str | None = None
    abstract: str | None = None
    authors: list[str] = field(default_factory=list)
    author_count: int | None = None
    comment_count: int | None = None
    organisation: str | None = None
    published_text: str | None = None
    published: date | None = None


@dataclass(slots=True)
class Reading:
    """A dump as one layout reads it.

    Attributes:
        confidence: 0 (not this layout) to 1; below 0.5 the layout is not chosen.
        why: What of the layout was found, in one plain clause.
        entries: In the order of the page.
        unparsed: Every non-blank line that is in no entry.
        see_more_markers: How many were cut out of abstracts.
        glued_labels: Button labels that were cut off titles.
    """

    confidence: float
    why: str
    entries: list[Entry]
    unparsed: list[Unparsed]
    see_more_markers: int = 0
    glued_labels: list[str] = field(default_factory=list)


class Layout(Protocol):
    """A module of ``dumps/layouts/``, or a layout that the configuration describes.

    Attributes:
        NAME: What sources call it.
        RECOGNISES: What it looks like, in one sentence for ``sniff`` and ``layouts``.
        STEPS: What it costs that one kind of line follows another, see ``kinds.label_lines``.
    """

    @property
    def NAME(self) -> str: ...  # noqa: D102, N802  a constant of a module
    @property
    def RECOGNISES(self) -> str: ...  # noqa: D102, N802
    @property
    def STEPS(self) -> Steps: ...  # noqa: D102, N802

    def costs(self, page: Page) -> list[Costs]:
        """For each line, what it costs that it is of each kind that it may be."""
        ...

    def read(self, page: Page, labels: Sequence[str]) -> Reading:
        """Read lines whose kinds are known; never raises, the confidence says whether the layout fits."""
        ...
