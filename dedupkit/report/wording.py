"""Numbers and scraped text as a page shows them."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import Any, Final

#: Characters of one text that the page shows unless a template says otherwise.
TEXT_LIMIT: Final = 300

#: Characters of one value in a document that is read beside others: Markdown, annotations.
VALUE_LIMIT: Final = 300

#: What stands before a verdict.
SIGNS: Final = {"passed": "✓", "failed": "✗", "could not run": "?"}

#: Spaces of HTML, and the joiners that Persian and emoji need.
_HARMLESS: Final = "\t\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"

_LINE_BREAKS: Final = str.maketrans({"\n": "⟨U+000A⟩", "\t": "⟨U+0009⟩"})

_SPACE_MARKS: Final = str.maketrans(
    {" ": "␣", "\t": "⟨tab⟩", "\n": "⟨line break⟩", "\N{NO-BREAK SPACE}": "⟨no-break space⟩"}
)


def number(value: float | None) -> str:
    """A count with thousands separated; a dash where there is none.

    >>> number(11619), number(None)
    ('11,619', '–')
    """
    return "–" if value is None else f"{value:,}"


def signed(difference: int | None) -> str:
    """A difference with its sign; a dash where there is none.

    >>> signed(1200), signed(-3), signed(0), signed(None)
    ('+1,200', '−3', '0', '–')
    """
    if not difference:
        return number(difference)
    return f"{'+' if difference > 0 else '−'}{abs(difference):,}"


def similar(value: float | None) -> str:
    """A similarity, never rounded up to a threshold that it does not reach; a dash where there is none.

    >>> similar(0.69996), similar(0.7), similar(None)
    ('0.699', '0.700', '–')
    """
    return "–" if value is None else f"{math.floor(value * 1000 + 1e-9) / 1000:.3f}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "record"), counted(1200, "repair"), counted(2, "query", "queries")
    ('1 record', '1,200 repairs', '2 queries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(part: float | None, whole: float | None) -> str:
    """A share of a whole; a small one is never rounded to nothing, nor a large one to everything.

    >>> percent(519, 547), percent(2, 1_000_000), percent(999_999, 1_000_000), percent(0, 0)
    ('94.9 %', '< 0.1 %', '> 99.9 %', '–')
    """
    if not whole or part is None:
        return "–"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.1f} %"


def shown(text: object, limit: int = TEXT_LIMIT) -> str:
    r"""A text cut to a length, with a visible sign for every character that is invisible or acts.

    >>> shown("a\x00b\u202ec"), shown("abstract", 4), shown(None)
    ('a⟨U+0000⟩b⟨U+202E⟩c', 'abst…', '')
    """
    whole = "" if text is None else str(text)
    return "".join(map(_sign, whole[:limit])) + ("…" if len(whole) > limit else "")


def visible(text: str, limit: int = VALUE_LIMIT) -> str:
    r"""A text in one line, with a visible sign for every character that is invisible or acts.

    >>> visible("a\nb\x1b[31m\u202e"), visible("abstract", 4)
    ('a⟨U+000A⟩b⟨U+001B⟩[31m⟨U+202E⟩', 'abst…')
    """
    return shown(text, limit).translate(_LINE_BREAKS)


def changed(text: str, limit: int = TEXT_LIMIT) -> str:
    r"""One side of a change: as ``shown``, and with marks for its spaces where it is all space.

    >>> changed("  "), changed("a b"), changed("\n\u00a0")
    ('␣␣', 'a b', '⟨line break⟩⟨no-break space⟩')
    """
    return shown(text, limit) if text.strip() else shown(text, limit).translate(_SPACE_MARKS)


def tail(text: str, limit: int) -> str:
    """The end of a text, as ``shown``.

    >>> tail("abstract", 3)
    '…act'
    """
    return ("…" if len(text) > limit else "") + shown(text[-limit:], limit)


def _sign(character: str) -> str:
    acts = unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    return f"⟨U+{ord(character):04X}⟩" if acts and character not in _HARMLESS else character


def plain(value: Any) -> str:
    """A setting as people read it.

    >>> plain(0.7), plain("local"), plain(["a", 1]), plain(None)
    ('0.7', 'local', '["a", 1]', 'none')
    """
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
