"""What the suites look at: one row of numbers for each record, never its text."""

from __future__ import annotations

from typing import Final

import polars as pl
from ftfy.badness import badness

from dedupkit.record import KEPT, TEXT_COLUMNS
from dedupkit.repair.screen import MAY_BE_MOJIBAKE

#: Columns of the metrics frame. Counts are of title and abstract together; lengths are in characters.
METRICS: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "record_id": pl.String,
    "has_text": pl.Boolean,  # a title or an abstract that is not blank
    "title_chars": pl.Int64,  # null without a title
    "abstract_chars": pl.Int64,  # null without an abstract
    "title_key": pl.String,  # hash of the title's normal form; null without one and for rows not kept
    "exact_key": pl.String,  # the same of title and abstract; null as well without an abstract
    "nearest_similarity": pl.Float64,  # to the most similar kept row, 0 without one
    "duplicate_pairs": pl.Int64,  # verified pairs with another kept row, whatever their rule
    "mojibake_hits": pl.Int64,
    "control_hits": pl.Int64,
    "replacement_hits": pl.Int64,
    "see_more_hits": pl.Int64,
    "furniture_hits": pl.Int64,
    "latex_hits": pl.Int64,
    "html_hits": pl.Int64,
    "language": pl.String,  # null where not known
    "language_score": pl.Float64,
}

#: Rows whose texts are folded at once: more would only take memory.
_BATCH_ROWS: Final = 65_536

_TAGS: Final = (
    "a|abbr|b|blockquote|br|center|code|div|em|font|h[1-6]|hr|i|iframe|img|jats:[a-z-]+|li|ol|p|pre|script|"
    "small|span|strong|style|sub|sup|table|tbody|td|th|thead|tr|tt|u|ul"
)  # not <s>, <mask>, <unk>: papers on language models name those tokens

_HIT_PATTERNS: Final = {
    "control_hits": r"[\p{Cc}&&[^\t\n\r]]",
    "replacement_hits": "\N{REPLACEMENT CHARACTER}",
    # as in: structural causal models … (see more)associated with
    "see_more_hits": r"(?i)\(\s*(?:see (?:more|less)|voir (?:plus|moins))\s*\)",
    # as in: SubscribeNavigating Scaling Laws; • 6 authors
    "furniture_hits": (
        r"(?m)^Subscribe\p{Lu}|(?i:get trending papers in your email inbox)|^(?:[•·] *)?\d+ authors?$"
    ),
    # as in: Schr\"odinger, 85\%, \emph{causal abstraction}
    "latex_hits": r"""\\(?:[A-Za-z]+|[%&#_${}"'`^~=.,;:!-])""",
    # as in: <p> and </jats:p>, &amp; and &#8217;
    "html_hits": rf"(?i)</?(?:{_TAGS})(?:\s[^<>]*)?/?>|&(?:#\d+|#x[0-9a-f]+|[a-z]{{2,8}});",
}


def measure(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    r"""Measure the records that a suite is to judge.

    Args:
        records: Reads ``record_id``, ``title``, ``abstract``; ``verdict``, ``language`` and
            ``language_score`` where they are. Without ``verdict`` every row counts as kept.
        pairs: Verified pairs (``record.PAIRS``). Only those between two kept rows count, for
            quarantined rows share an abstract by definition.

    Returns:
        The columns of ``METRICS``, one row for each record in the same order. The language columns are
        missing where ``records`` has none, so that a check of them could not run rather than passed.

    >>> records = pl.DataFrame({"record_id": ["a"], "title": ["85\\% of it"], "abstract": [None]},
    ...                        schema_overrides={"abstract": pl.String})
    >>> pairs = pl.DataFrame(schema={"left": pl.String, "right": pl.String, "similarity": pl.Float64})
    >>> measure(records, pairs).select("title_chars", "abstract_chars", "latex_hits").row(0)
    (10, None, 1)
    """
    languages = [
        pl.col("language").cast(pl.String).replace("", None),
        pl.col("language_score").cast(pl.Float64).fill_nan(None),
    ]
    texts = pl.concat(
        [_of_texts(batch) for batch in records.iter_slices(_BATCH_ROWS)] or [_of_texts(records)]
    )
    kept = records.select(_is_kept(records)).to_series()
    metrics = records.select(
        "record_id", *(each for each in languages if each.meta.output_name() in records.columns)
    )
    metrics = metrics.hstack(texts).with_columns(
        *(texts[name].set(~kept, None) for name in ("title_key", "exact_key")), *_neighbours(records, pairs)
    )
    return metrics.select(name for name in METRICS if name in metrics.columns)


def _of_texts(batch: pl.DataFrame) -> pl.DataFrame:
    """What the texts of each record say."""
    found = batch.lazy().select(  # lazy, for it computes what expressions share once
        pl.any_horizontal(_filled("title").is_not_null(), _filled("abstract").is_not_null()).alias(
            "has_text"
        ),
        _filled("title").str.len_chars().cast(pl.Int64).alias("title_chars"),
        _filled("abstract").str.len_chars().cast(pl.Int64).alias("abstract_chars"),
        *_keys(batch),
        _mojibake_hits(batch),
        *(_hits(pattern).alias(name) for name, pattern in _HIT_PATTERNS.items()),
    )
    return found.collect()


def _filled(column: str) -> pl.Expr:
    """The texts of a column, null where they are blank."""
    return pl.when(pl.col(column).str.contains(r"\S")).then(pl.col(column))


def _hits(pattern: str) -> pl.Expr:
    """How often a pattern occurs in the texts of a row."""
    return pl.sum_horizontal(
        pl.col(column).str.count_matches(pattern).fill_null(0).cast(pl.Int64) for column in TEXT_COLUMNS
    )


def _is_kept(records: pl.DataFrame) -> pl.Expr:
    return pl.col("verdict") == KEPT if "verdict" in records.columns else pl.lit(value=True)


def _keys(batch: pl.DataFrame) -> list[pl.Series]:
    """Keys of the folded words: equal texts have equal keys, whatever the machine and the version."""
    from dedupkit.matches.fingerprints import text_keys  # noqa: PLC0415  compiled code: seconds on first use

    worded = text_keys(batch["abstract"]).is_not_null()
    whole = pl.concat_str(pl.col("title").fill_null(""), "abstract", separator="\n")
    texts = batch.select(title_key="title", exact_key=pl.when(pl.lit(worded)).then(whole))
    return [text_keys(texts[name]).cast(pl.String).alias(name) for name in texts.columns]


def _neighbours(records: pl.DataFrame, pairs: pl.DataFrame) -> list[pl.Series]:
    """What pairs say of each record and another one, both kept: the highest similarity, and how many."""
    kept = records.filter(_is_kept(records)).select("record_id").unique()
    both_kept = pairs.join(kept, left_on="left", right_on="record_id", how="semi").join(
        kept, left_on="right", right_on="record_id", how="semi"
    )
    neighbours = (
        pl.concat(
            both_kept.select(pl.col(end).alias("record_id"), pl.col("similarity").fill_nan(None))
            for end in ("left", "right")
        )
        .group_by("record_id")
        .agg(
            pl.col("similarity").max().alias("nearest_similarity"),
            pl.len().cast(pl.Int64).alias("duplicate_pairs"),
        )
    )
    joined = records.select("record_id").join(neighbours, on="record_id", how="left", maintain_order="left")
    return [joined["nearest_similarity"].fill_null(0.0), joined["duplicate_pairs"].fill_null(0)]


def _mojibake_hits(records: pl.DataFrame) -> pl.Series:
    """Badness as ftfy defines it; only texts are looked at that the screen before the repairs suspects."""
    hits = pl.zeros(len(records), pl.Int64, eager=True)
    for column in TEXT_COLUMNS:
        texts = records[column].cast(pl.String)
        rows = texts.str.contains(MAY_BE_MOJIBAKE).fill_null(value=False).arg_true()
        if len(rows):
            counts = [badness(text) for text in texts.gather(rows)]
            hits = hits.scatter(rows, hits.gather(rows) + pl.Series(counts, dtype=pl.Int64))
    return hits.alias("mojibake_hits")
