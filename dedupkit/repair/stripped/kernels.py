"""Compiled loops over Arrow buffers: text to tokens, commands that may have lost their backslash, and their scores.

A text is cut into tokens: runs of ASCII letters, numbers, and single characters. A run that is the name of a command,
or that can be cut into names of commands, single letters and words, gives candidates. Each candidate is judged twice
by a sum of weights of what stands around it (``_evidence``): first alone, then knowing how the others of its text were
judged. Every text is judged alone, so that its scores depend on nothing else.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from dedupkit.matches.kernels import BORROWING, I32, I64, OPTIONS, mix

#: Most bytes of a run that is cut, of the name of a command, and of a word.
_MOST_RUN: Final = 64
MOST_NAME: Final = 20
MOST_WORD: Final = 24
#: Most bytes of a word that is cut where it touches mathematics.
MOST_CUT_WORD: Final = 8

#: What a token is. An ASCII character that is neither letter nor digit is ``SIGN`` + its code.
EDGE, SMALL, CAPITAL, NUMBER, COMMON, WORD, NAME, UNKNOWN, CAPITALS, MIXED = range(10)
SURE_COMMAND, COMMAND_WORD, OPERATOR, LETTER, SYMBOL, SIGN = range(10, 16)

#: Columns of ``tokens``. The piece of a run says where the run begins; -1 where it was not cut.
START, END, CLASS, GAP, COMMAND, RUN, WAS, TOKEN_COLUMNS = range(8)

#: How common a word is that every text may hold.
COMMON_WORD: Final = 3

#: Of a command, in ``groups``: its group in the low bits, whether its name is a word, or is what it prints, and whether
#: it begins the items of lists.
GROUP: Final = 31
IS_WORD, IS_OPERATOR, IS_LIST_MARK = 32, 64, 128

#: Groups whose commands stand between two things: arrows, relations, operators; then accents, and switches of font.
BETWEEN: Final = (2, 4, 5)
TIMES, ACCENT, FONT, SWITCH, SIZE, ROOT, OTHER = 5, 8, 9, 10, 11, 14, 16
#: Groups of letters, and of relations, whose left side may be missing.
FREE: Final = (0, 1, 4)
#: Fonts, fractions and roots, whose argument stands in braces right behind them.
WITH_BRACES: Final = (9, 13, ROOT)
#: Letters of a switch that no word begins with by chance.
_LONG_SWITCH: Final = 8

#: Columns of ``found``: the token of the candidate, its command, and the shape of its run.
TOKEN, NUMBER_OF, SHAPE, FOUND_COLUMNS = range(4)

#: Tokens on each side that are near, and close.
_NEAR: Final = 6
_CLOSE: Final = 3

#: Letters of a word that says something of the language of a text. Unknown words from which a text may be foreign, when
#: a sixth of its words is unknown; and from which it is, when a third is.
LEAST_WORD: Final = 3
LEAST_UNKNOWN: Final = 3
MANY_UNKNOWN: Final = 8
#: Letters of a name that is no part of a word by chance, and letters beside it in a formula without spaces.
_LONG_NAME: Final = 4
_SHORT_NAME: Final = 5
_FEW_LETTERS: Final = 2

#: Pieces of evidence, in the order of ``evidence.TEMPLATES``; behind the first, the words near by, twice.
PIECES: Final = 36
TEMPLATES: Final = PIECES + 4 * _NEAR

#: Numbers that a candidate is judged by: what each piece of evidence says, what the words near by say together, counts;
#: at the second look also how the others were judged.
_COUNTED: Final = PIECES + 6
FIRST_FEATURES: Final = _COUNTED + 18
FEATURES: Final = FIRST_FEATURES + 10

#: Trees after which a candidate may be given up, and the score below which it is; the score of the best candidate of a
#: text from which the others are worth a second look.
_ENOUGH_TREES: Final = 40
_HOPELESS: Final = np.float32(-4.0)
_WORTH_A_LOOK: Final = np.float32(-3.0)
#: What the score of a word loses that every text may hold, as "times": to take it for a command by mistake does harm,
#: a Greek letter that its author wrote out does none.
_COMMON_WORD_COST: Final = np.float32(1.2)
#: The score of what needs no judging.
_CERTAIN: Final = np.float32(9.0)

#: So many commands, and one in so few bytes, are a list of commands and no text.
MOST_OF_A_TEXT: Final = 20_000
LEAST_BYTES: Final = 15

_FNV: Final = np.uint64(0x100000001B3)
_SEED: Final = np.uint64(0xCBF29CE484222325)
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_OTHER: Final = np.uint64(0xD6E8FEB86659FD93)

U8 = nb.types.Array(nb.uint8, 1, "C", readonly=True)
_I16 = nb.types.Array(nb.int16, 1, "C", readonly=True)
_U64 = nb.types.Array(nb.uint64, 1, "C", readonly=True)
_F32 = nb.types.Array(nb.float32, 1, "C", readonly=True)
_I64_2D = nb.types.Array(nb.int64, 2, "C")
_U64_2D = nb.types.Array(nb.uint64, 2, "C")
_F32_2D = nb.types.Array(nb.float32, 2, "C")
#: Slots of commands and their numbers, slots of words and how common they are, groups of commands, and the length of the
#: longest command that begins with two letters (``128 * first + second``).
VOCABULARY = nb.types.Tuple((_U64, _I16, _U64, U8, U8, U8))
#: Trees: of each node what it looks at, up to which number it goes left, its left and right node (-1: a leaf) and value;
#: and the roots.
_TREES = nb.types.Tuple((_I16, _F32, I32, I32, _F32, I32))
#: Slots of evidence and what it says, and the trees of both looks.
MODEL = nb.types.Tuple((_U64, _F32, _TREES, _TREES))


@nb.njit(inline="always", **BORROWING)
def _step(h, byte):
    return (h ^ np.uint64(byte)) * _FNV


@nb.njit(inline="always", **BORROWING)
def _find(slots, key):
    """The slot of a key, or -1."""
    last = np.uint64(slots.size - 1)
    slot = key & last
    while slots[slot] != 0:
        if slots[slot] == key:
            return np.int64(slot)
        slot = (slot + np.uint64(1)) & last
    return np.int64(-1)


@nb.njit(inline="always", **BORROWING)
def _small(byte):
    return byte | 32 if 65 <= byte <= 90 else byte


@nb.njit(**BORROWING)
def key_of(data, start, end, in_small):
    """The hash of the letters from ``start`` to ``end``, as they are or in small letters."""
    h = _SEED
    for at in range(start, end):
        h = _step(h, _small(data[at]) if in_small else data[at])
    return mix(h)


@nb.njit(inline="always", **BORROWING)
def _is_letter(byte):
    return 65 <= byte <= 90 or 97 <= byte <= 122


@nb.njit(inline="always", **BORROWING)
def _is_digit(byte):
    return 48 <= byte <= 57


@nb.njit(inline="always", **BORROWING)
def _is_space(byte):
    return byte == 32 or 9 <= byte <= 13


@nb.njit(inline="always", **BORROWING)
def is_mathematical(sign):
    """Characters that formulas have and prose does not: * + < = > ^ _ { | }."""
    return sign in (42, 43, 60, 61, 62, 94, 95, 123, 124, 125)


@nb.njit(inline="always", **BORROWING)
def how_common(in_small, size, vocabulary):
    """How common a word is, 0 where it is none."""
    slot = _find(vocabulary[2], in_small) if size <= MOST_WORD else -1
    return 0 if slot < 0 else np.int64(vocabulary[3][slot])


@nb.njit(inline="always", **BORROWING)
def command_of(exact, size, vocabulary):
    """The number of a command, or -1."""
    slot = _find(vocabulary[0], exact) if 2 <= size <= MOST_NAME else -1
    return np.int64(-1) if slot < 0 else np.int64(vocabulary[1][slot])


@nb.njit(inline="always", **BORROWING)
def _class_of_run(data, start, end, common):
    """What a run of letters is that is no command."""
    first_is_capital = data[start] < 97
    if end - start == 1:
        return CAPITAL if first_is_capital else SMALL
    capitals = 0
    for at in range(start, end):
        capitals += data[at] < 97
    if capitals == end - start:
        return CAPITALS
    if capitals > 1 or (capitals == 1 and not first_is_capital):
        return MIXED
    if common:
        return COMMON if common == COMMON_WORD else WORD
    return NAME if capitals else UNKNOWN


@nb.njit(**BORROWING)
def _commands_within(data, start, size, vocabulary):
    """The longest name of a command that stands in a run of letters, and whether a cut may give two, or an operator."""
    names, numbers, _, _, groups, longest = vocabulary
    letters, last_start, first_end = 0, 0, size
    are_several = False
    for place in range(size - 1):
        at = start + place
        most = min(longest[np.int64(data[at]) * 128 + data[at + 1]], size - place)
        h = _step(_SEED, data[at])
        for length in range(2, most + 1):
            h = _step(h, data[at + length - 1])
            slot = _find(names, mix(h))
            if slot >= 0:
                letters = max(letters, length)
                last_start, first_end = place, min(first_end, place + length)
                are_several |= last_start >= first_end or groups[numbers[slot]] & IS_OPERATOR != 0
    return letters, are_several


@nb.njit(**BORROWING)
def _cut(data, start, size, vocabulary, may_be_words, costs, backs, kinds):
    """Cut a run of letters at the least cost, long commands before short ones; how many commands it gives.

    ``backs[i]`` is where the piece that ends at i begins, ``kinds[i]`` its command, -1 of a letter, -2 of a word or of
    capitals.
    """
    longest = vocabulary[5]
    costs[: size + 1] = np.inf
    costs[0] = 0.0
    for place in range(size):
        cost = costs[place]
        if cost + 3.0 < costs[place + 1]:
            costs[place + 1], backs[place + 1], kinds[place + 1] = cost + 3.0, place, -1
        exact = in_small = _SEED
        all_capitals = True
        at = start + place
        most = longest[np.int64(data[at]) * 128 + data[at + 1]] if place + 1 < size else 0
        for stop in range(place + 1, min(size, place + MOST_WORD) + 1):
            byte = data[start + stop - 1]
            exact, in_small = _step(exact, byte), _step(in_small, _small(byte))
            length = stop - place
            all_capitals &= byte < 97
            if all_capitals and length >= 2 and cost + 5.5 < costs[stop]:
                costs[stop], backs[stop], kinds[stop] = cost + 5.5, place, -2
            if length >= 2 and length <= most:
                slot = _find(vocabulary[0], mix(exact))
                if slot >= 0:
                    whole = cost + (4.5 if length == 2 else 3.9 - 0.01 * length)
                    if whole < costs[stop]:
                        costs[stop], backs[stop], kinds[stop] = whole, place, vocabulary[1][slot]
            if may_be_words and length >= 3 and byte >= 97:
                whole = cost + (7.0 if length == 3 else 5.6 if length == 4 else 4.6)
                slot = _find(vocabulary[2], mix(in_small)) if whole < costs[stop] else -1
                if slot >= 0:
                    whole += 0.4 * (COMMON_WORD - vocabulary[3][slot])
                    if whole < costs[stop]:
                        costs[stop], backs[stop], kinds[stop] = whole, place, -2
    place, commands = size, 0
    while place:
        commands += kinds[place] >= 0 and not vocabulary[4][kinds[place]] & IS_OPERATOR
        place = backs[place]
    return commands


@nb.njit(**BORROWING)
def character(data, at, end):
    """The code point that begins at ``at``, and where the next one begins."""
    byte = data[at]
    size = 1 if byte < 0xC0 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
    if at + size > end:
        return np.int64(byte), at + 1
    code = np.int64(byte) & (0x7F >> size if size > 1 else 0x7F)
    for place in range(at + 1, at + size):
        code = code << 6 | (data[place] & 0x3F)
    return code, at + size


@nb.njit(inline="always", **BORROWING)
def is_foreign_letter(code):
    """Letters of words, not of formulas: Latin, Cyrillic, ideographs. Greek ones may be repaired mathematics."""
    return (
        (0xC0 <= code < 0x370 and code not in (0xD7, 0xF7))
        or 0x400 <= code < 0x2000
        or 0x2E80 <= code < 0xA4D0
        or 0xAC00 <= code < 0xD7B0
    )


@nb.njit(inline="always", **BORROWING)
def touches_mathematics(data, start, end, first, last):
    """Whether a run stands right before or behind what words of prose do not touch."""
    behind = data[end] if end < last else 32
    before = data[start - 1] if start > first else 32
    return (
        behind in (40, 91, 94, 95, 123) or _is_digit(behind) or is_mathematical(before) or _is_digit(before)
    )


@nb.njit(inline="always", **BORROWING)
def is_part_of_a_word(data, first, last, start, end):
    """Whether a run of ASCII letters goes on in letters of other alphabets."""
    if end < last and data[end] >= 0xC3 and is_foreign_letter(character(data, end, last)[0]):
        return True
    if start == first or data[start - 1] < 128:
        return False
    at = start - 1
    while at > first and data[at] & 0xC0 == 0x80:
        at -= 1
    return is_foreign_letter(character(data, at, last)[0])


@nb.njit(inline="always", **BORROWING)
def _is_chance(what, letters):
    """Whether a run of letters holds the name of one command, of so many letters, by chance."""
    return (what == UNKNOWN and letters <= _SHORT_NAME) or (what == NAME and letters < _SHORT_NAME - 1)


@nb.njit(**BORROWING)
def is_cut(data, first, last, start, end, common, is_foreign, vocabulary, room):
    """Whether a run of letters that is no command is cut into pieces; ``room`` then holds them (``_cut``).

    A plain word of foreign prose is not; nor is a word of small letters for a short name that it holds by chance.
    """
    costs, backs, kinds = room
    size = end - start
    if not 3 <= size <= _MOST_RUN:
        return False
    touches = touches_mathematics(data, start, end, first, last)
    if is_foreign:
        may_be_cut = common == 0 and (touches or _class_of_run(data, start, end, 0) == MIXED)
    else:
        may_be_cut = common == 0 or (touches and size <= MOST_CUT_WORD)
    if not may_be_cut:
        return False
    most, are_several = _commands_within(data, start, size, vocabulary)
    if not most or (
        not are_several
        and not common
        and size - most >= LEAST_WORD
        and _is_chance(_class_of_run(data, start, end, 0), most)
    ):
        return False
    commands = _cut(data, start, size, vocabulary, common == 0, costs, backs, kinds)
    singles = letters = others = 0
    place = size
    while place:
        if kinds[place] == -1:
            singles += 1
        elif kinds[place] >= 0:
            others += vocabulary[4][kinds[place]] & IS_OPERATOR
            letters += place - backs[place]
        place = backs[place]
    if not commands or singles > 2 + 2 * commands or (common and singles > 2):
        return False
    if commands > 1 or others or common or size - letters < LEAST_WORD:
        return True
    return not _is_chance(_class_of_run(data, start, end, 0), letters)


@nb.njit(inline="always", **BORROWING)
def _add(tokens, keys, count, start, end, what, gap, command, run, key):
    tokens[count, START], tokens[count, END], tokens[count, CLASS] = start, end, what
    tokens[count, GAP], tokens[count, COMMAND], tokens[count, RUN] = gap, command, run
    tokens[count, WAS] = 0
    keys[count] = key
    return count + 1


@nb.njit(inline="always", **BORROWING)
def _add_run(
    data, first, last, start, end, gap, exact, in_small, vocabulary, room, tokens, keys, count, is_foreign
):
    """Add the tokens of one run of letters, whose hashes are given."""
    size = end - start
    common = how_common(in_small, size, vocabulary)
    is_raw = start > first and data[start - 1] == 92
    is_part = is_part_of_a_word(data, first, last, start, end)
    command = np.int64(-1) if is_raw or is_part else command_of(exact, size, vocabulary)
    key = exact if size == 1 or command >= 0 else in_small
    if command >= 0:
        group = vocabulary[4][command]
        what = OPERATOR if group & IS_OPERATOR else COMMAND_WORD if group & IS_WORD else SURE_COMMAND
        count = _add(tokens, keys, count, start, end, what, gap, command, -1, key)
        tokens[count - 1, WAS] = common
        return count
    if (
        not is_raw
        and not is_part
        and is_cut(data, first, last, start, end, common, is_foreign, vocabulary, room)
    ):
        return _add_pieces(data, start, size, gap, vocabulary, room, tokens, keys, count, common)
    return _add(tokens, keys, count, start, end, _class_of_run(data, start, end, common), gap, -1, -1, key)


@nb.njit(**BORROWING)
def _add_pieces(data, start, size, gap, vocabulary, room, tokens, keys, count, common):
    """Add the pieces of a run that was cut, and say of each what the run is."""
    _, backs, kinds = room
    pieces, place = 0, size
    while place:
        pieces += 1
        place = backs[place]
    whole = _class_of_run(data, start, start + size, common)
    at, stop = count + pieces, size
    while stop:
        at -= 1
        begin, kind = start + backs[stop], kinds[stop]
        end = start + stop
        what = _class_of_run(data, begin, end, 1) if kind < 0 else WORD
        if kind >= 0:
            group = vocabulary[4][kind]
            what = OPERATOR if group & IS_OPERATOR else COMMAND_WORD if group & IS_WORD else SURE_COMMAND
        key = key_of(data, begin, end, kind == -2)
        _add(tokens, keys, at, begin, end, what, gap if backs[stop] == 0 else 0, max(kind, -1), count, key)
        tokens[at, WAS] = whole
        stop = backs[stop]
    return count + pieces


@nb.njit(inline="always", **BORROWING)
def stands_alone(data, start, end, first, last):
    """Whether a run of letters is a whole word of prose: spaces or brackets around it, or the end of a sentence behind it."""
    if start > first and not (
        _is_space(data[start - 1]) or data[start - 1] in (34, 39, 40) or data[start - 1] >= 0x80
    ):
        return False
    if end == last or _is_space(data[end]) or data[end] >= 0x80:
        return True
    return data[end] in (33, 34, 39, 41, 44, 46, 58, 59, 63) and (end + 1 == last or _is_space(data[end + 1]))


@nb.njit(inline="always", **BORROWING)
def is_unknown(longest, left):
    """Whether a run is a word of no known language, by its longest command and what is left: no ``ntimes``, a long name and a letter or two."""
    return left > 0 and (longest < _LONG_NAME or left > _FEW_LETTERS)


@nb.njit(inline="always", **BORROWING)
def _is_unknown_word(tokens, before, count):
    """Whether the tokens from ``before`` are an unknown word."""
    longest, left = 0, tokens[count - 1, END] - tokens[before, START]
    for at in range(before, count):
        if tokens[at, COMMAND] >= 0:
            size = tokens[at, END] - tokens[at, START]
            longest = max(longest, size)
            left -= size
    return is_unknown(longest, left)


@nb.njit(**BORROWING)
def _tokenize(data, first, last, vocabulary, room, tokens, keys, is_foreign):
    """Cut a text into tokens; how many, or -1 where most of its words are foreign and that was not said."""
    names, _, lexicon, levels, _, _ = vocabulary
    count, at, gap = 0, first, 1
    known = unknown = 0
    while at < last:
        byte = data[at]
        if _is_space(byte):
            gap = max(gap, 2 if byte == 10 else 1)
            at += 1
            continue
        start = at
        if _is_letter(byte):
            exact = in_small = _SEED
            capitals = 0
            while at < last and _is_letter(data[at]):
                exact, in_small = _step(exact, data[at]), _step(in_small, _small(data[at]))
                capitals += data[at] < 97
                at += 1
            exact, in_small = mix(exact), mix(in_small)
            size = at - start
            if size > 1 and capitals <= (start < at and data[start] < 97) and size <= MOST_WORD:
                slot = _find(lexicon, in_small)
                if (
                    slot >= 0
                    and _find(names, exact) < 0
                    and not touches_mathematics(data, start, at, first, last)
                ):
                    tokens[count, START], tokens[count, END] = start, at
                    tokens[count, CLASS] = COMMON if levels[slot] == COMMON_WORD else WORD
                    tokens[count, GAP], tokens[count, COMMAND], tokens[count, RUN] = gap, -1, -1
                    tokens[count, WAS] = 0
                    keys[count] = in_small
                    count += 1
                    gap = 0
                    known += size >= LEAST_WORD and capitals == 0
                    continue
            before = count
            count = _add_run(
                data,
                first,
                last,
                start,
                at,
                gap,
                exact,
                in_small,
                vocabulary,
                room,
                tokens,
                keys,
                count,
                is_foreign,
            )
            is_asked = (
                not is_foreign and size >= LEAST_WORD and capitals == 0 and _find(lexicon, in_small) < 0
            )
            if (
                is_asked
                and stands_alone(data, start, at, first, last)
                and _is_unknown_word(tokens, before, count)
            ):
                unknown += 1
                if unknown >= MANY_UNKNOWN and 2 * unknown > known:
                    return -1
        elif _is_digit(byte):
            at += 1
            while at < last and (
                _is_digit(data[at]) or (data[at] in (44, 46) and at + 1 < last and _is_digit(data[at + 1]))
            ):
                at += 1
            key = np.uint64(byte) if at - start == 1 else np.uint64(100 + min(at - start, 6))
            count = _add(tokens, keys, count, start, at, NUMBER, gap, -1, -1, key)
        else:
            code, at = character(data, at, last)
            what = SIGN + code if code < 128 else LETTER if is_foreign_letter(code) else SYMBOL
            count = _add(tokens, keys, count, start, at, what, gap, -1, -1, np.uint64(code))
        gap = 0
    if unknown >= LEAST_UNKNOWN and 5 * unknown > known:
        return -1
    return count


@nb.njit(inline="always", **BORROWING)
def _bucket(number):
    return number if number < 3 else 3 if number < 5 else 4 if number < 9 else 5 if number < 17 else 6


@nb.njit(inline="always", **BORROWING)
def _class(tokens, count, at):
    return tokens[at, CLASS] if 0 <= at < count else EDGE


@nb.njit(inline="always", **BORROWING)
def _key(keys, count, at):
    return keys[at] if 0 <= at < count else np.uint64(7)


@nb.njit(inline="always", **BORROWING)
def _gap(tokens, count, at):
    """The space before a token."""
    return tokens[at, GAP] if 0 <= at < count else 1


@nb.njit(inline="always", **BORROWING)
def is_of_capitals(data, start, end):
    """Whether a run of letters is two or three capitals."""
    if end - start not in (2, 3):
        return False
    return data[start] < 97 and data[start + 1] < 97 and data[end - 1] < 97


@nb.njit(inline="always", **BORROWING)
def _is_operand(data, start, end, kind, is_near, vocabulary):
    """Whether a run of letters is an operand: a single letter but no article, or a command that is no common word or size.

    Beside what multiplies a few capitals are one too: "HW times C".
    """
    if end - start == 1:
        return data[start] != 97
    if kind == TIMES and is_of_capitals(data, start, end):
        return True
    command = command_of(key_of(data, start, end, False), end - start, vocabulary)
    if command < 0:
        return False
    in_small = key_of(data, start, end, True)
    kind = vocabulary[4][command]
    if kind & IS_OPERATOR:
        return is_near
    return kind & GROUP != SIZE and how_common(in_small, end - start, vocabulary) != COMMON_WORD


@nb.njit(**BORROWING)
def _operand_before(data, first, start, kind, of_numbers, is_near, vocabulary):
    """2 where an operand may touch a word on its left, 1 where one may stand there, -1 where it is a part of a compound, else 0."""
    at = start - 1
    while at >= first and _is_space(data[at]):
        at -= 1
    if at < first or data[at] >= 128:
        return 0
    touches = at == start - 1
    byte = data[at]
    if _is_letter(byte):
        run = at
        while run > first and _is_letter(data[run - 1]):
            run -= 1
        if run == at and run > first and _is_digit(data[run - 1]) and not is_near:  # the unit of "3.8B"
            return 0
        return np.int64(_is_operand(data, run, at + 1, kind, is_near, vocabulary))
    if _is_digit(byte):
        return 2 if touches else np.int64(of_numbers)
    if touches and byte == 45 and at > first and _is_letter(data[at - 1]):
        return -1
    if byte in (34, 39, 40, 44, 45, 46, 47, 58, 59, 91, 96):  # " ' ( , - . / : ; [ `
        return 0
    return 2 if touches else np.int64(is_near or (of_numbers and byte == 41))


@nb.njit(**BORROWING)
def _operand_behind(data, last, end, kind, of_numbers, is_near, vocabulary):
    """1 where what stands behind a word may be its operand, -1 where it is a part of a compound or ends a clause, else 0."""
    at = end
    while at < last and _is_space(data[at]):
        at += 1
    if at == last:
        return -1
    if data[at] >= 128:
        return 0
    touches = at == end
    byte = data[at]
    behind = data[at + 1] if at + 1 < last else 32
    if _is_letter(byte):
        run = at + 1
        while run < last and _is_letter(data[run]):
            run += 1
        if run == at + 1 and (behind == 45 or _is_digit(behind)) and not is_near:  # "S-matrix", "Q3"
            return 0
        return np.int64(_is_operand(data, at, run, kind, is_near, vocabulary))
    if _is_digit(byte):
        return np.int64(touches or of_numbers)
    if touches and (
        (byte == 45 and _is_letter(behind)) or (byte in (33, 44, 46, 58, 59, 63) and _is_space(behind))
    ):
        return -1
    if byte in (34, 39, 41, 44, 45, 46, 47, 58, 59, 63, 93):  # " ' ) , - . / : ; ? ]
        return np.int64(is_near and not touches)
    return np.int64(touches or is_near or byte == 91 or (of_numbers and byte == 40))


@nb.njit(inline="always", **BORROWING)
def _is_comparative(data, end, last):
    """Whether a word that ends in "er" follows, or "more", "less", "as": "5 times larger" is English."""
    at = end
    while at < last and _is_space(data[at]):
        at += 1
    run = at
    while run < last and _is_letter(data[run]):
        run += 1
    if run - at == 2:
        return data[at] == 97 and data[at + 1] == 115
    if run - at == 4 and data[at + 1] in (101, 111) and data[run - 1] in (101, 115):
        return data[at] in (108, 109) and data[at + 2] in (114, 115)
    return run - at > 4 and data[run - 1] == 114 and data[run - 2] == 101


@nb.njit(**BORROWING)
def may_be_command(data, first, last, start, end, kind, common, is_near, vocabulary):
    """Whether a word, ``common`` or less so, can be the command of its name, by what is right beside it.

    Commands have operands: letters, commands, numbers, or what touches them as it does not touch words. Numbers are none of common
    words but those that multiply, for "from 3 to 5" is English. Where mathematics is near more may be one.
    """
    is_common = common == COMMON_WORD
    if not is_common and (kind in FREE or (kind == OTHER and common < 2)):
        return True
    if is_common and kind in (FONT, SWITCH):
        return is_near
    stands_alone = first < start and end < last and _is_space(data[start - 1]) and _is_space(data[end])
    if kind == TIMES and stands_alone and _is_comparative(data, end, last):
        return False
    of_numbers = kind == TIMES or is_near or not (is_common or kind == ACCENT)
    behind = _operand_behind(data, last, end, kind, of_numbers, is_near, vocabulary)
    if kind == ACCENT:
        return behind > 0
    before = _operand_before(data, first, start, kind, of_numbers, is_near, vocabulary)
    if kind in BETWEEN and (before < 0 or (behind < 0 and before < 2)):
        return False
    return before > 0 or behind > 0


@nb.njit(**BORROWING)
def _stands_between_words(tokens, count, at):
    """Whether a token stands between words of prose, or before a comma or a full stop."""
    left, right = _class(tokens, count, at - 1), _class(tokens, count, at + 1)
    return left in (COMMON, WORD, LETTER, COMMAND_WORD, UNKNOWN, NAME) and right in (
        COMMON, WORD, LETTER, COMMAND_WORD, UNKNOWN, NAME, SIGN + 44, SIGN + 46,
    )  # fmt: skip


@nb.njit(**BORROWING)
def _find_candidates(data, first, last, tokens, count, near, vocabulary, is_foreign, is_training, found):
    """Note the candidates among the tokens; how many. A word that is a command needs something beside it (``may_be_command``).

    In foreign prose any name may be a word (``le``, ``ne``, ``mu``): there something mathematical must be close. To train,
    words are candidates unless they stand between words and far from mathematics: what they look like is to be learned.
    """
    number = 0
    for at in range(count):
        command = tokens[at, COMMAND]
        if command < 0 or tokens[at, CLASS] == OPERATOR:
            continue
        run = tokens[at, RUN]
        shape = 0
        if is_foreign and (
            near[min(count, at + _CLOSE + 1)] == near[max(0, at - _CLOSE)]
            or (
                (vocabulary[4][command] & GROUP) in BETWEEN
                and EDGE < _class(tokens, count, at - 1) < SYMBOL
                and tokens[at - 1, END] - tokens[at - 1, START] > 1
                and EDGE < _class(tokens, count, at + 1) < SYMBOL
                and tokens[at + 1, END] - tokens[at + 1, START] > 1
            )
        ):
            continue
        if run >= 0:
            singles = words = commands = 0
            piece = run
            while piece < count and tokens[piece, RUN] == run:
                what = tokens[piece, CLASS]
                singles += what in (SMALL, CAPITAL)
                words += what == WORD
                commands += what in (SURE_COMMAND, COMMAND_WORD)
                piece += 1
            if (
                words
                and tokens[at, CLASS] == COMMAND_WORD
                and near[run] == near[max(0, run - 1)]
                and (near[min(count, piece + 1)] == near[min(count, piece)])
            ):
                continue  # a name of two words, as OpenDelta
            shape = 1 + min(singles, 4) + 5 * min(words, 2) + 15 * min(commands, 3) + 60 * tokens[at, WAS]
        elif tokens[at, CLASS] == COMMAND_WORD:
            common = tokens[at, WAS]
            if is_training:
                is_far = near[min(count, at + _NEAR + 1)] == near[max(0, at - _NEAR)]
                if common == COMMON_WORD and is_far and _stands_between_words(tokens, count, at):
                    continue
            else:
                is_near = near[min(count, at + _CLOSE + 1)] > near[max(0, at - _CLOSE)]
                start, end, kind = tokens[at, START], tokens[at, END], vocabulary[4][command] & GROUP
                if (common == COMMON_WORD or not is_near) and not may_be_command(
                    data, first, last, start, end, kind, common, is_near, vocabulary
                ):
                    continue
        found[number, TOKEN], found[number, NUMBER_OF], found[number, SHAPE] = at, command, shape
        number += 1
    return number


@nb.njit(inline="always", **BORROWING)
def _piece(out, template, group, a, b, c):
    """Write one piece of evidence: what it is, of which group or command, and three facts."""
    h = np.uint64(template + 1) * _FACTOR + np.uint64(group + 1)
    h = mix(h) ^ (np.uint64(a) * _OTHER)
    h = mix(h) ^ (np.uint64(b) * _FACTOR)
    out[template] = mix(h + np.uint64(c) * _OTHER)


@nb.njit(inline="always", **BORROWING)
def _is_mathematical_symbol(code):
    """Greek, ± × ÷, and what stands behind the punctuation of Unicode: scripts, letter-like signs, arrows, operators."""
    return code in (0xB1, 0xD7, 0xF7) or 0x370 <= code < 0x400 or 0x2070 <= code < 0x2C00


@nb.njit(**BORROWING)
def _has_mathematics(data, first, last):
    """Whether a sign or a symbol of mathematics stands in a text."""
    for at in range(first, last):
        byte = data[at]
        if is_mathematical(byte) or (
            byte in (0xC2, 0xC3, 0xCD, 0xCE, 0xCF, 0xE2)
            and _is_mathematical_symbol(character(data, at, last)[0])
        ):
            return True
    return False


@nb.njit(**BORROWING)
def _context(data, tokens, keys, count, near, singles, scripts, is_foreign):
    """What the text is as a whole, and counts up to each token of what is mathematical, and of single letters."""
    signs = raw = numbers = escaped = percents = typed = quotes = dashes = dollars = 0
    depth, parens = 0, 0
    near[0] = singles[0] = 0
    script_depth = 0
    for at in range(count):
        what = tokens[at, CLASS]
        sign = what - SIGN
        is_sign = what >= SIGN and is_mathematical(sign)
        signs += is_sign
        near[at + 1] = near[at] + (
            is_sign
            or (what == SYMBOL and (not is_foreign or _is_mathematical_symbol(keys[at])))
            or (what == SURE_COMMAND and not is_foreign)
        )
        singles[at + 1] = singles[at] + (
            what in (CAPITAL, OPERATOR) or (what == SMALL and data[tokens[at, START]] != 97)
        )
        numbers += what == NUMBER
        after = tokens[at + 1, CLASS] - SIGN if at + 1 < count and tokens[at + 1, GAP] == 0 else 0
        if sign == 92:
            raw += after < 0
            escaped += after > 0
        elif sign == 37:
            percents += not (at and tokens[at - 1, CLASS] == SIGN + 92)
        elif sign == 36:
            dollars += 1
        elif sign in (33, 60, 62, 126):  # "!=", "<=", ">=", "~="
            typed += after == 61
        elif sign == 45:
            dashes += after == 45
            typed += after == 62
        elif sign == 43:  # "+-", "+/-"
            typed += after in (45, 47)
        elif sign in (39, 96):
            quotes += after == sign
        if sign == 123:
            depth += 1
            before = _class(tokens, count, at - 1) - SIGN
            if script_depth == 0 and before in (94, 95):
                script_depth = depth
        elif sign == 125:
            if depth == script_depth:
                script_depth = 0
            depth = max(0, depth - 1)
        elif sign in (40, 91):
            parens += 1
        elif sign in (41, 93):
            parens = max(0, parens - 1)
        scripts[at] = (4 if script_depth else 0) + (2 if depth else 0) + (1 if parens else 0)
    return signs, raw, numbers, escaped, percents, typed, quotes, dashes, dollars


@nb.njit(**BORROWING)
def _evidence(tokens, keys, count, near, singles, scripts, facts, vocabulary, candidate, alike, out):
    """Write the evidence of a candidate that can be seen at the first look."""
    at, command, shape = candidate[TOKEN], candidate[NUMBER_OF], candidate[SHAPE]
    signs, raw, sure = facts
    kind = vocabulary[4][command]
    g = np.int64(kind & (GROUP | IS_WORD))
    c = np.int64(command) + 1000
    l1, l2, l3 = _class(tokens, count, at - 1), _class(tokens, count, at - 2), _class(tokens, count, at - 3)
    r1, r2, r3 = _class(tokens, count, at + 1), _class(tokens, count, at + 2), _class(tokens, count, at + 3)
    k1, k2 = _key(keys, count, at - 1), _key(keys, count, at - 2)
    m1, m2 = _key(keys, count, at + 1), _key(keys, count, at + 2)
    gl, gr = _gap(tokens, count, at), _gap(tokens, count, at + 1)
    gll, grr = _gap(tokens, count, at - 1), _gap(tokens, count, at + 2)
    left, right = gl * 256 + l1, gr * 256 + r1
    left2, right2 = gll * 256 + l2, grr * 256 + r2
    low, high = max(0, at - _NEAR), min(count, at + _NEAR + 1)
    dense = _bucket(near[high] - near[low])
    close = _bucket(near[min(count, at + 4)] - near[max(0, at - 3)])
    alone = _bucket(singles[high] - singles[low])
    script = scripts[at]
    many, others, twins = _bucket(signs), _bucket(sure), _bucket(alike)
    is_raw = min(raw, 2)
    _piece(out, 0, 0, 0, 0, 0)
    _piece(out, 1, c, 0, 0, 0)
    _piece(out, 2, g, 0, 0, 0)
    _piece(out, 3, c, left, 0, 0)
    _piece(out, 4, c, right, 0, 0)
    _piece(out, 5, g, left, right, 0)
    _piece(out, 6, c, left, right, 0)
    _piece(out, 7, g, gl, k1, 0)
    _piece(out, 8, g, gr, m1, 0)
    _piece(out, 9, c, gl, k1, 0)
    _piece(out, 10, c, gr, m1, 0)
    _piece(out, 11, g, k1, m1, gl * 4 + gr)
    _piece(out, 12, g, left, left2, 0)
    _piece(out, 13, g, right, right2, 0)
    _piece(out, 14, g, k1, k2, gl * 4 + gll)
    _piece(out, 15, g, m1, m2, gr * 4 + grr)
    _piece(out, 16, c, m1, m2, gr * 4 + grr)
    _piece(out, 17, g, left * 1024 + left2, right * 1024 + right2, 0)
    _piece(out, 18, g, shape, gl * 4 + gr, 0)
    _piece(out, 19, c, shape, 0, 0)
    _piece(out, 20, g, script, 0, 0)
    _piece(out, 21, c, script, 0, 0)
    _piece(out, 22, g, many, 0, 0)
    _piece(out, 23, c, many, 0, 0)
    _piece(out, 24, c, others, 0, 0)
    _piece(out, 25, g, is_raw, many, 0)
    _piece(out, 26, g, dense, alone, 0)
    _piece(out, 27, c, dense, 0, 0)
    _piece(out, 28, c, close, 0, 0)
    _piece(out, 29, c, twins, 0, 0)
    _piece(out, 30, g, left, right, 1 + close)
    _piece(out, 31, c, left, left2, 1)
    _piece(out, 32, c, right, right2, 1)
    _piece(out, 33, c, k1, k2, gl * 4 + gll)
    _piece(out, 34, g, l3 * 256 + l2, l1, gl * 4 + gll)
    _piece(out, 35, g, r3 * 256 + r2, r1, gr * 4 + grr)


@nb.njit(**BORROWING)
def _words_near(tokens, keys, count, candidate, vocabulary, out):
    """Write the words near a candidate, for its command and for its group."""
    at, command = candidate[TOKEN], candidate[NUMBER_OF]
    g = np.int64(vocabulary[4][command] & (GROUP | IS_WORD))
    c = np.int64(command) + 1000
    for step in range(2 * _NEAR):
        place = at - _NEAR + step if step < _NEAR else at + step - _NEAR + 1
        if 0 <= place < count and CAPITAL < tokens[place, CLASS] < SIGN:
            side = np.int64(step >= _NEAR)
            _piece(out, PIECES + step, c, keys[place], side, 3)
            _piece(out, PIECES + 2 * _NEAR + step, g, keys[place], side, 3)
        else:
            out[PIECES + step] = out[PIECES + 2 * _NEAR + step] = 0


@nb.njit(inline="always", **BORROWING)
def says(piece, slots, values):
    """What a piece of evidence says: log odds against what is usual for the command."""
    slot = _find(slots, piece)
    return values[slot] if slot >= 0 else np.float32(0)


@nb.njit(**BORROWING)
def _weigh(pieces, slots, values, features):
    """Write what the pieces of evidence say."""
    for n in range(PIECES):
        features[n] = says(pieces[n], slots, values)
    for half in range(2):
        total = least = most = np.float32(0)
        first = PIECES + half * 2 * _NEAR
        for n in range(first, first + 2 * _NEAR):
            if pieces[n]:
                value = says(pieces[n], slots, values)
                total += value
                least, most = min(least, value), max(most, value)
        features[PIECES + 3 * half] = total
        features[PIECES + 3 * half + 1] = least
        features[PIECES + 3 * half + 2] = most


@nb.njit(**BORROWING)
def _count(tokens, count, near, singles, scripts, context, sure, candidate, alike, number, features):
    """Write counts of what is around a candidate, and in the whole text."""
    at = candidate[TOKEN]
    low, high = max(0, at - _NEAR), min(count, at + _NEAR + 1)
    features[_COUNTED] = near[high] - near[low]
    features[_COUNTED + 1] = near[min(count, at + 4)] - near[max(0, at - 3)]
    features[_COUNTED + 2] = singles[high] - singles[low]
    features[_COUNTED + 3] = scripts[at]
    features[_COUNTED + 4] = sure
    features[_COUNTED + 5] = alike
    features[_COUNTED + 6] = number
    features[_COUNTED + 7] = count
    features[_COUNTED + 8] = tokens[at, END] - tokens[at, START]
    for n in range(9):
        features[_COUNTED + 9 + n] = context[n]


@nb.njit(**BORROWING)
def _climb(trees, features):
    """The sum of the leaves that a candidate comes to; what is hopeless early on is not looked at further."""
    what, threshold, left, right, value, roots = trees
    total = np.float32(0)
    for tree in range(roots.size):
        if tree == _ENOUGH_TREES and total < _HOPELESS:
            break
        node = roots[tree]
        while left[node] >= 0:
            node = left[node] if features[what[node]] <= threshold[node] else right[node]
        total += value[node]
    return total


@nb.njit(**BORROWING)
def _switches_a_letter(tokens, count, at):
    """Whether a switch of font with a name of two letters is followed by capitals, or by a letter that is a script or has one."""
    if tokens[at, END] - tokens[at, START] != 2 or _gap(tokens, count, at + 1) != 1:  # "mit A" is German
        return False
    behind, gap = _class(tokens, count, at + 1), _gap(tokens, count, at + 2)
    before, after = _class(tokens, count, at - 1) - SIGN, _class(tokens, count, at + 2) - SIGN
    is_script = before in (94, 95) and _gap(tokens, count, at) == 0 and behind in (SMALL, CAPITAL, NUMBER)
    has_script = behind in (SMALL, CAPITAL) and after in (94, 95) and gap == 0
    return is_script or has_script or (behind == CAPITALS and _gap(tokens, count, at) == 1)


@nb.njit(**BORROWING)
def _is_certain(data, first, last, tokens, count, candidate, vocabulary, alike):
    """What no prose has: ``64{times}64``, ``scriptsizeFLaws``, ``tilde O(n)``, ``sqrt{n}``, items of a list after ``bullet``."""
    at = candidate[TOKEN]
    start, end = tokens[at, START], tokens[at, END]
    kind = vocabulary[4][candidate[NUMBER_OF]]
    group = kind & GROUP
    if kind & IS_LIST_MARK:
        before, behind = _class(tokens, count, at - 1) - SIGN, _class(tokens, count, at + 1)
        return (
            alike > 1
            and before in (-SIGN, 46, 58, 59, 44, 93)
            and behind in (CAPITAL, COMMON, WORD, NAME, CAPITALS, MIXED)
            and _gap(tokens, count, at) > 0
            and _gap(tokens, count, at + 1) > 0
        )
    if group == ACCENT and tokens[at, WAS] != COMMON_WORD:
        letter, behind = _class(tokens, count, at + 1), _class(tokens, count, at + 2) - SIGN
        return (
            letter in (SMALL, CAPITAL, SURE_COMMAND, COMMAND_WORD)
            and behind in (40, 94, 95)
            and _gap(tokens, count, at + 1) < 2
            and _gap(tokens, count, at + 2) == 0
        )
    if group in WITH_BRACES and end < last:
        return data[end] == 123 or (group == ROOT and data[end] == 91)
    if group == SWITCH and not kind & IS_WORD:
        is_glued = end - start >= _LONG_SWITCH and end < last and 65 <= data[end] <= 90
        return is_glued or _switches_a_letter(tokens, count, at)
    if (
        group in BETWEEN
        and start - 2 >= first
        and end + 1 < last
        and data[start - 1] == 123
        and data[end] == 125
    ):
        left, right = data[start - 2], data[end + 1]
        return (_is_letter(left) or _is_digit(left)) and (_is_letter(right) or _is_digit(right))
    return False


@nb.njit(**OPTIONS)
def _judge_text(data, first, last, vocabulary, model, room, tokens, keys, counters, found, keep, is_training):
    """Find and judge the candidates of one text: two scores of each, its features, and its pieces of evidence to keep."""
    near, singles, scripts, candidates, best, second, alike = counters
    slots, values, trees, trees_of_second = model
    count = _tokenize(data, first, last, vocabulary, room, tokens, keys, False)
    is_foreign = count < 0
    if is_foreign:
        if not _has_mathematics(data, first, last):
            return (
                np.empty((0, 2), np.float32),
                np.empty((0, FEATURES), np.float32),
                np.empty((0, TEMPLATES), np.uint64),
            )
        count = _tokenize(data, first, last, vocabulary, room, tokens, keys, True)
    context = _context(data, tokens, keys, count, near, singles, scripts, is_foreign)
    number = _find_candidates(
        data, first, last, tokens, count, near, vocabulary, is_foreign, is_training, found
    )
    if number > MOST_OF_A_TEXT and number * LEAST_BYTES > last - first and not is_training:
        number = 0
    scores = np.empty((number, 2), np.float32)
    features = np.empty((number, FEATURES), np.float32)
    pieces = np.empty((number if keep else min(number, 1), TEMPLATES), np.uint64)
    if number == 0:
        return scores, features, pieces
    sure = 0
    for n in range(number):
        command = found[n, NUMBER_OF]
        alike[command] = 0
        best[command] = second[command] = -99.0
    for n in range(number):
        alike[found[n, NUMBER_OF]] += 1
        sure += tokens[found[n, TOKEN], CLASS] == SURE_COMMAND
    facts = (context[0], context[1], sure)
    for n in range(number):
        out, row = pieces[n % pieces.shape[0]], features[n]
        same = alike[found[n, NUMBER_OF]]
        _evidence(tokens, keys, count, near, singles, scripts, facts, vocabulary, found[n], same, out)
        _words_near(tokens, keys, count, found[n], vocabulary, out)
        _weigh(out, slots, values, row)
        _count(tokens, count, near, singles, scripts, context, sure, found[n], same, number, row)
        scores[n, 0] = _climb(trees, row)
    if scores[:number, 0].max() > _WORTH_A_LOOK:
        _look_again(tokens, count, trees_of_second, candidates, best, second, found, number, features, scores)
    else:
        features[:number, FIRST_FEATURES:] = _HOPELESS
        scores[:number, 1] = scores[:number, 0]
    for n in range(number):
        same = alike[found[n, NUMBER_OF]]
        if _is_certain(data, first, last, tokens, count, found[n], vocabulary, same):
            scores[n, 1] = _CERTAIN
        elif (
            tokens[found[n, TOKEN], RUN] < 0
            and tokens[found[n, TOKEN], WAS] == COMMON_WORD
            and tokens[found[n, TOKEN], CLASS] == COMMAND_WORD
        ):
            scores[n, 1] -= _COMMON_WORD_COST
    return scores, features, pieces


@nb.njit(**BORROWING)
def _look_again(tokens, count, trees, candidates, best, second, found, number, features, scores):
    """Judge the candidates of a text knowing how they were judged alone."""
    accepted = likely = 0
    candidates[:count] = -1
    for n in range(number):
        command, score = found[n, NUMBER_OF], scores[n, 0]
        candidates[found[n, TOKEN]] = n
        accepted += score > 0
        likely += score > 2
        if score > best[command]:
            best[command], second[command] = score, best[command]
        elif score > second[command]:
            second[command] = score
    for n in range(number):
        at, command, own = found[n, TOKEN], found[n, NUMBER_OF], scores[n, 0]
        row = features[n]
        before = behind = before_that = behind_that = mates = np.float32(-20)
        for place in range(max(0, at - _NEAR), at):
            if candidates[place] >= 0:
                score = scores[candidates[place], 0]
                before_that = max(before_that, score)
                if place >= at - 2:
                    before = score
        for place in range(min(count - 1, at + _NEAR), at, -1):
            if candidates[place] >= 0:
                score = scores[candidates[place], 0]
                behind_that = max(behind_that, score)
                if place <= at + 2:
                    behind = score
        run = tokens[at, RUN]
        if run >= 0:
            mates = np.float32(20)
            for place in range(run, min(count, run + _MOST_RUN)):
                if tokens[place, RUN] != run:
                    break
                if place != at and candidates[place] >= 0:
                    mates = min(mates, scores[candidates[place], 0])
        row[FIRST_FEATURES] = own
        row[FIRST_FEATURES + 1] = before
        row[FIRST_FEATURES + 2] = behind
        row[FIRST_FEATURES + 3] = before_that
        row[FIRST_FEATURES + 4] = behind_that
        row[FIRST_FEATURES + 5] = mates
        row[FIRST_FEATURES + 6] = second[command] if best[command] == own else best[command]
        row[FIRST_FEATURES + 7] = accepted - (own > 0)
        row[FIRST_FEATURES + 8] = likely - (own > 2)
        row[FIRST_FEATURES + 9] = number - accepted
        scores[n, 1] = _climb(trees, row)


@nb.njit(inline="always", **BORROWING)
def _most_bytes(offsets, first_row, last_row):
    most = 0
    for row in range(first_row, last_row):
        most = max(most, offsets[row + 1] - offsets[row])
    return most


@nb.njit(**OPTIONS)
def room_to_cut():
    """Arrays for the pieces of a run."""
    return (
        np.empty(_MOST_RUN + 1, np.float32),
        np.empty(_MOST_RUN + 1, np.int64),
        np.empty(_MOST_RUN + 1, np.int64),
    )


@nb.njit(**OPTIONS)
def _room(most, commands):
    """Arrays for texts of so many bytes."""
    tokens = np.empty((most + 1, TOKEN_COLUMNS), np.int32)
    keys = np.empty(most + 1, np.uint64)
    counters = (
        np.empty(most + 2, np.int32),
        np.empty(most + 2, np.int32),
        np.empty(most + 2, np.int32),
        np.empty(most + 2, np.int32),
        np.empty(commands, np.float32),
        np.empty(commands, np.float32),
        np.empty(commands, np.int64),
    )
    return room_to_cut(), tokens, keys, counters


@nb.njit(nb.void(U8, I64, nb.int64, nb.int64, VOCABULARY, MODEL, nb.float32[::1]), **OPTIONS)
def best_scores(data, offsets, first_row, last_row, vocabulary, model, scores):
    """The score of the best candidate of each text; -99 where it has none."""
    most = _most_bytes(offsets, first_row, last_row)
    room, tokens, keys, counters = _room(most, vocabulary[4].size)
    found = np.empty((most // 2 + 2, FOUND_COLUMNS), np.int32)
    for row in range(first_row, last_row):
        text = data[offsets[row] : offsets[row + 1]]
        judged, _, _ = _judge_text(
            text,
            0,
            text.size,
            vocabulary,
            model,
            room,
            tokens,
            keys,
            counters,
            found,
            False,
            False,
        )
        best = np.float32(-99)
        for n in range(judged.shape[0]):
            best = max(best, judged[n, 1])
        scores[row] = best


@nb.njit(nb.types.Tuple((_I64_2D, _U64_2D, _F32_2D, _F32_2D))(U8, VOCABULARY, MODEL, nb.boolean), **OPTIONS)
def judge(data, vocabulary, model, is_training):
    """The candidates of one text: start, end, command and run, pieces of evidence, features and two scores of each."""
    room, tokens, keys, counters = _room(data.size, vocabulary[4].size)
    found = np.empty((data.size // 2 + 2, FOUND_COLUMNS), np.int32)
    scores, features, pieces = _judge_text(
        data,
        0,
        data.size,
        vocabulary,
        model,
        room,
        tokens,
        keys,
        counters,
        found,
        True,
        is_training,
    )
    places = np.empty((scores.shape[0], 4), np.int64)
    for n in range(scores.shape[0]):
        token = tokens[found[n, TOKEN]]
        places[n, 0], places[n, 1] = token[START], token[END]
        places[n, 2], places[n, 3] = token[COMMAND], token[RUN]
    return places, pieces, features, scores


@nb.njit(**OPTIONS)
def keys_of(data, offsets, in_small):
    """The hash of each word of a column."""
    keys = np.empty(offsets.size - 1, np.uint64)
    for n in range(keys.size):
        keys[n] = key_of(data, offsets[n], offsets[n + 1], in_small)
    return keys


@nb.njit(**OPTIONS)
def fill_slots(values, slots):
    """Put each value into a table whose size is a power of two; its slot of each."""
    places = np.empty(values.size, np.int64)
    last = np.uint64(slots.size - 1)
    for n in range(values.size):
        slot = values[n] & last
        while slots[slot] != 0 and slots[slot] != values[n]:
            slot = (slot + np.uint64(1)) & last
        slots[slot] = values[n]
        places[n] = np.int64(slot)
    return places
