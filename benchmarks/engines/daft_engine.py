"""Daft's MinHash expression and the bands of its tutorial: each work with the first one of its buckets."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import daft
import pyarrow.parquet as pq
from daft import col, lit
from daft.functions import chunk, minhash, normalize
from tables import SEED, SHINGLE_WORDS

#: What datasketch chooses for the threshold 0.7 and 128 hashes; the tutorial has 64 hashes of five words.
_BANDS: Final = 14
_ROWS: Final = 9


def main() -> None:
    """Read, normalize, hash, group by band, write; a pair of several bands is written once."""
    corpus_path, pairs_path = map(Path, sys.argv[1:])
    text = normalize(col("abstract"), remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
    hashes = minhash(
        text, num_hashes=_BANDS * _ROWS, ngram_size=SHINGLE_WORDS, seed=SEED, hash_function="xxhash"
    )
    buckets = (
        daft.read_parquet(str(corpus_path))
        .select("id", chunk(hashes, _ROWS).alias("hashes"))
        .with_column("band", lit(list(range(_BANDS))))
        .explode("hashes", "band")
        .groupby("band", "hashes")
        .agg(col("id").min().alias("left"), col("id").list_agg())
    )
    pairs = (
        buckets.explode("id")
        .where(col("left") != col("id"))
        .select("left", col("id").alias("right"))
        .distinct()
    )
    pq.write_table(pairs.to_arrow(), pairs_path)
    # Daft's threads may abort the interpreter while it shuts down (0.7.26, "PyGILState_Release"); the pairs are written.
    os._exit(0)


if __name__ == "__main__":
    main()
