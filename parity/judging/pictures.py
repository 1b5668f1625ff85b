"""Arrays as small grids of bytes, which records can hold and a report can colour. Pure.

A grid keeps channels side by side as tiles. Values are sampled (every k-th row and column); errors keep the largest of
each block, so that a single wrong element never falls between two samples.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence

import numpy as np

from parity.axes import F64, Array
from parity.records.lines import Grid, number

LARGEST = 2**20  #: bytes of a grid that are read at most
LEVELS = 254  #: bytes 0..254 are values from low to high; 255 is not finite

#: Upper edges of the ratio histogram: powers of two, so that 1, the limit, is an edge. The last bin has no upper edge.
EDGES: tuple[float, ...] = tuple(2.0**k for k in range(-10, 9))


def histogram(ratio: F64) -> list[int]:
    """Elements by ratio: the first bin is exactly 0, then one up to each of EDGES (included), then what is beyond."""
    flat = np.where(np.isnan(ratio), np.inf, ratio).ravel()
    zero = int(np.count_nonzero(flat == 0))
    places = np.searchsorted(np.array(EDGES), flat[flat != 0], side="left")
    return [zero, *(int(n) for n in np.bincount(places, minlength=len(EDGES) + 1))]


def channels_shown(count: int, most: int, worst: int = 0) -> list[int]:
    """At most ``most`` of ``count`` channels, evenly spaced, the worst one among them."""
    if count <= most:
        return list(range(count))
    spaced = [round(i * (count - 1) / (most - 1)) for i in range(most)]
    if worst not in spaced:
        spaced[min(range(most), key=lambda i: abs(spaced[i] - worst))] = worst
    return sorted(set(spaced))


def values_grid(tiles: Sequence[Array], size: int, low: float | None = None, high: float | None = None) -> Grid:
    """Two-dimensional tiles side by side, each sampled down to at most ``size`` rows and columns.

    low and high fix the scale, for grids that are to be read together; else it is the tiles' own.
    """
    sampled = [np.asarray(t, np.float64)[:: _step(t.shape[0], size), :: _step(t.shape[1], size)] for t in tiles]
    return _grid(sampled, low, high)


def errors_grid(tiles: Sequence[Array], size: int, limit: float = 1.0) -> Grid:
    """Signed tiles, each block of one cell shown by its largest magnitude, on the scale -limit..limit."""
    return _grid([_largest(np.asarray(t, np.float64), size) for t in tiles], -limit, limit)


def tiles_of(array: Array, image: int, channels: Sequence[int]) -> list[Array]:
    """The two-dimensional tiles of an array: channels of one image of ``N C H W``; all of ``N F`` as one tile.

    Of ``N C L`` all channels of one signal, a row each; of ``N C D H W`` the slice in the middle of each channel.
    """
    if array.ndim == 3:
        return [array[image]]
    if array.ndim == 5:
        return [array[image, c, array.shape[2] // 2] for c in channels]
    return [array[image, c] for c in channels] if array.ndim == 4 else [array]


def decode(grid: Grid) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """The bytes of a grid: ``tiles rows columns``; raises ValueError for one that is damaged or larger than any here."""
    size = grid.tiles * grid.rows * grid.columns
    if min(grid.tiles, grid.rows, grid.columns) < 1 or size > LARGEST:
        raise ValueError(f"a grid of {grid.tiles} tiles of {grid.rows}x{grid.columns}")
    try:
        # Not more than what it says it holds: a few bytes can hide gigabytes.
        raw = zlib.decompressobj().decompress(base64.b64decode(grid.data), size + 1)
    except zlib.error as error:
        raise ValueError(f"a damaged grid: {error}") from None
    if len(raw) != size:
        raise ValueError(f"a grid of {len(raw)} bytes instead of {size}")
    return np.frombuffer(raw, np.uint8).reshape(grid.tiles, grid.rows, grid.columns)


def _step(length: int, size: int) -> int:
    return -(-length // size)


def _largest(tile: F64, size: int) -> F64:
    """Each block's element of largest magnitude; NaN counts as the largest."""
    down, across = _step(tile.shape[0], size), _step(tile.shape[1], size)
    rows, columns = -(-tile.shape[0] // down), -(-tile.shape[1] // across)
    padded = np.zeros((rows * down, columns * across))
    padded[: tile.shape[0], : tile.shape[1]] = tile
    blocks = padded.reshape(rows, down, columns, across).transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    weight = np.where(np.isnan(blocks), np.inf, np.abs(blocks))
    return np.take_along_axis(blocks, weight.argmax(axis=2)[..., None], axis=2)[..., 0]


def _grid(tiles: Sequence[F64], low: float | None, high: float | None) -> Grid:
    stack = np.stack(tiles)
    finite = stack[np.isfinite(stack)]
    low = float(finite.min(initial=0.0) if finite.size == 0 else finite.min()) if low is None else low
    high = float(finite.max(initial=0.0) if finite.size == 0 else finite.max()) if high is None else high
    span = high - low or 1.0
    with np.errstate(invalid="ignore"):
        level = np.clip(np.round((stack - low) / span * LEVELS), 0, LEVELS)
    data = np.where(np.isfinite(stack), level, 255).astype(np.uint8)
    count, rows, columns = data.shape
    return Grid(
        tiles=count,
        rows=rows,
        columns=columns,
        low=number(low),
        high=number(high),
        data=base64.b64encode(zlib.compress(data.tobytes(), 9)).decode(),
    )
