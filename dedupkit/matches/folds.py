"""What a character is to matching: which letters it stands for, and whether it parts words.

The table is a file, not the interpreter's: Python 3.11 and 3.14 know different versions of Unicode, and a
signature that was written by one must equal that of the other. ``python dedupkit/matches/folds.py`` makes the
file anew, from ``unicodedata2`` where that is installed; it changes signatures, so it changes ``index.SCHEME``
too.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType

#: What a character does: parts words; is a letter or a digit of one; is a word of its own; belongs to what is
#: before it; is not there at all.
SEPARATOR, LETTER, DIGIT, UNSPACED, MARK, IGNORED = range(6)

#: Bit of an entry whose fold is several characters.
SEVERAL: Final = 1 << 28

#: An entry's kind is above these bits, the character (0: itself; or the place in ``sequences``) below.
KIND_SHIFT: Final = 29

#: Scripts that write no spaces between words, by the beginnings of their characters' names.
_UNSPACED_NAMES: Final = (
    "CJK UNIFIED",
    "CJK COMPATIBILITY IDEOGRAPH",
    "HIRAGANA LETTER",
    "KATAKANA LETTER",
    "THAI CHARACTER",
    "LAO ",
    "KHMER ",
    "MYANMAR ",
)

#: Letters with a stroke or of two letters that Unicode does not take apart; Greek letters get their names, so
#: that ``\alpha``, "α" and an "alpha" whose backslash was stripped are one.
_SPELLED: Final = {
    "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega",
}  # fmt: skip

#: Characters that Unicode takes for a plain letter, and LaTeX has a name for.
_NAMED: Final = {"\N{SCRIPT SMALL L}": "ell"}

#: ASCII characters that stand in a word and are not there for matching: LaTeX's.
_LATEX: Final = frozenset("\\{}$_^")

#: ASCII characters that tell words apart though they are no letters: C++ is not C#.
_LETTER_LIKE: Final = frozenset("+#")

_FILE: Final = "folds.npz"
_BLOCK: Final = 256


class Folds(NamedTuple):
    """The table: ``entries[blocks[c >> 8] * 256 + (c & 255)]`` is the entry of code point c.

    Attributes:
        blocks: uint16, block of each 256 code points.
        entries: uint32, ``kind << 29 | SEVERAL? | code point or place``.
        sequences: uint32; at a place, how many entries follow, then those.
        letter_of: uint8, of each byte, the ASCII letter or digit that it is folded to; 0 for all others.
    """

    blocks: np.ndarray
    entries: np.ndarray
    sequences: np.ndarray
    letter_of: np.ndarray


@cache
def load_folds() -> Folds:
    """Read the table that ships with the package."""
    with files(__package__).joinpath(_FILE).open("rb") as stream, np.load(stream) as arrays:
        blocks, entries, sequences = (arrays[name] for name in ("blocks", "entries", "sequences"))
    ascii_entries = entries[int(blocks[0]) * _BLOCK :][:128].astype(np.int64)
    kinds, folded = ascii_entries >> KIND_SHIFT, ascii_entries & (SEVERAL - 1)
    letter_of = np.zeros(256, np.uint8)
    letter_of[:128] = np.where(
        (kinds == LETTER) | (kinds == DIGIT), np.where(folded, folded, np.arange(128)), 0
    )
    return Folds(blocks, entries, sequences, letter_of)


def folds_sha256() -> str:
    """Of the table that ships with the package."""
    return hashlib.sha256(files(__package__).joinpath(_FILE).read_bytes()).hexdigest()


def kind_of(character: str, ucd: ModuleType) -> int:
    """What a folded character does, by the Unicode character database ``ucd`` (``unicodedata`` or newer)."""
    category, name = ucd.category(character), ucd.name(character, "")
    if character in _LATEX or "\N{COMBINING GRAVE ACCENT}" <= character <= "\u036f" or category == "Cf":
        return IGNORED
    if "VARIATION SELECTOR" in name:
        return IGNORED
    if character in "0123456789":
        return DIGIT
    if category[0] == "M" or "PROLONGED SOUND MARK" in name or "VOICED SOUND MARK" in name:
        return MARK
    if category[0] in "LN" and name.startswith(_UNSPACED_NAMES):
        return UNSPACED
    return LETTER if category[0] in "LN" or character in _LETTER_LIKE else SEPARATOR


def fold_of(character: str, ucd: ModuleType) -> str:
    """The characters that one stands for in matching; empty where it is not there.

    >>> import unicodedata
    >>> [fold_of(character, unicodedata) for character in "É\ufb01α²\u0301"]
    ['e', 'fi', 'alpha', '2', '']
    """
    if character in _NAMED:
        return _NAMED[character]
    folded = ucd.normalize("NFKD", ucd.normalize("NFKD", character).casefold())
    folded = "".join(_SPELLED.get(each, each) for each in folded)
    decimals = (ucd.decimal(each, None) for each in folded)
    folded = "".join(
        each if value is None else str(value) for each, value in zip(folded, decimals, strict=True)
    )
    return "".join(each for each in folded if kind_of(each, ucd) != IGNORED)


def _make() -> None:
    """Write the table from the Unicode character database."""
    try:
        import unicodedata2 as ucd  # noqa: PLC0415  newer than the interpreter's
    except ImportError:
        import unicodedata as ucd  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    sequences: list[int] = []
    entries = []
    for code in range(0x110000):
        character = chr(code)
        if 0xD800 <= code < 0xE000:
            entries.append(SEPARATOR << KIND_SHIFT)
            continue
        folded = fold_of(character, ucd)
        found = [kind_of(each, ucd) << KIND_SHIFT | ord(each) for each in folded]
        if not found:
            entries.append(IGNORED << KIND_SHIFT)
        elif len(found) == 1:
            entries.append(found[0] if folded != character else kind_of(folded, ucd) << KIND_SHIFT)
        else:
            entries.append(LETTER << KIND_SHIFT | SEVERAL | len(sequences))
            sequences += [len(found), *found]
    places: dict[bytes, int] = {}
    table = np.array(entries, dtype=np.uint32).reshape(-1, _BLOCK)
    blocks = np.array([places.setdefault(block.tobytes(), len(places)) for block in table], dtype=np.uint16)
    unique = np.frombuffer(b"".join(places), dtype=np.uint32)
    np.savez_compressed(
        Path(__file__).with_name(_FILE),
        blocks=blocks,
        entries=unique,
        sequences=np.array(sequences, dtype=np.uint32),
    )
    print(f"Unicode {ucd.unidata_version}: {len(places)} blocks, {len(sequences)} in sequences")  # noqa: T201


if __name__ == "__main__":
    _make()
