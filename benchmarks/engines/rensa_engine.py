"""rensa's full R-MinHash (not the rho sketch, which samples tokens) and its LSH index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rensa import RMinHash, RMinHashLSH
from tables import PERMUTATIONS, SEED, THRESHOLD, Corpus, run, shingles

if TYPE_CHECKING:
    from collections.abc import Iterator

#: 32 bands of 4: a pair at the threshold becomes a candidate almost surely. rensa asks its user to choose.
_BANDS: Final = 32


def find_pairs(corpus: Corpus) -> Iterator[tuple[int, int]]:
    """Candidates whose signatures are as similar as the threshold."""
    lsh = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=_BANDS)
    minhashes: list[RMinHash] = []
    for texts in corpus.batches():
        some = RMinHash.from_token_sets(map(shingles, texts), PERMUTATIONS, SEED)
        lsh.insert_many(some, start_key=len(minhashes))
        minhashes += some
    for row, minhash in enumerate(minhashes):
        for other in sorted(lsh.query(minhash)):
            if other > row and minhash.jaccard(minhashes[other]) >= THRESHOLD:
                yield row, other


if __name__ == "__main__":
    run(find_pairs)
