"""Words of English and of abstracts, and how common each is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What most abstracts are made of; below it are rare words, names, and what writers misspell.
COMMON: Final = 2

_MODEL: Final = Path(__file__).parent / "stripped" / "model.npz"


@cache
def lexicon() -> Mapping[str, int]:
    """Every word in small letters, with how common it is: 1 (rare) to 3.

    The words are those that the judging of stripped mathematics knows; nothing of that is loaded with them.

    >>> [lexicon().get(word, 0) for word in ("the", "highest", "sentation")]
    [3, 3, 0]
    """
    with _MODEL.open("rb") as file, np.load(file) as parts:
        words = bytes(parts["words"]).decode().split("\n")
        return MappingProxyType(dict(zip(words, parts["common"].tolist(), strict=True)))


def is_word(word: str, least: int = 1) -> bool:
    """Tell whether a word in small letters is known, and at least so common.

    >>> is_word("performance"), is_word("performancee"), is_word("dorcas", COMMON)
    (True, False, False)
    """
    return lexicon().get(word, 0) >= least
