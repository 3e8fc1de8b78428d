r"""Text that was decoded with the wrong encoding or escaped once too often, mended by ftfy.

What ftfy also offers but is a matter of taste (quotes, ligatures, full-width forms, normalisation) is off: those
belong to the key by which texts are matched, not to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from difflib import SequenceMatcher
from itertools import accumulate, takewhile
from operator import eq
from typing import TYPE_CHECKING, Final

import ftfy
from ftfy.badness import is_bad
from ftfy.chardata import CONTROL_CHARS

from dedupkit.repair.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FTFY_CONFIG: Final = ftfy.TextFixerConfig(
    unescape_html="auto",
    remove_terminal_escapes=True,
    fix_encoding=True,
    restore_byte_a0=True,
    replace_lossy_sequences=True,
    decode_inconsistent_utf8=True,
    fix_c1_controls=True,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=True,
    fix_surrogates=True,
    remove_control_chars=True,
    normalization=None,
    explain=False,
)

#: Pairs of equal words above which two texts are not aligned word by word: the work grows with the pairs.
MOST_WORD_PAIRS: Final = 50_000

#: Pieces of a text above which it is aligned part by part, and above which no part is: the work may grow with the square.
MOST_PIECES: Final = 1_000
MOST_PIECES_OF_A_PART: Final = 4 * MOST_PIECES

CONTROL_CLASS: Final = "".join(re.escape(chr(code)) for code in CONTROL_CHARS)

# In "AT&amp;T", "P&EACUTE;REZ", "it&#x2019;s"
HTML_ENTITY: Final = r"&#?[0-9A-Za-z]{1,24};"
HTML_ENTITY_RE: Final = re.compile(HTML_ENTITY)
# In "red \x1b[31malert\x1b[0m", "a\x00b"
CONTROL_RE: Final = re.compile(f"[{CONTROL_CLASS}]")
# "one\r\ntwo", "one\u2028two", "one\x85two"
LINE_BREAK_RE: Final = re.compile("[\r\u2028\u2029\x85]")
# What ftfy changes wherever it stands; all else needs ``is_bad``.
ALWAYS_CHANGED: Final = f"{CONTROL_CLASS}\r\u2028\u2029\x7f-\x9f"
ALWAYS_CHANGED_RE: Final = re.compile(f"{HTML_ENTITY}|[{ALWAYS_CHANGED}\ud800-\udfff]")
# One piece of text to align: an entity, a terminal escape, a word, a run of other characters, or one character
PIECE_RE: Final = re.compile(
    r"&#?[0-9A-Za-z]{1,24};|\x1b\[[0-9;]*[A-Za-z]|[0-9A-Za-z]+ *|[^\x00-\x7f]+ *|\r\n|.", re.DOTALL
)
# The middle of "This is a long stretch of English without anything but letters, digits and common punctuation": no entity
# and no escape can begin, end or be made by leaving it out
PLAIN_RUN_RE: Final = re.compile(
    r"[A-Za-z0-9 .,:()'\"/%-]{32}([A-Za-z0-9 .,:()'\"/%-]{32,})(?=[A-Za-z0-9 .,:()'\"/%-]{32})"
)


def fix_encoding(text: str) -> list[Edit]:
    r"""Undo mojibake, HTML entities, control characters and odd line breaks.

    Dumps hold text that was UTF-8 and was read as Windows-1252, and text that was escaped for a page twice. The
    decisions are ftfy's: entities stay where the text holds a ``<`` (it may be markup), and accented letters that
    make sense stay.

    It must NOT touch quotes, ligatures, full-width letters or composed forms, however unusual: they are what the
    author wrote.

    >>> def fixed(text): return [(e.kind, text[e.start:e.end], e.after) for e in fix_encoding(text)]
    >>> fixed("The cafÃ© of AT&amp;T")
    [('mojibake', 'Ã©', 'é'), ('html_entity', '&amp;', '&')]
    >>> fixed("donâ€™t be \x1b[31mred \x1b[0mhere\r\nor there")
    [('mojibake', 'â€™', '’'), ('control_character', '\x1b[31m', ''), ('control_character', '\x1b[0m', ''), ('line_break', '\r', '')]
    >>> fixed("“ﬁne” ｗｉｄｅ naïve cafe\N{COMBINING ACUTE ACCENT}, x < y &amp; z")
    []
    """
    if not ALWAYS_CHANGED_RE.search(text) and (
        text.isascii() or not any(map(is_bad, text.split("\n")))  # ftfy looks at each line alone
    ):
        return []
    if len(text) <= FTFY_CONFIG.max_decode_length and (edits := _fixed_without_runs(text)) is not None:
        return edits
    fixed = ftfy.fix_text(text, FTFY_CONFIG)
    return [] if fixed == text else list(_difference(text, fixed))


def _fixed_without_runs(text: str) -> list[Edit] | None:
    """Give the edits as ftfy decides on the text without the middle of its runs of plain characters, or None.

    None of its rules looks further than a few characters from what it changes, and plain characters are the same in every
    encoding that it tries: without most of them it is five times as fast. None is given where an edit would lie across a
    place where something was left out.
    """
    short, joints, gone, position = "", [], [], 0
    for run in PLAIN_RUN_RE.finditer(text):
        short += text[position : run.start(1)]
        position = run.end(1)
        joints.append(len(short))
        gone.append(position - len(short))
    if not joints:
        return None
    short += text[position:]
    fixed = ftfy.fix_text(short, FTFY_CONFIG)
    edits = list(_difference(short, fixed)) if fixed != short else []
    if any(bisect_left(joints, edit.start) != bisect_right(joints, edit.end) for edit in edits):
        return None
    shifts = [0, *gone]
    return [
        edit._replace(start=edit.start + shift, end=edit.end + shift)
        for edit in edits
        for shift in (shifts[bisect_left(joints, edit.start)],)
    ]


def _difference(text: str, fixed: str) -> Iterator[Edit]:
    """Give the edits that turn ``text`` into ``fixed``, as small as words allow."""
    old, new = PIECE_RE.findall(text), PIECE_RE.findall(fixed)
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    place = sum(map(len, old[:head]))
    for part, other in _parts(old[head : len(old) - tail], new[head : len(new) - tail]):
        yield from _aligned(place, part, other)
        place += sum(map(len, part))


def _parts(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Cut two long texts before pieces that each of them has once, where all of these are in the same order."""
    first = first_new = 0
    if len(old) > MOST_PIECES:
        counts, counts_new = Counter(old), Counter(new)
        once = {piece: place for place, piece in enumerate(new) if counts_new[piece] == 1}
        cuts = [
            (place, once[piece]) for place, piece in enumerate(old) if counts[piece] == 1 and piece in once
        ]
        highest = accumulate((after for _, after in cuts), max)
        lowest = reversed(list(accumulate((after for _, after in reversed(cuts)), min)))
        for (place, after), most, least in zip(cuts, highest, lowest, strict=True):
            if most == after == least and place - first >= MOST_PIECES:
                yield old[first:place], new[first_new:after]
                first, first_new = place, after
    yield old[first:], new[first_new:]


def _aligned(place: int, old: list[str], new: list[str]) -> Iterator[Edit]:
    """Give the edits of one part, which begins at ``place``: all of it where there is too much to compare."""
    if old == new:
        return
    counts = Counter(new)
    if len(old) > MOST_PIECES_OF_A_PART or sum(counts[piece] for piece in old) > MOST_WORD_PAIRS:
        yield _named_edit(place, "".join(old), "".join(new))
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        before = "".join(old[i:j])
        if tag != "equal":
            yield _named_edit(place, before, "".join(new[k:m]))
        place += len(before)


def _named_edit(place: int, before: str, after: str) -> Edit:
    """Name one difference, without what both sides begin and end with (an entity is kept whole)."""
    head = 0 if HTML_ENTITY_RE.match(before) else _alike(before, after)
    old, new = before[head:], after[head:]
    tail = _alike(old[::-1], new[::-1])
    if HTML_ENTITY_RE.search(old):
        kind, tail = "html_entity", 0
    elif CONTROL_RE.search(old):
        kind = "control_character"
    elif LINE_BREAK_RE.search(old):
        kind = "line_break"
    else:
        kind = "mojibake"
    return Edit(place + head, place + len(before) - tail, new[: len(new) - tail], kind)


def _alike(left: Sequence[str], right: Sequence[str]) -> int:
    """Count the items that both begin with."""
    return sum(takewhile(bool, map(eq, left, right)))
