"""The engine ``langdetect``: the library itself, seeded, one text after the other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

#: Characters that are read of a text.
_READ_CHARS: Final = 1_000

#: langdetect draws n-grams at random; with one seed for each text its answer depends on that text only.
_SEED: Final = 0

#: What tells a language nothing.
_NO_LANGUAGE_RE: Final = re.compile(r"https?://\S{1,500}|\S{1,100}@\S{1,100}|\$[^$]{1,200}\$")


def name_languages(texts: pl.Series) -> pl.DataFrame:
    """Ask langdetect for the language of each text.

    Returns:
        ``language`` (ISO 639-1, null where it finds none) and ``language_score`` (its probability, 0..1).

    Source: Shuyo, Language Detection Library for Java, 2010, as ported by langdetect.
    """
    answers = [_name_language(text or "") for text in texts]
    return pl.DataFrame(answers, schema={"language": pl.String, "language_score": pl.Float64}, orient="row")


def _name_language(text: str) -> tuple[str | None, float | None]:
    from langdetect.lang_detect_exception import LangDetectException  # noqa: PLC0415  loads with its profiles

    detector = _factory().create()
    detector.append(_NO_LANGUAGE_RE.sub(" ", text[: 2 * _READ_CHARS])[:_READ_CHARS])
    try:
        probabilities = detector.get_probabilities()
    except LangDetectException:
        return None, None
    scores: dict[str, float] = {}
    for guess in probabilities:
        code = guess.lang.split("-")[0]  # zh-cn and zh-tw are one language
        scores[code] = scores.get(code, 0.0) + guess.prob
    if not scores:
        return None, None
    language = min(scores, key=lambda code: (-scores[code], code))
    return language, min(1.0, round(scores[language], 6))


@cache
def _factory() -> Any:
    """The profiles of langdetect, loaded in order of their names: its own order is that of the file system."""
    from langdetect import DetectorFactory, detector_factory  # noqa: PLC0415  slow to import

    factory = DetectorFactory()
    factory.seed = _SEED
    paths = sorted(path for path in Path(detector_factory.PROFILES_DIRECTORY).iterdir() if path.suffix == "")
    factory.load_json_profile([path.read_text("utf-8") for path in paths])
    return factory
