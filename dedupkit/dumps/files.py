"""Which files are read, in which order, and what each is called."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from dedupkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TEXT_SUFFIXES: Final = (".txt",)
TABLE_SUFFIXES: Final = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
COMPRESSIONS: Final = {".gz": "gzip", ".zst": "zstd"}

#: A folder with these is what ``dedupkit clean`` wrote; cleaning a folder does not clean earlier results again.
_OWN_OUTPUT: Final = ("facts.json", "records.parquet")


class InputFile(NamedTuple):
    """A file to read.

    Attributes:
        path: Where it is.
        source: What rows call it: its path below the INPUT that named it, ``/``-separated.
    """

    path: Path
    source: str

    @property
    def suffix(self) -> str:
        """Suffix of the format, without that of the compression, in lower case."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        if suffixes and suffixes[-1] in COMPRESSIONS:
            suffixes.pop()
        return suffixes[-1] if suffixes else ""

    @property
    def compression(self) -> str | None:
        """``gzip``, ``zstd`` or None."""
        return COMPRESSIONS.get(self.path.suffix.lower())

    @property
    def is_table(self) -> bool:
        """Whether it is read row by row."""
        return self.suffix in TABLE_SUFFIXES


class Skipped(NamedTuple):
    """A file that a folder holds and that is not read."""

    source: str
    why: str


def find_files(inputs: Sequence[str | Path]) -> tuple[list[InputFile], list[Skipped]]:
    """Find the files of all inputs, each once, in the order of their sources.

    A file that is named is read whatever its suffix (as text, if it is no table's); in a folder only known
    suffixes are. Two files of one name below different inputs are told apart by the folders above them.

    Raises:
        InputError: An input does not exist, or no input holds a file to read.
    """
    found: dict[Path, str] = {}
    skipped: set[Skipped] = set()
    for given in map(Path, inputs):
        if given.is_dir():
            if all((given / name).is_file() for name in _OWN_OUTPUT):
                raise InputError(
                    f"{given}: this folder holds results of dedupkit clean.",
                    f"give what they were made from, or {given / 'clean.parquet'}.",
                )
            files, others = _files_below(given)
            skipped.update(others)
        elif given.is_file():
            files = [(given, given.name)]
        elif given.exists():
            raise InputError(
                f"{given}: this is neither a file nor a folder.", "save what it gives to a file."
            )
        else:
            raise InputError(f"{given}: there is no such file or folder.", "check the path.")
        for path, source in files:
            real = path.resolve()
            # A file that two inputs name goes by its longest name, in whichever order they are given.
            found[real] = max(found.get(real, ""), source, key=lambda name: (len(name), name))
    if not found:
        names = ", ".join(str(given) for given in inputs)
        raise InputError(
            f"{names}: no file to read"
            + (f" ({len(skipped)} of other kinds were passed over)." if skipped else "."),
            f"dedupkit reads {', '.join(TEXT_SUFFIXES + TABLE_SUFFIXES)}, plain or {' or '.join(COMPRESSIONS)}.",
        )
    named = _told_apart(found)
    return sorted(named, key=lambda file: PurePosixPath(file.source).parts), sorted(skipped)


def _files_below(folder: Path) -> tuple[list[tuple[Path, str]], list[Skipped]]:
    files: list[tuple[Path, str]] = []
    skipped: list[Skipped] = []

    def refuse(error: OSError) -> None:
        raise InputError(
            f"{error.filename}: this folder cannot be read ({error.strerror}).", "check its rights."
        )

    for parent, folders, names in os.walk(folder, onerror=refuse):
        if all(name in names for name in _OWN_OUTPUT) and Path(parent) != folder:
            skipped.append(
                Skipped(f"{Path(parent).relative_to(folder).as_posix()}/", "results of an earlier run")
            )
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            source = path.relative_to(folder).as_posix()
            suffix = InputFile(path, source).suffix
            if name.startswith("."):
                continue
            if suffix in TEXT_SUFFIXES + TABLE_SUFFIXES:
                files.append((path, source))
            else:
                skipped.append(Skipped(source, f"{suffix or 'no'} suffix: not a kind that is read"))
    return files, skipped


def _told_apart(found: dict[Path, str]) -> Iterable[InputFile]:
    """Put as many folders before equal sources as tell them apart."""
    taken: dict[str, list[Path]] = {}
    for path, source in found.items():
        taken.setdefault(source, []).append(path)
    for source, paths in taken.items():
        depth = len(PurePosixPath(source).parts)
        names = [source] * len(paths)
        while len(set(names)) < len(paths):
            depth += 1
            names = ["/".join(path.parts[-depth:]) for path in paths]
        yield from (InputFile(path, name) for path, name in zip(paths, names, strict=True))
