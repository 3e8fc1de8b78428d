"""Mojibake and entities folded away in whole columns, for matching alone: nothing of this is written.

``fix_encoding`` weighs whether a text is misread, and takes a millisecond for it. A key of matching may be bolder:
what it folds wrongly, it folds so in every copy.
"""

from __future__ import annotations

from functools import cache
from html.entities import html5
from typing import Final

import ftfy.bad_codecs  # noqa: F401  registers sloppy-windows-1252
import polars as pl  # noqa: TC002  the example uses it

#: What scraped text holds beside ASCII: letters of Latin, Greek and Cyrillic, punctuation, currencies, letter-like
#: signs, arrows, mathematics.
_OFTEN_MISREAD: Final = (
    range(0xA0, 0x530),
    range(0x2010, 0x2070),
    range(0x20A0, 0x20C0),
    range(0x2100, 0x2300),
)

#: How UTF-8 is misread by far the most.
_READ_AS: Final = ("sloppy-windows-1252", "latin-1")

#: Text that was encoded wrongly twice.
_TIMES: Final = 2


@cache
def _table() -> dict[str, str]:
    """What stands in misread text, and what was meant."""
    meant = [chr(code) for codes in _OFTEN_MISREAD for code in codes]
    misread = {character.encode().decode(encoding): character for encoding in _READ_AS for character in meant}
    entities = {f"&{name}": character for name, character in html5.items() if name.endswith(";")}
    return misread | entities | {"&#39;": "'", "&#x27;": "'", "&#34;": '"', "&#160;": " "}


def fold_misread(texts: pl.Series) -> pl.Series:
    r"""Replace what misread characters and entities look like by what was meant.

    Args:
        texts: Strings; null stays null.

    >>> fold_misread(pl.Series(["The cafÃ© of AT&amp;T â€“ itâ€™s ÃƒÂ¼ber", "naïve Ã", None])).to_list()
    ['The café of AT&T – it’s über', 'naïve Ã', None]
    """
    odd = (texts.str.len_bytes() != texts.str.len_chars()) | texts.str.contains("&", literal=True)
    looks, meant = list(_table()), list(_table().values())
    rows = odd.arg_true()
    rows = rows.filter(texts.gather(rows).str.contains_any(looks))
    if not len(rows):
        return texts
    folded = texts.gather(rows)
    for _ in range(_TIMES):
        folded = folded.str.replace_many(looks, meant, leftmost=True)
    return texts.clone().scatter(rows, folded)
