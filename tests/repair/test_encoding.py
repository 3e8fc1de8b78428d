"""``fix_encoding`` makes of a text what ftfy makes of it, though it leaves out long plain stretches."""

import ftfy
from ftfy.badness import BADNESS_RE
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedupkit.repair import apply_edits
from dedupkit.repair.encoding import FTFY_CONFIG, fix_encoding

#: Stretches that are left out in part, or nearly.
PLAIN = ["the size of it, " * length for length in (2, 4, 6, 7, 9)]
PLAIN += ["0" * 100, "a" * 120, "quele " * 20, " " * 100, "1;" * 60, "A.B, " * 30]
SUSPECTED = sorted({character for character in BADNESS_RE.pattern if not character.isascii()})
BITS = ["Ã©", "â€™", "â€œ", "Â", "Ã ", "Ã", "Ãquele ", "é", "&", "&eacute", ";", "&#x27;", "<", "\x1b[", "m", "\x1b[31m", "\x85", "\r", "\r\n", "\n", "\x00",
        "\ufffd", "â€\ufffd", "вЂ", "ГўВЂВ", "Ð¸", "√±", "\x1a", "\u2028", "à", "×²", "ØÙ"]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(PLAIN), st.sampled_from(BITS), st.sampled_from(SUSPECTED)), max_size=9)
)
@example(["\x1b[", "0" * 100, "m"])
@example(["&", "a" * 120, ";"])
@example(["a line\n", "Ã "])
@example(["Ã", "quele " * 20, "<", "the size of it, " * 9, "&eacute;"])
def test_a_text_becomes_what_ftfy_makes_of_it(bits):
    raw = "".join(bits)
    assert apply_edits(raw, fix_encoding(raw)) == ftfy.fix_text(raw, FTFY_CONFIG)


def test_changes_are_where_they_are_without_the_stretches():
    raw = "The cafÃ© of " + PLAIN[4] * 3 + "AT&amp;T"
    assert [(edit.kind, raw[edit.start : edit.end], edit.after) for edit in fix_encoding(raw)] == [
        ("mojibake", "Ã©", "é"),
        ("html_entity", "&amp;", "&"),
    ]
