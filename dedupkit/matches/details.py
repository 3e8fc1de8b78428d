"""The second pass over the texts, for the records that have a candidate: what pairs are compared by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from dedupkit.blocks import from_blocks, in_blocks, in_order, text_buffers
from dedupkit.matches import kernels
from dedupkit.matches.fingerprints import text_keys
from dedupkit.matches.keys import tables
from dedupkit.matches.ragged import Ragged, concatenate, let_go, ragged, room_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.matches.fingerprints import Records

#: Letters in an n-gram of a title.
GRAM: Final = 3

#: The name of a method, before the colon of a title.
_HEAD: Final = r"^([^:]{2,40}):\s"


class Wanted(NamedTuple):
    """What the second pass has to read.

    Attributes:
        rows: int64, sorted.
        abstracts: bool, whose abstracts are compared; equal ones need not be.
        titles: bool, whose titles are compared letter by letter.
    """

    rows: NDArray[np.int64]
    abstracts: NDArray[np.bool_]
    titles: NDArray[np.bool_]

    def between(self, first: int, last: int) -> Wanted:
        """Those of the rows from ``first`` to ``last``, counted from there."""
        start, stop = np.searchsorted(self.rows, (first, last))
        return Wanted(self.rows[start:stop] - first, self.abstracts[start:stop], self.titles[start:stop])


class Details(NamedTuple):
    """What some records are compared by; record ``rows[p]`` is at place p of each list.

    Attributes:
        rows: int64, sorted.
        shingles: Set of the abstract's; empty where it is not wanted.
        grams: Set of the title's letter n-grams; empty where it is not wanted.
        names: Set of the words of the authors' names.
        heads: uint64, key of what stands before the title's colon ("BERT" in "BERT: Pre-training of …"); 0 without.
        years: uint64, years from 1970 on that the abstract names, a bit each.
    """

    rows: NDArray[np.int64]
    shingles: Ragged
    grams: Ragged
    names: Ragged
    heads: NDArray[np.uint64]
    years: NDArray[np.uint64]

    def at(self, records: NDArray[np.int64]) -> NDArray[np.int64]:
        """The places of records."""
        return np.searchsorted(self.rows, records)


def read_details(
    records: Records,
    shingles: NDArray[np.int32],
    wanted: Wanted,
    settings: Settings,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> Details:
    """Read some records again.

    Args:
        records: All of them.
        shingles: How many each record's abstract has, repeated ones counted.
        wanted: Which to read.
        settings: ``shingle_words``.
        advance: Told after each batch how many of how many are read.
    """
    starts = np.zeros(len(wanted.rows) + 1, np.int64)
    np.cumsum(np.where(wanted.abstracts, shingles[wanted.rows], 0), out=starts[1:])
    sets = Ragged(room_for(int(starts[-1])), starts, np.zeros(len(wanted.rows), np.int32))

    def work(task: tuple[int, pl.DataFrame]) -> _SmallDetails:
        place, batch = task
        own = slice(place, place + batch.height)
        needed = batch.with_columns(
            pl.when(pl.lit(pl.Series(wanted.abstracts[own]))).then("abstract").alias("abstract"),
            pl.when(pl.lit(pl.Series(wanted.titles[own]))).then("title").alias("title"),
        )
        _shingle_sets(needed["abstract"], sets, place, settings)
        return _small_details(needed)

    parts = []
    done = 0
    for part in in_order(work, _placed(records.batches(wanted.rows))):
        parts.append(part)
        let_go(sets.values)
        done += len(part[2])
        advance(done, len(wanted.rows))
    return Details(wanted.rows, sets, *_joined(parts))


def _placed(batches: Iterable[pl.DataFrame]) -> Iterator[tuple[int, pl.DataFrame]]:
    """Batches with the number of rows before each."""
    place = 0
    for batch in batches:
        yield place, batch
        place += batch.height


def details_of(batch: pl.DataFrame, shingles: NDArray[np.int32], settings: Settings) -> Details:
    """Details of all records of a batch; ``shingles`` says how many each abstract has, repeated ones counted."""
    sets = shingle_sets(batch["abstract"], shingles, settings)
    return Details(np.arange(batch.height), sets, *_small_details(batch))


def join_details(parts: Sequence[Details]) -> Details:
    """Details of all parts, whose rows follow each other."""
    return Details(
        np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)]),
        concatenate(part.shingles for part in parts),
        *_joined([part[2:] for part in parts]),
    )


_SmallDetails: TypeAlias = tuple[Ragged, Ragged, "NDArray[np.uint64]", "NDArray[np.uint64]"]


def _small_details(batch: pl.DataFrame) -> _SmallDetails:
    return (
        gram_sets(batch["title"]),
        name_sets(batch["authors"]),
        text_keys(batch["title"].str.extract(_HEAD)).fill_null(0).to_numpy(),
        years_named(batch["abstract"]),
    )


def _joined(parts: Sequence[_SmallDetails]) -> _SmallDetails:
    none = np.empty(0, np.uint64)
    return (
        concatenate(part[0] for part in parts),
        concatenate(part[1] for part in parts),
        np.concatenate([none, *(part[2] for part in parts)]),
        np.concatenate([none, *(part[3] for part in parts)]),
    )


def _shingle_sets(abstracts: pl.Series, into: Ragged, place: int, settings: Settings) -> None:
    buffers, look_up = text_buffers(abstracts), tables()
    starts = into.starts[place : place + len(buffers) + 1]
    counts = into.counts[place : place + len(buffers)]

    def run(first: int, last: int) -> None:
        kernels.shingle_sets(
            *buffers, first, last, tuple(look_up.folds), look_up.looks,
            settings.shingle_words, starts, into.values, counts,
        )  # fmt: skip

    in_blocks(len(buffers), run)


def shingle_sets(abstracts: pl.Series, shingles: NDArray[np.int32], settings: Settings) -> Ragged:
    """Sets of shingles of texts; ``shingles`` says how many each has, repeated ones counted."""
    starts = np.zeros(len(shingles) + 1, np.int64)
    np.cumsum(shingles, out=starts[1:])
    found = Ragged(np.empty(int(starts[-1]), np.uint64), starts, np.zeros(len(shingles), np.int32))
    _shingle_sets(abstracts, found, 0, settings)
    return found


def gram_sets(titles: pl.Series) -> Ragged:
    """Sets of letter n-grams of titles."""
    buffers, look_up = text_buffers(titles), tables()
    counts = np.empty(len(buffers), np.int32)

    def run(first: int, last: int) -> NDArray[np.uint64]:
        room = np.empty(
            18 * int(buffers.offsets[last] - buffers.offsets[first]) + 2 * (last - first), np.uint64
        )
        total = kernels.letter_grams(
            *buffers, first, last, GRAM, tuple(look_up.folds), look_up.looks, room, counts
        )
        return room[:total].copy()

    return ragged(from_blocks(len(buffers), run), counts)


def name_sets(authors: pl.Series) -> Ragged:
    """Sets of the words of lists of names, however they are written.

    Names may be "Sékou Kaba", "S. Kaba", "Kaba, S." or many in one string; their words without the initials are what
    two ways of writing a list have in common.
    """
    buffers, look_up = text_buffers(authors.list.join("\n")), tables()
    values = np.empty(2 * len(buffers.data) + 2 * len(buffers), np.uint64)
    counts = np.empty(len(buffers), np.int32)
    total = kernels.name_words(
        *buffers, tuple(look_up.folds), look_up.looks, look_up.no_names, values, counts
    )
    return ragged(values[:total].copy(), counts)


def years_named(abstracts: pl.Series) -> NDArray[np.uint64]:
    """Which years from 1970 on texts name, a bit each."""
    buffers = text_buffers(abstracts)
    found = np.empty(len(buffers), np.uint64)
    in_blocks(len(buffers), lambda first, last: kernels.years_named(*buffers, first, last, found))
    return found
