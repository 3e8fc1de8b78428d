"""What the stages of a local run keep, so that one that was stopped goes on behind its last complete stage.

A stage adds columns and drops no row, so it keeps what it added: changes, languages, verdicts. Only a stage that took long
beside what keeping costs is kept, and a shorter one is done again. Results depend on neither.
"""

from __future__ import annotations

import json
import shutil
import time
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

import polars as pl

from dedupkit.dumps import Parsed, Source, sha256_of
from dedupkit.dumps.files import Skipped, find_files
from dedupkit.facts import versions
from dedupkit.matches.bases import existing
from dedupkit.matches.fingerprints import FILLABLE
from dedupkit.matches.marks import ADDED, Marked, replaced
from dedupkit.matches.similarities import Similarities
from dedupkit.outputs import holding, sync, told
from dedupkit.progress import LOG
from dedupkit.record import TEXT_COLUMNS
from dedupkit.repair import Change, replay
from dedupkit.work import begin, clear, work_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dedupkit.config import Settings

#: Seconds that a stage must have taken to be kept, and as many again for each so many bytes that it would keep.
KEEP_SECONDS: Final = 3.0
_KEPT_BYTES: Final = 30_000_000

#: Rows that are compressed at once: more would only take memory.
_ROWS_AT_ONCE: Final = 65_536

_TOLD: Final = "told.json"

T = TypeVar("T")


class Packed(NamedTuple):
    """What a stage keeps: frames by name, and what JSON can hold."""

    frames: dict[str, pl.DataFrame]
    told: dict[str, Any]


class Kind(NamedTuple, Generic[T]):
    """A stage: its name, what it keeps of its result, and the result from that."""

    name: str
    pack: Callable[[T], Packed]
    unpack: Callable[[Packed], T]


def reading() -> Kind[Parsed]:
    """What was read."""

    def pack(parsed: Parsed) -> Packed:
        told = {"sources": [asdict(source) for source in parsed.sources], "skipped": parsed.skipped}
        return Packed({"records": parsed.records, "unparsed": parsed.unparsed}, told)

    def unpack(packed: Packed) -> Parsed:
        sources = [Source(**source) for source in packed.told["sources"]]
        skipped = [Skipped(*each) for each in packed.told["skipped"]]
        return Parsed(packed.frames["records"], packed.frames["unparsed"], sources, skipped)

    return Kind("reading", pack, unpack)


def repairing(records: pl.DataFrame) -> Kind[pl.DataFrame]:
    """Repairs: replayed on the raw texts they give the repaired ones."""

    def pack(repaired: pl.DataFrame) -> Packed:
        rows = (repaired["repairs"].list.len() > 0).arg_true()
        return Packed({"rows": pl.DataFrame({"row": rows, "repairs": repaired["repairs"].gather(rows)})}, {})

    def unpack(packed: Packed) -> pl.DataFrame:
        rows, repairs = packed.frames["rows"]
        columns = []
        for name, raw in TEXT_COLUMNS.items():
            changed = [
                (row, own) for row, each in zip(rows, repairs, strict=True) if (own := _own(each, name))
            ]
            places = pl.Series([row for row, _ in changed], dtype=pl.UInt32)
            texts = zip(records[raw].gather(places), changed, strict=True)
            mended = pl.Series([replay(text, own) for text, (_, own) in texts], dtype=pl.String)
            columns.append(replaced(records[raw].alias(name), places, mended))
        none = pl.Series("repairs", [[]], dtype=repairs.dtype).new_from_index(0, records.height)
        return records.with_columns(*columns, replaced(none, rows, repairs))

    return Kind("repairing", pack, unpack)


def _own(repairs: list[dict[str, Any]], name: str) -> list[Change]:
    """The changes of one column."""
    return [
        Change(each["kind"], each["start"], each["before"], each["after"])
        for each in repairs
        if each["column"] == name
    ]


def naming(records: pl.DataFrame) -> Kind[pl.DataFrame]:
    """Languages."""
    added = ("language", "language_score", "language_note")
    return Kind(
        "languages",
        lambda named: Packed({"rows": named.select(added)}, {}),
        lambda packed: records.hstack(packed.frames["rows"].get_columns()),
    )


def matching(records: pl.DataFrame) -> Kind[Marked]:
    """Verdicts, and the columns of those records that were filled."""

    def pack(marked: Marked) -> Packed:
        rows = (marked.records["filled"].list.len() > 0).arg_true()
        filled = marked.records.select(FILLABLE)[rows].insert_column(0, rows.alias("row"))
        frames = {"rows": marked.records.select(ADDED), "filled": filled, "pairs": marked.pairs}
        similarities = marked.similarities._asdict()
        frames["near_misses"] = similarities.pop("near_misses")
        numbers = {name: getattr(marked, name) for name in ("held", "candidates", "candidates_cut")}
        return Packed(frames, {"numbers": numbers, "similarities": similarities})

    def unpack(packed: Packed) -> Marked:
        frames, told = packed
        filled = frames["filled"]
        columns = [replaced(records[name], filled["row"], filled[name]) for name in FILLABLE]
        marked = records.with_columns(*columns, *frames["rows"].get_columns())
        similarities = Similarities(**told["similarities"], near_misses=frames["near_misses"])
        return Marked(marked, frames["pairs"], **told["numbers"], similarities=similarities)

    return Kind("duplicates", pack, unpack)


@dataclass
class Stages:
    """The stages of a run.

    Attributes:
        folder: The work folder.
        kept: Names of those that are kept there, in order.
    """

    folder: Path
    kept: list[str] = field(default_factory=list)
    _has_room: bool = True

    def once(self, kind: Kind[T], run: Callable[[], T]) -> T:
        """What a stage gives: now, or what it gave the run that was stopped."""
        packed = self._packed(kind.name)
        if packed is not None:
            LOG.info("Taken from the run that was stopped: %s.", kind.name)
            self.kept.append(kind.name)
            return kind.unpack(packed)
        began = time.monotonic()
        result = run()
        took = time.monotonic() - began
        if self._has_room and took >= KEEP_SECONDS:
            packed = kind.pack(result)
            size = sum(frame.estimated_size() for frame in packed.frames.values())
            if took >= KEEP_SECONDS * (1 + size / _KEPT_BYTES):
                self._keep(kind.name, packed)
        return result

    def _keep(self, name: str, packed: Packed) -> None:
        """Keep what a stage gave; whole or not at all. Where there is no room the run goes on without."""
        aside = self.folder / f"{name}.aside"
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            sums = {}
            for each, frame in packed.frames.items():
                frame.write_ipc(aside / each, compression="lz4", record_batch_size=_ROWS_AT_ONCE)
                sync(aside / each)
                sums[each] = zlib.crc32((aside / each).read_bytes())
            text = json.dumps({"sums": sums, "told": packed.told})
            (aside / _TOLD).write_text(f"{zlib.crc32(text.encode())}\n{text}", encoding="utf-8")
            sync(aside / _TOLD)
            sync(aside)
            aside.rename(self.folder / name)
            sync(self.folder)
        except (OSError, pl.exceptions.PolarsError) as error:
            self._has_room = False
            shutil.rmtree(aside, ignore_errors=True)
            LOG.warning("%s: nothing more is kept for --resume (%s).", self.folder, told(error))
        else:
            self.kept.append(name)

    def _packed(self, name: str) -> Packed | None:
        """What a stage has kept; None where there is nothing, or it is damaged."""
        folder = self.folder / name
        try:
            checksum, text = (folder / _TOLD).read_text("utf-8").split("\n", 1)
            if int(checksum) != zlib.crc32(text.encode()):
                raise ValueError(_TOLD)  # noqa: TRY301  it is damaged, like anything below
            held = json.loads(text)
            return Packed(
                {each: _frame(folder / each, checksum) for each, checksum in held["sums"].items()},
                held["told"],
            )
        except (OSError, ValueError, pl.exceptions.PolarsError):
            shutil.rmtree(folder, ignore_errors=True)
            return None


def _frame(path: Path, checksum: int) -> pl.DataFrame:
    data = path.read_bytes()
    if zlib.crc32(data) != checksum:
        raise ValueError(path.name)
    return pl.read_ipc(data)


@contextmanager
def resumable(
    inputs: Sequence[str | Path], settings: Settings, out: Path, against: Path | None, *, resume: bool
) -> Iterator[Stages]:
    """Hold the work folder of a run; it goes with a run that is complete, or that has kept nothing.

    Raises:
        InputError: Another run holds it; or there is nothing to resume, or something else.
    """
    job = {
        "engine": "local",
        "versions": versions(),
        "settings": settings.as_dict() | {"strict": settings.strict},  # what was read is not asked again
        "inputs": _sums(inputs),
        "against": _sums([existing(against)]) if against else {},
    }
    folder = work_folder(out)
    with holding(folder, out):
        begin(folder, job, resume=resume)
        if resume and not any(path.is_dir() for path in folder.iterdir()):
            LOG.info("The run that was stopped had kept nothing yet: it begins anew.")
        stages = Stages(folder)
        try:
            yield stages
        except BaseException as error:
            if stages.kept:
                error.add_note(f"--resume goes on behind {stages.kept[-1]}.")
            elif not isinstance(error, KeyboardInterrupt):
                clear(folder)
            raise
        clear(folder)


def _sums(inputs: Sequence[str | Path]) -> dict[str, str]:
    """The sha256 of each file; of one that cannot be read reading tells."""
    sums = {}
    for file in find_files(inputs)[0]:
        try:
            sums[file.source] = sha256_of(file)
        except OSError:
            sums[file.source] = ""
    return sums
