"""Nothing from the data is run, unpickled, opened as a path, put in a shell or fetched."""

import ast
import json
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import dedupkit
from dedupkit.cli import main
from dedupkit.config import Settings
from dedupkit.dumps import read_inputs

PACKAGE = Path(dedupkit.__file__).parent

#: What runs text or bytes as a program. Java is started by pyspark, from a path that no data names.
RUNS = {"eval", "exec", "compile", "__import__", "system", "popen", "execv", "execvp", "spawnv", "spawnl"}
UNPICKLES = {"pickle", "cPickle", "dill", "shelve", "marshal", "joblib"}

#: "'; touch hit; '" and the like: what each text would do if anything ran it.
HOSTILE = [
    "$(touch hit)", "`touch hit`", "; touch hit", "| touch hit", "__import__('os').system('touch hit')", "{{7*7}}{% raw %}",
    "../../hit", "/etc/passwd", "file:///etc/passwd", "https://example.org/hit", "=cmd|'/c touch hit'!A0", "%s%n", "${jndi:ldap://x}",
    "cos\nsystem\n(S'touch hit'\ntR.", "!!python/object/apply:os.system ['touch hit']", "<script>hit()</script>", "a*.parquet", "-o", "~root",
]  # fmt: skip


def calls_of(path):
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            of = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
            yield node, of, name


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_module_runs_or_unpickles_what_it_reads(path):
    tree = ast.parse(path.read_text("utf-8"))
    imported = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    } | {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & UNPICKLES
    for node, of, name in calls_of(path):
        told = f"{path}:{node.lineno}"
        if name in RUNS and not (name == "eval" and of.endswith(".list")):  # of polars: an expression of ours
            assert (of, name) == ("re", "compile"), told
        assert not any(key.arg == "shell" for key in node.keywords), told
        if name == "load" and of in ("np", "numpy"):
            assert not any(key.arg == "allow_pickle" for key in node.keywords), told


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_arguments, **_named):
        raise AssertionError("nothing may be fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.usefixtures("offline")
def test_hostile_texts_stay_texts_from_input_to_report(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [
        {"title": f"{text} {number}", "abstract": f"{text} and {number * 7919} words", "own": text}
        for number, text in enumerate(HOSTILE)
    ]
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    (tmp_path / "in" / "$(touch hit) {{7*7}}.txt").write_text("\n\n".join(HOSTILE), "utf-8")
    for command in (
        ["clean", "in", "--quiet"],
        ["gate", "cleaned", "--quiet"],
        ["report", "cleaned", "--quiet"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(command)
        assert ended.value.code in (0, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cleaned", "in", "reports"]
    records = pl.read_parquet(tmp_path / "cleaned" / "records.parquet").filter(source="a.jsonl")
    assert records["own"].to_list() == HOSTILE
    page = (tmp_path / "reports" / "index.html").read_text("utf-8")
    assert "<script>hit()" not in page
    assert "49.txt" not in page


def test_csv_for_spreadsheets_has_no_formulas_on_request(tmp_path):
    cells = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "＝1", "-5", "+1.5e3", "-3.5%", "plain", "a=b", ""]
    table = pl.DataFrame({"=text": cells, "n": [str(number) for number in range(len(cells))]})
    table.write_csv(tmp_path / "a.csv")
    command = [sys.executable, "-m", "dedupkit.cli", "repair", "a.csv", "-o", "b.csv"]
    subprocess.run([*command, "--escape-formulas"], cwd=tmp_path, check=True)
    found = pl.read_csv(tmp_path / "b.csv", infer_schema=False)
    assert found.columns == ["'=text", "n"]
    assert found["'=text"].fill_null("").to_list() == [
        "'=1+1", "'+cmd", "'-2+3", "'@SUM(A1)", "x", "'＝1", "-5", "+1.5e3", "-3.5%", "plain", "a=b", ""
    ]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, check=True)
    assert pl.read_csv(tmp_path / "b.csv", infer_schema=False).columns == ["=text", "n"]
    told = subprocess.run(
        [*command[:4], "a.jsonl", "--escape-formulas"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode in (2, 3)


def test_a_name_in_the_data_is_no_path(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(
        f"title,abstract,source\nA,{tmp_path}/secret.txt,../secret.txt\n", "utf-8"
    )
    records = read_inputs([tmp_path / "in"], Settings()).records
    assert records["abstract_raw"].to_list() == [f"{tmp_path}/secret.txt"]
    assert records["source"].to_list() == ["a.csv"]
