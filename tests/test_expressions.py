"""No regular expression of ours is slow: four times the text takes four times the time, whatever stands in it."""

import re
from collections import Counter, deque

import pytest
from expressions import asked, calls, handed_on, held, hostile, key, modules
from growth import STEEPEST, TooLongError, growth_of, patience, seconds_of

from dedupkit.repair import furniture, latex

#: Functions that make expressions of what only they know: how many, and some that they make.
MADE = {
    ("dedupkit.dumps.glued", "_is_proved"): (2, [r"(?i)\bSign\ up\b", r"(?i)\bnavig"]),
    ("dedupkit.quality.suite", "_check_value"): (1, []),  # a suite's own; only looked at
    ("dedupkit.repair.furniture", "_marker_expressions"): (
        2,
        [made for label in (None, "+", "see more") for made in furniture._marker_expressions(label)],
    ),
    ("dedupkit.repair.latex", "replace_latex_spacing"): (
        2,
        [made for before, after in latex.SPACE_OF.values() for made in (before + r"\Z", f"(?s){after}")],
    ),
    ("dedupkit.repair.latex", "_stands_between"): (
        2,
        [one for tie in latex.SURE_TIES + latex.LIKELY_TIES for one in tie],
    ),
}

#: Characters of a first look, and how often what is repeated stands in it at least.
_FIRST_CHARS, _FIRST_TIMES = 4_000, 500
#: Seconds of that look below which there is no growth to speak of: what is quadratic takes ten times as long.
_FIRST_SECONDS = 0.0005
#: Seconds after which it has taken too long, whatever the machine.
_ENDLESS_SECONDS = 3


def gathered():
    """Every expression of the package, where it is, and what is asked of it."""
    methods, places = asked(), {}
    for module in modules():
        for name, value in list(vars(module).items()):
            for pattern in held(value):
                places.setdefault(key(pattern), (f"{module.__name__}.{name}", pattern))
    for call in calls():
        _, made = (0, [call.pattern]) if call.pattern else MADE.get((call.module, call.function), (0, []))
        for pattern in map(re.compile, made):
            places.setdefault(key(pattern), (f"{call.module}.{call.function}", pattern))
            if call.method != "compile":
                methods[key(pattern)].add(call.method if "match" in call.method else "finditer")
    return [(place, pattern, methods[key(pattern)] or {"finditer"}) for place, pattern in places.values()]


EXPRESSIONS = gathered()


def too_slow(pattern, methods):
    """A text on which an expression is slow: what looks for it, what is repeated, and the power of the text's length."""
    for head, repeated, tail in hostile(pattern):

        def make(chars, parts=(head, repeated, tail)):
            text = parts[0] + parts[1] * (chars // len(parts[1])) + parts[2]
            return text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")

        for method in sorted(methods):
            find = getattr(pattern, method)
            look = (lambda text, find=find: deque(find(text), 0)) if method == "finditer" else find
            try:
                with patience(_ENDLESS_SECONDS):
                    taken = seconds_of(look, make(max(_FIRST_CHARS, _FIRST_TIMES * len(repeated))))
            except TooLongError:
                return method, (head, repeated, tail), float("inf")
            if taken >= _FIRST_SECONDS and (growth := growth_of(look, make)) > STEEPEST:
                return method, (head, repeated, tail), growth
    return None


@pytest.mark.parametrize("place, pattern, methods", EXPRESSIONS, ids=[place for place, *_ in EXPRESSIONS])
def test_the_time_of_an_expression_grows_with_its_text_and_not_faster(place, pattern, methods):
    slow = too_slow(pattern, methods)
    assert slow is None, f"{place} {pattern.pattern!r}: {slow}"


def test_every_expression_is_tried():
    tried = {key(pattern) for _, pattern, _ in EXPRESSIONS}
    made = Counter((call.module, call.function) for call in calls() if call.pattern is None)
    assert not list(handed_on())
    assert all(key(call.pattern) in tried for call in calls() if call.pattern)
    assert made == {place: count for place, (count, _) in MADE.items()}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s+$",
        r"<img\b[^>]*>",
        r"<!--.*?-->",
        r"[^\n]*[é-ü][^\n]*",
        r"\\[a-z]+\{[^}]*\}",
        r"(?:a|ab?)*c",
        r"(\w+\s?)+\.",
        r"a{2,}b",
        r"[ab]*[bc]*d",
        r"x(?=.*y)",
        r"\w+@\w+\.com",
    ],
)
def test_slow_expressions_are_found(pattern):
    assert too_slow(re.compile(pattern), {"finditer"})


@pytest.mark.parametrize(
    "pattern",
    [r"(?<!\s)\s++$", r"\s++", r"\\[a-z]++\{[^{}\\]*\}", r"<!--", r"a{2,100}b", r"\w{1,64}@", r"(?<=x)\d+:"],
)
def test_others_are_not(pattern):
    assert too_slow(re.compile(pattern), {"finditer", "match", "fullmatch"}) is None
