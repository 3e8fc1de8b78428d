"""Furniture of web pages that was copied along with the text: the "see more" of a folded paragraph."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dedupkit.repair.edits import Edit

#: The spaces of which one is kept where a marker stood between two.
SPACES: Final = " \t\N{NO-BREAK SPACE}"

#: What pages write where a text is folded. English, French, German, Spanish.
SEE_MORE_LABELS: Final = (
    "see more", "read more", "show more", "view more", "more",
    "see less", "read less", "show less",
    "voir plus", "afficher la suite", "lire la suite",
    "mehr anzeigen", "mehr",
    "ver más", "leer más",
)  # fmt: skip


def remove_see_more_markers(text: str, label: str | None = None) -> list[Edit]:
    """Remove the marker at which a page folds a text, and its ellipsis.

    A listing page puts ``… (see more)`` after so many characters, wherever that is, and a copy of the page holds
    the words on both sides of it: the marker goes and nothing takes its place. A label without brackets is a
    marker only at the end of the text, where the rest was never loaded.

    It must NOT touch an ellipsis that is the author's, or a reference in parentheses.

    Args:
        text: The text.
        label: The label that the page uses, where it is known; None for the usual ones.

    >>> from dedupkit.repair.edits import apply_edits
    >>> def remove(text, label=None): return apply_edits(text, remove_see_more_markers(text, label))
    >>> remove("by learning laten… (see more)t representations")
    'by learning latent representations'
    >>> remove("models … (see more)associated"), remove("models … (see more) associated")
    ('models associated', 'models associated')
    >>> remove("We show that this … Read more"), remove("a … (+)b", label="+")
    ('We show that this', 'a b')
    >>> for same in ["on it (see more details in Section 3)", "and so on ... (see Figure 2)", "wait … more"]:
    ...     assert remove(same) == same
    """
    if "…" not in text and "..." not in text:
        return []
    edits: list[Edit] = []
    for match in _marker_re(label).finditer(text):
        start, end = match.span()
        while end < len(text) and text[end] in SPACES and (start == 0 or text[start - 1].isspace()):
            end += 1
        if end == len(text) or not text[end:].strip():
            start, end = len(text[:start].rstrip()), len(text)
        edits.append(Edit(start, end, "", "see_more_marker"))
    return edits


@lru_cache(maxsize=64)
def _marker_re(label: str | None) -> re.Pattern[str]:
    """Compile the expression for one label, or for all that are known."""
    labels = [label] if label else sorted(SEE_MORE_LABELS, key=len, reverse=True)
    any_label = "|".join(re.escape(name).replace(r"\ ", r"[ \xa0]") for name in labels)
    long_label = "|".join(
        re.escape(name).replace(r"\ ", r"[ \xa0]") for name in labels if " " in name or label
    )
    bracketed = rf"[ \xa0]{{0,3}}[(\[][ \xa0]?(?:{any_label})[ \xa0]?[)\]]"
    ellipsis = r"(?<!…)(?<!\.\.\.)(?:…|\.\.\.)+"
    # "cut off here ... Read more" at the end, "laten… (see more)t" and "laten...[Read more]t" anywhere
    return re.compile(
        rf"(?:{ellipsis}(?:(?:{bracketed})+|[ \xa0]{{0,3}}(?:{long_label}))\s{{0,3}}){{1,4}}(?=\s*\Z)|{ellipsis}(?:{bracketed})+",
        re.IGNORECASE,
    )
