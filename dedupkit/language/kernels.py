"""Compiled loops over Arrow buffers: text to n-grams, their sums of log probabilities, and a verdict.

What is an n-gram follows langdetect 1.0.9 character by character (``Detector.append``, ``cleaning_text``,
``NGram.add_char``, ``_extract_ngrams``); ``profiles.py`` brings its tables. Each row is judged alone and its sums are
in the order of its text, so a verdict depends on nothing but its text.
"""

from __future__ import annotations

from typing import Final

import numba as nb
import numpy as np

from dedupkit.matches.kernels import BORROWING, I64, OPTIONS

#: What ``judge`` says of a text.
NAMED, NO_LETTERS, ADDRESS, FORMAL, SHORT, MIXED, UNSURE, UNKNOWN, CAPITALS = range(9)

#: Letters after which the head of a text ends, at the next space.
HEAD_LETTERS: Final = 200

#: Characters that are read of a text at most, as langdetect does.
MOST_CHARS: Final = 10_000

#: Below it no language is named: the best one is less likely right than wrong (measured).
UNSURE_SCORE: Final = 0.4

#: Mean evidence of n-grams below which a text is in no language of the profiles. N-grams that a profile does not have
#: are 0, texts in its language 1.9 (Chinese) or more, Georgian (some of whose letters are in profiles) 0.4.
_LEAST_EVIDENCE: Final = 0.9

_ALL: Final = 4 * MOST_CHARS

#: A head with a lower score is not trusted: the text is read to its end.
SURE_SCORE: Final = 0.95

#: Bits of a character in ``Characters``, above the 21 of what it is normalised to.
CODE: Final = (1 << 21) - 1
UPPER, LETTER, UNCASED, NOT_LATIN, LATIN = (1 << bit for bit in range(21, 26))
CLASS_SHIFT: Final = 26
OTHER, WORD, DIGIT, SPACE, SIGN, JOINER = range(6)

#: What is counted of a text.
LETTERS, WEIGHT, CASED, CAPITAL, PLAIN, SIGNS, VISIBLE, ADDRESSES = range(8)
COUNTS: Final = 8

#: Letters of one of a script without cases, which says as much as three of one with.
UNCASED_WEIGHT: Final = 3

#: The same among Latin letters, which are left out where twice as many others stand: a third of all letters is enough to
#: make English terms of the rest, but half of what a text says in another language stays. A window is of one or the other.
_UNCASED_AMONG_LATIN: Final = 1.5 * UNCASED_WEIGHT

#: Code points whose entry is in the table; those above are ideographs or no letters.
_TABLE: Final = 0x20000
_IDEOGRAPHS_END: Final = 0x323B0

#: Letters of a window whose language is looked for when a text may be mixed, and of the text that is skipped between
#: two probes.
_WINDOW_WEIGHT: Final = 48
_PROBE_LETTERS: Final = 36
_PROBE_GAP_BYTES: Final = 24

#: Evidence (natural logarithms) by which a probe contradicts the head, and that a change of language costs.
_PROBE_EVIDENCE: Final = 20.0
_CHANGE_COST: Final = 30.0

#: A language is a part of a mixed text from that share of its letters, and that many (weighted) letters, on.
_PART_SHARE: Final = 0.2
_PART_WEIGHT: Final = 80

#: Log odds at which langdetect's sampling ends: CONV_THRESHOLD = 0.99999.
_END_ODDS: Final = 11.512915464920228

#: N-grams that hold one letter; evidence of all of them is counted that many times.
_OVERLAP: Final = 3.0
_RIVALS: Final = 3

_U8 = nb.types.Array(nb.uint8, 1, "C", readonly=True)
_U32 = nb.types.Array(nb.uint32, 1, "C", readonly=True)
_I32 = nb.types.Array(nb.int32, 1, "C", readonly=True)
_F32 = nb.types.Array(nb.float32, 2, "C", readonly=True)
_TABLES = nb.types.Tuple((_U32, I64, _I32, _F32, I64, I64, nb.int64))
_HASH: Final = np.uint64(0x9E3779B97F4A7C15)


@nb.njit(inline="always", **BORROWING)
def _entry(characters, code):
    if code < _TABLE:
        return characters[code]
    if code < _IDEOGRAPHS_END:
        return np.uint32(code | LETTER | UNCASED | NOT_LATIN | WORD << CLASS_SHIFT)
    return np.uint32(code | NOT_LATIN | OTHER << CLASS_SHIFT)


@nb.njit(**BORROWING)
def _is_letter(byte):
    return 97 <= byte <= 122 or 65 <= byte <= 90


@nb.njit(**BORROWING)
def _in_name(byte):
    """Of ``[-_0-9A-Za-z]``, what a host's name is made of."""
    return _is_letter(byte) or 48 <= byte <= 57 or byte == 45 or byte == 95


@nb.njit(**BORROWING)
def _in_url(byte):
    """Of langdetect's URL_RE: ``[-_.?&~;+=/#0-9A-Za-z]``."""
    return (
        _in_name(byte) or byte == 46 or byte == 47 or byte == 63 or byte == 38 or byte == 126
        or byte == 59 or byte == 43 or byte == 61 or byte == 35
    )  # fmt: skip


@nb.njit(**BORROWING)
def _url_end(data, at, end):
    """Where the URL ends whose h is before ``at``; 0: it is none."""
    if at + 6 >= end or data[at] != 116 or data[at + 1] != 116 or data[at + 2] != 112:
        return 0
    at += 3
    if data[at] == 115:
        at += 1
    if (
        at + 3 >= end
        or data[at] != 58
        or data[at + 1] != 47
        or data[at + 2] != 47
        or not _in_url(data[at + 3])
    ):
        return 0
    at += 3
    limit = min(end, at + 2076)
    while at < limit and _in_url(data[at]):
        at += 1
    return at


@nb.njit(**BORROWING)
def _mail_end(data, at, end):
    """Where the mail address ends whose @ is before ``at``; 0: it is none (langdetect's MAIL_RE)."""
    host = at
    while at < end and at < host + 255 and _in_name(data[at]):
        if data[at] == 104 and _url_end(data, at + 1, end):
            break
        at += 1
    if at == host:
        return 0
    rest = at
    while at < end and at < rest + 255 and (_in_name(data[at]) or data[at] == 46):
        if data[at] == 104 and _url_end(data, at + 1, end):
            break
        at += 1
    return at if at > rest or rest > host + 1 else 0


@nb.njit(**BORROWING)
def _formula_end(data, at, end):
    r"""Where the formula ends whose ``$`` or ``\(`` or ``\[`` is before ``at``; 0: it is none.

    Dollars are prices unless they stand tight around what is between them, or that has a sign of TeX.
    """
    first, opener = at, data[at - 1]
    limit = min(end, at + 1_000)
    if opener != 36:
        closer = 41 if opener == 40 else 93
        while at + 1 < limit:
            if data[at] == 92 and data[at + 1] == closer:
                return at + 2
            at += 1
        return 0
    if at < end and data[at] == 36:
        at += 1
        while at + 1 < limit:
            if data[at] == 36 and data[at + 1] == 36:
                return at + 2
            at += 1
        return 0
    limit = min(end, at + 400)
    has_tex = False
    while at < limit and data[at] != 36:
        has_tex |= data[at] == 92 or data[at] == 94 or data[at] == 95 or data[at] == 61
        at += 1 + (data[at] == 92)
    if at >= limit or at == first:
        return 0
    is_tight = data[first] > 32 and data[at - 1] > 32 and not (at + 1 < end and 48 <= data[at + 1] <= 57)
    return at + 1 if has_tex or is_tight else 0


@nb.njit(**BORROWING)
def _tag_end(data, at, end):
    """Where the tag of HTML or JATS ends whose ``<`` is before ``at``; 0: it is none."""
    if at < end and data[at] == 47:
        at += 1
    if at >= end or not _is_letter(data[at]):
        return 0
    limit = min(end, at + 200)
    while at < limit and data[at] != 62 and data[at] != 60:
        at += 1
    return at + 1 if at < limit and data[at] == 62 else 0


@nb.njit(**BORROWING)
def _read(data, at, end, wanted, most, tables, text, counts):
    """Code points of a text from ``at`` to ``text`` until there are ``wanted`` letters; how many, and where it stopped.

    URLs, addresses, formulas, tags and control words of LaTeX are a space. It stops before a space, never in a word;
    but where no space comes (scripts without them) before a code point.
    """
    characters, vietnamese = tables[0], tables[4]
    written, waiting = 0, 0
    run, is_plain, last_run, camel, has_underscore = 0, True, 0, False, False  # of letters side by side
    before, before_class = 32, SPACE
    while at < end and written < most:
        start = at
        byte = data[at]
        at += 1
        code = np.int64(byte)
        skip = 0
        if byte >= 128:
            more = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
            code = np.int64(byte & (0x3F >> more))
            while more > 0 and at < end:
                code = code << 6 | np.int64(data[at] & 0x3F)
                at += 1
                more -= 1
        elif byte == 104:
            skip = _url_end(data, at, end)
            counts[ADDRESSES] += skip > 0
        elif byte == 64:
            skip = _mail_end(data, at, end)
            if skip:
                name = written
                while (
                    name > 0
                    and name > written - 64
                    and (text[name - 1] < 128 and (_in_name(text[name - 1]) or text[name - 1] == 46))
                ):
                    name -= 1
                skip = skip if name < written else 0
                if skip:
                    for i in range(name, written):
                        is_letter = characters[text[i]] & LETTER != 0
                        counts[LETTERS] -= is_letter
                        counts[WEIGHT] -= is_letter
                        counts[CASED] -= is_letter
                        counts[CAPITAL] -= characters[text[i]] & UPPER != 0
                        counts[VISIBLE] -= 1
                    written, run = name, 0
                    counts[ADDRESSES] += 1
        elif byte == 36 and before != 92:
            skip = _formula_end(data, at, end)
            counts[SIGNS] += skip > 0
        elif byte == 92 and at < end:
            if data[at] == 40 or data[at] == 91:
                skip = _formula_end(data, at + 1, end)
            elif _is_letter(data[at]):
                skip = at
                while skip < end and _is_letter(data[skip]):
                    skip += 1
                # \\emph{words} is no mathematics
                counts[SIGNS] -= skip + 2 < end and data[skip] == 123 and _is_letter(data[skip + 2])
            counts[SIGNS] += skip > 0
        elif byte == 60:
            skip = _tag_end(data, at, end)
        if skip:
            at = skip
            code = 32
        entry = _entry(characters, code)
        kind = np.int64(entry >> CLASS_SHIFT)
        if kind == SPACE and waiting >= wanted:
            at = start
            break
        # Letters: how many, and whether they stand in words or in code.
        if kind == WORD:
            weight = 0
            if entry & LETTER:
                weight = UNCASED_WEIGHT if entry & UNCASED else 1
                counts[LETTERS] += 1
                counts[WEIGHT] += weight
                waiting += weight
            if weight == UNCASED_WEIGHT:
                counts[PLAIN] += 1
            else:
                if run == 0:
                    is_plain = before_class != DIGIT and before_class != SIGN
                    if before == 46 and last_run > 0:
                        is_plain = False
                        counts[PLAIN] -= last_run
                    camel = False
                elif entry & UPPER and camel:
                    is_plain = False
                camel = entry & UPPER == 0
                run += 1
                counts[CASED] += weight
                counts[CAPITAL] += entry & UPPER != 0
        else:
            last_run = 0
            if run > 0 and not (kind == JOINER and at < end and data[at] > 64):
                is_call = code == 40 or code == 91  # a bracket right behind a word
                counts[SIGNS] += is_call
                if is_plain and run > 1 and kind != DIGIT and kind != SIGN and not is_call:
                    counts[PLAIN] += run
                    last_run = run
                run = 0
            elif kind == JOINER:
                camel = False
            if kind == SIGN:
                follower = data[at] if at < end else np.uint8(32)
                if code == 123:
                    counts[SIGNS] += not _is_letter(follower)
                elif code == 125:
                    counts[SIGNS] += before_class != WORD
                elif code == 95:
                    counts[SIGNS] += not has_underscore
                    has_underscore = True
                else:
                    counts[SIGNS] += 1 + (before_class == SPACE and follower <= 32)
            elif kind == SPACE:
                has_underscore = False
            if (before == 41 and (code == 58 or code == 59 or code == 123)) or (before == 34 and code == 58):
                counts[SIGNS] += 1  # "):", ");", "){" and '":'
            elif (before == 59 and code == 10) or (before == 10 and (code == 32 or code == 9)):
                counts[SIGNS] += 1  # a line that ends with a semicolon, or begins with an indent
        counts[VISIBLE] += kind != SPACE
        before, before_class = code, kind
        # Vietnamese: a letter and its mark are one character.
        if 0x300 <= code <= 0x323 and written > 0:
            place = np.searchsorted(vietnamese, (np.int64(text[written - 1]) << 32) | (code << 16))
            if (
                place < vietnamese.size
                and vietnamese[place] >> 16 == np.int64(text[written - 1]) << 16 | code
            ):
                text[written - 1] = vietnamese[place] & 0xFFFF
                continue
        text[written] = code
        written += 1
        if waiting >= wanted + 300 and entry & UNCASED:
            break
    if run > 1 and is_plain:
        counts[PLAIN] += run
    return written, at


@nb.njit(inline="always", **BORROWING)
def _row_of(gram, slots, rows):
    mask = np.uint64(slots.size - 1)
    slot = (np.uint64(gram) * _HASH) >> np.uint64(40) & mask
    while slots[slot] != 0:
        if slots[slot] == gram:
            return rows[slot]
        slot = (slot + np.uint64(1)) & mask
    return -1


@nb.njit(**BORROWING)
def _grams(text, first, last, tables, uncased_weight, found):
    """Rows of the known n-grams of ``text[first:last]``, in langdetect's order; how many.

    Letters A to z count for nothing where twice as many others stand; langdetect counts each of those once.
    """
    characters, slots, rows = tables[0], tables[1], tables[2]
    latin, others = 0, 0.0
    for i in range(first, last):
        entry = _entry(characters, text[i])
        latin += entry & LATIN != 0
        if entry & NOT_LATIN:
            others += uncased_weight if entry & UNCASED else 1.0
    without_latin = 2 * latin < others
    count = 0
    two, one, was_upper, is_capitals = np.int64(0), np.int64(32), False, False
    for i in range(first, last):
        entry = _entry(characters, text[i])
        if without_latin and entry & LATIN:
            continue
        code = np.int64(entry & CODE)
        if one == 32:
            two, is_capitals = 0, False
            if code == 32:
                continue
        if entry & UPPER:
            is_capitals |= was_upper
            was_upper = True
        else:
            is_capitals = was_upper = False
        if not is_capitals:
            if code != 32:
                row = _row_of(code, slots, rows)
                if row >= 0:
                    found[count] = row
                    count += 1
            row = _row_of(one << 21 | code, slots, rows)
            if row >= 0:
                found[count] = row
                count += 1
            if two:
                row = _row_of(two << 42 | one << 21 | code, slots, rows)
                if row >= 0:
                    found[count] = row
                    count += 1
        two, one = one, code
    return count


@nb.njit(**BORROWING)
def _sum(found, count, logs, sums):
    """Sum the log probabilities of n-grams for each profile."""
    sums[:] = 0.0
    for i in range(count):
        row = found[i]
        for profile in range(sums.size):
            sums[profile] += np.float64(logs[row, profile])


@nb.njit(**BORROWING)
def _as_languages(sums, languages):
    """Put the posterior of a language's profiles to its first one (``zh-cn`` has that of ``zh-tw`` too)."""
    for profile in range(languages.size):
        own = languages[profile]
        if own != profile:
            high, low = max(sums[own], sums[profile]), min(sums[own], sums[profile])
            sums[own] = high + np.log1p(np.exp(low - high))
            sums[profile] = -np.inf


@nb.njit(**BORROWING)
def _rule_out(text, first, last, tables, sums):
    """Rule Korean out of a text with ideographs and no Hangul."""
    has_ideographs = False
    for i in range(first, last):
        if text[i] >= 0x1100:
            if 0xAC00 <= text[i] <= 0xD7A3 or text[i] < 0x1200 or 0x3131 <= text[i] <= 0x318E:
                return
            has_ideographs |= 0x3400 <= text[i] <= 0x9FFF or text[i] >= 0x20000
    if has_ideographs:
        sums[tables[6]] = -np.inf


@nb.njit(**BORROWING)
def _best(sums, count):
    best = 0
    for profile in range(1, count):
        if sums[profile] > sums[best]:
            best = profile
    return best


@nb.njit(**BORROWING)
def _score(found, count, logs, sums, profiles, best):
    """How sure it is that a text's language is ``best`` (``exact.py`` defines it), and the next one."""
    odds = 0.0
    second, rival, floor = -1, -1, np.inf
    for _ in range(_RIVALS):
        last, rival = rival, -1
        for profile in range(profiles):
            is_left = sums[profile] < floor or (sums[profile] == floor and profile > last)
            if profile != best and is_left and (rival < 0 or sums[profile] > sums[rival]):
                rival = profile
        if rival < 0 or sums[rival] == -np.inf:
            break
        floor = sums[rival]
        if second < 0:
            second = rival
        margin = sums[best] - sums[rival]
        squares = 0.0
        for i in range(count):
            step = np.float64(logs[found[i], best]) - np.float64(logs[found[i], rival])
            squares += step * step
        drift = margin / count
        spread = max(squares / count - drift * drift, 1e-6)
        odds += np.exp(-min(2.0 * drift * _END_ODDS / spread, margin / _OVERLAP, 50.0))
    return 1.0 / (1.0 + odds), second


@nb.njit(**BORROWING)
def _is_formal(counts):
    """Whether a text is mathematics or code: its letters stand in few plain words, between many signs."""
    signs, visible = counts[SIGNS], counts[VISIBLE]
    if counts[LETTERS] == 0 or signs == 0:
        return signs > 0
    plain_percent, signs_percent = 100 * counts[PLAIN] / visible, 100 * signs / visible
    if plain_percent < 20:
        return True
    if signs < 3 or signs_percent < 5:
        return False
    return (
        plain_percent < 60
        or (signs >= 4 and signs_percent >= 6 and plain_percent < 70)
        or (signs_percent >= 12 and plain_percent < 80)
    )


@nb.njit(**BORROWING)
def _is_contradicted(data, start, at, end, tables, language, text, found, sums, counts):
    """Whether some words here and there behind ``at`` speak for another language."""
    end = min(end, at + MOST_CHARS)
    gap = max(_PROBE_GAP_BYTES, np.int64(0.75 * _PART_SHARE * (end - start)) - 2 * _PROBE_LETTERS)
    while True:
        at = min(at + gap, max(at, end - 2 * _PROBE_LETTERS))
        stop = min(at + 40, end)
        while at < stop and data[at] > 32:
            at += 1
        while at < end and data[at] & 0xC0 == 0x80:
            at += 1
        count, at = _read(data, at, end, _PROBE_LETTERS, MOST_CHARS, tables, text, counts)
        grams = _grams(text, 0, count, tables, _UNCASED_AMONG_LATIN, found)
        _sum(found, grams, tables[3], sums)
        _as_languages(sums, tables[5])
        _rule_out(text, 0, count, tables, sums)
        if sums[_best(sums, tables[5].size)] - sums[language] > _PROBE_EVIDENCE:
            return True
        if at >= end:
            return False


@nb.njit(**OPTIONS)
def _parts(text, count, tables, found, windows, weights, ways, parts):
    """Languages of a text that is in several, by share, to ``parts``; how many. 0: it is in one.

    Windows of some words each; a path through languages that changes where the evidence pays for it (Viterbi).
    """
    characters, logs, languages = tables[0], tables[3], tables[5]
    profiles = languages.size
    number, first, weight = 0, 0, 0
    for i in range(count):
        entry = _entry(characters, text[i])
        if entry & LETTER:
            weight += UNCASED_WEIGHT if entry & UNCASED else 1
        is_break = entry >> CLASS_SHIFT == SPACE or entry & UNCASED
        if (weight >= _WINDOW_WEIGHT and is_break) or i + 1 == count:
            grams = _grams(text, first, i + 1, tables, 2.0 * UNCASED_WEIGHT, found)
            _sum(found, grams, logs, windows[number])
            _as_languages(windows[number], languages)
            _rule_out(text, first, i + 1, tables, windows[number])
            weights[number] = weight
            number += 1
            first, weight = i + 1, 0
            if number == weights.size:
                break
    # The best path: the best language up to each window, either the one before or, at a cost, another.
    best = np.zeros(profiles)
    for window in range(number):
        leader = _best(best, profiles)
        changed = best[leader] - _CHANGE_COST
        for language in range(profiles):
            ways[window, language] = language
            if window and changed > best[language]:
                best[language] = changed
                ways[window, language] = leader
            best[language] += windows[window, language]
    shares = np.zeros(profiles, np.int64)
    total = 0
    language = _best(best, profiles)
    for window in range(number - 1, -1, -1):
        shares[language] += weights[window]
        total += weights[window]
        language = ways[window, language]
    several = 0
    while several < parts.size:
        part = 0
        for language in range(profiles):
            if shares[language] > shares[part]:
                part = language
        if shares[part] < _PART_WEIGHT or shares[part] < _PART_SHARE * total:
            break
        parts[several] = part
        shares[part] = 0
        several += 1
    return several if several > 1 else 0


@nb.njit(
    nb.void(
        _U8, I64, nb.int64, nb.int64, _TABLES, nb.int64,
        nb.uint8[::1], nb.float64[::1], nb.int32[::1], nb.int16[:, ::1],
    ),
    **OPTIONS,
)  # fmt: skip
def judge(data, offsets, first_row, last_row, tables, minimum, verdicts, scores, letters, named):
    """Judge the texts ``first_row`` to ``last_row``: what of them, how surely, how many letters, which languages."""
    logs, languages = tables[3], tables[5]
    profiles = languages.size
    longest = np.int64(0)
    for row in range(first_row, last_row):
        longest = max(longest, offsets[row + 1] - offsets[row])
    size = min(longest, MOST_CHARS) + 8
    text = np.empty(size, np.int32)
    found = np.empty(3 * size, np.int32)
    counts = np.zeros(COUNTS, np.int64)
    ignored = np.zeros(COUNTS, np.int64)
    sums = np.empty(logs.shape[1])
    probe = np.empty(logs.shape[1])
    most_windows = size // (_WINDOW_WEIGHT // UNCASED_WEIGHT) + 2
    windows = np.empty((most_windows, logs.shape[1]))
    weights = np.empty(most_windows, np.int64)
    ways = np.empty((most_windows, profiles), np.int16)
    for row in range(first_row, last_row):
        start, end = offsets[row], offsets[row + 1]
        named[row, :] = -1
        scores[row] = 0.0
        wanted, head_end, may_be_mixed = HEAD_LETTERS, end, False
        while True:
            counts[:] = 0
            count, at = _read(data, start, end, wanted, MOST_CHARS, tables, text, counts)
            is_whole = at >= end or wanted > HEAD_LETTERS
            letters[row] = counts[LETTERS]
            is_formal = _is_formal(counts)
            if is_formal and not is_whole:
                wanted = _ALL
                continue
            if is_formal:
                verdicts[row] = FORMAL
            elif counts[LETTERS] == 0:
                verdicts[row] = ADDRESS if counts[ADDRESSES] else NO_LETTERS
            elif counts[WEIGHT] < minimum:
                verdicts[row] = SHORT
            elif counts[CAPITAL] * 10 > counts[CASED] * 7:
                verdicts[row] = CAPITALS
            else:
                verdicts[row] = NAMED
            if verdicts[row] != NAMED:
                break
            grams = _grams(text, 0, count, tables, _UNCASED_AMONG_LATIN, found)
            _sum(found, grams, logs, sums)
            _as_languages(sums, languages)
            _rule_out(text, 0, count, tables, sums)
            best = _best(sums, profiles)
            if grams < counts[LETTERS] // 2 or sums[best] < _LEAST_EVIDENCE * grams:
                verdicts[row] = UNKNOWN
                break
            score, second = _score(found, grams, logs, sums, profiles, best)
            scores[row] = score
            named[row, 0] = best
            named[row, 1] = second
            if not is_whole:
                head_end = at
                if score < SURE_SCORE:
                    wanted = _ALL
                    continue
            if score < UNSURE_SCORE:
                verdicts[row] = UNSURE
            may_be_mixed = (
                score < SURE_SCORE
                or (head_end == end and counts[WEIGHT] >= 2 * _PART_WEIGHT)
                or _is_contradicted(data, start, head_end, end, tables, best, text, found, probe, ignored)
            )
            break
        if may_be_mixed:
            count, at = _read(data, start, end, _ALL, MOST_CHARS, tables, text, ignored)
            if _parts(text, count, tables, found, windows, weights, ways, named[row]):
                verdicts[row] = MIXED
            else:
                named[row, 0] = best
                named[row, 1] = second
