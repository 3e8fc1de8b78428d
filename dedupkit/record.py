"""The one schema: what a row of ``records.parquet`` is, and the words that its columns use."""

from __future__ import annotations

from typing import Final, TypeAlias

import polars as pl

REPAIR: Final = pl.Struct(
    {
        "column": pl.String,  # "title" or "abstract"
        "kind": pl.String,
        "start": pl.Int64,  # code-point offset in the raw column
        "before": pl.String,
        "after": pl.String,
    }
)

Schema: TypeAlias = dict[str, pl.DataType | type[pl.DataType]]

_PLACE: Final[Schema] = {"record_id": pl.String, "source": pl.String, "line": pl.Int64}

_AS_READ: Final[Schema] = {
    "title_raw": pl.String,
    "abstract_raw": pl.String,
    "authors": pl.List(pl.String),
    "author_count": pl.Int64,
    "comment_count": pl.Int64,
    "organisation": pl.String,
    "published_text": pl.String,
    "published": pl.Date,
}

#: What the readers of ``dumps/`` give: one row per record, in input order.
PARSED: Final[Schema] = _PLACE | _AS_READ

#: ``records.parquet``. A table's own columns follow these.
RECORDS: Final[Schema] = (
    _PLACE
    | {"title": pl.String, "abstract": pl.String}
    | _AS_READ
    | {
        "language": pl.String,
        "language_score": pl.Float64,
        "language_note": pl.String,  # why no language is named
        "repairs": pl.List(REPAIR),
        "verdict": pl.String,
        "merged_from": pl.List(pl.String),
        "filled": pl.List(pl.String),
        "duplicate_of": pl.String,
        "similarity": pl.Float64,
        "reason": pl.String,
        "cluster": pl.String,
    }
)

#: ``pairs.parquet``: verified pairs, ``left`` earlier in input order.
PAIRS: Final[Schema] = {
    "left": pl.String,
    "right": pl.String,
    "rule": pl.String,
    "similarity": pl.Float64,
}

#: ``unparsed.parquet``: lines of a dump that are in no record.
UNPARSED: Final[Schema] = {
    "source": pl.String,
    "line": pl.Int64,
    "text": pl.String,
    "why": pl.String,
}

#: Columns of ``records.parquet`` that ``clean.parquet`` leaves out.
RAW_COLUMNS: Final = ("title_raw", "abstract_raw")

#: Verdicts in the order in which a summary lists them.
KEPT: Final = "kept"
QUARANTINED: Final = "quarantined"
REJECTED: Final = "rejected"
DUPLICATE_VERDICTS: Final = ("exact_duplicate", "near_duplicate", "same_title", "contained")
VERDICTS: Final = (KEPT, QUARANTINED, *DUPLICATE_VERDICTS, REJECTED)

#: The verdicts of the rows in ``clean.parquet``.
IN_CLEAN: Final = (KEPT, QUARANTINED)

#: The text columns that are repaired, and where their raw text is.
TEXT_COLUMNS: Final = {"title": "title_raw", "abstract": "abstract_raw"}
