"""Languages are named, or it is said why not, and always alike."""

import json
import time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupkit.config import Settings
from dedupkit.language import count_abstentions, identify
from dedupkit.language.names import NAMES
from dedupkit.record import RECORDS

HERE = Path(__file__).parent
CASES = json.loads((HERE / "cases.json").read_text("utf-8"))
ARTICLES = json.loads((HERE / "article_1.json").read_text("utf-8"))["articles"]
COLUMNS = ("language", "language_score", "language_note")

SENTENCES = {
    "en": "We show that small models can be as accurate as large ones when they are trained well.",
    "de": "Wir zeigen, dass kleine Modelle so genau sein können wie große, wenn man sie gut trainiert.",
    "fr": "Nous montrons que de petits modèles peuvent être aussi précis que les grands.",
    "es": "Mostramos que los modelos pequeños pueden ser tan precisos como los grandes.",
    "ru": "Мы показываем, что небольшие модели могут быть столь же точными, как и большие.",
    "zh": "我们证明经过良好训练的小模型可以达到与大模型相同的精度。",
    "ja": "よく訓練された小さなモデルは大きなモデルと同じ精度を達成できることを示します。",
    "ar": "نُظهر أن النماذج الصغيرة يمكن أن تكون دقيقة مثل النماذج الكبيرة.",
}


def languages(*texts, titles=None, **told):
    records = pl.DataFrame(
        {"title": titles or [None] * len(texts), "abstract": list(texts)},
        schema_overrides={"title": pl.String, "abstract": pl.String},
    )
    return identify(records, Settings(**told)).select(COLUMNS).rows()


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_named(language):
    ((found, score, note),) = languages(SENTENCES[language])
    assert found == language
    assert 0.8 < score <= 1
    assert note is None


def test_article_1_of_human_rights_is_named_in_every_language():
    found = languages(*ARTICLES.values())
    assert [language for language, _, _ in found] == [name[:2] for name in ARTICLES]
    assert {name[:2] for name in ARTICLES} == set(NAMES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['why']}: {case['abstract'][:30]}")
def test_golden_cases_are_named_or_say_why_not(case):
    ((language, score, note),) = languages(case["abstract"], titles=[case.get("title")])
    assert (language, note) == (case.get("language"), case.get("note"))
    assert (score is None) == (language is None)


def test_a_missing_text_has_no_letters():
    assert languages(None) == [(None, None, "no letters")]
    assert languages() == []


def test_title_and_abstract_are_judged_together():
    assert languages(None, titles=[SENTENCES["fr"]])[0][0] == "fr"
    ((language, _, _),) = languages("Wir zeigen, dass", titles=["kleine Modelle genau sind"])
    assert language == "de"


def test_the_least_number_of_letters_is_a_setting():
    assert languages("Wir zeigen es", language_minimum_letters=5)[0][0] == "de"
    assert languages("Wir zeigen es")[0][2] == "too short: 11 letters"


def test_an_answer_depends_on_its_text_alone():
    texts = [
        *SENTENCES.values(),
        "Graph networks for causal discovery",
        "Sur les réseaux",
        "Deep ensembles revisited",
    ]
    alone = [languages(text)[0] for text in texts]
    assert languages(*texts) == alone
    assert languages(*reversed(texts)) == alone[::-1]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_any_text_is_judged_and_alike_in_any_batch(texts):
    filler = [case["abstract"] for case in CASES]
    found = languages(*texts)
    assert languages(*filler, *texts)[len(filler) :] == found
    for text, (language, score, note) in zip(texts, found, strict=True):
        assert (language is None) == (score is None) == (note is not None)
        assert score is None or 0 < score <= 1
        if not any(character.isalpha() for character in text):
            assert language is None


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(categories=["N", "P", "S", "Z", "Cc", "Cf", "Co"])))
def test_what_has_no_letters_is_never_named(text):
    ((language, _, note),) = languages(text)
    assert language is None
    assert note in {"no letters", "mathematics or code", "only a web or mail address"} or note.startswith(
        "too short"
    )


@pytest.mark.parametrize("length", [200, 201, 999, 4_000, 10_000, 200_000])
def test_a_text_of_any_length_is_judged(length):
    text = (SENTENCES["de"] + " ") * (length // 90 + 1)
    assert languages(text[:length])[0][0] == "de"
    assert languages("中" * length)[0][0] == "zh"
    assert languages("x" * length)[0][2] != "no letters"


def test_a_hostile_text_takes_no_longer_than_its_length():
    texts = [
        "http://" * 200_000,
        "a@" * 400_000,
        "$a" * 400_000,
        "<a" * 400_000,
        "\\(" * 400_000,
        "\\a" * 400_000,
    ]
    languages("warm")
    started = time.perf_counter()
    languages(*texts)
    assert time.perf_counter() - started < 10


def test_the_columns_are_those_of_the_schema():
    records = pl.DataFrame({"title": ["a"], "abstract": ["b"]})
    found = identify(records, Settings())
    assert {name: found.schema[name] for name in COLUMNS} == {name: RECORDS[name] for name in COLUMNS}


def test_abstentions_are_counted_by_kind():
    notes = pl.Series([case.get("note") for case in CASES], dtype=pl.String)
    counted = count_abstentions(notes)
    assert sum(counted.values()) == notes.count()
    assert all(counted.values())


def test_all_rows_are_told_to_who_watches():
    told = []
    records = pl.DataFrame({"title": ["a"] * 20_000, "abstract": ["b"] * 20_000})
    identify(records, Settings(), lambda done, of: told.append((done, of)))
    assert told[-1] == (20_000, 20_000)
