"""Frames as bytes, for the way from one task to another: columns one behind the other, planes of bytes, no schema.

Who receives a parcel knows its schema. Numbers lie in planes (all first bytes, all second bytes, ...) and sorted ones
as the gaps between them, so that the codec of Spark's shuffle finds what repeats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Schema: TypeAlias = "Mapping[str, pl.DataType | type[pl.DataType]]"

_LENGTH: Final = np.dtype("<i8")
_SORTED: Final = 1
_NULLS: Final = 2

#: Numbers count as sorted where fewer than one in so many is below the one before it.
_MOSTLY: Final = 4

_NUMBERS: Final[dict[Any, np.dtype[Any]]] = {
    pl.Int64: np.dtype("<i8"),
    pl.Int32: np.dtype("<i4"),
    pl.UInt64: np.dtype("<u8"),
    pl.UInt32: np.dtype("<u4"),
    pl.UInt8: np.dtype("u1"),
    pl.Float64: np.dtype("<f8"),
    pl.Date: np.dtype("<i4"),  # days
}


def pack(frame: pl.DataFrame) -> bytes:
    """The rows of a frame of numbers, truths, texts and lists of texts.

    >>> frame = pl.DataFrame({"row": [3, 5, 9], "text": ["a", None, "bé"], "list": [["x"], [], ["y", "z"]]})
    >>> unpack(pack(frame), frame.schema).equals(frame)
    True
    """
    pieces = [np.array([frame.height], _LENGTH).tobytes()]
    pieces += [piece for column in frame.iter_columns() for piece in _packed(column)]
    return b"".join(pieces)


def unpack(content: bytes | memoryview, schema: Schema) -> pl.DataFrame:
    """What was packed; ``schema`` as the packed frame's."""
    reader = _Reader(content)
    height = reader.length()
    return pl.DataFrame([reader.column(name, dtype, height) for name, dtype in schema.items()])


def unpack_all(contents: Iterable[bytes | memoryview], schema: Schema) -> pl.DataFrame:
    """What was packed in several parcels, one behind the other."""
    return pl.concat([pl.DataFrame(schema=schema), *(unpack(content, schema) for content in contents)])


def bundle(frames: Iterable[pl.DataFrame]) -> bytes:
    """Several frames in one parcel."""
    packed = [pack(frame) for frame in frames]
    return b"".join([np.array([len(packed), *map(len, packed)], _LENGTH).tobytes(), *packed])


def unbundle(content: bytes | memoryview, schemas: Iterable[Schema]) -> list[pl.DataFrame]:
    """What was bundled; the schema of each frame in their order.

    >>> frames = [pl.DataFrame({"a": [1]}), pl.DataFrame({"b": ["x", "y"]})]
    >>> [frame.to_dicts() for frame in unbundle(bundle(frames), [frame.schema for frame in frames])]
    [[{'a': 1}], [{'b': 'x'}, {'b': 'y'}]]
    """
    view = memoryview(content)
    number = int(np.frombuffer(view[: _LENGTH.itemsize], _LENGTH)[0])
    sizes = np.frombuffer(view[_LENGTH.itemsize : (1 + number) * _LENGTH.itemsize], _LENGTH)
    ends = (1 + number) * _LENGTH.itemsize + np.cumsum(sizes)
    return [
        unpack(view[end - size : end], schema)
        for end, size, schema in zip(ends.tolist(), sizes.tolist(), schemas, strict=True)
    ]


def _packed(column: pl.Series) -> list[bytes]:
    nulls = column.is_null()
    pieces = [bytes([_NULLS if nulls.any() else 0])]
    if nulls.any():
        pieces.append(np.packbits(nulls.to_numpy()).tobytes())
    dtype = column.dtype
    if dtype == pl.String:
        return pieces + _texts(column)
    if dtype == pl.List(pl.String):
        counts = column.list.len().fill_null(0).cast(pl.Int32)
        return [
            *pieces,
            *_packed(counts),
            *_counted(column.explode(empty_as_null=False, keep_nulls=False)),
        ]
    if dtype == pl.Boolean:
        return [*pieces, np.packbits(column.fill_null(value=False).to_numpy()).tobytes()]
    return pieces + _numbers(column.to_physical().fill_null(0).to_numpy())


def _counted(column: pl.Series) -> list[bytes]:
    return [np.array([len(column)], _LENGTH).tobytes(), *_packed(column)]


def _texts(column: pl.Series) -> list[bytes]:
    array = column.fill_null("").rechunk().to_arrow()
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array) + 1]
    text = bytes(data[int(ends[0]) : int(ends[-1])]) if data else b""
    sizes = _numbers(np.diff(ends).astype(np.uint32))
    return [*sizes, np.array([len(text)], _LENGTH).tobytes(), text]


def _numbers(values: NDArray[Any]) -> list[bytes]:
    falls = np.count_nonzero(values[1:] < values[:-1])
    is_sorted = values.dtype.kind in "iu" and values.dtype.itemsize > 1 and _MOSTLY * falls < len(values)
    if is_sorted:
        with np.errstate(over="ignore"):  # where they fall, the gap is that to their value and 2^64
            values = np.concatenate([values[:1], values[1:] - values[:-1]])
    planes = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), values.dtype.itemsize).T
    return [bytes([_SORTED if is_sorted else 0]), planes.tobytes()]


class _Reader:
    """Takes one piece after the other."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = np.frombuffer(content, np.uint8)
        self._at = 0

    def _take(self, size: int) -> NDArray[np.uint8]:
        self._at += size
        return self._content[self._at - size : self._at]

    def length(self) -> int:
        return int(self._take(_LENGTH.itemsize).view(_LENGTH)[0])

    def _bits(self, height: int) -> NDArray[np.bool_]:
        return np.unpackbits(self._take((height + 7) // 8), count=height).astype(np.bool_)

    def _numbers(self, dtype: np.dtype[Any], height: int) -> NDArray[Any]:
        is_sorted = self._take(1)[0] == _SORTED
        planes = self._take(height * dtype.itemsize).reshape(dtype.itemsize, height)
        values = np.ascontiguousarray(planes.T).view(dtype).reshape(height)
        if not is_sorted:
            return values
        with np.errstate(over="ignore"):
            return np.cumsum(values, dtype=dtype)

    def _texts(self, height: int) -> pl.Series:
        import pyarrow as pa  # noqa: PLC0415  slow to import

        ends = np.concatenate([[0], np.cumsum(self._numbers(np.dtype("<u4"), height), dtype=np.int64)])
        text = self._take(self.length()).tobytes()
        array = pa.LargeStringArray.from_buffers(height, pa.py_buffer(ends), pa.py_buffer(text))
        return pl.Series(pl.from_arrow(array))

    def column(self, name: str, dtype: pl.DataType | type[pl.DataType], height: int) -> pl.Series:
        nulls = self._bits(height) if self._take(1)[0] == _NULLS else None
        if dtype == pl.String:
            column = self._texts(height)
        elif dtype == pl.List(pl.String):
            counts = self.column(name, pl.Int32, height).to_numpy()
            texts = self.column(name, pl.String, self.length())
            column = _lists(texts, counts)
        elif dtype == pl.Boolean:
            column = pl.Series(self._bits(height), dtype=pl.Boolean)
        else:
            column = pl.Series(self._numbers(_NUMBERS[dtype], height)).cast(dtype)
        if nulls is not None:
            column = pl.select(
                pl.when(pl.lit(pl.Series(nulls))).then(None).otherwise(pl.lit(column))
            ).to_series()
        return column.alias(name)


def _lists(texts: pl.Series, counts: NDArray[np.int32]) -> pl.Series:
    import pyarrow as pa  # noqa: PLC0415  slow to import

    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return pl.Series(
        pl.from_arrow(pa.LargeListArray.from_arrays(starts, texts.to_arrow())), dtype=pl.List(pl.String)
    )
