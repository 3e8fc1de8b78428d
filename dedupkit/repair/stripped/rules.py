r"""What no formula of LaTeX could have been, whatever speaks for it: rules of how commands and English are written.

The evidence is of words and signs near by; a few habits of writing decide more than any of them. Each rule only takes
candidates away.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from dedupkit.repair.commands import OPERATOR_NAMES, SWITCHES
from dedupkit.repair.lexicon import is_word
from dedupkit.repair.protected import join_spans, protected_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dedupkit.repair.stripped import Candidate

# In "https://a.org/alpha", "10.1000/xyz_in.times", "#alpha_beta", "a.b@c.org", "alpha_beta_max", "run_alpha.py" and "--alpha"
IDENTIFIER_RE: Final = re.compile(
    r"(?:https?|ftp)://.*|www\..*|(?:doi:)?10\.[0-9]{4,9}/.*|[#@][\w-]+|[\w.+-]+@[\w-]+\.[\w.]+|[A-Za-z]\w*(?:_[a-z]{2,}){2}|--?[a-z]{2}[\w-]*"
    r"|(?>[\w./-]*?[\w/-]\.(?:py|js|c|cpp|h|md|txt|json|csv|tsv|html?|tex|pdf|sh|ya?ml|ipynb|com|org|net|io|ai|edu)(?:/|\Z))\S*|(?:\.{0,2}/)?[\w.-]+/[\w.-]+/[\w./-]+"
)
#: Signs that stand before something, and what that looks like: "5 pm" is an hour.
NEEDS_NEXT: Final = frozenset(["pm", "mp", "neg"])
NEXT_RE: Final = re.compile(r"\}?[ ~]?[0-9(\[{.$|\\A-Za-z]")
# " and" behind a word
WORD_RE: Final = re.compile(r" ([a-z]{2,})")
#: Words that follow "3 times" in English, beside comparatives.
AFTER_TIMES: Final = frozenset(
    ["a", "after", "an", "and", "are", "as", "at", "before", "but", "by", "during", "each", "every", "for", "from", "if", "in",
     "is", "less", "more", "of", "on", "or", "over", "per", "than", "that", "the", "through", "to", "until", "was", "we", "were",
     "when", "while", "with", "without", "worse"]
)  # fmt: skip
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
#: Characters before a candidate that are looked at.
_CONTEXT: Final = 80

#: Relations and operators between two things that are words of English too.
WORDS_BETWEEN: Final = frozenset(["in", "to", "times"])
#: Relations and arrows with a name of letters that could be any abbreviation.
RELATIONS: Final = frozenset(
    ["approx", "asymp", "cong", "equiv", "ge", "geq", "geqslant", "gg", "gt", "gtrsim", "leqslant", "lesssim", "preceq", "succeq", "supseteq", "in", "le", "leq", "ll", "lt", "mid", "ne", "neq", "ni", "notin", "parallel", "perp",
     "prec", "propto", "sim", "simeq", "subset", "subseteq", "succ", "supset", "to"]
)  # fmt: skip
SHORT_RELATIONS: Final = frozenset(["ge", "gg", "gt", "in", "le", "ll", "lt", "ne", "ni", "to"])
#: Signs that stand above or below something, with names that are English.
RAISED: Final = frozenset(["dagger", "ddagger", "flat", "natural", "prime", "sharp", "star"])
GREEK_CAPITALS: Final = frozenset(
    ["Delta", "Gamma", "Lambda", "Omega", "Phi", "Pi", "Psi", "Sigma", "Theta", "Upsilon", "Xi"]
)
# r"El\.{z}" before "bieta"
_WHOLE_COMMAND_RE: Final = re.compile(r"\\[^\s{}\\]{1,12}\{[^{}]{0,20}\}\Z")
# "halfspaces " before "in R^d"; "w.r.t. " before "to"
_PLAIN_WORD_BEFORE_RE: Final = re.compile(r"(?<![A-Za-z0-9_^\\{}$])([A-Za-z][a-z]{2,}) \Z")
_STOP_BEFORE_RE: Final = re.compile(r"[.,;:] \Z")
# "scaling from O(4^b) " before "to O(2^b)"
_FROM_RE: Final = re.compile(r"\bfrom \S{1,40}(?: \S{1,12}){0,3} \Z")
# "discrete " before "times (momenta": moments
_MOMENTS_RE: Final = re.compile(r" \([a-z]{3,}")
# What a switch acts on, behind it
_ACTED_ON_RE: Final = re.compile(r"[ ~]?[A-Za-z0-9({\\$]")
_ONE_CAPITAL_RE: Final = re.compile(r" ?[A-Z](?![a-z])")
#: Letters of a switch that other words may begin with.
_SHORT_SWITCH: Final = 2
# "Jin", "Mochi": a name; "Gamma" and "Tune": two words
_NAME_RE: Final = re.compile(r"[A-Z][a-z]+")
_SECOND_WORD_RE: Final = re.compile(r"[A-Z][a-z]{3,}")
# " et", ", and", "+": what follows a name, and no operand
_NO_OPERAND_RE: Final = re.compile(r" [a-z]{2,}(?![A-Za-z_^{])|[,.;:!?)\"'’”](?:\s|\Z)|\Z|\+|'s\b")
_CAPITALISED_BEFORE_RE: Final = re.compile(r"(?<![A-Za-z])[A-Z][a-z]{2,} \Z")
_CAPITALISED_BEHIND_RE: Final = re.compile(r" [A-Z][a-z]{2,}(?![A-Za-z_^{])")


class Around:
    """A text with its likely candidates, looked over once."""

    def __init__(self, text: str, likely: Sequence[Candidate]) -> None:
        """Note where candidates begin and end, what is protected, and where what stands between spaces does; whether it counts up to ten."""
        self.text = text
        self.starts = {candidate.start: candidate.name for candidate in likely}
        self.ends = {candidate.end for candidate in likely}
        spans = protected_spans(text)
        self.is_numbered = "(x)" in text or "(ix)" in text
        self.code = join_spans(  # a formula without a backslash is none that is whole
            (start, end)
            for start, end in zip(spans.starts, spans.ends, strict=True)
            if text[start] != "$" or text.find("\\", start, end) >= 0
        )
        words = [match.span() for match in NO_SPACE_RE.finditer(text)]
        self.word_starts = [start for start, _ in words]
        self.word_ends = [end for _, end in words]


class Place:
    """A candidate in its text."""

    __slots__ = ("around", "before", "end", "ends", "left", "name", "right", "run", "start", "starts", "text")

    def __init__(self, around: Around, candidate: Candidate) -> None:
        """Look at what is right beside it."""
        self.around, self.text, self.starts, self.ends = around, around.text, around.starts, around.ends
        self.name, self.start, self.end = candidate.name, candidate.start, candidate.end
        text = self.text
        self.before = text[max(0, self.start - _CONTEXT) : self.start]
        self.left, self.right = self.before[-1:], text[self.end : self.end + 1]
        self.run = self._run()

    def _run(self) -> tuple[int, int]:
        """Where the run of letters begins and ends that the candidate is in."""
        text, start, end = self.text, self.start, self.end
        if not self.left.isalpha() and not self.right.isalpha():
            return start, end
        while start and end - start < MOST_RUN_CHARS and text[start - 1].isalpha():
            start -= 1
        while end < len(text) and end - start < MOST_RUN_CHARS and text[end].isalpha():
            end += 1
        return start, end

    def is_followed(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        """Match what is behind the candidate."""
        return expression.match(self.text, self.end)


def stands_in_code(place: Place) -> bool:
    """Whether a candidate stands in code, a path, a URL, or in LaTeX that is still whole."""
    text, at = place.text, place.start
    spans = place.around.code
    span_number = bisect_left(spans.starts, at + 1) - 1
    if span_number >= 0 and at < spans.ends[span_number]:
        return True
    starts, ends = place.around.word_starts, place.around.word_ends
    word_number = bisect_left(starts, at + 1) - 1
    start, end = starts[word_number], ends[word_number]
    return end - start <= MOST_WORD_CHARS and bool(
        IDENTIFIER_RE.fullmatch(text[start:end].strip(PUNCTUATION))
    )


def goes_on_from_latex(place: Place) -> bool:
    r"""Whether a candidate stands in letters right behind LaTeX that is still whole: ``El\.{z}bieta``."""
    start, _ = place.run
    is_behind = place.text[start - 1 : start] == "}"
    return is_behind and bool(_WHOLE_COMMAND_RE.search(place.text, max(0, start - MOST_RUN_CHARS), start))


def reads_as_a_word(place: Place) -> bool:
    """Whether a common word stands between spaces before another word: "for K times and", "b_1 closer to the".

    Behind a number "times" may be a factor: of ``3 times speedup`` the evidence decides, ``3 times as fast`` is English.
    """
    if not (place.left == "" or place.left.isspace()):
        return False
    if place.name == "times" and place.is_followed(_MOMENTS_RE):
        return bool(_PLAIN_WORD_BEFORE_RE.search(place.before))
    following = place.is_followed(WORD_RE)
    if not following or following.start(1) in place.starts or following[1] in OPERATOR_NAMES:
        return False
    if place.name == "times" and place.before[-2:-1].isdigit():
        return following[1] in AFTER_TIMES or following[1].endswith("er")
    return is_word(place.name, COMMON_WORD)


def is_in_a_word(place: Place) -> bool:
    """Whether a short name stands in a word of an unknown language: three small letters or more are left of its run."""
    start, end = place.run
    if (start, end) == (place.start, place.end):
        return False
    run = place.text[start:end]
    left = end - start - len(place.name)
    if left < LEAST_OF_A_WORD or len(place.name) > LONGEST_SHORT_NAME or not run.islower():
        return False
    others = sum(at in place.starts for at in range(start, end)) > 1
    return not others and not any(name in run for name in OPERATOR_NAMES)


def is_in_a_name(place: Place) -> bool:
    """Whether a name or a title's word holds a command by chance: ``Jin et al.``, ``Mochi pre-trains``, ``GammaTune``."""
    start, end = place.run
    run = place.text[start:end]
    if place.start == start:
        return place.name in GREEK_CAPITALS and _begins_a_name(place, run[len(place.name) :], end)
    if end != place.end or not _NAME_RE.fullmatch(run):
        return False
    if place.right.isdigit() and is_word(run.lower()):
        return True
    is_short = place.start - start > 1 and len(place.name) < LONGEST_SHORT_NAME
    following = place.is_followed(WORD_RE)
    goes_on = following and (following.start(1) in place.starts or following[1] in OPERATOR_NAMES)
    is_chance = is_short or place.name in SHORT_RELATIONS
    return is_chance and not goes_on and bool(place.is_followed(_NO_OPERAND_RE))


def _begins_a_name(place: Place, rest: str, end: int) -> bool:
    """Whether a Greek capital begins a name: behind it is the ``rest`` of its run, which ends at ``end``."""
    if not rest:
        return bool(_CAPITALISED_BEFORE_RE.search(place.before) and place.is_followed(_CAPITALISED_BEHIND_RE))
    is_formula = place.end in place.starts or place.text[end : end + 1] in {"=", "_", "^", "("}
    return not is_formula and bool(_SECOND_WORD_RE.fullmatch(rest)) and is_word(rest.lower())


def lacks_an_operand(place: Place) -> bool:
    """Whether a relation, or what stands between two things, has nothing beside it: ``halfspaces in R^d``, ``r_{mid}``."""
    name, text = place.name, place.text
    if name in NEEDS_NEXT:
        behind = place.starts.get(place.end) or place.starts.get(place.end + 1)
        is_script = place.left in {"^", "_"}
        if not is_script and (not place.is_followed(NEXT_RE) or behind in RELATIONS):
            return True
    if name in RELATIONS:
        alone = place.left == "_" and not re.match(r"[\w^{\\]", place.right)
        if alone or (place.before.endswith("_{") and place.right == "}"):
            return True
        if name in SHORT_RELATIONS and place.right == "^":
            return True
    if name not in WORDS_BETWEEN or place.left != " ":
        return False
    if (name != "times" and _STOP_BEFORE_RE.search(place.before)) or (
        name == "to" and _FROM_RE.search(place.before)
    ):
        return True
    word = _PLAIN_WORD_BEFORE_RE.search(place.before)
    return bool(
        word
        and name != "times"
        and place.start - 1 not in place.ends
        and word[1] not in OPERATOR_NAMES
        and is_word(word[1].lower())
        and text[place.end : place.end + 1] == " "
    )


def switches_nothing(place: Place) -> bool:
    """Whether a switch of font or size has nothing to act on, or is a word or a part of one: ``bf16``, ``ttW``, ``small``."""
    name = place.name
    if name not in SWITCHES:
        return False
    if not place.is_followed(_ACTED_ON_RE):
        return True
    if place.left == "{":
        return False
    if len(name) <= _SHORT_SWITCH and (place.right.isalnum() or place.left.isalpha()):
        return True
    if name == "cal" and place.is_followed(_ONE_CAPITAL_RE):
        return False
    return place.start > 0 and (is_word(name) or name == "em")  # "em A" is Portuguese


def is_a_label(place: Place) -> bool:
    """Whether it is a number of a list, a type of a program's numbers, or a word that only names a sign: ``(xi)``, ``int4``."""
    if place.name == "xi" and place.right == ")" and re.search(r"(?<!\w)\(\Z", place.before):
        return place.around.is_numbered
    if place.name == "int":
        return place.right.isdigit()
    return place.name in RAISED and place.left in " \"'“‘(" and not (place.right and place.right in "_^")


RULES: Final[tuple[Callable[[Place], bool], ...]] = (
    stands_in_code,
    goes_on_from_latex,
    reads_as_a_word,
    is_in_a_word,
    is_in_a_name,
    lacks_an_operand,
    switches_nothing,
    is_a_label,
)


def is_no_formula(place: Place) -> bool:
    """Whether one of the rules holds."""
    for rule in RULES:  # noqa: SIM110  a third faster than any()
        if rule(place):
            return True
    return False
