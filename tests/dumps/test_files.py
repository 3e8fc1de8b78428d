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


def test_names_that_are_no_unicode_or_no_line_are_names(tmp_path):
    (tmp_path / os.fsdecode(b"d\xff")).mkdir()
    names = [b"caf\xe9.txt", b"d\xff/x.txt", b"two\nlines.txt", b"caf\\xe9.jsonl"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text("x", "utf-8")
    files, _ = find_files([tmp_path])
    assert [file.source for file in files] == [
        "caf\\xe9.jsonl",
        "caf\\xe9.txt",
        "d\\xff/x.txt",
        "two\nlines.txt",
    ]
    assert all(file.path.read_bytes() == b"x" for file in files)
    assert "\n" not in files[3].place
    for file in files:
        file.source.encode()


def test_names_that_are_equal_only_as_unicode_are_told_apart(tmp_path):
    for name in (b"a\xff.txt", b"a\\xff.txt"):
        (tmp_path / os.fsdecode(name)).write_text("x", "utf-8")
    assert [file.source for file in find_files([tmp_path])[0]] == ["a\\xff.txt~0", "a\\xff.txt~1"]


def test_links_that_lead_nowhere_pipes_and_linked_folders_are_passed_over(tmp_path):
    (tmp_path / "a.txt").write_text("x", "utf-8")
    (tmp_path / "one.txt").symlink_to("two.txt")
    (tmp_path / "two.txt").symlink_to("one.txt")
    (tmp_path / "gone.txt").symlink_to("nothing.txt")
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "self").symlink_to("self")
    os.mkfifo(tmp_path / "pipe.txt")
    files, skipped = find_files([tmp_path])
    assert [file.source for file in files] == ["a.txt"]
    told = {left.source: left.why for left in skipped}
    assert told.pop("pipe.txt") == "no regular file"
    assert told.pop("up/") == "a link to a folder"
    assert told.pop("self").startswith("no suffix")
    assert set(told.values()) == {"a link that leads nowhere"}
    with pytest.raises(InputError, match="no such file"):
        find_files([tmp_path / "one.txt"])


@pytest.mark.parametrize(
    "pattern, sources",
    [
        ("*.txt", ["a.txt"]),
        ("b/*", ["one.JSONL", "two.txt"]),
        ("**/*.txt", ["a.txt", "b/two.txt"]),
        ("[ab]*/*.txt", ["b/two.txt"]),
        ("*.t?t", ["a.txt"]),
    ],
)
def test_a_pattern_gives_the_files_that_it_names(pattern, sources, tree):
    assert [file.source for file in find_files([tree / pattern])[0]] == sources


def test_a_pattern_that_names_nothing_or_a_folder_is_an_error(tree):
    with pytest.raises(InputError, match="no file has a name like that"):
        find_files([tree / "*.warc"])
    with pytest.raises(InputError, match="b is a folder"):
        find_files([tree / "?"])


def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path):
    (tmp_path / "a[1].txt").write_text("x", "utf-8")
    assert [file.source for file in find_files([tmp_path / "a[1].txt"])[0]] == ["a[1].txt"]


def test_nothing_is_fetched():
    with pytest.raises(InputError) as caught:
        find_files(["https://example.org/a.jsonl"])
    assert "fetches nothing" in caught.value.hint
