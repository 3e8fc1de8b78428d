"""One step of dedupkit and the library that stands behind it on the same texts, one after the other, seven times.

python alone_engine.py TASK CORPUS.parquet LIMIT RESULT.json

The library, which is slower, is given the first LIMIT of the texts. The result holds what was compared and the median
seconds of both.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import ftfy
import polars as pl
from dedupkit.config import Settings
from dedupkit.language import identify
from dedupkit.repair import may_need_repair, repair_column
from dedupkit.repair.encoding import FTFY_CONFIG
from langdetect import DetectorFactory, LangDetectException, detect_langs

if TYPE_CHECKING:
    from collections.abc import Callable

#: Texts of the corpus that are taken at most.
_TEXTS: Final = 100_000

#: Texts that both see before, uncounted: tables are read and compiled code is loaded.
_WARM_UP_TEXTS: Final = 100

_TIMES: Final = 7


class Task(NamedTuple):
    """What is compared on which texts.

    Attributes:
        of: Takes the texts out of a corpus.
        ours: What dedupkit does with a column.
        library: Whose work is compared.
        theirs: What it does with one text.
    """

    of: Callable[[pl.DataFrame], pl.Series]
    ours: Callable[[pl.Series], object]
    library: str
    theirs: Callable[[str], object]


def name_languages(texts: pl.Series) -> pl.DataFrame:
    """Name the language of texts alone: they are titles of records without abstracts."""
    records = pl.DataFrame({"title": texts}).with_columns(abstract=pl.lit(None, dtype=pl.String))
    return identify(records, Settings())


def detect(text: str) -> object:
    """What langdetect says."""
    try:
        return detect_langs(text)
    except LangDetectException:
        return None


def plain_texts(records: pl.DataFrame) -> pl.Series:
    """The abstracts that hold nothing which any repair looks for."""
    return records["abstract"].filter(~may_need_repair(records["abstract"]))


def unchanged_texts(records: pl.DataFrame) -> pl.Series:
    """The abstracts that no repair changes, also those that the repairs must read, for their mathematics say."""
    repaired, _ = repair_column(records["abstract"])
    return records["abstract"].filter(repaired == records["abstract"])


def fix(text: str) -> object:
    """What ftfy makes of it, told to do what dedupkit tells it."""
    return ftfy.fix_text(text, FTFY_CONFIG)


def fix_all(text: str) -> object:
    """What ftfy makes of it, as it comes."""
    return ftfy.fix_text(text)


TASKS: Final = {
    "language of abstracts": Task(itemgetter("abstract"), name_languages, "langdetect", detect),
    "language of titles": Task(itemgetter("title"), name_languages, "langdetect", detect),
    "repair of abstracts with nothing suspect": Task(plain_texts, repair_column, "ftfy", fix_all),
    "the same, ftfy told to do as little": Task(plain_texts, repair_column, "ftfy", fix),
    "repair of all abstracts that need none": Task(unchanged_texts, repair_column, "ftfy", fix_all),
}


def main() -> None:
    """Compare, and write the result."""
    name, corpus, limit, result = sys.argv[1:]
    task = TASKS[name]
    texts = task.of(pl.scan_parquet(corpus).select("title", "abstract").head(_TEXTS).collect())
    few = texts.head(int(limit)).to_list()
    DetectorFactory.seed = 0
    _seconds(lambda: task.ours(texts.head(_WARM_UP_TEXTS)))
    _seconds(lambda: list(map(task.theirs, few[:_WARM_UP_TEXTS])))
    both = [
        (_seconds(lambda: task.ours(texts)), _seconds(lambda: list(map(task.theirs, few))))
        for _ in range(_TIMES)
    ]
    ours, theirs = (statistics.median(seconds) for seconds in zip(*both, strict=True))
    facts = {"task": name, "texts": len(texts), "seconds": ours}
    facts |= {"library": task.library, "library_texts": len(few), "library_seconds": theirs}
    Path(result).write_text(json.dumps(facts), encoding="utf-8")


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
