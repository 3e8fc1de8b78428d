"""What the judging of candidates knows: commands, words, what evidence says, and the trees that weigh it.

``model.npz`` is made by ``benchmarks/train_math.py`` from raw abstracts, and holds with it the figures that it was
measured at (``figures.json`` in it).
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.blocks import text_buffers
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
from dedupkit.repair.glued import ENDINGS
from dedupkit.repair.stripped import kernels
from dedupkit.repair.stripped.plain_kernels import JUDGED, fill_plain_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Commands that are no symbols: those of one kind stand in the same places.
_KINDS: Final = (ACCENTS, FONTS, SWITCHES, DELIMITER_SIZES, SPACES, FRACTIONS, (ROOT,), OPERATOR_NAMES)
_FIRST_KIND: Final = 8
#: The command that begins the items of lists.
LIST_MARK: Final = "bullet"
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
_OTHER_GROUP: Final = _FIRST_KIND + len(_KINDS)

#: Every command that may be looked for.
ALL_COMMANDS: Final = tuple(sorted({*SYMBOLS, *(name for kind in _KINDS for name in kind)}))

#: What evidence says is stored in steps of one sixteenth.
VALUE_STEPS: Final = 16

#: The file of the model.
MODEL = Path(__file__).with_name("model.npz")

#: A tree of every look: see ``kernels.MODEL``.
Trees = tuple["NDArray[np.generic]", ...]


class Model(NamedTuple):
    """What ``model.npz`` holds, as kernels see it.

    Attributes:
        commands: Names of commands, by number.
        vocabulary: ``kernels.VOCABULARY``.
        plain_words: Words that are no commands (``plain_kernels.py``).
        judged: What runs are that are none of them, kept for when they come again.
        tables: ``kernels.MODEL``.
        figures: What it was trained on, and measured at.
    """

    commands: tuple[str, ...]
    vocabulary: tuple[NDArray[np.generic], ...]
    plain_words: NDArray[np.uint64]
    judged: NDArray[np.uint64]
    tables: tuple[Any, ...]
    figures: dict[str, Any]


def group_of(name: str) -> int:
    """The group of a command: commands of one group stand in the same places.

    >>> group_of("alpha") == group_of("beta"), group_of("alpha") == group_of("mathcal")
    (True, False)
    """
    for number, names in enumerate(_KINDS):
        if name in names:
            return _FIRST_KIND + number
    title = unicodedata.name(SYMBOLS[name][0])
    return next((group for part, group in _BY_NAME if part in title), _OTHER_GROUP)


def table_of(
    keys: NDArray[np.uint64], values: NDArray[np.generic]
) -> tuple[NDArray[np.uint64], NDArray[np.generic]]:
    """Put keys into slots, as kernels find them, and their values beside them."""
    filled = np.zeros(slots(len(keys)), np.uint64)
    beside = np.zeros(len(filled), values.dtype)
    beside[kernels.fill_slots(keys, filled)] = values
    return filled, beside


def vocabulary_of(
    commands: Sequence[str], words: pl.Series, common: NDArray[np.uint8]
) -> tuple[NDArray[np.generic], ...]:
    """The tables of commands, and of words with how common each is (1 to 3), as ``kernels.VOCABULARY``."""
    names = kernels.keys_of(*text_buffers(pl.Series(commands)), False)  # noqa: FBT003  numba knows no keywords
    known = set(words)
    groups = np.array(
        [
            group_of(name)
            | (kernels.IS_WORD if name.lower() in known else 0)
            | (kernels.IS_OPERATOR if name in OPERATOR_NAMES else 0)
            | (kernels.IS_LIST_MARK if name == LIST_MARK else 0)
            for name in commands
        ],
        dtype=np.uint8,
    )
    longest = np.zeros(128 * 128, np.uint8)
    for name in commands:
        place = 128 * ord(name[0]) + ord(name[1])
        longest[place] = max(longest[place], len(name))
    lexicon = kernels.keys_of(*text_buffers(words), True)  # noqa: FBT003  the same
    return (
        *table_of(names, np.arange(len(commands), dtype=np.int16)),
        *table_of(lexicon, common),
        groups,
        longest,
    )


def plain_words_of(
    commands: Sequence[str], words: pl.Series, common: NDArray[np.uint8]
) -> NDArray[np.uint64]:
    """The words that are no commands, in small letters or with a capital, in the slots of ``plain_kernels.py``.

    Common words are put there first, so that the first slot that is looked at is theirs.
    """
    slots_of_words = np.zeros(slots(len(words)), np.uint64)
    words = words.gather(np.argsort(-common.astype(np.int8), kind="stable"))
    is_other = words.is_in([*commands, *ENDINGS]) | words.str.to_titlecase().is_in(commands)
    fill_plain_words(*text_buffers(words), is_other.to_numpy(), slots_of_words)
    return slots_of_words


@cache
def load_model() -> Model:
    """Read the model: the one that comes with the package, unless ``MODEL`` names another before the first use."""
    with MODEL.open("rb") as file, np.load(file) as arrays:
        parts = dict(arrays)
    words = pl.Series(bytes(parts["words"]).decode().split("\n"))
    commands = tuple(bytes(parts["commands"]).decode().split("\n"))
    evidence = table_of(parts["keys"], parts["values"].astype(np.float32) / VALUE_STEPS)
    trees = [
        tuple(
            parts[f"trees_{look}_{part}"] for part in ("what", "threshold", "left", "right", "value", "roots")
        )
        for look in (1, 2)
    ]
    return Model(
        commands,
        vocabulary_of(commands, words, parts["common"]),
        plain_words_of(commands, words, parts["common"]),
        np.zeros(JUDGED, np.uint64),
        (*evidence, *trees),
        json.loads(bytes(parts["figures"])),
    )
