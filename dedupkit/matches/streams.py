"""Records in batches, as often as matching reads them: the text of a corpus need not fit in memory."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa

from dedupkit.dumps.files import InputFile
from dedupkit.dumps.rows import no_table
from dedupkit.dumps.tables import BROUGHT, fitting, to_parsed
from dedupkit.errors import InputError
from dedupkit.matches.fingerprints import YEAR_COLUMNS
from dedupkit.record import PARSED, RECORDS
from dedupkit.repair.misread import fold_misread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dedupkit.config import Settings

#: Records in a batch at most, and bytes of their table that a batch should not exceed: less of a frame, whose batches
#: cost nothing to begin.
BATCH: Final = 65_536
_BATCH_BYTES: Final = 1 << 27
_SLICE_BYTES: Final = 1 << 25

#: Batches that are read ahead.
_AHEAD: Final = 2

#: What is raised where a file is broken, or holds what pyarrow does not read; polars' reader of Parquet panics at some.
BROKEN: Final = (
    OSError,
    ValueError,
    pa.ArrowException,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
)


def _batch_rows(height: int, size: int, most: int) -> int:
    """How many rows of a table of that many bytes make a batch of ``most``."""
    return max(1, min(BATCH, most * height // max(size, 1)))


class FrameRecords:
    """Records of a frame."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame
        self.height = frame.height
        self._batch_rows = _batch_rows(frame.height, int(frame.estimated_size()), _SLICE_BYTES)

    def batches(self, rows: NDArray[np.int64] | None = None) -> Iterator[pl.DataFrame]:
        """Slices of the frame."""
        if rows is None:
            yield from self._frame.iter_slices(self._batch_rows)
            return
        for first in range(0, len(rows), self._batch_rows):
            yield self._frame[rows[first : first + self._batch_rows]]


class ParquetRecords:
    """The records of a Parquet file; each batch is read when it is asked for, its misread texts folded."""

    def __init__(self, path: Path, settings: Settings, brought: Collection[str] | None = None) -> None:
        """Look at the file's columns.

        Args:
            path: Where it is.
            settings: The names of its columns.
            brought: Of ``BROUGHT``, the columns that may take the place of ours; None: those of which all values fit.

        Raises:
            InputError: It is no Parquet file.
            UsageError: A column that the settings name is missing, or there is no text.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  slow to import, and wanted for Parquet alone

        self.path, self.source, self.settings = path, path.name, settings
        try:
            metadata = pq.read_metadata(path)
            self.schema = pl.scan_parquet(path, glob=False).collect_schema()
        except BROKEN as error:
            raise no_table(InputFile(self.path, self.source), error) from error
        groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        self.height = metadata.num_rows
        self._batch_rows = _batch_rows(
            self.height, sum(group.total_byte_size for group in groups), _BATCH_BYTES
        )
        self._brought = self._fitting() if brought is None else brought
        parsed = self._parsed(pl.DataFrame({name: [None] for name in self.schema}, schema=dict(self.schema)))
        self.own_columns = [name for name in parsed.columns if name not in PARSED and name not in RECORDS]
        own = set(self.own_columns) - set(YEAR_COLUMNS)
        self._columns = [name for name in self.schema if name not in own and f"input_{name}" not in own]

    def own_ids(self, wanted: str) -> pl.Series:
        """The table's column of ids (see ``unique_ids``)."""

        def column(name: str) -> pl.Series:
            name = name if name in self.schema else name.removeprefix("input_")
            return self.rows([name], 0, self.height).to_series()

        return unique_ids(wanted, self.own_columns, column, self.path)

    def _fitting(self) -> set[str]:
        """The columns whose values fit ours in all batches; those of our types are not looked at."""
        names = [name for name in BROUGHT if name in self.schema and self.schema[name] != PARSED[name]]
        fit = set(BROUGHT)
        for first in range(0, self.height if names else 0, BATCH):
            fit -= set(names) - set(fitting(self.rows(names, first, BATCH)))
        return fit

    def rows(self, names: Sequence[str], first: int, height: int) -> pl.DataFrame:
        """Some columns of so many rows from one on.

        Raises:
            InputError: The file is broken there.
        """
        try:
            rows = pl.scan_parquet(self.path, glob=False).select(cs.by_name(*names))  # "*" is a name too
            return rows.slice(first, height).collect()
        except BROKEN as error:
            raise no_table(InputFile(self.path, self.source), error) from error

    def _parsed(self, rows: pl.DataFrame) -> pl.DataFrame:
        parsed = to_parsed(rows, str(self.path), self.path.name, self.settings, brought=self._brought)
        return parsed.rename({"title_raw": "title", "abstract_raw": "abstract"})

    def batches(self, rows: NDArray[np.int64] | None = None) -> Iterator[pl.DataFrame]:
        """Frames of records.

        Raises:
            InputError: The file is broken further on.
        """
        starts = list(range(0, self.height, self._batch_rows))
        if rows is not None:
            starts = [start for start in starts if len(self._between(rows, start))]
        with ThreadPoolExecutor(max_workers=_AHEAD) as ahead:  # the next are read while this one is hashed
            coming = deque(ahead.submit(self._batch, start, rows) for start in starts[:_AHEAD])
            for start in [*starts[_AHEAD:], *[None] * _AHEAD]:
                if not coming:
                    return
                batch = coming.popleft().result()
                if start is not None:
                    coming.append(ahead.submit(self._batch, start, rows))
                yield batch

    def _batch(self, start: int, wanted: NDArray[np.int64] | None) -> pl.DataFrame:
        return self.between(
            start, self._batch_rows, wanted if wanted is None else self._between(wanted, start)
        )

    def between(self, first: int, height: int, wanted: NDArray[np.int64] | None = None) -> pl.DataFrame:
        """So many records from one on; or of them those that are wanted.

        Raises:
            InputError: The file is broken there.
        """
        rows = self.rows(self._columns, first, height)
        rows = self._parsed(rows if wanted is None else rows[wanted - first])
        return rows.with_columns(fold_misread(rows[name]) for name in ("title", "abstract"))

    def _between(self, rows: NDArray[np.int64], start: int) -> NDArray[np.int64]:
        """Those of sorted rows that are in the batch from ``start`` on."""
        first, last = np.searchsorted(rows, (start, start + self._batch_rows))
        return rows[first:last]


def unique_ids(wanted: str, own: list[str], column: Callable[[str], pl.Series], table: Path) -> pl.Series:
    """A table's column of ids.

    Args:
        wanted: Its name in the table.
        own: The table's own columns, as ``to_parsed`` names them.
        column: Gives one of them.
        table: What an error calls it.

    Raises:
        InputError: There is no such column, or an id is missing or stands in two rows.
    """
    name = wanted if wanted in own else f"input_{wanted}"
    if name not in own:
        raise InputError(
            f"{table}: no column {wanted!r}; it has {', '.join(own) or 'none of its own'}.",
            "mend --id-column.",
        )
    ids = column(name)
    if ids.n_unique() < len(ids) or ids.null_count():
        row = int((ids.is_duplicated() | ids.is_null()).arg_true()[0])
        raise InputError(
            f"{table}: {wanted} = {ids[row]!r} stands in more than one row or is empty (row {row + 1}).",
            "name a column of unique ids with --id-column, or leave it out for row numbers.",
        )
    return ids
