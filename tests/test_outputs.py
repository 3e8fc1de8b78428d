"""Results appear whole or not at all."""

from pathlib import Path

import polars as pl
import pytest

from dedupkit import outputs
from dedupkit.errors import InputError, UsageError

FRAME = pl.DataFrame({"x": [1, 2]})


def test_a_folder_replaces_an_earlier_one_whole(tmp_path):
    out = tmp_path / "deep" / "cleaned"
    outputs.check_folder(out)
    outputs.write_folder(out, {"records.parquet": FRAME, "pairs.parquet": FRAME})
    outputs.write_folder(out, {"records.parquet": FRAME.head(1), "facts.json": {"ä": 1}})
    assert sorted(path.name for path in out.iterdir()) == ["facts.json", "records.parquet"]
    assert pl.read_parquet(out / "records.parquet").height == 1
    assert (out / "facts.json").read_text("utf-8") == '{\n  "ä": 1\n}\n'
    assert [path.name for path in out.parent.iterdir()] == ["cleaned"]


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), pl.exceptions.ComputeError("No space left")]
)
def test_a_failure_leaves_the_last_result(error, tmp_path, monkeypatch):
    out = tmp_path / "cleaned"
    outputs.write_folder(out, {"records.parquet": FRAME})
    before = (out / "records.parquet").read_bytes()

    def full(*_, **_settings):
        raise error

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(InputError, match="No space left"):
        outputs.write_folder(out, {"facts.json": {}, "records.parquet": FRAME})
    assert (out / "records.parquet").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["cleaned"]


def test_without_an_exchange_in_one_step_the_folder_is_replaced_in_two(tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "_exchange_at_once", lambda *_: False)
    out = tmp_path / "cleaned"
    for height in (2, 1):
        outputs.write_folder(out, {"records.parquet": FRAME.head(height)})
        assert pl.read_parquet(out / "records.parquet").height == height
    assert [path.name for path in tmp_path.iterdir()] == ["cleaned"]


def test_a_folder_of_others_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("x", "utf-8")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        outputs.check_folder(tmp_path)
    with pytest.raises(UsageError, match="file"):
        outputs.check_folder(tmp_path / "thesis.tex")


def test_text_is_written_whole(tmp_path):
    outputs.write_text(tmp_path / "reports" / "index.html", "ä")
    assert (tmp_path / "reports" / "index.html").read_text("utf-8") == "ä"
    assert len(list((tmp_path / "reports").iterdir())) == 1
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(InputError):
        outputs.write_text(tmp_path / "file" / "index.html", "x")


@pytest.mark.parametrize("name", ["mine", "mine.txt"])
def test_a_way_through_a_missing_folder_leads_to_the_same_refusal(tmp_path, name):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("mine", "utf-8")
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(UsageError):
        outputs.check_folder(tmp_path / "missing" / ".." / name)


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link.md").symlink_to(tmp_path / "real" / "file.md")
    outputs.write_text(tmp_path / "link.md", "x")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real" / "file.md").read_text("utf-8") == "x"
    outputs.write_text(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


def test_files_take_their_places_in_their_order(tmp_path, monkeypatch):
    outputs.write_files(tmp_path / "reports", {"list.parquet": FRAME, "index.html": "old"})
    (tmp_path / "reports" / "mine.txt").write_text("mine", "utf-8")
    before = {path.name: path.read_bytes() for path in (tmp_path / "reports").iterdir()}

    def full(*_, **_settings):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pl.LazyFrame, "sink_parquet", full)
        with pytest.raises(InputError, match="No space left"):
            outputs.write_files(tmp_path / "reports", {"index.html": "new", "list.parquet": FRAME.lazy()})
    assert {path.name: path.read_bytes() for path in (tmp_path / "reports").iterdir()} == before
    outputs.write_files(tmp_path / "reports", {"list.parquet": FRAME.lazy(), "index.html": "new"})
    assert sorted(path.name for path in (tmp_path / "reports").iterdir()) == sorted(before)
