"""datasketch at its fastest: signatures in bulk, insertions in a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasketch import MinHash, MinHashLSH
from tables import PERMUTATIONS, THRESHOLD, Corpus, run, shingles

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_pairs(corpus: Corpus) -> Iterator[tuple[int, int]]:
    """Each work with those before it that share a band."""
    lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    row = 0
    for texts in corpus.batches():
        sets = [[shingle.encode("utf8") for shingle in shingles(text)] for text in texts]
        for minhash in MinHash.generator(sets, num_perm=PERMUTATIONS):
            yield from ((earlier, row) for earlier in sorted(lsh.query(minhash)))
            lsh.insert(row, minhash, check_duplication=False)
            row += 1


if __name__ == "__main__":
    run(find_pairs)
