"""What the elements of an input are: words for them, and the arrays that they name. Pure.

normal     drawn, ``scale * (mean + z)``, z with mean 0 and variance 1.
special    nothing but NaN, both infinities, both zeros, the smallest normal and subnormal numbers and the largest one of both
           signs, 1 and -1, in turns: 13 of them, which is coprime to every vector width, so that each meets each lane and the tail.
finite     the same without NaN and the infinities: 10 of them and a drawn number, 11.
sparse     drawn numbers with a special one at every seventh element, so that windows and rows hold few or none.
grid       evenly from -30 to 30, then both signs of 50, 100 and 10,000: the tails of activations.
constant   0.7 everywhere.
blocky     patches of 4 along each place, one drawn number each.
ties       one of five numbers, -1 to 1 in halves, so that maxima are met several times.
whole      whole numbers from -8 to 8.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from parity.axes import F64, Array, Shape

Values = Literal["normal", "special", "finite", "sparse", "grid", "constant", "blocky", "ties", "whole"]
VALUES: tuple[Values, ...] = get_args(Values)

_FLOAT = np.finfo(np.float32)
FINITE = (-0.0, 0.0, _FLOAT.tiny, -_FLOAT.tiny, _FLOAT.smallest_subnormal, -_FLOAT.smallest_subnormal, _FLOAT.max, _FLOAT.min, 1.0, -1.0)  # fmt: skip
SPECIAL = (np.nan, np.inf, -np.inf, *FINITE)
TAILS = (50.0, -50.0, 100.0, -100.0, 1e4, -1e4)
EVERY = 7  #: of sparse: how far apart the special values are
PATCH = 4  #: of blocky: elements along each place
CONSTANT = 0.7


def filled(values: Values, z: F64, words: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Array:
    """The input that a word names, float32, of the shape of ``z``.

    z: drawn numbers with mean 0 and variance 1; words: a raw 64-bit word for each element.
    """
    shape, n = z.shape, z.size
    flat: Array = np.asarray(z, np.float32).ravel()
    places = np.arange(n)
    if values == "special":
        flat = np.resize(np.array(SPECIAL, np.float32), n)
    elif values == "finite":
        period = len(FINITE) + 1
        cycle = np.array([*FINITE, 0.0], np.float32)[places % period]
        flat = np.where(places % period < len(FINITE), cycle, flat)
    elif values == "sparse":
        special = np.array(SPECIAL, np.float32)[places // EVERY % len(SPECIAL)]
        flat = np.where(places % EVERY == EVERY - 1, special, flat)
    elif values == "grid":
        tails = TAILS[: n // 2]
        flat = np.concatenate([np.linspace(-30, 30, n - len(tails)), tails]).astype(np.float32)
    elif values == "constant":
        flat = np.full(n, CONSTANT, np.float32)
    elif values == "blocky":
        flat = flat.reshape(shape)[_patches(shape)].ravel()
    elif values == "ties":
        flat = ((words % np.uint64(5)).astype(np.float32) - 2) / 2
    elif values == "whole":
        flat = (words % np.uint64(17)).astype(np.float32) - 8
    return np.ascontiguousarray(flat.reshape(shape), np.float32)


def _patches(shape: Shape) -> tuple[Array, ...]:
    """Of every element the first one of its patch, as an index; images and channels (rows of features) stay apart."""
    kept = 2 if len(shape) > 2 else 1
    return np.ix_(*(np.arange(n) if axis < kept else np.arange(n) // PATCH * PATCH for axis, n in enumerate(shape)))
