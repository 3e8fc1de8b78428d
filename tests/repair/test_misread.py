"""Misread text is folded for matching, and text that was read well stays."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupkit.matches.fingerprints import text_keys
from dedupkit.repair import repair_text
from dedupkit.repair.misread import fold_misread

LETTERS = st.sampled_from("abc éüßñçøłžαβπЖя–—’“”…€™→≤∞ ")


@given(
    st.lists(st.text(LETTERS, max_size=30), min_size=1, max_size=4),
    st.sampled_from(["sloppy-windows-1252", "latin-1"]),
)
def test_what_was_misread_becomes_what_was_meant(texts, encoding):
    misread = pl.Series([text.encode().decode(encoding) for text in texts])
    assert fold_misread(misread).to_list() == texts


@given(st.lists(st.one_of(st.none(), st.text(LETTERS, max_size=30)), min_size=1, max_size=4))
def test_text_that_was_read_well_stays(texts):
    assert fold_misread(pl.Series(texts, dtype=pl.String)).to_list() == texts


@pytest.mark.parametrize(
    "misread",
    [
        "donâ€™t",
        "cafÃ© au lait",
        "AT&amp;T",
        "P&eacute;rez &#39;x&#39;",
        "naïve Ã la carte",
        "Ãœber â€œallâ€\x9d",
        "Ã¼ber â€“",
    ],
)
def test_matching_sees_what_the_repair_writes(misread):
    folded, repaired = fold_misread(pl.Series([misread]))[0], repair_text(misread).text
    assert text_keys(pl.Series([folded]))[0] == text_keys(pl.Series([repaired]))[0]
