r"""Build a corpus whose duplicates are known.

Of every hundred works 75 are originals, 20 are edited copies of originals (``edits.py``) and 5 are sisters of
originals (``sisters.py``), which are works of their own. Equal arguments give equal files.

    python benchmarks/corpus.py --rows 100000 --out corpus.parquet

writes ``corpus.parquet`` (``id``, ``title``, ``abstract``) and ``corpus.truth.parquet``, a row for each work in the
same order: ``id``; ``entity``, the original's id; ``edit``, how the work was made; ``of``, the id it was made from; and
``jaccard``, the exact similarity of their abstracts (``of`` and ``jaccard`` are null for originals).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from edits import EDITS
from hostile_texts import HostileTexts, spoil
from made_texts import MadeTexts, Work
from real_texts import RealTexts
from similarity import jaccard, shingles
from sisters import as_template, make_sister

#: Rows that are made and written at once; they take some 300 MB.
_BATCH: Final = 50_000

_COPY_SHARE: Final = 0.20
_SISTER_SHARE: Final = 0.05

#: Originals of earlier batches that later copies are made from.
_POOL: Final = 20_000

_TEXTS: Final = pa.schema([(name, pa.string()) for name in ("id", "title", "abstract")])
_TRUTH: Final = pa.schema(
    [*((name, pa.string()) for name in ("id", "entity", "edit", "of")), ("jaccard", pa.float64())]
)


class Original(NamedTuple):
    """A work that copies are made from."""

    id: str
    work: Work


class Made(NamedTuple):
    """A work and how it was made; ``of`` is None for originals and, until ids are given, a row of this batch."""

    work: Work
    edit: str
    of: Original | int | None


class Corpus:
    """Makes batches of rows; each call of ``batch`` goes on where the last one ended."""

    def __init__(self, seed: int, source: Path | None = None, *, hostile: bool = False) -> None:
        self._rng = np.random.default_rng([seed, 0])
        made = HostileTexts(seed) if hostile else MadeTexts(seed)
        self._texts = RealTexts(source, seed) if source else made
        self._hostile = hostile
        self._pool: list[Original] = []
        self._rows = 0
        self._originals = 0

    def batch(self, rows: int) -> tuple[pa.Table, pa.Table]:
        """The next rows, in random order, and their truth."""
        works = self._texts.take(rows - int(_COPY_SHARE * rows) - int(_SISTER_SHARE * rows))
        sisters = self._sisters(works, int(_SISTER_SHARE * rows))
        spare = int(_SISTER_SHARE * rows) - len(sisters)
        works += self._texts.take(spare)
        made = [Made(work, "original", None) for work in works] + sisters
        made += self._copies(works, rows - len(made))
        places = self._rng.permutation(rows).tolist()
        ids = [f"w{self._rows + place:08d}" for place in places]
        tables = _texts(self._as_written(made), ids, places), _truth(made, ids, places)
        self._rows += rows
        self._keep([Original(*pair) for pair in zip(ids[: len(works)], works, strict=True)])
        return tables

    def _as_written(self, made: list[Made]) -> list[Made]:
        """The works as the corpus shows them, each spoiled in its own way where it is a hostile one."""
        if not self._hostile:
            return made
        return [row._replace(work=spoil(row.work, self._rng)) for row in made]

    def _sisters(self, works: list[Work], count: int) -> list[Made]:
        """Sisters of random works, whose titles may be given a year."""
        rng, sisters = self._rng, []
        for place in rng.choice(len(works), min(count, len(works)), replace=False).tolist():
            template = as_template(works[place], rng)
            stranger = works[place - 1]
            sister = make_sister(template, stranger, rng) if len(works) > 1 else None
            if sister:
                works[place] = template
                sisters.append(Made(sister, "sister", place))
        return sisters

    def _copies(self, works: list[Work], count: int) -> list[Made]:
        """Copies of works of this batch and of the pool, all kinds equally often."""
        rng, kinds = self._rng, list(EDITS)
        copies = []
        for number, pick in enumerate(rng.integers(0, len(works) + len(self._pool), count).tolist()):
            of = pick if pick < len(works) else self._pool[pick - len(works)]
            work = works[of] if isinstance(of, int) else of.work
            kind = kinds[number % len(kinds)]
            copies.append(Made(EDITS[kind](work, rng), kind, of))
        return copies

    def _keep(self, originals: list[Original]) -> None:
        """Keep a sample of all originals so far."""
        self._originals += len(originals)
        rng, size = self._rng, min(_POOL, self._originals)
        new = min(round(size * len(originals) / self._originals), len(originals))
        old = min(size - new, len(self._pool))
        self._pool = [
            pool[place]
            for pool, count in ((self._pool, old), (originals, new))
            for place in rng.choice(len(pool), count, replace=False).tolist()
        ]


def _texts(made: list[Made], ids: list[str], places: list[int]) -> pa.Table:
    rows = [(name, *row.work) for name, row in zip(ids, made, strict=True)]
    return _table(_in_order(rows, places), _TEXTS)


def _truth(made: list[Made], ids: list[str], places: list[int]) -> pa.Table:
    rows = []
    for name, row in zip(ids, made, strict=True):
        if row.of is None:
            rows.append((name, name, row.edit, None, None))
            continue
        of = Original(ids[row.of], made[row.of].work) if isinstance(row.of, int) else row.of
        similarity = jaccard(shingles(of.work.abstract), shingles(row.work.abstract))
        entity = name if row.edit == "sister" else of.id
        rows.append((name, entity, row.edit, of.id, similarity))
    return _table(_in_order(rows, places), _TRUTH)


def _in_order(rows: list[tuple], places: list[int]) -> list[tuple]:
    ordered = [()] * len(rows)
    for row, place in zip(rows, places, strict=True):
        ordered[place] = row
    return ordered


def _table(rows: list[tuple], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def truth_path(out: Path) -> Path:
    """Where the truth of a corpus lies.

    >>> truth_path(Path("a/corpus.parquet")).as_posix()
    'a/corpus.truth.parquet'
    """
    return out.with_suffix(".truth.parquet")


def build_corpus(
    rows: int, out: Path, seed: int = 1, source: Path | None = None, *, hostile: bool = False
) -> None:
    """Write a corpus and its truth.

    Args:
        rows: How many works.
        out: The parquet file of the works; the truth is written beside it.
        seed: Of all that is random.
        source: A parquet or JSON-lines file with ``title`` and ``abstract`` of real works; None: made-up ones.
        hostile: Whether every text is spoiled (``hostile_texts.py``); the truth is that of the texts before.
    """
    corpus = Corpus(seed, source, hostile=hostile)
    with pq.ParquetWriter(out, _TEXTS) as texts, pq.ParquetWriter(truth_path(out), _TRUTH) as truth:
        for first in range(0, rows, _BATCH):
            some_texts, some_truth = corpus.batch(min(_BATCH, rows - first))
            texts.write_table(some_texts)
            truth.write_table(some_truth)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Build a corpus whose duplicates are known.")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--source", type=Path, help="real works: parquet or .jsonl with title and abstract")
    parser.add_argument("--hostile", action="store_true", help="every text needs repair; many languages")
    arguments = parser.parse_args()
    build_corpus(arguments.rows, arguments.out, arguments.seed, arguments.source, hostile=arguments.hostile)


if __name__ == "__main__":
    main()
