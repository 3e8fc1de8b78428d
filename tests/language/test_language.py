"""Languages are named, or not, and always alike."""

import polars as pl
import pytest

from dedupkit.config import Settings
from dedupkit.language import identify

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


def languages(*texts, titles=None):
    records = pl.DataFrame(
        {"title": titles or [None] * len(texts), "abstract": list(texts)},
        schema_overrides={"title": pl.String, "abstract": pl.String},
    )
    return identify(records, Settings()).select("language", "language_score").rows()


@pytest.mark.parametrize("language", SENTENCES)
def test_sentences_are_named(language):
    ((found, score),) = languages(SENTENCES[language])
    assert found == language
    assert 0.8 < score <= 1


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "42 + 17 = 59",
        "$\\alpha^2 + \\beta^2$",
        "TimeGPT-1",
        "https://example.org/a/long/path/to/a/paper",
        "…",
    ],
)
def test_texts_that_are_too_short_to_judge_are_not_named(text):
    assert languages(text) == [(None, None)]


def test_title_and_abstract_are_judged_together():
    assert languages(None, titles=[SENTENCES["fr"]])[0][0] == "fr"


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
