"""The steps of ``clean`` with the plain libraries, each as its documentation shows.

python plain_engine.py CORPUS.parquet FOLDER STAGES.json
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stages import Clock

if TYPE_CHECKING:
    import polars as pl

#: What a cleaned text does not hold: control characters, lost ones, markers, LaTeX, entities, mojibake.
_UNWANTED: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]",
    "\N{REPLACEMENT CHARACTER}",
    r"\((?:see more|see less|voir plus)\)",
    r"\\(?:[A-Za-z]+|[%&#_$])",
    r"&(?:#\d+|[a-z]{2,8});",
    r"â€|Ã[\x80-\xbf]",
)


def main() -> None:
    """Do the same steps in the same order, and write what each took."""
    corpus_path, folder, stages = map(Path, sys.argv[1:])
    clock = Clock("Importing")
    import polars as pl  # noqa: PLC0415  importing is a stage
    from datasketch_engine import find_pairs  # noqa: PLC0415  the same
    from tables import Corpus  # noqa: PLC0415  the same

    clock.stage("Reading")
    records = pl.read_parquet(corpus_path)
    clock.stage("Repairing")
    columns = ("title", "abstract")
    records = records.with_columns(_fixed(records[column]) for column in columns)
    clock.stage("Repairing LaTeX")
    records = records.with_columns(_without_latex(records[column]) for column in columns)
    clock.stage("Naming languages")
    records = records.with_columns(_languages(records))
    clock.stage("Finding duplicates")
    corpus = Corpus(records["id"].to_list(), records.select("abstract").to_arrow()["abstract"])
    later = {right for _, right in find_pairs(corpus)}
    kept = records.filter(pl.Series([row not in later for row in range(records.height)]))
    clock.stage("Validating")
    _validate(kept)
    clock.stage("Writing")
    folder.mkdir(parents=True, exist_ok=True)
    records.write_parquet(folder / "records.parquet")
    kept.write_parquet(folder / "clean.parquet")
    clock.write(stages)


def _fixed(texts: pl.Series) -> pl.Series:
    """Every text as ftfy mends it, told to do what dedupkit tells it."""
    import ftfy  # noqa: PLC0415  belongs to the step
    import polars as pl  # noqa: PLC0415  the same
    from dedupkit.repair.encoding import FTFY_CONFIG  # noqa: PLC0415  the same

    return pl.Series(texts.name, [ftfy.fix_text(text, FTFY_CONFIG) for text in texts])


def _without_latex(texts: pl.Series) -> pl.Series:
    """Texts with a backslash as pylatexenc shows them; those that it cannot read stay."""
    import polars as pl  # noqa: PLC0415  belongs to the step
    from pylatexenc.latex2text import LatexNodes2Text  # noqa: PLC0415  the same

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    converter = LatexNodes2Text(math_mode="verbatim", keep_comments=True)

    def convert(text: str) -> str:
        try:
            return converter.latex_to_text(text)
        except Exception:  # noqa: BLE001  the library raises what it likes
            return text

    return pl.Series(texts.name, [convert(text) if "\\" in text else text for text in texts])


def _languages(records: pl.DataFrame) -> list[pl.Series]:
    """Langdetect's first guess for abstract and title, and its probability."""
    import polars as pl  # noqa: PLC0415  belongs to the step
    from langdetect import DetectorFactory, LangDetectException, detect_langs  # noqa: PLC0415  the same

    DetectorFactory.seed = 0
    languages: list[str | None] = []
    scores: list[float | None] = []
    for title, abstract in records.select("title", "abstract").iter_rows():
        try:
            best = detect_langs(f"{abstract}. {title}" if abstract else title)[0]
        except LangDetectException:
            languages.append(None)
            scores.append(None)
        else:
            languages.append(best.lang)
            scores.append(best.prob)
    return [pl.Series("language", languages), pl.Series("language_score", scores)]


def _validate(records: pl.DataFrame) -> None:
    """As many expectations as the suite of ``clean`` has, on the texts themselves, as the tutorial does it."""
    import great_expectations as gx  # noqa: PLC0415  takes seconds; belongs to the step
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415  the same

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("plain").add_dataframe_asset("kept")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": records.to_pandas()})
    suite = gx.ExpectationSuite(name="plain", expectations=_expectations(gx.expectations))
    batch.validate(context.suites.add(suite))


def _expectations(kinds: Any) -> list[Any]:
    """Texts and languages are there, are of a usual length, are not repeated, and hold nothing unwanted."""
    return [
        kinds.ExpectTableRowCountToBeBetween(min_value=1),
        kinds.ExpectColumnToExist(column="abstract"),
        kinds.ExpectColumnValuesToMatchRegex(column="abstract", regex=r"[.!?)\]\"'”’]\s*$", mostly=0.75),
        kinds.ExpectColumnValuesToBeUnique(column="id"),
        *(kinds.ExpectColumnValuesToNotBeNull(column=column) for column in ("id", "title", "abstract")),
        kinds.ExpectColumnValueLengthsToBeBetween(column="title", min_value=3, max_value=400, mostly=0.99),
        kinds.ExpectColumnValueLengthsToBeBetween(
            column="abstract", min_value=40, max_value=10_000, mostly=0.98
        ),
        *(kinds.ExpectColumnValuesToBeUnique(column=column) for column in ("title", "abstract")),
        *(
            kinds.ExpectColumnValuesToNotMatchRegex(column=column, regex=regex)
            for column in ("title", "abstract")
            for regex in _UNWANTED
        ),
        kinds.ExpectColumnValuesToNotBeNull(column="language", mostly=0.95),
        kinds.ExpectColumnValuesToBeInSet(column="language", value_set=["en"], mostly=0.9),
    ]


if __name__ == "__main__":
    main()
