"""gaoya: texts in, an index in Rust on all cores, which checks the similarity of signatures itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gaoya.minhash import MinHashStringIndex
from tables import SHINGLE_WORDS, THRESHOLD, Corpus, run

if TYPE_CHECKING:
    from collections.abc import Iterator

#: 32 bands of 4 of the 128 hashes: a pair at the threshold becomes a candidate almost surely.
_BANDS: Final = 32
_BAND_SIZE: Final = 4


def find_pairs(corpus: Corpus) -> Iterator[tuple[int, int]]:
    """What the index finds for each work."""
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=THRESHOLD,
        num_bands=_BANDS,
        band_size=_BAND_SIZE,
        analyzer="word",
        lowercase=True,
        ngram_range=(SHINGLE_WORDS, SHINGLE_WORDS),
        id_container="smallvec",
    )
    row = 0
    for texts in corpus.batches():
        index.par_bulk_insert_docs(list(range(row, row + len(texts))), texts)
        row += len(texts)
    row = 0
    for texts in corpus.batches():
        for found in index.par_bulk_query(texts):
            yield from ((row, other) for other in sorted(found) if other > row)
            row += 1


if __name__ == "__main__":
    run(find_pairs)
