r"""Mathematics whose backslashes were stripped: ``XinR^{ntimes d}`` was ``X\in R^{n\times d}``.

Nothing in a text says for sure that ``times`` was a command. So every candidate is judged by what stands around it,
and by the rest of its text, with weights that were learned from abstracts whose LaTeX is known (``kernels.py``,
``model.py``). What is accepted becomes plain text (``render.py``) or LaTeX again; everything else stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from dedupkit.blocks import in_blocks, text_buffers
from dedupkit.repair.commands import OPERATOR_NAMES
from dedupkit.repair.lexicon import is_word
from dedupkit.repair.protected import protected_spans
from dedupkit.repair.stripped.render import Name, render, render_latex, squeezed

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from dedupkit.repair.edits import Edit

#: Log odds from which a candidate is accepted.
THRESHOLDS: Final[dict[str, float]] = {"balanced": -1.5, "safe": 1.0}

#: A text of fewer characters says little of itself: without one candidate that is sure its candidates need more.
SHORT_TEXT: Final = 450
STRONG: Final = 2.5
THRESHOLD_OF_SHORT: Final = 0.8

_BLOCK_ROWS: Final = 256

# In "https://a.org/alpha", "a.b@c.org", "alpha_beta_max", "run_alpha.py" and "--alpha"
IDENTIFIER_RE: Final = re.compile(
    r"(?:https?|ftp)://.*|www\..*|[\w.+-]+@[\w-]+\.[\w.]+|[A-Za-z]\w*(?:_[a-z]{2,}){2,}|--?[a-z]{2}[\w-]*"
    r"|[\w./-]*[\w/-]\.(?:py|js|c|cpp|h|md|txt|json|csv|tsv|html?|tex|pdf|sh|ya?ml|ipynb|com|org|net|io|ai|edu)(?:/\S*)?|(?:\.{0,2}/)?[\w.-]+/[\w.-]+/[\w./-]+"
)
#: Signs that stand before something, and what that looks like: "5 pm" is an hour.
NEEDS_NEXT: Final = frozenset(["pm", "mp"])
NEXT_RE: Final = re.compile(r"\}?[ ~]?[0-9(\[{.$|\\A-Za-z]")
# " and" behind a word, " " before it; what formulas have and prose does not
WORD_RE: Final = re.compile(r" ([a-z]{2,})")
BEFORE_WORD_RE: Final = re.compile(r"(?:\A|\s)\Z")
#: Words that follow "3 times" in English, beside comparatives.
AFTER_TIMES: Final = frozenset(
    ["a", "after", "an", "and", "are", "as", "at", "before", "but", "by", "during", "each", "every", "for", "from", "if", "in",
     "is", "less", "more", "of", "on", "or", "over", "per", "than", "that", "the", "through", "to", "until", "was", "we", "were",
     "when", "while", "with", "without", "worse"]
)  # fmt: skip
SIGN_RE: Final = re.compile(r"[\^_{}|]")
#: Letters of a run that are looked at; letters beside a name that make a word of it; longest name that words hold by chance.
MOST_RUN_CHARS: Final = 64
LEAST_OF_A_WORD: Final = 3
LONGEST_SHORT_NAME: Final = 5
#: How common a word is that every text may hold (``lexicon.py``).
COMMON_WORD: Final = 3
#: Longest word that may be a name, a URL or a path, and what stands around one in prose.
MOST_WORD_CHARS: Final = 400
PUNCTUATION: Final = "()[]\"'`,;:!?."
NO_SPACE_RE: Final = re.compile(r"\S+")


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


def candidates(text: str) -> list[Candidate]:
    """Find and judge everything in a text that could be a command without its backslash."""
    from dedupkit.repair.stripped.kernels import judge  # noqa: PLC0415  numba is loaded when it is needed
    from dedupkit.repair.stripped.model import load_model  # noqa: PLC0415  the same

    model = load_model()
    data = text.encode(errors="replace")
    if not data:
        return []
    places, pieces, _, scores = judge(np.frombuffer(data, np.uint8), model.vocabulary, model.tables)
    if not len(places):
        return []
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
    likely = [candidate for candidate in candidates(text) if candidate.score > threshold]
    if is_short(text) and all(candidate.score < STRONG for candidate in likely):
        likely = [candidate for candidate in likely if candidate.score > max(threshold, THRESHOLD_OF_SHORT)]
    if not likely:
        return []
    starts = {candidate.start for candidate in likely}
    return [
        candidate
        for candidate in likely
        if not _stays(text, candidate)
        and not _reads_as_a_word(text, candidate, starts)
        and not _is_in_a_word(text, candidate, starts)
    ]


def is_short(text: str) -> bool:
    """Whether a text is too short to speak for what is in it, and has no sign of mathematics."""
    return len(text) < SHORT_TEXT and not SIGN_RE.search(text)


def may_hold_stripped_math(texts: pl.Series) -> NDArray[np.bool_]:
    """Whether a candidate of each text would be accepted at the less strict level; all cores, no objects of Python."""
    from dedupkit.repair.stripped.kernels import best_scores  # noqa: PLC0415  numba is loaded when it is needed
    from dedupkit.repair.stripped.model import load_model  # noqa: PLC0415  the same

    model = load_model()
    data, offsets = text_buffers(texts)
    scores = np.empty(len(texts), np.float32)

    def judge_block(first: int, last: int) -> None:
        best_scores(data, offsets, first, last, model.vocabulary, model.tables, scores)

    in_blocks(len(texts), judge_block, _BLOCK_ROWS)
    return scores > min(THRESHOLDS.values())


def _stays(text: str, candidate: Candidate) -> bool:
    """Whether a candidate stands in code, a path, a URL, or in LaTeX that is still whole."""
    protected = protected_spans(text)
    place = bisect_left(protected.starts, candidate.start + 1) - 1
    if place >= 0 and candidate.start < protected.ends[place]:
        span = text[protected.starts[place] : protected.ends[place]]
        if span[0] != "$" or "\\" in span:
            return True
    if candidate.name in NEEDS_NEXT and not NEXT_RE.match(text, candidate.end):
        return True
    starts, ends = _words(text)
    place = bisect_left(starts, candidate.start + 1) - 1
    start, end = starts[place], ends[place]
    return end - start <= MOST_WORD_CHARS and bool(
        IDENTIFIER_RE.fullmatch(text[start:end].strip(PUNCTUATION))
    )


@lru_cache(maxsize=2)
def _words(text: str) -> tuple[list[int], list[int]]:
    """Where what stands between spaces begins and ends."""
    spans = [match.span() for match in NO_SPACE_RE.finditer(text)]
    return [start for start, _ in spans], [end for _, end in spans]


def _is_in_a_word(text: str, candidate: Candidate, starts: set[int]) -> bool:
    """Whether a short name stands in a word of an unknown language: three small letters or more are left of its run."""
    start, end = candidate.start, candidate.end
    while start and end - start < MOST_RUN_CHARS and text[start - 1].isalpha():
        start -= 1
    while end < len(text) and end - start < MOST_RUN_CHARS and text[end].isalpha():
        end += 1
    left = end - start - len(candidate.name)
    if left < LEAST_OF_A_WORD or len(candidate.name) > LONGEST_SHORT_NAME or not text[start:end].islower():
        return False
    others = sum(place in starts for place in range(start, end)) > 1
    return not others and not any(name in text[start:end] for name in OPERATOR_NAMES)


def _reads_as_a_word(text: str, candidate: Candidate, starts: set[int]) -> bool:
    """Whether a common word stands between spaces before another word: "for K times and", "b_1 closer to the".

    Behind a number "times" may be a factor: of ``3 times speedup`` the evidence decides, ``3 times as fast`` is English.
    """
    following = WORD_RE.match(text, candidate.end)
    if not following or following.start(1) in starts or following[1] in OPERATOR_NAMES:
        return False
    if not BEFORE_WORD_RE.search(text, max(0, candidate.start - 2), candidate.start):
        return False
    if candidate.name == "times" and text[max(0, candidate.start - 2) : candidate.start - 1].isdigit():
        return following[1] in AFTER_TIMES or following[1].endswith("er")
    return is_word(candidate.name, COMMON_WORD)


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
