"""Any bytes: each target of ``targets.py`` with what hypothesis makes up, and with every input that once broke it.

``crashes/TARGET/`` has those inputs, small, each under a name that says how it broke what.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import targets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from targets import TARGETS

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "benchmarks" / "fuzz.py"
spec = importlib.util.spec_from_file_location("benchmarks_fuzz", SCRIPT)
fuzz = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzz)
CRASHES = sorted(path for path in (HERE / "crashes").glob("*/*"))


def is_native(crash):
    """Whether it ended the whole process: such a crash is tried in one of its own."""
    return crash.name.startswith("native")


#: Inputs that still break a target, and why.
NOT_YET: dict[str, str] = {}


@pytest.mark.parametrize("name", TARGETS)
def test_the_first_seed_of_each_target_is_taken(name, monkeypatch):
    refused = []
    monkeypatch.setattr(targets, "_is_told", lambda error, _: refused.append(error))
    TARGETS[name].run(TARGETS[name].seeds()[0])
    assert not refused


@st.composite
def mutated(draw, seeds, bits):
    """A seed with bytes flipped, cut out, doubled and put in."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(1, 40)))
        match draw(st.sampled_from(["flip", "byte", "cut", "double", "put", "put", "end"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "byte" if at < len(data):
                data[at] = draw(st.sampled_from([0, 1, 127, 128, 255, 10, 13, 34, 92]))
            case "cut":
                del data[at:end]
            case "double":
                data[at:at] = data[at:end]
            case "put":
                data[at:at] = draw(st.sampled_from(bits))
            case "end":
                del data[at:]
    return bytes(data)


def inputs(target):
    """What a target is tried with: pieces of what it reads, seeds that were spoilt, and any bytes."""
    bits = st.lists(st.one_of(st.sampled_from(target.bits), st.binary(max_size=2)), max_size=25).map(b"".join)
    return st.one_of(bits, mutated(target.seeds(), target.bits), st.binary(max_size=80))


@pytest.mark.parametrize("name", TARGETS)
def test_any_bytes_are_read_or_refused(name):
    target = TARGETS[name]
    crashes = [HERE / "crashes" / path for path in NOT_YET if path.startswith(f"{name}/")]
    not_yet = {fuzz.try_input(target.run, path.read_bytes()) for path in crashes if not is_native(path)}

    @settings(
        max_examples=target.examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs(target))
    def holds(data):
        try:
            target.run(data)
        except BaseException as error:
            if fuzz.fault_of(error) not in not_yet:
                raise

    holds()


@pytest.mark.parametrize(
    "crash",
    [
        pytest.param(
            path,
            marks=pytest.mark.xfail(reason=reason, strict=True, raises=BaseException) if reason else (),
            id=name,
        )
        for path in CRASHES
        for name in [path.relative_to(HERE / "crashes").as_posix()]
        for reason in [NOT_YET.get(name)]
    ],
)
def test_what_once_broke_a_target_does_not_any_more(crash):
    if not is_native(crash):
        TARGETS[crash.parent.name].run(crash.read_bytes())
        return
    told = "import sys; from pathlib import Path; from targets import TARGETS; crash = Path(sys.argv[1]); TARGETS[crash.parent.name].run(crash.read_bytes())"
    subprocess.run(
        [sys.executable, "-c", told, crash],
        cwd=HERE,
        check=True,
        env=os.environ | {"PYTHONPATH": f"{HERE}:{HERE.parents[1]}"},
    )


def test_every_crash_is_of_a_target_and_small():
    assert {path.parent.name for path in CRASHES} <= set(TARGETS)
    assert all(path.stat().st_size < 20_000 for path in CRASHES)
    assert set(NOT_YET) <= {path.relative_to(HERE / "crashes").as_posix() for path in CRASHES}


@pytest.fixture(scope="session")
def atheris(required):
    if importlib.util.find_spec("atheris") is None:
        required("atheris is not installed: it is for Linux on x86-64 and Python 3.11 to 3.13")


@pytest.mark.usefixtures("atheris")
@pytest.mark.parametrize("name", ["sniff", "suite", "read.jsonl"])
def test_atheris_finds_nothing_in_a_few_seconds(name):
    command = [sys.executable, SCRIPT, "--target", name, "--seconds", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    head, _, row = done.stdout.splitlines()[:3]
    assert head == "| target | inputs tried | seconds | crashes |"
    assert int(row.split("|")[2].replace(",", "")) > 10


@pytest.mark.usefixtures("atheris")
def test_atheris_makes_what_it_finds_small_and_stores_it(tmp_path):
    scripts = tmp_path / "benchmarks"
    targets = tmp_path / "tests" / "fuzz"
    scripts.mkdir()
    targets.mkdir(parents=True)
    (scripts / "fuzz.py").write_bytes(SCRIPT.read_bytes())
    (targets / "targets.py").write_text(
        dedent("""
        import os
        from types import SimpleNamespace

        def run(data):
            if b"(" in data:
                raise KeyError(data)
            if data[:4] == b"stop":
                os.abort()

        TARGETS = {"one": SimpleNamespace(run=run, seeds=lambda: [b"words (in brackets) and more", b"sto"], bits=(b"stop",))}
        """),
        "utf-8",
    )
    command = [sys.executable, scripts / "fuzz.py", "--target", "one", "--seconds", "5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    stored = {
        path.name.rpartition("-")[0]: path.read_bytes() for path in (targets / "crashes" / "one").iterdir()
    }
    assert stored["KeyError-in-targets-run"] == b"("
    assert stored["native-crash"][:4] == b"stop"
