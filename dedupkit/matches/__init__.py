"""Stage 4: records to verified pairs, clusters and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedupkit.matches.keep import keep
from dedupkit.matches.rules import find_matches

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from dedupkit.config import Settings

__all__ = ["mark_duplicates"]


def mark_duplicates(
    records: pl.DataFrame, settings: Settings, advance: Callable[[int, int], None] = lambda *_: None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find duplicates and mark every record with its verdict.

    Args:
        records: Reads ``record_id``, ``source``, ``line``, ``title``, ``abstract``, ``authors``,
            ``published`` and the other columns of ``keep.FILLABLE``. In input order.
        settings: ``threshold``, ``shingle_words`` and ``permutations``.
        advance: Told how many of how many texts have a signature.

    Returns:
        The records, one to one, with ``verdict``, ``merged_from``, ``filled``, ``duplicate_of``,
        ``similarity``, ``reason`` and ``cluster`` added (``record.RECORDS``) and empty columns of kept
        records filled from their duplicates; and the verified pairs (``record.PAIRS``).
    """
    return keep(records, find_matches(records, settings, advance))
