"""Stage 4: records to verified pairs, clusters and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dedupkit.matches.candidates import collapse, find_candidates
from dedupkit.matches.details import join_details, read_details
from dedupkit.matches.fingerprints import Bands, join_fingerprints, take_fingerprints
from dedupkit.matches.index import Index
from dedupkit.matches.keep import Settled, settle
from dedupkit.matches.marks import Marked, behind, mark
from dedupkit.matches.rules import compare, decide, name_rules, wanted_rows
from dedupkit.matches.similarities import Similarities, tell_similarities
from dedupkit.matches.streams import FrameRecords
from dedupkit.progress import unwatched

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from dedupkit.config import Settings
    from dedupkit.matches.bases import Base
    from dedupkit.matches.candidates import Pairs, Units
    from dedupkit.matches.details import Details, Wanted
    from dedupkit.matches.fingerprints import Fingerprints, Records

__all__ = ["Found", "Marked", "Similarities", "find_duplicates", "mark_duplicates"]


class Found(NamedTuple):
    """What was found, by the numbers of records; those of the existing set come first.

    Attributes:
        settled: Verdicts and pairs.
        base: How many records the existing set has.
        candidates: How many pairs were compared.
        candidates_cut: How many pairs in crowded buckets were not.
        similarities: Of the pairs that were compared.
    """

    settled: Settled
    base: int
    candidates: int
    candidates_cut: int
    similarities: Similarities


def find_duplicates(
    records: Records,
    settings: Settings,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
    base: Records | Index | None = None,
    ids: pl.Series | None = None,
) -> Found:
    """Find and verify all pairs and decide who is kept.

    Every candidate is compared exactly; a signature alone decides nothing.

    Args:
        records: To be told apart.
        settings: ``threshold``, ``shingle_words``, ``permutations``, ``bands`` and ``prefer``.
        stage: Opens a stage by name and returns what advances it.
        base: An existing set, whose records all stay; None: there is none.
        ids: Names near misses, those of the existing set first; None: they are named by the numbers of records.
    """
    bands = Bands(settings)
    parts = []
    if isinstance(base, Index):
        stage("Reading the index")
        parts.append(base.fingerprints(bands))
    elif base is not None:
        parts.append(take_fingerprints(base, settings, stage("Hashing the base"), bands))
    parts.append(take_fingerprints(records, settings, stage("Hashing"), bands))
    before = base.height if base is not None else 0
    prints = join_fingerprints(parts, bands)
    units = collapse(prints)
    stage("Finding candidates")
    pairs = find_candidates(prints, units, before)
    bands.close()
    advance = stage("Comparing")
    details = _details((base, records), prints, wanted_rows(pairs, units), settings, advance)
    return verify(Compared(prints, units, pairs, details), settings, before, ids)


class Compared(NamedTuple):
    """Records, and all that their pairs are compared by."""

    prints: Fingerprints
    units: Units
    pairs: Pairs
    details: Details


def verify(compared: Compared, settings: Settings, base: int, ids: pl.Series | None = None) -> Found:
    """Verify pairs and decide who is kept.

    Args:
        compared: Records: all, or whole components of what is to be compared.
        settings: See ``find_duplicates``.
        base: How many of them, the first, the existing set has.
        ids: See ``find_duplicates``.
    """
    prints, units, pairs, details = compared
    ruled = name_rules(compare(pairs, units, prints, details), settings)
    similarities = tell_similarities(ruled, units, settings, base, ids)
    settled = settle(prints, units, decide(ruled, settings), settings, base)
    return Found(settled, base, len(pairs.left), pairs.cut, similarities)


def _details(
    sources: tuple[Records | Index | None, Records],
    prints: Fingerprints,
    wanted: Wanted,
    settings: Settings,
    advance: Callable[[int, int], None],
) -> Details:
    """Details of records of the base and of the others."""
    base, records = sources
    if base is None:
        return read_details(records, prints.shingles, wanted, settings, advance)
    height, every = base.height, len(prints.shingles)
    old, new = wanted.between(0, height), wanted.between(height, every)
    details = read_details(records, prints.shingles[height:], new, settings, advance)
    details = details._replace(rows=details.rows + height)
    if isinstance(base, Index):
        return join_details([base.details(old), details])
    return join_details([read_details(base, prints.shingles[:height], old, settings, advance), details])


def mark_duplicates(
    records: pl.DataFrame,
    settings: Settings,
    stage: Callable[[str], Callable[[int, int], None]] = unwatched,
    base: Base | None = None,
) -> Marked:
    """Find duplicates and mark every record with its verdict.

    Args:
        records: Reads ``record_id``, ``source``, ``line``, ``title``, ``abstract``, ``authors``,
            ``published`` and the other columns of ``fingerprints.FILLABLE``. In input order.
        settings: See ``find_duplicates``.
        stage: Opens a stage by name and returns what advances it.
        base: An existing set, whose duplicates are dropped; None: there is none.

    Returns:
        The records, one to one, with ``verdict``, ``merged_from``, ``filled``, ``duplicate_of``,
        ``similarity``, ``reason`` and ``cluster`` added (``record.RECORDS``) and empty columns of kept
        records filled from their duplicates; the verified pairs (``record.PAIRS``); what was not compared; and the
        similarities of what was.
    """
    old = base.names if base else None
    ids = behind(old, "id", records["record_id"])
    found = find_duplicates(FrameRecords(records), settings, stage, base.records if base else None, ids)
    return mark(records, found, old)
