"""dedupkit: reads scraped text, repairs it, finds duplicates, says why for every row, and gates merges.

>>> from pathlib import Path
>>> from dedupkit import Settings, clean
>>> cleaned = clean(["seeds"], Settings(), out=Path("cleaned"), report=Path("reports"))  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupkit.config import Settings, load_settings
    from dedupkit.errors import DedupkitError, InputError, UsageError
    from dedupkit.pipeline import Cleaned, clean, dedup

__all__ = [
    "Cleaned",
    "DedupkitError",
    "InputError",
    "Settings",
    "UsageError",
    "clean",
    "dedup",
    "load_settings",
]

_MODULES = {
    "Cleaned": "dedupkit.pipeline",
    "DedupkitError": "dedupkit.errors",
    "InputError": "dedupkit.errors",
    "Settings": "dedupkit.config",
    "UsageError": "dedupkit.errors",
    "clean": "dedupkit.pipeline",
    "dedup": "dedupkit.pipeline",
    "load_settings": "dedupkit.config",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for: ``import dedupkit`` alone loads none of the heavy libraries."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'dedupkit' has no attribute {name!r}")
