"""Which rows share a key, in two steps: short keys first, then whole ones of those that meet.

Most keys are alone. Each part sends the first bits of its keys, sorted and without rows, to the range that they are
in; the range answers a bit a key, whether another one begins alike; and only keys that do are sent whole, with their
rows. That changes nothing of what meets, for equal keys begin alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.spark.parcels import pack, unpack
from dedupkit.spark.tasks import Parcel, each, then

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, SparkSession

    from dedupkit.spark.corpus import Corpus

#: Bits of a short key beyond those that number the keys: one key of so many meets another by chance.
_SPARE_BITS: Final = 5

#: Parts in a block at most, and from how many blocks on they have more than one. A block of 20 parts has 65 MB of keys.
_MOST_PARTS: Final = 20
_FEW_BLOCKS: Final = 32

#: Bits of a short key at most; above them stands the space.
_MOST_BITS: Final = 54

_SHORT: Final = {"key": pl.UInt64}
_WHOLE: Final = {"space": pl.UInt32, "key": pl.UInt64, "row": pl.UInt32, "extra": pl.UInt64}


#: Keys of which a block has not sent all rows.
LEFT_OUT: Final = {"space": pl.UInt32, "key": pl.UInt64}


class Keyed(NamedTuple):
    """Rows with keys.

    Attributes:
        keys: uint64.
        rows: int64.
        extra: uint64, what goes with each.
    """

    keys: NDArray[np.uint64]
    rows: NDArray[np.int64]
    extra: NDArray[np.uint64]


class Space(NamedTuple):
    """Keys that are compared with each other alone.

    Attributes:
        keys: About how many there are.
        low: Their low bits, by which keys that meet may differ; 32 at most.
        is_whole: Whether these bits are wanted all the same.
        most: A part sends so many rows of one key at most, the first; 0: all.
        crowd: Of keys that so many rows and more have, a part sends only the first and the last of its own.
            ``extra`` of the last one before those that are left out says how many these are; they lie in ``left_out`` of
            the work folder (``LEFT_OUT``). 0: it sends all.
        ends: How many of the first, and of the last.
    """

    keys: int
    low: int = 0
    is_whole: bool = False
    most: int = 0
    crowd: int = 0
    ends: int = 0

    @property
    def short(self) -> int:
        """Bits of a short key."""
        return min(_MOST_BITS, 64 - self.low, max(self.keys, 1).bit_length() + _SPARE_BITS)


class Sorted(NamedTuple):
    """The keys of a part in all spaces, by the range that they are in, by space and by key."""

    ranges: NDArray[np.int64]
    short: NDArray[np.uint64]
    spaces: NDArray[np.uint32]
    keyed: Keyed


def meet(  # noqa: C901, PLR0913, PLR0917  its four steps; keys, what they are and what becomes of them
    session: SparkSession,
    corpus: Corpus,
    spaces: list[Space],
    keyed_of: Callable[[int], Iterable[Keyed]],
    finish: Callable[[int, list[Keyed]], Iterable[Parcel]],
    ranges: int,
) -> DataFrame:
    """What ``finish`` makes of the keys of each range that meet; it is called for each range, if none meet too.

    Args:
        session: Where the tasks run.
        corpus: Whose rows meet.
        spaces: See ``Space``.
        keyed_of: The rows of a part that have keys, for each space.
        finish: Gets a range and, for each space, its keys that meet (and some that do not), by key and row.
        ranges: In so many ranges of keys the work is split.
    """
    every = blocks(corpus)

    def ask(block: int) -> Iterator[Parcel]:
        own = _sorted(spaces, keyed_of_block(every[block], keyed_of), ranges)
        bounds = np.searchsorted(own.ranges, np.arange(ranges + 1))
        for place in range(ranges):
            first, last = bounds[place], bounds[place + 1]
            yield Parcel(place, block, pack(pl.DataFrame({"key": own.short[first:last]})))

    def answer(place: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
        keys = [unpack(content, _SHORT)["key"].to_numpy() for _, content in parcels]
        short, which, counts = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
        meets = counts[which] > 1
        crowd = np.array([space.crowd or np.iinfo(np.int64).max for space in spaces])
        is_crowded = (counts >= crowd[(short >> np.uint64(_MOST_BITS)).astype(np.int64)])[which]
        end = 0
        for (block, _), own in zip(parcels, keys, strict=True):
            end += len(own)
            told = (meets[end - len(own) : end], is_crowded[end - len(own) : end])
            yield Parcel(block, place, b"".join(np.packbits(bits).tobytes() for bits in told))

    def send(block: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
        own = _sorted(spaces, keyed_of_block(every[block], keyed_of), ranges)
        bounds = np.searchsorted(own.ranges, np.arange(ranges + 1))
        first_row = corpus.first(every[block].start)
        left_out = [pl.DataFrame(schema=LEFT_OUT)]
        for place, content in parcels:
            first, last = bounds[place], bounds[place + 1]
            bits = np.frombuffer(content, np.uint8).reshape(2, (last - first + 7) // 8)
            meets, is_crowded = np.unpackbits(bits, axis=1, count=last - first).astype(np.bool_)
            which = first + np.flatnonzero(meets)
            sent, extra = _thinned(spaces, own, which, is_crowded[meets])
            left_out.append(_as_left_out(own, which, sent))
            which = which[sent]
            frame = pl.DataFrame(
                {
                    "space": own.spaces[which],
                    "key": own.keyed.keys[which],
                    "row": (own.keyed.rows[which] - first_row).astype(np.uint32),
                    "extra": extra[sent],
                }
            )
            if frame.height or not block:  # so that every range is finished
                yield Parcel(place, block, pack(frame))
        if any(space.crowd for space in spaces):
            corpus.work.save("left_out", block, pl.concat(left_out).unique(maintain_order=True))

    def end(place: int, parcels: list[tuple[int, bytes]]) -> Iterable[Parcel]:
        found = [unpack(content, _WHOLE) for _, content in parcels]
        firsts = [
            np.full(frame.height, corpus.first(every[block].start))
            for (block, _), frame in zip(parcels, found, strict=True)
        ]
        whole = pl.concat(found)
        space, keys = whole["space"].to_numpy(), whole["key"].to_numpy()
        rows = whole["row"].to_numpy().astype(np.int64) + np.concatenate(firsts)
        order = np.lexsort((rows, keys, space))
        bounds = np.searchsorted(space[order], np.arange(len(spaces) + 1))
        extra = whole["extra"].to_numpy()
        keyed = []
        for number in range(len(spaces)):
            own = order[bounds[number] : bounds[number + 1]]
            keyed.append(Keyed(keys[own], rows[own], extra[own]))
        return finish(place, keyed)

    asked = each(session, range(len(every)), ask)
    return then(then(then(asked, ranges, answer), len(every), send), ranges, end)


def blocks(corpus: Corpus) -> list[range]:
    """Parts whose keys are sent together: else there are as many parcels as parts times ranges."""
    size = max(1, min(_MOST_PARTS, corpus.parts // _FEW_BLOCKS))
    return [range(first, min(first + size, corpus.parts)) for first in range(0, corpus.parts, size)]


def keyed_of_block(parts: range, keyed_of: Callable[[int], Iterable[Keyed]]) -> Iterator[Keyed]:
    """The rows with keys of some parts, one part behind the other, for each space."""
    if len(parts) == 1:
        yield from keyed_of(parts.start)
        return
    for of_space in zip(*map(keyed_of, parts), strict=True):
        keys, rows, extra = (np.concatenate(column) for column in zip(*of_space, strict=True))
        yield Keyed(keys, rows, extra)


def _thinned(
    spaces: list[Space], own: Sorted, which: NDArray[np.int64], is_crowded: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """Which of some keys of a part are sent, and what goes with them."""
    sent, extra = np.ones(len(which), np.bool_), own.keyed.extra[which]
    if not len(which) or not any(space.crowd or space.most for space in spaces):
        return sent, extra
    numbers, keys = own.spaces[which], own.keyed.keys[which]
    starts = np.flatnonzero(np.concatenate([[True], (keys[1:] != keys[:-1]) | (numbers[1:] != numbers[:-1])]))
    sizes = np.diff(np.append(starts, len(which)))
    place = np.arange(len(which)) - np.repeat(starts, sizes)
    size = np.repeat(sizes, sizes)
    most = np.array([space.most or len(which) for space in spaces])[numbers]
    sent &= place < most
    if is_crowded.any():
        ends = np.array([space.ends for space in spaces])[numbers]
        out = is_crowded & (place >= ends) & (place < size - ends)
        before = is_crowded & (place == ends - 1) & (size > 2 * ends)
        extra = np.where(before, size - 2 * ends, extra).astype(np.uint64)
        sent &= ~out
    return sent, extra


def _as_left_out(own: Sorted, which: NDArray[np.int64], sent: NDArray[np.bool_]) -> pl.DataFrame:
    out = which[~sent]
    return pl.DataFrame({"space": own.spaces[out], "key": own.keyed.keys[out]}, schema=LEFT_OUT).unique(
        maintain_order=True
    )


def few_of_each(keys: NDArray[np.uint64], extra: NDArray[np.uint64], most: int) -> NDArray[np.int64]:
    """The first place of each key with each extra, ``most`` of each key.

    >>> few_of_each(np.array([7, 7, 7, 5, 7], np.uint64), np.array([1, 1, 2, 1, 3], np.uint64), 2).tolist()
    [0, 2, 3]
    """
    told = pl.DataFrame({"key": keys, "extra": extra}).with_row_index("place")
    told = told.unique(("key", "extra"), keep="first", maintain_order=True)
    return told.filter(pl.int_range(pl.len()).over("key") < most)["place"].to_numpy().astype(np.int64)


def groups(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where groups of two and more equal keys begin in sorted ones, and how large they are.

    >>> [found.tolist() for found in groups(np.array([3, 5, 5, 7, 9, 9, 9], np.uint64))]
    [[1, 4], [2, 3]]
    """
    if not len(keys):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sizes = np.diff(np.append(starts, len(keys)))
    return starts[sizes > 1], sizes[sizes > 1]


def members(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places of all members of groups.

    >>> members(np.array([1, 4]), np.array([2, 3])).tolist()
    [1, 2, 4, 5, 6]
    """
    ends = np.cumsum(sizes)
    return np.repeat(starts - (ends - sizes), sizes) + np.arange(ends[-1] if len(ends) else 0)


def _sorted(spaces: list[Space], keyed: Iterable[Keyed], ranges: int) -> Sorted:
    every = []
    for number, (space, own) in enumerate(zip(spaces, keyed, strict=True)):
        low = np.uint64(0 if space.is_whole else space.low)
        keys = own.keys >> low << low
        order = np.argsort(keys, kind="stable")
        short = keys[order] >> np.uint64(64 - space.short) | np.uint64(number << _MOST_BITS)
        every.append(
            (short, np.full(len(keys), number, np.uint32), keys[order], own.rows[order], own.extra[order])
        )
    short, numbers, keys, rows, extra = (np.concatenate(column) for column in zip(*every, strict=True))
    places = ((keys >> np.uint64(32)) * np.uint64(ranges) >> np.uint64(32)).astype(np.int64)
    by_range = np.argsort(places, kind="stable")
    return Sorted(
        places[by_range],
        short[by_range],
        numbers[by_range],
        Keyed(keys[by_range], rows[by_range], extra[by_range]),
    )
