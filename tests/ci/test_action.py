"""The action, the workflows and the hooks, as GitHub and pre-commit would run them."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = [*sorted((ROOT / ".github" / "action").glob("*.sh")), ROOT / ".ci" / "run"]
SHELL = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]  # what "shell: bash" means on a runner

HOSTILE = [
    "two words",
    "it's",
    'a "quoted" one',
    "$(touch pwned)",
    "`touch pwned`",
    "x; touch pwned",
    "x && touch pwned #",
    "--help",
    "-",
    "*",
    "%s\\n",
    "€ü",
]

# Both take the place of the command that the action installs.
RECORDS = """#!{python}
import json, os, sys
calls = open("calls.jsonl", "a+")
calls.seek(0)
statuses = os.environ["STATUSES"].split()
status = int(statuses[len(calls.readlines())])
calls.write(json.dumps(sys.argv[1:]) + "\\n")
sys.exit(status)
"""
RUNS = '#!/usr/bin/env bash\nexec {python} -m dedupkit.cli "$@"\n'

CLEAN_ROW = {
    "title": "Sketches of sets that nobody could keep whole",
    "abstract": "We keep a few numbers of each set and show that they tell how much two of the sets have in common.",
}


def load(path):
    return YAML(typ="safe").load(path if isinstance(path, Path) else io.StringIO(path))


def values_of(key, tree):
    """Every value under a key, however deep."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from values_of(key, value)
    elif isinstance(tree, list):
        for value in tree:
            yield from values_of(key, value)


ACTION = load(ROOT / "action.yml")
HOOKS = {hook["id"]: hook for hook in load(ROOT / ".pre-commit-hooks.yaml")}
INSTALL, GATE = [step for step in ACTION["runs"]["steps"] if "run" in step]


class Job:
    """A job on a runner: a workspace, what the runner sets, and the files that it reads afterwards."""

    def __init__(self, folder):
        self.workspace = folder / "work space"
        self.command = folder / "temp" / "dedupkit" / "bin" / "dedupkit"
        self.workspace.mkdir()
        self.command.parent.mkdir(parents=True)
        self.runner = {
            "RUNNER_TEMP": str(folder / "temp"),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_ACTIONS": "true",
        }
        for name in ("output", "summary"):
            (folder / name).touch()
        self.folder = folder

    def put(self, template):
        self.command.write_text(template.format(python=sys.executable), "utf-8")
        self.command.chmod(0o755)

    def gate(self, statuses="0 0 0", **inputs):
        """Run the step of action.yml with these inputs; what GitHub does with defaults and ``env:``."""
        inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(inputs) <= set(ACTION["inputs"])
        given = {name: str(entry.get("default", "")) for name, entry in ACTION["inputs"].items()} | inputs
        environment = {
            name: given[re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)[1]]
            for name, value in GATE["env"].items()
        }
        return self.run([*SHELL, GATE["run"]], STATUSES=statuses, **environment)

    def hook(self, name, files=()):
        """Run a hook as pre-commit would."""
        hook = HOOKS[name]
        shim = {"PATH": f"{self.command.parent}{os.pathsep}{os.environ['PATH']}"}
        return self.run([*shlex.split(hook["entry"]), *hook.get("args", []), *files], **shim)

    def run(self, arguments, **environment):
        return subprocess.run(
            arguments,
            cwd=self.workspace,
            env={**os.environ, **self.runner, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self):
        record = self.workspace / "calls.jsonl"
        return (
            [json.loads(line) for line in record.read_text("utf-8").splitlines()] if record.exists() else []
        )

    @property
    def outputs(self):
        return dict(line.split("=", 1) for line in (self.folder / "output").read_text("utf-8").splitlines())

    @property
    def summary(self):
        return (self.folder / "summary").read_text("utf-8")


@pytest.fixture
def job(tmp_path):
    """A job whose dedupkit records how it is called, and ends as it is told."""
    job = Job(tmp_path)
    job.put(RECORDS)
    return job


@pytest.fixture
def real_job(tmp_path):
    """A job with the real command, a dump to clean, and a suite that it fails."""
    job = Job(tmp_path)
    job.put(RUNS)
    (job.workspace / "new.jsonl").write_text(json.dumps(CLEAN_ROW) + "\n", "utf-8")
    expectation = {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1000},
        "severity": "critical",
        "description": "A thousand records",
        "meta": {"rule": "XX001"},
    }
    (job.workspace / "strict.json").write_text(
        json.dumps({"name": "strict", "meta": {}, "expectations": [expectation]}), "utf-8"
    )
    return job


# --- The files, as those who read them say what they may hold.


@pytest.mark.parametrize(
    "schema, files",
    [("github-workflows", WORKFLOWS), ("github-actions", [ROOT / "action.yml"])],
    ids=["workflows", "action"],
)
def test_files_follow_their_published_schemas(schema, files):
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    ended = subprocess.run([*checker, *map(str, files)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize(
    "kind, name", [("manifest", ".pre-commit-hooks.yaml"), ("config", ".pre-commit-config.yaml")]
)
def test_pre_commit_takes_its_files(kind, name, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "pre_commit", f"validate-{kind}", str(ROOT / name)],
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script):
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    ended = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_no_script_holds_an_expression_and_every_action_is_pinned(file):
    assert not [script for script in values_of("run", load(file)) if "${{" in script]
    used = re.findall(r"uses: *(.*)", file.read_text("utf-8"))
    assert len(used) == len(list(values_of("uses", load(file))))
    for reference in used:
        assert re.fullmatch(r"\./|[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", reference), reference


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_read_only_and_end(file):
    workflow = load(file)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is True
    assert {"push", "pull_request"} == set(workflow["on"])
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30
        assert "permissions" not in job
        checkouts = [step for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_the_tests_run_on_the_oldest_and_the_newest_python():
    versions = load(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"][
        "python"
    ]
    supported = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert versions == [supported[0], supported[-1]]


def test_every_input_reaches_the_script_and_no_other():
    passed = {f"INPUT_{name.upper()}" for name in ACTION["inputs"] if name != "python-version"}
    read = set(re.findall(r"INPUT_[A-Z]+", (ROOT / ".github" / "action" / "gate.sh").read_text("utf-8")))
    assert set(GATE["env"]) == passed
    assert passed | {"INPUT_NAME"} == read  # NAME: in the comment on top


# --- The gate's step.


def test_a_candidate_alone(job):
    assert job.gate(candidate="cleaned/").returncode == 0
    assert job.calls == [["gate", "--quiet", "--format=github", "--", "cleaned/"]]
    assert job.outputs == {"status": "passed"}


def test_clean_comes_first_and_what_it_wrote_is_gated(job):
    assert job.gate(candidate="new/", clean="true", suite="s.json", against="b", report="out").returncode == 0
    assert job.calls == [
        ["clean", "--quiet", "--out=cleaned", "--report=out", "--", "new/"],
        [
            "gate",
            "--quiet",
            "--sources=.",
            "--suite=s.json",
            "--against=b",
            "--format=github",
            "--",
            "cleaned",
        ],
    ]


@pytest.mark.parametrize(
    "status, says", [(0, "passed"), (1, "failed"), (2, "could not run"), (3, "could not run")]
)
def test_the_status_is_the_gates_own(status, says, job):
    assert job.gate(f"{status} 0", candidate="c", sarif="true").returncode == status
    assert job.outputs["status"] == says
    assert len(job.calls) == (2 if status < 2 else 1)  # what could not be judged once is not tried again
    assert job.outputs.get("sarif") == ("reports/gate.sarif" if status < 2 else None)


@pytest.mark.parametrize("status", [2, 3])
def test_where_clean_ends_nothing_is_gated(status, job):
    assert job.gate(f"{status}", candidate="c", clean="true").returncode == status
    assert job.outputs == {"status": "could not run"}
    assert len(job.calls) == 1


def test_a_sarif_file_that_could_not_be_written_is_told(job):
    assert job.gate("1 3", candidate="c", sarif="true").returncode == 3
    assert job.outputs == {"status": "could not run"}


def test_sarif_is_judged_with_the_same_flags(job):
    job.gate(candidate="c", sarif="true", against="b", baseline="k.json", report="out")
    judged, written = job.calls
    assert judged == ["gate", "--quiet", "--against=b", "--baseline=k.json", "--format=github", "--", "c"]
    assert written == [*judged[:4], "--format=sarif", "--output=out/gate.sarif", "--", "c"]
    assert (job.workspace / "out").is_dir()


@pytest.mark.parametrize("hostile", [*HOSTILE, "two\nlines"])
def test_hostile_inputs_arrive_whole_and_none_is_executed(hostile, job):
    names = ("candidate", "against", "suite", "baseline")
    assert job.gate(**dict.fromkeys(names, hostile)).returncode == 0
    given = [f"--suite={hostile}", f"--against={hostile}", f"--baseline={hostile}"]
    assert job.calls == [["gate", "--quiet", *given, "--format=github", "--", hostile]]
    assert [path.name for path in job.workspace.iterdir()] == ["calls.jsonl"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_folder_of_the_report_is_made_and_told(hostile, job):
    assert job.gate(candidate="c", clean="true", sarif="true", report=hostile).returncode == 0
    assert f"--report={hostile}" in job.calls[0]
    assert f"--output={hostile}/gate.sarif" in job.calls[2]
    assert job.outputs == {"status": "passed", "sarif": f"{hostile}/gate.sarif"}
    assert {path.name for path in job.workspace.iterdir()} == {"calls.jsonl", hostile}


@pytest.mark.parametrize(
    "inputs",
    [
        {"candidate": ""},
        {"candidate": "c", "clean": "yes"},
        {"candidate": "c", "clean": "true\nx"},
        {"candidate": "c", "sarif": "$(touch pwned)"},
        {"candidate": "c", "report": "out\nstatus=passed"},
        {"candidate": "c", "report": "out\r\n::set-output name=status::passed"},
    ],
)
def test_inputs_that_mean_nothing_are_refused(inputs, job):
    ended = job.gate(**inputs)
    assert ended.returncode == 2
    assert re.fullmatch(r'::error title=dedupkit::The input "[a-z]+" is .*\n', ended.stdout)
    assert job.calls == []
    assert job.outputs == {"status": "could not run"}
    assert list(job.workspace.iterdir()) == []


def test_installing_needs_no_luck_with_names(tmp_path):
    action, python = tmp_path / "an $(action)", tmp_path / "a python"
    record = tmp_path / "record"
    python.write_text(
        f'#!/usr/bin/env bash\nprintf "%s\\n" "$@" >>{record}\n'
        'if [[ "$2" == venv ]]; then mkdir -p "$4/bin"; cp "$0" "$4/bin/python"; fi\n',
        "utf-8",
    )
    python.chmod(0o755)
    (action / ".github").mkdir(parents=True)
    (action / ".github" / "action").symlink_to(ROOT / ".github" / "action")
    runner = {"RUNNER_TEMP": f"{tmp_path}/te mp", "GITHUB_ACTION_PATH": str(action), "PYTHON": str(python)}
    ended = subprocess.run(
        [*SHELL, INSTALL["run"]], env={**os.environ, **runner}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    made, installed = record.read_text("utf-8").split("-m\npip\n")
    assert made.splitlines() == ["-m", "venv", "--clear", f"{tmp_path}/te mp/dedupkit"]
    assert installed.splitlines()[-3:] == ["--constraint", f"{action}/constraints.txt", str(action)]


# --- The same with the real command.


def test_a_clean_dump_passes(real_job):
    ended = real_job.gate(candidate="new.jsonl", clean="true", sarif="true")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert real_job.outputs == {"status": "passed", "sarif": "reports/gate.sarif"}
    assert "::error" not in ended.stdout
    assert real_job.summary
    assert (real_job.workspace / "reports" / "index.html").exists()
    sarif = json.loads((real_job.workspace / "reports" / "gate.sarif").read_text("utf-8"))
    assert sarif["version"] == "2.1.0"


def test_a_dump_that_fails_is_annotated_and_summed_up(real_job):
    ended = real_job.gate(candidate="new.jsonl", clean="true", suite="strict.json")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert real_job.outputs == {"status": "failed"}
    assert "::error" in ended.stdout
    assert "A thousand records" in real_job.summary


def test_a_set_that_holds_the_candidate_stops_it(real_job):
    (real_job.workspace / "base.jsonl").write_text(json.dumps(CLEAN_ROW) + "\n", "utf-8")
    assert real_job.gate(candidate="new.jsonl", against="base.jsonl").returncode == 1
    assert real_job.outputs == {"status": "failed"}


@pytest.mark.parametrize("hostile", ["--help", "$(touch pwned) 'x\""])
def test_the_command_takes_hostile_names_for_names(hostile, real_job):
    ended = real_job.gate(candidate=hostile)
    assert ended.returncode == 3, ended.stdout + ended.stderr  # there is no such file
    assert real_job.outputs == {"status": "could not run"}
    (real_job.workspace / hostile).write_bytes((real_job.workspace / "strict.json").read_bytes())
    ended = real_job.gate(candidate="new.jsonl", suite=hostile)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "A thousand records" in real_job.summary
    assert not (real_job.workspace / "pwned").exists()


# --- Hooks, and what people copy.


def test_the_hook_gates_what_clean_wrote(real_job):
    assert real_job.run([real_job.command, "clean", "new.jsonl"]).returncode == 0
    ended = real_job.hook("dedupkit-gate")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_hook_reads_suites_strictly(real_job):
    ended = real_job.hook("dedupkit-suite", [str(ROOT / "expectations" / "cleaned.json"), "strict.json"])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (real_job.workspace / "strict.json").write_text('{"name": "strict"}', "utf-8")
    assert real_job.hook("dedupkit-suite", ["strict.json"]).returncode != 0


@pytest.mark.parametrize(
    "hook, name, runs",
    [
        ("dedupkit-gate", "cleaned/clean.parquet", True),
        ("dedupkit-gate", "new/papers.jsonl.zst", True),
        ("dedupkit-gate", "README.md", False),
        ("dedupkit-suite", "expectations/deep/strict.json", True),
        ("dedupkit-suite", "tests/expectations/strict.json", False),
    ],
)
def test_hooks_run_for_their_files(hook, name, runs):
    assert bool(re.search(HOOKS[hook]["files"], name)) is runs


def test_what_the_readme_shows_is_there():
    section = (ROOT / "README.md").read_text("utf-8").split("\n## In CI\n")[1].split("\n## ")[0]
    workflow, hooks = (load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL))
    (gate,) = [step for step in workflow["jobs"]["gate"]["steps"] if "dedupkit" in step["uses"]]
    assert set(gate["with"]) <= set(ACTION["inputs"])
    (repository,) = hooks["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == set(HOOKS)
