"""FastSketchLSH: similarity sketches with SIMD, and its LSH index; candidates are not checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from FastSketchLSH import LSH, FastSimilaritySketch
from tables import PERMUTATIONS, SEED, Corpus, run, shingles

if TYPE_CHECKING:
    from collections.abc import Iterator

#: As in its documentation: 16 bands of the 128 rows, which is a threshold of about 0.7.
_BANDS: Final = 16


def find_pairs(corpus: Corpus) -> Iterator[tuple[int, int]]:
    """Works that share a band."""
    sketcher = FastSimilaritySketch(size=PERMUTATIONS, seed=SEED)
    sketches = np.concatenate(
        [sketcher.batch([shingles(text) for text in texts]) for texts in corpus.batches()]
    )
    lsh = LSH(num_perm=PERMUTATIONS, num_bands=_BANDS)
    lsh.insert(sketches)
    for row, found in enumerate(lsh.query(sketches)):
        yield from ((row, other) for other in sorted(found) if other > row)


if __name__ == "__main__":
    run(find_pairs)
