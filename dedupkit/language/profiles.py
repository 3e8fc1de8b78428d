"""langdetect's own knowledge as tables for the kernels: its n-gram profiles and what it makes of a character."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dedupkit.language import kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: ASCII signs that stand in formulas and code more than in sentences.
_SIGNS: Final = frozenset("=+*<>^_\\|{}#~")

#: Signs that stand inside words.
_JOINERS: Final = frozenset("'-\N{RIGHT SINGLE QUOTATION MARK}\N{HYPHEN}\N{NON-BREAKING HYPHEN}")

#: No character from here on is normalised.
_NORMALISED: Final = 0x10000

_SLOTS: Final = 1 << 18
_CODES: Final = 0x20000
_CODE_BITS: Final = 21
_HASH: Final = 0x9E3779B97F4A7C15


class Profiles(NamedTuple):
    """What the kernels look up, in the order in which they take it, and the names.

    Attributes:
        characters: uint32 for each code point below 0x20000: what it is normalised to, and its bits (``kernels``).
        slots: int64, a hash table of n-grams (21 bits a character; 0: free).
        rows: int32, for each slot its row in ``logs``.
        logs: float32, for each n-gram and profile (and some columns of 0) log(1 + p * BASE_FREQ / alpha): its log
            probability above that of an n-gram that the profile does not have.
        vietnamese: int64, sorted, ``letter << 32 | mark << 16 | both in one``.
        languages: int64, for each profile the first one of its language.
        korean: Which profile is Korean's.
        names: For each profile, the code of its language (ISO 639-1).
    """

    characters: NDArray[np.uint32]
    slots: NDArray[np.int64]
    rows: NDArray[np.int32]
    logs: NDArray[np.float32]
    vietnamese: NDArray[np.int64]
    languages: NDArray[np.int64]
    korean: int
    names: tuple[str, ...]


@cache
def load_profiles() -> Profiles:
    """Read the profiles of the installed langdetect, sorted by name; 0.4 s.

    Source: Shuyo, Language Detection Library for Java, 2010, as ported by langdetect.
    """
    from langdetect import detector_factory  # noqa: PLC0415  slow to import
    from langdetect.detector import Detector  # noqa: PLC0415

    paths = sorted(path for path in Path(detector_factory.PROFILES_DIRECTORY).iterdir() if path.suffix == "")
    profiles = [json.loads(path.read_text("utf-8")) for path in paths]
    grams = sorted({gram for profile in profiles for gram in profile["freq"]})
    places = {gram: place for place, gram in enumerate(grams)}
    shares = np.zeros((len(grams), -(-len(profiles) // 8) * 8))
    for column, profile in enumerate(profiles):
        freq = profile["freq"]
        at = np.fromiter((places[gram] for gram in freq), np.int64, len(freq))
        counted = np.fromiter(freq.values(), np.float64, len(freq))
        totals = np.array([1, *profile["n_words"]], dtype=np.float64)
        shares[at, column] = counted / totals[np.fromiter(map(len, freq), np.int64, len(freq))]
    slots, rows = _hash_table(grams)
    names = [profile["name"].partition("-")[0] for profile in profiles]
    return Profiles(
        characters=_characters(),
        slots=slots,
        rows=rows,
        logs=np.log1p(shares / (Detector.ALPHA_DEFAULT / Detector.BASE_FREQ)).astype(np.float32),
        vietnamese=_vietnamese(),
        languages=np.array([names.index(name) for name in names], dtype=np.int64),
        korean=names.index("ko"),
        names=tuple(names),
    )


def _hash_table(grams: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """N-grams to rows: open addressing, as the kernel looks them up."""
    slots, rows = [0] * _SLOTS, [0] * _SLOTS
    for row, gram in enumerate(grams):
        key = 0
        for character in gram:
            key = key << _CODE_BITS | ord(character)
        slot = (key * _HASH & 0xFFFFFFFFFFFFFFFF) >> 40 & _SLOTS - 1
        while slots[slot]:
            slot = slot + 1 & _SLOTS - 1
        slots[slot], rows[slot] = key, row
    return np.array(slots, dtype=np.int64), np.array(rows, dtype=np.int32)


def _characters() -> NDArray[np.uint32]:
    """What each character is: normalised, and to the counts of letters and signs."""
    from langdetect.utils.ngram import NGram  # noqa: PLC0415

    entries = np.empty(_CODES, np.uint32)
    for code in range(_CODES):
        character = chr(code)
        normalised = NGram.normalize(character) if code < _NORMALISED else character
        entry = ord(normalised) | _class_of(character) << kernels.CLASS_SHIFT
        if normalised.isupper():
            entry |= kernels.UPPER
        if character.isalpha():
            entry |= kernels.LETTER
            if character.lower() == character.upper():
                entry |= kernels.UNCASED
        if "A" <= character <= "z":
            entry |= kernels.LATIN
        elif code >= 0x300:  # langdetect means to leave a block out, but compares its number with its name
            entry |= kernels.NOT_LATIN
        entries[code] = entry
    return entries


def _class_of(character: str) -> int:
    """Whether a character stands in words, numbers, spaces or formulas."""
    category = unicodedata.category(character)
    if character.isspace() or category == "Zs":
        return kernels.SPACE
    if character in _SIGNS or category == "Sm" or "\U0001d400" <= character <= "\U0001d7ff":
        return kernels.SIGN
    if category[0] in "LM":
        return kernels.WORD
    if category == "Nd":
        return kernels.DIGIT
    return kernels.JOINER if character in _JOINERS else kernels.OTHER


def _vietnamese() -> NDArray[np.int64]:
    """Letters and the marks that langdetect joins to them."""
    from langdetect.utils.ngram import NGram  # noqa: PLC0415

    pairs = [
        ord(letter) << 32 | ord(mark) << 16 | ord(both)
        for mark, joined in zip(NGram.DMARK_CLASS, NGram.NORMALIZED_VI_CHARS, strict=True)
        for letter, both in zip(NGram.TO_NORMALIZE_VI_CHARS, joined, strict=True)
    ]
    return np.array(sorted(pairs), dtype=np.int64)
