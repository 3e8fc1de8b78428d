"""What is compared: the normal form of a text, its words, and its shingles."""

from __future__ import annotations

from typing import Final

import polars as pl

#: Accents of Latin, Greek and Cyrillic letters; the vowel signs of other scripts lie elsewhere and stay.
_LATIN_ACCENTS: Final = r"[\x{0300}-\x{036F}]"

#: Everything that is no letter, mark or number; ``+`` and ``#`` stay, for C++ is not C#.
_NOT_WORD: Final = r"[^\p{L}\p{M}\p{N}+#]+"

#: Scripts that write no spaces between words: each character is a word of its own.
_UNSPACED_SCRIPTS: Final = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"


def normal_form(text: pl.Expr) -> pl.Expr:
    """Fold what does not tell two works apart: case, accents, widths, ligatures, punctuation, spacing.

    Args:
        text: String column.

    Returns:
        String column of words with single spaces between them; null where the text is null or holds
        no letter and no digit, so that it equals nothing.

    >>> texts = pl.DataFrame({"t": ["Na\u00efve \ufb01tting, in C++!", "na\u0131ve", "\u2014"]})
    >>> texts.select(normal_form(pl.col("t")))["t"].to_list()
    ['naive fitting in c++', 'naıve', None]
    """
    folded = (
        text.str.normalize("NFKD")
        .str.to_lowercase()
        .str.replace_all(_LATIN_ACCENTS, "")
        .str.normalize("NFKC")
        .str.replace_all("ß", "ss", literal=True)
        .str.replace_all(_NOT_WORD, " ")
        .str.strip_chars(" ")
    )
    return pl.when(folded.str.contains(r"[\p{L}\p{N}]")).then(folded)


def words(key: pl.Expr) -> pl.Expr:
    """Split a normal form into words; a character of a script without spaces is a word.

    Args:
        key: String column in normal form.

    Returns:
        List(String) column, null where the key is null.

    >>> pl.DataFrame({"k": ["deep 学习 x"]}).select(words(pl.col("k")))["k"].to_list()
    [['deep', '学', '习', 'x']]
    """
    return key.str.replace_all(_UNSPACED_SCRIPTS, " ${1} ").str.extract_all(r"[^ ]+")


def shingles(text_words: list[str], size: int) -> set[str]:
    """The word n-grams of a text; a text shorter than one shingle is one shingle, whole.

    Args:
        text_words: Words in order.
        size: Words in a shingle.

    Returns:
        The set of shingles; empty only for a text without words.

    >>> sorted(shingles(["a", "b", "c", "d"], 3))
    ['a b c', 'b c d']
    >>> shingles(["deep", "learning"], 3)
    {'deep learning'}
    """
    if len(text_words) <= size:
        return {" ".join(text_words)} if text_words else set()
    return {" ".join(text_words[i : i + size]) for i in range(len(text_words) - size + 1)}
