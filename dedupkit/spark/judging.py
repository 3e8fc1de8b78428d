"""Verified pairs, clusters and verdicts: whole components of what is to be compared, each at one place.

A component's records are all that its pairs, its clusters and its verdicts depend on, so the rules of one machine
(``matches.verify``) decide on it as they do on everything. It is judged at the part of its first record; only texts
of other parts travel there, and of them only those that are compared.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from dedupkit.facts import Clusters, count_clusters
from dedupkit.matches import Compared, verify
from dedupkit.matches.candidates import Pairs, Units, as_units
from dedupkit.matches.details import read_details
from dedupkit.matches.fingerprints import FILLABLE, Bands, Fingerprints, title_words
from dedupkit.matches.marks import tell
from dedupkit.matches.rules import wanted_rows
from dedupkit.matches.similarities import Similarities, join_similarities
from dedupkit.matches.streams import FrameRecords
from dedupkit.quality.metrics import neighbours
from dedupkit.record import KEPT, PARSED, Schema
from dedupkit.spark.candidates import received, to_parts
from dedupkit.spark.components import components
from dedupkit.spark.corpus import told_keys
from dedupkit.spark.parcels import bundle, pack, unbundle, unpack
from dedupkit.spark.parts import COUNTS_AS_KEPT, PLACE
from dedupkit.spark.tasks import Parcel, each, then, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from pyspark.sql import SparkSession

    from dedupkit.config import Settings
    from dedupkit.spark.corpus import Corpus

#: Of a record that is compared; the texts are there where they are looked at.
_RECORD: Final[Schema] = {
    "row": pl.Int64,
    "unit": pl.Int64,
    "record_id": pl.String,
    "place": pl.String,
    "title_key": pl.UInt64,
    "abstract_key": pl.UInt64,
    "signed": pl.Boolean,
    "recurs": pl.Boolean,
    "shingles": pl.Int32,
    "year": pl.Int32,
    "texts": pl.UInt8,
    "filled": pl.UInt8,
    "length": pl.Int32,
    "filled_columns": pl.UInt8,
    "title": pl.String,
    "abstract": pl.String,
    "authors": pl.String,
    "kept": pl.Boolean,  # what a gate's set says; null where it is to be decided
}
_EDGE: Final[Schema] = {"left": pl.Int64, "right": pl.Int64}
_SENT: Final = (_RECORD, _EDGE)

#: What is decided of a record.
DECIDED: Final[Schema] = {
    "row": pl.Int64,
    "verdict": pl.String,
    "merged_from": pl.List(pl.String),
    "duplicate_of": pl.String,
    "similarity": pl.Float64,
    "reason": pl.String,
    "cluster": pl.String,
    "nearest_similarity": pl.Float64,
    "duplicate_pairs": pl.Int64,
    "other": pl.Int64,
    "cluster_row": pl.Int64,
}

#: A verified pair, at the part of the left record.
PAIR: Final[Schema] = {
    "row": pl.Int64,
    "right_row": pl.Int64,
    "left": pl.String,
    "right": pl.String,
    "rule": pl.String,
    "similarity": pl.Float64,
}

#: A value that a kept record takes from a duplicate: of which row, which of ``FILLABLE``, for which row.
_FILL: Final[Schema] = {"row": pl.Int64, "column": pl.UInt8, "to": pl.Int64}
_ANSWERS: Final = (DECIDED, PAIR, _FILL)

#: Such a value on its way.
VALUE: Final[Schema] = {
    "row": pl.Int64,
    "column": pl.UInt8,
    **{name: PARSED.get(name, pl.String) for name in FILLABLE},
}


class Judgement(NamedTuple):
    """What all places found.

    Attributes:
        held: How many records are dropped because the existing set holds them.
        similarities: Of the pairs that were compared.
        clusters: Of records that are compared with any.
    """

    held: int
    similarities: Similarities
    clusters: Clusters


def judge(session: SparkSession, corpus: Corpus, sources: Sequence[str]) -> Judgement:
    """Compare all candidates and decide; decisions lie in ``decided``, ``paired`` and ``values`` of the work folder.

    Args:
        session: Where the tasks run.
        corpus: Whose candidates are there.
        sources: Of each part, what rows call its file.
    """
    work = corpus.work

    def connect() -> list[bytes]:
        components(session, work.path("links", 0).parent, Path(work.folder))
        return [b"1"]

    work.once("components", connect)

    def send(part: int) -> Iterator[Parcel]:
        records = _own(corpus, part)
        place = corpus.part_of(records["component"].to_numpy())
        edges = work.frame("edges", part, ["left", "right"])
        where = place[np.searchsorted(records["row"].to_numpy(), edges["left"].to_numpy())]
        yield from _to_others(part, (records, edges), (place, where), _SENT)

    def decide(place: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
        mine = _own(corpus, place)
        here = pl.Series(corpus.part_of(mine["component"].to_numpy()) == place)
        mine = mine.filter(here)
        edges = work.frame("edges", place, ["left", "right"])
        edges = edges.filter(pl.col("left").is_in(mine["row"].implode()))
        others = [unbundle(content, _SENT) for _, content in parcels if content]
        records = pl.concat([mine.select(list(_RECORD)), *(sent[0] for sent in others)]).sort("row")
        edges = pl.concat([edges, *(sent[1] for sent in others)]).sort("left", "right")
        decided, pairs, fills, counted = _decide(corpus, sources, records, edges)
        with work.writing("judged", place) as path:
            path.write_text(json.dumps(counted), encoding="utf-8")
        yield from _answers(corpus, place, (decided, pairs, fills))

    def keep(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
        found = [unbundle(content, _ANSWERS) for _, content in parcels if content]
        own = [unpack(work.path(f"own_{name}", part).read_bytes(), schema) for name, schema in _named()]
        decided, pairs, fills = (
            pl.concat([mine, *(sent[number] for sent in found)]) for number, mine in enumerate(own)
        )
        work.save("decided", part, decided.sort("row"))
        work.save("paired", part, pairs.sort("row", "right_row"))
        yield Parcel(part, -1, b"")
        if fills.height:
            records = pl.scan_parquet(work.path("records", part), glob=False).select(FILLABLE).collect()
            taken = records[fills["row"].to_numpy() - corpus.first(part)]
            values = fills.select(pl.col("to").alias("row"), "column").hstack(
                taken.select(
                    pl.when(pl.lit(fills["column"] == number)).then(name).cast(VALUE[name]).alias(name)
                    for number, name in enumerate(FILLABLE)
                ).get_columns()
            )
            yield from to_parts(corpus, part, values, VALUE)

    def take(part: int, parcels: list[tuple[int, bytes]]) -> Iterator[Parcel]:
        work.save("values", part, received(parcels, VALUE).sort("row", "column"))
        yield Parcel(part, 0, b"1")

    def run() -> list[bytes]:
        sent = each(session, range(corpus.parts), send)
        decided = then(sent, corpus.parts, decide)
        return told(then(then(decided, corpus.parts, keep), corpus.parts, take))

    work.once("judge", run)
    counted = [json.loads(work.path("judged", part).read_bytes()) for part in range(corpus.parts)]
    return _joined(counted, corpus.settings)


def _named() -> Iterator[tuple[str, Any]]:
    return zip(("decided", "paired", "fills"), _ANSWERS, strict=True)


def _answers(corpus: Corpus, place: int, frames: Sequence[pl.DataFrame]) -> Iterator[Parcel]:
    """What was decided to the parts of its rows; what stays here lies in the work folder."""
    places = [corpus.part_of(frame["row"].to_numpy()) for frame in frames]
    for (name, schema), frame, where in zip(_named(), frames, places, strict=True):
        with corpus.work.writing(f"own_{name}", place) as path:
            path.write_bytes(pack(frame.filter(pl.Series(where == place)).select(list(schema))))
    yield from _to_others(place, frames, places, _ANSWERS)


def _to_others(
    origin: int,
    frames: Sequence[pl.DataFrame],
    places: Sequence[NDArray[np.int64]],
    schemas: Sequence[Schema],
) -> Iterator[Parcel]:
    """Rows of frames to the parts that are theirs, as far as it is another one; nothing to the own, which has them."""
    yield Parcel(origin, -1, b"")
    for place in np.unique(np.concatenate(places)).tolist():
        if place != origin:
            own = (
                frame.filter(pl.Series(where == place)).select(list(schema))
                for frame, where, schema in zip(frames, places, schemas, strict=True)
            )
            yield Parcel(place, origin, bundle(own))


def _own(corpus: Corpus, part: int) -> pl.DataFrame:
    """The records of a part that are in a component, with ``component``, and texts where they are looked at."""
    work = corpus.work
    first, last = corpus.first(part), corpus.first(part + 1)
    of_component = (
        pl.scan_parquet(sorted(work.path("components", 0).parent.glob("*.parquet")), glob=False)
        .filter(pl.col("row") >= first, pl.col("row") < last)
        .select("row", component="first")
        .collect()
        .sort("row")
    )
    places = of_component["row"].to_numpy() - first
    keys = told_keys(work, part)[places]
    units = work.frame("units", part)[places]
    rows = of_component["row"]
    is_first = units["unit"] == rows
    wanted = rows.is_in(work.frame("wanted", part)["row"].implode())
    texts = pl.scan_parquet(work.path("records", part), glob=False)
    is_judged = COUNTS_AS_KEPT in texts.collect_schema()
    told = pl.col(COUNTS_AS_KEPT) if is_judged else pl.lit(None, pl.Boolean)
    read = texts.select("record_id", PLACE, "title", "abstract", "authors", kept=told).collect()[places]
    return of_component.hstack(
        read.select(
            "record_id",
            pl.col(PLACE).alias("place"),
            pl.when(pl.lit(is_first)).then("title").alias("title"),
            pl.when(pl.lit(wanted)).then("abstract").alias("abstract"),
            pl.when(pl.lit(units["named"])).then(pl.col("authors").list.join("\n")).alias("authors"),
            "kept",
        ).get_columns()
    ).hstack(
        keys.select(
            pl.lit(units["unit"]).alias("unit"),
            pl.when(pl.lit(is_first)).then("title").otherwise(0).cast(pl.UInt64).alias("title_key"),
            pl.when(pl.lit(is_first)).then("abstract").otherwise(0).cast(pl.UInt64).alias("abstract_key"),
            (pl.col("authors") != 0).alias("signed"),
            "recurs",
            "shingles",
            "year",
            "texts",
            "filled",
            "length",
            "filled_columns",
        ).get_columns()
    )


def _decide(
    corpus: Corpus, sources: Sequence[str], records: pl.DataFrame, edges: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    """Decisions, verified pairs, values to be filled, and counts, of whole components."""
    settings = corpus.settings
    rows = records["row"].to_numpy()
    base = int(np.searchsorted(rows, corpus.base))
    prints, units = _as_prints(records, Bands(settings))
    of_row = units.of_record
    left, right = (of_row[np.searchsorted(rows, edges[end].to_numpy())] for end in ("left", "right"))
    pairs = Pairs(left, right, 0)
    texts = records.select(
        "title",
        "abstract",
        authors=pl.when(pl.col("authors").is_null())
        .then(pl.lit([], pl.List(pl.String)))
        .otherwise(pl.concat_list("authors")),
    )
    details = read_details(FrameRecords(texts), prints.shingles, wanted_rows(pairs, units), settings)
    found = verify(Compared(prints, units, pairs, details), settings, base, records["record_id"])
    said = tell(found, records["record_id"], records["place"])
    marks = found.settled.marks
    new = records[base:].select("row", "record_id").hstack(said.columns.get_columns())
    counts = records[base:].select(pl.col("kept").fill_null(pl.lit(new["verdict"]) == KEPT)).to_series()
    kept = new.filter(counts).select("row", "record_id")  # without a verdict: all are
    near = kept.select("row").hstack(neighbours(kept, said.pairs).get_columns())
    source = pl.Series(sources, dtype=pl.String).gather(corpus.part_of(new["row"].to_numpy()))
    decided = (
        new.join(near, on="row", how="left", maintain_order="left")
        .with_columns(
            other=pl.Series(rows).gather(marks["duplicate_of"][base:]),
            cluster_row=pl.Series(rows).gather(marks["cluster"][base:]),
        )
        .select(list(DECIDED))
    )
    numbers = found.settled.pairs
    paired = said.pairs.with_columns(
        row=pl.Series(rows).gather(numbers["left"]), right_row=pl.Series(rows).gather(numbers["right"])
    )
    clusters = count_clusters(new.select("cluster", "record_id", "duplicate_of").with_columns(source=source))
    counted = {
        "held": said.held,
        "similarities": found.similarities.as_dict(),
        "sizes": list(clusters.sizes.items()),
        "largest": clusters.largest,
        "copies": [(*sides, count) for sides, count in clusters.copies.items()],
    }
    return decided, paired.select(list(PAIR)), _fills(records[base:], said.merged), counted


def _as_prints(records: pl.DataFrame, bands: Bands) -> tuple[Fingerprints, Units]:
    """Fingerprints and units of records of which all is known."""
    names = (name for name, dtype in _RECORD.items() if dtype != pl.String and name != "kept")
    column = {name: records[name].to_numpy() for name in names}
    some = np.ones(records.height, np.uint64)  # each holds a word
    prints = Fingerprints(
        title=some,
        abstract=some,
        authors=column["signed"].astype(np.uint64),
        shingles=column["shingles"],
        title_words=title_words(records["title"]),
        year=column["year"],
        texts=column["texts"],
        filled=column["filled"],
        length=column["length"],
        bands=bands,
    )
    units = as_units(
        prints,
        column["unit"].astype(np.uint64),
        column["title_key"],
        column["abstract_key"],
        column["recurs"],
    )
    return prints, units


def _fills(records: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """Which empty columns of kept records are filled, and from whom: the first duplicate that has a value."""
    members = merged.explode("merged")
    filled = records["filled_columns"]
    found = []
    for number in range(len(FILLABLE)):
        bit = (filled.to_numpy() >> number) & 1 > 0
        has = pl.Series(bit)
        offers = members.filter(~has.gather(members["duplicate_of"]) & has.gather(members["merged"])).unique(
            "duplicate_of", keep="first", maintain_order=True
        )
        found.append(
            offers.select(
                row=pl.lit(records["row"]).gather("merged"),
                column=pl.lit(number, pl.UInt8),
                to=pl.lit(records["row"]).gather("duplicate_of"),
            )
        )
    return pl.concat([pl.DataFrame(schema=_FILL), *found])


def _joined(counted: Sequence[dict[str, Any]], settings: Settings) -> Judgement:
    """Counts of all places as one."""
    parts = []
    sizes: Counter[int] = Counter()
    copies: Counter[tuple[str, str | None]] = Counter()
    largest = (0, "")
    for own in counted:
        similarities = own["similarities"]
        near = pl.DataFrame(
            similarities["near_misses"],
            schema={"left": pl.String, "right": pl.String, "similarity": pl.Float64, "why": pl.String},
        )
        parts.append(Similarities(similarities["accepted"], similarities["refused"], near))
        sizes.update(dict(own["sizes"]))
        copies.update({(source, of): count for source, of, count in own["copies"]})
        largest = min(largest, tuple(own["largest"]), key=lambda found: (-found[0], found[1] or ""))
    return Judgement(
        sum(own["held"] for own in counted),
        join_similarities(parts, settings),
        Clusters(sizes, largest, copies),
    )
