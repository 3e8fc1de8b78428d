"""The work folder of a run on Spark: what its tasks leave for each other, and which stages are done.

It lies beside the results on a file system that the driver and all tasks see. Every file appears whole or not at all
and depends on inputs and settings only, so a task that runs twice leaves the same, and a run that was stopped goes on
behind its last complete stage.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Work:
    """A work folder.

    Attributes:
        folder: Where it is.
    """

    folder: str

    def path(self, name: str, place: int) -> Path:
        """The file of a place."""
        return Path(self.folder, name, f"{place:06d}")

    def in_spark(self, name: str) -> str:
        """The files of all places, as Spark reads them whatever file system it takes for its own."""
        literally = re.sub(r"([\\{}\[\]*?])", r"\\\1", str(Path(self.folder, name).absolute()))
        return f"file://{literally}"  # else it would be a pattern of places

    @contextmanager
    def writing(self, name: str, place: int) -> Iterator[Path]:
        """A file to write to that takes its place when all went well."""
        path = self.path(name, place)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".aside-")
        os.close(handle)
        try:
            yield Path(aside)
            Path(aside).replace(path)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise

    def save(self, name: str, place: int, frame: pl.DataFrame) -> None:
        """Keep a frame."""
        with self.writing(name, place) as path:
            frame.write_ipc(path, compression="zstd")

    def frame(self, name: str, place: int, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """What was kept."""
        with self.path(name, place).open("rb") as file:  # by its name polars would look for a pattern
            return pl.read_ipc(file, columns=list(columns) if columns else None)

    def save_array(self, name: str, place: int, values: NDArray[Any]) -> None:
        """Keep an array."""
        with self.writing(name, place) as path, path.open("wb") as file:
            np.save(file, values)

    def array(self, name: str, place: int = 0) -> NDArray[Any]:
        """What was kept, read as far as it is looked at."""
        values: NDArray[Any] = np.load(self.path(name, place), mmap_mode="r")
        return values

    def join(self, name: str, places: int, to: str) -> None:
        """Arrays of all places as one, so that any task finds any row's; read and written a place at a time."""
        shape = sum(len(self.array(name, place)) for place in range(places))
        with self.writing(to, 0) as path, path.open("wb") as file:
            descr = self.array(name, 0).dtype.str
            header = {"descr": descr, "fortran_order": False, "shape": (shape,)}
            np.lib.format.write_array_header_1_0(file, header)
            for place in range(places):  # one file at a time: there may be more than may be open
                self.array(name, place).tofile(file)

    def drop(self, *names: str) -> None:
        """Let go of what no later stage looks at."""
        for name in names:
            shutil.rmtree(Path(self.folder, name), ignore_errors=True)

    def once(self, stage: str, run: Callable[[], Iterable[bytes]]) -> list[Any]:
        """What the tasks of a stage told (JSON): now, or when it was done.

        Args:
            stage: Its name.
            run: Runs it.
        """
        path = Path(self.folder, "done", f"{stage}.json")
        if not path.is_file():
            told = [json.loads(answer) for answer in run() if answer]
            path.parent.mkdir(exist_ok=True)
            aside = path.with_suffix(".aside")
            aside.write_text(json.dumps(told), encoding="utf-8")
            aside.replace(path)
        answers: list[Any] = json.loads(path.read_text("utf-8"))
        return answers
