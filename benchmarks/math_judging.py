r"""How good a repair of stripped mathematics is, by its text alone.

The truth is the stripped text with every command rendered where it is known to have been. What an engine made of the
same text is laid beside it, word by word and, where they differ, character by character. Symbols that had to be put in
and stand at their place are right, other symbols of commands that stand there are wrong.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.repair.commands import ACCENTS, OPERATOR_NAMES, ROOT_SIGNS, SYMBOLS
from dedupkit.repair.stripped.model import ALL_COMMANDS
from dedupkit.repair.stripped.render import Name, render

from math_engines import WRAPPERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mangling import Stripped

#: Commands that become something else in plain text; names of operators stay what they are.
RENDERED: Final = frozenset(ALL_COMMANDS) - OPERATOR_NAMES

#: What is a matter of style, and is not compared.
_STYLE: Final = {
    **dict.fromkeys("{}$", ""),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("‘’`", "'"),
    **dict.fromkeys("“”", '"'),
}
DASHES_RE: Final = re.compile("-{2,}")
QUOTES_RE: Final = re.compile("''|``")
WORD_RE: Final = re.compile(r"\S+")

_SIGNS: Final = frozenset("".join(SYMBOLS.values()))
#: Names of wrappers and what else they begin or end, so that "bf" is not found in "mathbf".
_NAMES_RE: Final = re.compile(
    "|".join(sorted(
        (name for name in ALL_COMMANDS if any(wrapper in name for wrapper in WRAPPERS)),
        key=lambda name: (-len(name), name),
    ))
)  # fmt: skip


class _Folding(dict[int, str]):
    """Each character as it is compared; letters without their style, and apart from their accents."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _STYLE.get(character, character)
        if not character.isascii() and character.isalpha():
            folded = unicodedata.normalize("NFKD", character)
            folded = character if folded.isascii() and character in _SIGNS else folded
        self[code] = folded
        return folded


_FOLDING: Final = _Folding()
_SYMBOLS: Final = frozenset(
    character
    for symbol in (*SYMBOLS.values(), *ROOT_SIGNS.values(), *ACCENTS.values())
    for character in symbol.translate(_FOLDING)
    if not character.isascii()
)


def neutral(text: str) -> str:
    """A text without what is a matter of style: spaces, braces, dollars, kinds of dashes and quotation marks.

    >>> neutral("X ∈ ℝ^{n × d} -- so") == neutral("X∈R^{n×d} – so")
    True
    """
    plain = QUOTES_RE.sub('"', text).translate(_FOLDING)
    return DASHES_RE.sub("-", "".join(plain.split()))


class Score(NamedTuple):
    """Symbols that an engine put where they belong, put elsewhere, and did not put."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: object) -> Score:
        return Score(*(one + more for one, more in zip(self, other, strict=True)))

    @property
    def precision(self) -> float | None:
        """Share of what was put in that is right; None where nothing was."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Share of what had to be put in that was; None where there was nothing."""
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        found = 2 * self.right
        whole = found + self.wrong + self.missed
        return found / whole if whole else None


class Difference(NamedTuple):
    """Where an engine's text is not the truth: some words of both."""

    truth: str
    made: str


class Task(NamedTuple):
    """A stripped text, the commands that it lost, and what it should be.

    Attributes:
        text: As a site left it.
        commands: The names that are to be rendered.
        truth: With all of them rendered.
        put: For each character of the truth, whether it had to be put in.
    """

    text: str
    commands: list[Name]
    truth: str
    put: list[bool]


def make_task(stripped: Stripped) -> Task:
    r"""Render all commands of a stripped text.

    >>> from mangling import strip_latex
    >>> make_task(strip_latex(r"$X\in\mathbb{R}^{n\times d}$", "wrappers")).truth
    'X∈R^{n×d}'
    """
    text = stripped.text
    commands = [Name(*command) for command in stripped.commands if command.name in RENDERED]
    pieces: list[str] = []
    put: list[bool] = []
    position = 0
    for start, end, after, _ in render(text, commands):
        pieces += text[position:start], after
        put += [False] * (start - position)
        put += [character not in text[start:end] for character in after]
        position = end
    pieces.append(text[position:])
    put += [False] * (len(text) - position)
    return Task(text, commands, "".join(pieces), put)


class _Words:
    """The words of a text as they are compared, and as they are."""

    def __init__(self, text: str, put: list[bool] | None = None) -> None:
        self.words: list[str] = []
        self.as_written: list[str] = []
        self.put: list[list[bool]] = []
        for match in WORD_RE.finditer(text):
            word = match[0].translate(_FOLDING)
            if not word:
                continue
            self.words.append(word)
            self.as_written.append(match[0])
            if put is not None:
                flags = put[match.start() : match.end()]
                folded = [character.translate(_FOLDING) for character in match[0]]
                self.put.append([flag for flag, some in zip(flags, folded, strict=True) for _ in some])

    def symbols_to_put(self, start: int, end: int) -> int:
        """How many symbols had to be put into some of the words."""
        return sum(
            flag and character in _SYMBOLS
            for place in range(start, end)
            for character, flag in zip(self.words[place], self.put[place], strict=True)
        )


class Judge:
    """Judges what engines make of one text."""

    def __init__(self, task: Task) -> None:
        self.task = task

    @cached_property
    def _truth(self) -> _Words:
        return _Words(self.task.truth, self.task.put)

    @cached_property
    def symbols(self) -> int:
        """How many symbols had to be put in."""
        return self._truth.symbols_to_put(0, len(self._truth.words))

    @cached_property
    def neutral_truth(self) -> str:
        """What an exact repair is, but for its style."""
        return neutral(self.task.truth)

    @cached_property
    def wrappers(self) -> Counter[str]:
        """Names of wrappers that the truth does not have any more."""
        wanted = {command.name for command in self.task.commands} & WRAPPERS
        if not wanted:
            return Counter()
        gone = _wrapper_names(self.task.text) - _wrapper_names(self.task.truth)
        return Counter({name: count for name, count in gone.items() if name in wanted})

    def score(self, made: str) -> Score:
        """What is right and wrong in a repaired text."""
        if made == self.task.truth:
            return Score(self.symbols)
        theirs = _Words(made)
        right = wrong = 0
        for kind, start, end, first, last in _opcodes(self._truth.words, theirs.words):
            if kind == "equal":
                right += self._truth.symbols_to_put(start, end)
                continue
            ours = "".join(self._truth.words[start:end])
            put = [flag for flags in self._truth.put[start:end] for flag in flags]
            some_right, some_wrong = _score_characters(ours, put, "".join(theirs.words[first:last]))
            right, wrong = right + some_right, wrong + some_wrong
        return Score(right, wrong, self.symbols - right)

    def is_exact(self, made: str) -> bool:
        """Whether a repaired text is the truth, but for its style."""
        return made == self.task.truth or neutral(made) == self.neutral_truth

    def wrappers_left(self, made: str) -> int:
        """How many names of wrappers are left that should be gone."""
        if not self.wrappers or made == self.task.truth:
            return 0
        more = _wrapper_names(made) - _wrapper_names(self.task.truth)
        return sum(min(count, more[name]) for name, count in self.wrappers.items())

    def differences(self, made: str, around: int = 6) -> Iterator[Difference]:
        """Where a repaired text is not the truth, with some words around."""
        ours, theirs = self._truth, _Words(made)
        for kind, start, end, first, last in _opcodes(ours.words, theirs.words):
            if kind != "equal" and neutral("".join(ours.words[start:end])) != neutral(
                "".join(theirs.words[first:last])
            ):
                yield Difference(
                    " ".join(ours.as_written[max(0, start - around) : end + around]),
                    " ".join(theirs.as_written[max(0, first - around) : last + around]),
                )


def score_commands(truth: list[Name], taken: list[Name]) -> Score:
    """The same by places instead of texts, for an engine that tells which names it took for commands."""
    wanted, found = set(truth), set(taken)
    return Score(len(wanted & found), len(found - wanted), len(wanted - found))


def _score_characters(truth: str, put: list[bool], made: str) -> tuple[int, int]:
    """Right and wrong symbols where words differ; symbols beside LaTeX that is still whole are not wrong."""
    right = wrong = 0
    for kind, start, end, first, last in _opcodes(truth, made):
        if kind == "equal":
            flags = zip(truth[start:end], put[start:end], strict=True)
            right += sum(flag and character in _SYMBOLS for character, flag in flags)
        else:
            there = [c for c, flag in zip(truth[start:end], put[start:end], strict=True) if not flag]
            more = Counter(character for character in made[first:last] if character in _SYMBOLS)
            wrong += (more - Counter(there)).total()
    return right, 0 if "\\" in truth else wrong


def _opcodes(ours: list[str] | str, theirs: list[str] | str) -> Iterator[tuple[str, int, int, int, int]]:
    """The opcodes of difflib; equal ends are taken off before, for that is fast."""
    shorter = min(len(ours), len(theirs))
    head = next((place for place in range(shorter) if ours[place] != theirs[place]), shorter)
    tail = 0
    while tail < shorter - head and ours[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    end, last = len(ours) - tail, len(theirs) - tail
    yield "equal", 0, head, 0, head
    matcher = SequenceMatcher(None, ours[head:end], theirs[head:last], autojunk=False)
    for kind, *places in matcher.get_opcodes():
        yield kind, *(place + head for place in places)
    yield "equal", end, len(ours), last, len(theirs)


def _wrapper_names(text: str) -> Counter[str]:
    return Counter(name for name in _NAMES_RE.findall(text) if name in WRAPPERS)


def total(scores: Iterable[Score]) -> Score:
    """All scores as one.

    >>> total([Score(3, 1, 0), Score(1, 0, 1)])
    Score(right=4, wrong=1, missed=1)
    """
    return sum(scores, Score())
