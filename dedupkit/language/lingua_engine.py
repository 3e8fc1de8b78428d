"""The engine ``lingua``: more languages, and surer of one or two words; needs ``dedupkit[lingua]``."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import polars as pl

from dedupkit.errors import UsageError

#: Characters that are read of a text.
_READ_CHARS: Final = 1_000

#: lingua tells the two written Norwegians apart; ``no`` is both, as langdetect has it.
_ONE_LANGUAGE: Final = {"nb": "no", "nn": "no"}


def name_languages(texts: pl.Series) -> pl.DataFrame:
    """Ask lingua for the language of each text.

    Returns:
        ``language`` (ISO 639-1, null where it finds none) and ``language_score`` (its confidence, 0..1).

    Raises:
        UsageError: lingua is not installed.
    """
    values = _detector().compute_language_confidence_values_in_parallel(
        [(text or "")[:_READ_CHARS] for text in texts]
    )
    answers = []
    for guesses in values:
        scores: dict[str, float] = {}
        for guess in guesses:
            code = guess.language.iso_code_639_1.name.lower()
            code = _ONE_LANGUAGE.get(code, code)
            scores[code] = scores.get(code, 0.0) + guess.value
        language = min(scores, key=lambda code: (-scores[code], code))
        is_found = scores[language] > 0
        answers.append((language, min(1.0, round(scores[language], 6))) if is_found else (None, None))
    return pl.DataFrame(answers, schema={"language": pl.String, "language_score": pl.Float64}, orient="row")


@cache
def _detector() -> Any:
    try:
        from lingua import LanguageDetectorBuilder  # noqa: PLC0415  an optional package
    except ImportError as error:
        raise UsageError(
            "language_engine = 'lingua': lingua is not installed.", "pip install 'dedupkit[lingua]'."
        ) from error
    return LanguageDetectorBuilder.from_all_languages().build()
