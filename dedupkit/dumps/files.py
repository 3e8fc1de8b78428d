"""Which files are read, in which order, and what each is called."""

from __future__ import annotations

import glob
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from dedupkit.dumps.content import BLOCK, COMPRESSIONS, compression_of_bytes, head_of, suffix_of_bytes
from dedupkit.errors import InputError
from dedupkit.errors import on_one_line as shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TEXT_SUFFIXES: Final = (".txt",)
TABLE_SUFFIXES: Final = (
    ".jsonl",
    ".ndjson",
    ".json",
    ".csv",
    ".tsv",
    ".parquet",
    ".arrow",
    ".arrows",
    ".feather",
    ".ipc",
)
PAGE_SUFFIXES: Final = (".html", ".htm", ".xhtml", ".mhtml", ".mht")
ARCHIVE_SUFFIXES: Final = (".warc",)
SUFFIXES: Final = TEXT_SUFFIXES + TABLE_SUFFIXES + PAGE_SUFFIXES + ARCHIVE_SUFFIXES

#: What ``INPUT`` may be, for hints and helps.
READ: Final = f"{', '.join(SUFFIXES)}, plain or {', '.join(COMPRESSIONS)}"

#: More files than this are refused: each has its own row in ``facts.json``, and a table holds their texts better.
MOST_FILES: Final = 200_000

#: A folder with these is what ``dedupkit clean`` wrote; cleaning a folder does not clean earlier results again.
_OWN_OUTPUT: Final = ("facts.json", "records.parquet")


class InputFile(NamedTuple):
    r"""A file to read.

    Attributes:
        path: Where it is.
        source: What rows call it: its path below the INPUT that named it, ``/``-separated; bytes that are no UTF-8 as
            ``\xff``.
        told: The suffix that its content asks for, where its name has none that is known.
    """

    path: Path
    source: str
    told: str = ""

    @property
    def place(self) -> str:
        """What an error calls it, on one line."""
        return shown(str(self.path))

    @property
    def suffix(self) -> str:
        """Suffix of the format, without that of the compression, in lower case."""
        return self.told or suffix_of(self.path.name)

    @property
    def compression(self) -> str | None:
        """``gzip``, ``zstd``, ``bz2``, ``xz`` or None."""
        return COMPRESSIONS.get(self.path.suffix.lower())

    @property
    def is_table(self) -> bool:
        """Whether it is read row by row."""
        return self.suffix in TABLE_SUFFIXES


def suffix_of(name: str) -> str:
    """The suffix of a file's format, without that of its compression, in lower case.

    >>> suffix_of("crawl.warc.gz"), suffix_of("Page.HTML"), suffix_of("notes")
    ('.warc', '.html', '')
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


class Skipped(NamedTuple):
    """A file that a folder holds and that is not read."""

    source: str
    why: str


def find_files(inputs: Sequence[str | Path]) -> tuple[list[InputFile], list[Skipped]]:
    """Find the files of all inputs, each once, in the order of their sources.

    A file that is named is read whatever its suffix (as its content tells, if no suffix does); in a folder and by a
    pattern (``*``, ``?``, ``[…]``, ``**``) only known suffixes are. Two files of one name below different inputs are
    told apart by the folders above them. Links to folders are not followed.

    Raises:
        InputError: An input does not exist, no input holds a file to read, or there are more than ``MOST_FILES``.
    """
    found: dict[Path, str] = {}
    skipped: set[Skipped] = set()
    named: dict[Path, str] = {}
    for given in map(Path, inputs):
        for entry in _found_at(given):
            if len(found) + len(skipped) > MOST_FILES:
                raise _too_many(given)
            if isinstance(entry, Skipped):
                skipped.add(entry)
                continue
            path, source = entry
            real = path.resolve()
            # A file that two inputs name goes by its longest name, in whichever order they are given.
            found[real] = max(found.get(real, ""), source, key=lambda name: (len(name), name))
            if suffix_of(path.name) not in SUFFIXES:
                named[real] = suffix_of_bytes(head_of(InputFile(path, source)))
    if not found:
        names = ", ".join(shown(str(given)) for given in inputs)
        raise InputError(
            f"{names}: no file to read"
            + (f" ({len(skipped)} of other kinds were passed over)." if skipped else "."),
            f"dedupkit reads {READ}.",
        )
    files = [InputFile(path, source, named.get(path, "")) for path, source in _told_apart(found)]
    return sorted(files, key=lambda file: PurePosixPath(file.source).parts), sorted(skipped)


def _found_at(given: Path) -> Iterator[tuple[Path, str] | Skipped]:
    """The files of one input, with their sources."""
    if given.is_dir():
        if all((given / name).is_file() for name in _OWN_OUTPUT):
            raise InputError(
                f"{shown(str(given))}: this folder holds results of dedupkit clean.",
                f"give what they were made from, or {shown(str(given / 'clean.parquet'))}.",
            )
        yield from _files_below(given)
    elif given.is_file():
        yield given, _in_utf8(given.name)
    elif os.path.lexists(given) and given.exists():
        raise InputError(
            f"{shown(str(given))}: this is neither a file nor a folder.", "save what it gives to a file."
        )
    elif glob.has_magic(str(given)):
        yield from _files_like(str(given))
    else:
        told = (
            "dedupkit fetches nothing: save it to a file."
            if str(given).startswith(("http:/", "https:/", "ftp:/", "s3:/"))
            else "check the path."
        )
        raise InputError(f"{shown(str(given))}: there is no such file or folder.", told)


def _files_like(pattern: str) -> Iterator[tuple[Path, str] | Skipped]:
    """Files by a pattern; what they are called begins behind the last folder that is no pattern."""
    parts = Path(pattern).parts
    fixed = Path(*parts[: next(index for index, part in enumerate(parts) if glob.has_magic(part))])
    is_found = False
    for name in glob.iglob(pattern, recursive=True):  # noqa: PTH207  Path.glob takes no whole paths
        path = Path(name)
        is_found = True
        if path.is_dir():
            if "**" not in parts:  # else its files are found by themselves
                raise InputError(
                    f"{shown(pattern)}: {shown(name)} is a folder.",
                    "give the folder, or end the pattern in a file.",
                )
            continue
        yield _entry(path, _in_utf8(path.relative_to(fixed).as_posix()))
    if not is_found:
        raise InputError(f"{shown(pattern)}: no file has a name like that.", "check the pattern.")


def _entry(path: Path, source: str) -> tuple[Path, str] | Skipped:
    """What is to be read, or why it is not."""
    suffix = suffix_of(path.name)
    if suffix not in SUFFIXES:
        return Skipped(source, f"{suffix or 'no'} suffix: not a kind that is read")
    if not path.is_file():
        return Skipped(source, "a link that leads nowhere" if path.is_symlink() else "no regular file")
    return path, source


def _in_utf8(name: str) -> str:
    r"""A path as UTF-8 can hold it.

    >>> _in_utf8(os.fsdecode(b"caf\xe9.txt")), _in_utf8("café.txt")
    ('caf\\xe9.txt', 'café.txt')
    """
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _files_below(folder: Path) -> Iterator[tuple[Path, str] | Skipped]:
    """Files of a folder and of the folders in it, each folder in the order of its names; hidden ones are none."""
    waiting = [PurePosixPath()]
    while waiting:
        below = waiting.pop()
        folders, names = _names_in(folder / below)
        if all(name in names for name in _OWN_OUTPUT) and below.parts:
            yield Skipped(f"{_in_utf8(below.as_posix())}/", "results of an earlier run")
            continue
        for name, is_link in folders:
            if is_link:
                yield Skipped(f"{_in_utf8((below / name).as_posix())}/", "a link to a folder")
        waiting += [below / name for name, is_link in reversed(folders) if not is_link]
        for name in names:
            yield _entry(folder / below / name, _in_utf8((below / name).as_posix()))


def _names_in(folder: Path) -> tuple[list[tuple[str, bool]], list[str]]:
    """Folders in a folder (and whether each is a link) and files in it, sorted; never more than may be read."""
    folders: list[tuple[str, bool]] = []
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if _leads_to_folder(entry):
                    folders.append((entry.name, entry.is_symlink()))
                else:
                    names.append(entry.name)
                if len(names) + len(folders) > MOST_FILES:
                    raise _too_many(folder)
    except OSError as error:
        raise InputError(
            f"{shown(str(folder))}: this folder cannot be read ({error.strerror}).", "check its rights."
        ) from error
    return sorted(folders), sorted(names)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _too_many(place: Path) -> InputError:
    return InputError(
        f"{shown(str(place))}: more than {MOST_FILES:,} files.",
        "put their texts into a table, one row each (.jsonl or .parquet), or give some folders at a time.",
    )


def _told_apart(found: dict[Path, str]) -> Iterable[tuple[Path, str]]:
    """Put as many folders before equal sources as tell them apart."""
    taken: dict[str, list[Path]] = {}
    for path, source in found.items():
        taken.setdefault(source, []).append(path)
    for source, paths in taken.items():
        depth = len(PurePosixPath(source).parts)
        names = [source] * len(paths)
        while len(set(names)) < len(paths):
            depth += 1
            if depth > max(
                len(path.parts) for path in paths
            ):  # "\\xff" by name, and by a byte that is no UTF-8
                ordered = sorted(paths, key=os.fsencode)
                names = [f"{source}~{ordered.index(path)}" for path in paths]
                break
            names = [_in_utf8("/".join(path.parts[-depth:])) for path in paths]
        yield from zip(paths, names, strict=True)


def save_stream(stream: IO[bytes], folder: Path) -> Path:
    """Save what a stream gives as ``stdin`` with the suffix that its content asks for.

    Raises:
        InputError: It cannot be saved.
    """
    try:
        head = stream.read(BLOCK)
        compression = compression_of_bytes(head)
        aside = folder / f"stdin{compression}"
        with aside.open("wb") as file:
            file.write(head)
            shutil.copyfileobj(stream, file, BLOCK)
    except OSError as error:
        raise InputError(
            f"standard input: it cannot be saved ({error.strerror}).", "make room in TMPDIR."
        ) from error
    suffix = suffix_of_bytes(head_of(InputFile(aside, aside.name)))
    return aside.rename(folder / f"stdin{suffix}{compression}")
