"""The key of all notices (``dedupkit/notices.py``): what stands where an abstract is missing matches nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from dedupkit.notices import PLACEHOLDERS, is_notice

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTICE: Final = np.uint64(1)


@cache
def placeholder_keys() -> NDArray[np.uint64]:
    """Keys of whole texts that stand where there is none."""
    from dedupkit.matches.fingerprints import text_keys  # noqa: PLC0415  which hides notices itself

    return text_keys(pl.Series(PLACEHOLDERS)).to_numpy()


def hide_notices(keys: NDArray[np.uint64], texts: pl.Series) -> NDArray[np.uint64]:
    """The keys of texts, ``NOTICE`` for those that are notices."""
    hidden = is_notice(texts).to_numpy() | np.isin(keys, placeholder_keys())
    return np.where(hidden, NOTICE, keys)
