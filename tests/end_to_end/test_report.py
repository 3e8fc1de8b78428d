"""``dedupkit report`` over two runs, as a user runs it."""

import json

import pytest

from dedupkit.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory, seeds):
    """Two runs over a few records of the seeds, one of them with an edited copy: ``cleaned`` and ``earlier``."""
    place = tmp_path_factory.mktemp("report")
    lines = seeds["001"].split("\n")[2:]
    rows = [{"title": lines[n].removeprefix("Subscribe"), "abstract": lines[n + 1]} for n in range(0, 12, 2)]
    words = [word if n % 20 else "otherwise" for n, word in enumerate(rows[0]["abstract"].split())]
    copy = {"title": "Vision Transformers and Adaptive Strategies of Training", "abstract": " ".join(words)}
    mangled = {
        "title": "Samples of mathcal{O}(1)",
        "abstract": f"For XinR^{{ntimes d}}, {rows[5]['title']} holds.",
    }
    (place / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in [*rows, copy, mangled]), "utf-8"
    )
    for name, flags in (("cleaned", []), ("earlier", ["--threshold", "0.9", "--math", "off"])):
        arguments = ["clean", place / "rows.jsonl", "--out", place / name, "--report", place / f"{name}_page"]
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in [*arguments, *flags, "--quiet"]])
        assert ended.value.code == 0
    return place


@pytest.fixture
def report(folder, monkeypatch, capfd):
    """Run ``report`` there; gives exit status, stdout and stderr."""
    monkeypatch.chdir(folder)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["report", *arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return ended.value.code, out, err

    return run


def test_the_page_shows_what_changed_since_the_earlier_run(report, folder):
    status, out, _ = report("cleaned", "--against", "earlier", "--report", "compared")
    assert (status, out) == (0, "compared/index.html\n")
    html = (folder / "compared" / "index.html").read_text("utf-8")
    assert '<section id="changes">' in html
    assert "Verdicts that changed" in html
    assert "stripped math" in html[html.index("Repairs that came and went") :]
    assert report("cleaned", "--report", "compared")[0] == 0
    assert (folder / "compared/index.html").read_bytes() == (folder / "cleaned_page/index.html").read_bytes()


def test_a_run_against_itself_is_the_same(report):
    status, out, _ = report("cleaned", "--against", "cleaned", "--format", "markdown")
    assert status == 0
    assert "Nothing changed: " in out


def test_markdown_goes_to_standard_output_or_to_a_file(report, folder):
    status, out, err = report("cleaned", "--against", "earlier", "--format", "markdown")
    assert (status, err) == (0, "")
    assert out.startswith("### ")
    assert "dedupkit report: " in out.splitlines()[0]
    for words in (
        "- Setting <code>threshold</code>: <code>0.9</code> → <code>0.7</code>",
        "- Setting <code>math</code>: <code>off</code> → <code>balanced</code>",
        "| kept | near duplicate | 1 |",
        "| dropped | 0 | 1 | +1 |",
        "| stripped math | ",
        "<code>rows.jsonl</code>",
    ):
        assert words in out, words
    assert str(folder) not in out
    arguments = ("cleaned", "--against", "earlier", "--format", "markdown", "-o", "short.md")
    assert report(*arguments)[:2] == (0, "short.md\n")
    assert (folder / "short.md").read_text("utf-8") == out


@pytest.mark.parametrize(
    "arguments, status, says",
    [
        (["cleaned", "--output", "x.md"], 2, "--report"),
        (["cleaned", "--format", "markdown", "-o", "earlier"], 2, "folder"),
        (["cleaned", "--format", "markdown", "-o", "cleaned/x.md"], 2, "holds results"),
        (
            ["cleaned", "--against", "earlier", "--format", "markdown", "-o", "earlier/facts.json"],
            2,
            "results",
        ),
        (["cleaned", "--against", "cleaned_page"], 3, "cleaned_page: no results"),
        (["cleaned", "--against", "missing", "--format", "markdown"], 3, "missing: no results"),
        (["cleaned_page", "--against", "cleaned"], 3, "cleaned_page: no results"),
    ],
)
def test_mistakes_are_told(arguments, status, says, report):
    ended, out, err = report(*arguments)
    assert (ended, out) == (status, "")
    assert says in err
    assert "Hint:" in err
