r"""What sites do to LaTeX: each rule on cases that a reader can check, and where it says that commands are."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

RULES = ("wrappers", "backslashes", "everything")

GOLDEN = [
    # raw, by wrappers, by backslashes, by everything
    (
        r"$X \in \mathbb{R}^{n\times d}$",
        "X in R^{ntimes d}",
        "X in mathbb{R}^{ntimes d}",
        "X in mathbb{R}^{ntimes d}",
    ),
    (
        r"$\mathbb{R}^{n\times d}$ and \emph{so}",
        "R^{ntimes d} and so",
        r"mathbb{R}^{ntimes d} and \emph{so}",
        "mathbb{R}^{ntimes d} and emph{so}",
    ),
    (r"gains 85\% of \(\alpha\)", r"gains 85\% of \(\alpha\)", r"gains 85\% of alpha", "gains 85% of alpha"),
    (r"gains $85\%$ of it", "gains 85% of it", "gains 85% of it", "gains 85% of it"),
    (r"a \textbf{bold} word", "a bold word", r"a \textbf{bold} word", "a textbf{bold} word"),
    # the outer argument ends at the first closing brace, and the inner command loses its backslash to the dollars
    (r"$\tilde{\mathcal{O}}(d)$", "mathcal{O}(d)", "tilde{mathcal{O}}(d)", "tilde{mathcal{O}}(d)"),
    (r"$\frac{\alpha}{2}$", "alpha{2}", "frac{alpha}{2}", "frac{alpha}{2}"),
    (r"\textbf{\emph{a} b}", r"\emph{a b}", r"\textbf{\emph{a} b}", "textbf{emph{a} b}"),
    (r"$$\sum_{i} x_i$$", "$sum_{i} x_i$", "sum_{i} x_i", "sum_{i} x_i"),
    (r"\[\lambda\,x\]", r"\[\lambda\,x\]", "lambda,x", "lambda,x"),
    (
        r"costs \$5, for {\em all} of us",
        r"costs \$5, for {\em all} of us",
        None,
        "costs $5, for {em all} of us",
    ),
    ("no LaTeX, 30 times in a row", "no LaTeX, 30 times in a row", None, "no LaTeX, 30 times in a row"),
]


@pytest.mark.parametrize("raw, wrappers, backslashes, everything", GOLDEN, ids=[case[0] for case in GOLDEN])
def test_each_rule_strips_as_sites_do(load, raw, wrappers, backslashes, everything):
    for rule, text in zip(RULES, (wrappers, backslashes or raw, everything), strict=True):
        assert load("mangling").strip_latex(raw, rule).text == text, rule


def test_commands_that_lost_their_backslash_are_told(load):
    raw = r"\emph{so} $X\in\mathbb{R}^{n\times d}$ \alpha"
    told = {rule: [name for _, _, name in load("mangling").strip_latex(raw, rule).commands] for rule in RULES}
    assert told["wrappers"] == ["in", "times"]
    assert told["backslashes"] == ["in", "mathbb", "times"]
    assert told["everything"] == ["emph", "in", "mathbb", "times", "alpha"]


def test_positions_are_those_of_the_stripped_text(load):
    text, commands = load("mangling").strip_latex(r"$\alpha$ = $\beta^{\gamma}$", "wrappers")
    assert (text, commands) == ("alpha = beta^{gamma}", [(0, 5, "alpha"), (8, 12, "beta"), (14, 19, "gamma")])


def holds_its_commands(stripped):
    starts = [command.start for command in stripped.commands]
    return starts == sorted(starts) and all(
        stripped.text[start:end] == name for start, end, name in stripped.commands
    )


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**31), words=st.lists(st.text(max_size=12), max_size=4))
def test_every_command_of_made_formulas_is_where_it_is_said_to_be(load, seed, words):
    formulas = load("made_formulas").Formulas(np.random.default_rng(seed))
    pieces = [f"${formulas.write(kind)}$" for kind in formulas.kinds]
    raw = " ".join(piece for pair in zip(pieces, [*words, *pieces], strict=False) for piece in pair)
    for rule in RULES:
        assert holds_its_commands(load("mangling").strip_latex(raw, rule))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                r"\alpha",
                r"\mathbb{R}",
                r"\emph{",
                "}",
                "$",
                "$$",
                r"\(",
                r"\)",
                r"\[",
                r"\]",
                r"\%",
                "\\",
                "{",
                " in ",
            ]
        ),
        max_size=14,
    )
)
def test_broken_latex_does_not_confuse_the_positions(load, pieces):
    raw = "".join(pieces)
    for rule in RULES:
        stripped = load("mangling").strip_latex(raw, rule)
        assert holds_its_commands(stripped)
        assert not re.search("[\ue000-\ue002]", stripped.text)


@pytest.mark.parametrize("rule", RULES)
def test_made_abstracts_lose_their_backslashes_and_say_so(load, rule):
    for raw in load("made_formulas").MadeAbstracts(3).take(60):
        stripped = load("mangling").strip_latex(raw, rule)
        assert holds_its_commands(stripped)
        assert stripped.text == raw or len(stripped.text) < len(raw)
        assert rule != "everything" or "\\" not in stripped.text
