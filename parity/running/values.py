"""Arrays by name on disk, whatever their names and types are: written as they lie in memory, and mapped into it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array

ALIGNED = 64  #: bytes
_LENGTH = struct.Struct("<Q")


def write(path: Path, values: Mapping[str, Array]) -> None:
    """Write arrays: the length of the index, the index, then each array from a multiple of :data:`ALIGNED` bytes on.

    The index is JSON: of each array its name, type, shape and place behind the index.
    """
    index, end = [], 0
    for name, array in values.items():
        own = array.dtype.isbuiltin == 1 or array.dtype.kind in "SU"
        index.append((name, array.dtype.str if own else array.dtype.name, array.shape, end))
        end = _aligned(end + array.nbytes)
    head = json.dumps(index).encode()
    begin = _aligned(_LENGTH.size + len(head))
    with path.open("wb") as file:
        file.write(_LENGTH.pack(len(head)) + head)
        for (_, _, _, place), array in zip(index, values.values(), strict=True):
            file.seek(begin + place)
            if array.size:
                file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def _aligned(place: int) -> int:
    return -(-place // ALIGNED) * ALIGNED


class Values(Mapping[str, Array]):
    """The arrays of a file that :func:`write` wrote, each read from disk where it is looked at. What is changed in one stays here."""

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, np.uint8, "c")
        (length,) = _LENGTH.unpack(self._bytes[: _LENGTH.size].tobytes())
        head = json.loads(self._bytes[_LENGTH.size : _LENGTH.size + length].tobytes())
        self._begin = _aligned(_LENGTH.size + length)
        self._index = {name: (_dtype(dtype), tuple(shape), place) for name, dtype, shape, place in head}

    def __getitem__(self, name: str) -> Array:
        dtype, shape, place = self._index[name]
        begin = self._begin + place
        flat = np.asarray(self._bytes[begin : begin + prod(shape) * dtype.itemsize])
        return flat.view(dtype).reshape(shape)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)


def _dtype(name: str) -> np.dtype[Any]:
    """A type by how numpy spells it, or by its name where numpy has it not."""
    if name[0] in "<>|=":
        return np.dtype(name)
    import ml_dtypes

    found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return found
