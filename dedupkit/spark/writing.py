"""Decisions written into the records of each part: what becomes of them, what suites look at, and what is counted."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from dedupkit.dumps import as_text
from dedupkit.facts import count_values
from dedupkit.matches.fingerprints import FILLABLE
from dedupkit.matches.marks import ADDED, UNMATCHED, WORDLESS, replaced
from dedupkit.quality.metrics import measure_with
from dedupkit.record import IN_CLEAN, KEPT, PAIRS, RAW_COLUMNS, RECORDS, REJECTED
from dedupkit.spark.parts import PLACE
from dedupkit.spark.tasks import Parcel, each, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import SparkSession

    from dedupkit.spark.corpus import Corpus

#: Records that are measured, and compressed, at once.
_AT_ONCE: Final = 2_048

#: What is told of a record besides ``ADDED``.
_NEAR: Final = ("nearest_similarity", "duplicate_pairs")


def decided_of(corpus: Corpus, part: int, ids: pl.Series) -> pl.DataFrame:
    """What is decided of each record of a part: ``ADDED`` without ``filled``, ``_NEAR``, ``other`` and ``cluster_row``.

    Args:
        corpus: Of which all is judged.
        part: One of new records.
        ids: Theirs.
    """
    work = corpus.work
    rows = pl.Series("row", corpus.rows(part))
    prints = work.frame("prints", part, ["title", "abstract"])
    is_wordless = (prints["title"] == 0) & (prints["abstract"] == 0)
    return (
        pl.DataFrame({"row": rows, "wordless": is_wordless, "id": ids})
        .join(work.frame("decided", part), on="row", how="left", maintain_order="left")
        .with_columns(
            verdict=pl.coalesce(
                "verdict", pl.when("wordless").then(pl.lit(REJECTED)).otherwise(pl.lit(KEPT))
            ),
            merged_from=pl.col("merged_from").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            reason=pl.coalesce(
                "reason", pl.when("wordless").then(pl.lit(WORDLESS)).otherwise(pl.lit(UNMATCHED))
            ),
            cluster=pl.coalesce("cluster", "id"),
            nearest_similarity=pl.col("nearest_similarity").fill_null(0.0),
            duplicate_pairs=pl.col("duplicate_pairs").fill_null(0),
            cluster_row=pl.coalesce("cluster_row", "row"),
        )
    )


def marked_part(corpus: Corpus, part: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records of a part with the columns of ``ADDED``, empty ones filled, and ``_NEAR`` of each."""
    work = corpus.work
    records = pl.read_parquet(work.path("records", part), glob=False).drop(PLACE)
    decided = decided_of(corpus, part, records["record_id"])
    none = pl.lit([], dtype=pl.List(pl.String)).alias("filled")
    columns = decided.select(none if name == "filled" else name for name in ADDED)
    marked = records.hstack([columns[name].cast(RECORDS[name]) for name in ADDED])
    return _fill(corpus, part, marked), decided.select(_NEAR)


def _fill(corpus: Corpus, part: int, records: pl.DataFrame) -> pl.DataFrame:
    """Fill empty columns of kept records with the values that came from their duplicates."""
    values = corpus.work.frame("values", part)
    if not values.height:
        return records
    values = values.with_columns(row=pl.col("row") - corpus.first(part))
    columns = []
    for number, name in enumerate(FILLABLE):
        own = values.filter(pl.col("column") == number)
        if own.height:
            columns.append(replaced(records[name], own["row"], own[name]))
    names = values.with_columns(
        name=pl.col("column").replace_strict(dict(enumerate(FILLABLE)), return_dtype=pl.String)
    ).group_by("row", maintain_order=True)
    filled = names.agg("name")
    return records.with_columns(*columns, replaced(records["filled"], filled["row"], filled["name"]))


def write_parts(
    session: SparkSession,
    corpus: Corpus,
    parts: Sequence[int],
    own: Mapping[str, Any],
    as_texts: Sequence[str],
) -> dict[str, Counter[Any]]:
    """Write ``marked``, ``kept``, ``pairs`` and ``metrics`` of each part of new records; what is counted of all.

    Args:
        session: Where the tasks run.
        corpus: Of which all is judged.
        parts: Those of new records.
        own: The tables' own columns, of all parts, and their types.
        as_texts: Those of which parts have several types.
    """
    work = corpus.work
    names = dict(own)

    def write(part: int) -> Iterator[Parcel]:
        records, near = marked_part(corpus, part)
        records = records.with_columns(as_text(records, set(as_texts)))
        missing = [
            pl.lit(None, dtype).alias(name) for name, dtype in names.items() if name not in records.columns
        ]
        records = records.with_columns(missing).select(*RECORDS, *names)
        _parquet(corpus, "marked", part, records)
        counted = count_values(records)
        is_kept = records["verdict"].is_in(IN_CLEAN)
        near = near.filter(is_kept).with_columns(pl.Series("row", corpus.rows(part)).filter(is_kept))
        kept = records.filter(is_kept).drop(RAW_COLUMNS)
        del records  # what is kept is enough from here on
        _parquet(corpus, "kept", part, kept)
        measured = [
            measure_with(some, their_near).with_columns(their_near["row"])
            for some, their_near in zip(kept.iter_slices(_AT_ONCE), near.iter_slices(_AT_ONCE), strict=True)
        ]
        metrics = pl.concat(measured) if measured else measure_with(kept, near).with_columns(near["row"])
        _parquet(corpus, "metrics", part, metrics)
        yield Parcel(
            part, 0, json.dumps({name: list(found.items()) for name, found in counted.items()}).encode()
        )

    answers = work.once("write", lambda: told(each(session, parts, write)))
    found: dict[str, Counter[Any]] = {}
    for answer in answers:
        for name, pairs in answer.items():
            found.setdefault(name, Counter()).update(dict(pairs))
    return found


def write_pairs(session: SparkSession, corpus: Corpus) -> Counter[str]:
    """Write ``pairs`` of each part, those of the existing set too; how many there are by each rule."""
    work = corpus.work

    def write(part: int) -> Iterator[Parcel]:
        paired = work.frame("paired", part)
        _parquet(
            corpus, "pairs", part, paired.select(pl.col(name).cast(dtype) for name, dtype in PAIRS.items())
        )
        yield Parcel(part, 0, json.dumps(paired.group_by("rule").len().rows()).encode())

    counted: Counter[str] = Counter()
    for answer in work.once("pairs_written", lambda: told(each(session, range(corpus.parts), write))):
        counted.update(dict(answer))
    return counted


def _parquet(corpus: Corpus, name: str, part: int, frame: pl.DataFrame) -> None:
    with corpus.work.writing(name, part) as path:
        frame.write_parquet(path, compression_level=1, row_group_size=_AT_ONCE)
