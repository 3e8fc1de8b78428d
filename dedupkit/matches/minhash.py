"""Candidate pairs: texts whose MinHash signatures agree on a band (datasketch's MinHash and LSH)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from datasketch import MinHash, MinHashLSH

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dedupkit.config import Settings

#: Chance that a pair exactly at the threshold becomes a candidate.
RECALL_AT_THRESHOLD: Final = 0.999

#: Shingles hashed at a time: a signature's working memory stays at 128 × 4 bytes × this.
_BATCH: Final = 8_192


def recall(similarity: float, bands: int, rows: int) -> float:
    """Chance that two texts of that Jaccard similarity share a band: 1 - (1 - s^r)^b.

    Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2.

    >>> round(recall(0.7, 32, 4), 5)
    0.99985
    """
    return 1 - (1 - similarity**rows) ** bands


def banding(threshold: float, permutations: int) -> tuple[int, int]:
    """Bands and rows for a threshold: the longest bands that still find pairs at the threshold.

    An exact check follows, so a false candidate costs a little time and a missed pair is lost: rows are
    as many as ``RECALL_AT_THRESHOLD`` allows, no more.

    >>> banding(0.7, 128), banding(0.9, 128)
    ((32, 4), (16, 8))
    """
    rows = 1
    while (
        permutations // (rows + 1)
        and recall(threshold, permutations // (rows + 1), rows + 1) >= RECALL_AT_THRESHOLD
    ):
        rows += 1
    return permutations // rows, rows


def signature(text_shingles: set[str], permutations: int) -> MinHash:
    """The MinHash of a set of shingles (datasketch's ``affine32`` scheme, SHA-1, seed 1)."""
    minhash = MinHash(num_perm=permutations, seed=1, scheme="affine32")
    encoded = [shingle.encode() for shingle in sorted(text_shingles)]
    for start in range(0, len(encoded), _BATCH):
        minhash.update_batch(encoded[start : start + _BATCH])
    return minhash


def candidates(
    texts: Sequence[str],
    shingles_of: Callable[[str], set[str]],
    settings: Settings,
    advance: Callable[[int, int], None] = lambda *_: None,
) -> list[tuple[int, int]]:
    """Pairs of texts that agree on a band.

    Args:
        texts: Distinct texts in normal form.
        shingles_of: Gives a text's shingles.
        settings: ``threshold`` and ``permutations``.
        advance: Told how many of how many texts are done.

    Returns:
        Index pairs, the lower first, sorted.
    """
    if len(texts) < 2:
        return []
    lsh = MinHashLSH(
        num_perm=settings.permutations, params=banding(settings.threshold, settings.permutations)
    )
    found: list[tuple[int, int]] = []
    for index, text in enumerate(texts):
        minhash = signature(shingles_of(text), settings.permutations)
        found.extend((other, index) for other in lsh.query(minhash))
        lsh.insert(index, minhash, check_duplication=False)
        advance(index + 1, len(texts))
    return sorted(found)
