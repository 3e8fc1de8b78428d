"""What the engines that are libraries share: reading the corpus, shingles, writing pairs.

Every engine is a script, ``python ENGINE.py CORPUS.parquet PAIRS.parquet``. It finds the pairs of near duplicates among
the abstracts at Jaccard similarity 0.7 of word triples, as its library's documentation shows, and writes ``left`` and
``right``, the ids of each pair.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Pairs = Iterable[tuple[int, int]]

#: What all engines are asked for.
THRESHOLD: Final = 0.7
PERMUTATIONS: Final = 128
SHINGLE_WORDS: Final = 3
SEED: Final = 42

#: Texts in a batch, for engines that take batches.
BATCH: Final = 5_000

#: Rows in a batch of pairs that are written.
_PAIRS: Final = 100_000

_SCHEMA: Final = pa.schema([("left", pa.string()), ("right", pa.string())])

WORD_RE: Final = re.compile(r"\w+")


class Corpus(NamedTuple):
    """The ids and the abstracts of all works."""

    ids: list[str]
    texts: pa.ChunkedArray

    def batches(self) -> Iterator[list[str]]:
        """The abstracts, some at a time."""
        for first in range(0, len(self.ids), BATCH):
            yield self.texts.slice(first, BATCH).to_pylist()


def shingles(text: str) -> list[str]:
    """The runs of three words, in small letters, without punctuation and ligatures.

    >>> shingles("A ﬁne text, again.")
    ['a fine text', 'fine text again']
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    words = WORD_RE.findall(text.lower())
    if len(words) <= SHINGLE_WORDS:
        return [" ".join(words)]
    return [" ".join(run) for run in zip(words, words[1:], words[2:], strict=False)]


def run(find_pairs: Callable[[Corpus], Pairs]) -> None:
    """Read the corpus that the command line names, find its pairs and write them.

    Args:
        find_pairs: The engine: a corpus to pairs of row numbers.
    """
    corpus_path, pairs_path = map(Path, sys.argv[1:])
    table = pq.read_table(corpus_path, columns=["id", "abstract"])
    corpus = Corpus(table["id"].to_pylist(), table["abstract"])
    with pq.ParquetWriter(pairs_path, _SCHEMA) as writer:
        for some in _some(find_pairs(corpus)):
            columns = [[corpus.ids[pair[side]] for pair in some] for side in (0, 1)]
            writer.write_table(pa.table(columns, schema=_SCHEMA))


def _some(pairs: Pairs) -> Iterator[list[tuple[int, int]]]:
    some = []
    for pair in pairs:
        some.append(pair)
        if len(some) == _PAIRS:
            yield some
            some = []
    yield some
