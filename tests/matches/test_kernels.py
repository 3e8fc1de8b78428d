"""The compiled loops against plain Python, against datasketch, and against what earlier versions wrote."""

import unicodedata

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import key_of, shingles_of, words_of

from dedupkit.blocks import text_buffers
from dedupkit.config import Settings
from dedupkit.matches import kernels
from dedupkit.matches.candidates import compare_titles
from dedupkit.matches.details import gram_sets, name_sets, shingle_sets, years_named
from dedupkit.matches.fingerprints import sign, text_keys, title_words
from dedupkit.matches.keys import fnv, tables, word_hash
from dedupkit.matches.ragged import Ragged

ASSIGNED = st.characters(exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\\<")
TEXTS = st.one_of(
    st.text(ASSIGNED, max_size=60),
    st.lists(
        st.sampled_from("Deep learning of 学习 ถูก ½ ﬁne naïve がが カード x² C++ مرحبا".split()), max_size=9
    ).map(" ".join),
)


def sets(lists: Ragged):
    return [set(lists.values[s : s + n].tolist()) for s, n in zip(lists.starts, lists.counts, strict=False)]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.integers(1, 5))
def test_keys_and_shingles_are_those_of_plain_python(texts, size):
    asked = Settings(shingle_words=size, permutations=16)
    column = pl.Series(texts)
    signed = sign(column, asked)
    expected = [words_of(text) for text in texts]
    assert signed.keys.tolist() == [key_of(words) for words in expected]
    assert signed.shingles.tolist() == [len(shingles_of(words, size)) for words in expected]
    found = shingle_sets(column, signed.shingles, asked)
    assert sets(found) == [set(shingles_of(words, size)) for words in expected]
    assert text_keys(column).fill_null(0).to_list() == signed.keys.tolist()


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.sampled_from([16, 100, 128]))
def test_signatures_are_those_of_datasketch_bit_for_bit(texts, permutations):
    asked = Settings(permutations=permutations)
    signed = sign(pl.Series(texts), asked)
    for text, signature in zip(texts, signed.signatures, strict=True):
        theirs = MinHash(permutations, seed=1, scheme="affine32", hashfunc=lambda value: value & 0xFFFFFFFF)
        theirs.update_batch(shingles_of(words_of(text), 3))
        assert (theirs.hashvalues == signature).all()
        ours = MinHash(hashvalues=signature, scheme="affine32")
        assert ours.jaccard(theirs) == 1.0


#: What the quick way and the slow way through a text must agree about.
PIECES = st.sampled_from(
    ["a", "Word", "longerword12", "7", " ", ". ", ", ", "-", "'", "é", "e\u0301", "—", "ﬁ", "ß", "深度", "한국", "$", "\\",
     '\\"', "\\'", "\\emph{", "\\alpha", "\\,", "}", "_", "^", "<", "<i>", "</jats:p>", '<p class="x y">', "< b", "#", "+", "\n"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_plain_runs_are_read_as_the_whole_text_is(text):
    (data, offsets), look_up = text_buffers(pl.Series([text])), tables()
    end, folds = int(offsets[1]), tuple(look_up.folds)
    quick, slow = np.zeros(2 * end + 2, np.uint64), np.zeros(2 * end + 2, np.uint64)
    no_marks, no_letters = np.empty(0, np.uint8), np.empty(0, np.int32)
    room = (np.empty(end + 8, np.uint8), np.empty(end + 1, np.int32), no_marks, no_letters)
    count = kernels._words(data, 0, end, folds, look_up.looks, room, quick)
    _, expected = kernels._scan(data, 0, end, end, folds, look_up.looks, slow, 0, no_marks, no_letters)
    assert quick[:count].tolist() == slow[:expected].tolist()


def test_hashes_are_what_they_were():  # golden: a change makes every index on disk worthless
    signed = sign(pl.Series(["the quick brown fox jumps", "Schrödinger's cat", "深度学习", ""]), Settings())
    assert [hex(key) for key in signed.keys] == GOLDEN["keys"]
    assert signed.signatures[:, :4].tolist() == GOLDEN["signatures"]
    band = np.empty((32, 4), np.uint64)
    kernels.band_keys(signed.signatures, 4, 0, 4, band)
    assert [hex(key) for key in band[:3, 0]] == GOLDEN["bands"]


def test_many_texts_at_once_give_what_each_gives_alone():
    texts = [f"text number {number} of {number * 7} " * (number % 5) for number in range(5_000)]
    together = sign(pl.Series(texts), Settings())
    for number in (0, 1_023, 1_024, 4_999):
        alone = sign(pl.Series([texts[number]]), Settings())
        assert together.keys[number] == alone.keys[0]
        assert (together.signatures[number] == alone.signatures[0]).all()


@pytest.mark.parametrize(
    "one, other",
    [
        ("A Naïve Method!", "a naive  method"),
        ("ﬁtting ½ full", "fitting 1/2 FULL"),
        (r"Schr\"odinger", "Schrödinger"),
        (r"Fran\c{c}ois Poincar\'e", "François Poincaré"),
        (r"the \emph{deep} {\bf net}", "the deep net"),
        (r"a $\mathcal{O}(n^2)$ bound", "a O(n2) bound"),
        (r"$\alpha$-stable and $\epsilon$-greedy", "α-stable and ε-greedy"),
        ("alpha stable", "α stable"),
        (r"85\% of \$5", "85% of $5"),
        ("が" + "ぎ", unicodedata.normalize("NFD", "がぎ")),
        ("한국어 문장", unicodedata.normalize("NFD", "한국어 문장")),
        ("ＷＩＤＥ ｔｅｘｔ", "wide text"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("Łódź Ærø Øresund Straße", "Lodz Aero Oresund Strasse"),
        ("٢٠٢٠", "2020"),
        ("深度 学习", "深度学习"),
        ("SiO<sub>2</sub> in <i>E. coli</i>", "SiO2 in E. coli"),
        ("<jats:p>We sort.</jats:p><jats:p>And search.</jats:p>", "We sort. And search."),
        ('a <a href="https://x.y/z">link</a>', "a link"),
        ("x<br/>y", "x y"),
    ],
)
def test_what_does_not_tell_works_apart_is_folded_away(one, other):
    left, right = text_keys(pl.Series([one, other]))
    assert left == right is not None


@pytest.mark.parametrize(
    "one, other",
    [
        ("C++", "C#"),
        ("C", "C++"),
        ("a b", "ab"),
        ("a b c", "a c b"),
        ("ひと", "びと"),
        ("a < b and c > d", "a d"),
        ("x <unknown> y", "x y"),
        ("p<q", "p"),
        ("x1 2", "x12"),
        ("a", "a a"),
    ],
)
def test_what_tells_works_apart_stays(one, other):
    left, right = text_keys(pl.Series([one, other]))
    assert left != right


def test_texts_without_a_word_have_no_key():
    assert text_keys(pl.Series(["—", "", None, "\u0301", "$ { }"])).to_list() == [None] * 5


def number(digits):
    return fnv(str(digits)) & ~3 | 3


def test_titles_part_letters_from_digits_and_name_numbers_alike():
    titles = title_words(
        pl.Series(["WMT19 Task", "wmt 19 task", "L1(0) FePt", "L10 FePt", "The sixth", "6th", "part vi"])
    )
    lists = [titles.values[s : s + n].tolist() for s, n in zip(titles.starts, titles.counts, strict=False)]
    assert lists[0] == lists[1]
    assert lists[2] == lists[3]
    assert lists[4][-1] == lists[5][0] == lists[6][-1] == number(6)
    assert [bool(word & 1) for word in lists[0]] == [False, True, False]
    assert [bool(word & 2) for word in lists[4]] == [True, True]  # "the" is short, and so is any number


def compared(one, other):
    return compare_titles(title_words(pl.Series([one, other])), np.array([0]), np.array([1]))[0].tolist()


def test_titles_are_compared_by_words_numbers_and_beginnings():
    left, right, both, *long_words, numbers, begins, furniture, about = compared(
        "Sorting networks at scale 2019", "Sorting networks at scale 2020 revisited"
    )
    assert (left, right, both) == (4, 5, 4)
    assert long_words == [3, 4, 3]
    assert (numbers, begins, furniture, about) == (3, 0, 0, 0)
    assert compared("Sorting", "Sorting networks")[7] == 1
    assert compared("Lectures on sorting", "Lectures on sorting, part II")[6] == 2
    assert compared("Editor's notes", "Sorting networks")[8] == 1
    assert compared("Erratum: Sorting networks", "Sorting networks")[9] == 1
    assert compared("Comments on sorting", "Comments on sorting networks")[9] == 0


def test_names_agree_however_they_are_written():
    lists = [
        ["Sékou Kaba", "David W. Aha"],
        ["Kaba, S.", "Aha, D. W."],
        ["S. Kaba and D. W. Aha"],
        ["van der Berg, J.", "et al."],
        [],
    ]
    names = sets(name_sets(pl.Series(lists, dtype=pl.List(pl.String))))
    kaba, aha = word_hash("kaba"), word_hash("aha")
    assert {kaba, aha} <= names[0]
    assert names[1] == names[2] == {kaba, aha}
    assert names[3] == {word_hash("berg")}
    assert names[4] == set()


def test_letter_grams_are_alike_for_a_typing_error():
    left, right, other = sets(gram_sets(pl.Series(["Damped switching", "Damped swtiching", "Whales"])))
    assert 0.6 <= len(left & right) / len(left | right) < 1
    assert not left & other


def test_years_are_those_of_four_digits_from_1970_on():
    (mask,) = years_named(pl.Series(["In 1970, 2019 and 12019 or 201, v2033"]))
    assert mask == 1 << 0 | 1 << 49 | 1 << 63


def test_folding_does_not_depend_on_the_interpreter():
    assert len(tables().folds.entries) % 256 == 0
    assert text_keys(pl.Series(["\U0001e030"])).to_list()[0] is not None  # Unicode 15: unknown to Python 3.11


GOLDEN = {
    "keys": ["0x5e108ff49e639314", "0x8e095484d017af54", "0xdf7096bfcc31804c", "0x0"],
    "signatures": [
        [1216881042, 683776407, 1789729195, 498950004],
        [638033219, 53952468, 3267397606, 3694534295],
        [422896293, 629407998, 612859484, 2958973944],
        [4294967295, 4294967295, 4294967295, 4294967295],
    ],
    "bands": ["0xa23b98958101529b", "0x6466fde9fde6e4b0", "0xbfd7a4e270f48101"],
}
