"""Other engines name languages behind the same function; who has no words to judge is the same for all."""

import importlib.util
import sys

import polars as pl
import pytest

from dedupkit.config import Settings, load_settings
from dedupkit.errors import UsageError
from dedupkit.language import identify

TEXTS = {
    "We show that small models can be as accurate as large ones when they are trained well.": "en",
    "Wir zeigen, dass kleine Modelle so genau sein können wie große, wenn man sie gut trainiert.": "de",
    "我们证明经过良好训练的小模型可以达到与大模型相同的精度。": "zh",
    "Ved hjelp av nye metoder viser vi hvordan små modeller kan bli like nøyaktige som store.": "no",
}


def found_by(engine, texts):
    records = pl.DataFrame(
        {"title": [None] * len(texts), "abstract": list(texts)}, schema_overrides={"title": pl.String}
    )
    return identify(records, Settings(language_engine=engine))


@pytest.fixture(params=["exact", "langdetect", "lingua"])
def engine(request):
    if request.param == "lingua" and importlib.util.find_spec("lingua") is None:
        pytest.skip("lingua is not installed: pip install 'dedupkit[lingua]'")
    return request.param


def test_every_engine_names_languages(engine):
    found = found_by(engine, TEXTS)
    assert found["language"].to_list() == list(TEXTS.values())
    assert found["language_score"].is_between(0.5, 1).all()
    assert found["language_note"].null_count() == len(TEXTS)


def test_every_engine_keeps_the_rows_and_their_order(engine):
    texts = ["Deep", *TEXTS, "", "for i in range(10): print(i)"]
    found = found_by(engine, texts)
    assert found["abstract"].to_list() == texts
    assert found["language"].to_list() == [None, *TEXTS.values(), None, None]
    assert found["language_note"].drop_nulls().to_list() == [
        "too short: 4 letters",
        "no letters",
        "mathematics or code",
    ]


def test_an_engine_that_is_not_installed_is_named_with_what_to_do(monkeypatch):
    lingua_engine = importlib.import_module("dedupkit.language.lingua_engine")
    lingua_engine._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "lingua", None)
    with pytest.raises(UsageError, match=r"dedupkit\[lingua\]"):
        found_by("lingua", TEXTS)


def test_an_unknown_engine_is_refused():
    with pytest.raises(UsageError, match="langdetect, lingua"):
        load_settings(language_engine="cld3")
