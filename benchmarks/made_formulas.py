r"""Made abstracts: English prose, part of it with formulas in LaTeX, and with words that are commands as well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

#: Shares of the abstracts that hold LaTeX, of their sentences that have a formula, and of the other sentences that are
#: traps.
_LATEX_SHARE, _FORMULA_SHARE, _TRAP_SHARE = 0.6, 0.55, 0.25

#: Sentences of an abstract, from and up to but not including.
_SENTENCES: Final = (5, 10)

#: Share of the authors who write spaces around the signs of a formula.
_SPACED_SHARE: Final = 0.5

SLOT_RE: Final = re.compile(r"<(\w+)>")

#: Words for the slots of the sentences.
_WORDS: Final = {
    "adjective": (
        "adaptive bounded convex deep efficient generative hidden large linear natural noisy optimal "
        "private random robust sharp simple small smooth sparse stable stochastic unknown wide"
    ).split(),
    "noun": (
        "agent algorithm attention benchmark classifier corpus decoder encoder estimator gradient graph kernel label "
        "layer learner map measure model network operator optimizer parser policy prior prompt sampler signal task tree"
    ).split(),
    "task": (
        "clustering decoding forecasting inference parsing planning ranking regression retrieval reasoning "
        "segmentation summarization tracking translation"
    ).split(),
    "verb": "align bound compare describe estimate improve learn measure predict reduce train transfer".split(),
    "number": "2 3 4 5 8 10 12 20 30 50 64 100 128 300 1000".split(),
}

_CLEAN: Final = (
    "We <verb> a <adjective> <noun> for <task> and <verb> it with a <adjective> <noun>.",
    "In this paper we propose to <verb> every <noun> of a <adjective> <noun> before <task>.",
    "Experiments on <number> benchmarks of <task> show that the <adjective> <noun> is better than each <noun>.",
    "Existing methods <verb> the <noun> of a <noun>, which makes <task> hard at scale.",
    "To this end, the <noun> and the <noun> are trained on <number> tasks of <task>.",
    "It remains open whether a <adjective> <noun> can <verb> what a <adjective> <noun> has seen.",
    "This leads to a <adjective> view of <task> in which no <noun> has to <verb> another.",
    "Code, data and every <noun> for <task> are released to the public.",
)

#: Sentences with words that are commands as well.
_TRAPS: Final = (
    "It is <number> times faster in <task> than the top <adjective> <noun>.",
    "We ask users <number> times in a row to <verb> the <noun> on the left and the <noun> on the right.",
    "The alpha release and the beta testing of the <noun> took <number> weeks in total.",
    "A prime example is the <noun>, whose text is set to a <adjective> style for <task>.",
    "In either case the bar for <task> is set by a <adjective> <noun> at the bottom of the list.",
    "Models such as Phi-3, Gamma and Omega <verb> the <noun> as a star does its planets.",
    "The big <noun> and the small <noun> meet in the middle, and the gap is cut to <number> dots per inch.",
    "We check a sharp drop of the <noun>, a flat minimum in <task>, and a natural way to <verb> both.",
    "Delta debugging of the <noun> in Pi and Sigma plots is to <verb> a hat or a vest of the <noun>.",
    "Sum of parts: the <noun> models <task> to a degree that the <adjective> <noun> does not.",
    "Its top-<number> accuracy in <task> is better by <number> times, from left to right.",
    "We use epsilon-greedy search with lambda calculus in <task>, and a chi-squared test.",
)

_WITH_FORMULAS: Final = (
    "Given a <noun> <variable> with <membership>, we <verb> <relation> in time <order>.",
    "We show that <relation> whenever <relation>, and that the <noun> needs <order> samples.",
    "For each <membership> the <adjective> <noun> <function> is <adjective> with rate <order>.",
    "The <noun> works on <size> images and is <times> faster than the <noun> of <variable>.",
    "Here <variable> and <variable> are the <noun> and the <noun> of <set>.",
    "We <verb> the <noun> by <sum>, where <relation>.",
    "Our bound is <order> against <order> of the <adjective> <noun>, up to a factor of <fraction>.",
    "As <limit>, the <noun> <variable> becomes <adjective> and <relation>.",
    "Its accuracy is <percent> in <task>, a gain of <percent> with <relation>.",
    "The norm <norm> of a <adjective> <noun> in <set> is at most <variable>.",
)

_IN_TEXT: Final = (
    r"We call it \emph{<noun> <noun>}, for it can <verb> any \textbf{<adjective>} <noun>.",
    r"It reaches 85\% in <task>, as Erd\H{o}s and Poincar\'e would {\em expect}.",
    r"Our \textsc{<noun>} is better in $<number>$ of <number> tasks of <task>.",
)

_GREEK: Final = (
    "alpha beta gamma delta epsilon varepsilon theta lambda mu nu pi rho sigma tau phi varphi omega eta kappa xi "
    "zeta psi ell Omega Delta Gamma Sigma Theta Lambda Phi"
).split()
_FONTS: Final = "mathbf mathrm mathcal boldsymbol mathsf bm".split()
_ACCENTS: Final = "hat tilde bar widetilde vec widehat".split()
_RELATIONS: Final = "leq geq le ge neq approx sim subset subseteq gg ll equiv propto lesssim".split()
_SIGNS: Final = "cdot times pm oplus circ cup cap".split()
_COMMAND_END_RE: Final = re.compile(r"\\[A-Za-z]+$")


class MadeAbstracts:
    """An endless source of abstracts; equal seeds give equal abstracts."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 4])

    def take(self, count: int) -> list[str]:
        """The next abstracts, with their LaTeX."""
        return [self._abstract() for _ in range(count)]

    def _abstract(self) -> str:
        rng = self._rng
        formulas = Formulas(rng)
        has_latex = rng.random() < _LATEX_SHARE
        sentences = []
        for _ in range(int(rng.integers(*_SENTENCES))):
            chance = rng.random()
            kind = _TRAPS if rng.random() < _TRAP_SHARE else _CLEAN
            if has_latex and chance < _FORMULA_SHARE:
                kind = _IN_TEXT if chance < 0.1 * _FORMULA_SHARE else _WITH_FORMULAS
            sentences.append(SLOT_RE.sub(lambda slot: self._fill(slot[1], formulas), _pick(kind, rng)))
        return " ".join(sentences)

    def _fill(self, slot: str, formulas: Formulas) -> str:
        return _pick(_WORDS[slot], self._rng) if slot in _WORDS else f"${formulas.write(slot)}$"


class Formulas:
    """The formulas of one author, without dollars."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._space = " " if rng.random() < _SPACED_SHARE else ""
        self._kinds: dict[str, Callable[[], str]] = {
            "variable": self._variable,
            "membership": self._membership,
            "relation": self._relation,
            "order": self._order,
            "function": self._function,
            "size": self._size,
            "times": lambda: self._number() + r"\times",
            "set": self._set,
            "sum": self._sum,
            "fraction": self._fraction,
            "limit": lambda: self._joined(self._letter(), r"\to", r"\infty"),
            "percent": lambda: self._number() + r"\%",
            "norm": lambda: self._joined(r"\|", self._variable(), r"\|_2"),
        }

    @property
    def kinds(self) -> list[str]:
        """What formulas there are."""
        return list(self._kinds)

    def write(self, kind: str) -> str:
        r"""A formula of a kind.

        >>> Formulas(np.random.default_rng(1)).write("limit")
        'q\\to\\infty'
        """
        return self._kinds[kind]()

    def _joined(self, *parts: str) -> str:
        """Parts side by side; a space parts a command from a letter behind it."""
        joined = ""
        for part in parts:
            glue = self._space if joined else ""
            if part[:1].isalpha() and _COMMAND_END_RE.search(joined):
                glue = " "
            joined += glue + part
        return joined

    def _chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)

    def _letter(self) -> str:
        return _pick("ABCDGKLMNPQSTVWXYZdfhkmnpqrtuvwxyz", self._rng)

    def _number(self) -> str:
        return _pick(_WORDS["number"], self._rng)

    def _sign(self) -> str:
        return "\\" + _pick(_SIGNS, self._rng)

    def _core(self) -> str:
        """A letter, or a Greek one; some in another font or with an accent."""
        letter = "\\" + _pick(_GREEK, self._rng) if self._chance(0.5) else self._letter()
        if self._chance(0.2):
            name = _pick(_ACCENTS if self._chance(0.5) else _FONTS, self._rng)
            return f"\\{name}{{{letter}}}"
        return letter

    def _variable(self) -> str:
        core = self._core()
        if self._chance(0.35):
            core += "_" + (self._letter() if self._chance(0.6) else f"{{{self._letter()},{self._number()}}}")
        if self._chance(0.25):
            core += "^2" if self._chance(0.5) else f"^{{{self._joined(self._core(), '-', '1')}}}"
        return core

    def _set(self) -> str:
        letter = _pick("RCNZEP", self._rng)
        named = rf"\mathbb{{{letter}}}" if self._chance(0.7) else rf"\mathcal {letter}"
        power = self._joined(self._letter(), r"\times", self._letter()) if self._chance(0.5) else "d"
        return f"{named}^{{{power}}}"

    def _membership(self) -> str:
        return self._joined(self._variable(), r"\in", self._set())

    def _relation(self) -> str:
        right = self._number() if self._chance(0.4) else self._variable()
        return self._joined(self._term(), "\\" + _pick(_RELATIONS, self._rng), right)

    def _term(self) -> str:
        return (
            self._variable()
            if self._chance(0.6)
            else self._joined(self._variable(), self._sign(), self._core())
        )

    def _order(self) -> str:
        name = _pick(
            (r"\mathcal{O}", "O", r"\tilde{O}", r"\Omega", r"\widetilde{\mathcal{O}}", r"\Theta"), self._rng
        )
        inner = self._joined(
            _pick((r"\sqrt{n}", r"n\log n", r"1/\epsilon^2", "d^3", r"\sqrt{dT}"), self._rng)
        )
        return rf"{name}\left({inner}\right)" if self._chance(0.25) else f"{name}({inner})"

    def _function(self) -> str:
        colon = r"\colon" if self._chance(0.5) else ":"
        return self._joined(
            _pick(("f", r"\phi", "g_\\theta"), self._rng), colon, self._set(), r"\to", self._set()
        )

    def _size(self) -> str:
        side = self._number()
        return self._joined(side, r"\times", side if self._chance(0.7) else self._number())

    def _sum(self) -> str:
        upper = r"\infty" if self._chance(0.3) else "n"
        return self._joined(rf"\{_pick(('sum', 'prod', 'bigcup'), self._rng)}_{{i=1}}^{upper}", self._term())

    def _fraction(self) -> str:
        return rf"\frac{{{self._core()}}}{{{self._number()}}}"


def _pick(choices: tuple[str, ...] | list[str] | str, rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
