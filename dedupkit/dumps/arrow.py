"""Arrow's memory format from strangers: arrays that may be looked at without harm."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

#: Types that hold others, and whose arrays are made of a list of validities, perhaps offsets, and children.
_LISTS = (pa.ListType, pa.LargeListType, pa.FixedSizeListType, pa.MapType)


def sound_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose values are all valid, as Arrow's own check tells.

    What stands where a value is missing is not looked at by that check, but by those who read texts: it is emptied.

    Raises:
        ValueError: It has values that are not valid, or of a kind that no table of texts has.
    """
    emptied = pa.RecordBatch.from_arrays([_sound(column) for column in batch.columns], schema=batch.schema)
    emptied.validate(full=True)
    return emptied


def _sound(array: Any) -> Any:
    kind = array.type
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _sound_views(array)
    if isinstance(kind, _LISTS):
        own = array.buffers()[: 1 if isinstance(kind, pa.FixedSizeListType) else 2]
        return _made_of(array, own, [_sound(array.values)])
    if isinstance(kind, pa.StructType):
        return _made_of(
            array, array.buffers()[:1], [_sound(array.field(place)) for place in range(kind.num_fields)]
        )
    if isinstance(kind, pa.DictionaryType):
        return pa.DictionaryArray.from_arrays(array.indices, _sound(array.dictionary), ordered=kind.ordered)
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise ValueError(f"a column of type {kind}")
    return array


def _sound_views(array: Any) -> Any:
    if not array.null_count:
        return array
    validity, views, *texts = array.buffers()
    length = array.offset + len(array)
    entries = np.frombuffer(views, np.dtype("V16"), length).copy()
    is_there = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")[:length].astype(bool)
    entries[~is_there] = np.zeros(1, entries.dtype)[0]
    buffers = [validity, pa.py_buffer(entries.tobytes()), *texts]
    return pa.Array.from_buffers(array.type, len(array), buffers, array.null_count, array.offset)


def _made_of(array: Any, own: list[Any], children: list[Any]) -> Any:
    return pa.Array.from_buffers(array.type, len(array), own, array.null_count, array.offset, children)
