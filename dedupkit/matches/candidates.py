"""Which records to compare: equal ones collapsed to units, and pairs of units that share a band or a title."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.blocks import from_blocks, in_blocks, in_order
from dedupkit.matches import pair_kernels
from dedupkit.matches.keys import tables
from dedupkit.matches.notices import NOTICE, placeholder_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from dedupkit.matches.fingerprints import Fingerprints
    from dedupkit.matches.ragged import Ragged

#: An abstract of so few shingles that stands under so many titles is a placeholder in whatever language.
_FEW_SHINGLES: Final = 8
_SOME_TITLES: Final = 3

#: A short title over records of so many years ("Book reviews") is that of a column.
MANY_YEARS: Final = 3

#: An abstract under more titles than this is no paper's abstract (a notice of withdrawal, a licence).
MOST_TITLES: Final = 5

#: Pairs of one kind that are looked at: so many, or so many for each unit if that is more. Where buckets offer more,
#: each member is compared with so many behind it, not with all. What that leaves out is counted.
_MANY_PAIRS: Final = 2_000_000
_PAIRS_EACH: Final = 2
WINDOWS: Final = (1_024, 256, 64, 24, 12)

#: A key of titles that is shared by more of them is not followed.
MOST_SHARING_A_KEY: Final = 64

#: Jaccard similarity of their words from which titles are compared.
TITLE_SIMILARITY: Final = 0.5

_FREQUENCY_SLOTS: Final = 1 << 22


class Units(NamedTuple):
    """Records that are equal in what matching sees, collapsed; they are matched once. Units are in input order.

    Attributes:
        of_record: int64, the unit of each record; -1 for one without a word.
        record: int64, the first record of each unit.
        named: int64, its first record that names authors, or the first.
        title: uint64, key; 0 without.
        abstract: uint64, key; 0 without, or where it is a placeholder.
        year: int32, of its first record that says it; 0 without.
        recurs: bool, whether its title stands over records of so many years that it is a column's, not a paper's.
    """

    of_record: NDArray[np.int64]
    record: NDArray[np.int64]
    named: NDArray[np.int64]
    title: NDArray[np.uint64]
    abstract: NDArray[np.uint64]
    year: NDArray[np.int32]
    recurs: NDArray[np.bool_]


class Pairs(NamedTuple):
    """Pairs of units to be compared, left before right, sorted, each once.

    Attributes:
        left: int64.
        right: int64.
        cut: How many pairs in crowded buckets were left out.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    cut: int


def collapse(prints: Fingerprints) -> Units:
    """Collapse equal records.

    Records are equal if title and abstract are; without an abstract, authors and year must be too: a title alone is
    little evidence.
    """
    titles = told_titles(prints.title)
    abstracts = _without_placeholders(titles, prints.abstract, prints.shingles)
    rows = np.arange(len(titles), dtype=np.uint64)
    whole = whole_keys(titles, abstracts, prints.authors, prints.year, rows)
    recurring = recurring_titles(pl.LazyFrame({"title": titles, "year": prints.year}))
    return as_units(prints, whole, titles, abstracts, np.isin(titles, recurring))


def told_titles(titles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keys of titles, 0 for what stands where there is none."""
    return np.where(np.isin(titles, placeholder_keys()), np.uint64(0), titles)


def whole_keys(
    titles: NDArray[np.uint64],
    abstracts: NDArray[np.uint64],
    authors: NDArray[np.uint64],
    years: NDArray[np.int32],
    rows: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """Keys that are equal where records are: by the record's number where nothing is told of it."""
    nothing = (titles == 0) & (abstracts == 0)
    with np.errstate(over="ignore"):
        signed = _mixed(authors + years.astype(np.uint64))
        told = np.where(nothing, rows, np.where(abstracts == 0, signed, np.uint64(0)))
        return _mixed(_mixed(_mixed(titles) + abstracts) + told)


def as_units(
    prints: Fingerprints,
    whole: NDArray[np.uint64],
    titles: NDArray[np.uint64],
    abstracts: NDArray[np.uint64],
    recurs: NDArray[np.bool_],
) -> Units:
    """Collapse records of which all is known.

    Args:
        prints: Of the records.
        whole: Equal where records are.
        titles: Keys, 0 where nothing is told.
        abstracts: The same.
        recurs: Whether the title is that of a column.
    """
    record, of_record = by_appearance(whole)
    dated = _first_with(prints.year != 0, of_record, record)
    empty = (prints.title == 0) & (prints.abstract == 0)
    return Units(
        of_record=np.where(empty, -1, of_record),
        record=record,
        named=_first_with(prints.authors != 0, of_record, record),
        title=titles[record],
        abstract=abstracts[record],
        year=prints.year[dated],
        recurs=recurs[record],
    )


def recurring_titles(told: pl.LazyFrame) -> NDArray[np.uint64]:
    """Keys of titles that stand over records of many years; reads ``title`` (0 without) and ``year`` (the same)."""
    return (
        told.filter(pl.col("title") != 0, pl.col("year") != 0, pl.col("title").is_duplicated())
        .group_by("title")
        .agg(pl.col("year").n_unique())
        .filter(pl.col("year") >= MANY_YEARS)
        .collect()["title"]
        .to_numpy()
    )


def by_appearance(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each distinct key stands first, in that order; and for each key, which of them it is.

    >>> [found.tolist() for found in by_appearance(np.array([9, 4, 9, 7], np.uint64))]
    [[0, 1, 3], [0, 1, 0, 2]]
    """
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return first[order], place[group]


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    return values ^ (values >> np.uint64(33))


def _first_with(
    wanted: NDArray[np.bool_], of_record: NDArray[np.int64], record: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The first record of each unit for which something holds, else its first."""
    rows = np.flatnonzero(wanted)[::-1]
    found = record.copy()
    found[of_record[rows]] = rows
    return found


def _without_placeholders(
    titles: NDArray[np.uint64], abstracts: NDArray[np.uint64], shingles: NDArray[np.int32]
) -> NDArray[np.uint64]:
    crowded = crowded_abstracts(pl.LazyFrame({"title": titles, "abstract": abstracts, "shingles": shingles}))
    empty = (abstracts == NOTICE) | np.isin(abstracts, crowded)
    return np.where(empty, np.uint64(0), abstracts)


def crowded_abstracts(told: pl.LazyFrame) -> NDArray[np.uint64]:
    """Keys of abstracts under too many titles for a paper's; reads ``title``, ``abstract`` (0 without) and ``shingles``."""
    return (
        told.filter(pl.col("abstract") != 0, pl.col("abstract").is_duplicated())
        .group_by("abstract")
        .agg(
            titles=pl.col("title").filter(pl.col("title") != 0).n_unique(),
            shingles=pl.col("shingles").first(),
        )
        .filter(
            (pl.col("titles") > MOST_TITLES)
            | ((pl.col("titles") >= _SOME_TITLES) & (pl.col("shingles") < _FEW_SHINGLES))
        )
        .collect()["abstract"]
        .to_numpy()
    )


def find_candidates(prints: Fingerprints, units: Units, base: int = 0) -> Pairs:
    """Pairs of units whose abstracts share a band or are the same, or whose titles are the same or similar.

    Args:
        prints: Of all records.
        units: Of the same.
        base: How many of them, the first, need not be compared with each other.
    """
    found = [
        _sharing_a_band(prints, units),
        _sharing(units.abstract),
        _sharing(units.title),
        _with_similar_titles(prints, units),
    ]
    codes = unique(codes for codes, _ in found)
    left, right = decoded(codes)
    if base:
        last = np.zeros(len(units.record), np.int64)
        rows = np.flatnonzero(units.of_record >= 0)
        last[units.of_record[rows]] = rows
        new = (last[left] >= base) | (last[right] >= base)
        left, right = left[new], right[new]
    return Pairs(left, right, sum(cut for _, cut in found))


def _sharing_a_band(prints: Fingerprints, units: Units) -> tuple[NDArray[np.uint64], int]:
    """Distinct abstracts that share a band, and the units that have them."""
    owners = np.flatnonzero((units.abstract != 0) & (prints.shingles[units.record] > 0))
    first, text = by_appearance(units.abstract[owners])
    records = units.record[owners[first]]
    bands = list(in_order(lambda keys: _windowed(keys[records]), prints.bands))
    left, right = decoded(unique(codes for codes, _ in bands))
    cut = sum(left_out for _, left_out in bands)
    codes, left_out = _spread(left, right, text, owners, many(len(owners)))
    return codes, cut + left_out


def _spread(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    group: NDArray[np.int64],
    owners: NDArray[np.int64],
    most: int,
) -> tuple[NDArray[np.uint64], int]:
    """Pairs of groups as pairs of their members, unless there are more than ``most``; and how many that left out.

    Args:
        left: Groups.
        right: Groups.
        group: Of each member.
        owners: The unit that each member is.
        most: Pairs of members that are worth their time; with more, the largest groups are paired by their first
            members.
    """
    sizes = np.bincount(group)
    if sizes.max(initial=1) == 1:
        of_group = np.empty(len(owners), np.int64)
        of_group[group] = owners
        return encoded(of_group[left], of_group[right]), 0
    spread = sizes[left] * sizes[right]
    order = np.argsort(spread, kind="stable")
    whole = np.zeros(len(spread), np.bool_)
    whole[order] = np.cumsum(spread[order]) <= most
    has = pl.DataFrame({"group": group, "unit": owners}).with_columns(
        first=pl.int_range(pl.len()).over("group") == 0
    )
    pairs = (
        pl.DataFrame({"left": left, "right": right, "whole": whole})
        .join(has, left_on="left", right_on="group")
        .join(has, left_on="right", right_on="group", suffix="_right")
        .filter(pl.col("whole") | (pl.col("first") & pl.col("first_right")))
    )
    one, other = pairs["unit"].to_numpy(), pairs["unit_right"].to_numpy()
    return encoded(np.minimum(one, other), np.maximum(one, other)), int((spread - 1)[~whole].sum())


def _sharing(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], int]:
    """Units that have the same key."""
    owners = np.flatnonzero(keys)
    codes, cut = _windowed(keys[owners])
    left, right = decoded(codes)
    return encoded(owners[left], owners[right]), cut


def many(number: int) -> int:
    """Pairs of so many units that are worth their time."""
    return max(_MANY_PAIRS, _PAIRS_EACH * number)


def _with_similar_titles(prints: Fingerprints, units: Units) -> tuple[NDArray[np.uint64], int]:
    """Units whose titles share enough words.

    Crowded keys say little ("neural networks"): keys of the smallest buckets are followed first, as many as are
    worth their time.
    """
    owners = np.flatnonzero(units.title)
    first, title = by_appearance(units.title[owners])
    records = units.record[owners[first]]
    words = prints.title_words
    bits = bits_for(len(records))
    packed = title_keys(words, records, word_frequencies(words), bits)
    sizes = np.zeros(MOST_SHARING_A_KEY + 1, np.int64)
    pair_kernels.bucket_sizes(packed, bits, sizes)
    most, left_out = largest_bucket(sizes, len(records))
    left, right = decoded(unique([bucket_pairs(packed, bits, most, most)]))
    alike = have_similar_titles(words, records[left], records[right])
    codes, cut = _spread(left[alike], right[alike], title, owners, many(len(owners)))
    return codes, cut + left_out


def have_similar_titles(
    words: Ragged, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the titles of pairs of records share enough words, and do not differ in their numbers alone."""
    found = compare_titles(words, left, right)
    alike = (_jaccard(*found[:, :3].T) >= TITLE_SIMILARITY) | (found[:, 7] > 0)
    return alike & (found[:, 6] < 3)


def bits_for(members: int) -> int:
    """Bits of a key that its member takes."""
    return max(members - 1, 1).bit_length()


def word_frequencies(words: Ragged) -> NDArray[np.int32]:
    """How often words occur, by the low bits of their hash."""
    frequencies = np.zeros(_FREQUENCY_SLOTS, np.int32)
    pair_kernels.count_words(words.values, frequencies)
    return frequencies


def title_keys(
    words: Ragged, records: NDArray[np.int64], frequencies: NDArray[np.int32], bits: int
) -> NDArray[np.uint64]:
    """Keys of the titles of records (``pair_kernels.title_keys``), sorted; the low ``bits`` are the title's place."""

    def run(start: int, stop: int) -> NDArray[np.uint64]:
        room = np.empty(16 * (stop - start), np.uint64)
        total = pair_kernels.title_keys(
            words.values, words.starts, records, start, stop, frequencies, TITLE_SIMILARITY, bits, room
        )
        return room[:total].copy()

    packed = from_blocks(len(records), run, block=16_384)
    packed.sort()
    return packed


def bucket_pairs(packed: NDArray[np.uint64], bits: int, most: int, window: int) -> NDArray[np.uint64]:
    """Pairs of members of one bucket (``pair_kernels.bucket_pairs``)."""
    codes = np.empty(pair_kernels.bucket_pairs(packed, bits, most, window, np.empty(0, np.uint64)), np.uint64)
    if len(codes):
        pair_kernels.bucket_pairs(packed, bits, most, window, codes)
    return codes


def compare_titles(words: Ragged, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int32]:
    """What the titles of pairs of records have in common (``pair_kernels.compare_titles``)."""
    found, look_up = np.empty((len(left), 10), np.int32), tables()
    in_blocks(
        len(left),
        lambda first, last: pair_kernels.compare_titles(
            words.values, words.starts, look_up.furniture, look_up.about, left, right, first, last, found
        ),
        block=16_384,
    )
    return found


def _jaccard(
    left: NDArray[np.int32], right: NDArray[np.int32], both: NDArray[np.int32]
) -> NDArray[np.float64]:
    similarity: NDArray[np.float64] = both / np.maximum(left + right - both, 1)
    return similarity


def _windowed(keys: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], int]:
    """Pairs of members with equal keys, each with the next ones of its bucket; and how many that left out.

    All pairs, where they are not too many; else each member with as many behind it as are worth their time, so that a
    bucket of m costs O(m). The keys are sorted as numbers whose low bits are the member: equal keys cost no second
    sort, and the bits that this takes away (24 of 64 for 16 million members) make a false candidate at worst.

    >>> codes, cut = _windowed(np.array([7 << 60, 5 << 60, 7 << 60, 7 << 60], np.uint64))
    >>> [pair.tolist() for pair in decoded(codes)], cut
    ([[0, 0, 2], [2, 3, 3]], 0)
    """
    bits = bits_for(len(keys))
    low = np.uint64((1 << bits) - 1)
    packed = (keys & ~low) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    none = np.empty(0, np.uint64)

    def offered(window: int) -> int:
        return int(pair_kernels.bucket_pairs(packed, bits, len(keys), window, none))

    codes = bucket_pairs(packed, bits, len(keys), widest_window(offered, len(keys)))
    return codes, offered(len(keys)) - len(codes)


def widest_window(offered: Callable[[int], int], number: int) -> int:
    """How many members behind it each member of a bucket is compared with.

    Args:
        offered: How many pairs a window gives.
        number: Of members in all buckets.
    """
    window = number
    for narrower in WINDOWS:
        if offered(window) <= many(number):
            break
        window = narrower
    return window


def largest_bucket(sizes: NDArray[np.int64], number: int) -> tuple[int, int]:
    """Up to which size buckets of keys of titles are followed, and how many pairs that leaves out.

    Args:
        sizes: How many buckets there are of each size, the last of all larger ones.
        number: Of titles.
    """
    members = np.arange(len(sizes))
    offered = np.cumsum((sizes * members * (members - 1) // 2)[:-1])
    most = int(np.searchsorted(offered, many(number), side="right")) - 1
    return most, int(offered[-1] - offered[most])


def encoded(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Pairs of numbers below 2^32 as one number each, in their order."""
    return left.astype(np.uint64) << np.uint64(32) | right.astype(np.uint64)


def decoded(codes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What was ``encoded``."""
    return (codes >> np.uint64(32)).astype(np.int64), (codes & np.uint64(0xFFFFFFFF)).astype(np.int64)


def unique(parts: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """Codes of all parts, sorted, each once."""
    codes = np.concatenate([*parts, np.empty(0, np.uint64)])
    codes.sort()
    return codes[np.concatenate([[True], codes[1:] != codes[:-1]])] if len(codes) else codes
