"""What LaTeX's mathematics is in plain text, and what is no mathematics."""

import pytest

from dedupkit.repair.eaten import halve_doubled_backslashes, restore_eaten_escapes
from dedupkit.repair.edits import apply_edits
from dedupkit.repair.formulas import render_formulas
from dedupkit.repair.mathematics import DEEPEST, render


@pytest.mark.parametrize(
    "raw, restored",
    [
        ("64\times 64", r"64\times 64"),
        ("$\theta$ and $\tau$", r"$\theta$ and $\tau$"),
        ("$\text{eff}$", r"$\text{eff}$"),
        ("$\rho \to 0$", r"$\rho \to 0$"),
        ("$a \neq b$", r"$a \neq b$"),
        ("$\nabla f$", r"$\nabla f$"),
        ("a \x08eta and \x0crac{1}{2}", r"a \beta and \frac{1}{2}"),
        ("$\x07lpha \x0barphi$", r"$\alpha \varphi$"),
    ],
)
def test_an_eaten_escape_is_put_back(raw, restored):
    assert apply_edits(raw, restore_eaten_escapes(raw)) == restored


@pytest.mark.parametrize(
    "raw",
    [
        "one\ttimes two",
        "a\tau of",
        "one\times table",
        "a\ttheta",
        "what\rho is",
        "so\neq is",
        "first\nu then",
        "so\nabla is",
        "a\tto b",
        "page\x0clat and\x0cor",
        "$5\nu and $6",
        "$a +\nu$",
        "a\x08etas",
        "name\text\tvalue",
    ],
)
def test_what_may_be_a_tab_or_a_line_break_stays(raw):
    assert restore_eaten_escapes(raw) == []


@pytest.mark.parametrize(
    "raw",
    [r"$a \\ b$", r"$a & b \\in c$", r"\\[2pt]", r"\\server\alpha", r"a \\alpha \beta", r"`\\alpha`", r"C:\\alpha\\top.txt",
     r"\\n \\t \\in", r"$\begin{cases} a \\alpha \end{cases}$"],
)  # fmt: skip
def test_a_doubled_backslash_that_may_be_meant_stays(raw):
    assert halve_doubled_backslashes(raw) == []


@pytest.mark.parametrize(
    "formula, plain",
    [
        (r"2\frac{1}{3}", "2(1/3)"),
        (r"\frac{1}{2}x", "(1/2)x"),
        (r"\frac{a}{b}^2", "(a/b)^2"),
        (r"\frac{\frac{a}{b}}{c}", "(a/b)/c"),
        (r"n^{-\frac{1}{2}}", "n^{-1/2}"),
        (r"\sqrt n m", "√(n) m"),
        (r"\log_2 n", "log_2 n"),
        (r"\log\log n", "log log n"),
        (r"x \equiv 1 \pmod{3}", "x ≡ 1 (mod 3)"),
        (r"\langle x, y \rangle", "⟨x, y⟩"),
        (r"90^\circ", "90°"),
        (r"f\circ g", "f∘g"),
        (r"f^\circ", "f^∘"),
        (r"x^{\prime\prime}", "x′′"),
        (r"\hat\theta x", "θ̂x"),
        (r"\overline{\Delta\lambda_2}", "Δ̄λ̄_2"),
        (r"19%", "19%"),
        (r"\xrightarrow{d}", "→^d"),
    ],
)
def test_a_formula_is_written_as_it_is_read(formula, plain):
    assert render(formula) == plain


@pytest.mark.parametrize(
    "formula",
    [r"\ours", "{a", "a}", "x^", r"\frac{a}", r"\hat{a+b}", r"\left", r"a & b", r"\{", r"\'e", r"\over", "a\\", r"\backslash n",
     r"\text{a & b}", r"\ref{x}", r"\sqrt[\alpha]{x}", "\ue000", r"\stackrel{a}{b}", r"\hat(x)"],
)  # fmt: skip
def test_a_formula_that_is_not_understood_is_none(formula):
    assert render(formula) is None


def test_deep_groups_are_left_alone():
    assert render("{" * DEEPEST + "x" + "}" * DEEPEST) == "x"
    assert render("{" * 100_000 + "x" + "}" * 100_000) is None
    assert render("\\hat" * 100_000 + "x") is None


def test_money_beside_a_formula_stays():
    raw = r"for $5 with $k$ items and $\alpha$ of $6"
    assert apply_edits(raw, render_formulas(raw)) == "for $5 with k items and α of $6"
