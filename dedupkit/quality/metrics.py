"""What the suites look at: one row of numbers for each record, never its text."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl
from ftfy.badness import badness

from dedupkit.dumps import record_ids
from dedupkit.quality.drift import drift_of_numbers, drift_of_shares, drift_to_new
from dedupkit.record import IN_CLEAN, KEPT, QUARANTINED, TEXT_COLUMNS, Schema
from dedupkit.repair.screen import MAY_BE_MOJIBAKE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyspark.sql import DataFrame as SparkFrame

#: Columns of the frame of a cleaned set. Counts are of title and abstract together; lengths are in characters.
METRICS: Final[Schema] = {
    "schema_faults": pl.Int64,  # columns of the contract that are missing or of another type, the same in every row
    "record_id": pl.String,
    "has_text": pl.Boolean,  # a title or an abstract that is not blank
    "title_chars": pl.Int64,  # null without a title
    "abstract_chars": pl.Int64,  # null without an abstract
    "title_key": pl.String,  # hash of the title's normal form; null without one and for rows not kept
    "exact_key": pl.String,  # the same of title and abstract; null as well without an abstract
    "open_end": pl.Int64,  # 1 where the abstract ends as no sentence does; null without an abstract
    "nearest_similarity": pl.Float64,  # to the most similar kept row that is not the same, 0 without one
    "duplicate_pairs": pl.Int64,  # pairs with another kept row that are neither the same nor similar as a whole
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

#: Columns of the frame of what was read: every row, kept or not.
PARSED_METRICS: Final[Schema] = {
    "record_id": pl.String,
    "has_text": pl.Boolean,
    "title_chars": pl.Int64,  # as read; null without a title
    "abstract_chars": pl.Int64,
    "has_stable_id": pl.Boolean,  # the id follows from source, line and raw text
    "is_repaired": pl.Int64,  # 1 where a repair changed something, else 0; the others alike
    "is_dropped": pl.Int64,
    "is_quarantined": pl.Int64,
    "unparsed_lines": pl.Float64,  # lines that are in no record, for each record; the same in every row
}

#: Columns of the frame of a candidate beside the base that it is to be merged into. Drifts are the same in every row:
#: how far the candidate is from the base, less what chance makes of so few rows (``drift.py``). That of sources is the
#: share of rows whose source the base does not have.
MERGE_METRICS: Final[Schema] = {
    "record_id": pl.String,
    "id_in_base": pl.Int64,  # 1 where the base has a record of the same id
    "in_base": pl.Int64,  # 1 where a record of the base is a verified duplicate
    "base_similarity": pl.Float64,  # to that record, 0 without one
    "abstract_cut_drift": pl.Float64,  # towards shorter ones only
    "abstract_length_drift": pl.Float64,
    "title_length_drift": pl.Float64,
    "missing_abstract_drift": pl.Float64,
    "language_drift": pl.Float64,
    "source_drift": pl.Float64,
}


class Measured(NamedTuple):
    """A frame that a suite judges.

    Attributes:
        metrics: One row for each record.
        witnesses: Of columns that are the same in every row: the rows that make them what they are (Boolean); of a frame in
            Spark the name of a column that says so.
        places: ``record_id``, ``source`` and ``line`` of rows that are not in the candidate itself.
        notes: Of columns: what to say of them beside their value, or why they are missing.
        twins: Of rows that are duplicates: ``record_id``, and as ``twin`` the id of the most similar record. Or what tells
            the twins of records that are named by their ids.
    """

    metrics: pl.DataFrame | SparkFrame
    witnesses: Mapping[str, pl.Series | str] = MappingProxyType({})
    places: pl.DataFrame | pl.LazyFrame | None = None
    notes: Mapping[str, str] = MappingProxyType({})
    twins: pl.DataFrame | Callable[[Sequence[str]], pl.DataFrame] | None = None


#: What suites judge, by the name that their ``meta.frame`` gives.
FRAMES: Final[dict[str, Schema]] = {
    "cleaned": METRICS,
    "parsed": PARSED_METRICS,
    "merge": MERGE_METRICS,
}

#: Columns that are the same in every row: they say something of the whole set.
OF_THE_SET: Final = frozenset(
    ["schema_faults", "unparsed_lines", *(name for name in MERGE_METRICS if name.endswith("_drift"))]
)

#: Why what is compared with the base's texts cannot be.
NO_TEXT: Final = "the base is an index"

#: How a text ends that is whole: as a sentence does or what stands behind one, in a URL, or in a script without full stops.
_CLOSED_RE: Final = r"(?:[\p{Po}\p{Pe}\p{Pf}\p{Sm}\p{So}$\"'”’\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]|(?:https?://|www\.)\S+)\s*\z"
_CUT_RE: Final = r"(?:…|\.\.\.|[,:;/&\\%@#*-])\s*\z"

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


def measure(records: pl.DataFrame, pairs: pl.DataFrame, schema_faults: int = 0) -> pl.DataFrame:
    r"""Measure the records that a suite is to judge.

    Args:
        records: Reads ``record_id``, ``title``, ``abstract``; ``verdict``, ``language`` and
            ``language_score`` where they are. Without ``verdict`` every row counts as kept.
        pairs: Verified pairs (``record.PAIRS``). Only those between two kept rows count, for
            quarantined rows share an abstract by definition.
        schema_faults: Columns of the contract that the set lacks, or has of another type.

    Returns:
        The columns of ``METRICS``, one row for each record in the same order. The language columns are
        missing where ``records`` has none, so that a check of them could not run rather than passed.

    >>> records = pl.DataFrame({"record_id": ["a"], "title": ["85\\% of it"], "abstract": [None]},
    ...                        schema_overrides={"abstract": pl.String})
    >>> pairs = pl.DataFrame(schema={"left": pl.String, "right": pl.String, "rule": pl.String, "similarity": pl.Float64})
    >>> measure(records, pairs).select("title_chars", "abstract_chars", "latex_hits").row(0)
    (10, None, 1)
    """
    return measure_with(records, neighbours(records, pairs), schema_faults)


def measure_with(records: pl.DataFrame, near: pl.DataFrame, schema_faults: int = 0) -> pl.DataFrame:
    """Measure records of whose neighbours is known (see ``measure`` and ``neighbours``)."""
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
        pl.lit(schema_faults, dtype=pl.Int64).alias("schema_faults"),
        *(texts[name].set(~kept, None) for name in ("title_key", "exact_key")),
        *near.select("nearest_similarity", "duplicate_pairs").get_columns(),
    )
    return metrics.select(name for name in METRICS if name in metrics.columns)


def measure_parsed(records: pl.DataFrame, unparsed: int, height: int | None = None) -> pl.DataFrame:
    """Measure what was read.

    Args:
        records: Every record of a run: ``record_id``, ``source``, ``line``, ``title_raw``, ``abstract_raw``, ``repairs``
            and ``verdict``.
        unparsed: Lines that are in no record.
        height: How many records were read, where these are some of them.

    Returns:
        The columns of ``PARSED_METRICS``, one row for each record in the same order.
    """
    lines = unparsed / max(records.height if height is None else height, 1)
    return records.select(
        "record_id",
        has_text=pl.any_horizontal(_filled("title_raw").is_not_null(), _filled("abstract_raw").is_not_null()),
        title_chars=_filled("title_raw").str.len_chars().cast(pl.Int64),
        abstract_chars=_filled("abstract_raw").str.len_chars().cast(pl.Int64),
        has_stable_id=pl.lit(records["record_id"].eq_missing(record_ids(records))),
        is_repaired=(pl.col("repairs").list.len() > 0).cast(pl.Int64),
        is_dropped=(~pl.col("verdict").is_in(IN_CLEAN)).cast(pl.Int64),
        is_quarantined=(pl.col("verdict") == QUARANTINED).cast(pl.Int64),
        unparsed_lines=pl.lit(lines, dtype=pl.Float64),
    )


def measure_merge(records: pl.DataFrame, base_ids: pl.Series, base: pl.DataFrame | None) -> Measured:
    """Measure a candidate beside the base that it is to be merged into.

    Args:
        records: Its kept rows, marked against the base: ``record_id``, ``duplicate_of`` and ``similarity``; ``title``,
            ``abstract``, ``language`` and ``source``.
        base_ids: Ids of all records of the base.
        base: The last four columns of the base. Without it (an index holds no text) the columns of drifts are missing, so
            that their checks could not run.

    Returns:
        The columns of ``MERGE_METRICS``, for each drift the rows that it is made of, and by which record of the base a
        row is held.
    """
    return measure_slim(slim(records), base_ids, None if base is None else slim(base))


def slim(records: pl.DataFrame) -> pl.DataFrame:
    """What a merge is measured by, in the place of texts.

    Args:
        records: Reads ``title``, ``abstract``, ``language`` and ``source``, and ``record_id``, ``duplicate_of`` and
            ``similarity`` where they are.
    """
    marks = [name for name in ("record_id", "duplicate_of", "similarity") if name in records.columns]
    return records.select(
        *marks,
        title_chars=_filled("title").str.len_chars(),
        abstract_chars=_filled("abstract").str.len_chars(),
        is_missing=_filled("abstract").is_null(),
        language="language",
        source="source",
    )


def measure_slim(new: pl.DataFrame, base_ids: pl.Series, old: pl.DataFrame | None) -> Measured:
    """Measure a candidate beside a base (see ``measure_merge``), both as ``slim`` gives them."""
    held = pl.col("duplicate_of").is_in(base_ids.implode())
    metrics = new.select(
        "record_id",
        id_in_base=pl.col("record_id").is_in(base_ids.implode()).cast(pl.Int64),
        in_base=held.fill_null(value=False).cast(pl.Int64),
        base_similarity=pl.when(held).then("similarity").fill_null(0.0),
    )
    by = new.filter(held).select("record_id", twin="duplicate_of")
    if old is None:
        missing = [name for name in MERGE_METRICS if name not in metrics.columns]
        why = f"{NO_TEXT}, which holds no text to compare with: give the set itself"
        return Measured(metrics, notes=dict.fromkeys(missing, why), twins=by)
    drifts = {
        "abstract_cut_drift": drift_of_numbers(
            new["abstract_chars"], old["abstract_chars"], only_smaller=True
        ),
        "abstract_length_drift": drift_of_numbers(new["abstract_chars"], old["abstract_chars"]),
        "title_length_drift": drift_of_numbers(new["title_chars"], old["title_chars"]),
        "missing_abstract_drift": drift_of_shares(new["is_missing"], old["is_missing"]),
        "language_drift": drift_of_shares(new["language"], old["language"]),
        "source_drift": drift_to_new(new["source"], old["source"]),
    }
    metrics = metrics.with_columns(
        pl.lit(drift.distance, dtype=pl.Float64).alias(name) for name, drift in drifts.items()
    )
    notes = {
        f"{column}_length_drift": f"median {_median(new, column)} characters, in the base {_median(old, column)}"
        for column in TEXT_COLUMNS
    }
    notes["abstract_cut_drift"] = notes["abstract_length_drift"]
    return Measured(metrics, {name: drift.rows for name, drift in drifts.items()}, notes=notes, twins=by)


def _median(texts: pl.DataFrame, column: str) -> str:
    median = texts.select(pl.col(f"{column}_chars").median()).item()
    return "of no" if median is None else f"{median:,.0f}"


def _of_texts(batch: pl.DataFrame) -> pl.DataFrame:
    """What the texts of each record say."""
    found = batch.lazy().select(  # lazy, for it computes what expressions share once
        pl.any_horizontal(_filled("title").is_not_null(), _filled("abstract").is_not_null()).alias(
            "has_text"
        ),
        _filled("title").str.len_chars().cast(pl.Int64).alias("title_chars"),
        _filled("abstract").str.len_chars().cast(pl.Int64).alias("abstract_chars"),
        (_filled("abstract").str.contains(_CUT_RE) | ~_filled("abstract").str.contains(_CLOSED_RE))
        .cast(pl.Int64)
        .alias("open_end"),
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


def neighbours(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """What pairs say of each record and another one, both kept: the highest similarity, and how many are of other rules.

    Exact copies are told by ``exact_key``.

    Returns:
        ``nearest_similarity`` (Float64) and ``duplicate_pairs`` (Int64), one row for each record.
    """
    both_kept = _among_kept(records, pairs)
    is_similar = pl.col("rule") == "near_duplicate"
    neighbours = (
        pl.concat(
            both_kept.select(pl.col(end).alias("record_id"), "rule", pl.col("similarity").fill_nan(None))
            for end in ("left", "right")
        )
        .group_by("record_id")
        .agg(
            pl.col("similarity").filter(is_similar).max().alias("nearest_similarity"),
            (~is_similar & (pl.col("rule") != "exact_duplicate"))
            .sum()
            .cast(pl.Int64)
            .alias("duplicate_pairs"),
        )
    )
    joined = records.select("record_id").join(neighbours, on="record_id", how="left", maintain_order="left")
    return joined.select(pl.col("nearest_similarity").fill_null(0.0), pl.col("duplicate_pairs").fill_null(0))


def _among_kept(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of records that are both kept."""
    kept = records.filter(_is_kept(records)).select("record_id").unique()
    return pairs.join(kept, left_on="left", right_on="record_id", how="semi").join(
        kept, left_on="right", right_on="record_id", how="semi"
    )


def twins_within(records: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Of each kept record that has a duplicate among the kept, the most similar one: ``record_id``, ``twin``.

    Args:
        records: Reads ``record_id``, and ``verdict`` where there is one.
        pairs: Verified pairs (``record.PAIRS``).
    """
    both_kept = _among_kept(records, pairs)
    ends = pl.concat(
        both_kept.select(pl.col(one).alias("record_id"), pl.col(other).alias("twin"), "similarity")
        for one, other in (("left", "right"), ("right", "left"))
    )
    best = ends.sort("similarity", "twin", descending=[True, False], nulls_last=True)
    return best.unique("record_id", keep="first", maintain_order=True).select("record_id", "twin")


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
