"""What the judging of candidates knows: commands, words, and weights of evidence."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dedupkit.matches.kernels import slots
from dedupkit.repair.commands import (
    ACCENTS,
    DELIMITER_SIZES,
    FONTS,
    FRACTIONS,
    OPERATOR_NAMES,
    ROOT,
    SPACES,
    SWITCHES,
    SYMBOLS,
)
from dedupkit.repair.stripped import kernels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

#: Groups of commands that are no symbols, and whose evidence is alike.
_GROUPS: Final = (
    (ACCENTS, 8),
    (FONTS, 9),
    (SWITCHES, 10),
    (DELIMITER_SIZES, 11),
    (SPACES, 12),
    (FRACTIONS, 13),
    ((ROOT,), 14),
    (OPERATOR_NAMES, 15),
)
#: Groups of symbols, by what the names of their characters hold.
_BY_NAME: Final = (
    ("GREEK SMALL", 0),
    ("GREEK CAPITAL", 1),
    ("ARROW", 2),
    ("N-ARY", 3),
    ("INTEGRAL", 3),
    ("THAN", 4),
    ("EQUAL", 4),
    ("ELEMENT", 4),
    ("SUBSET", 4),
    ("SUPERSET", 4),
    ("TILDE", 4),
    ("PROPORTIONAL", 4),
    ("PRECEDES", 4),
    ("SUCCEEDS", 4),
    ("CIRCLED", 5),
    ("MULTIPLICATION", 5),
    ("PLUS", 5),
    ("DOT", 5),
    ("OPERATOR", 5),
    ("CEILING", 6),
    ("FLOOR", 6),
    ("BRACKET", 6),
    ("VERTICAL", 6),
    ("ELLIPSIS", 7),
)
_OTHER_GROUP: Final = 16


def group_of(name: str) -> int:
    """The group of a command: commands of one group stand in the same places."""
    for names, group in _GROUPS:
        if name in names:
            return group
    title = unicodedata.name(SYMBOLS[name][0])
    return next((group for part, group in _BY_NAME if part in title), _OTHER_GROUP)


#: Every command that may be looked for.
COMMANDS: Final = tuple(
    sorted(
        {*SYMBOLS, *ACCENTS, *FONTS, *SWITCHES, *DELIMITER_SIZES, *SPACES, *FRACTIONS, ROOT, *OPERATOR_NAMES}
    )
)


class Table(NamedTuple):
    """Keys in slots, as kernels find them, and the slot of each key."""

    keys: NDArray[np.uint64]
    places: NDArray[np.int64]


def table_of(keys: NDArray[np.uint64]) -> Table:
    """Put keys into slots."""
    filled = np.zeros(slots(len(keys)), np.uint64)
    return Table(filled, kernels.fill_slots(keys, filled))


def keys_of(words: Iterable[str], *, in_small: bool) -> NDArray[np.uint64]:
    """The hash of each word (ASCII letters)."""
    coded = [np.frombuffer(word.encode(), np.uint8) for word in words]
    return np.array([kernels.key_of(word, 0, len(word), in_small) for word in coded], dtype=np.uint64)


def vocabulary_of(commands: Iterable[str], words: Mapping[str, int]) -> tuple[NDArray[np.generic], ...]:
    """The tables of commands and words, as ``kernels.VOCABULARY``."""
    names = list(commands)
    table = table_of(keys_of(names, in_small=False))
    numbers = np.zeros(len(table.keys), np.int16)
    numbers[table.places] = np.arange(len(names))
    groups = np.array(
        [
            group_of(name)
            | (kernels.IS_WORD if name.lower() in words else 0)
            | (kernels.IS_OPERATOR if name in OPERATOR_NAMES else 0)
            for name in names
        ],
        dtype=np.uint8,
    )
    lexicon = table_of(keys_of(words, in_small=True))
    common = np.zeros(len(lexicon.keys), np.uint8)
    common[lexicon.places] = list(words.values())
    return table.keys, numbers, lexicon.keys, common, groups
