"""Text of anyone's in Markdown, where it must stay text: cells, rows, and how many of them a comment holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dedupkit.report.wording import VALUE_LIMIT, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A comment on GitHub holds 65,536 characters; a longer one is refused whole.
LENGTH_LIMIT: Final = 60_000

#: Signs that may act inside a cell, begin HTML, or make a link; as references they are text.
_ACTIVE_RE: Final = re.compile(r"[#$&*:<>@\[\\\]_`|~]|(?<=www)\.", re.IGNORECASE)

#: GitHub looks for people and issues once it has read the references: a word joiner keeps it from finding any.
_MENTION_RE: Final = re.compile(r"(?<=&#64;)|(?<=&#35;)|(?<=GH-)(?=\d)", re.IGNORECASE)


def text(value: str, limit: int = VALUE_LIMIT) -> str:
    """A value that stays text: no markup, no link, no mention of a person.

    >>> text("50 % of <b>|@a")
    '50 % of &#60;b&#62;&#124;&#64;&#8288;a'
    """
    return _MENTION_RE.sub("&#8288;", _escaped(value, limit))


def code(value: str) -> str:
    """A value as code, in which GitHub looks for no mentions.

    >>> code("a|b@c")
    '<code>a&#124;b&#64;c</code>'
    """
    return f"<code>{_escaped(value, VALUE_LIMIT)}</code>"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def fitting(rows: Sequence[str], room: int) -> Sequence[str]:
    """As many of the first rows as there is room for."""
    for number, each in enumerate(rows):
        room -= len(each) + 1
        if room < 0:
            return rows[:number]
    return rows


def _escaped(value: str, limit: int) -> str:
    return _ACTIVE_RE.sub(lambda found: f"&#{ord(found[0])};", visible(value, limit))
