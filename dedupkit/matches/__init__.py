"""Stage 4: records to verified pairs, clusters and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from dedupkit.matches.candidates import collapse, find_candidates
from dedupkit.matches.details import read_details
from dedupkit.matches.fingerprints import take_fingerprints
from dedupkit.matches.keep import Settled, settle
from dedupkit.matches.marks import mark
from dedupkit.matches.rules import compare, decide
from dedupkit.matches.streams import FrameRecords, ParquetRecords
from dedupkit.progress import unwatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedupkit.config import Settings
    from dedupkit.matches.fingerprints import Records

__all__ = ["Found", "FrameRecords", "ParquetRecords", "Records", "find_duplicates", "mark_duplicates"]

class Found(NamedTuple):
    """What was found, by the numbers of records."""

    settled: Settled
    candidates: int
    candidates_cut: int


def find_duplicates(
    records: Records,
    settings: Settings,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> Found:
    """Find and verify all pairs and decide who is kept.

    Every candidate is compared exactly; a signature alone decides nothing.
    """
    prints = take_fingerprints(records, settings, stage("Hashing"))
    units = collapse(prints)
    stage("Finding candidates")
    pairs = find_candidates(prints, units)
    prints.bands.close()
    rows = np.unique(
        np.concatenate([owner[end] for owner in (units.record, units.named) for end in (pairs.left, pairs.right)])
    )
    details = read_details(records, prints, rows, settings, stage("Comparing"))
    matches = decide(compare(pairs, units, prints, details), settings)
    settled = settle(prints, units, matches, settings)
    return Found(settled, len(pairs.left), pairs.cut)


def mark_duplicates(
    records: pl.DataFrame,
    settings: Settings,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find duplicates and mark every record with its verdict.

    Args:
        records: Reads ``record_id``, ``source``, ``line``, ``title``, ``abstract``, ``authors``,
            ``published`` and the other columns of ``fingerprints.FILLABLE``. In input order.
        settings: ``threshold``, ``shingle_words``, ``permutations`` …
        stage: Opens a stage by name and returns what advances it.

    Returns:
        The records, one to one, with ``verdict``, ``merged_from``, ``filled``, ``duplicate_of``,
        ``similarity``, ``reason`` and ``cluster`` added (``record.RECORDS``) and empty columns of kept
        records filled from their duplicates; and the verified pairs (``record.PAIRS``).
    """
    return mark(records, find_duplicates(FrameRecords(records), settings, stage).settled)
