"""What is asked of all bytes of a table, one after the other (numba)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numba as nb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUOTE: Final = 34
_BACKSLASH: Final = 92
_LINE_FEED: Final = 10
_OPENING: Final = (91, 123)
_CLOSING: Final = (93, 125)


@nb.njit(nogil=True, cache=True)
def deepest(data: NDArray[np.uint8]) -> int:
    """How deep the values of JSON Lines are nested at most; no line goes on in the next."""
    depth = most = 0
    in_string = is_escaped = False
    for byte in data:
        if byte == _LINE_FEED:
            depth = 0
            in_string = is_escaped = False
        elif in_string:
            if is_escaped:
                is_escaped = False
            elif byte == _BACKSLASH:
                is_escaped = True
            elif byte == _QUOTE:
                in_string = False
        elif byte == _QUOTE:
            in_string = True
        elif byte in _OPENING:
            depth += 1
            most = max(most, depth)
        elif byte in _CLOSING:
            depth -= 1
    return most
