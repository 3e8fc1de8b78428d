"""A compiled loop that passes over most texts that need no repair, at one hash and one look-up a word.

A text is **plain** where no command could have lost its backslash: ``kernels.py`` would find no candidate. Most words
are in the lexicon and are no names of commands; what is none of these is judged once and kept, for it comes again;
what depends on its neighbours is asked there. A text is **simple** where no expression of ``screen.py`` finds anything:
no two bytes beside each other, and no word behind a hyphen, are what one of them looks for. Both err to one side only:
what is not plain, or not simple, is looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba as nb
import numpy as np

from dedupkit.matches.kernels import (
    BORROWING,
    I64,
    OPTIONS,
    U64,
    byte_at,
    eight_bytes,
    letters_of,
    trailing_zeros,
)
from dedupkit.repair.stripped.kernels import (
    COMMON_WORD,
    GROUP,
    IS_OPERATOR,
    IS_WORD,
    LEAST_UNKNOWN,
    LEAST_WORD,
    MANY_UNKNOWN,
    MOST_CUT_WORD,
    U8,
    VOCABULARY,
    character,
    command_of,
    how_common,
    is_cut,
    is_foreign_letter,
    is_of_capitals,
    is_part_of_a_word,
    is_unknown,
    key_of,
    may_be_command,
    room_to_cut,
    stands_alone,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Of each of eight bytes the bit of small letters; of how many bytes, from the lowest, all bits.
_CASE: Final = np.uint64(0x20 * 0x0101010101010101)
_FIRST_BYTES: Final = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_OTHER: Final = np.uint64(0xD6E8FEB86659FD93)
_ONE, _HALF = np.uint64(1), np.uint64(32)

#: Runs whose judgement is kept, for they come again.
JUDGED: Final = 1 << 16

#: The capitals of a run whose first letter alone is one, if it is short.
_FIRST_IS_CAPITAL: Final = np.uint64(0x20)

_A, _E, _G, _I, _DOT, _HYPHEN, _SPACE = b"aegi.- "

#: What a byte is, in bits.
_IS_LETTER, _IS_DIGIT, _IS_SPACE, _IS_MATHEMATICAL, _OPENS, _IS_BACKSLASH, _IS_WIDE, _IS_STOP = (
    1 << n for n in range(8)
)
#: What words of prose do not touch, before a word and, eight bits higher, behind it; letters of other alphabets there.
_TOUCHES: Final = _IS_DIGIT | _IS_MATHEMATICAL | (_IS_DIGIT | _OPENS) << 8
_TOUCHES_WIDE: Final = _IS_WIDE | _IS_WIDE << 8

#: What a run is, in bits: it holds a command; it is a word too that is one with an operand, and a common one; a word
#: of the lexicon, or an unknown one; it begins with a capital. Above them how common a word is that is a command, and its group.
_HARMLESS: Final = 0
_HOLDS, _ASKS, _IS_COMMON, _IS_KNOWN, _IS_UNKNOWN, _BEGINS_WITH_CAPITAL = (1 << n for n in range(6))
_COMMON_SHIFT, _GROUP_SHIFT = 6, 8
_IS_OF_CAPITALS: Final = 1 << 13
#: Runs from which what is mathematical is not near.
_FAR: Final = 4
#: Of a hash of 64 bits, the highest say where what a run is is kept; behind the others stand the bits of what it is.
_KEPT_BITS: Final = np.uint64(16)
_KEPT: Final = np.uint64((1 << 16) - 1)
_PLACE_SHIFT: Final = np.uint64(64 - 16)


def _kinds_of_bytes() -> NDArray[np.uint8]:
    kinds = np.zeros(256, np.uint8)
    for characters, kind in (
        (_LETTERS, _IS_LETTER),
        (b"0123456789", _IS_DIGIT),
        (b"\t\n\v\f\r ", _IS_SPACE),
        (b"*+<=>^_{|}", _IS_MATHEMATICAL),
        (b"([^_{", _OPENS),
        (b"\\", _IS_BACKSLASH),
        (_WIDE, _IS_WIDE),
        (_STOPS, _IS_STOP),
    ):
        kinds[list(characters)] |= kind
    return kinds


def _odd_pairs() -> NDArray[np.bool_]:
    """Of a byte and the next, as one number: what one of the screen's expressions knows, or may go on from here."""
    odd = np.zeros((256, 256), np.bool_)
    anything, no_tie = bytes(range(256)), set(range(128)) - set(b' \n\\~([{<>=+*/|"-')
    for before, behind in (
        (anything, bytes(set(range(32)) - set(b"\n")) + b"\x7f$\\" + _WIDE),
        (b" ", b" \n"),
        (b"\n", b" \naeimopsu"),
        (b".", b"."),
        (_STOPS, b"/"),
        (b"x", b"2"),
        (b"<", b"U"),
        (b"&", _LETTERS + b"#0123456789"),
        (b"!", b" =<>+*/|-"),
        (bytes(no_tie), b"~"),
    ):
        odd[np.ix_(list(before), list(behind))] = True
    return odd.ravel()


_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WIDE: Final = bytes(range(128, 256))
_STOPS: Final = b".?!:;"
_KINDS: Final = _kinds_of_bytes()
_IS_ODD: Final = _odd_pairs()


@nb.njit(inline="always", **BORROWING)
def _eight(data, at):
    """Eight bytes from a place on, zeros behind the end."""
    if at + 8 <= data.size:
        return eight_bytes(data, at)
    word = np.uint64(0)
    for place in range(at, data.size):
        word |= np.uint64(data[place]) << np.uint64(8 * (place - at))
    return word


@nb.njit(inline="always", **BORROWING)
def _letters(data, at, last):
    """Which of the 64 bytes from a place on are ASCII letters, in bits; none behind the end."""
    if last - at >= 64:
        return letters_of(data, at)
    if at + 64 <= data.size:
        return letters_of(data, at) & ((_ONE << np.uint64(last - at)) - _ONE)
    letters = np.uint64(0)
    for place in range(at, last):
        letters |= np.uint64(_KINDS[data[place]] & _IS_LETTER) << np.uint64(place - at)
    return letters


@nb.njit(inline="always", **BORROWING)
def _hash_run(data, start, end):
    """The hash of the small letters of a run of ASCII letters, and that of which are capitals (0: none)."""
    size = end - start
    if start + 16 <= data.size:
        low, high = eight_bytes(data, start), eight_bytes(data, start + 8)
    else:
        low, high = _eight(data, start), _eight(data, start + 8)
    low_mask, high_mask = _FIRST_BYTES[min(size, 8)], _FIRST_BYTES[min(max(size - 8, 0), 8)]
    capitals = (~low & low_mask & _CASE) | (~high & high_mask & _CASE) << _ONE
    low, high = (low | _CASE) & low_mask, (high | _CASE) & high_mask
    h = (low * _FACTOR) ^ (low >> _HALF) ^ (high * _OTHER)
    h = (h ^ (h >> _HALF)) * _FACTOR
    for at in range(start + 16, end, 8):
        more, mask = _eight(data, at), _FIRST_BYTES[min(end - at, 8)]
        capitals = capitals * _FACTOR + (~more & mask & _CASE)
        h = (h ^ (h >> _HALF) ^ ((more | _CASE) & mask)) * _FACTOR
    return h, capitals


@nb.njit(inline="always", **BORROWING)
def _place(slots, key):
    """The slot of a key, or the empty one where it belongs."""
    last = np.uint64(slots.size - 1)
    slot = (key >> _HALF) & last
    while slots[slot] != 0 and slots[slot] != key:
        slot = (slot + _ONE) & last
    return slot


@nb.njit(**BORROWING)
def _judge_run(data, first, last, start, end, vocabulary, room):
    """What a run of letters is that touches nothing, whatever else is near."""
    what = _judge_letters(data, first, last, start, end, vocabulary, room)
    if data[start] < _A:
        what |= _BEGINS_WITH_CAPITAL | (_IS_OF_CAPITALS if is_of_capitals(data, start, end) else 0)
    return what


@nb.njit(**BORROWING)
def _judge_letters(data, first, last, start, end, vocabulary, room):
    size = end - start
    capitals = 0
    for at in range(start, end):
        capitals += data[at] < _A
    counts = capitals == 0 and size >= LEAST_WORD
    exact = key_of(data, start, end, False)
    in_small = key_of(data, start, end, True)
    common = how_common(in_small, size, vocabulary)
    command = command_of(exact, size, vocabulary)
    if command >= 0:
        kind = vocabulary[4][command]
        if kind & IS_OPERATOR:
            return _HARMLESS
        if not kind & IS_WORD:
            return _HOLDS
        return (
            _ASKS
            | (_IS_COMMON if common == COMMON_WORD else 0)
            | common << _COMMON_SHIFT
            | (kind & GROUP) << _GROUP_SHIFT
        )
    if common:
        return _IS_KNOWN
    if not is_cut(data, first, last, start, end, 0, False, vocabulary, room):
        return _IS_UNKNOWN if counts else _HARMLESS
    _, backs, kinds = room
    longest, left, place = 0, size, size
    while place:
        if kinds[place] >= 0:
            longest = max(longest, place - backs[place])
            left -= place - backs[place]
        place = backs[place]
    return _HOLDS | (_IS_UNKNOWN if counts and is_unknown(longest, left) else 0)


@nb.njit(**BORROWING)
def _is_symbol(data, at, last):
    """Whether a character begins here that is no letter."""
    return data[at] >= 0xC0 and not is_foreign_letter(character(data, at, last)[0])


@nb.njit(**BORROWING)
def _is_abbreviation(data, first, last, start, end):
    """Whether the letter behind a stop is that of "i.e." or "e.g.", and no letter follows."""
    if end - start > 1 or start - 2 < first or end + 1 >= last or data[end] != _DOT:
        return False
    if _KINDS[data[end + 1]] & _IS_LETTER:
        return False
    before, letter = data[start - 2] | 32, data[start]
    return (before == _I and letter == _E) or (before == _E and letter == _G)


@nb.njit(inline="always", **BORROWING)
def _may_be(data, first, last, asked, is_near, vocabulary):
    """Whether a word that is a command can be it, where mathematics is near or not; uncommon ones always can there."""
    start, end, what = asked
    if is_near and not what & _IS_COMMON:
        return True
    common = what >> _COMMON_SHIFT & 3
    return may_be_command(data, first, last, start, end, what >> _GROUP_SHIFT, common, is_near, vocabulary)


@nb.njit(**BORROWING)
def _judged_anew(data, first, last, start, end, key, vocabulary, judged, room):
    """What a run is (``_judge_run``), behind the lower bits of its hash, which is kept."""
    kept = key << _KEPT_BITS | np.uint64(_judge_run(data, first, last, start, end, vocabulary, room))
    judged[key >> _PLACE_SHIFT] = kept
    return kept


@nb.njit(**BORROWING)
def _is_one_near(data, first, last, runs, vocabulary, judged, room, passed):
    """Whether a run that was passed a few runs before could hold a command."""
    for n in range(_FAR):
        start, end, run = passed[n, 0], passed[n, 1], passed[n, 2]
        if runs - run < _FAR:
            key, capitals = _hash_run(data, start, end)
            key ^= (capitals + _ONE) * _OTHER
            kept = judged[key >> _PLACE_SHIFT]
            if (kept ^ (key << _KEPT_BITS)) >> _KEPT_BITS:
                kept = _judged_anew(data, first, last, start, end, key, vocabulary, judged, room)
            if np.int64(kept & _KEPT) & (_HOLDS | _ASKS):
                return True
    return False


@nb.njit(inline="always", **BORROWING)
def _look(data, first, last, vocabulary, words, judged, room, passed):
    """Whether a text is simple, and whether it is plain.

    ``asked`` is the last word that is a command too. Between two words and two spaces it is none; whether a word follows
    is known when the next run has been read. ``word_end`` is where the last run ends that is no operand. In foreign prose
    only what is near mathematics can be a command: there runs are passed, and judged when mathematics comes near.
    """
    at, before, byte_before = first, _IS_SPACE, _SPACE
    known = unknown = runs = 0
    mathematics = asking = asking_before = risky = -_FAR
    is_near = False
    for n in range(_FAR):  # a slice costs as much as a text
        passed[n, 2] = -_FAR
    is_simple, is_asked, holds, is_foreign = True, False, False, False
    asked = (first, first, 0)
    word_end = np.int64(-1)
    block, start = first, first
    starts = ends = carry = np.uint64(0)
    while True:
        while not ends and block <= last:  # the next 64 bytes
            if starts:
                start = block - 64 + trailing_zeros(starts)
            letters = _letters(data, block, last)
            shifted = letters << _ONE | carry
            starts, ends, carry = letters & ~shifted, shifted & ~letters, letters >> np.uint64(63)
            block += 64
        has_run = ends != 0
        if has_run:
            end = block - 64 + trailing_zeros(ends)
            ends &= ends - _ONE
            begins = block - 64 + trailing_zeros(starts)
            if begins < end:
                start = begins
                starts &= starts - _ONE
        else:
            start = last
        if start == at + 1 and byte_at(data, at) == _SPACE and before == _IS_LETTER and has_run:
            before, byte_before = _IS_SPACE, _SPACE
        else:
            for place in range(at, start):
                byte = byte_at(data, place)
                kind = _KINDS[byte]
                if kind & (_IS_MATHEMATICAL | _IS_BACKSLASH | _IS_WIDE):
                    if not kind & _IS_WIDE or _is_symbol(data, place, last):
                        mathematics = runs
                        is_near |= runs - risky < _FAR
                        if is_foreign and not is_near:
                            is_near = _is_one_near(data, first, last, runs, vocabulary, judged, room, passed)
                        if runs - asking < _FAR and not holds:
                            holds = runs - asking_before < _FAR or _may_be(
                                data, first, last, asked, True, vocabulary
                            )
                            asking = asking_before = -_FAR
                    holds |= kind & _IS_BACKSLASH != 0
                is_simple &= not _IS_ODD[np.uint64(256 * byte_before + byte)]
                before, byte_before = kind, np.int64(byte)
            if not has_run:
                break
            if byte_before != _SPACE:
                is_simple &= not _IS_ODD[np.uint64(256 * byte_before + byte_at(data, start))]
            if before & _IS_STOP:
                is_simple &= _is_abbreviation(data, first, last, start, end)
        behind = _KINDS[byte_at(data, end)] if end < last else _IS_SPACE
        beside = before | behind << 8
        at = end
        before, byte_before = _IS_LETTER, np.int64(byte_at(data, end - 1))
        runs += 1
        size = end - start
        if size == 1:
            continue
        key, capitals = _hash_run(data, start, end)
        is_plain = capitals <= _FIRST_IS_CAPITAL and words[_place(words, key)] == key
        if is_asked and start != asked[1] + 1:
            holds |= _may_be(data, first, last, asked, False, vocabulary)
            is_asked = False
        if is_plain:
            is_asked = False
            word_end = end
            if not beside & _TOUCHES:
                known += capitals == 0 and size >= LEAST_WORD
                continue
            what = _IS_KNOWN
        elif is_foreign and runs - mathematics >= _FAR:
            what = _HARMLESS
            passed[runs % _FAR, 0], passed[runs % _FAR, 1], passed[runs % _FAR, 2] = start, end, runs
        else:
            key ^= (capitals + _ONE) * _OTHER
            kept = judged[key >> _PLACE_SHIFT]
            if (
                kept ^ (key << _KEPT_BITS)
            ) >> _KEPT_BITS:  # a call with so many arrays costs more than a look-up
                kept = _judged_anew(data, first, last, start, end, key, vocabulary, judged, room)
            what = np.int64(kept & _KEPT)
        is_half = not is_plain and start > first and byte_at(data, start - 1) == _HYPHEN
        is_simple &= not is_half or what & (_IS_COMMON | _BEGINS_WITH_CAPITAL) != 0
        if what & _IS_KNOWN:
            if not beside & _TOUCHES:
                known += capitals == 0 and size >= LEAST_WORD
            elif size <= MOST_CUT_WORD and not holds:
                holds = is_cut(data, first, last, start, end, 1, False, vocabulary, room)
        elif what & _IS_UNKNOWN and stands_alone(data, start, end, first, last):
            unknown += 1
            is_foreign |= unknown >= MANY_UNKNOWN and 2 * unknown > known
        if is_asked and what & (_ASKS | _IS_OF_CAPITALS):
            holds |= _may_be(data, first, last, asked, False, vocabulary)
        is_asked = False
        may_be_operand = what & _IS_OF_CAPITALS or (what & _ASKS and not what & _IS_COMMON)
        before_it, word_end = word_end, -1 if may_be_operand else end
        if not what & (_HOLDS | _ASKS) or (
            beside & _TOUCHES_WIDE and is_part_of_a_word(data, first, last, start, end)
        ):
            continue
        risky = runs
        is_near |= runs - mathematics < _FAR
        holds |= what & _HOLDS != 0
        if holds or is_foreign:
            continue
        asking_before, asking = asking, runs
        asked = (start, end, what)
        if runs - mathematics < _FAR:
            holds = _may_be(data, first, last, asked, True, vocabulary)
        elif (
            what & _IS_COMMON
            and before_it == start - 1
            and byte_at(data, before_it) == _SPACE
            and behind == _IS_SPACE
        ):
            is_asked = True
        else:
            holds = _may_be(data, first, last, asked, False, vocabulary)
    if is_asked:
        holds |= _may_be(data, first, last, asked, False, vocabulary)
    is_simple &= not before & _IS_SPACE or first == last
    is_foreign |= unknown >= LEAST_UNKNOWN and 5 * unknown > known
    return is_simple, not (is_near if is_foreign else holds)


@nb.njit(**BORROWING)
def _look_at_rows(data, offsets, first_row, last_row, vocabulary, words, judged, simple, plain, room, passed):
    for row in range(first_row, last_row):
        simple[row], plain[row] = _look(
            data, offsets[row], offsets[row + 1], vocabulary, words, judged, room, passed
        )


@nb.njit(
    nb.void(U8, I64, nb.int64, nb.int64, VOCABULARY, U64, nb.uint64[::1], nb.boolean[::1], nb.boolean[::1]),
    **OPTIONS,
)
def look(data, offsets, first_row, last_row, vocabulary, words, judged, simple, plain):
    """Whether each text is simple, and whether it is plain.

    ``words`` is what ``fill_plain_words`` fills. ``judged`` keeps what runs are that are none of them (``1 << 16`` numbers, at first
    zeros): the lower bits of a run's hash, whose highest are its place, and what it is. Threads may share it.
    """
    room, passed = room_to_cut(), np.empty((_FAR, 3), np.int64)
    _look_at_rows(data, offsets, first_row, last_row, vocabulary, words, judged, simple, plain, room, passed)


@nb.njit(nb.void(U8, I64, nb.boolean[::1], nb.uint64[::1]), **BORROWING)
def fill_plain_words(data, offsets, is_command, words):
    """Put those of some words that are no commands into slots: zeros, a power of two of them."""
    for row in range(offsets.size - 1):
        start, end = offsets[row], offsets[row + 1]
        is_of_letters = end > start
        for at in range(start, end):
            is_of_letters &= _KINDS[data[at]] & _IS_LETTER != 0
        if is_of_letters and not is_command[row]:
            key, _ = _hash_run(data, start, end)
            words[_place(words, key)] = key
