"""Bytes of unknown origin to lines."""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

import chardet
import ftfy.bad_codecs  # noqa: F401  registers sloppy-windows-1252, which has a character for every byte

from dedupkit.dumps.reading import Line
from dedupkit.errors import InputError

#: Byte order marks, longest first: UTF-32's begins with UTF-16's.
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: How files that hold no text begin.
_MAGIC_NUMBERS: Final = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PAR1", "a parquet table"),
    (b"\x7fELF", "a program"),
)

#: Detection reads lines with bytes above 127, up to this many bytes: more changes nothing but the time.
_DETECTION_BYTES: Final = 200_000

#: Below this detection names rare encodings for a handful of accents; Windows-1252 is then the likelier one.
_SURE_ENOUGH: Final = 0.12

#: A line with a byte above 127.
_NOT_ASCII_RE: Final = re.compile(rb"(?m:^)[^\n\x80-\xff]*+[\x80-\xff][^\n]*")

_CONTROL_BYTES: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


class Decoded(NamedTuple):
    """Text, and the name of the encoding that gave it, for people."""

    text: str
    encoding: str


def decode(data: bytes, place: str, *, is_text: bool = False) -> Decoded:
    r"""Decode UTF-8 strictly, else by byte order mark, else line by line, else by detection.

    A file that is UTF-8 but for a few lines keeps its good lines, and each bad line is read as
    Windows-1252, so that one stray byte does not turn a whole page into mojibake.

    Args:
        data: The whole file.
        place: What an error calls the file.
        is_text: Whether it is text for certain, though a NUL stands in it.

    Raises:
        InputError: The bytes are no text.

    >>> decode("naïve".encode(), "a.txt")
    Decoded(text='naïve', encoding='utf-8')
    >>> decode("café – naïve\n".encode() + b"caf\xe9!", "a.txt")
    Decoded(text='café – naïve\ncafé!', encoding='utf-8, 1 line windows-1252')
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, errors="replace"), encoding)
    if not is_text:
        _refuse_binary(data, place)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        cut_at_end = error.reason == "unexpected end of data" and error.end >= len(data)
        if cut_at_end and not data[: error.start].isascii():
            return Decoded(data.decode("utf-8", errors="replace"), "utf-8, cut inside its last character")
    return _decode_mixed(data) or _decode_detected(data)


def is_utf8(data: bytes) -> bool:
    """Whether bytes are UTF-8, whatever they mean."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def split_lines(text: str) -> tuple[list[Line], int]:
    r"""Split at ``\n``, ``\r\n`` or, where a text has neither, ``\r``.

    Only these: ``str.splitlines`` would also cut at form feeds and at U+2028 inside a sentence.

    Returns:
        The non-blank lines, and how many lines there are with the blank ones.

    >>> split_lines("a\r\n\r\n b \r\n")
    ([Line(number=1, text='a', after_blank=True), Line(number=3, text='b', after_blank=True)], 3)
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    pieces = text.split("\n")
    if pieces[-1] == "":
        pieces.pop()
    lines = []
    after_blank = True
    for number, piece in enumerate(pieces, start=1):
        stripped = piece.strip().strip("\ufeff\u200b").strip()
        if stripped:
            lines.append(Line(number, stripped, after_blank))
        after_blank = not stripped
    return lines, len(pieces)


def _refuse_binary(data: bytes, place: str) -> None:
    kind = next((name for magic, name in _MAGIC_NUMBERS if data.startswith(magic)), None)
    if kind is None and b"\0" in data:
        kind = f"no text: byte {data.index(0):,} is NUL"
    if kind is None:
        controls = len(data) - len(data.translate(None, _CONTROL_BYTES))
        if controls > len(data) // 10:
            kind = f"no text: {controls:,} of its {len(data):,} bytes are control characters"
    if kind is not None:
        raise InputError(
            f"{place}: this file is {kind}.",
            "leave it out, or save its text as .txt (UTF-8) or as .jsonl, .csv or .parquet.",
        )


def _decode_mixed(data: bytes) -> Decoded | None:
    """UTF-8 with a minority of bad lines; None where the good lines hold no proof of UTF-8."""
    pieces = data.split(b"\n")
    decoded: list[str] = []
    bad = good = 0
    for piece in pieces:
        try:
            text = piece.decode("utf-8")
            good += not piece.isascii()
        except UnicodeDecodeError:
            text = piece.decode("sloppy-windows-1252")
            bad += 1
        decoded.append(text)
    if good <= bad and not (good == bad == 1):
        return None
    return Decoded("\n".join(decoded), f"utf-8, {bad} line{'s' * (bad > 1)} windows-1252")


def _decode_detected(data: bytes) -> Decoded:
    sample = b"\n".join(_NOT_ASCII_RE.findall(data[: 50 * _DETECTION_BYTES]))
    detected = chardet.detect(sample[:_DETECTION_BYTES])
    guess = detected["encoding"]
    if guess is None or detected["confidence"] < _SURE_ENOUGH or guess == "ISO-8859-1":
        guess = "windows-1252"
    if guess.lower().startswith("mac") and b"\n" in data:  # systems that wrote it ended lines with \r
        guess = "windows-1252"
    try:
        return Decoded(data.decode(guess), guess.lower())
    except (UnicodeDecodeError, LookupError):
        return Decoded(data.decode("sloppy-windows-1252"), "windows-1252")
