r"""Mathematics whose backslashes were stripped: ``XinR^{ntimes d}`` was ``X\in R^{n\times d}``.

Nothing in a text says for sure that ``times`` was a command. So every candidate is judged by what stands around it,
and by the rest of its text, with weights that were learned from abstracts whose LaTeX is known (``kernels.py``,
``model.py``). What is accepted becomes plain text (``render.py``) or LaTeX again; everything else stays.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dedupkit.blocks import in_blocks, text_buffers
from dedupkit.repair.stripped.render import Name, render, render_latex, squeezed
from dedupkit.repair.stripped.rules import Around, Place, is_no_formula

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from dedupkit.repair.edits import Edit

#: Log odds from which a candidate is accepted.
THRESHOLDS: Final[dict[str, float]] = {"balanced": -1.9, "safe": 1.0}

#: A text of fewer characters says little of itself: without one candidate that is sure its candidates need more.
SHORT_TEXT: Final = 450
STRONG: Final = 2.5
THRESHOLD_OF_SHORT: Final = 0.8

#: Rows that a thread looks at, and judges, at a time.
_ROWS_LOOKED_AT: Final = 512
_ROWS_JUDGED: Final = 64

# What formulas have and prose does not
SIGN_RE: Final = re.compile(r"[\^_{}|]")


class Candidate(NamedTuple):
    """A name of a command in a text, and how it was judged.

    Attributes:
        start, end: Code points.
        name: The command.
        score: Log odds that it was one.
        evidence: Keys of its pieces of evidence (uint64), in the order of ``evidence.TEMPLATES``.
    """

    start: int
    end: int
    name: str
    score: float
    evidence: NDArray[np.uint64]


def candidates(text: str, above: float = -math.inf) -> list[Candidate]:
    """Find and judge everything in a text that could be a command without its backslash, and give what scores more.

    A long list of commands is no text: in one nothing is found.
    """
    from dedupkit.repair.stripped.kernels import judge  # noqa: PLC0415  numba is loaded when it is needed
    from dedupkit.repair.stripped.model import load_model  # noqa: PLC0415  the same

    model = load_model()
    data = text.encode(errors="replace")
    if not data:
        return []
    places, pieces, _, scores = judge(np.frombuffer(data, np.uint8), model.vocabulary, model.tables, False)  # noqa: FBT003  numba knows no keywords
    likely = np.flatnonzero(scores[:, 1] > above)
    if not len(likely):
        return []
    places, pieces, scores = places[likely], pieces[likely], scores[likely]
    points = _code_points(text, data, places[:, :2])
    return [
        Candidate(start, end, model.commands[command], float(score), evidence)
        for (start, end), command, score, evidence in zip(
            points.tolist(), places[:, 2].tolist(), scores[:, 1].tolist(), pieces, strict=True
        )
    ]


def restore_stripped_math(text: str, level: str = "balanced", rendering: str = "unicode") -> list[Edit]:
    r"""Give commands of mathematics that lost their backslash what they stand for.

    It must NOT touch words that only look like commands (``30 times in FLOPs``, ``beta testing``), names, file names,
    URLs, code, and LaTeX that is still whole.

    Args:
        text: A text.
        level: ``safe`` takes only what is certain.
        rendering: ``unicode`` gives plain text, ``latex`` gives formulas between dollars.

    >>> from dedupkit.repair.edits import apply_edits
    >>> restored = lambda text: apply_edits(text, restore_stripped_math(text))
    >>> restored("We show XinR^{ntimes d} and mathcal{O}(1/k^2) as rho^2dto0.")
    'We show X∈R^{n×d} and O(1/k^2) as ρ^2d→0.'
    >>> same = "It is 30 times faster in beta testing than Phi-3 in R."
    >>> restored(same) == same
    True
    """
    names = [Name(*candidate[:3]) for candidate in accepted_commands(text, level)]
    if rendering == "latex":
        return render_latex(text, names)
    more = squeezed(text) if "!" in text else []
    return apart(render(text, names), more)


def apart(edits: list[Edit], more: list[Edit]) -> list[Edit]:
    """Edits, and those of ``more`` that touch none of them, in order."""
    starts = [edit.start for edit in edits]

    def is_free(edit: Edit) -> bool:
        place = bisect_left(starts, edit.start)
        return (place == 0 or edits[place - 1].end <= edit.start) and (
            place == len(edits) or edit.end <= edits[place].start
        )

    return sorted([*edits, *(edit for edit in more if is_free(edit))])


def accepted_commands(text: str, level: str = "balanced") -> list[Candidate]:
    """The candidates that are taken for commands, in order and apart."""
    threshold = THRESHOLDS[level]
    likely = candidates(text, threshold)
    if is_short(text) and all(candidate.score < STRONG for candidate in likely):
        likely = [candidate for candidate in likely if candidate.score > max(threshold, THRESHOLD_OF_SHORT)]
    if not likely:
        return []
    around = Around(text, likely)
    return [candidate for candidate in likely if not is_no_formula(Place(around, candidate))]


def is_short(text: str) -> bool:
    """Whether a text is too short to speak for what is in it, and has no sign of mathematics."""
    return len(text) < SHORT_TEXT and not SIGN_RE.search(text)


class Glance(NamedTuple):
    """What is seen of each text of a column at one hash and one look-up a word (``plain_kernels.py``).

    Attributes:
        simple: No expression of the screen finds anything in it.
        plain: No command could have lost its backslash in it.
    """

    simple: NDArray[np.bool_]
    plain: NDArray[np.bool_]


def glance(texts: pl.Series) -> Glance:
    """Look at a column of texts for those that surely need no repair; all cores, no objects of Python."""
    from dedupkit.repair.stripped.model import load_model  # noqa: PLC0415  numba is loaded when it is needed
    from dedupkit.repair.stripped.plain_kernels import look  # noqa: PLC0415  the same

    model = load_model()
    data, offsets = text_buffers(texts)
    seen = Glance(np.empty(len(texts), np.bool_), np.empty(len(texts), np.bool_))

    def look_at_block(first: int, last: int) -> None:
        look(data, offsets, first, last, model.vocabulary, model.plain_words, model.judged, *seen)

    in_blocks(len(texts), look_at_block, _ROWS_LOOKED_AT)
    return seen


def may_hold_stripped_math(texts: pl.Series) -> NDArray[np.bool_]:
    """Whether a candidate of each text would be accepted at the less strict level; all cores, no objects of Python."""
    from dedupkit.repair.stripped.kernels import best_scores  # noqa: PLC0415  numba is loaded when it is needed
    from dedupkit.repair.stripped.model import load_model  # noqa: PLC0415  the same

    model = load_model()
    data, offsets = text_buffers(texts)
    scores = np.empty(len(texts), np.float32)

    def judge_block(first: int, last: int) -> None:
        best_scores(data, offsets, first, last, model.vocabulary, model.tables, scores)

    in_blocks(len(texts), judge_block, _ROWS_JUDGED)
    return scores > min(THRESHOLDS.values())


def _code_points(text: str, data: bytes, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Byte offsets of a text, whose bytes are given, as code points."""
    if len(data) == len(text):
        return places
    starts = np.cumsum((np.frombuffer(data, np.uint8) & 0xC0) != 0x80)
    return np.where(places < len(data), starts[np.minimum(places, len(data) - 1)] - 1, len(text))


def reasons(candidate: Candidate, most: int = 2) -> list[str]:
    """Why a candidate was taken for a command: the strongest evidence first, in words."""
    from dedupkit.repair.stripped.evidence import strongest  # noqa: PLC0415  numba is loaded when it is needed

    return strongest(candidate.evidence, most)
