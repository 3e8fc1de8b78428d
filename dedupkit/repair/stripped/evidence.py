"""What each piece of evidence is, in words: for people who ask why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedupkit.repair.stripped import kernels
from dedupkit.repair.stripped.model import load_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The pieces of evidence in the order of ``kernels._evidence``; None: says nothing to a person.
TEMPLATES: Final = (
    None,
    "how often the word is a command",
    "how often words of its kind are commands",
    "what stands before it",
    "what stands behind it",
    "what stands on both sides",
    "what stands on both sides",
    "the character or word before it",
    "the character or word behind it",
    "the character or word before it",
    "the character or word behind it",
    "the words on both sides",
    "what leads up to it",
    "what follows it",
    "the two words before it",
    "the two words behind it",
    "the two words behind it",
    "the four tokens around it",
    "how the run of letters can be cut",
    "how the run of letters can be cut",
    "its place in braces, scripts or parentheses",
    "its place in braces, scripts or parentheses",
    "how much mathematics the text has",
    "how much mathematics the text has",
    "other names of commands in the text",
    "LaTeX that was left in the text",
    "mathematics near by",
    "mathematics near by",
    "mathematics beside it",
    "how often it comes in the text",
    "what stands on both sides, in mathematics",
    "what leads up to it",
    "what follows it",
    "the two words before it",
    "what leads up to it",
    "what follows it",
)

#: Log odds that are worth telling.
_WORTH_TELLING: Final = 0.5


def strongest(pieces: NDArray[np.uint64], most: int) -> list[str]:
    """The strongest pieces of evidence for a command, each as words with its factor of odds, no two the same."""
    slots, values = load_model().tables[:2]
    said: dict[str, float] = {}
    for name, piece in zip(TEMPLATES, pieces[: kernels.PIECES], strict=True):
        value = kernels.says(piece, slots, values)
        if name and value > _WORTH_TELLING:
            said[name] = max(said.get(name, 0.0), float(value))
    ranked = sorted(said.items(), key=lambda item: -item[1])[:most]
    return [f"{name} (odds × {2.718281828**value:.0f})" for name, value in ranked]
