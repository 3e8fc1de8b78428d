"""Lists of hashes of many records in two arrays, as Arrow holds lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


class Ragged(NamedTuple):
    """Record r's hashes are ``values[starts[r]:starts[r] + counts[r]]``.

    Attributes:
        values: uint64.
        starts: int64, one more than there are records; rows may be longer than what is in use.
        counts: int32, one for each record.
    """

    values: NDArray[np.uint64]
    starts: NDArray[np.int64]
    counts: NDArray[np.int32]


def ragged(values: NDArray[np.uint64], counts: NDArray[np.int32]) -> Ragged:
    """Lists that lie one behind the other.

    >>> ragged(np.array([5, 6, 7], np.uint64), np.array([2, 0, 1], np.int32)).starts.tolist()
    [0, 2, 2, 3]
    """
    starts = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=starts[1:])
    return Ragged(values, starts, counts)


def concatenate(parts: Iterable[Ragged]) -> Ragged:
    """The lists of all parts, one part behind the other.

    >>> part = ragged(np.array([5, 6], np.uint64), np.array([1, 1], np.int32))
    >>> concatenate([part, part]).counts.tolist()
    [1, 1, 1, 1]
    """
    every = list(parts)
    if not every:
        return ragged(np.empty(0, np.uint64), np.empty(0, np.int32))
    return ragged(
        np.concatenate([part.values for part in every]), np.concatenate([part.counts for part in every])
    )
