"""Settings come from defaults, a file and flags, and mistakes are named."""

import pytest

from dedupkit.config import Settings, load_settings
from dedupkit.errors import UsageError


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder below one with a pyproject.toml; call it with the file's content."""
    below = tmp_path / "some" / "where"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)

    def write(content):
        (tmp_path / "pyproject.toml").write_text(content, "utf-8")

    return write


def test_defaults_hold_without_a_file(project):
    project("[project]\nname = 'x'\n")
    assert load_settings() == Settings()


def test_the_nearest_pyproject_is_read_and_flags_win(project):
    project("[tool.dedupkit]\nthreshold = 0.8\nshingle_words = 2\n")
    assert load_settings().threshold == 0.8
    assert load_settings(threshold=0.9, suite=None) == Settings(threshold=0.9, shingle_words=2)


def test_a_file_of_its_own_may_leave_out_the_heading(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("threshold = 1\n", "utf-8")
    assert load_settings(path).threshold == 1


@pytest.mark.parametrize(
    "content, says",
    [
        ("treshold = 0.8", "'threshold'"),
        ("text-column = 'x'", "'text_column'"),
        ("threshold = 'high'", "threshold = 'high'"),
        ("threshold = true", "threshold = True"),
        ("shingle_words = 2.5", "shingle_words = 2.5"),
        ("threshold = 7", "similarity"),
        ("permutations = 2", "16 or more"),
        ("threshold = ", "mine.toml"),
    ],
)
def test_mistakes_are_told_with_the_file_and_the_nearest_name(content, says, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError) as caught:
        load_settings(path)
    assert says in str(caught.value)


def test_a_missing_settings_file_is_an_error(tmp_path):
    with pytest.raises(UsageError, match=r"none\.toml"):
        load_settings(tmp_path / "none.toml")
