"""The rows of a run on Spark: which part each is in, and what is known of those of a part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from dedupkit.matches.candidates import told_titles, whole_keys
from dedupkit.matches.fingerprints import FILLABLE, NUMBERS, Bands, fingerprints_of, is_filled, sign
from dedupkit.matches.notices import NOTICE
from dedupkit.matches.ragged import Ragged, compact, ragged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dedupkit.config import Settings
    from dedupkit.spark.work import Work

#: Records that are hashed at once.
_BATCH: Final = 4_096


@dataclass(frozen=True)
class Corpus:
    """Rows are numbered through all parts, those of an existing set first.

    Attributes:
        work: What tasks leave for each other.
        settings: What the run is told.
        starts: The first row of each part, and at the end how many rows there are.
        base: How many of the rows the existing set has.
    """

    work: Work
    settings: Settings
    starts: tuple[int, ...]
    base: int

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return len(self.starts) - 1

    @property
    def height(self) -> int:
        """How many rows there are."""
        return self.starts[-1]

    def first(self, part: int) -> int:
        """The first row of a part."""
        return self.starts[part]

    def rows(self, part: int) -> NDArray[np.int64]:
        """The rows of a part."""
        return np.arange(self.starts[part], self.starts[part + 1])

    def part_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """In which part rows are."""
        return np.searchsorted(self.starts, rows, side="right") - 1

    def words(self) -> Ragged:
        """Words of the titles of all rows."""
        starts = self.work.array("all_word_starts")
        return Ragged(self.work.array("all_words"), starts, np.empty(0, np.int32))


def write_prints(records: pl.DataFrame, work: Work, place: int, settings: Settings) -> None:
    """Keep what the first pass leaves of the records of a part (``title``, ``abstract`` and ``FILLABLE``)."""
    bands = Bands(settings)
    numbers, keys, values, counts = [], [], [], []
    for batch in records.iter_slices(_BATCH):
        signed = sign(batch["abstract"], settings)
        prints = fingerprints_of(batch, signed, bands)
        keys.append(bands.keys_of(signed.signatures))
        words = compact(prints.title_words)
        values.append(words.values)
        counts.append(words.counts)
        numbers.append(
            pl.DataFrame({name: getattr(prints, name) for name in NUMBERS}).hstack(
                batch.select(filled_columns=_filled_columns(batch))
            )
        )
    schema = {name: pl.Series(np.empty(0, dtype)).dtype for name, dtype in NUMBERS.items()}
    empty = pl.DataFrame(schema={**schema, "filled_columns": pl.UInt8})
    work.save("prints", place, pl.concat([empty, *numbers]))
    width = len(bands.keys_of(np.empty((0, settings.permutations), np.uint32)))
    work.save_array("bands", place, np.concatenate([np.empty((width, 0), np.uint64), *keys], axis=1))
    work.save_array("words", place, np.concatenate([np.empty(0, np.uint64), *values]))
    work.save_array("word_counts", place, np.concatenate([np.empty(0, np.int32), *counts]))


def _filled_columns(batch: pl.DataFrame) -> pl.Expr:
    """Which of ``FILLABLE`` are filled, a bit each."""
    bits = (is_filled(batch, name).cast(pl.UInt8) * (1 << place) for place, name in enumerate(FILLABLE))
    return pl.sum_horizontal(bits).cast(pl.UInt8)


def own_words(work: Work, place: int) -> Ragged:
    """Words of the titles of a part."""
    return ragged(np.array(work.array("words", place)), np.array(work.array("word_counts", place)))


def told_keys(work: Work, place: int) -> pl.DataFrame:
    """Fingerprints of a part, with keys that are 0 where nothing is told.

    Adds ``recurs``, and replaces ``title`` and ``abstract`` (both by what ``Candidates`` has marked).
    """
    prints = work.frame("prints", place)
    marks = work.frame("marks", place)
    abstracts = prints["abstract"].to_numpy()
    none = marks["crowded"].to_numpy() | (abstracts == NOTICE)
    return prints.with_columns(
        title=pl.Series(told_titles(prints["title"].to_numpy())),
        abstract=pl.Series(np.where(none, np.uint64(0), abstracts)),
        recurs=marks["recurs"],
    )


def own_whole_keys(told: pl.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """``whole_keys`` of the rows of a part."""
    title, abstract, authors, year = (
        told[name].to_numpy() for name in ("title", "abstract", "authors", "year")
    )
    return whole_keys(title, abstract, authors, year, rows.astype(np.uint64))
