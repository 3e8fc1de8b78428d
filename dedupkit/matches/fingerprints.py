"""The first pass over the texts: what stays of each record when its text is gone."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
import polars as pl

from dedupkit.blocks import from_blocks, in_blocks, in_order, text_buffers
from dedupkit.matches import kernels
from dedupkit.matches.keys import tables
from dedupkit.matches.minhash import banding, permutations
from dedupkit.matches.notices import NOTICE, hide_notices
from dedupkit.matches.ragged import Ragged, concatenate, ragged, spilling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from dedupkit.config import Settings

#: Columns that a kept record takes from its duplicates where its own are empty; how many are filled tells how
#: complete a record is.
FILLABLE: Final = (
    "title",
    "abstract",
    "authors",
    "author_count",
    "comment_count",
    "organisation",
    "published_text",
    "published",
)

#: A table's own columns that may say the year.
YEAR_COLUMNS: Final = ("year", "publication_year", "pub_year", "publication_date", "date")

#: Years that a publication may have, as they stand in a date or a citation.
_YEAR: Final = r"\b((?:1[5-9]|20)\d\d)\b"


#: Numbers of a fingerprint, and their types.
NUMBERS: Final = {
    "title": np.uint64,
    "abstract": np.uint64,
    "authors": np.uint64,
    "shingles": np.int32,
    "year": np.int32,
    "texts": np.uint8,
    "filled": np.uint8,
    "length": np.int32,
}


class Records(Protocol):
    """Records that are read in batches, as often as needed, in input order."""

    height: int

    def batches(self, rows: NDArray[np.int64] | None = None) -> Iterator[pl.DataFrame]:
        """Frames with the columns of ``FILLABLE`` and any of a table's own; of some rows, sorted, or of all."""
        ...


class Fingerprints(NamedTuple):
    """What the first pass leaves of each record, one row each in input order.

    Attributes:
        title: uint64, key of the title's words; 0 without a word.
        abstract: The same of the abstract; ``notices.NOTICE`` where none is given.
        authors: The same of the authors, joined.
        shingles: int32, of the abstract, repeated ones counted.
        title_words: Of the title (``kernels.title_words``).
        year: int32, of publication; 0 where nothing says it.
        texts: uint8, how many of title and abstract there are.
        filled: uint8, how many columns of ``FILLABLE`` are.
        length: int32, code points of the abstract.
        bands: Keys of the bands of the abstract's signature.
    """

    title: NDArray[np.uint64]
    abstract: NDArray[np.uint64]
    authors: NDArray[np.uint64]
    shingles: NDArray[np.int32]
    title_words: Ragged
    year: NDArray[np.int32]
    texts: NDArray[np.uint8]
    filled: NDArray[np.uint8]
    length: NDArray[np.int32]
    bands: Bands


class Bands:
    """Keys of all bands of all records, 8 bytes each: in memory while they are few, else in a file for each band."""

    def __init__(self, settings: Settings, in_memory: int = 1 << 27) -> None:
        """How many bands there are, and how many bytes of keys may lie in memory."""
        self._number, self._rows = banding(settings)
        self._in_memory = in_memory
        self._parts: list[NDArray[np.uint64]] = []
        self._files: list[IO[bytes]] = []

    def keys_of(self, signatures: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """Keys of the bands of signatures: ``keys[band, record]``."""
        keys = np.empty((self._number, len(signatures)), np.uint64)
        in_blocks(
            len(signatures), lambda first, last: kernels.band_keys(signatures, self._rows, first, last, keys)
        )
        return keys

    def append(self, keys: NDArray[np.uint64]) -> None:
        """Add the keys of a batch."""
        self._parts.append(keys)
        if self._files or sum(part.nbytes for part in self._parts) > self._in_memory:
            with spilling():
                self._files = self._files or [tempfile.TemporaryFile() for _ in range(self._number)]  # noqa: SIM115  closed by close()
                for part in self._parts:
                    for file, own in zip(self._files, part, strict=True):
                        own.tofile(file)
            self._parts = []

    def __iter__(self) -> Iterator[NDArray[np.uint64]]:
        """One band after the other, all records."""
        for band in range(self._number):
            if self._files:
                self._files[band].seek(0)
                yield np.fromfile(self._files[band], dtype=np.uint64)
            else:
                yield np.concatenate([np.empty(0, np.uint64), *(part[band] for part in self._parts)])

    def close(self) -> None:
        """Let go of memory and files."""
        for file in self._files:
            file.close()
        self._parts, self._files, self._number = [], [], 0


class Signed(NamedTuple):
    """Keys, numbers of shingles and signatures of texts; a text without a word has 0, 0 and that of the empty set."""

    keys: NDArray[np.uint64]
    shingles: NDArray[np.int32]
    signatures: NDArray[np.uint32]


def sign(texts: pl.Series, settings: Settings) -> Signed:
    """Hash a column of texts.

    Args:
        texts: Strings; null is as empty.
        settings: ``shingle_words`` and ``permutations``.
    """
    return _signed(texts, settings.shingle_words, *permutations(settings.permutations))


def _signed(
    texts: pl.Series, shingle_words: int, multipliers: NDArray[np.uint32], summands: NDArray[np.uint32]
) -> Signed:
    buffers, look_up = text_buffers(texts), tables()
    signed = Signed(
        np.empty(len(buffers), np.uint64),
        np.empty(len(buffers), np.int32),
        np.empty((len(buffers), len(multipliers)), np.uint32),
    )

    def run(first: int, last: int) -> None:
        kernels.sign(
            *buffers, first, last, tuple(look_up.folds), look_up.looks, shingle_words, multipliers, summands, *signed
        )  # fmt: skip

    in_blocks(len(buffers), run)
    return signed


def text_keys(texts: pl.Series) -> pl.Series:
    """Keys of texts, equal where their folded words are; null without a word.

    >>> keys = text_keys(pl.Series(["Na\u00efve \ufb01tting, in C++!", "naive fitting in c++", "\u2014", None]))
    >>> keys[0] == keys[1], keys[2:].to_list()
    (True, [None, None])
    """
    no_permutations = np.empty(0, np.uint32)
    found = pl.Series(texts.name, _signed(texts, 1, no_permutations, no_permutations).keys)
    return found.set(found == 0, None)


def title_words(titles: pl.Series) -> Ragged:
    """Words of titles (``kernels.title_words``)."""
    buffers, look_up = text_buffers(titles), tables()
    counts = np.empty(len(buffers), np.int32)

    def run(first: int, last: int) -> NDArray[np.uint64]:
        size = int(buffers.offsets[last] - buffers.offsets[first])
        room = np.empty(2 * size + 2 * (last - first), np.uint64)
        total = kernels.title_words(
            *buffers, first, last, tuple(look_up.folds), look_up.looks, look_up.numerals,
            look_up.numbers, look_up.ordinals, room, counts,
        )  # fmt: skip
        return room[:total].copy()

    return ragged(from_blocks(len(buffers), run, block=4_096), counts)


def years(batch: pl.DataFrame) -> NDArray[np.int32]:
    """Years of publication: of ``published``, else of a table's own column or the date as written; 0 if unknown."""
    dated = batch["published"].null_count() < batch.height
    told = [pl.col("published").dt.year()] if dated else []
    told += [
        pl.col(name).cast(pl.String, strict=False).str.extract(_YEAR).cast(pl.Int32)
        for name in (*YEAR_COLUMNS, "published_text")
        if name in batch.columns
        and not batch.schema[name].is_nested()
        and batch[name].null_count() < batch.height
    ]
    if not told:
        return np.zeros(batch.height, np.int32)
    return batch.select(pl.coalesce(told).fill_null(0).cast(pl.Int32)).to_series().to_numpy()


def take_fingerprints(
    records: Records,
    settings: Settings,
    advance: Callable[[int, int], None] = lambda *_: None,
    bands: Bands | None = None,
) -> Fingerprints:
    """Read all records once, batch by batch.

    Args:
        records: To be read.
        settings: ``shingle_words``, ``permutations`` and ``threshold``.
        advance: Told after each batch how many of how many records are read.
        bands: Those of the records before these, which get these records' too; None: new ones.
    """
    bands = bands or Bands(settings)
    found = []
    done = 0

    def work(batch: pl.DataFrame) -> tuple[Fingerprints, NDArray[np.uint64]]:
        signed = sign(batch["abstract"], settings)
        return fingerprints_of(batch, signed, bands), bands.keys_of(signed.signatures)

    for prints, keys in in_order(work, records.batches()):
        bands.append(keys)
        found.append(prints)
        done += len(prints.title)
        advance(done, records.height)
    return join_fingerprints(found, bands)


def fingerprints_of(batch: pl.DataFrame, signed: Signed, bands: Bands) -> Fingerprints:
    """Fingerprints of the records of a batch, whose signed abstracts are given; ``bands`` are not added to."""
    names = batch["authors"].list.join("\n") if batch["authors"].list.len().sum() else None
    written = batch.select(
        texts=pl.sum_horizontal(is_filled(batch, name).cast(pl.UInt8) for name in ("title", "abstract")),
        filled=pl.sum_horizontal(is_filled(batch, name).cast(pl.UInt8) for name in FILLABLE),
        length=pl.col("abstract").str.len_chars().fill_null(0).cast(pl.Int32),
    )
    abstracts = hide_notices(signed.keys, batch["abstract"])
    said = abstracts != NOTICE
    return Fingerprints(
        title=text_keys(batch["title"]).fill_null(0).to_numpy(),
        abstract=abstracts,
        authors=np.zeros(batch.height, np.uint64)
        if names is None
        else text_keys(names).fill_null(0).to_numpy(),
        shingles=signed.shingles,
        title_words=title_words(batch["title"]),
        year=years(batch),
        texts=written["texts"].to_numpy() - ~said,
        filled=written["filled"].to_numpy() - ~said,
        length=written["length"].to_numpy() * said,
        bands=bands,
    )


def join_fingerprints(parts: Sequence[Fingerprints], bands: Bands) -> Fingerprints:
    """Fingerprints of all parts, one part behind the other; ``bands`` are those of all."""
    joined = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(part, name) for part in parts)])
        for name, dtype in NUMBERS.items()
    }
    return Fingerprints(title_words=concatenate(part.title_words for part in parts), bands=bands, **joined)


def is_filled(batch: pl.DataFrame, name: str) -> pl.Expr:
    """Whether a column is filled."""
    match batch.schema[name]:
        case pl.List():
            filled = pl.col(name).list.len() > 0
        case pl.String():
            filled = pl.col(name) != ""
        case _:
            filled = pl.col(name).is_not_null()
    return filled.fill_null(value=False)
