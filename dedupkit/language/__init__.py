"""Stage 3: text to language and score (langdetect, seeded)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedupkit.config import Settings

#: Characters that are read of a record: the title and the first sentences tell the language as well as all.
READ_CHARS: Final = 1_000

#: langdetect draws n-grams at random; with one seed for each text its answer depends on that text only.
_SEED: Final = 0

#: What tells a language nothing.
_NO_LANGUAGE_RE: Final = re.compile(r"https?://\S{1,500}|\S{1,100}@\S{1,100}|\$[^$]{1,200}\$")


def identify(
    records: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> pl.DataFrame:
    """Name the language of title and abstract together.

    Args:
        records: Reads ``title`` and ``abstract``.
        settings: ``language_minimum_letters``.
        advance: Told how many of how many records are done.

    Returns:
        The records, one to one, with ``language`` (String, ISO 639-1) and ``language_score`` (Float64,
        0..1, probability); both null where the text is too short to judge or holds no words.

    Source: Shuyo, Language Detection Library for Java, 2010, as ported by langdetect.
    """
    texts = records.select(
        pl.concat_str(pl.col("title", "abstract").fill_null(""), separator=". ")
    ).to_series()
    answers: list[tuple[str | None, float | None]] = []
    for number, text in enumerate(texts, start=1):
        answers.append(_identify_text(text, settings.language_minimum_letters))
        advance(number, len(texts))
    return records.with_columns(
        pl.Series("language", [language for language, _ in answers], dtype=pl.String),
        pl.Series("language_score", [score for _, score in answers], dtype=pl.Float64),
    )


def _identify_text(text: str, minimum_letters: int) -> tuple[str | None, float | None]:
    from langdetect.lang_detect_exception import LangDetectException  # noqa: PLC0415  loads with its profiles

    head = _NO_LANGUAGE_RE.sub(" ", text[: 2 * READ_CHARS])[:READ_CHARS]
    # A character of a script without cases says as much as three letters of one with.
    letters = sum(
        3 if character.lower() == character.upper() else 1 for character in head if character.isalpha()
    )
    if letters < max(minimum_letters, 1):
        return None, None
    detector = _factory().create()
    detector.append(head)
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
