"""What tests of benchmarks may ask for."""

import importlib
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def load():
    """Imports a script; its neighbours are imported as it does when it runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPTS / "engines")
        patch.syspath_prepend(SCRIPTS)
        yield importlib.import_module
