"""Bad input ends in a clear result or a clear error, never in a traceback."""

import gzip
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
import pytest

from dedupkit.cli import main
from dedupkit.dumps.content import read_content
from dedupkit.dumps.files import InputFile
from dedupkit.errors import InputError


@pytest.fixture
def clean(tmp_path, monkeypatch, capfd):
    """Run ``dedupkit clean`` here; gives exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["clean", *map(str, arguments)])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code, out, err

    return run


def test_an_empty_folder(clean, tmp_path):
    (tmp_path / "empty").mkdir()
    status, _, err = clean("empty")
    assert status == 3
    assert "empty: no file to read" in err
    assert "Hint:" in err
    assert not (tmp_path / "cleaned").exists()


def test_a_missing_path(clean):
    status, _, err = clean("nowhere.txt")
    assert status == 3
    assert "nowhere.txt" in err


@pytest.mark.parametrize("content", [b"", b"\n \n\t\n", b"\xef\xbb\xbf"])
def test_a_file_without_text(content, clean, tmp_path):
    (tmp_path / "zero.txt").write_bytes(content)
    status, _, err = clean("zero.txt")
    assert status == 3
    assert "zero.txt: no record" in err


def test_an_empty_file_beside_others_is_no_error(clean, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "zero.txt").write_bytes(b"")
    (tmp_path / "in" / "zero.csv").write_bytes(b"")
    (tmp_path / "in" / "zero.jsonl").write_bytes(b"")
    (tmp_path / "in" / "some.txt").write_text("A line of text.\n", "utf-8")
    status, _, err = clean("in")
    assert (status, err) == (0, "")
    assert pl.read_parquet(tmp_path / "cleaned" / "records.parquet").height == 1


def test_a_binary_file(clean, tmp_path):
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    status, _, err = clean("picture.txt")
    assert status == 3
    assert "picture.txt" in err
    assert "PNG" in err


def test_a_file_without_read_permission(clean):
    with tempfile.TemporaryDirectory() as folder:  # not below pytest's folder, which only its owner may enter
        Path(folder).chmod(0o755)
        secret = Path(folder, "secret.txt")
        secret.write_text("A text that nobody may read.", "utf-8")
        secret.chmod(0)
        told = _as_nobody(secret) if os.geteuid() == 0 else clean(secret)[2]
        assert "secret.txt: this file cannot be read (Permission denied)" in told
        assert "Hint:" in told


def _as_nobody(path):
    """What reading says to a user without rights: root may read anything, so a child gives its rights up."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.seteuid(65534)
        try:
            read_content(InputFile(path, path.name))
        except InputError as error:
            os.write(send, str(error).encode())
        finally:
            os._exit(0)
    os.close(send)
    os.waitpid(child, 0)
    with os.fdopen(receive) as told:
        return told.read()


def test_invalid_utf8_is_decoded_and_told(clean, tmp_path):
    (tmp_path / "old.txt").write_bytes(
        "Où est le café de la Forêt-Noire, déjà?\n\nEncore là-bas.".encode("windows-1252")
    )
    status, out, _ = clean("old.txt")
    assert status == 0
    assert "windows-1252" in out
    assert "Où est le café" in pl.read_parquet(tmp_path / "cleaned" / "records.parquet")["abstract"][0]


def test_one_line_of_50_megabytes(clean, tmp_path):
    (tmp_path / "long.txt").write_text("word " * 10_000_000, "utf-8")
    status, out, _ = clean("long.txt")
    assert status == 0
    assert "Read 1" in " ".join(out.split())
    assert len(pl.read_parquet(tmp_path / "cleaned" / "records.parquet")["abstract"][0]) == 49_999_999
    assert (tmp_path / "reports" / "index.html").stat().st_size < 2_000_000


def test_a_folder_of_unknown_suffixes(clean, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.docx", "b.md", "c"):
        (tmp_path / "in" / name).write_text("x", "utf-8")
    status, _, err = clean("in")
    assert status == 3
    assert "3 of other kinds" in err


def test_a_file_that_cannot_be_read_stops_the_run_and_leaves_the_last_result(clean, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "good.txt").write_text("Some text of a good file.", "utf-8")
    assert clean("in")[0] == 0
    before = (tmp_path / "cleaned" / "records.parquet").read_bytes()
    (tmp_path / "in" / "bad.txt").write_bytes(b"bad\0bad")
    assert clean("in")[0] == 3
    assert (tmp_path / "cleaned" / "records.parquet").read_bytes() == before


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["--threshold", "7"], "similarity"),
        (["--threshold", "high"], "invalid float"),
        (["--treshold", "0.7"], "unrecognized arguments"),
        (["--suite", "none.json"], "none.json"),
        (["--text-column", "nope"], "'nope'"),
        (["--config", "none.toml"], "none.toml"),
        (["--out", "table.csv"], "table.csv"),
        (["--out", "."], "replace the whole folder"),
    ],
)
def test_wrong_usage_is_status_2(arguments, says, clean, tmp_path):
    (tmp_path / "table.csv").write_text("title,abstract\nOne,Some text.\n", "utf-8")
    status, _, err = clean("table.csv", *arguments)
    assert status == 2
    assert says in err


def test_no_command_is_wrong_usage(capfd):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage: dedupkit" in capfd.readouterr().err


def test_an_error_of_ours_is_one_clear_line_unless_debugging(clean, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("Some text.", "utf-8")

    def broken(*_args, **_kwargs):
        raise KeyError("impossible")

    monkeypatch.setattr("dedupkit.pipeline.read_inputs", broken)
    status, _, err = clean("a.txt")
    assert status == 3
    assert "internal error, KeyError" in err
    with pytest.raises(KeyError):
        main(["clean", "a.txt", "--debug"])


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_the_last_result(stop, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("A paragraph of text for this file.", "utf-8")
    command = [sys.executable, "-m", "dedupkit.cli", "clean", "in"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    before = {path.name: path.read_bytes() for path in (tmp_path / "cleaned").iterdir()}
    many = "".join(
        f"Paragraph {number} speaks of other things than its neighbours do.\n\n" for number in range(30_000)
    )
    (tmp_path / "in" / "b.txt").write_text(many, "utf-8")
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        while not (tmp_path / ".cleaned.work" / "job.json").exists():
            time.sleep(0.01)
        time.sleep(0.5)
        run.send_signal(stop)
        out, err = run.communicate(timeout=60)
    assert run.returncode == (-signal.SIGKILL if stop == signal.SIGKILL else 3)
    assert "Traceback" not in out + err
    assert {path.name: path.read_bytes() for path in (tmp_path / "cleaned").iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cleaned.work", "cleaned", "in", "reports"]
    (tmp_path / "in" / "b.txt").unlink()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cleaned", "in", "reports"]


def test_a_reader_that_goes_away_is_no_failure(tmp_path):
    (tmp_path / "a.txt").write_text("A paragraph of text for this file.", "utf-8")
    command = f"{sys.executable} -m dedupkit.cli clean a.txt | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "cleaned" / "records.parquet").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("A paragraph of text for this file.", "utf-8")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "dedupkit.cli", "clean", "a.txt"]
        done = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_file_names_are_text(clean, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    names = ["<script>alert(1)</script>.txt", "line\nfeed.txt", "[bold]markup[/bold].txt", "-flag.txt"]
    for name in names:
        (folder / name.replace("/", "_")).write_text("A paragraph of text for this file.", "utf-8")
    status, _, err = clean("in")
    assert (status, err) == (0, "")
    html = (tmp_path / "reports" / "index.html").read_text("utf-8")
    assert "<script>alert" not in html


def test_importing_the_package_loads_none_of_the_heavy_libraries():
    heavy = (
        "polars",
        "great_expectations",
        "pandas",
        "numpy",
        "datasketch",
        "ftfy",
        "jinja2",
        "rich",
        "langdetect",
    )
    script = (
        "import sys, dedupkit, dedupkit.cli\n"
        "try: dedupkit.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert done.stdout.endswith("[]\n")


def test_rows_that_cannot_be_read_are_told_and_strict_refuses_them(clean, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"title": "A", "abstract": "Some text."}\n{"title": \n', "utf-8")
    status, out, _ = clean("a.jsonl")
    assert status == 0
    assert "Bad rows" in out
    told = pl.read_parquet(tmp_path / "cleaned" / "unparsed.parquet").row(0, named=True)
    assert (told["source"], told["line"], told["text"]) == ("a.jsonl", 2, '{"title":')
    assert "this is not JSON" in told["why"]
    assert "row that could not be read" in (tmp_path / "reports" / "index.html").read_text("utf-8")
    before = (tmp_path / "cleaned" / "records.parquet").read_bytes()
    status, out, err = clean("a.jsonl", "--strict")
    assert (status, out) == (3, "")
    assert "a.jsonl:2: this is not JSON" in err
    assert (tmp_path / "cleaned" / "records.parquet").read_bytes() == before
    (tmp_path / "strict.toml").write_text("strict = true\n", "utf-8")
    assert clean("a.jsonl", "--config", "strict.toml")[0] == 3


@pytest.mark.parametrize("command", ["dedup", "gate", "index"])
def test_where_bad_rows_have_no_place_they_are_an_error(command, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text('{"title": "A", "abstract": "Some text."}\n{"title": \n', "utf-8")
    with pytest.raises(SystemExit) as ended:
        main([command, "a.jsonl", *(["--out", "x.index"] if command == "index" else [])])
    assert ended.value.code == 3
    assert "a.jsonl:2: this is not JSON" in capfd.readouterr().err


@pytest.mark.parametrize(
    "content, name",
    [
        (b'{"title": "A", "abstract": "Some text."}\n', "stdin.jsonl"),
        (gzip.compress(b"title,abstract\nA,Some text.\n", mtime=0), "stdin.csv.gz"),
        (b"Some text without any layout.\n", "stdin.txt"),
        (b"<!doctype html><title>A</title><p>Some text.", "stdin.html"),
    ],
)
def test_standard_input_is_read_as_what_it_is(content, name, tmp_path):
    command = [sys.executable, "-m", "dedupkit.cli", "clean", "-", "--quiet"]
    told = subprocess.run(command, input=content, cwd=tmp_path, capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (0, b"")
    assert pl.read_parquet(tmp_path / "cleaned" / "records.parquet")["source"].to_list() == [name]
    assert json.loads((tmp_path / "cleaned" / "facts.json").read_text("utf-8"))["sources"][0]["bytes"] == len(
        content
    )


def test_a_table_of_ten_thousand_columns(clean, tmp_path):
    own = {f"c{number}": [number] for number in range(10_000)}
    pl.DataFrame({"title": ["A"], "abstract": ["Some text."], **own}).write_csv(tmp_path / "wide.csv")
    assert clean("wide.csv")[0] == 0
    records = pl.read_parquet(tmp_path / "cleaned" / "clean.parquet")
    assert records.select("c0", "c9999").rows() == [("0", "9999")]


def test_names_of_files_are_told_on_one_line(clean, tmp_path):
    (tmp_path / "in").mkdir()
    for name in (b"caf\xe9.txt", b"two\nlines\x1b[31m.txt"):
        (tmp_path / "in" / os.fsdecode(name)).write_text("Some text of a file.\n", "utf-8")
    status, out, _ = clean("in")
    assert status == 0
    assert "\x1b" not in out
    assert "two\\nlines\\x1b[31m.txt" in out
    assert "lines⟨U+001B⟩[31m.txt" in (tmp_path / "reports" / "index.html").read_text("utf-8")


def test_duplicates_of_a_table_on_standard_input_are_marked(tmp_path):
    rows = [{"title": "A", "abstract": "The same text of some words."}] * 2
    command = [sys.executable, "-m", "dedupkit.cli", "dedup", "-", "--quiet"]
    subprocess.run(command, input=json.dumps(rows).encode(), cwd=tmp_path, check=True)
    clusters = pl.read_parquet(tmp_path / "duplicates" / "clusters.parquet")
    assert clusters["verdict"].to_list() == ["kept", "exact_duplicate"]


@pytest.mark.parametrize("report", ["cleaned", "cleaned/report", "./cleaned/../cleaned"])
def test_a_report_in_the_folder_of_the_results_is_refused(report, clean, tmp_path):
    (tmp_path / "a.txt").write_text("Some text.\n", "utf-8")
    status, _, err = clean("a.txt", "--report", report)
    assert status == 2
    assert "--report" in err
    assert not (tmp_path / "cleaned").exists()
