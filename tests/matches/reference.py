"""What the kernels compute, in plain Python: slow, and written from the words of their docstrings."""

import unicodedata

from dedupkit.matches import folds
from dedupkit.matches.keys import word_hash

MASK = (1 << 64) - 1


def words_of(text):
    """Folded words of a text without LaTeX."""
    words, word, unspaced = [], "", False
    for character in text:
        entries = [(each, folds.kind_of(each, unicodedata)) for each in folds.fold_of(character, unicodedata)]
        for each, kind in entries:
            if kind == folds.MARK:
                word += each if word else ""
                continue
            if word and (kind in (folds.SEPARATOR, folds.UNSPACED) or unspaced):
                words.append(word)
                word = ""
            if kind == folds.SEPARATOR:
                unspaced = False
                continue
            word, unspaced = word + each, kind == folds.UNSPACED
    return [*words, word] if word else words


def mix(value):
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD & MASK
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 & MASK
    return value ^ value >> 33


def chain(words, factor):
    value = len(words)
    for word in words:
        value = (value + word_hash(word)) * factor & MASK
    return mix(value)


def key_of(words):
    return chain(words, 0xD6E8FEB86659FD93) if words else 0


def shingles_of(words, size):
    """Hashes of the shingles, repeated ones too."""
    width = min(len(words), size)
    return (
        [chain(words[i : i + width], 0x9E3779B97F4A7C15) for i in range(len(words) - width + 1)]
        if words
        else []
    )
