"""The screen passes only texts that no repair changes, and passes plain text of any language."""

import ftfy
import polars as pl
import pytest
from ftfy.badness import BADNESS_RE, is_bad
from hostile import ANY_TEXT, LATEX_BITS, LATEX_STEPS, texts
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pylatexenc.latex2text import get_default_latex_context_db

from dedupkit.repair import may_need_repair, repair_column, repair_text
from dedupkit.repair.encoding import FTFY_CONFIG, fix_encoding
from dedupkit.repair.latex import protected_spans
from dedupkit.repair.protected import has_free_backslash

#: Every character that ftfy's badness knows, and some of all kinds beside them.
SUSPECTED = sorted({character for character in BADNESS_RE.pattern if not character.isascii()})
ALPHABET = [
    *SUSPECTED,
    *"aZ 5.,!-\n\t\xa0²½",
    "Ã©",
    "â€™",
    "×²",
    "ØÙ",
    "вЂ",
    "深",
    "e\u0301",
    "\u0904",
    "\U0001f600",
    "\x1c",
]


def is_passed(raw):
    return not may_need_repair(pl.Series([raw]))[0]


@settings(max_examples=3000, deadline=None)
@given(st.one_of(ANY_TEXT, texts(ALPHABET)))
@example("“é” ‘ß’—…")
@example("naïve ×² à")
def test_a_text_that_the_screen_passes_is_one_that_no_repair_changes(raw):
    try:
        passed = is_passed(raw)
    except UnicodeEncodeError:  # a lone surrogate, which no column can hold
        return
    if passed:
        assert repair_text(raw) == (raw, [])
        assert ftfy.fix_text(raw, FTFY_CONFIG) == raw


def test_every_pair_of_suspected_characters_that_ftfy_holds_bad_is_looked_at():
    pairs = pl.Series(
        [
            f"{space}{one}{other}{space}"
            for one in SUSPECTED
            for other in SUSPECTED
            for space in ("", "a", " ")
        ]
    )
    passed = pairs.filter(~may_need_repair(pairs))
    assert len(passed)
    assert not any(is_bad(pair) for pair in passed)


@settings(max_examples=500, deadline=None)
@given(texts(["“", "”", "‘", "’", "–", "—", "a", "Z", "5", " ", ".", "?", "\n"]))
def test_dashes_and_quotation_marks_beside_each_other_are_never_mojibake(raw):
    assert fix_encoding(raw) == []


@pytest.mark.parametrize(
    "plain",
    [
        "Plain text, nothing else.",
        "It’s “fine”—so it stays.",
        "two\nlines and\n\na paragraph",
        "Über die naïve Größe des Vermögens",
        "Où l’élève a été reçu à Orléans",
        "El niño pequeño comió piña",
        "Мы показываем, что модели точны",
        "我们证明小模型可以达到相同的精度。",
        "नमूने छोटे हैं",
        "نُظهر أن النماذج دقيقة",
        "x ≤ 5 and y → ∞",
        "for $5 a seat",
        "two lines\nof nothing",
    ],
)
def test_the_screen_passes_plain_text(plain):
    assert is_passed(plain)
    assert repair_column(pl.Series([plain, None]))[0].to_list() == [plain, None]


FORMULA_BITS = ["$", "$", "$", "\\alpha", "\\beta", "\\begin{", "\\end{", "\\epsilon", "\\in", "\\u2013", "\\unicode{x2013}", "\\(", "\\)",
                "\\[", "\\]", "\\$", "\\\\", "\\", "a", "x", " ", "\n", "\n\n", "`", "\\%", "\\emph{a}", "k", "_", "^", "5", "\times", "\nabla", "\neq", "u", "{", "}", "~", '\\"o']  # fmt: skip


@settings(max_examples=4000, deadline=None)
@given(texts(FORMULA_BITS))
def test_a_text_with_dollars_and_backslashes_is_passed_when_no_repair_changes_it(raw):
    if is_passed(raw):
        assert repair_text(raw) == (raw, [])


def test_a_command_that_the_screen_does_not_know_is_one_that_no_step_changes():
    tables = get_default_latex_context_db().d.values()
    names = sorted(
        {name for table in tables for name in table["macros"] if name.isascii() and name.isalpha()}
    )
    forms = [
        r"a \{} b",
        r"a\{}{{a}}b",
        r"{{\{} a}}",
        r"5\{} 5",
        r"a\{}_1",
        r"\{}\ours{{}}",
        r"a^\{}",
        r"{{\{}}}",
    ]
    written = pl.Series([form.format(name) for name in names for form in forms])
    passed = written.filter(~may_need_repair(written))
    assert len(names) > 900
    assert len(passed) > len(written) / 4
    assert [raw for raw in passed if repair_text(raw) != (raw, [])] == []


@pytest.mark.parametrize(
    ("raw", "passed"),
    [
        (r"\ours is \SOTA\cite{a}", True),
        (r"see\footnote{it}.", True),
        (r"\alphabet soup", True),
        (r"an \alpha", False),
        (r"\ours\%", False),
        (r"Bj\o rn", False),
        ("ends in \\", False),
    ],
)
def test_a_command_is_looked_at_if_a_step_knows_it(raw, passed):
    assert is_passed(raw) == passed


WORD_BITS = ["high-est", "repre-sentation", "end.The", "80%.We", "i.e.the", "x2013", "the", " ", "  ", "\n", "\xa0", "(see more)", "... more", "&amp;", "â€™", "caf", "Ã©",
             "times", "ntimes", "XinR^{ntimes d}", "mathcal{O}(n)", "rho", "! <!", "a~b", "Fig.~3", "$5", "$x$", "85\\%", "\\emph{a}", "\\alpha", "\t"]  # fmt: skip


@settings(max_examples=2000, deadline=None)
@given(
    st.lists(st.one_of(texts(WORD_BITS), texts(FORMULA_BITS), texts(LATEX_BITS), texts(ALPHABET)), max_size=4)
)
@example(["XinR^{ntimes d}  and", "$\\alpha$ is 85\\%", "end.The  high-est"])
def test_each_phase_of_a_column_gets_every_text_that_it_changes(raws):
    repaired, changes = repair_column(pl.Series(raws, dtype=pl.String))
    for row, raw in enumerate(raws):
        alone = repair_text(raw)
        assert (repaired[row], changes.filter(row=row).drop("row").rows()) == alone


@settings(max_examples=1500, deadline=None)
@given(texts(LATEX_BITS))
def test_a_text_without_a_free_backslash_is_one_that_no_step_of_latex_changes(raw):
    if has_free_backslash(raw):
        return
    parts = protected_spans(raw)
    for step in LATEX_STEPS:
        if step.__name__ != "replace_latex_ties":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("dedupkit.repair.latex.has_free_backslash", lambda _: True)
                assert step(raw) == [], parts
