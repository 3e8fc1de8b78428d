r"""Letters that LaTeX writes with commands: accents and special letters.

What gives no single letter, or could be an escaped quote or a path, stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pylatexenc.latex2text import LatexNodes2Text

from dedupkit.repair.edits import Edit
from dedupkit.repair.protected import has_free_backslash, protected_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Commands that are a letter, or put an accent on one.
LETTER_COMMANDS: Final = r"[vcHukrdbijoOlL]|ss|aa|AA|ae|AE|oe|OE|dh|DH|th|TH|dj|DJ|ng|NG"
# What all of the following begin with
ANY_LETTER_RE: Final = re.compile(rf"""\\(?:["'`^~=.]|(?:{LETTER_COMMANDS})(?![A-Za-z]))""")
# In r'Schr\"odinger', r'na\"{\i}ve', r"Garc\'\i a", r"{\'e}", r"\'{E}tale"
MARK_ACCENT_RE: Final = re.compile(
    r"""(?P<open>\{)?\\(?P<mark>["'`^~=.])(?:\{\\?(?P<braced>[A-Za-z])[ ]?\}|\\(?P<dotless>[ij])(?:\{\}|(?![A-Za-z])(?:[ ](?=[a-z]))?)|(?P<bare>[A-Za-z]))(?(open)\})"""
)
# In r"Ho\v{s}ava", r"{\c c}", r"Erd\H os"
LETTER_ACCENT_RE: Final = re.compile(
    r"\{\\[vcHukr][ ][A-Za-z]\}"
    r"|(?:\\[vcHkrdb]|(?<=[A-Za-z])\\u)\{\\?[A-Za-z]\}"
    r"|(?<=[A-Za-z}])\\(?:c[ ][cCsStT]|v[ ][cCdDeEnNrRsSzZ]|H[ ][oOuU]|k[ ][aAeE]|r[ ][aAuU]|u[ ][aAgG])(?=[a-z\\])"
)
# In "Stra{\ss}e", "\L{}ukasz", "Bj\o rn", "\AA ngstrom"
LETTER_RE: Final = re.compile(
    r"\{\\(?:ss|[oOlLij]|aa|AA|ae|AE|oe|OE|dh|DH|th|TH|dj|DJ|ng|NG)(?:\{\})?[ ]?\}"
    r"|\\(?:ss|[oOlLij]|aa|AA|ae|AE|oe|OE|dh|DH|th|TH|dj|DJ|ng|NG)\{\}"
    r"|(?<=[A-Za-z}])\\(?:ss|[oOlL]|aa|AA|ae|AE|oe|OE)(?![A-Za-z{])(?:[ ](?=[a-z]))?"
    r"|(?<![A-Za-z0-9\\}])(?<![0-9][ ])\\(?:[OL]|AA|AE|OE)[ ](?=[a-z])"
    r"|(?<=[0-9][ ])\\AA(?![A-Za-z{])"
)
# r'the \"attention\" model': the second one closes, so neither is an accent
CLOSING_QUOTE_RE: Final = re.compile(r"""(?<=[^\s\\({\[])\\(["'`])(?![A-Za-z{\\])""")
# r"it\'s", r"don\'t", r"O\'Neill": quoted for a program, not accented
ESCAPED_APOSTROPHE_RE: Final = re.compile(
    r"(?<=[A-Za-z])\\'(?=(?:s|t|d|m|re|ve|ll)(?![A-Za-z\\{]))|(?<=\bO)\\'(?=[A-Z])"
)


_TEXT = LatexNodes2Text(keep_comments=True)


def compose_latex_accents(text: str) -> list[Edit]:
    r"""Put the letters in place that LaTeX writes as an accent and a letter, or as a command.

    The result is composed (NFC). An accent is read inside a word, or at the start of one where the text does not
    quote with the same escaped character.

    It must NOT touch mathematics, escaped quotes (``the \"attention\" model``, ``it\'s``), paths, regular
    expressions, and what gives no letter that Unicode has in one piece.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def compose(text): return apply_edits(text, compose_latex_accents(text))
    >>> compose(r"Schr\"odinger, Schr{\"o}dinger, na\"{\i}ve, Cavagli\`a, \'a la, Erd\H os, Ho{\v s}ava")
    'Schrödinger, Schrödinger, naïve, Cavaglià, á la, Erdős, Hošava'
    >>> compose(r"Stra{\ss}e, \L{}ukasz, Bj\o rn, \c{C}elik, 5 \AA")
    'Straße, Łukasz, Bjørn, Çelik, 5 Å'
    >>> for same in [r"the \"attention\" model", r"don\'t", r"C:\users\c", r"\d+", r"example\.com", r"a \u{e9}", r"$\o$"]:
    ...     assert compose(same) == same
    """
    if not ANY_LETTER_RE.search(text) or not has_free_backslash(text):
        return []
    protected = protected_spans(text)
    quoting = set(CLOSING_QUOTE_RE.findall(text))
    edits = [
        _letter_edit(match)
        for match in _matches(MARK_ACCENT_RE, text)
        if match.start() not in protected and _is_accent(text, match, quoting)
    ]
    for letter_re in (LETTER_ACCENT_RE, LETTER_RE):
        edits += [
            _letter_edit(match) for match in _matches(letter_re, text) if match.start() not in protected
        ]
    edits = sorted(edit for edit in edits if edit.after and not _escaped(text, edit.start))
    return [
        edit
        for before, edit in zip([None, *edits], edits, strict=False)
        if not before or before.end <= edit.start
    ]


def _matches(letter_re: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What ``finditer`` gives of an expression that begins with a backslash, or with a brace and a backslash."""
    end = 0
    place = text.find("\\")
    while place >= 0:
        for start in (place - 1, place) if place > end and text[place - 1] == "{" else (place,):
            if start >= end and (match := letter_re.match(text, start)):
                yield match
                end = match.end()
                break
        place = text.find("\\", place + 1)


def _escaped(text: str, place: int) -> bool:
    """Tell whether a backslash stands right before ``place``."""
    return place > 0 and text[place - 1] == "\\"


def _letter_edit(match: re.Match[str]) -> Edit:
    """Put a letter in place of the LaTeX that was found."""
    return Edit(match.start(), match.end(), _letter(match[0]), "latex_accent")


@lru_cache(maxsize=4096)
def _letter(latex: str) -> str:
    """Give the letter that a piece of LaTeX writes, or nothing where it is no single letter."""
    try:
        letter = unicodedata.normalize("NFC", _TEXT.latex_to_text(latex).strip())
    except (IndexError, ValueError):
        return ""
    return letter if len(letter) == 1 and letter.isalpha() and not letter.isascii() else ""


def _is_accent(text: str, match: re.Match[str], quoting: set[str]) -> bool:
    """Tell an accent from an escaped quote and from an escaped character of a regular expression."""
    mark, bare, start = match["mark"], match["bare"], match.start()
    before, after = text[max(0, start - 2) : start], text[match.end() : match.end() + 1]
    inside = before[-1:].isalpha() or before.endswith("}") or before[:1] == "\\"
    if not inside and (
        mark in quoting or not re.fullmatch(r"|.?[\s({\"'`~\N{EN DASH}\N{EM DASH}“‘-]", before, re.DOTALL)
    ):
        return False
    if not bare:
        return True
    if mark == "'" and inside:
        return not ESCAPED_APOSTROPHE_RE.match(text, start) and (bare.islower() or before.isupper())
    if mark in "~^=":  # r"x\^a" and r"\~/a" are no French
        return inside and (after.isalpha() or after == "\\" or before.isalpha()) and bare in "aeiouAEIOUnN"
    return bare in {"'": "aeiouyAEIOUYSZNC", ".": "IZ"}.get(mark, "aeiouyAEIOUY")
