"""Tasks of Spark, and what goes from one to the next: parcels to places, through the DataFrame API alone.

A *place* is a number: of a part of the rows, or of a range of keys. A task makes parcels for places; Spark brings all
parcels of a place together, in the order of where they come from; the next task gets them.
"""

from __future__ import annotations

import gc
import sys
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession


class Parcel(NamedTuple):
    """What one task sends to another.

    Attributes:
        place: Where to.
        origin: Where from.
        content: See ``parcels.py``.
    """

    place: int
    origin: int
    content: bytes


_DDL: Final = "place int, origin int, content binary"

#: Bytes of a batch of parcels that goes from Python to the JVM.
_BATCH_BYTES: Final = 1 << 22


def each(session: SparkSession, places: Sequence[int], work: Callable[[int], Iterable[Parcel]]) -> DataFrame:
    """The parcels of one task for each place.

    Args:
        session: Where the tasks run.
        places: Their numbers.
        work: Called with a place.
    """
    numbers = session.range(0, len(places), numPartitions=max(1, min(len(places), _most_tasks(session))))

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _batches(
            parcel
            for batch in batches
            for place in batch.column(0).to_pylist()
            for parcel in work(places[place])
        )

    return numbers.mapInArrow(run, _DDL)


def then(
    parcels: DataFrame, places: int, work: Callable[[int, list[tuple[int, bytes]]], Iterable[Parcel]]
) -> DataFrame:
    """The parcels of one task for each place that parcels were sent to.

    Args:
        parcels: From ``each`` or ``then``.
        places: How many places there are.
        work: Called with a place, and origin and content of its parcels in the order of their origins.
    """
    tasks = max(1, min(places, _most_tasks(parcels.sparkSession)))
    grouped = parcels.repartition(tasks, "place").sortWithinPartitions("place", "origin")

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = (
            row
            for batch in batches
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        )
        yield from _batches(
            parcel
            for place, own in groupby(rows, key=lambda row: row[0])
            for parcel in work(place, [(origin, content) for _, origin, content in own])
        )

    return grouped.mapInArrow(run, _DDL)


def told(parcels: DataFrame) -> list[bytes]:
    """Run the tasks; what the last of them tell, in the order of their places."""
    rows = parcels.collect()
    return [bytes(row.content) for row in sorted(rows, key=lambda row: (row.place, row.origin))]


def _most_tasks(session: SparkSession) -> int:
    """More tasks than that would only cost their start."""
    return 8 * int(session.conf.get("spark.sql.shuffle.partitions") or 200)


def _batches(parcels: Iterable[Parcel]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa  # noqa: PLC0415  slow to import

    modules = len(sys.modules)
    schema = pa.schema([("place", pa.int32()), ("origin", pa.int32()), ("content", pa.binary())])
    waiting: list[Parcel] = []
    size = 0
    for parcel in parcels:
        waiting.append(parcel)
        size += len(parcel.content)
        if size > _BATCH_BYTES:
            yield pa.record_batch([list(column) for column in zip(*waiting, strict=True)], schema=schema)
            waiting, size = [], 0
    if waiting:
        yield pa.record_batch([list(column) for column in zip(*waiting, strict=True)], schema=schema)
    if len(sys.modules) > modules:
        gc.freeze()  # Spark's worker collects garbage after each task: a second, where it looks at all that is loaded
