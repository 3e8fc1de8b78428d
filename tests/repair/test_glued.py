"""Words that stick together or were broken, and money whose dollar was eaten."""

import pytest
from hostile import GLUED_BITS, texts
from hypothesis import given, settings

from dedupkit.repair.edits import apply_edits, run_steps
from dedupkit.repair.glued import GLUE_RE, join_broken_words, separate_glued_words
from dedupkit.repair.lexicon import lexicon

STEPS = [join_broken_words, separate_glued_words]


@settings(max_examples=3000, deadline=None)
@given(texts(GLUED_BITS))
def test_what_was_separated_and_joined_needs_nothing_more(raw):
    once, _ = run_steps(raw, STEPS)
    assert run_steps(once, STEPS) == (once, [])


@settings(max_examples=1500, deadline=None)
@given(texts(GLUED_BITS))
def test_spaces_come_and_hyphens_go_and_nothing_else(raw):
    for edit in separate_glued_words(raw):
        assert (edit.start, edit.after) == (edit.end, " ")
        assert not raw[edit.start - 1].isspace()
        assert not raw[edit.start].isspace()
    for edit in join_broken_words(raw):
        assert (raw[edit.start : edit.end], edit.after) == ("-", "")


def test_the_lexicon_is_whole_and_cannot_be_changed():
    words = lexicon()
    assert len(words) > 50_000
    assert set(words.values()) == {1, 2, 3}
    assert all(word == word.lower() for word in words)
    with pytest.raises(TypeError):
        words["new"] = 1


@pytest.mark.parametrize(
    "name", ["torch", "pandas", "nodes", "java", "node", "tensorflow", "data", "model", "this"]
)
def test_a_name_of_a_program_is_no_end_of_a_sentence(name):
    openers = GLUE_RE.pattern.split("(?P<opener>")[1].split(")")[0].split("|")
    assert len(openers) > 100
    sure = ("The", "This", "However", "We")
    for opener in set(openers) - set(sure):
        for text in (
            f"{name}.{opener}",
            f"{name}.{opener}()",
            f"{name}.{opener}.x",
            f"a.{name}.{opener} is",
            f"{name}/x.{opener} is",
        ):
            assert apply_edits(text, separate_glued_words(text)) == text
