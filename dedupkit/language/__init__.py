"""Stage 3: text to language and score, or a note why none is named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from dedupkit.notices import is_notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedupkit.config import Settings

    #: Texts to one row each: ``language`` (ISO 639-1, null where it finds none) and ``language_score`` (0..1).
    Engine: TypeAlias = Callable[[pl.Series], pl.DataFrame]

#: Other engines than ``exact``: the module whose ``name_languages`` is an ``Engine``.
_ENGINES: Final = {
    "langdetect": "dedupkit.language.langdetect_engine",
    "lingua": "dedupkit.language.lingua_engine",
}

#: Rows whose texts are put together at once: more would only take memory.
_BATCH_ROWS: Final = 16_384

#: What the notes begin with, and what ``facts.json`` calls them.
ABSTENTIONS: Final = {
    "too short": "too_short",
    "no letters": "no_letters",
    "only a web": "only_address",
    "mathematics": "mathematics_or_code",
    "mixed": "mixed",
    "unsure": "unsure",
}


def identify(
    records: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> pl.DataFrame:
    """Name the language of abstract and title together, or say why none is named.

    The abstract comes first and so decides where the two differ; a notice in its place ("No abstract available") is none. ``exact`` finds texts without enough words to
    judge for every engine; who is asked for the language of all others is ``settings.language_engine``.

    Args:
        records: Reads ``title`` and ``abstract``.
        settings: ``language_minimum_letters``, ``language_engine``.
        advance: Told how many of how many records are done.

    Returns:
        The records, one to one, with ``language`` (String, ISO 639-1), ``language_score`` (Float64, 0..1, see
        ``exact.py``; both null where no language is named) and ``language_note`` (String; why none is named, null
        where one is).

    Raises:
        UsageError: The engine is not installed.

    Source: Shuyo, Language Detection Library for Java, 2010, as ported by langdetect.
    """
    from dedupkit.language.exact import judge_texts  # noqa: PLC0415  loads numba

    engine: Engine | None = None
    if settings.language_engine in _ENGINES:
        engine = import_module(_ENGINES[settings.language_engine]).name_languages
    judged = [judge_texts(pl.Series([], dtype=pl.String), settings.language_minimum_letters)]
    done = 0
    for batch in records.select("abstract", "title").iter_slices(_BATCH_ROWS):
        abstract = batch["abstract"].replace("", None)
        abstract = abstract.set(is_notice(abstract), None)
        texts = batch.select(
            pl.concat_str(
                pl.lit(abstract), pl.col("title").replace("", None), separator=". ", ignore_nulls=True
            )
        ).to_series()
        found = judge_texts(texts, settings.language_minimum_letters)
        judged.append(found if engine is None else _asked(engine, texts, found))
        done += batch.height
        advance(done, records.height)
    return records.with_columns(pl.concat(judged))


def _asked(engine: Engine, texts: pl.Series, judged: pl.DataFrame) -> pl.DataFrame:
    """The verdicts with the engine's answers where there are words to judge."""
    note = pl.col("language_note")
    can_tell = note.is_null() | note.str.starts_with("mixed") | note.str.starts_with("unsure")
    judged = judged.with_row_index("row")
    asked = judged.filter(can_tell)["row"]
    answers = engine(texts.gather(asked)).with_columns(
        row=asked,
        language_note=pl.when(pl.col("language").is_null()).then(pl.lit("unsure: no known language")),
    )
    others = judged.filter(~can_tell)
    return pl.concat([others, answers.select(others.columns)]).sort("row").drop("row")


def count_abstentions(notes: pl.Series) -> dict[str, int]:
    """How often no language is named, by kind.

    >>> count_abstentions(pl.Series([None, "too short: 7 letters", "mixed: English and German", "no letters"]))
    {'too_short': 1, 'no_letters': 1, 'only_address': 0, 'mathematics_or_code': 0, 'mixed': 1, 'unsure': 0}
    """
    return {kind: int(notes.str.starts_with(beginning).sum() or 0) for beginning, kind in ABSTENTIONS.items()}
