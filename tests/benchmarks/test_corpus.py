"""The corpora that the benchmarks measure on: repeatable, and their truth is true."""

import importlib
import re
import unicodedata
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROWS = 2_000
SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def corpus():
    """The script ``corpus.py``; its neighbours are imported as it does when it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module("corpus")


@pytest.fixture(scope="module")
def built(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus") / "corpus.parquet"
    corpus.build_corpus(ROWS, out, seed=7)
    return pl.read_parquet(out), pl.read_parquet(corpus.truth_path(out))


@pytest.fixture(scope="module")
def copies(built):
    """Works made from others, beside them."""
    works, truth = built
    made = truth.filter(pl.col("of").is_not_null()).join(works, on="id")
    return made.join(works, left_on="of", right_on="id", suffix="_of", maintain_order="left")


def plain_jaccard(one, other):
    """As a reader of the README would compute it."""
    sets = []
    for text in (one, other):
        letters = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
        words = re.findall(r"[^\W_]+", "".join(letters).casefold())
        sets.append({" ".join(words[i : i + 3]) for i in range(len(words) - 2)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_same_seed_gives_the_same_bytes(corpus, tmp_path):
    for name in ("one", "other"):
        corpus.build_corpus(300, tmp_path / f"{name}.parquet", seed=7)
    for end in (".parquet", ".truth.parquet"):
        assert (tmp_path / f"one{end}").read_bytes() == (tmp_path / f"other{end}").read_bytes()


def test_another_seed_gives_other_texts(corpus, built, tmp_path):
    corpus.build_corpus(300, tmp_path / "other.parquet", seed=8)
    other = pl.read_parquet(tmp_path / "other.parquet")
    assert not set(other["abstract"]) & set(built[0]["abstract"])


def test_every_row_has_an_id_of_its_own_and_its_truth(built):
    works, truth = built
    assert works.height == ROWS
    assert works["id"].n_unique() == ROWS
    assert works["id"].to_list() == truth["id"].to_list()
    assert works.null_count().sum_horizontal().item() == 0


def test_a_fifth_are_copies_and_a_twentieth_sisters(built):
    counts = dict(built[1]["edit"].value_counts().iter_rows())
    assert counts.pop("original") == 0.75 * ROWS
    assert counts.pop("sister") == 0.05 * ROWS
    assert sum(counts.values()) == 0.20 * ROWS
    assert max(counts.values()) - min(counts.values()) <= 1


def test_copies_are_their_originals_entity_and_sisters_are_not(built):
    truth = built[1]
    originals = truth.filter(pl.col("edit").is_in(["original", "sister"]))
    assert originals["entity"].to_list() == originals["id"].to_list()
    copied = truth.filter(~pl.col("edit").is_in(["original", "sister"]))
    assert copied["entity"].to_list() == copied["of"].to_list()


def test_the_truths_similarity_is_the_plain_one(copies):
    for row in copies.sample(50, seed=1).iter_rows(named=True):
        assert row["jaccard"] == pytest.approx(plain_jaccard(row["abstract"], row["abstract_of"])), row[
            "edit"
        ]


def test_sisters_are_too_different_to_be_copies(copies):
    sisters = copies.filter(pl.col("edit") == "sister")
    assert sisters["jaccard"].is_between(0.3, 0.6).all()
    assert (sisters["title"] != sisters["title_of"]).all()


def test_edits_change_as_much_as_they_say(copies):
    least = dict(copies.group_by("edit").agg(pl.col("jaccard").min()).iter_rows())
    assert least["exact"] == least["case_and_punctuation"] == 1.0
    assert least["typos_2_percent"] > least["typos_5_percent"] > 0.6
    cut = copies.filter(pl.col("edit") == "cut_to_60_percent")
    assert (cut["abstract"].str.len_chars() < cut["abstract_of"].str.len_chars()).all()
    changed = copies.filter(~pl.col("edit").is_in(["exact", "sister"]))
    assert (changed["abstract"] != changed["abstract_of"]).mean() > 0.98


def test_unrelated_works_share_hardly_any_shingles(built):
    works, truth = built
    texts = works.join(truth, on="id").filter(pl.col("edit") == "original")["abstract"].head(60).to_list()
    pairs = [(i, j) for i in range(60) for j in range(i)]
    similarities = [plain_jaccard(texts[i], texts[j]) for i, j in pairs[::3]]
    assert max(similarities) < 0.04
    assert np.mean(similarities) < 0.01


def test_a_source_that_is_too_small_is_recombined(corpus, built, tmp_path):
    source, out = tmp_path / "source.parquet", tmp_path / "out.parquet"
    built[0].head(100).write_parquet(source)
    corpus.build_corpus(400, out, seed=7, source=source)
    truth = pl.read_parquet(corpus.truth_path(out))
    originals = pl.read_parquet(out).join(truth, on="id").filter(pl.col("edit") == "original")
    assert originals["abstract"].n_unique() == originals.height == 300
