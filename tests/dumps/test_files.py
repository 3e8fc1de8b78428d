"""Which files are read, in which order, and what they are called."""

import os

import pytest

from dedupkit.dumps.files import find_files
from dedupkit.errors import InputError


@pytest.fixture
def tree(tmp_path):
    for name in (
        "b/two.txt",
        "b/one.JSONL",
        "a.csv.gz",
        "a.txt",
        "notes.md",
        ".hidden/x.txt",
        "b/.x.txt",
        "old/records.parquet",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x", "utf-8")
    (tmp_path / "old" / "facts.json").write_text("{}", "utf-8")
    return tmp_path


def test_a_folder_gives_its_files_in_the_order_of_their_paths(tree):
    files, skipped = find_files([tree])
    assert [file.source for file in files] == ["a.csv.gz", "a.txt", "b/one.JSONL", "b/two.txt"]
    assert [file.is_table for file in files] == [True, False, True, False]
    assert [left.source for left in skipped] == ["notes.md", "old/"]


def test_the_order_of_the_command_line_changes_nothing(tree):
    names = [tree / "b", tree / "a.txt", tree / "a.csv.gz"]
    assert find_files(names) == find_files(names[::-1])


def test_a_file_that_is_named_twice_is_read_once(tree):
    files, _ = find_files([tree / "b" / "two.txt", tree, tree / "b"])
    assert [file.source for file in files].count("b/two.txt") == 1
    assert len(files) == 4


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.txt").write_text("x", "utf-8")
    files, _ = find_files([tmp_path / "y", tmp_path / "x"])
    assert [file.source for file in files] == ["x/page.txt", "y/page.txt"]


def test_a_file_that_is_named_is_read_whatever_its_suffix(tree):
    files, _ = find_files([tree / "notes.md"])
    assert [file.source for file in files] == ["notes.md"]


def test_a_loop_of_links_ends(tree):
    (tree / "b" / "loop").symlink_to(tree)
    assert len(find_files([tree])[0]) == 4


def test_a_pipe_is_refused_for_it_can_be_read_but_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        find_files([tmp_path / "pipe.txt"])


@pytest.mark.parametrize("name", ["missing.txt", "empty", "other"])
def test_nothing_to_read_is_an_error_with_a_hint(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.docx").write_text("x", "utf-8")
    with pytest.raises(InputError, match=name) as caught:
        find_files([tmp_path / name])
    assert caught.value.hint
