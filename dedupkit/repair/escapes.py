r"""Unicode escapes that nobody decoded: ``\u2013``, ``<U+2013>``, and ``x2013`` where even the frame is gone."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from dedupkit.repair.edits import Edit, apply_edits
from dedupkit.repair.protected import URL_RE, is_code

UNICODE_ESCAPE: Final = "unicode_escape"

#: Words that end in x, after which a year is a year: ``Phoenix2014dataset``.
WORDS_IN_X: Final = frozenset(
    [
        "affix",
        "apex",
        "appendix",
        "box",
        "citrix",
        "complex",
        "convex",
        "duplex",
        "fix",
        "fox",
        "hex",
        "index",
        "latex",
        "linux",
        "matrix",
        "max",
        "mix",
        "multiplex",
        "netflix",
        "phoenix",
        "posix",
        "prefix",
        "reflex",
        "remix",
        "simplex",
        "suffix",
        "tex",
        "unix",
        "vertex",
        "vortex",
        "xbox",
    ]
)

LONGEST_WORD_IN_X: Final = max(map(len, WORDS_IN_X))

#: ASCII that JSON writers escape. Letters, digits and the backslash never are, and decoding them would make
#: new escapes out of old ones.
ESCAPED_ASCII: Final = "\"&'<=>"

# "the modelx2013and the data", "lawsx2019s": $\unicode{x2013}$ without its frame
STRIPPED_ESCAPE_RE: Final = re.compile(
    r"(?<=[a-z]{2})x(?P<code>20(?:1[0-589A-Ea-e]|2[0126]|3[023])(?=[A-Za-z]{2})|2019(?=[stdm](?![A-Za-z])))"
)
# "caf\u00e9", "\ud83d\ude00", "\U0001F600", "1990<U+2013>2000", "model$\unicode{x2013}$and"
ESCAPE_RE: Final = re.compile(
    r"(?<!\\)\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\)\\u(?P<four>[0-9a-fA-F]{4})"
    r"|(?<!\\)\\U(?P<eight>000[01][0-9a-fA-F]{4})"
    r"|<U\+(?P<r>(?:000[01])?[0-9a-fA-F]{4})>"
    r"|(?P<math>\$?)\\unicode\{x(?P<frame>[0-9a-fA-F]{4,5})\}(?P=math)"
)
# "[\u4e00-\u9fff]", "[^\u2013]": a class of a regular expression
ESCAPE_CLASS_RE: Final = re.compile(r"\\u[0-9a-fA-F]{4}-\\u|\[\^?\\u")
# "report_modelx2013and.csv", "a@b", "img/x2013"
FILE_NAME_RE: Final = re.compile(r"[_/\\@]|\.[A-Za-z0-9]{1,5}$")
CHUNK_RE: Final = re.compile(r"\S+")


def decode_unicode_escapes(text: str) -> list[Edit]:
    r"""Decode the remains of Unicode escapes into the characters that they stand for.

    Two kinds are told apart. An escape with its frame (``\u2013``, a pair of surrogates, R's ``<U+2013>``,
    MathJax's ``\unicode{x2013}``) is decoded when it names a visible character. An escape whose frame was
    stripped (``x2013``) is decoded only for general punctuation, with two lower-case letters on its left and
    letters on its right: elsewhere it may be a year, a size or a number.

    It must NOT touch product names with a year, hexadecimal numbers, sizes, file names, URLs, Windows paths and
    regular expressions, nor put in control characters, lone surrogates or a backslash.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def decode(text): return apply_edits(text, decode_unicode_escapes(text))
    >>> decode("the modelx2013and the scaling lawsx2019s end")
    'the model–and the scaling laws’s end'
    >>> decode(r"caf\u00e9 \ud83d\ude00, 1990<U+2013>2000")
    'café 😀, 1990–2000'
    >>> for same in ["Phoenix2014T", "Matrix2013", "64x2048", "0x2013", "Unix2019", r"C:\u2013\cafe", r"[\u4e00-\u9fff]"]:
    ...     assert decode(same) == same
    """
    if "x20" not in text and "\\u" not in text and "\\U" not in text and "<U+" not in text:
        return []
    return [
        edit
        for chunk in CHUNK_RE.finditer(text)
        if "x20" in chunk[0] or "\\" in chunk[0] or "<U+" in chunk[0]
        for edit in _decoded(chunk[0], chunk.start())
    ]


def _decoded(chunk: str, place: int) -> list[Edit]:
    """Give the edits of one word, which stands at ``place``."""
    edits: list[Edit] = []
    if not is_code(chunk) and not ESCAPE_CLASS_RE.search(chunk):
        framed = ((match, _character(match)) for match in ESCAPE_RE.finditer(chunk))
        edits += [Edit(*match.span(), character, UNICODE_ESCAPE) for match, character in framed if character]
    decoded = apply_edits(chunk, edits)
    if not URL_RE.search(decoded) and not FILE_NAME_RE.search(decoded) and "<U+" not in decoded:
        stripped = (match for match in STRIPPED_ESCAPE_RE.finditer(chunk) if _is_stripped(match))
        edits += [Edit(*match.span(), chr(int(match["code"], 16)), UNICODE_ESCAPE) for match in stripped]
    return [edit._replace(start=place + edit.start, end=place + edit.end) for edit in sorted(edits)]


def _is_stripped(match: re.Match[str]) -> bool:
    """Tell a code point from a year after a word that ends in x."""
    left = match.string[max(0, match.start() - LONGEST_WORD_IN_X) : match.start() + 1].lower()
    return re.split(r"[^a-z]", left)[-1] not in WORDS_IN_X


def _character(match: re.Match[str]) -> str:
    """Give the character of an escape, or nothing where it is none that belongs in a text."""
    if match["high"]:
        character = chr(0x10000 + ((int(match["high"], 16) - 0xD800) << 10) + int(match["low"], 16) - 0xDC00)
    else:
        code = int(match["four"] or match["eight"] or match["r"] or match["frame"], 16)
        character = chr(code) if code <= 0x10FFFF else ""
    if character.isascii():
        return character if character and character in ESCAPED_ASCII else ""
    if character in "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}":
        return character
    return "" if unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"} else character
