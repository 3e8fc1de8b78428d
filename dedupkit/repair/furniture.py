"""Furniture of web pages that was copied along with the text: the "see more" of a folded paragraph."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from dedupkit.repair.edits import Edit

#: The spaces of which one is kept where a marker stood between two.
SPACES: Final = " \t\N{NO-BREAK SPACE}"

KIND: Final = "see_more_marker"
#: How far from the end a marker without brackets begins at most.
LONGEST_MARKER_CHARS: Final = 80

#: What pages write where a text is folded. English, French, German, Spanish.
SEE_MORE_LABELS: Final = (
    "see more", "read more", "show more", "view more", "more",
    "see less", "read less", "show less",
    "voir plus", "afficher la suite", "lire la suite",
    "mehr anzeigen", "mehr",
    "ver más", "leer más",
)  # fmt: skip


def remove_glued_label(text: str, label: str) -> list[Edit]:
    """Remove the button label that a scraper glued to a title.

    Only a reader of the whole page can know the label (``dumps/glued.py``); alone it must NOT be guessed.

    >>> from dedupkit.repair.edits import apply_edits
    >>> title = "SubscribeNavigating Scaling Laws"
    >>> apply_edits(title, remove_glued_label(title, "Subscribe"))
    'Navigating Scaling Laws'
    >>> remove_glued_label("Navigating Scaling Laws", "Subscribe")
    []
    """
    return [Edit(0, len(label), "", "glued_label")] if text.startswith(label) else []


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
    anywhere_re, at_end_re = _marker_expressions(label)
    edits: list[Edit] = []
    for match in anywhere_re.finditer(text):
        start, end = match.span()
        while end < len(text) and text[end] in SPACES and (start == 0 or text[start - 1].isspace()):
            end += 1
        edits.append(Edit(start, end, "", KIND))
    kept = _end_of_words(text, len(text))
    while True:
        if edits and edits[-1].end >= kept > edits[-1].start:
            kept = _end_of_words(text, edits.pop().start)
        elif last := at_end_re.search(text, max(0, kept - LONGEST_MARKER_CHARS), kept):
            kept = _end_of_words(text, last.start())
        else:
            break
    return [*edits, Edit(kept, len(text), "", KIND)] if text[kept:].strip() else edits


def _end_of_words(text: str, end: int) -> int:
    """Step back over the spaces before ``end``."""
    while end and text[end - 1].isspace():
        end -= 1
    return end


@lru_cache(maxsize=64)
def _marker_expressions(label: str | None) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile what finds a marker anywhere, and what finds one without brackets at the end."""
    labels = [re.escape(name).replace(r"\ ", r"[ \xa0]") for name in ([label] if label else SEE_MORE_LABELS)]
    long_labels = [name for name in labels if label or r"[ \xa0]" in name]
    ellipsis = r"(?<!…)(?<!\.\.\.)(?:…|\.\.\.)+[ \xa0]{0,3}"
    brackets = rf"[(\[][ \xa0]?(?:{'|'.join(labels)})[ \xa0]?[)\]]"
    return (
        # as in "laten… (see more)t", "laten...[Read more]t"
        re.compile(rf"{ellipsis}{brackets}(?:[ \xa0]{{0,3}}{brackets})*", re.IGNORECASE),
        # as in "cut off here ... Read more"
        re.compile(rf"{ellipsis}(?:{'|'.join(long_labels)})\Z", re.IGNORECASE),
    )
