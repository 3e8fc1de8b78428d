"""What every test may ask for."""

import os
from pathlib import Path

import pytest

SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def seeds() -> dict[str, str]:
    """The text of each dump, by the first three digits of its name."""
    return {path.name[:3]: path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))}


@pytest.fixture
def required():
    """Skip for want of something that pip cannot bring; fail instead where everything must be there."""

    def skip_or_fail(reason: str) -> None:
        if os.environ.get("DEDUPKIT_REQUIRE_ALL") == "1":
            pytest.fail(f"{reason}, and DEDUPKIT_REQUIRE_ALL=1")
        pytest.skip(reason)

    return skip_or_fail
