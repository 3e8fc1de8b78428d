"""Look for inputs that break dedupkit: atheris, led by coverage, on each target of ``tests/fuzz/targets.py``.

    python benchmarks/fuzz.py --target all --seconds 60

Each target runs in a process of its own, from small valid files and what they are made of. An input that breaks a target is
made small and stored in ``tests/fuzz/crashes/TARGET/``, once for each place that it breaks; ``tests/fuzz/test_fuzz.py`` tries
it from then on. Prints a table in Markdown, and ends with status 1 where anything broke.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).resolve().parents[1]
FUZZ: Final = ROOT / "tests" / "fuzz"

#: Modules whose functions numba compiles: it reads their bytecode, which atheris would change.
KERNELS: Final = tuple(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted(ROOT.glob("dedupkit/**/*kernels.py"))
)

#: Memory of a process, and seconds of one input, from which on it is called a fault.
_MOST_MIB: Final = 4_096
_MOST_SECONDS: Final = 60

#: Bytes that an input may have, at least; or twice those of the longest seed.
_LEAST_BYTES: Final = 1_024

#: Shares of the mutations that are libFuzzer's own, and that put pieces in the place of others.
_THEIRS: Final = 0.5
_REPLACING: Final = 0.3

#: Seconds that an input is made smaller.
_SHRINKING_SECONDS: Final = 5

#: Native crashes after which a target is left.
_MOST_RESTARTS: Final = 10

_RUNS_RE: Final = re.compile(r"#(\d+)\s|Done (\d+) runs|number_of_executed_units: (\d+)")


class Fuzzed(NamedTuple):
    """What became of a target.

    Attributes:
        name: Of the target.
        inputs: How many were tried.
        seconds: How long.
        crashes: What broke: place and file.
    """

    name: str
    inputs: int
    seconds: float
    crashes: dict[str, str]


def fault_of(error: BaseException) -> str:
    """Where an error came from: its type, and the last place of ours that it passed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {Path(last.filename).stem}.{last.name}: {last.line}"


def try_input(run: Callable[[bytes], None], data: bytes) -> str | None:
    """How an input breaks a target; None: it does not."""
    try:
        run(data)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
        return fault_of(error)
    return None


def make_small(data: bytes, breaks: Callable[[bytes], bool], seconds: float) -> bytes:
    """Leave out of an input what is not needed to break a target.

    >>> make_small(b"some words and a ( bracket", lambda data: b"(" in data, 1)
    b'('
    """
    until = time.monotonic() + seconds
    size = max(1, len(data) // 2)
    while True:
        at, was = 0, len(data)
        while at < len(data) and time.monotonic() < until:
            less = data[:at] + data[at + size :]
            if breaks(less):
                data = less
            else:
                at += size
        if time.monotonic() >= until or (size == 1 and len(data) == was):
            return data
        size = max(1, size // 2)


def fuzz_here(name: str, folder: Path, arguments: Sequence[str]) -> None:
    """Fuzz a target in this process, which ends with it. Faults of Python are noted, and the fuzzing goes on."""
    import atheris  # noqa: PLC0415  may be missing where only the table is wanted

    sys.path.insert(0, str(FUZZ))
    told = folder / "faults.json"
    faults: dict[str, str] = json.loads(told.read_text("utf-8")) if told.exists() else {}
    with atheris.instrument_imports(include=["dedupkit"], exclude=list(KERNELS)):
        from targets import TARGETS  # noqa: PLC0415  imported as it is to be watched

        target = TARGETS[name]
        for seed in target.seeds():  # what is imported when it is wanted
            try_input(target.run, seed)
    for path in sorted((FUZZ / "crashes" / name).glob("*")):
        if not path.name.startswith("native") and (fault := try_input(target.run, path.read_bytes())):
            faults[fault] = path.relative_to(ROOT).as_posix()  # it is not mended yet
    told.write_text(json.dumps(faults), "utf-8")

    def try_one(data: bytes) -> None:
        fault = try_input(target.run, data)
        if fault is None or fault in faults:
            return
        small = make_small(data, lambda less: try_input(target.run, less) == fault, _SHRINKING_SECONDS)
        faults[fault] = store(name, small, fault)
        told.write_text(json.dumps(faults), "utf-8")

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        """As libFuzzer does; or what such inputs are made of is put in, which it seldom does and coverage rarely rewards."""
        random = Random(seed)  # noqa: S311  not a secret
        if random.random() < _THEIRS:
            return bytes(atheris.Mutate(data, most))
        made = bytearray(data)
        for _ in range(random.randint(1, 4)):
            at = random.randint(0, len(made))
            end = at + (random.randint(0, 8) if random.random() < _REPLACING else 0)
            made[at:end] = random.choice(target.bits)
        return bytes(made[:most])

    atheris.Setup([sys.argv[0], *arguments], try_one, custom_mutator=mutate)
    atheris.Fuzz()


def store(name: str, data: bytes, fault: str) -> str:
    """Store an input that breaks a target, under a name that says how; the path, from the root."""
    where = re.sub(r"[^A-Za-z0-9]+", "-", fault.partition(":")[0]).strip("-")
    path = FUZZ / "crashes" / name / f"{where}-{hashlib.sha256(data).hexdigest()[:8]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path.relative_to(ROOT).as_posix()


def fuzz(name: str, seconds: float) -> Fuzzed:
    """Fuzz a target for some time, anew after each native crash."""
    with tempfile.TemporaryDirectory(prefix="dedupkit-fuzz-") as temporary:
        folder = Path(temporary)
        most = _write_seeds(name, folder)
        started = time.monotonic()
        inputs = 0
        crashes: dict[str, str] = {}
        for start in range(_MOST_RESTARTS):
            left = seconds - (time.monotonic() - started)
            if inputs and left < 1:
                break
            tried, end = _run(name, folder, max(1, int(left)), most, start + 1)
            inputs += tried
            for artifact in sorted(folder.glob("native-*")):
                kind = f"native {artifact.name.split('-')[1]}"
                path = store(name, artifact.read_bytes(), kind)
                crashes[f"{kind} of {path[-8:]}"] = path
                artifact.unlink()
            if end == 0:
                break
            if not tried:
                raise SystemExit(f"{name}: the fuzzer did not start:\n{(folder / 'log').read_text('utf-8')}")
        if (told := folder / "faults.json").exists():
            crashes |= json.loads(told.read_text("utf-8"))
        return Fuzzed(name, inputs, time.monotonic() - started, crashes)


def _write_seeds(name: str, folder: Path) -> int:
    """Write the seeds of a target, and what they are made of as libFuzzer's dictionary; how long inputs may be."""
    sys.path.insert(0, str(FUZZ))
    from targets import TARGETS  # noqa: PLC0415  a module of the tests

    corpus = folder / "corpus"
    corpus.mkdir()
    seeds = TARGETS[name].seeds()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    lines = ['"' + "".join(f"\\x{byte:02x}" for byte in bit) + '"\n' for bit in TARGETS[name].bits]
    (folder / "bits").write_text("".join(lines), "ascii")
    return max(_LEAST_BYTES, *(2 * len(seed) for seed in seeds))


def _run(name: str, folder: Path, seconds: int, most: int, seed: int) -> tuple[int, int]:
    """Fuzz a target in a process, with inputs of so many bytes at most; how many were tried, and the exit status."""
    command = [
        sys.executable, __file__, "--here", name, str(folder), str(folder / "corpus"),
        f"-max_total_time={seconds}", f"-timeout={_MOST_SECONDS}", f"-report_slow_units={_MOST_SECONDS}", f"-rss_limit_mb={_MOST_MIB}", f"-max_len={most}",
        f"-artifact_prefix={folder}/native-", f"-dict={folder}/bits", "-print_final_stats=1", f"-seed={seed}", "-verbosity=1",
    ]  # fmt: skip
    environment = os.environ | {"POLARS_MAX_THREADS": "1", "TMPDIR": str(folder)}
    tried = 0
    last: collections.deque[str] = collections.deque(maxlen=200)
    with subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None  # noqa: S101  for mypy
        for line in process.stderr:  # a panic tells much, and often
            last.append(line)
            if found := _RUNS_RE.search(line):
                tried = max(tried, *(int(number) for number in found.groups() if number))
    (folder / "log").write_text("".join(last), "utf-8")
    return tried, process.returncode


def table_of(results: Sequence[Fuzzed]) -> str:
    """A table in Markdown."""
    rows = [
        f"| {each.name} | {each.inputs:,} | {each.seconds:.0f} | {len(each.crashes)} |" for each in results
    ]
    total = f"| all | {sum(each.inputs for each in results):,} | {sum(each.seconds for each in results):.0f} | {sum(len(each.crashes) for each in results)} |"
    return "\n".join(["| target | inputs tried | seconds | crashes |", "|---|--:|--:|--:|", *rows, total])


def main() -> None:
    """Fuzz, print the table, and say what broke."""
    if sys.argv[1:2] == ["--here"]:
        fuzz_here(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
        return
    sys.path.insert(0, str(FUZZ))
    from targets import TARGETS  # noqa: PLC0415  a module of the tests

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--target", nargs="+", default=["all"], choices=[*TARGETS, "all"], metavar="NAME")
    parser.add_argument("--seconds", type=float, default=60, help="of each target (default: 60)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default: 1)")
    asked = parser.parse_args()
    names = list(TARGETS) if "all" in asked.target else asked.target
    with contextlib.suppress(AttributeError):
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with ThreadPoolExecutor(asked.jobs) as threads:
        results = list(threads.map(lambda name: fuzz(name, asked.seconds), names))
    print(table_of(results))
    for each in results:
        for fault, path in each.crashes.items():
            print(f"\n{each.name}: {fault}\n  {path}")
    sys.exit(any(each.crashes for each in results))


if __name__ == "__main__":
    main()
