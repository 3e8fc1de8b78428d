"""Compiled loops over Arrow buffers: text to words, shingles, signatures, and their comparison.

Every function takes plain arrays, holds no Python object and releases the GIL; rows are independent, so callers
cut them into blocks for threads as they like and get the same bytes. Compiled code is cached beside this file, or
in the user's cache folder where that cannot be written.

The hashes are part of what an index on disk means (all arithmetic modulo 2^64):

* a **word** is FNV-1a over its folded code points (``folds.py``): ``h = (h ^ c) * 0x100000001b3``, from
  ``0xcbf29ce484222325``;
* a **shingle** of words w is ``mix(h)`` with ``h = (h + w) * 0x9e3779b97f4a7c15`` for each word, from how many
  there are; ``mix`` is the 64-bit finalizer of MurmurHash3. MinHash takes its low 32 bits;
* a **key** of a whole text is the same with ``0xd6e8feb86659fd93`` in the place of the multiplier.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

_WORD_START: Final = np.uint64(0xCBF29CE484222325)
_WORD_PRIME: Final = np.uint64(0x100000001B3)
_SHINGLE_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_KEY_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)

_SEPARATOR, _LETTER, _DIGIT, _UNSPACED, _MARK, _IGNORED = range(6)
_KIND_SHIFT: Final = 29
_SEVERAL: Final = 1 << 28
_PAYLOAD: Final = (1 << 28) - 1


def _can_cache() -> bool:
    """Whether compiled code can be kept: not where neither this folder nor a home can be written."""

    def probe() -> None: ...

    try:
        nb.njit(cache=True)(probe)
    except RuntimeError:
        return False
    return True


_U8 = nb.types.Array(nb.uint8, 1, "C", readonly=True)
_U16 = nb.types.Array(nb.uint16, 1, "C", readonly=True)
_U32 = nb.types.Array(nb.uint32, 1, "C", readonly=True)
_U64 = nb.types.Array(nb.uint64, 1, "C", readonly=True)
_I64 = nb.types.Array(nb.int64, 1, "C", readonly=True)
_FOLDS = nb.types.Tuple((_U16, _U32, _U32, _U8))
_OPTIONS = {"nogil": True, "cache": _can_cache(), "boundscheck": False, "error_model": "numpy"}


@nb.njit(inline="always", **_OPTIONS)
def _mix(h):
    """The 64-bit finalizer of MurmurHash3 (Austin Appleby, public domain)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@nb.njit(inline="always", **_OPTIONS)
def _is_ascii_letter(byte):
    return 65 <= byte <= 90 or 97 <= byte <= 122


@nb.njit(inline="always", **_OPTIONS)
def _holds(values, wanted):
    """Whether a sorted array holds a value."""
    place = np.searchsorted(values, wanted)
    return place < values.size and values[place] == wanted


@nb.njit(**_OPTIONS)
def _latex(data, at, end, dropped):
    r"""What the backslash before ``at`` does: where to go on, and whether words part there.

    ``\emph`` and ``\c`` are not there at all, ``\alpha`` is its letters, ``\"`` is an accent, ``\\`` and
    ``\,`` are spaces, ``\%`` is its sign.
    """
    if at >= end:
        return at, True
    byte = data[at]
    if _is_ascii_letter(byte):
        h, stop = _WORD_START, at
        while stop < end and _is_ascii_letter(data[stop]):
            h = (h ^ np.uint64(data[stop])) * _WORD_PRIME
            stop += 1
        return (stop, False) if _holds(dropped, h) else (at, False)
    if (
        byte == 34
        or byte == 39
        or byte == 94
        or byte == 96
        or byte == 126
        or byte == 61
        or byte == 46
        or byte == 45
    ):  # "'^`~=.-
        return at + 1, False
    return (
        at,
        byte == 92 or byte == 44 or byte == 59 or byte == 58 or byte == 33 or byte == 32,
    )  # \,;:! and space


@nb.njit(**_OPTIONS)
def _tag(data, at, end, dropped):
    """Where a tag of HTML or JATS ends whose ``<`` is before ``at``, and whether words part there; 0: it is no tag.

    Its name is known (``keys._TAGS``), and there is a ``>`` near, and no other ``<`` before that.
    """
    stop = at + 1 if at < end and data[at] == 47 else at
    h = _WORD_START
    while stop < end and (_is_ascii_letter(data[stop]) or 48 <= data[stop] <= 58):  # digits and the colon
        h = (h ^ np.uint64(data[stop] | 32)) * _WORD_PRIME
        stop += 1
    inline = _holds(dropped, h ^ np.uint64(1))
    if not inline and not _holds(dropped, h ^ np.uint64(2)):
        return 0, True
    limit = min(end, stop + 200)
    while stop < limit and data[stop] != 62 and data[stop] != 60:
        stop += 1
    return (stop + 1, not inline) if stop < limit and data[stop] == 62 else (0, True)


@nb.njit(**_OPTIONS)
def _scan(data, start, end, folds, dropped, words, marks, letters):
    """Words of one text: their hashes to ``words``; how many.

    Where ``marks`` is not empty, words part between letters and digits too, and a word's mark says what it is:
    1 a number, 2 letters that stand right behind one, 4 a single letter, 8 one to three ASCII letters. Where
    ``letters`` is not empty, it gets the folded text, with a space behind each word, and its length at its end.
    """
    blocks, entries, sequences, letter_of = folds
    splits, spells = marks.size > 0, letters.size > 0
    count, h, state, glued, length, last, written = 0, _WORD_START, _SEPARATOR, False, 0, 0, 0
    ascii_entries = entries[np.int64(blocks[0]) << 8 :]
    at = start
    while at < end:
        byte = data[at]
        at += 1
        code = np.int64(byte)
        if byte < 128:
            entry = ascii_entries[code]
            kind = np.int64(entry >> _KIND_SHIFT)
            if not splits and not spells:  # the straight way of nearly all that is read
                if letter_of[byte] and state != _UNSPACED:
                    h = (h ^ np.uint64(letter_of[byte])) * _WORD_PRIME
                    while at < end and letter_of[data[at]]:
                        h = (h ^ np.uint64(letter_of[data[at]])) * _WORD_PRIME
                        at += 1
                    state = _LETTER
                    continue
                if kind == _SEPARATOR and byte != 60:
                    if state != _SEPARATOR:
                        words[count] = h
                        count += 1
                        h = _WORD_START
                        state = _SEPARATOR
                    continue
            if byte == 92:
                at, parts = _latex(data, at, end, dropped)
                if parts:
                    entry = np.uint32(_SEPARATOR)
            elif byte == 60:
                stop, parts = _tag(data, at, end, dropped)
                if stop:
                    at = stop
                    if not parts:
                        continue
        else:
            more = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
            code = np.int64(byte & (0x3F >> more))
            while more > 0 and at < end:
                code = code << 6 | np.int64(data[at] & 0x3F)
                at += 1
                more -= 1
            entry = entries[(np.int64(blocks[code >> 8]) << 8) + (code & 255)]
        left, place = 1, -1
        if entry & _SEVERAL:
            place = np.int64(entry & _PAYLOAD)
            left = np.int64(sequences[place])
        while left > 0:
            left -= 1
            if place >= 0:
                place += 1
                entry = sequences[place]
            kind = np.int64(entry >> _KIND_SHIFT)
            if kind == _IGNORED:
                continue
            value = np.int64(entry & _PAYLOAD)
            if value == 0:
                value = code
            if kind == _MARK:
                if state != _SEPARATOR:
                    h = (h ^ np.uint64(value)) * _WORD_PRIME
                    if spells:
                        letters[written] = value
                        written += 1
                continue
            if state != _SEPARATOR and (
                kind == _SEPARATOR or kind == _UNSPACED or state == _UNSPACED or (splits and kind != state)
            ):
                words[count] = h
                if splits:
                    marks[count] = (
                        (state == _DIGIT) + 2 * glued + 4 * (length == 1) + 8 * (length <= 3 and last < 128)
                    )
                if spells:
                    letters[written] = 32
                    written += 1
                count += 1
                h = _WORD_START
                length = 0
                glued = state == _DIGIT and kind == _LETTER
            elif state == _SEPARATOR:
                glued = False
            if kind == _SEPARATOR:
                state = _SEPARATOR
                continue
            if state == _SEPARATOR or splits or kind == _UNSPACED or state == _UNSPACED:
                state = kind
            h = (h ^ np.uint64(value)) * _WORD_PRIME
            length += 1
            last = value
            if spells:
                letters[written] = value
                written += 1
    if state != _SEPARATOR:
        words[count] = h
        if splits:
            marks[count] = (
                (state == _DIGIT) + 2 * glued + 4 * (length == 1) + 8 * (length <= 3 and last < 128)
            )
        if spells:
            letters[written] = 32
            written += 1
        count += 1
    if spells:
        letters[-1] = written
    return count


@nb.njit(inline="always", **_OPTIONS)
def _key(words, count):
    h = np.uint64(count)
    for i in range(count):
        h = (h + words[i]) * _KEY_FACTOR
    return _mix(h)


@nb.njit(inline="always", **_OPTIONS)
def _shingles(words, count, size, out):
    """Hashes of a text's shingles, in order and not yet a set; a shorter text is one shingle, whole."""
    if count == 0:
        return 0
    width = min(count, size)
    number = count - width + 1
    for i in range(number):
        h = np.uint64(width)
        for j in range(width):
            h = (h + words[i + j]) * _SHINGLE_FACTOR
        out[i] = _mix(h)
    return number


@nb.njit(inline="always", **_OPTIONS)
def _slots(count):
    """Slots of a table for so many hashes: a power of two, at least twice as many."""
    slots = 16
    while slots < 2 * count:
        slots *= 2
    return slots


@nb.njit(inline="always", **_OPTIONS)
def _put(table, value):
    """Put a hash into a table with room; whether it was not there yet. 0 is no hash."""
    slot = value & np.uint64(table.size - 1)
    while table[slot] != 0 and table[slot] != value:
        slot = (slot + np.uint64(1)) & np.uint64(table.size - 1)
    if table[slot] == value:
        return False
    table[slot] = value
    return True


@nb.njit(**_OPTIONS)
def _as_set(values, table):
    """Move each value's first occurrence to the front; how many there are. ``table`` has room and is used up."""
    table = table[: _slots(values.size)]
    table[:] = 0
    unique = 0
    for i in range(values.size):
        if _put(table, values[i]):
            values[unique] = values[i]
            unique += 1
    return unique


@nb.njit(inline="always", **_OPTIONS)
def _longest(offsets, first, last):
    longest = np.int64(0)
    for row in range(first, last):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@nb.njit(
    nb.void(
        _U8, _I64, nb.int64, nb.int64, _FOLDS, _U64, nb.int64, _U32, _U32,
        nb.uint64[::1], nb.int32[::1], nb.uint32[:, ::1],
    ),
    **_OPTIONS,
)  # fmt: skip
def sign(data, offsets, first, last, folds, dropped, size, a, b, keys, counts, signatures):
    """Keys, numbers of shingles and MinHash signatures of the texts ``first`` to ``last``.

    The signature is datasketch's ``affine32``: the 32-bit finalizer of MurmurHash3, then the minimum of
    ``a * h + b`` modulo 2^32 for each permutation. A text without a word gets key 0, count 0 and the signature of
    the empty set.
    """
    longest = _longest(offsets, first, last)
    no_marks = np.empty(0, np.uint8)
    no_letters = np.empty(0, np.int32)
    words = np.empty(2 * longest + 2, np.uint64)
    found = np.empty(2 * longest + 2, np.uint64)
    for row in range(first, last):
        count = _scan(data, offsets[row], offsets[row + 1], folds, dropped, words, no_marks, no_letters)
        number = _shingles(words, count, size, found)
        keys[row] = _key(words, count) if count else np.uint64(0)
        counts[row] = number
        signature = signatures[row]
        signature[:] = np.uint32(0xFFFFFFFF)
        for i in range(number):
            h = np.uint32(found[i])  # each step cast anew: numba multiplies two uint32 to a uint64
            h = np.uint32(np.uint32(h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            h = np.uint32(np.uint32(h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            h = np.uint32(h ^ (h >> np.uint32(16)))
            for k in range(signature.size):
                signature[k] = min(signature[k], np.uint32(np.uint32(a[k] * h) + b[k]))


@nb.njit(
    nb.void(
        nb.types.Array(nb.uint32, 2, "C", readonly=True), nb.int64, nb.int64, nb.int64, nb.uint64[:, ::1]
    ),
    **_OPTIONS,
)
def band_keys(signatures, rows, first, last, keys):
    """One hash for each band of the signatures ``first`` to ``last``: ``keys[band, text]``."""
    for text in range(first, last):
        for band in range(keys.shape[0]):
            h = np.uint64(band)
            for i in range(band * rows, (band + 1) * rows):
                h = (h + np.uint64(signatures[text, i])) * _SHINGLE_FACTOR
            keys[band, text] = _mix(h)


@nb.njit(
    nb.void(_U8, _I64, nb.int64, nb.int64, _FOLDS, _U64, nb.int64, _I64, nb.uint64[::1], nb.int32[::1]),
    **_OPTIONS,
)
def shingle_sets(data, offsets, first, last, folds, dropped, size, starts, values, counts):
    """Sets of shingles: text r's are ``values[starts[r]:starts[r] + counts[r]]``."""
    longest = _longest(offsets, first, last)
    table = np.empty(_slots(2 * longest + 2), np.uint64)
    no_marks = np.empty(0, np.uint8)
    no_letters = np.empty(0, np.int32)
    words = np.empty(2 * longest + 2, np.uint64)
    for row in range(first, last):
        count = _scan(data, offsets[row], offsets[row + 1], folds, dropped, words, no_marks, no_letters)
        own = values[starts[row] : starts[row + 1]]
        number = _shingles(words, count, size, own)
        counts[row] = _as_set(own[:number], table)


@nb.njit(
    nb.void(
        _U64,
        _I64,
        nb.types.Array(nb.int32, 1, "C", readonly=True),
        _I64,
        _I64,
        nb.int64,
        nb.int64,
        nb.int32[::1],
    ),
    **_OPTIONS,
)
def shared(values, starts, counts, left, right, first, last, found):
    """How many shingles the sets of pairs have in common, for the pairs ``first`` to ``last``."""
    largest = 0
    for pair in range(first, last):
        largest = max(largest, min(counts[left[pair]], counts[right[pair]]))
    tables = np.empty(_slots(largest), np.uint64)
    for pair in range(first, last):
        one, other = left[pair], right[pair]
        if counts[one] > counts[other]:
            one, other = other, one
        table = tables[: _slots(counts[one])]
        table[:] = 0
        for i in range(starts[one], starts[one] + counts[one]):
            _put(table, values[i])
        common = 0
        mask = np.uint64(table.size - 1)
        for i in range(starts[other], starts[other] + counts[other]):
            slot = values[i] & mask
            while table[slot] != 0 and table[slot] != values[i]:
                slot = (slot + np.uint64(1)) & mask
            common += table[slot] == values[i]
        found[pair] = common


@nb.njit(
    nb.int64(_U8, _I64, nb.int64, nb.int64, _FOLDS, _U64, _U64, _U64, _U64, nb.uint64[::1], nb.int32[::1]),
    **_OPTIONS,
)
def title_words(data, offsets, first, last, folds, dropped, numerals, numbers, ordinals, out, counts):
    """Words of the titles ``first`` to ``last`` in order; how many in all.

    Bit 0 of a hash says that it is a number, bit 1 that it is short. Letters and digits part (``wmt19`` is ``wmt 19``),
    numbers side by side are one (``L1(0)`` is ``L10``), ``6th`` is 6, and a numeral (``sixth``, ``vi``) is the number
    in ``numbers`` at its place in ``numerals``.
    """
    longest = _longest(offsets, first, last)
    words = np.empty(2 * longest + 2, np.uint64)
    marks = np.empty(2 * longest + 2, np.uint8)
    letters = np.empty(18 * longest + 3, np.int32)
    total = 0
    for row in range(first, last):
        before = total
        count = _scan(data, offsets[row], offsets[row + 1], folds, dropped, words, marks, letters)
        at, digits = 0, np.uint64(0)  # hash of the digits of a run of numbers
        for i in range(count):
            if marks[i] & 1:
                digits = digits if digits else _WORD_START
                while letters[at] != 32:
                    digits = (digits ^ np.uint64(letters[at])) * _WORD_PRIME
                    at += 1
                at += 1
                if i + 1 == count or not marks[i + 1] & 1:
                    out[total] = digits & ~np.uint64(3) | np.uint64(3)
                    total += 1
                    digits = np.uint64(0)
                continue
            while letters[at] != 32:
                at += 1
            at += 1
            if marks[i] & 2 and _holds(ordinals, words[i]):
                continue
            word = words[i] & ~np.uint64(3) | np.uint64(2 * (marks[i] >> 3 & 1))
            place = np.searchsorted(numerals, words[i])
            if place < numerals.size and numerals[place] == words[i]:
                word = numbers[place] & ~np.uint64(3) | np.uint64(3)
            out[total] = word
            total += 1
        counts[row] = total - before
    return total


@nb.njit(nb.int64(_U8, _I64, _FOLDS, _U64, _U64, nb.uint64[::1], nb.int32[::1]), **_OPTIONS)
def name_words(data, offsets, folds, dropped, ignored, out, counts):
    """Sets of the words of names, initials and ``ignored`` words left out, one behind the other; how many.

    Lists of names that are nothing but initials keep them.
    """
    longest = _longest(offsets, 0, offsets.size - 1)
    no_letters = np.empty(0, np.int32)
    words = np.empty(2 * longest + 2, np.uint64)
    marks = np.empty(2 * longest + 2, np.uint8)
    table = np.empty(_slots(2 * longest + 2), np.uint64)
    total = 0
    for row in range(offsets.size - 1):
        count = _scan(data, offsets[row], offsets[row + 1], folds, dropped, words, marks, no_letters)
        first = total
        for i in range(count):
            if not marks[i] & 5 and not _holds(ignored, words[i]):
                out[total] = words[i]
                total += 1
        counts[row] = _as_set(out[first:total], table)
        total = first + counts[row]
    return total


@nb.njit(nb.void(_U8, _I64, nb.int64, nb.int64, nb.uint64[::1]), **_OPTIONS)
def years_named(data, offsets, first, last, found):
    """Which years from 1970 on a text names, a bit each."""
    for row in range(first, last):
        mask, run, value = np.uint64(0), 0, 0
        for at in range(offsets[row], offsets[row + 1] + 1):
            byte = data[at] if at < offsets[row + 1] else np.uint8(32)
            if 48 <= byte <= 57:
                run += 1
                value = (value * 10 + byte - 48) % 100_000
            else:
                if run == 4 and 1970 <= value < 2034:
                    mask |= np.uint64(1) << np.uint64(value - 1970)
                run = value = 0
        found[row] = mask


@nb.njit(
    nb.int64(_U8, _I64, nb.int64, nb.int64, nb.int64, _FOLDS, _U64, nb.uint64[::1], nb.int32[::1]),
    **_OPTIONS,
)
def letter_grams(data, offsets, first_row, last_row, size, folds, dropped, out, counts):
    """Sets of letter n-grams of the folded texts, one behind the other; how many in all.

    Texts get a space before and behind them; ``out`` has room for twice the bytes and two for each text.
    """
    longest = _longest(offsets, first_row, last_row)
    no_marks = np.empty(0, np.uint8)
    words = np.empty(2 * longest + 2, np.uint64)
    letters = np.empty(18 * longest + 3, np.int32)
    table = np.empty(_slots(18 * longest + 3), np.uint64)
    total = 0
    for row in range(first_row, last_row):
        _scan(data, offsets[row], offsets[row + 1], folds, dropped, words, no_marks, letters)
        length = np.int64(letters[-1])
        first = total
        for i in range(-1, length - size + 1):
            h = _WORD_START
            for j in range(i, i + size):
                h = (h ^ np.uint64(32 if j < 0 else letters[j])) * _WORD_PRIME
            out[total] = h
            total += 1
        counts[row] = _as_set(out[first:total], table)
        total = first + counts[row]
    return total


@nb.njit(**_OPTIONS)
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


@nb.njit(**_OPTIONS)
def _is_furniture(words, furniture):
    """Whether a title has no longer word but those of front matter."""
    long_words = 0
    for word in words:
        if not word & np.uint64(3):
            long_words += 1
            if not _holds(furniture, word):
                return False
    return long_words > 0


@nb.njit(
    nb.void(_U64, _I64, _U64, _U64, _I64, _I64, nb.int64, nb.int64, nb.int32[:, ::1]),
    **_OPTIONS,
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
                counts[9] |= in_left != in_right and _holds(about, word)


@nb.njit(nb.void(_I64, _I64, _I64, nb.int64[::1]), **_OPTIONS)
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


@nb.njit(nb.void(_I64, _I64, nb.int64[::1]), **_OPTIONS)
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
        _U64, _I64, _I64, nb.int64, nb.int64, nb.types.Array(nb.int32, 1, "C", readonly=True), nb.float64, nb.int64,
        nb.uint64[::1],
    ),
    **_OPTIONS,
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
                begins = (begins + words[at]) * _SHINGLE_FACTOR
                long_words += 1
        if long_words == 3:
            packed[total] = _mix(begins) >> np.uint64(bits) << np.uint64(bits) | np.uint64(place)
            total += 1
        for word in own:
            if word & np.uint64(1):
                numbers = (numbers + word) * _KEY_FACTOR
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
                key = _mix((rarest[i] * _KEY_FACTOR + rarest[j]) * _KEY_FACTOR + numbers)
                packed[total] = key >> np.uint64(bits) << np.uint64(bits) | np.uint64(place)
                total += 1
    return total


@nb.njit(nb.void(_U64, nb.int64, nb.int64[::1]), **_OPTIONS)
def bucket_sizes(packed, bits, sizes):
    """How many buckets there are of each size, the last for all larger ones; ``packed`` is sorted."""
    start = 0
    for at in range(1, packed.size + 1):
        if at == packed.size or packed[at] >> np.uint64(bits) != packed[start] >> np.uint64(bits):
            sizes[min(at - start, sizes.size - 1)] += 1
            start = at


@nb.njit(nb.int64(_U64, nb.int64, nb.int64, nb.int64, nb.uint64[::1]), **_OPTIONS)
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


@nb.njit(nb.void(_U64, nb.int32[::1]), **_OPTIONS)
def count_words(words, frequencies):
    """Count words by the low bits of their hash."""
    mask = np.uint64(frequencies.size - 1)
    for word in words:
        frequencies[(word >> np.uint64(2)) & mask] += 1
