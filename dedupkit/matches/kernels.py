"""Compiled loops over Arrow buffers: text to words, shingles, signatures, and their comparison.

Every function takes plain arrays, holds no Python object and releases the GIL; rows are independent, so callers
cut them into blocks for threads as they like and get the same bytes. Compiled code is cached beside this file, or
in the user's cache folder where that cannot be written.

The hashes are part of what an index on disk means (all arithmetic modulo 2^64):

* a **word** is hashed by the UTF-8 of its folded code points (``folds.py``), eight bytes p at a time, the first in the
  lowest place and zeros behind the last: ``h = mix((h ^ p) * 0x9e3779b97f4a7c15)``, from ``0xcbf29ce484222325``;
* a **shingle** of words w is ``mix(h)`` with ``h = (h + w) * 0x9e3779b97f4a7c15`` for each word, from how many
  there are; ``mix`` is the 64-bit finalizer of MurmurHash3. MinHash takes its low 32 bits;
* a **key** of a whole text is the same with ``0xd6e8feb86659fd93`` in the place of the multiplier;
* names of LaTeX's control words and of tags, numbers of titles and n-grams of letters are FNV-1a over bytes or code
  points: ``h = (h ^ c) * 0x100000001b3``, from ``0xcbf29ce484222325``.
"""

from __future__ import annotations

from contextlib import suppress
from functools import wraps
from typing import Final

import numba as nb
import numpy as np
from llvmlite import ir
from numba.core.caching import FunctionCache
from numba.extending import intrinsic

_START: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
SHINGLE_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
KEY_FACTOR: Final = np.uint64(0xD6E8FEB86659FD93)

_SEPARATOR, _LETTER, _DIGIT, _UNSPACED, _MARK, _IGNORED = range(6)
_KIND_SHIFT: Final = 29
_SEVERAL: Final = 1 << 28
_PAYLOAD: Final = (1 << 28) - 1

#: What a byte is folded to that only ``_scan`` knows to read.
_ODD: Final = np.uint8(255)

#: Shingles that are permuted at once.
_AT_ONCE: Final = 8


def _keep_what_there_is_room_for() -> None:
    """Have numba go on where what it compiled cannot be kept, as on a disk that is full."""
    save = FunctionCache.save_overload

    @wraps(save)
    def save_overload(self, signature, compiled):
        with suppress(OSError):
            save(self, signature, compiled)

    FunctionCache.save_overload = save_overload


def _can_cache() -> bool:
    """Whether compiled code can be kept: not where neither this folder nor a home can be written."""

    def probe() -> None: ...

    try:
        nb.njit(cache=True)(probe)
    except RuntimeError:
        return False
    return True


_keep_what_there_is_room_for()

_U8 = nb.types.Array(nb.uint8, 1, "C", readonly=True)
_U16 = nb.types.Array(nb.uint16, 1, "C", readonly=True)
_U32 = nb.types.Array(nb.uint32, 1, "C", readonly=True)
U64 = nb.types.Array(nb.uint64, 1, "C", readonly=True)
I64 = nb.types.Array(nb.int64, 1, "C", readonly=True)
_FOLDS = nb.types.Tuple((_U16, _U32, _U32, _U8))
I32 = nb.types.Array(nb.int32, 1, "C", readonly=True)
OPTIONS = {"nogil": True, "cache": _can_cache(), "boundscheck": False, "error_model": "numpy"}
#: Of functions that allocate nothing: their callers hold all arrays, so nobody counts here who does. Else passing six
#: arrays on costs more than a look into them, and threads wait for each other's counts.
BORROWING = OPTIONS | {"_nrt": False}


@intrinsic
def eight_bytes(_, data, at):  # noqa: ARG001  numba reads the names
    """Eight bytes of an array as one number, the first in the lowest place, wherever they start."""

    def load(context, builder, signature, arguments):
        start = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(start, [arguments[1]]), ir.IntType(64).as_pointer())
        return builder.load(place, align=1)

    return nb.uint64(data, nb.int64), load


@intrinsic
def byte_at(_, data, at):  # noqa: ARG001  the same
    """A byte of an array, counted from its beginning only."""

    def load(context, builder, signature, arguments):
        start = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        return builder.load(builder.gep(start, [arguments[1]]))

    return nb.uint8(data, nb.int64), load


@intrinsic
def letters_of(_, data, at):  # noqa: ARG001  the same
    """Which of 64 bytes of an array are ASCII letters, in bits, the first in the lowest; all of them must be in it."""
    bytes_64 = ir.VectorType(ir.IntType(8), 64)

    def compare(context, builder, signature, arguments):
        start = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(start, [arguments[1]]), bytes_64.as_pointer())
        case, a, letters = (ir.Constant(bytes_64, [number] * 64) for number in (0x20, ord("a"), 26))
        from_a = builder.sub(builder.or_(builder.load(place, align=1), case), a)
        return builder.bitcast(builder.icmp_unsigned("<", from_a, letters), ir.IntType(64))

    return nb.uint64(data, nb.int64), compare


@intrinsic
def trailing_zeros(_, number):  # noqa: ARG001  the same
    """The zeros below the lowest bit of a number; 64 where it has none."""

    def count(_, builder, __, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return nb.int64(nb.uint64), count


@nb.njit(inline="always", **OPTIONS)
def mix(h):
    """The 64-bit finalizer of MurmurHash3 (Austin Appleby, public domain)."""
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xFF51AFD7ED558CCD)
    h ^= h >> np.uint64(33)
    h *= np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


@nb.njit(inline="always", **OPTIONS)
def _is_ascii_letter(byte):
    return 65 <= byte <= 90 or 97 <= byte <= 122


@nb.njit(inline="always", **OPTIONS)
def holds(values, wanted):
    """Whether a sorted array holds a value."""
    place = np.searchsorted(values, wanted)
    return place < values.size and values[place] == wanted


@nb.njit(inline="always", **OPTIONS)
def _append(h, piece, filled, more, count):
    """A word's hash, its last piece and how many bytes are in that, with ``count`` (1 to 8) more bytes."""
    joined = piece | (more << (filled << np.uint64(3)))
    if filled + count < 8:
        return h, joined, filled + count
    rest = (more >> np.uint64(1)) >> (np.uint64(63) - (filled << np.uint64(3)))  # no shift by 64
    return mix((h ^ joined) * SHINGLE_FACTOR), rest, filled + count - np.uint64(8)


@nb.njit(inline="always", **OPTIONS)
def _append_code(h, piece, filled, code):
    """The same with a code point's UTF-8."""
    c = np.uint64(code)
    if c < 0x80:
        more, count = c, np.uint64(1)
    elif c < 0x800:
        more, count = (
            np.uint64(0x80C0) | c >> np.uint64(6) | (c & np.uint64(63)) << np.uint64(8),
            np.uint64(2),
        )
    elif c < 0x10000:
        more = np.uint64(0x8080E0) | c >> np.uint64(12) | (c >> np.uint64(6) & np.uint64(63)) << np.uint64(8)
        more, count = more | (c & np.uint64(63)) << np.uint64(16), np.uint64(3)
    else:
        more = (
            np.uint64(0x808080F0) | c >> np.uint64(18) | (c >> np.uint64(12) & np.uint64(63)) << np.uint64(8)
        )
        more |= (c >> np.uint64(6) & np.uint64(63)) << np.uint64(16)
        more, count = more | (c & np.uint64(63)) << np.uint64(24), np.uint64(4)
    return _append(h, piece, filled, more, count)


@nb.njit(inline="always", **OPTIONS)
def _word(h, piece, filled):
    """The hash of a word that ends here."""
    return mix((h ^ piece) * SHINGLE_FACTOR) if filled else h


@nb.njit(inline="always", **OPTIONS)
def _fold_plain(byte):
    r"""A letter of ASCII, made small, or a digit; 0: it is in no word; ``_ODD``: not ASCII, or one of ``#$+<\^_{}``.

    All of it in eight bits, so that many bytes fit in a vector.
    """
    small = np.uint8(byte | np.uint8(32)) if np.uint8(byte - np.uint8(65)) < np.uint8(26) else byte
    in_word = (np.uint8(small - np.uint8(97)) < np.uint8(26)) | (
        np.uint8(small - np.uint8(48)) < np.uint8(10)
    )
    odd = (
        (byte >= np.uint8(128)) | (byte == np.uint8(35)) | (byte == np.uint8(36)) | (byte == np.uint8(43))
        | (byte == np.uint8(60)) | (byte == np.uint8(92)) | (byte == np.uint8(94)) | (byte == np.uint8(95))
        | (byte == np.uint8(123)) | (byte == np.uint8(125))
    )  # fmt: skip
    return small if in_word else _ODD if odd else np.uint8(0)


@nb.njit(**OPTIONS)
def _fold_run(data, start, size, folded):
    """Fold so many bytes."""
    for i in range(size):
        folded[i] = _fold_plain(data[start + i])


@nb.njit(**OPTIONS)
def _bounds(folded, size, bounds):
    """Where runs of folded bytes that are not 0 start and end, by turns; how many bounds there are."""
    number, before = 0, np.uint8(0)
    for i in range(size + 1):
        now = np.uint8(folded[i] != 0)
        bounds[number] = i
        number += np.int64(now ^ before)
        before = now
    return number


@nb.njit(**OPTIONS)
def _latex(data, at, end, dropped):
    r"""What the backslash before ``at`` does: where to go on, and whether words part there.

    ``\emph`` and ``\c`` are not there at all, ``\alpha`` is its letters, ``\"`` is an accent, ``\\`` and
    ``\,`` are spaces, ``\%`` is its sign.
    """
    if at >= end:
        return at, True
    byte = data[at]
    if _is_ascii_letter(byte):
        h, stop = _START, at
        while stop < end and _is_ascii_letter(data[stop]):
            h = (h ^ np.uint64(data[stop])) * _FNV_PRIME
            stop += 1
        return (stop, False) if holds(dropped, h) else (at, False)
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


@nb.njit(**OPTIONS)
def _tag(data, at, end, dropped):
    """Where a tag of HTML or JATS ends whose ``<`` is before ``at``, and whether words part there; 0: it is no tag.

    Its name is known (``keys._TAGS``), and there is a ``>`` near, and no other ``<`` before that.
    """
    stop = at + 1 if at < end and data[at] == 47 else at
    h = _START
    while stop < end and (_is_ascii_letter(data[stop]) or 48 <= data[stop] <= 58):  # digits and the colon
        h = (h ^ np.uint64(data[stop] | 32)) * _FNV_PRIME
        stop += 1
    inline = holds(dropped, h ^ np.uint64(1))
    if not inline and not holds(dropped, h ^ np.uint64(2)):
        return 0, True
    limit = min(end, stop + 200)
    while stop < limit and data[stop] != 62 and data[stop] != 60:
        stop += 1
    return (stop + 1, not inline) if stop < limit and data[stop] == 62 else (0, True)


@nb.njit(**OPTIONS)
def _words(data, start, end, folds, dropped, room, words):
    """Words of one text: their hashes to ``words``; how many.

    The same as ``_scan`` in loops that are compiled to vectors and guess few branches: bytes are folded; runs of them
    end where that changes to 0; each run is a word whose hash is made from its bounds, or has an odd byte and is scanned.
    """
    folded, bounds, no_marks, no_letters = room
    size = end - start
    _fold_run(data, start, size, folded)
    folded[size : size + 8] = 0
    count, done = 0, np.int64(0)
    for i in range(0, _bounds(folded, size, bounds), 2):
        at, stop = max(np.int64(bounds[i]), done), np.int64(bounds[i + 1])
        h, seen = _START, np.uint64(0)
        first, left = at, stop - at
        if left <= 0:
            continue
        while left > 8:
            piece = eight_bytes(folded, at)
            h = mix((h ^ piece) * SHINGLE_FACTOR)
            seen |= piece
            at += 8
            left -= 8
        piece = eight_bytes(folded, at) & (~np.uint64(0) >> np.uint64(64 - 8 * left))
        if (seen | piece) & np.uint64(0x8080808080808080):
            done, count = _scan(
                data, start + first, start + stop, end, folds, dropped, words, count, no_marks, no_letters
            )
            done -= start
        else:
            words[count] = mix((h ^ piece) * SHINGLE_FACTOR)
            count += 1
    return count


@nb.njit(**OPTIONS)
def _scan(data, at, stop, end, folds, dropped, words, count, marks, letters):
    """Words of a text from ``at`` on, at least to ``stop``: their hashes to ``words``; where they end, and how many now.

    Where ``marks`` is not empty, words part between letters and digits too, and a word's mark says what it is:
    1 a number, 2 letters that stand right behind one, 4 a single letter, 8 one to three ASCII letters. Where
    ``letters`` is not empty, it gets the folded text, with a space behind each word, and its length at its end.
    """
    blocks, entries, sequences, letter_of = folds
    splits, spells = marks.size > 0, letters.size > 0
    h, piece, filled = _START, np.uint64(0), np.uint64(0)
    state, glued, length, last, written = _SEPARATOR, False, 0, 0, 0
    ascii_entries = entries[np.int64(blocks[0]) << 8 :]
    while at < stop or (at < end and state != _SEPARATOR):
        byte = data[at]
        at += 1
        code = np.int64(byte)
        if byte < 128:
            entry = ascii_entries[code]
            kind = np.int64(entry >> _KIND_SHIFT)
            if not splits and not spells:  # the straight way of nearly all that is read
                if kind == _SEPARATOR and byte != 60:
                    if state != _SEPARATOR:
                        words[count] = _word(h, piece, filled)
                        count += 1
                        h, piece, filled = _START, np.uint64(0), np.uint64(0)
                        state = _SEPARATOR
                    continue
                if letter_of[byte] and state != _UNSPACED:
                    h, piece, filled = _append(h, piece, filled, np.uint64(letter_of[byte]), np.uint64(1))
                    state = _LETTER
                    continue
            if byte == 92:
                at, parts = _latex(data, at, end, dropped)
                if parts:
                    entry = np.uint32(_SEPARATOR)
            elif byte == 60:
                behind, parts = _tag(data, at, end, dropped)
                if behind:
                    at = behind
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
                    h, piece, filled = _append_code(h, piece, filled, value)
                    if spells:
                        letters[written] = value
                        written += 1
                continue
            if state != _SEPARATOR and (
                kind == _SEPARATOR or kind == _UNSPACED or state == _UNSPACED or (splits and kind != state)
            ):
                words[count] = _word(h, piece, filled)
                if splits:
                    marks[count] = (
                        (state == _DIGIT) + 2 * glued + 4 * (length == 1) + 8 * (length <= 3 and last < 128)
                    )
                if spells:
                    letters[written] = 32
                    written += 1
                count += 1
                h, piece, filled = _START, np.uint64(0), np.uint64(0)
                length = 0
                glued = state == _DIGIT and kind == _LETTER
            elif state == _SEPARATOR:
                glued = False
            if kind == _SEPARATOR:
                state = _SEPARATOR
                continue
            if state == _SEPARATOR or splits or kind == _UNSPACED or state == _UNSPACED:
                state = kind
            h, piece, filled = _append_code(h, piece, filled, value)
            length += 1
            last = value
            if spells:
                letters[written] = value
                written += 1
    if state != _SEPARATOR:
        words[count] = _word(h, piece, filled)
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
    return at, count


@nb.njit(inline="always", **OPTIONS)
def _key(words, count):
    h = np.uint64(count)
    for i in range(count):
        h = (h + words[i]) * KEY_FACTOR
    return mix(h)


@nb.njit(inline="always", **OPTIONS)
def _shingles(words, count, size, out):
    """Hashes of a text's shingles, in order and not yet a set; a shorter text is one shingle, whole."""
    if count == 0:
        return 0
    width = min(count, size)
    number = count - width + 1
    out[:number] = np.uint64(width)
    for j in range(width):  # word by word of all shingles: compiled to vectors
        for i in range(number):
            out[i] = (out[i] + words[i + j]) * SHINGLE_FACTOR
    for i in range(number):
        out[i] = mix(out[i])
    return number


@nb.njit(inline="always", **OPTIONS)
def slots(count):
    """Slots of a table for so many hashes: a power of two, at least twice as many."""
    slots = 16
    while slots < 2 * count:
        slots *= 2
    return slots


@nb.njit(inline="always", **OPTIONS)
def put(table, value):
    """Put a hash into a table with room; whether it was not there yet. 0 is no hash."""
    slot = value & np.uint64(table.size - 1)
    while table[slot] != 0 and table[slot] != value:
        slot = (slot + np.uint64(1)) & np.uint64(table.size - 1)
    if table[slot] == value:
        return False
    table[slot] = value
    return True


@nb.njit(**OPTIONS)
def _as_set(values, table):
    """Move each value's first occurrence to the front; how many there are. ``table`` has room and is used up."""
    table = table[: slots(values.size)]
    table[:] = 0
    unique = 0
    for i in range(values.size):
        if put(table, values[i]):
            values[unique] = values[i]
            unique += 1
    return unique


@nb.njit(inline="always", **OPTIONS)
def _longest(offsets, first, last):
    longest = np.int64(0)
    for row in range(first, last):
        longest = max(longest, offsets[row + 1] - offsets[row])
    return longest


@nb.njit(inline="always", **OPTIONS)
def _permuted(a, b, h):
    return np.uint32(np.uint32(a * h) + b)  # each step cast: numba multiplies two uint32 to a uint64


@nb.njit(**OPTIONS)
def _minima(shingles, hashes, a, b, signature):
    """The minimum of each permutation over all shingles; ``hashes`` is room.

    Eight shingles at once, so that a permutation's constants and its minimum are loaded and stored once for them; the
    last shingle fills up the last eight.
    """
    signature[:] = np.uint32(0xFFFFFFFF)
    number = shingles.size
    for i in range(number):
        h = np.uint32(shingles[i])
        h = np.uint32(np.uint32(h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        h = np.uint32(np.uint32(h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        hashes[i] = np.uint32(h ^ (h >> np.uint32(16)))
    hashes[number : number + _AT_ONCE] = hashes[max(number - 1, 0)]
    for i in range(0, number, _AT_ONCE):
        h0, h1, h2, h3 = hashes[i], hashes[i + 1], hashes[i + 2], hashes[i + 3]
        h4, h5, h6, h7 = hashes[i + 4], hashes[i + 5], hashes[i + 6], hashes[i + 7]
        for k in range(signature.size):
            low = min(
                _permuted(a[k], b[k], h0), _permuted(a[k], b[k], h1),
                _permuted(a[k], b[k], h2), _permuted(a[k], b[k], h3),
            )  # fmt: skip
            high = min(
                _permuted(a[k], b[k], h4), _permuted(a[k], b[k], h5),
                _permuted(a[k], b[k], h6), _permuted(a[k], b[k], h7),
            )  # fmt: skip
            signature[k] = min(signature[k], low, high)


@nb.njit(inline="always", **OPTIONS)
def _room(longest):
    """What ``_words`` works in, for texts of so many bytes."""
    return (
        np.empty(longest + 8, np.uint8), np.empty(longest + 1, np.int32), np.empty(0, np.uint8), np.empty(0, np.int32)
    )  # fmt: skip


@nb.njit(
    nb.void(
        _U8, I64, nb.int64, nb.int64, _FOLDS, U64, nb.int64, _U32, _U32,
        nb.uint64[::1], nb.int32[::1], nb.uint32[:, ::1],
    ),
    **OPTIONS,
)  # fmt: skip
def sign(data, offsets, first, last, folds, dropped, size, a, b, keys, counts, signatures):
    """Keys, numbers of shingles and MinHash signatures of the texts ``first`` to ``last``.

    The signature is datasketch's ``affine32``: the 32-bit finalizer of MurmurHash3, then the minimum of
    ``a * h + b`` modulo 2^32 for each permutation. A text without a word gets key 0, count 0 and the signature of
    the empty set.
    """
    longest = _longest(offsets, first, last)
    room, words = _room(longest), np.empty(2 * longest + 2, np.uint64)
    found = np.empty(2 * longest + 2, np.uint64)
    hashes = np.empty(2 * longest + 2 + _AT_ONCE, np.uint32)
    for row in range(first, last):
        count = _words(data, offsets[row], offsets[row + 1], folds, dropped, room, words)
        number = _shingles(words, count, size, found)
        keys[row] = _key(words, count) if count else np.uint64(0)
        counts[row] = number
        _minima(found[:number], hashes, a, b, signatures[row])


@nb.njit(
    nb.void(
        nb.types.Array(nb.uint32, 2, "C", readonly=True), nb.int64, nb.int64, nb.int64, nb.uint64[:, ::1]
    ),
    **OPTIONS,
)
def band_keys(signatures, rows, first, last, keys):
    """One hash for each band of the signatures ``first`` to ``last``: ``keys[band, text]``."""
    for text in range(first, last):
        for band in range(keys.shape[0]):
            h = np.uint64(band)
            for i in range(band * rows, (band + 1) * rows):
                h = (h + np.uint64(signatures[text, i])) * SHINGLE_FACTOR
            keys[band, text] = mix(h)


@nb.njit(
    nb.void(_U8, I64, nb.int64, nb.int64, _FOLDS, U64, nb.int64, I64, nb.uint64[::1], nb.int32[::1]),
    **OPTIONS,
)
def shingle_sets(data, offsets, first, last, folds, dropped, size, starts, values, counts):
    """Sets of shingles: text r's are ``values[starts[r]:starts[r] + counts[r]]``."""
    longest = _longest(offsets, first, last)
    table = np.empty(slots(2 * longest + 2), np.uint64)
    room, words = _room(longest), np.empty(2 * longest + 2, np.uint64)
    for row in range(first, last):
        count = _words(data, offsets[row], offsets[row + 1], folds, dropped, room, words)
        own = values[starts[row] : starts[row + 1]]
        number = _shingles(words, count, size, own)
        counts[row] = _as_set(own[:number], table)


@nb.njit(
    nb.int64(_U8, I64, nb.int64, nb.int64, _FOLDS, U64, U64, U64, U64, nb.uint64[::1], nb.int32[::1]),
    **OPTIONS,
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
        start, end = offsets[row], offsets[row + 1]
        _, count = _scan(data, start, end, end, folds, dropped, words, 0, marks, letters)
        at, digits = 0, np.uint64(0)  # hash of the digits of a run of numbers
        for i in range(count):
            if marks[i] & 1:
                digits = digits if digits else _START
                while letters[at] != 32:
                    digits = (digits ^ np.uint64(letters[at])) * _FNV_PRIME
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
            if marks[i] & 2 and holds(ordinals, words[i]):
                continue
            word = words[i] & ~np.uint64(3) | np.uint64(2 * (marks[i] >> 3 & 1))
            place = np.searchsorted(numerals, words[i])
            if place < numerals.size and numerals[place] == words[i]:
                word = numbers[place] & ~np.uint64(3) | np.uint64(3)
            out[total] = word
            total += 1
        counts[row] = total - before
    return total


@nb.njit(nb.int64(_U8, I64, _FOLDS, U64, U64, nb.uint64[::1], nb.int32[::1]), **OPTIONS)
def name_words(data, offsets, folds, dropped, ignored, out, counts):
    """Sets of the words of names, initials and ``ignored`` words left out, one behind the other; how many.

    Lists of names that are nothing but initials keep them.
    """
    longest = _longest(offsets, 0, offsets.size - 1)
    no_letters = np.empty(0, np.int32)
    words = np.empty(2 * longest + 2, np.uint64)
    marks = np.empty(2 * longest + 2, np.uint8)
    table = np.empty(slots(2 * longest + 2), np.uint64)
    total = 0
    for row in range(offsets.size - 1):
        start, end = offsets[row], offsets[row + 1]
        _, count = _scan(data, start, end, end, folds, dropped, words, 0, marks, no_letters)
        first = total
        for i in range(count):
            if not marks[i] & 5 and not holds(ignored, words[i]):
                out[total] = words[i]
                total += 1
        counts[row] = _as_set(out[first:total], table)
        total = first + counts[row]
    return total


@nb.njit(nb.void(_U8, I64, nb.int64, nb.int64, nb.uint64[::1]), **OPTIONS)
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
    nb.int64(_U8, I64, nb.int64, nb.int64, nb.int64, _FOLDS, U64, nb.uint64[::1], nb.int32[::1]),
    **OPTIONS,
)
def letter_grams(data, offsets, first_row, last_row, size, folds, dropped, out, counts):
    """Sets of letter n-grams of the folded texts, one behind the other; how many in all.

    Texts get a space before and behind them; ``out`` has room for twice the bytes and two for each text.
    """
    longest = _longest(offsets, first_row, last_row)
    no_marks = np.empty(0, np.uint8)
    words = np.empty(2 * longest + 2, np.uint64)
    letters = np.empty(18 * longest + 3, np.int32)
    table = np.empty(slots(18 * longest + 3), np.uint64)
    total = 0
    for row in range(first_row, last_row):
        start, end = offsets[row], offsets[row + 1]
        _scan(data, start, end, end, folds, dropped, words, 0, no_marks, letters)
        length = np.int64(letters[-1])
        first = total
        for i in range(-1, length - size + 1):
            h = _START
            for j in range(i, i + size):
                h = (h ^ np.uint64(32 if j < 0 else letters[j])) * _FNV_PRIME
            out[total] = h
            total += 1
        counts[row] = _as_set(out[first:total], table)
        total = first + counts[row]
    return total
