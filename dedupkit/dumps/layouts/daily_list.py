"""A daily list: title, abstract, and metadata around a middle dot (authors or organisation, date, comments)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.dumps.kinds import (
    ABSTRACT,
    END,
    FURNITURE,
    METADATA,
    START,
    TITLE,
    Costs,
    Page,
    Shape,
    Steps,
)
from dedupkit.dumps.layouts.turns import TURNS, build_entries, finish, text_costs
from dedupkit.dumps.reading import Entry, Line, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "daily_list"
RECOGNISES: Final = (
    "title, abstract and metadata: “• N authors” or an organisation, “·”, then a date with or without a year, "
    "then perhaps a comment count"
)

STEPS: Final[Steps] = TURNS | {
    (ABSTRACT, METADATA): 0,
    (TITLE, METADATA): 1,  # no abstract
    (METADATA, METADATA): 0,
    (METADATA, TITLE): 0,
    (METADATA, FURNITURE): 1.5,
    (METADATA, ABSTRACT): 7,
    (FURNITURE, METADATA): 6,
    (START, METADATA): 6,
    (ABSTRACT, TITLE): 1,  # no metadata
    (METADATA, END): 0,
}

_SEPARATORS: Final = frozenset("·•∙⋅|")

#: "• 6 authors"
_COUNT_RE: Final = re.compile(
    r"[•·∙*-]?\s*(\d[\d,]*)\s+authors?|[•·∙]\s*(\d[\d,]*)\s+[^\W\d_]+", re.IGNORECASE
)

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_YEAR_AND_COMMENTS: Final = r"(?:,? (?P<year>(?:19|20)\d\d))?(?: (?P<comments>\d[\d,]*))?"

#: "Sep 26 4" is 26 September and 4 comments; "Oct 12, 2021"; "12 Oct 2021 4"; "2021-10-12 4".
_DATE_RES: Final = (
    re.compile(rf"{_MONTH} (?P<day>\d\d?)(?:st|nd|rd|th)?{_YEAR_AND_COMMENTS}", re.IGNORECASE),
    re.compile(rf"(?P<day>\d\d?)(?:st|nd|rd|th)?\.? {_MONTH}{_YEAR_AND_COMMENTS}", re.IGNORECASE),
    re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?: (?P<comments>\d[\d,]*))?"),
)

#: An organisation is a short line; an abstract is not.
_ORGANISATION_CHARS: Final = 80

#: Digits of a count.
_LONGEST_NUMBER: Final = 15

#: "deepseek-ai" in "deepseek-ai DeepSeek".
_HANDLE_RE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Published(NamedTuple):
    """A date line."""

    text: str
    day: date | None
    comment_count: int | None


def parse_published(text: str) -> Published | None:
    """Read a date line, and the comment count behind the date.

    >>> parse_published("Sep 26 4")
    Published(text='Sep 26', day=None, comment_count=4)
    >>> parse_published("Oct 12, 2021")
    Published(text='Oct 12, 2021', day=datetime.date(2021, 10, 12), comment_count=None)
    >>> parse_published("May 2023 was warm")
    """
    for date_re in _DATE_RES:
        match = date_re.fullmatch(text)
        if match is None:
            continue
        comments = match["comments"]
        shown = text[: match.start("comments")].rstrip() if comments else text
        month = match["month"].casefold()
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
        try:
            day = date(int(match["year"] or 2000), number, int(match["day"]))
        except ValueError:
            return None
        return Published(shown, day if match["year"] else None, to_number(comments))
    return None


def split_organisation(text: str) -> str:
    """The organisation's name, without the handle before it.

    >>> split_organisation("nvidia NVIDIA"), split_organisation("ByteDance-Seed ByteDance Seed")
    ('NVIDIA', 'ByteDance Seed')
    >>> split_organisation("NVIDIA Research"), split_organisation("openai")
    ('NVIDIA Research', 'openai')
    """
    handle, _, name = text.partition(" ")
    name = name.strip()
    if not name or not _HANDLE_RE.fullmatch(handle):
        return text
    small, plain = _letters(handle), _letters(name)
    same = small == plain or (len(small) >= 3 and (plain.startswith(small) or small.startswith(plain)))
    return name if same or handle == handle.lower() else text


def costs(page: Page) -> list[Costs]:
    """By the shape of the line; what is metadata is certain."""
    metadata = _find_metadata(page.lines, page.shapes)
    return [
        {METADATA: 0.0} if index in metadata else text_costs(shape) for index, shape in enumerate(page.shapes)
    ]


def read(page: Page, labels: Sequence[str]) -> Reading:
    """Read titles, abstracts and metadata; sure where most records have metadata."""
    entries, unparsed = build_entries(list(zip(page.lines, labels, strict=True)))
    metadata = _find_metadata(page.lines, page.shapes)
    roles = {page.lines[index].number: role for index, role in metadata.items()}
    for entry in entries:
        _read_metadata(entry, roles)
    described = sum(entry.published_text is not None for entry in entries)
    share = described / len(entries) if entries else 0.0
    why = f"{described} of {len(entries)} records have a metadata block with a date"
    return finish(Reading(0.5 + 0.5 * share if share >= 0.3 else 0.0, why, entries, unparsed))


def _find_metadata(lines: Sequence[Line], line_shapes: Sequence[Shape]) -> dict[int, str]:
    """Lines of metadata by index, with their role: count, organisation, separator or date."""
    roles: dict[int, str] = {}
    last = len(lines) - 1
    for index, line in enumerate(lines):
        if _COUNT_RE.fullmatch(line.text):
            roles[index] = "count"
            if index < last and parse_published(lines[index + 1].text):
                roles[index + 1] = "date"
        if line.text not in _SEPARATORS:
            continue
        roles[index] = "separator"
        if index < last and _is_date(lines[index + 1], is_last=index + 1 == last):
            roles[index + 1] = "date"
        if index > 0 and index - 1 not in roles and _is_organisation(lines, line_shapes, index, roles):
            roles[index - 1] = "organisation"
    return roles


def _is_date(line: Line, *, is_last: bool) -> bool:
    """A date; the last line of a cut dump may hold the beginning of one."""
    if parse_published(line.text):
        return True
    return is_last and len(line.text) <= 14 and not line.after_blank


def _is_organisation(
    lines: Sequence[Line], line_shapes: Sequence[Shape], separator: int, roles: dict[int, str]
) -> bool:
    """Whether the short line before a separator is an organisation, and not the title of a record.

    It is when an abstract stands before it; behind a title it must look like one, or stand apart from it.
    """
    index = separator - 1
    line = lines[index]
    if len(line.text) > _ORGANISATION_CHARS or index == 0 or index - 1 in roles:
        return False
    if line_shapes[index - 1].width >= 150:
        return True
    return not lines[separator].after_blank and (line.after_blank or line_shapes[index].word_count <= 3)


def _read_metadata(entry: Entry, roles: dict[int, str]) -> None:
    for line in entry.lines:
        role = roles.get(line.number)
        if role == "count" and (match := _COUNT_RE.fullmatch(line.text)):
            entry.author_count = to_number(match[1] or match[2])
        elif role == "organisation":
            entry.organisation = split_organisation(line.text)
        elif role == "date":
            published = parse_published(line.text) or Published(line.text, None, None)
            entry.published_text, entry.published, entry.comment_count = published


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def to_number(digits: str | None) -> int | None:
    """The number that digits with commas or points between them say; None where no page means one so long.

    >>> to_number("1,204"), to_number("9" * 30)
    (1204, None)
    """
    plain = re.sub(r"\D", "", digits or "")
    return int(plain) if 0 < len(plain) <= _LONGEST_NUMBER else None
