"""An existing set without its text: what a later run compares new records with.

An index is one Parquet file: for each record its fingerprint, its signature and its details (sets of hashes, from
which similarities are exact), and in the file's metadata what the hashes mean and a checksum of every byte of the file. It is
checked before anything else reads the file: what reads Parquet may take a damaged file for a whole one, or crash.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dedupkit.errors import InputError
from dedupkit.matches.details import Details, details_of, join_details
from dedupkit.matches.fingerprints import (
    NUMBERS,
    Bands,
    Fingerprints,
    fingerprints_of,
    join_fingerprints,
    sign,
)
from dedupkit.matches.folds import folds_sha256
from dedupkit.matches.minhash import SCHEME, SEED, to_lsh, to_minhash
from dedupkit.matches.ragged import from_series, to_series
from dedupkit.outputs import writing_aside
from dedupkit.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from datasketch import MinHash, MinHashLSH
    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.matches.details import Wanted
    from dedupkit.matches.fingerprints import Records
    from dedupkit.matches.ragged import Ragged

SCHEMA: Final = "dedupkit.index/3"

_KEY: Final = "dedupkit"
_CHECKSUM: Final = "dedupkit.file_sha256"
_NO_CHECKSUM: Final = "0" * 64

#: The two in the footer of a Parquet file: a length of one byte and a text, of a key and then of its value.
_KEY_BYTES: Final = b"\x18%c%s\x18" % (len(_KEY), _KEY.encode())
_CHECKSUM_RE: Final = re.compile(rb"\x18%c%s\x18%c([0-9a-f]{64})" % (len(_CHECKSUM), _CHECKSUM.encode(), 64))
#: What such a file ends with: how long the footer is, and what the file is.
_END: Final = struct.Struct("<I4s")

_BATCH: Final = 32_768
_SETS: Final = ("shingle_set", "grams", "names")


def meaning(settings: Settings) -> dict[str, Any]:
    """What the hashes of an index depend on; two that differ in any of it cannot be compared."""
    return {
        "schema": SCHEMA,
        "scheme": SCHEME,
        "seed": SEED,
        "permutations": settings.permutations,
        "shingle_words": settings.shingle_words,
        "folds": folds_sha256(),
    }


def write_index(
    records: Records,
    names: pl.DataFrame,
    path: Path,
    settings: Settings,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Write the index of a set.

    Args:
        records: The set.
        names: ``id`` and ``place`` (String) of each record.
        path: Of the index; written whole or not at all.
        settings: See ``meaning``.
        advance: Told after each batch how many of how many are done.

    Raises:
        InputError: It could not be written.
    """

    def rows() -> Iterator[pl.DataFrame]:
        done = 0
        for batch in records.batches():
            yield rows_of(batch, names[done : done + batch.height], settings)
            done += batch.height
            advance(done, records.height)

    write_rows(rows(), path, settings)


def write_rows(parts: Iterable[pl.DataFrame], path: Path, settings: Settings) -> int:
    """Write the rows of an index; the same bytes however they come; how many there are.

    Args:
        parts: From ``rows_of``, in order.
        path: Of the index; written whole or not at all.
        settings: See ``meaning``.

    Raises:
        InputError: It could not be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  slow to import

    writer = None
    done = 0
    with writing_aside(path) as aside:
        for rows in _in_batches(parts):
            table = rows.to_arrow()
            if writer is None:
                writer = pq.ParquetWriter(aside, table.schema, compression="zstd")
            writer.write_table(table)
            done += rows.height
        if writer is None:
            raise InputError(f"{path}: there is no record to index.", "give a set that holds text.")
        told = {**meaning(settings), "records": done, "dedupkit": VERSION}
        writer.add_key_value_metadata({_KEY: json.dumps(told), _CHECKSUM: _NO_CHECKSUM})
        writer.close()
        _write_checksum(aside)
    return done


def _footer(path: Path) -> tuple[int, bytes]:
    """Where the footer of a Parquet file begins, and the footer; of another file its end, and nothing."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        if end < _END.size:
            return end, b""
        file.seek(end - _END.size)
        size, magic = _END.unpack(file.read())
        start = end - _END.size - size
        if magic != b"PAR1" or start < 0:
            return end, b""
        file.seek(start)
        return start, file.read(size)


def _checksum(path: Path) -> tuple[int, str, str] | None:
    """Where the checksum of an index stands, what it is, and what it should be: the SHA-256 of the file with zeros there."""
    start, footer = _footer(path)
    found = _CHECKSUM_RE.search(footer)
    if found is None:
        return None
    place = start + found.start(1)
    data = np.memmap(path, np.uint8, "r").data
    digest = hashlib.sha256(data[:place])
    digest.update(_NO_CHECKSUM.encode())
    digest.update(data[place + len(_NO_CHECKSUM) :])
    return place, found[1].decode(), digest.hexdigest()


def _write_checksum(path: Path) -> None:
    """Put the checksum where zeros stand for it."""
    found = _checksum(path)
    if found is None:
        raise AssertionError(f"{path}: pyarrow writes metadata in another way")
    place, _, checksum = found
    with path.open("r+b") as file:
        file.seek(place)
        file.write(checksum.encode())


def _in_batches(parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Rows in batches of ``_BATCH``, as they are read again: the checksum goes batch by batch."""
    waiting: list[pl.DataFrame] = []
    height = 0
    for part in parts:
        waiting.append(part)
        height += part.height
        while height >= _BATCH:
            every = pl.concat(waiting).rechunk()
            yield every[:_BATCH]
            waiting, height = [every[_BATCH:]], height - _BATCH
    if height:
        yield pl.concat(waiting).rechunk()


def rows_of(batch: pl.DataFrame, names: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What an index keeps of a batch of records, whose ``id`` and ``place`` are given."""
    signed = sign(batch["abstract"], settings)
    bands = Bands(settings)
    prints = fingerprints_of(batch, signed, bands)
    bands.close()
    details = details_of(batch, prints.shingles, settings)
    return names.with_columns(
        *(pl.Series(name, getattr(prints, name)) for name in NUMBERS),
        to_series("title_words", prints.title_words),
        pl.Series("signature", signed.signatures, dtype=pl.Array(pl.UInt32, settings.permutations)),
        *(to_series(name, lists) for name, lists in zip(_SETS, details[1:4], strict=True)),
        pl.Series("heads", details.heads),
        pl.Series("years", details.years),
    )


def _signatures(rows: pl.DataFrame) -> NDArray[np.uint32]:
    return np.ascontiguousarray(rows["signature"].to_numpy(), dtype=np.uint32)


def minhash_of(text: str, settings: Settings) -> MinHash:
    """The MinHash of a text, as the index keeps it: what ``Index.to_lsh`` is queried with.

    >>> from dedupkit.config import Settings
    >>> minhash_of("We sort things.", Settings()).jaccard(minhash_of("we sort: things!", Settings()))
    1.0
    """
    return to_minhash(sign(pl.Series([text]), settings).signatures[0])


def is_index(path: Path) -> bool:
    """Whether a file is an index, or was one: of the two marks one is enough."""
    try:
        footer = _footer(path)[1] if path.is_file() else b""
    except OSError:
        return False
    return _KEY_BYTES in footer or _CHECKSUM_RE.search(footer) is not None


def _check(path: Path) -> None:
    """Refuse a file that is no index, or not byte for byte the one that was written.

    Raises:
        InputError: It is none, of another version, or damaged.
    """
    again = "make one with dedupkit index BASE --out INDEX."
    try:
        found = _checksum(path)
        if found is None and not is_index(path):
            raise InputError(f"{path}: this is no index that can be read.", again)
    except OSError as error:
        raise InputError(f"{path}: this is no index that can be read ({error.strerror}).", again) from error
    if found is None:
        raise InputError(f"{path}: this index has no checksum: an older version wrote it.", again)
    _, told, checksum = found
    if told != checksum:
        raise InputError(f"{path}: this index is damaged: its checksum differs.", "make it anew.")


class Index:
    """An index on disk.

    Attributes:
        height: Records.
        names: ``id`` and ``place`` of each.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        """Open an index.

        Raises:
            InputError: It cannot be read, is damaged, or its hashes mean something else than those of this run.
        """
        self._path, self._settings = path, settings
        _check(path)
        try:
            told = json.loads(pl.read_parquet_metadata(path)[_KEY])
            self.names = pl.read_parquet(path, columns=["id", "place"], glob=False)
        except (OSError, KeyError, ValueError, pl.exceptions.PolarsError) as error:
            raise InputError(
                f"{path}: this is no index that can be read ({str(error).splitlines()[0]}).",
                "make one with dedupkit index BASE --out INDEX.",
            ) from error
        for name, wanted in meaning(settings).items():
            if told.get(name) != wanted:
                raise InputError(
                    f"{path}: this index has {name} = {told.get(name)}, and this run {wanted}.",
                    "use the same settings and version, or make the index anew.",
                )
        self.height = self.names.height

    def _slices(self, columns: list[str]) -> Iterator[pl.DataFrame]:
        rows = pl.scan_parquet(self._path, glob=False).select(columns)
        for start in range(0, self.height, _BATCH):
            yield rows.slice(start, _BATCH).collect()

    def fingerprints(self, bands: Bands) -> Fingerprints:
        """Fingerprints of all records, whose bands are added to ``bands``."""
        parts = []
        for rows in self._slices([*NUMBERS, "title_words", "signature"]):
            bands.append(bands.keys_of(_signatures(rows)))
            numbers = {name: rows[name].to_numpy() for name in NUMBERS}
            parts.append(Fingerprints(title_words=from_series(rows["title_words"]), bands=bands, **numbers))
        return join_fingerprints(parts, bands)

    def details(self, wanted: Wanted) -> Details:
        """Details of some records."""
        parts = []
        first = 0
        for rows in self._slices([*_SETS, "heads", "years"]):
            here = wanted.between(first, first + rows.height)
            if len(here.rows):
                own = rows[here.rows]
                part = Details(
                    here.rows + first,
                    _those(own["shingle_set"], here.abstracts),
                    _those(own["grams"], here.titles),
                    from_series(own["names"]),
                    own["heads"].to_numpy(),
                    own["years"].to_numpy(),
                )
                parts.append(part)
            first += rows.height
        return join_details(parts)

    def to_lsh(self, storage_config: dict[str, Any] | None = None) -> MinHashLSH:
        """The index as datasketch's: in memory, or where ``storage_config`` says (``{"type": "redis", …}``)."""
        ids = iter(self.names["id"])
        signatures = (row for rows in self._slices(["signature"]) for row in _signatures(rows))
        return to_lsh(ids, signatures, self._settings, storage_config)


def _those(sets: pl.Series, wanted: NDArray[np.bool_]) -> Ragged:
    """The wanted ones of a column of sets, the others empty."""
    return from_series(pl.select(pl.when(pl.lit(pl.Series(wanted))).then(pl.lit(sets))).to_series())
