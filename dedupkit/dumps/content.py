"""What a file holds: its bytes, decompressed, within limits; and what kind of file they are."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, cast

from dedupkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dedupkit.dumps.files import InputFile

COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}

#: How compressed files begin.
_MAGIC_OF_COMPRESSION: Final = {
    b"\x1f\x8b": ".gz",
    b"\x28\xb5\x2f\xfd": ".zst",
    b"BZh": ".bz2",
    b"\xfd7zXZ\0": ".xz",
}

#: A longer line is no text that anyone wrote: it is left out, and told. In bytes.
LINE_LIMIT: Final = 64 << 20

#: How much of such a line is kept, in bytes.
_SHOWN_BYTES: Final = 400

#: What decompresses to more than this many times its size, beyond so many bytes, is a bomb; text does so 3 to 20 times.
_MOST_TIMES: Final = 250
_HARMLESS_BYTES: Final = 64 << 20

BLOCK: Final = 1 << 20

#: How much of a file is looked at to see what it is.
_HEAD_BYTES: Final = 1 << 16

_DAMAGES: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


class BadRow(NamedTuple):
    """What could not be read, where it stands, and why.

    Attributes:
        line: As ``record.UNPARSED`` counts it: line of a dump, row of a table; from 1.
        text: What of it is there.
        why: One clause.
        at: The line of the file, where that is another.
    """

    line: int
    text: str
    why: str
    at: int | None = None

    @property
    def told(self) -> str:
        """Why, and in which line of the file."""
        return self.why if self.at is None else f"line {self.at}: {self.why}"


@dataclass(slots=True)
class Content:
    """The bytes of a file, decompressed.

    Attributes:
        data: All of them, lines that are too long left out (each is an empty line).
        long_lines: These lines, by number from 1: their beginning, and why they are left out.
        damage: Why the file ends before its end: None where it is whole.
    """

    data: bytes
    long_lines: dict[int, tuple[str, str]] = field(default_factory=dict)
    damage: str | None = None


def sha256_of(file: InputFile) -> str:
    """Of the file as it lies there, compressed or not: what ``sha256sum`` tells."""
    try:
        with file.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(file, error) from error


def read_content(file: InputFile, *, by_lines: bool = False) -> Content:
    """Read a file, decompressed; what stands before a damage is read.

    Args:
        file: The file.
        by_lines: Whether its lines are texts of their own, so that one that is too long can be left out.

    Raises:
        InputError: Nothing of it can be read, it is more than this machine can hold, or a bomb.
    """
    stream = Blocks(file)
    if by_lines:
        lines = _Lines()
        for block in stream:
            lines.add(block)
        content = lines.content()
    else:
        content = Content(b"".join(stream))
    content.damage = stream.damage
    if stream.damage is not None and not content.data and not content.long_lines:
        raise unreadable(file, ValueError(stream.damage))
    return content


class Blocks:
    """The bytes of a file, decompressed, a block at a time.

    Attributes:
        damage: Set when the blocks end before the file's end: why.
    """

    def __init__(self, file: InputFile) -> None:
        self.damage: str | None = None
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        """The blocks.

        Raises:
            InputError: It cannot be opened, is more than this machine can hold, or a bomb.
        """
        file = self._file
        try:
            size = file.path.stat().st_size
            opened = file.path.open("rb")
        except OSError as error:
            raise unreadable(file, error) from error
        most = most_bytes()
        count = 0
        with opened:
            try:
                stream = _decompressed(opened, file.compression)
                while block := stream.read1(BLOCK):
                    count += len(block)
                    if count > max(_HARMLESS_BYTES, _MOST_TIMES * size):
                        raise _bomb(file)
                    if count > most:
                        raise _too_large(file, most)
                    yield block
            except _DAMAGES as error:
                if file.compression is None:
                    raise unreadable(file, error) from error
                self.damage = _in_words(error, file.compression)


class _Lines:
    """Blocks put together again, without lines that are too long."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._line_start = 0  # where the last line begins in what is kept
        self._skipped = 0  # bytes of the line that is being left out
        self._long: list[tuple[int, bytes, int]] = []  # where each stood, how it begins, its bytes

    def add(self, block: bytes) -> None:
        """Take the next block."""
        if self._skipped:
            end = block.find(b"\n")
            if end < 0:
                self._skipped += len(block)
                return
            self._end_long(end)
            block = block[end:]
        self._kept += block
        last = block.rfind(b"\n")
        if last >= 0:
            self._line_start = len(self._kept) - len(block) + last + 1
        elif len(self._kept) - self._line_start > LINE_LIMIT:
            head = bytes(self._kept[self._line_start : self._line_start + _SHOWN_BYTES])
            self._skipped = len(self._kept) - self._line_start
            self._long.append((self._line_start, head, 0))
            del self._kept[self._line_start :]

    def _end_long(self, more: int) -> None:
        start, head, _ = self._long[-1]
        self._long[-1] = (start, head, self._skipped + more)
        self._skipped = 0

    def content(self) -> Content:
        """What was put together."""
        if self._skipped:
            self._end_long(0)
        data = bytes(self._kept)
        long_lines = {
            data.count(b"\n", 0, start) + 1: (
                head.decode("utf-8", "replace").lstrip("\ufeff") + "…",
                f"a line of {size:,} bytes: the limit is {LINE_LIMIT:,}",
            )
            for start, head, size in self._long
        }
        return Content(data, long_lines)


def unreadable(file: InputFile, error: Exception) -> InputError:
    """The error of a file that cannot be read."""
    what = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"{file.place}: this file cannot be read ({what}).",
        "check that it is whole and that you may read it.",
    )


def most_bytes() -> int:
    """How much of a file's text this machine holds: half its memory, or of what it is given of it."""
    given = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            given.append(int(Path(path).read_text("ascii")))
        except (OSError, ValueError):  # no such group, or "max"
            continue
    return min(given) // 2


def head_of(file: InputFile) -> bytes:
    """How a file begins, decompressed.

    Raises:
        InputError: It cannot be read.
    """
    return next(iter(Blocks(file)), b"")[:_HEAD_BYTES]


def suffix_of_bytes(head: bytes) -> str:
    """The suffix that content asks for, by its first bytes.

    >>> suffix_of_bytes(b'{"title": "A"}'), suffix_of_bytes(b"[{"), suffix_of_bytes(b"title,abstract"), suffix_of_bytes(b"A")
    ('.jsonl', '.json', '.csv', '.txt')
    >>> suffix_of_bytes(b"<!DOCTYPE html>"), suffix_of_bytes(b"WARC/1.0"), suffix_of_bytes(b"PAR1")
    ('.html', '.warc', '.parquet')
    """
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, suffix in _BEGINNINGS:
        if head[: len(beginning)].lower() == beginning:
            return suffix
    first = head.split(b"\n", 1)[0]
    for separator, suffix in ((b",", ".csv"), (b"\t", ".tsv")):
        names = [name.strip(b'" \r').lower() for name in first.split(separator)]
        if len(names) > 1 and not _TEXT_NAMES.isdisjoint(names):
            return suffix
    if first[:1] == b"{" and first.rstrip()[-1:] == b"}":
        return ".jsonl"
    if re.match(rb"[\[{]\s*[\[{\"]", head):
        return ".json"
    if re.search(rb"(?im)^content-type:\s*multipart/related", head) and b"MIME-Version" in head:
        return ".mhtml"
    return ".txt"


def compression_of_bytes(head: bytes) -> str:
    """The suffix of the compression that content has, or none.

    >>> compression_of_bytes(gzip.compress(b"a")), compression_of_bytes(b"a")
    ('.gz', '')
    """
    return next((suffix for magic, suffix in _MAGIC_OF_COMPRESSION.items() if head.startswith(magic)), "")


_BEGINNINGS: Final = (
    (b"par1", ".parquet"),
    (b"arrow1", ".arrow"),
    (b"\xff\xff\xff\xff", ".arrows"),
    (b"warc/", ".warc"),
    (b"<!doctype html", ".html"),
    (b"<html", ".html"),
)

#: One of these among the names of a first line makes it the head of a table.
_TEXT_NAMES: Final = frozenset({b"title", b"abstract", b"text", b"content", b"body"})


def _decompressed(opened: IO[bytes], compression: str | None) -> io.BufferedIOBase:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=opened)
    if compression == "bz2":
        return bz2.BZ2File(opened)
    if compression == "xz":
        return lzma.LZMAFile(opened)
    if compression == "zstd":
        return _zstd(opened)
    return cast("io.BufferedReader", opened)


def _zstd(opened: IO[bytes]) -> io.BufferedIOBase:
    import pyarrow as pa  # noqa: PLC0415  slow to import, and rarely wanted

    class Stream(io.BufferedIOBase):
        """Arrow's stream as others are."""

        def __init__(self) -> None:
            self._stream: Any = pa.CompressedInputStream(pa.PythonFile(opened, mode="r"), "zstd")

        def read1(self, size: int = -1, /) -> bytes:
            return bytes(self._stream.read(size))

    return Stream()


def _in_words(error: Exception, compression: str | None) -> str:
    told = str(getattr(error, "strerror", None) or error).rstrip(".")
    return f"the {compression} data is damaged or ends early ({told[:1].lower()}{told[1:]})"


def _bomb(file: InputFile) -> InputError:
    return InputError(
        f"{file.place}: it decompresses to more than {_MOST_TIMES} times its size, as no text does.",
        "if you trust it, decompress it and give what comes out.",
    )


def _too_large(file: InputFile, most: int) -> InputError:
    return InputError(
        f"{file.place}: it holds more than {most / 2**30:,.1f} GiB, half of this machine's memory.",
        "give it in parts, or as Parquet on Spark (--engine spark).",
    )
