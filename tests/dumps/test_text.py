"""Bytes to text."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupkit.dumps.text import decode, split_lines
from dedupkit.errors import InputError

SENTENCE = "Der Übergang zum „tiefen Lernen“ – naïvement – kostet 5 €. "


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "windows-1252"])
def test_text_in_usual_encodings_is_decoded(encoding):
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert decode((mark + SENTENCE * 20).encode(encoding), "a.txt").text == SENTENCE * 20


def test_one_bad_byte_does_not_turn_the_page_into_mojibake():
    data = "\n".join([SENTENCE] * 5).encode() + b"\ncaf\xe9 noir\n" + SENTENCE.encode()
    text, encoding = decode(data, "a.txt")
    assert text.split("\n") == [*[SENTENCE] * 5, "café noir", SENTENCE]
    assert encoding == "utf-8, 1 line windows-1252"


def test_a_page_cut_inside_a_character_keeps_the_rest():
    text, encoding = decode((SENTENCE + "ü").encode()[:-1], "a.txt")
    assert text == SENTENCE + "\ufffd"
    assert "cut" in encoding


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n",
        b"text\0text",
        b"%PDF-1.7 \n",
        bytes(range(1, 32)) * 10,
        b"PK\x03\x04...",
        b"\x1f\x8b\x08",
    ],
)
def test_binary_data_is_refused_with_its_place(data):
    with pytest.raises(InputError, match=r"a\.txt") as caught:
        decode(data, "a.txt")
    assert caught.value.hint


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_clear_refusal(data):
    try:
        text = decode(data, "a.txt").text
    except InputError:
        return
    assert isinstance(text, str)
    lines, count = split_lines(text)
    assert len(lines) <= count


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=200))
def test_valid_utf8_is_never_read_as_anything_else(text):
    with suppress(InputError):  # many control characters, or the beginning of a known format
        assert decode(text.encode(), "a.txt").text in (text, text.removeprefix("\ufeff"))


def test_only_line_ends_end_lines():
    lines, count = split_lines("one\u2028still one\x0bstill\n\n two \r\nthree")
    assert [line.text for line in lines] == ["one\u2028still one\x0bstill", "two", "three"]
    assert [line.number for line in lines] == [1, 3, 4]
    assert [line.after_blank for line in lines] == [True, True, False]
    assert count == 4


def test_a_text_whose_lines_end_as_on_no_mac_is_not_in_an_encoding_of_macs():
    text = "The authors’ résumé says “naïve Bayes” – it isn’t so naïve.\nSão Paulo, 2019: a short text.\n"
    assert decode(text.encode("windows-1252"), "a.txt").text == text
