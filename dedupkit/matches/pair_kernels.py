"""Compiled loops over pairs and buckets of records: which to compare, what they share, who stays.

As those of ``kernels``: plain arrays, no Python object, no GIL. Hashes are those that are written down there.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from dedupkit.matches.kernels import (
    I32,
    I64,
    KEY_FACTOR,
    OPTIONS,
    SHINGLE_FACTOR,
    U64,
    holds,
    mix,
    put,
    slots,
)


@nb.njit(
    nb.void(
        U64,
        I64,
        I32,
        I64,
        I64,
        nb.int64,
        nb.int64,
        nb.int32[::1],
    ),
    **OPTIONS,
)
def shared(values, starts, counts, left, right, first, last, found):
    """How many shingles the sets of pairs have in common, for the pairs ``first`` to ``last``."""
    largest = 0
    for pair in range(first, last):
        largest = max(largest, min(counts[left[pair]], counts[right[pair]]))
    tables = np.empty(slots(largest), np.uint64)
    for pair in range(first, last):
        one, other = left[pair], right[pair]
        if counts[one] > counts[other]:
            one, other = other, one
        table = tables[: slots(counts[one])]
        table[:] = 0
        for i in range(starts[one], starts[one] + counts[one]):
            put(table, values[i])
        common = 0
        mask = np.uint64(table.size - 1)
        for i in range(starts[other], starts[other] + counts[other]):
            slot = values[i] & mask
            while table[slot] != 0 and table[slot] != values[i]:
                slot = (slot + np.uint64(1)) & mask
            common += table[slot] == values[i]
        found[pair] = common


@nb.njit(**OPTIONS)
def _sorted(values):
    """A sorted copy; of a few values by insertion, which is what titles have."""
    if values.size > 64:
        return np.sort(values)
    out = values.copy()
    for i in range(1, out.size):
        value = out[i]
        j = i
        while j > 0 and out[j - 1] > value:
            out[j] = out[j - 1]
            j -= 1
        out[j] = value
    return out


@nb.njit(**OPTIONS)
def _is_furniture(words, furniture):
    """Whether a title has no longer word but those of front matter."""
    long_words = 0
    for word in words:
        if not word & np.uint64(3):
            long_words += 1
            if not holds(furniture, word):
                return False
    return long_words > 0


@nb.njit(
    nb.void(U64, I64, U64, U64, I64, I64, nb.int64, nb.int64, nb.int32[:, ::1]),
    **OPTIONS,
)
def compare_titles(words, starts, furniture, about, left, right, first, last, found):
    """What the titles of pairs have in common, for the pairs ``first`` to ``last``.

    ``words`` are those of ``title_words``. Columns of ``found``: words of the left title and of the right one without
    their numbers, those in both; the same three for words of more than three letters; 1, 2 or 3 where the
    left title, the right one or both have a number that the other has not; 1 where one title begins with the other; 1
    where one is nothing but ``furniture``; 1 where one alone is ``about`` another work (an erratum, a reply).
    """
    for pair in range(first, last):
        ours = words[starts[left[pair]] : starts[left[pair] + 1]]
        theirs = words[starts[right[pair]] : starts[right[pair] + 1]]
        shorter = min(ours.size, theirs.size)
        begins = shorter > 0
        for i in range(shorter):
            if ours[i] != theirs[i]:
                begins = False
                break
        found[pair, 7] = begins
        found[pair, 8] = _is_furniture(ours, furniture) or _is_furniture(theirs, furniture)
        ours, theirs = _sorted(ours), _sorted(theirs)
        counts = found[pair]
        counts[:7] = counts[9] = 0
        i, j = 0, 0
        while i < ours.size or j < theirs.size:
            x = ours[min(i, ours.size - 1)] if i < ours.size else np.uint64(0xFFFFFFFFFFFFFFFF)
            y = theirs[min(j, theirs.size - 1)] if j < theirs.size else np.uint64(0xFFFFFFFFFFFFFFFF)
            word = min(x, y)
            in_left, in_right = x == word, y == word
            while i < ours.size and ours[i] == word:
                i += 1
            while j < theirs.size and theirs[j] == word:
                j += 1
            if word & np.uint64(1):
                counts[6] |= 2 if not in_left else 1 if not in_right else 0
                continue
            counts[0] += in_left
            counts[1] += in_right
            counts[2] += in_left and in_right
            if not word & np.uint64(2):
                counts[3] += in_left
                counts[4] += in_right
                counts[5] += in_left and in_right
                counts[9] |= in_left != in_right and holds(about, word)


@nb.njit(nb.void(I64, I64, I64, nb.int64[::1]), **OPTIONS)
def keep_first(order, starts, partners, kept_for):
    """Walk records from the best to the worst; one that has a kept partner is dropped for it.

    Args:
        order: Records, the best first.
        starts: Record r's partners are ``partners[starts[r]:starts[r + 1]]``, the strongest pair first.
        partners: Records.
        kept_for: Gets the place in ``partners`` that each is dropped for, -1 where it is kept, -2 where it has none.
    """
    kept_for[:] = -2
    for record in order:
        kept_for[record] = -1
        for place in range(starts[record], starts[record + 1]):
            if kept_for[partners[place]] == -1 and partners[place] != record:
                kept_for[record] = place
                break


@nb.njit(nb.void(I64, I64, nb.int64[::1]), **OPTIONS)
def connect(left, right, parent):
    """Connected components: ``parent`` (each record itself) becomes the first record of each one's component."""
    for pair in range(left.size):
        one, other = left[pair], right[pair]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    for record in range(parent.size):
        parent[record] = parent[parent[record]]


@nb.njit(
    nb.int64(
        U64, I64, I64, nb.int64, nb.int64, I32, nb.float64, nb.int64,
        nb.uint64[::1],
    ),
    **OPTIONS,
)  # fmt: skip
def title_keys(words, starts, titles, first, last, frequencies, similarity, bits, packed):
    """Keys of which two titles share one if their words' Jaccard similarity reaches ``similarity``; how many.

    Such titles have two words in common among the rarest of each, so many as could be missing in the other and two
    more (prefix filter for an overlap of two: Wang, Li, Feng, Can we beat the prefix filtering?, SIGMOD 2012), of
    which the six rarest are taken. A key is two such words and all numbers: titles whose numbers differ are not for
    each other. A word that stands in no other title makes no key. ``frequencies`` counts words by the low bits of
    their hash. The low ``bits`` of a key are the title's place in ``titles``; ``packed`` has room for 16 a title.
    """
    total = 0
    mask = np.uint64(frequencies.size - 1)
    rarest = np.empty(6, np.uint64)
    for place in range(first, last):
        own = np.unique(words[starts[titles[place]] : starts[titles[place] + 1]])
        numbers = np.uint64(0)
        count = 0
        begins, long_words = np.uint64(3), 0
        for at in range(starts[titles[place]], starts[titles[place] + 1]):
            if not words[at] & np.uint64(3) and long_words < 3:
                begins = (begins + words[at]) * SHINGLE_FACTOR
                long_words += 1
        if long_words == 3:
            packed[total] = mix(begins) >> np.uint64(bits) << np.uint64(bits) | np.uint64(place)
            total += 1
        for word in own:
            if word & np.uint64(1):
                numbers = (numbers + word) * KEY_FACTOR
            else:  # by frequency, then by hash
                often = np.uint64(frequencies[(word >> np.uint64(2)) & mask])
                own[count] = often << np.uint64(40) | word >> np.uint64(24)
                count += 1
        prefix = min(count, count - max(np.int64(np.ceil(similarity * count)), 2) + 2, 6)
        own = own[:count]
        own.sort()
        rarest[:prefix] = own[:prefix]
        for i in range(prefix):
            if rarest[i] >> np.uint64(40) < 2:
                continue
            for j in range(i + 1, prefix):
                key = mix((rarest[i] * KEY_FACTOR + rarest[j]) * KEY_FACTOR + numbers)
                packed[total] = key >> np.uint64(bits) << np.uint64(bits) | np.uint64(place)
                total += 1
    return total


@nb.njit(nb.void(U64, nb.int64, nb.int64[::1]), **OPTIONS)
def bucket_sizes(packed, bits, sizes):
    """How many buckets there are of each size, the last for all larger ones; ``packed`` is sorted."""
    start = 0
    for at in range(1, packed.size + 1):
        if at == packed.size or packed[at] >> np.uint64(bits) != packed[start] >> np.uint64(bits):
            sizes[min(at - start, sizes.size - 1)] += 1
            start = at


@nb.njit(nb.int64(U64, nb.int64, nb.int64, nb.int64, nb.uint64[::1]), **OPTIONS)
def bucket_pairs(packed, bits, most, window, codes):
    """Pairs of members of one bucket, ``left << 32 | right``, each with the next ``window``; how many.

    Args:
        packed: Sorted; above ``bits`` the bucket, below the member.
        bits: See ``packed``.
        most: Larger buckets give no pair.
        window: See above.
        codes: Gets the pairs; with no room they are only counted.
    """
    total = 0
    low = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    start = 0
    for at in range(1, packed.size + 1):
        if at < packed.size and packed[at] >> np.uint64(bits) == packed[start] >> np.uint64(bits):
            continue
        size = at - start
        if codes.size == 0:  # i-th last member has i behind it
            if size <= most:
                reach = min(window, size - 1)
                total += reach * (size - reach) + reach * (reach - 1) // 2
        elif size <= most:
            for i in range(start, at):
                for j in range(i + 1, min(i + 1 + window, at)):
                    codes[total] = (packed[i] & low) << np.uint64(32) | (packed[j] & low)
                    total += 1
        start = at
    return total


@nb.njit(nb.void(U64, nb.int32[::1]), **OPTIONS)
def count_words(words, frequencies):
    """Count words by the low bits of their hash."""
    mask = np.uint64(frequencies.size - 1)
    for word in words:
        frequencies[(word >> np.uint64(2)) & mask] += 1
