"""The engine ``exact``: langdetect's profiles, all n-grams of a text instead of samples of them.

**Winner.** The language with the greatest posterior: the sum over all known n-grams of log(p + 0.5 / 10,000), every
language as likely before (langdetect's constants); ``zh-cn`` and ``zh-tw`` are one. Three things are done better. A text with
ideographs and without Hangul is not Korean (langdetect takes half of traditional Chinese for it). Latin letters among
others are left out where those say more, a letter of a script without cases counted four and a half times, so that English terms
do not drown Chinese. A text that is set in capitals, of which langdetect reads next to nothing, is read in small letters.

**What is read.** The first 200 letters, up to the end of a word; URLs, mail addresses, formulas between dollars, tags
and control words of LaTeX are skipped first. Where that does not give a score of 0.95, the whole text, up to 10,000
characters. Behind the head, a few words here and there are probed: where they speak for another language, windows of
some ten words each are judged, and a path through them changes its language only where the evidence pays for it. A
language that has a fifth of the letters on this path is a part of a mixed text.

**Score.** 1 / (1 + the sum of the odds of its three nearest rivals). The odds of a rival are exp(-x), where x is the
smaller of two:

* how far langdetect's sampling would go: it draws n-grams until one language has 0.99999, and by Wald's formula
  for such a walk x = 2 * mean / variance * log(99,999) of the n-grams' log ratios. It does not grow with the
  length of a text; two languages that are close, or in turns, keep it low;
* what the text holds: the sum of the log ratios, divided by 3, as each letter is in three n-grams.

Below 0.4 no language is named: two of three such answers are wrong.

Sources: Shuyo, Language Detection Library for Java, 2010, as ported by langdetect; Wald, Sequential Analysis, 1947.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.blocks import in_blocks, text_buffers
from dedupkit.language import kernels
from dedupkit.language.names import NAMES
from dedupkit.language.profiles import load_profiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Rows of a block.
_BLOCK_ROWS: Final = 256

#: Notes of texts that no language is looked for in.
FORMAL_NOTE: Final = "mathematics or code"
_NOTES: Final = {
    kernels.NO_LETTERS: "no letters",
    kernels.ADDRESS: "only a web or mail address",
    kernels.FORMAL: FORMAL_NOTE,
    kernels.UNKNOWN: "unsure: no known language",
}


class _Judged(NamedTuple):
    """What the kernel says of each text."""

    verdicts: NDArray[np.uint8]
    scores: NDArray[np.float64]
    letters: NDArray[np.int32]
    named: NDArray[np.int16]


def judge_texts(texts: pl.Series, minimum_letters: int) -> pl.DataFrame:
    """Name the language of each text, or say why not.

    Args:
        texts: String; null is no text.
        minimum_letters: Letters below which no language is named; one of a script without cases counts as three.

    Returns:
        One row for each text: ``language`` (String, ISO 639-1), ``language_score`` (Float64, 0..1; both null where
        none is named) and ``language_note`` (String, why none is named; null where one is).
    """
    judged = _judge(texts, minimum_letters)
    in_capitals = np.flatnonzero(judged.verdicts == kernels.CAPITALS)
    if in_capitals.size:
        again = _judge(texts.gather(in_capitals).str.to_lowercase(), minimum_letters)
        judged.verdicts[in_capitals] = again.verdicts
        judged.scores[in_capitals] = again.scores
        judged.named[in_capitals] = again.named
    return _told(judged)


def _judge(texts: pl.Series, minimum: int) -> _Judged:
    buffers = text_buffers(texts)
    count = len(texts)
    judged = _Judged(
        np.zeros(count, np.uint8),
        np.zeros(count, np.float64),
        np.zeros(count, np.int32),
        np.full((count, 3), -1, np.int16),
    )
    tables = load_profiles()[:-1]
    in_blocks(
        count,
        lambda first, last: kernels.judge(*buffers, first, last, tables, max(minimum, 1), *judged),
        _BLOCK_ROWS,
    )
    return judged


def _told(judged: _Judged) -> pl.DataFrame:
    """Verdicts as columns."""
    names = [NAMES.get(code, code) for code in load_profiles().names]
    codes = pl.Series(load_profiles().names, dtype=pl.String)
    frame = pl.DataFrame(
        {
            "verdict": judged.verdicts,
            "score": judged.scores,
            "letters": judged.letters,
            **{f"language_{i}": judged.named[:, i] for i in range(3)},
        }
    )
    place = pl.col("language_0").replace(-1, None).cast(pl.UInt32)
    first, second, third = (
        pl.col(f"language_{i}").replace_strict(dict(enumerate(names)), default=None, return_dtype=pl.String)
        for i in range(3)
    )
    is_named = pl.col("verdict") == kernels.NAMED
    letters = pl.col("letters")
    short = pl.format(
        "too short: {} {}", letters, pl.when(letters == 1).then(pl.lit("letter")).otherwise(pl.lit("letters"))
    )
    several = (
        pl.when(third.is_null())
        .then(pl.format("mixed: {} and {}", first, second))
        .otherwise(pl.format("mixed: {}, {} and {}", first, second, third))
    )
    return frame.select(
        language=pl.when(is_named).then(pl.lit(codes).gather(place.fill_null(0))),
        language_score=pl.when(is_named).then(pl.col("score").round(6)),
        language_note=pl.when(is_named)
        .then(None)
        .when(pl.col("verdict") == kernels.SHORT)
        .then(short)
        .when(pl.col("verdict") == kernels.MIXED)
        .then(several)
        .when(pl.col("verdict") == kernels.UNSURE)
        .then(pl.format("unsure: {} or {}", first, second))
        .otherwise(pl.col("verdict").replace_strict(_NOTES, default=None, return_dtype=pl.String)),
    )
