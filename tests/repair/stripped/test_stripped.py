"""Mathematics whose backslashes were stripped: what is restored, what stays, and what holds for every text."""

import json
import time
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupkit.config import MathStyle
from dedupkit.matches.fingerprints import text_keys
from dedupkit.repair import repair_column, repair_text, replay
from dedupkit.repair.edits import apply_edits
from dedupkit.repair.stripped import (
    THRESHOLDS,
    accepted_commands,
    candidates,
    may_hold_stripped_math,
    reasons,
    restore_stripped_math,
)

CASES = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))

PIECES = [
    "alpha", "beta", "times", "in", "to", "infty", "mathcal", "{", "}", "O", "(", ")", "n", "x", "^", "_", "R", "512", " ", " ", " ",
    "=", "tilde ", "Omega", "sqrt", "frac", "the", "rate", "model", ".", ",", "left", "right", "le", "sum", "bullet", "scriptsize", "A",
    "pm", "log", "é", "ℓ", "∈", "$", "\\alpha", "\\%", "%", "-", "Phi", "3", "d", "text", "bf ", "hat", "[", "]", "!", "深", "\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def restored(text, **how):
    return apply_edits(text, restore_stripped_math(text, **how))


def cases(name):
    return [pytest.param(case, id=case["label"]) for case in CASES[name]]


@pytest.mark.parametrize("case", [*cases("in_the_wild"), *cases("synthetic")])
def test_stripped_mathematics_is_restored(case):
    assert restored(case["raw"]) == case["text"]


@pytest.mark.parametrize("case", [*cases("in_the_wild"), *cases("synthetic")])
def test_restored_mathematics_needs_nothing(case):
    once = repair_text(case["raw"]).text
    assert repair_text(once) == (once, [])


@pytest.mark.parametrize("text", CASES["must_not_change"])
def test_words_that_look_like_commands_stay(text):
    assert restored(text) == text


def test_most_cases_guard_against_harm():
    assert len(CASES["must_not_change"]) >= len(CASES["in_the_wild"]) + len(CASES["synthetic"])


@pytest.mark.parametrize("case", cases("latex"))
def test_latex_is_made_again(case):
    assert restored(case["raw"], rendering="latex") == case["text"]


def test_the_safe_level_takes_less():
    assert THRESHOLDS["safe"] > THRESHOLDS["balanced"]
    for case in CASES["in_the_wild"]:
        safe = {found[:3] for found in accepted_commands(case["raw"], "safe")}
        assert safe <= {found[:3] for found in accepted_commands(case["raw"])}


def test_the_argument_of_a_whole_command_keeps_its_braces():
    raw = r"termed \textit{varphi} for f_varphi(x) and {varphi}"
    assert restored(raw) == r"termed \textit{φ} for f_φ(x) and φ"
    assert repair_text(raw).text == "termed φ for f_φ(x) and φ"


def test_off_leaves_stripped_mathematics_alone():
    raw = r"XinR^{ntimes d} is 85\%"
    assert repair_text(raw, MathStyle("off")).text == "XinR^{ntimes d} is 85%"
    repaired, _ = repair_column(pl.Series(["XinR^{ntimes d}"]), style=MathStyle("off"))
    assert repaired.to_list() == ["XinR^{ntimes d}"]


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example("mathcal{O}(mathcal{C_Phi/m} + mathcal{C_Psi/n})")
@example("frac{a}{frac{b}{c}} sqrt[3]{tilde{mathcal{O}}}")
def test_nothing_changes_outside_of_the_recorded_spans(raw):
    text, changes = repair_text(raw)
    assert replay(raw, changes) == text
    for rendering in ("unicode", "latex"):
        edits = restore_stripped_math(raw, rendering=rendering)
        assert edits == sorted(edits)
        assert all(left.end <= right.start for left, right in pairwise(edits))


@settings(max_examples=800, deadline=None)
@given(TEXTS)
@example("alpha \n\\alpha\\alphaalpha")
@example("bf left\nalphaalphainfty")
def test_repairing_twice_is_repairing_once(raw):
    once = repair_text(raw).text
    assert repair_text(once).text == once


@settings(max_examples=500, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=12))
def test_the_screen_finds_every_text_that_would_change(texts):
    column = pl.Series(texts)
    found = may_hold_stripped_math(column)
    for text, may_change in zip(texts, found, strict=True):
        best = max((candidate.score for candidate in candidates(text)), default=-99.0)
        assert may_change == (best > min(THRESHOLDS.values()))
        assert may_change or not restore_stripped_math(text)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_the_score_of_a_text_does_not_depend_on_its_neighbours(text, other):
    alone = may_hold_stripped_math(pl.Series([text]))
    assert may_hold_stripped_math(pl.Series([other, text, other]))[1] == alone[0]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_candidate_is_the_name_of_a_command(text):
    for candidate in candidates(text):
        assert text[candidate.start : candidate.end] == candidate.name


@pytest.mark.parametrize(
    "piece",
    ["pi ", "XinR^{ntimes d} ", "{", "alpha", "mathcal{", "frac{", "a ", "sqrt{", "tilde ", "$", "x_{", "in"],
)
def test_a_megabyte_of_it_takes_no_time(piece):
    restore_stripped_math(piece * 10)  # compiled, and the model is loaded
    raw = piece * (1_000_000 // len(piece))
    start = time.process_time()
    restore_stripped_math(raw)
    taken = time.process_time() - start
    start = time.process_time()
    restore_stripped_math(raw[: len(raw) // 4])
    assert taken < 10 * max(time.process_time() - start, 0.2)


def test_a_long_list_of_commands_is_no_text():
    assert restore_stripped_math("alpha_1 and beta_2, " * 4) != []
    assert restore_stripped_math("alpha_1, beta_2, " * 20_000) == []


def test_a_reason_is_given():
    (candidate,) = accepted_commands("a grid of 512times 512 cells and 64times 64 tiles")[:1]
    said = reasons(candidate)
    assert said
    assert all("odds" in sentence for sentence in said)


def test_a_key_does_not_depend_on_how_mathematics_was_mangled():
    texts = [r"the $\ell_2$ norm", r"the \ell_2 norm", "the ell_2 norm", "the ℓ_2 norm", "the ℓ₂ norm"]
    assert len(set(text_keys(pl.Series(texts)).to_list())) == 1
    formulas = [r"$X \in \mathbb{R}^{n\times d}$", "XinR^{ntimes d}", "X∈R^{n×d}"]
    repaired, _ = repair_column(pl.Series(formulas))
    assert len(set(text_keys(repaired).to_list())) == 1
