"""A convolution of 3 x 3 windows that move one by one, with a quarter of the products. Pure numpy on float64.

What it loses beside plain sums, about 1e-14 of the largest element of a tile, is nothing to drawn noise and far too much for an exact value.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators.windows import Geometry

# F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): with the points 0, 1, -1, 2, -2.
_DATA = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OUTPUT = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))
#: Rows and columns at once: what turns a tile that lies flat.
DATA, KERNEL, OUTPUT = (np.kron(m, m).astype(np.float64) for m in (_DATA, _KERNEL, _OUTPUT))

TILE = 4  #: rows and columns of the output that one tile makes, of two more of the input
FEWEST_CHANNELS = 16  #: below this turning tiles costs more than the products that it saves
FEWEST_TILES = 64  #: below this turning the weights does
CHUNK = 2**20  #: elements of the turned tiles that are held at once: 8 MiB


def saves(g: Geometry, x: Shape, w: Shape, groups: int) -> bool:
    """Whether this is a convolution that is made faster so; x and w are the shapes of data and weights."""
    plain = g.kernel == (3, 3) and g.stride == g.dilation == (1, 1) and groups == 1
    tiles = x[0] * prod(-(-n // TILE) for n in g.count)
    return plain and min(w[:2]) >= FEWEST_CHANNELS and tiles >= FEWEST_TILES


def convolve(x: Array, w: Array, g: Geometry) -> F64:
    """The cross-correlation of ``N C H W`` with ``O C 3 3``; float64."""
    (n, channels), out = x.shape[:2], w.shape[0]
    down, across = (-(-length // TILE) for length in g.count)
    padded = np.zeros((channels, n, TILE * down + 2, TILE * across + 2))
    (top, _), (left, _) = g.pads
    padded[:, :, top : top + g.size[0], left : left + g.size[1]] = x.swapaxes(0, 1)
    turned = (KERNEL @ w.reshape(-1, 9).T).reshape(-1, out, channels)
    y = np.empty((n, out, *g.count))
    for images, rows in _chunks(n, down, max(1, CHUNK // (36 * max(channels, out) * across))):
        of, count = padded[:, images], rows.stop - rows.start
        tiles = np.empty((6, 6, channels, of.shape[1], count, across))
        for i, j in np.ndindex(6, 6):
            tiles[i, j] = of[:, :, TILE * rows.start + i :: TILE, j::TILE][:, :, :count, :across]
        products = turned @ (DATA @ tiles.reshape(36, -1)).reshape(36, channels, -1)
        made = (OUTPUT @ products.reshape(36, -1)).reshape(TILE, TILE, out, of.shape[1], count, across)
        for i, j in np.ndindex(TILE, TILE):
            part = y[images, :, TILE * rows.start + i : TILE * rows.stop : TILE, j::TILE]
            part[:] = made[i, j].swapaxes(0, 1)[:, :, : part.shape[2], : part.shape[3]]
    return y


def _chunks(n: int, down: int, most: int) -> Iterator[tuple[slice, slice]]:
    """Images and rows of tiles in parts of about ``most`` rows: several images whole, or one a few rows at a time."""
    images, rows = max(1, most // down), min(down, most)
    for i in range(0, n, images):
        for a in range(0, down, rows):
            yield slice(i, i + images), slice(a, min(a + rows, down))
