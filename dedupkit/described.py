"""Layouts of dumps that are described in the configuration: which kinds of lines make a record, in which order."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

from dedupkit.errors import UsageError

#: Kinds of lines that a record may be made of; each fills a column of ``record.py``.
KINDS: Final = ("title", "abstract", "authors", "organisation", "published", "comments")

#: Lines that are in no record. They may stand anywhere.
FURNITURE: Final = "furniture"

#: Names that are taken: the layouts that dedupkit knows (``dumps/layouts/``), and what tables and pages of one text are called.
BUILT_IN: Final = ("daily_list", "publications_page", "search_results", "paragraphs", "article", "table")

_NAME_RE: Final = re.compile(r"\w[\w.-]*")
_ITEM_RE: Final = re.compile(r"(?P<kind>[^?+*]*)(?P<mark>[?+*]?)")


class Item(NamedTuple):
    """A kind of line at its place in a record.

    Attributes:
        kind: One of ``KINDS``.
        is_optional: Whether a record may lack it.
        repeats: Whether several lines of it may follow each other.
    """

    kind: str
    is_optional: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class DescribedLayout:
    """A layout that is described, not programmed: an entry of ``[[tool.dedupkit.layouts]]``.

    Attributes:
        name: What sources and ``sniff`` call it.
        record: Kinds of lines of a record, in order: ``title``, ``abstract``, ``authors``, ``organisation``,
            ``published`` and ``comments``, each at most once. Behind it ``?`` (may be missing), ``+`` (one line or
            more) or ``*`` (any number of lines).
        recognises: What it looks like, in a few words; None: the kinds of its record.
        patterns: Regular expressions of kinds, ``furniture`` too. A group is what is kept of the line.
    """

    name: str
    record: tuple[str, ...]
    recognises: str | None = None
    patterns: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what describes no layout."""
        if not _NAME_RE.fullmatch(self.name):
            raise UsageError(
                f"layouts: name = {self.name!r}.",
                "give letters, digits and underscores, such as 'proceedings'.",
            )
        if self.name in BUILT_IN:
            raise UsageError(
                f"layout {self.name!r}: this name is a built-in layout's.", "give it another name."
            )
        found = [self._item(text) for text in self.record]
        kinds = [item.kind for item in found]
        for kind in kinds:
            if kinds.count(kind) > 1:
                raise UsageError(
                    f"layout {self.name!r}: its record names {kind!r} twice.", f"name it once, as '{kind}+'."
                )
        if not {"title", "abstract"} & set(kinds):
            raise UsageError(
                f"layout {self.name!r}: record = {list(self.record)} has neither title nor abstract.",
                "name the kinds of lines of a record in their order, such as ['title', 'abstract+'].",
            )
        if all(item.is_optional for item in found):
            raise UsageError(
                f"layout {self.name!r}: record = {list(self.record)}: all of it may be missing.",
                "leave out the ? or * behind one kind at least.",
            )
        self._check_patterns(kinds)

    @property
    def items(self) -> tuple[Item, ...]:
        """The kinds of lines of a record.

        >>> DescribedLayout("mine", ("title", "abstract*")).items[1]
        Item(kind='abstract', is_optional=True, repeats=True)
        """
        return tuple(self._item(text) for text in self.record)

    @property
    def told(self) -> str:
        """What it recognises, in one clause."""
        return self.recognises or ", ".join(self.record)

    def _item(self, text: str) -> Item:
        match = _ITEM_RE.fullmatch(text)
        kind = match["kind"].strip() if match else text
        if match is None or kind not in KINDS:
            raise _unknown_kind(f"layout {self.name!r}: record", kind, KINDS)
        return Item(kind, match["mark"] in ("?", "*"), match["mark"] in ("+", "*"))

    def _check_patterns(self, kinds: list[str]) -> None:
        for kind, pattern in self.patterns.items():
            place = f"layout {self.name!r}: patterns"
            if kind not in (*KINDS, FURNITURE):
                raise _unknown_kind(place, kind, (*KINDS, FURNITURE))
            if kind not in (*kinds, FURNITURE):
                raise UsageError(
                    f"{place}: {kind!r} is not in its record.",
                    f"add '{kind}' to record, or leave out the pattern.",
                )
            if why := _broken(pattern):
                raise UsageError(
                    f"{place}: {kind} = {pattern!r} is no regular expression: {why}.",
                    "mend it; see https://docs.rs/regex for what is allowed (no look-around, no back-references).",
                )


def _broken(pattern: str) -> str:
    """Why a pattern is none, or nothing."""
    import polars as pl  # noqa: PLC0415  slow to import, and most settings have no pattern

    if not pattern:
        return "it is empty"
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        told = str(error).split("\n\nThis error occurred")[0].strip().splitlines()[-1]
        return told.removeprefix("regex error: ").removeprefix("error: ").rstrip(".")
    return ""


def _unknown_kind(place: str, kind: str, known: tuple[str, ...]) -> UsageError:
    if kind == FURNITURE:
        return UsageError(
            f"{place}: {kind!r} is no part of a record.",
            f"leave it out: lines that match patterns.{FURNITURE} are passed over wherever they stand.",
        )
    nearest = difflib.get_close_matches(kind, known, n=1, cutoff=0)[0]
    return UsageError(
        f"{place}: unknown kind {kind!r}.", f"did you mean {nearest!r}? The kinds are {', '.join(known)}."
    )


def check_names(layouts: tuple[DescribedLayout, ...]) -> None:
    """Refuse two layouts of one name."""
    names = [layout.name for layout in layouts]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"layout {name!r} is described twice.", "give one of them another name.")


def read_layouts(value: Any, path: object) -> tuple[DescribedLayout, ...]:
    """The layouts of a TOML file.

    Args:
        value: What stands there as ``layouts``.
        path: What an error calls the file.

    Raises:
        UsageError: One of them describes no layout.
    """
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise UsageError(
            f"{path}: layouts = {value!r}.", "describe each layout in a table [[tool.dedupkit.layouts]]."
        )
    try:
        return tuple(_read_layout(table) for table in value)
    except UsageError as error:
        raise UsageError(f"{path}: {error.fact}", error.hint) from None


def _read_layout(table: dict[str, Any]) -> DescribedLayout:
    place = f"layout {table['name']!r}" if "name" in table else "layouts"
    known = [each.name for each in fields(DescribedLayout)]
    for key in table:
        if key not in known:
            nearest = difflib.get_close_matches(key, known, n=1, cutoff=0)[0]
            raise UsageError(f"{place}: unknown key {key!r}.", f"did you mean {nearest!r}?")
    for key in ("name", "record"):
        if key not in table:
            raise UsageError(f"{place}: it has no {key}.", "describe it as README.md shows (Layouts).")
    for key in ("name", "recognises"):
        if not isinstance(table.get(key, ""), str):
            raise UsageError(f"{place}: {key} = {table[key]!r}.", "it takes a str.")
    record, patterns = table["record"], table.get("patterns", {})
    if not isinstance(record, list) or not all(isinstance(kind, str) for kind in record):
        raise UsageError(
            f"{place}: record = {record!r}.", "it takes a list of kinds, such as ['title', 'abstract+']."
        )
    if not isinstance(patterns, dict) or not all(isinstance(pattern, str) for pattern in patterns.values()):
        raise UsageError(
            f"{place}: patterns = {patterns!r}.", "it takes a table of kinds and regular expressions."
        )
    return DescribedLayout(table["name"], tuple(record), table.get("recognises"), dict(patterns))
