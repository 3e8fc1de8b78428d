"""Button labels that a scraper glued to a title: ``SubscribeNavigating Scaling Laws``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dedupkit.dumps.kinds import INTERFACE_LABELS, INTERFACE_VERBS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: One to three words, then, with no space, what can begin a title: "Sign up" + "Deep…", "Subscribe" + "3D…".
_GLUE_RE: Final = re.compile(
    r"((?:[^\W\d_][^\W\d_A-Z]*[ ]){0,2}?[^\W\d_](?:['’]?[^\W\d_A-Z])+)(?=[A-Z0-9\"“(\[$])"
)

#: "SUBSCRIBE" + "Navigating".
_CAPITAL_GLUE_RE: Final = re.compile(r"([A-Z]{4,})(?=[A-Z][a-z])")

_FIRST_WORD_RE: Final = re.compile(r"[^\W\d_]{3,}")


def find_glued_label(
    title: str, own_abstract: str, abstracts: Sequence[str], *, unknown: bool = True
) -> str | None:
    """The label at the front of a title, where the page shows that it is none of the title.

    A name in camel case (``OpenDelta``, ``ShareGPT``) is no label: a paper that coins a name writes it in
    its abstract. A label is known from other sites, or is proved by the page: the glued word stands in
    no abstract, what is left begins with a word that does, and the paper itself does not speak of the
    label.

    Args:
        title: First title of the page, where furniture ends.
        own_abstract: That title's abstract, "" if it has none.
        abstracts: All abstracts of the page, this one too.
        unknown: Whether labels that no other site is known for are looked for too.

    Returns:
        The label as it is written, or None.

    >>> find_glued_label("SubscribeA Survey of Sorting", "We survey sorting.", ["We survey sorting."])
    'Subscribe'
    >>> find_glued_label("ShareGPT Speaks", "We release ShareGPT.", ["We release ShareGPT."])
    >>> find_glued_label("Weiter so!Sorting", "", ["sorting"])
    """
    match = _GLUE_RE.match(title) or _CAPITAL_GLUE_RE.match(title)
    seams = _known_labels_before_a_coined_name(title)
    if match and not seams and (unknown or _is_known(match.group(1))):
        seams = [match.group(1)]
    return next((label for label in seams if _is_proved(label, title, own_abstract, abstracts)), None)


def _is_proved(label: str, title: str, own_abstract: str, abstracts: Sequence[str]) -> bool:
    glued_word = title[label.rfind(" ") + 1 :].split(maxsplit=1)[0].strip('.,:;!?"“”()[]').casefold()
    if any(glued_word in abstract.casefold() for abstract in abstracts):
        return False
    rest = title[len(label) :]
    if _is_known(label) and not rest[0].islower():
        return True
    if not own_abstract:
        return False
    first_word = _FIRST_WORD_RE.match(rest)
    if len(label) < 4 or not label[0].isupper() or first_word is None or len(rest.split()) < 2:
        return False
    if re.search(rf"\b{re.escape(label)}\b", own_abstract, re.IGNORECASE):
        return False
    # Its last letters may be an ending: "Navigating" is proved by "navigate".
    stem = first_word.group()[: max(4, len(first_word.group()) - 3)]
    stands_alone = re.compile(rf"\b{re.escape(stem)}", re.IGNORECASE)
    return any(stands_alone.search(abstract) for abstract in abstracts)


def _is_known(label: str) -> bool:
    folded = label.casefold()
    return folded in INTERFACE_LABELS or (" " in folded and folded.split()[0] in INTERFACE_VERBS)


def _known_labels_before_a_coined_name(title: str) -> list[str]:
    """``Subscribe`` of ``SubscribezkDL: Proofs``: a known label, then a name with a capital further in."""
    word = title.split(maxsplit=1)[0]
    known = (label for label in INTERFACE_LABELS if len(label) >= 6 and word.casefold().startswith(label))
    longest = len(max(known, key=len, default=""))
    name = word[longest:]
    return [word[:longest]] if longest and name[:1].isalpha() and name[1:] != name[1:].lower() else []
