"""The merge gate past one machine: what suites look at is measured by tasks, and judged where it then lies.

The same checks as on one machine, down to the rows that they name: see ``gate/__init__.py`` for their order. A run for
the candidate's own duplicates, one for those that a base holds; both with the stages of ``clean``.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from dedupkit.dumps import no_record
from dedupkit.dumps.files import InputFile, find_files
from dedupkit.errors import InputError
from dedupkit.gate import ask, judge_all, unsound
from dedupkit.gate.baseline import count_read, count_rows, figures_of
from dedupkit.gate.candidate import faults_of, find_data, is_set, unreadable
from dedupkit.gate.measurements import PLACE, READ, not_read, rows_of_parquet
from dedupkit.progress import unwatched
from dedupkit.quality import Measured, measure_parsed, twins_within
from dedupkit.quality.metrics import measure_slim, measure_with, neighbours, slim
from dedupkit.quality.spark import ROW
from dedupkit.record import PAIRS, RECORDS
from dedupkit.spark import parts
from dedupkit.spark.engine import (
    Run,
    compare_all,
    fitting_parts,
    parts_of_base,
    read_parts,
    running,
)
from dedupkit.spark.parts import AS_READ, OF_SET, STAYING, Part
from dedupkit.spark.tasks import Parcel, each, told
from dedupkit.spark.work import Work
from dedupkit.spark.writing import decided_of, marked_part
from dedupkit.work import begin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from dedupkit.config import Settings
    from dedupkit.gate import Judged
    from dedupkit.gate.baseline import Figure, Pin
    from dedupkit.spark.engine import ReadParts, Stage

#: What pairs tell of a record.
_NEAR: Final = {"nearest_similarity": pl.Float64, "duplicate_pairs": pl.Int64}

#: What the name of a work folder begins with: no input is looked for in it.
_WORK: Final = ".dedupkit-gate-"

#: Rows of a file of metrics that the driver writes.
_METRICS_ROWS: Final = 1 << 20


def judge(
    candidate: Path,
    settings: Settings,
    *,
    against: Path | None = None,
    pin: Pin | None = None,
    stage: Stage = unwatched,
) -> Judged:
    """Validate a cleaned set on Spark (see ``gate.judge``); the frames that were judged are not in what is found.

    What tasks leave for each other lies where temporary files do (``TMPDIR``) if the tasks run on this machine, else in
    the current folder, which all machines must see. It is removed at the end.

    Args:
        candidate: See ``gate.judge``. Driver and tasks see it under one path.
        settings: See ``gate.judge``.
        against: The set that it is to be merged into; not an index.
        pin: See ``gate.judge``.
        stage: Opens a stage by name and returns what advances it.

    Raises:
        UsageError: A suite is wrong, or judges what is not there; the base is an index.
        InputError: The candidate or the base cannot be read, or Spark fails.
    """
    asked = ask(candidate, settings, against, pin)
    own = _find(candidate, settings)
    if own.faults:
        return unsound(asked, own.path, rows_of_parquet(own.path), own.faults)
    base = _Base(parts_of_base(against, settings), _find(against, settings)) if against else None
    if base and base.as_it_is.faults:
        raise InputError(
            f"{base.as_it_is.path}: {base.as_it_is.faults[0]}.", "run dedupkit clean on the base again."
        )
    with running(settings, stage) as session, _work_folder(session) as folder:
        return judge_all(asked, _InSpark(candidate, own, base, (session, folder, settings, stage)), stage)


class _Found(NamedTuple):
    """A set of records.

    Attributes:
        path: The file that it is in, or the file or folder of dumps.
        parts: Of its rows as they are; none if the schema is at fault.
        files: Of a table or dumps.
        faults: What is wrong with its columns, one sentence each.
    """

    path: Path
    parts: list[Part]
    files: Sequence[InputFile] = ()
    faults: tuple[str, ...] = ()


class _Base(NamedTuple):
    """The set that a candidate is to be merged into.

    Attributes:
        compared: Parts of its records as they are compared.
        as_it_is: The same as they are measured.
    """

    compared: list[Part]
    as_it_is: _Found


def _find(named: Path, settings: Settings) -> _Found:
    """Look where the rows of a set are, and at its columns if it is a cleaned one."""
    path = find_data(named)
    if path.suffix == ".parquet" and path.is_file():
        try:
            schema = pl.scan_parquet(path, glob=False).collect_schema()
            height = rows_of_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(path, error) from error
        if is_set(named, schema):
            part = Part(OF_SET, str(path.resolve()), path.name)
            return _Found(path, list(parts.slices(part, height)), faults=faults_of(schema))
    files, _ = find_files([path])
    return _Found(path, list(parts.parts_of(files, AS_READ, settings)), files)


@contextmanager
def _work_folder(session: SparkSession) -> Iterator[Path]:
    """A folder that driver and tasks see, for the time of the block."""
    is_remote = "connect" in type(session).__module__
    is_here = not is_remote and str(session.conf.get("spark.master", "local")).startswith("local")
    place = None if is_here else Path.cwd()
    try:
        folder = tempfile.TemporaryDirectory(prefix=_WORK, dir=place, ignore_cleanup_errors=True)
    except OSError as error:
        raise InputError(
            f"{place or tempfile.gettempdir()}: cannot be written ({error.strerror}).",
            "name another folder with TMPDIR." if is_here else "run in a folder that all machines see.",
        ) from error
    with folder as name:
        yield Path(name)


class _InSpark:
    """A sound candidate whose rows tasks look at (a ``gate.measurements.Measurable``)."""

    def __init__(
        self,
        folder: Path,
        own: _Found,
        base: _Base | None,
        where: tuple[SparkSession, Path, Settings, Stage],
    ) -> None:
        """Of a candidate as it was named, and its base; ``where``: session, folder for work, settings and stages."""
        self._folder, self._own, self._base = folder, own, base
        self._where = where

    @property
    def path(self) -> Path:
        """The file that it is in, or the file or folder of dumps."""
        return self._own.path

    @property
    def rows(self) -> int:
        """How many it has."""
        return self._read.corpus.height

    @property
    def places(self) -> pl.LazyFrame:
        """``record_id``, ``source`` and ``line`` of its rows."""
        return self._columns(*PLACE)

    def of(self, frame: str) -> Measured:
        """One of ``metrics.FRAMES``.

        Raises:
            InputError: What it is measured from cannot be read.
        """
        return {"cleaned": self._cleaned, "parsed": self._parsed, "merge": self._merge}[frame]()

    def figures(self) -> list[Figure]:
        """The figures of a baseline."""
        has_read = (self._folder / "records.parquet").is_file()
        return figures_of(self._measured_rows, self._measured_read if has_read else None)

    def _run(self, name: str, every: list[Part]) -> Run:
        session, folder, settings, stage = self._where
        work = Work(str(folder / name))
        begin(Path(work.folder), {}, resume=False)
        return Run(session, work, settings, stage, every)

    @cached_property
    def _run_alone(self) -> Run:
        return self._run("alone", self._own.parts)

    @cached_property
    def _read(self) -> ReadParts:
        read = read_parts(self._run_alone)
        if self._own.files and not read.corpus.height:
            raise no_record(self._own.files)
        return read

    def _columns(self, *names: str) -> pl.LazyFrame:
        """Some columns of all rows."""
        files = (self._run_alone.work.path("records", part) for part in self._read.new)
        return pl.concat([pl.scan_parquet(file, glob=False).select(names) for file in files])

    def _cleaned(self) -> Measured:
        return Measured(self._frame(self._measured_rows, self._run_alone.work), twins=self._twins)

    def _frame(self, _measured: Counter[str], work: Work) -> DataFrame:
        """The metrics that were measured."""
        return self._run_alone.session.read.parquet(work.in_spark("metrics"))

    @cached_property
    def _measured_rows(self) -> Counter[str]:
        """Write the metrics of all rows; what is counted of them."""
        run, read = self._run_alone, self._read
        corpus, work = read.corpus, run.work
        if corpus.height:
            compare_all(run, corpus)
        shared = self._near_of_shared_ids()

        def measure(part: int) -> Iterator[Parcel]:
            records = pl.read_parquet(work.path("records", part), glob=False)
            near = pl.DataFrame(schema=_NEAR)
            if records.height:
                near = decided_of(corpus, part, records["record_id"]).select(list(_NEAR))
            near = _corrected(near, records["record_id"], shared)
            rows = pl.Series(ROW, corpus.rows(part))
            with work.writing("metrics", part) as path:
                measure_with(records, near).with_columns(rows).write_parquet(path, compression_level=1)
            yield Parcel(part, 0, json.dumps(count_rows(records)).encode())

        return _added(work.once("measure", lambda: told(each(run.session, read.new, measure))))

    def _pairs(self) -> pl.LazyFrame:
        """Verified pairs of the candidate's rows."""
        read, work = self._read, self._run_alone.work
        if not read.corpus.height:
            return pl.LazyFrame(schema=PAIRS)
        return pl.concat([pl.scan_ipc(work.path("paired", part)).select(list(PAIRS)) for part in read.new])

    def _near_of_shared_ids(self) -> pl.DataFrame:
        """What pairs tell of ids that several rows have, and of those that are paired with them.

        One machine joins pairs to rows by id. A cell of ``judging.py`` does so too, which comes to the same unless rows of
        one id are in different cells.
        """
        run = self._run_alone
        self._read  # noqa: B018  writes the records
        ids = run.session.read.schema("record_id string").parquet(run.work.in_spark("records"))
        copies = ids.where("record_id IS NOT NULL").groupBy("record_id").count().where("count > 1")
        shared = pl.Series([row.record_id for row in copies.collect()], dtype=pl.String)
        if not len(shared):
            return pl.DataFrame(schema={"record_id": pl.String, **_NEAR})
        touched = pl.concat([shared, *self._pairs_of(shared).select("left", "right").get_columns()]).unique()
        records, pairs = self._with_ends(touched)
        near = records.select("record_id").hstack(neighbours(records, pairs).get_columns())
        return near.filter(pl.col("record_id").is_in(touched.implode())).unique("record_id")

    def _twins(self, ids: Sequence[str]) -> pl.DataFrame:
        named = pl.Series(ids, dtype=pl.String)
        records, pairs = self._with_ends(named)
        return twins_within(records, pairs).filter(pl.col("record_id").is_in(named.implode()))

    def _pairs_of(self, ids: pl.Series) -> pl.DataFrame:
        is_one = (pl.col(end).is_in(ids.implode()) for end in ("left", "right"))
        return self._pairs().filter(pl.any_horizontal(is_one)).collect()

    def _with_ends(self, ids: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
        """All rows of some ids and of what is paired with them, with their verdicts; and these pairs."""
        pairs = self._pairs_of(ids)
        ends = pl.concat([ids, pairs["left"], pairs["right"]]).unique()
        wanted = pl.col("record_id").is_in(ends.implode())
        return self._columns("record_id", "verdict").filter(wanted).collect(), pairs

    def _parsed(self) -> Measured:
        places = pl.scan_parquet(self._folder / "records.parquet", glob=False).select(PLACE)
        return Measured(self._frame(self._measured_read, self._run_of_read.work), places=places)

    @cached_property
    def _run_of_read(self) -> Run:
        path = self._folder / "records.parquet"
        if not path.is_file():
            raise not_read(self._folder)
        try:
            pl.read_parquet(path, columns=list(READ), n_rows=0, glob=False)
            height = rows_of_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise unreadable(path, error) from error
        return self._run("read", list(parts.slices(Part(OF_SET, str(path.resolve()), path.name), height)))

    @cached_property
    def _measured_read(self) -> Counter[str]:
        """Write the metrics of what was read; what is counted of it."""
        run = self._run_of_read
        every, work = run.parts, run.work
        unparsed = rows_of_parquet(self._folder / "unparsed.parquet")

        def measure(place: int) -> Iterator[Parcel]:
            part = every[place]
            records = parts.columns_of(part, READ)
            metrics = measure_parsed(records, unparsed, part.height).with_row_index(ROW, part.first or 0)
            with work.writing("metrics", place) as path:
                metrics.cast({ROW: pl.Int64}).write_parquet(path, compression_level=1)
            yield Parcel(place, 0, json.dumps(count_read(records)).encode())

        return _added(work.once("measure", lambda: told(each(run.session, range(len(every)), measure))))

    def _merge(self) -> Measured:
        if self._base is None:
            raise InputError(f"{self._folder} has no base beside it.", "name it with --against.")
        old = self._slim_base(self._base.as_it_is)
        kept = [
            Part(STAYING, str(self._run_alone.work.path("records", part)), self._own.path.name)
            for part in self._read.new
        ]
        run = self._run("merge", [*self._base.compared, *kept])
        read = read_parts(run)
        corpus, work = read.corpus, run.work
        new = slim(pl.DataFrame(schema=RECORDS))
        if corpus.height > corpus.base:
            compare_all(run, corpus)

            def look(part: int) -> Iterator[Parcel]:
                work.save("slim", part, slim(marked_part(corpus, part)[0]))
                yield Parcel(part, 0, b"1")

            told(each(run.session, read.new, look))
            new = pl.concat(work.frame("slim", part) for part in read.new)
        files = (work.path("records", part) for part in range(read.new.start))
        base_ids = pl.concat(
            pl.read_parquet(file, columns=["record_id"], glob=False) for file in files
        ).to_series()
        return _in_spark(measure_slim(new, base_ids, old), run)

    def _slim_base(self, base: _Found) -> pl.DataFrame:
        """What drifts are measured by of the base, as it is."""
        run = self._run("base", base.parts)
        every, work, settings = fitting_parts(run, run.parts), run.work, run.settings

        def look(place: int) -> Iterator[Parcel]:
            work.save("slim", place, slim(parts.read_part(every[place], settings).records))
            yield Parcel(place, 0, b"1")

        told(each(run.session, range(len(every)), look))
        found = pl.concat(work.frame("slim", place) for place in range(len(every)))
        if base.files and not found.height:
            raise no_record(base.files)
        return found


def _corrected(near: pl.DataFrame, ids: pl.Series, shared: pl.DataFrame) -> pl.DataFrame:
    """What pairs tell of rows, by id where several rows share one."""
    if not shared.height:
        return near
    told_by_id = ids.to_frame().join(shared, on="record_id", how="left", maintain_order="left")
    return near.select(pl.lit(told_by_id[name]).fill_null(pl.col(name)).alias(name) for name in _NEAR)


def _added(counts: Sequence[dict[str, Any]]) -> Counter[str]:
    """Counts of parts, added up."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def _in_spark(measured: Measured, run: Run) -> Measured:
    """Metrics that the driver measured, put where Spark reads them; columns say which rows are witnesses."""
    marks = {column: f"{column}_rows" for column in measured.witnesses}
    metrics = measured.metrics.with_row_index(ROW).cast({ROW: pl.Int64})
    metrics = metrics.with_columns(
        rows.alias(marks[name]) for name, rows in measured.witnesses.items() if isinstance(rows, pl.Series)
    )
    for place, first in enumerate(range(0, max(metrics.height, 1), _METRICS_ROWS)):
        with run.work.writing("metrics", place) as path:
            metrics[first : first + _METRICS_ROWS].write_parquet(path, compression_level=1)
    frame = run.session.read.parquet(run.work.in_spark("metrics"))
    return measured._replace(metrics=frame, witnesses=marks)
