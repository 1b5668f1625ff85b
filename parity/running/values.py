"""Arrays by name on disk, whatever their names and types are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array


def write(path: Path, values: Mapping[str, Array]) -> None:
    """Write arrays as an uncompressed ``.npz``; types that numpy has not are kept as their bytes, their name beside."""
    kept: dict[str, Array] = {}
    index = []
    for i, (name, array) in enumerate(values.items()):
        own = array.dtype.isbuiltin == 1 or array.dtype.kind in "SU"
        kept[f"v{i}"] = array if own else np.ascontiguousarray(array).reshape(array.shape).view(f"V{array.itemsize}")
        index.append((name, "" if own else array.dtype.name))
    kept["index"] = np.asarray(json.dumps(index))
    with path.open("wb") as file:
        np.savez(file, **kept)  # type: ignore[arg-type]


class Values(Mapping[str, Array]):
    """The arrays of files that :func:`write` wrote, each read when it is asked for and not kept; the first file has its way."""

    def __init__(self, *paths: Path) -> None:
        self._index: dict[str, tuple[Any, str, str]] = {}
        for path in paths:
            file = np.load(path, allow_pickle=False)
            for i, (name, dtype) in enumerate(json.loads(str(file["index"].item()))):
                self._index.setdefault(name, (file, f"v{i}", dtype))

    def __getitem__(self, name: str) -> Array:
        file, key, dtype = self._index[name]
        array: Array = file[key]
        if not dtype:
            return array
        import ml_dtypes

        return array.view(np.dtype(getattr(ml_dtypes, dtype)))

    def __contains__(self, name: object) -> bool:  # Mapping's own would read the array
        return name in self._index

    def __iter__(self) -> Iterator[str]:
        return iter(self._index)

    def __len__(self) -> int:
        return len(self._index)
