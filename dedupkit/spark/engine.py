"""``clean`` and ``dedup`` past one machine: the stages of ``pipeline.py`` as tasks over parts of the rows.

Spark schedules the tasks and brings what they send to its place; what a task does with its rows is the code of one
machine. So the results are the same, byte for byte.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.dumps import clashing_columns, no_record
from dedupkit.dumps.files import InputFile, find_files
from dedupkit.errors import DedupkitError, InputError, UsageError
from dedupkit.facts import Matching, Reading, Tally, to_facts, versions
from dedupkit.matches.bases import existing
from dedupkit.matches.index import is_index, rows_of, write_rows
from dedupkit.matches.streams import ParquetRecords, unique_ids
from dedupkit.outputs import check_folder, check_report, holding, write_folder
from dedupkit.pipeline import Deduplicated, check_index, suite_of, write_report
from dedupkit.progress import unwatched
from dedupkit.quality import validate
from dedupkit.record import PARSED, RECORDS
from dedupkit.results import scan_results
from dedupkit.spark import parts
from dedupkit.spark.candidates import Candidates, Found
from dedupkit.spark.corpus import Corpus, write_prints
from dedupkit.spark.judging import Judgement, judge
from dedupkit.spark.parts import CLEANED, COMPARED, PLACE, REPAIRED, Part, has_places
from dedupkit.spark.session import open_session
from dedupkit.spark.session import told as told_error
from dedupkit.spark.tasks import Parcel, each, told
from dedupkit.spark.work import Work
from dedupkit.spark.writing import decided_of, write_pairs, write_parts
from dedupkit.work import begin, clear, work_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyspark.sql import SparkSession

    from dedupkit.config import Settings
    from dedupkit.dumps.files import Skipped

    Stage = Callable[[str], Callable[[int, int], None]]

#: Parcels that go to a Python process at once; they are larger than rows.
_PARCELS_AT_ONCE: Final = "64"

#: Records of which an index's rows are made at once.
_INDEXED_AT_ONCE: Final = 4_096


class Run(NamedTuple):
    """A run that goes on.

    Attributes:
        session: Where its tasks run.
        work: What they leave for each other.
        settings: What it is told.
        stage: Opens a stage by name.
        parts: Of the existing set first.
    """

    session: SparkSession
    work: Work
    settings: Settings
    stage: Stage
    parts: list[Part]


def clean(  # noqa: PLR0913  each place by its name
    inputs: Sequence[str | Path],
    settings: Settings,
    *,
    out: Path,
    report: Path,
    against: Path | None = None,
    stage: Stage = unwatched,
    resume: bool = False,
) -> dict[str, Any]:
    """Clean scraped dumps and tables on Spark (see ``pipeline.clean``); the facts of the run.

    Args:
        inputs: Files and folders that driver and tasks see.
        settings: What the run is told.
        out: Folder for the results. The work folder lies beside it.
        report: Folder for ``index.html``.
        against: An existing set whose duplicates are dropped; not an index.
        stage: Opens a stage by name and returns what advances it.
        resume: Go on with a run that was stopped.

    Raises:
        UsageError: A setting or the suite is wrong.
        InputError: An input cannot be read, the results cannot be written, or Spark fails.
    """
    check_folder(out)
    check_report(report, out)
    suite = suite_of(settings)
    files, skipped = find_files(inputs)
    base = parts_of_base(against, settings)
    every = [*base, *parts.parts_of(files, CLEANED, settings)]
    with _running(every, settings, out, stage, resume=resume) as run:
        read = read_parts(run)
        corpus = read.corpus
        if corpus.height == corpus.base:
            raise no_record(files)
        found, judged = compare_all(run, corpus)
        tables = _write(run, read, found, judged, skipped)
        stage("Validating")
        metrics = run.session.read.parquet(run.work.in_spark("metrics"))
        checks = validate(suite, metrics)
        facts = to_facts(tables.reading, tables.tally, tables.matching, (suite, checks), settings)
        stage("Writing")
        write_folder(
            out,
            {
                "records.parquet": _scan(run.work, "marked", read.new),
                "clean.parquet": _scan(run.work, "kept", read.new),
                "pairs.parquet": _scan(run.work, "pairs", range(corpus.parts)),
                "unparsed.parquet": _scan(run.work, "unparsed", read.new),
                "facts.json": facts,
            },
        )
        stage("Reporting")
        write_report(scan_results(out), report)
    return facts


def dedup(
    table: str | Path,
    settings: Settings,
    *,
    out: Path,
    stage: Stage = unwatched,
    resume: bool = False,
) -> Deduplicated:
    """Mark the duplicates of a table on Spark (see ``pipeline.dedup``).

    Raises:
        UsageError: A named column is missing.
        InputError: The table cannot be read, its ids are not unique, or Spark fails.
    """
    check_folder(out)
    files, _ = find_files([table])
    is_plain = Path(table).suffix.lower() == ".parquet" and Path(table).is_file()
    every = list(parts.parts_of(files, COMPARED if is_plain else REPAIRED, settings))
    if is_plain and settings.id_column is not None:
        ParquetRecords(Path(table), settings).own_ids(settings.id_column)
    with _running(every, settings, out, stage, resume=resume) as run:
        work, corpus = run.work, read_parts(run).corpus
        if corpus.height == 0:
            raise InputError(f"{table}: no record in it.", "give a table that holds text.")
        ids = _ids_of(run, corpus, Path(table))
        found, _ = compare_all(run, corpus)
        stage("Writing")

        def write(part: int) -> Iterator[Parcel]:
            marks = decided_of(corpus, part, pl.Series("id", [None] * len(corpus.rows(part)), pl.String))
            work.save("clusters", part, marks.select("cluster_row", "verdict", "other", "similarity"))
            yield Parcel(part, 0, b"1")

        work.once("write", lambda: told(each(run.session, range(corpus.parts), write)))
        marks = pl.concat(work.frame("clusters", part) for part in range(corpus.parts))
        pairs = pl.concat(work.frame("paired", part) for part in range(corpus.parts))
        clusters = pl.DataFrame(
            {
                "id": ids,
                "cluster": ids.gather(marks["cluster_row"]),
                "verdict": marks["verdict"],
                "duplicate_of": ids.gather(marks["other"]),
                "similarity": marks["similarity"],
            }
        )
        pairs = pairs.select(
            ids.gather(pairs["row"]).alias("left"),
            ids.gather(pairs["right_row"]).alias("right"),
            "rule",
            "similarity",
        )
        write_folder(out, {"pairs.parquet": pairs, "clusters.parquet": clusters})
    return Deduplicated(pairs, clusters, found.pairs, found.cut)


def index(base: Path, settings: Settings, *, out: Path, stage: Stage = unwatched) -> int:
    """Keep what a later run needs of an existing set (see ``pipeline.index``); how many records it has.

    Raises:
        UsageError: ``base`` is an index itself.
        InputError: The set cannot be read, the index cannot be written, or Spark fails.
    """
    check_index(out)
    if is_index(base):
        raise UsageError(f"{base}: this is an index already.", "copy it.")
    with _running(parts_of_base(base, settings), settings, out, stage, resume=False) as run:
        stage("Indexing")
        work, every = run.work, fitting_parts(run, run.parts)

        def write(place: int) -> Iterator[Parcel]:
            records = parts.read_part(every[place], settings).records
            names = records.select(id="record_id", place=PLACE)
            batches = range(0, records.height, _INDEXED_AT_ONCE)
            found = (
                rows_of(records[first:last], names[first:last], settings)
                for first, last in ((first, first + _INDEXED_AT_ONCE) for first in batches)
            )
            with work.writing("rows", place) as path:
                pl.concat(found).write_parquet(path) if records.height else path.touch()
            yield Parcel(place, 0, json.dumps(records.height).encode())

        heights = work.once("rows", lambda: told(each(run.session, range(len(every)), write)))
        rows = (
            pl.read_parquet(work.path("rows", place), glob=False)
            for place, height in enumerate(heights)
            if height
        )
        return write_rows(rows, out, settings)


@contextmanager
def _running(
    every: list[Part], settings: Settings, out: Path, stage: Stage, *, resume: bool
) -> Iterator[Run]:
    """A session and a work folder; the folder stays where a run fails, for ``--resume``."""
    folder = work_folder(out)
    with holding(folder, out):
        begin(folder, _job(every, settings), resume=resume)
        with running(settings, stage) as session:
            yield Run(session, Work(str(folder)), settings, stage, every)
        clear(folder)


@contextmanager
def running(settings: Settings, stage: Stage) -> Iterator[SparkSession]:
    """A session for tasks; what fails in it is told in a line.

    Raises:
        UsageError: Spark is missing, or settings contradict each other.
        InputError: Spark does not start, or fails.
    """
    stage("Starting Spark")
    with open_session(settings) as session:
        batches = "spark.sql.execution.arrow.maxRecordsPerBatch"
        before = session.conf.get(batches, None)
        session.conf.set(batches, _PARCELS_AT_ONCE)
        try:
            yield session
        except DedupkitError:
            raise
        except Exception as error:
            raise told_error(error) from error
        finally:
            if before is None:
                session.conf.unset(batches)
            else:
                session.conf.set(batches, before)


def _job(every: list[Part], settings: Settings) -> dict[str, Any]:
    """What a run depends on: it is resumed only where all of it is as it was."""
    files = {}
    for part in every:
        stat = Path(part.path).stat()
        files[part.path] = [part.source, part.role, part.of_base, stat.st_size, stat.st_mtime_ns]
    return {
        "engine": "spark",
        "versions": versions(),
        "settings": settings.as_dict() | {"strict": settings.strict},
        "inputs": files,
        "rows of a part": parts.PART_ROWS,
    }


def parts_of_base(against: Path | None, settings: Settings) -> list[Part]:
    """Parts of an existing set.

    Raises:
        UsageError: It is an index.
        InputError: It cannot be read.
    """
    if against is None:
        return []
    path = existing(against)
    if is_index(path):
        raise UsageError(f"{against}: this is an index, which one machine reads.", "give the set itself.")
    if path.suffix == ".parquet" and path.is_file():
        files, role = [InputFile(path, path.name)], COMPARED
        if settings.id_column is not None and not has_places(path):
            ParquetRecords(path, settings).own_ids(settings.id_column)  # each there, and once
    else:
        files, role = find_files([path])[0], REPAIRED
    return list(parts.parts_of(files, role, settings, of_base=True))


class ReadParts(NamedTuple):
    """What was read.

    Attributes:
        corpus: Its rows.
        new: The parts that are not of the existing set.
        sources: Facts of each file of these.
        unparsed: How many of their lines are in no record.
    """

    corpus: Corpus
    new: range
    sources: list[dict[str, Any]]
    unparsed: int


def read_parts(run: Run) -> ReadParts:
    """Read, repair and hash all parts."""
    run.stage("Reading")
    session, work, settings, _, every = run
    every = fitting_parts(run, every)

    def read(place: int) -> Iterator[Parcel]:
        part = every[place]
        got = parts.read_part(part, settings)
        with work.writing("records", place) as path:
            got.records.write_parquet(path, compression_level=1)
        with work.writing("unparsed", place) as path:
            got.unparsed.write_parquet(path)
        write_prints(got.records, work, place, settings)
        answer = {"rows": got.records.height, "unparsed": got.unparsed.height, "source": got.source}
        yield Parcel(place, 0, json.dumps(answer).encode())

    answers = work.once("read", lambda: told(each(session, range(len(every)), read)))
    starts = [0]
    for answer in answers:
        starts.append(starts[-1] + answer["rows"])
    old = sum(part.of_base for part in every)
    return ReadParts(
        Corpus(work, settings, tuple(starts), starts[old]),
        range(old, len(every)),
        [answer["source"] for answer in answers[old:] if answer["source"]],
        sum(answer["unparsed"] for answer in answers[old:]),
    )


def fitting_parts(run: Run, every: list[Part]) -> list[Part]:
    """Parts with the columns that take the place of ours: those whose values fit in all parts of their file."""
    asked = [place for place, part in enumerate(every) if parts.must_fit(part)]
    if not asked:
        return every

    def look(place: int) -> Iterator[Parcel]:
        yield Parcel(place, 0, json.dumps([every[place].path, parts.fits(every[place])]).encode())

    fitting: dict[str, set[str]] = {}
    for path, names in run.work.once("fits", lambda: told(each(run.session, asked, look))):
        fitting[path] = fitting.get(path, set(names)) & set(names)
    return [
        part._replace(brought=tuple(sorted(fitting[part.path]))) if part.path in fitting else part
        for part in every
    ]


def compare_all(run: Run, corpus: Corpus) -> tuple[Found, Judgement]:
    """Find all candidates among the rows that were read, and decide."""
    found = Candidates(run.session, corpus, run.stage).find()
    run.stage("Comparing")
    return found, judge(run.session, corpus, [part.source for part in run.parts])


class Written(NamedTuple):
    """What was written, in numbers."""

    reading: Reading
    tally: Tally
    matching: Matching


def _write(run: Run, read: ReadParts, found: Found, judged: Judgement, skipped: list[Skipped]) -> Written:
    run.stage("Marking")
    corpus = read.corpus
    schemas = [parts.schema_of(run.work.path("records", part)) for part in read.new]
    own = [
        {name: dtype for name, dtype in schema.items() if name not in (*RECORDS, PLACE)} for schema in schemas
    ]
    clashing = clashing_columns(own)
    columns = {
        name: pl.String() if name in clashing else dtype for schema in own for name, dtype in schema.items()
    }
    values = write_parts(run.session, corpus, read.new, columns, sorted(clashing))
    values["rule"] = write_pairs(run.session, corpus)
    compared = sum(size * count for size, count in judged.clusters.sizes.items())
    sizes = judged.clusters.sizes + Counter({1: corpus.height - corpus.base - compared})
    tally = Tally(values, judged.clusters._replace(sizes=sizes))
    matching = Matching(judged.held, found.pairs, found.cut, judged.similarities)
    return Written(Reading(read.sources, skipped, read.unparsed), tally, matching)


def _scan(work: Work, name: str, places: Sequence[int]) -> pl.LazyFrame:
    return pl.scan_parquet([work.path(name, place) for place in places], glob=False)


def _ids_of(run: Run, corpus: Corpus, table: Path) -> pl.Series:
    """The ids of a table's rows, or their numbers."""
    wanted = run.settings.id_column
    if wanted is None:
        return pl.int_range(corpus.height, dtype=pl.Int64, eager=True)
    if run.parts[0].role == COMPARED:
        return ParquetRecords(table, run.settings).own_ids(wanted)
    records = _scan(run.work, "records", range(corpus.parts))
    own = [name for name in records.collect_schema().names() if name not in (*RECORDS, *PARSED, PLACE)]
    return unique_ids(wanted, own, lambda name: records.select(name).collect().to_series(), table)
