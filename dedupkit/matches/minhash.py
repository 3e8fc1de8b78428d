"""MinHash and LSH as datasketch defines them: permutations, recall, bands, and an index that it can query."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from datasketch import MinHash, MinHashLSH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dedupkit.config import Settings

#: Of datasketch's permutations; part of what a signature means.
SEED: Final = 1
SCHEME: Final = "affine32"

#: Chance that a pair exactly at the threshold becomes a candidate.
RECALL_AT_THRESHOLD: Final = 0.999

#: Candidates are looked for at this similarity where the threshold is higher: a copy that was cut to 60 % of its
#: length is found by its containment, and its Jaccard similarity is about 0.55.
_WIDE: Final = 0.7


def recall(similarity: float, bands: int, rows: int) -> float:
    """Chance that two texts of that Jaccard similarity share a band: 1 - (1 - s^r)^b.

    Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2.

    >>> round(recall(0.7, 32, 4), 5)
    0.99985
    """
    return 1 - (1 - similarity**rows) ** bands


def banding(settings: Settings) -> tuple[int, int]:
    """Bands, and rows in each.

    An exact check follows, so a false candidate costs a little time and a missed pair is lost: rows are as many as
    ``RECALL_AT_THRESHOLD`` allows, at the threshold or at 0.7 if that is lower. ``bands = "datasketch"`` asks for
    datasketch's own choice, which weighs both errors alike.

    >>> from dedupkit.config import Settings
    >>> banding(Settings()), banding(Settings(threshold=0.9)), banding(Settings(threshold=0.5))
    ((32, 4), (32, 4), (64, 2))
    >>> banding(Settings(bands="datasketch"))
    (14, 9)
    """
    permutations = settings.permutations
    if settings.bands == "datasketch":
        lsh = MinHashLSH(threshold=settings.threshold, num_perm=permutations)
        return lsh.b, lsh.r
    threshold = min(settings.threshold, _WIDE)
    rows = 1
    while (
        permutations // (rows + 1)
        and recall(threshold, permutations // (rows + 1), rows + 1) >= RECALL_AT_THRESHOLD
    ):
        rows += 1
    return permutations // rows, rows


@cache
def permutations(number: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Multipliers and summands of datasketch's permutations."""
    multipliers, summands = MinHash(num_perm=number, seed=SEED, scheme=SCHEME).permutations
    return np.ascontiguousarray(multipliers, np.uint32), np.ascontiguousarray(summands, np.uint32)


def to_minhash(signature: NDArray[np.uint32]) -> MinHash:
    """One signature as datasketch's object: equal to that of the same shingle hashes."""
    return MinHash(hashvalues=signature, seed=SEED, scheme=SCHEME)


def to_lsh(
    ids: Iterable[str],
    signatures: Iterable[NDArray[np.uint32]],
    settings: Settings,
    storage_config: dict[str, Any] | None = None,
) -> MinHashLSH:
    """An index that datasketch can query and extend, in memory or where ``storage_config`` says (Redis, …).

    Args:
        ids: Keys of the texts.
        signatures: One for each.
        settings: ``threshold``, ``permutations`` and ``bands`` decide the bands.
        storage_config: As ``datasketch.MinHashLSH`` takes it; None: in memory.
    """
    lsh = MinHashLSH(num_perm=settings.permutations, params=banding(settings), storage_config=storage_config)
    with lsh.insertion_session() as session:
        for key, signature in zip(ids, signatures, strict=True):
            session.insert(key, to_minhash(signature), check_duplication=False)
    return lsh
