"""What every test may ask for."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

CHROMIUM = Path("/usr/bin/chromium")
SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def seeds() -> dict[str, str]:
    """The text of each dump, by the first three digits of its name."""
    return {path.name[:3]: path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))}


@pytest.fixture(scope="session")
def required():
    """Skip for want of something that pip cannot bring; fail instead where everything must be there."""

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("DEDUPKIT_REQUIRE_ALL") == "1":
            pytest.fail(f"{reason}, and DEDUPKIT_REQUIRE_ALL=1")
        pytest.skip(reason)

    return skip_or_fail


@pytest.fixture(scope="session")
def java(required):
    """pyspark and a Java for it are there."""
    from dedupkit.errors import InputError  # noqa: PLC0415  # few tests need it
    from dedupkit.spark.java import find_java  # noqa: PLC0415

    try:
        import pyspark.sql  # noqa: F401, PLC0415  # may be missing
    except ImportError:
        required("pyspark is not installed")
    try:
        find_java(os.environ)
    except InputError as error:
        required(error.fact)


@pytest.fixture(scope="session")
def spark(java):  # noqa: ARG001  # it is there, or this is skipped
    """One Spark session with two cores; a process has room for no other."""
    from dedupkit.spark.session import open_session  # noqa: PLC0415  # few tests need it

    keys = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # many small queries: compile less
        "spark.sql.shuffle.partitions": "2",
    }
    with open_session(SimpleNamespace(spark_master="local[2]", spark_remote=None, spark=keys)) as session:
        yield session


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # may be missing
    except ImportError:
        sync_playwright = None
    missing = [
        name
        for name, there in (("playwright", sync_playwright), (str(CHROMIUM), CHROMIUM.exists()))
        if not there
    ]
    if missing:
        required = os.environ.get("DEDUPKIT_REQUIRE_ALL") == "1"
        (pytest.fail if required else pytest.skip)(f"not installed: {', '.join(missing)}")
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
