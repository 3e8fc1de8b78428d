"""datasketch as its documentation says: one update a shingle, a query before each insertion."""

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
        for text in texts:
            minhash = MinHash(num_perm=PERMUTATIONS)
            for shingle in shingles(text):
                minhash.update(shingle.encode("utf8"))
            yield from ((earlier, row) for earlier in sorted(lsh.query(minhash)))
            lsh.insert(row, minhash)
            row += 1


if __name__ == "__main__":
    run(find_pairs)
