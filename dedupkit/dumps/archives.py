"""Web archives (WARC): the pages that they hold, one after the other."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dedupkit.dumps.content import BadRow, Blocks
from dedupkit.dumps.pages import Html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dedupkit.dumps.files import InputFile

#: A page of more bytes is left out, and told.
_MOST_BYTES: Final = 64 << 20

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_TEXTS: Final = frozenset({"text/plain"})

#: What a server answers with what was asked for.
_FINE: Final = 200


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
        from fastwarc.warc import ArchiveIterator, WarcRecordType  # noqa: PLC0415  loaded where it is used

        blocks = Blocks(self._file)
        stream = io.BufferedReader(_Stream(iter(blocks)))
        wanted = WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion
        records = iter(ArchiveIterator(stream, parse_http=True, auto_decode="all", fsspec_args=False))
        number = 0
        while True:
            try:
                record = next(records)
            except StopIteration:
                break
            except (OSError, ValueError) as error:
                self.damage = _clause(error)
                break
            number += 1
            if not record.record_type & wanted:
                self.passed_over[str(record.record_type.name)] += 1
                continue
            try:
                found = self._page(record)
            except (OSError, ValueError) as error:
                yield BadRow(
                    number,
                    _url(record) or "",
                    f"record {number} of the archive cannot be read ({_clause(error)})",
                )
                continue
            if found is not None:
                yield found
        self.damage = blocks.damage or self.damage

    def _page(self, record: Any) -> Archived | None:
        kind, charset, status = _kind(record)
        if kind not in _PAGES | _TEXTS:
            self.passed_over[kind or "no content type"] += 1
            return None
        if status != _FINE:
            self.passed_over[f"answers of status {status}"] += 1
            return None
        data = record.reader.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"more than {_MOST_BYTES:,} bytes")
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


def _kind(record: Any) -> tuple[str, str | None, int]:
    """Content type, encoding and HTTP status of a record."""
    if record.http_headers is not None:
        status = record.http_headers.status_code
        return record.http_content_type or "", record.http_charset, _FINE if status is None else int(status)
    kind, _, rest = (record.headers.get("Content-Type") or "").partition(";")
    charset = rest.partition("charset=")[2].strip(' "') or None
    return kind.strip().lower(), charset, _FINE


def _url(record: Any) -> str | None:
    url = record.headers.get("WARC-Target-URI")
    return url.strip().strip("<>") if url else None


def _clause(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
