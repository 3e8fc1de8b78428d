"""Web archives (WARC): the pages that they hold, one after the other."""

from __future__ import annotations

import io
from collections import Counter
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dedupkit.dumps.content import BLOCK, BadRow, Blocks
from dedupkit.dumps.pages import Html
from dedupkit.errors import clause_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dedupkit.dumps.files import InputFile

#: A page of more bytes is left out, and told.
_MOST_BYTES: Final = 64 << 20

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_TEXTS: Final = frozenset({"text/plain"})

#: What a server answers with what was asked for.
_FINE: Final = "200"

#: Records that hold what was fetched.
_WANTED: Final = ("response", "resource", "conversion")

#: What the reader raises of archives that are damaged: nearly anything.
_BROKEN: Final = (Exception,)


class Archived(NamedTuple):
    """A page or text of an archive.

    Attributes:
        html: Its bytes and where they were.
        is_page: Whether it is HTML; else it is text.
    """

    html: Html
    is_page: bool


class Archive:
    """The pages and texts of an archive.

    Attributes:
        passed_over: What else it holds, by kind; complete when the pages were read.
        damage: Why it ends before its end.
    """

    def __init__(self, file: InputFile) -> None:
        self.passed_over: Counter[str] = Counter()
        self.damage: str | None = None
        self._file = file

    def pages(self) -> Iterator[Archived | BadRow]:
        """Each page, or why it is left out, with the number of its record.

        Raises:
            InputError: The file cannot be read.
        """
        from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415  loaded where it is used

        blocks = Blocks(self._file)
        records = ArchiveIterator(io.BufferedReader(_Stream(iter(blocks))), block_size=1 << 16)
        number = 0
        while True:
            try:
                with redirect_stderr(io.StringIO()):  # the reader prints what it then raises
                    record = next(records)
            except StopIteration:
                break
            except _BROKEN as error:
                self.damage = clause_of(error)
                break
            number += 1
            if record.rec_type not in _WANTED:
                self.passed_over[f"{record.rec_type} records"] += 1
                continue
            try:
                found = self._page(record)
            except _BROKEN as error:
                yield BadRow(
                    number, _url(record) or "", f"record {number} of the archive: {clause_of(error)}"
                )
                continue
            if found is not None:
                yield found
        self.damage = blocks.damage or self.damage

    def _page(self, record: Any) -> Archived | None:
        kind, charset, status = _kind(record)
        if kind not in _PAGES | _TEXTS:
            self.passed_over[kind or "records without a type"] += 1
            return None
        if status != _FINE:
            self.passed_over[f"answers of status {status}"] += 1
            return None
        data = record.content_stream().read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
        while record.raw_stream.read(BLOCK):  # such as what stands behind the last chunk of an answer
            pass
        if record.raw_stream.limit > 0:
            self.damage = f"its record is {record.raw_stream.limit:,} bytes shorter than it says"
        return Archived(Html(data, charset, _url(record)), kind in _PAGES)


class _Stream(io.RawIOBase):
    """Blocks as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._rest = self._rest or next(self._blocks, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _kind(record: Any) -> tuple[str, str | None, str]:
    """Content type, encoding and HTTP status of a record."""
    if record.http_headers is not None:
        told, status = record.http_headers.get_header("Content-Type"), record.http_headers.get_statuscode()
    else:
        told, status = record.rec_headers.get_header("Content-Type"), _FINE
    kind, _, rest = (told or "").partition(";")
    return kind.strip().lower(), rest.partition("charset=")[2].split(";")[0].strip(" \"'") or None, status


def _url(record: Any) -> str | None:
    url = record.rec_headers.get_header("WARC-Target-URI")
    return str(url).strip().strip("<>") if url else None
