"""Numbers drawn by name.

Each array has its own counter-based stream, keyed by (seed, case, array): any process redraws any array, and adding a
layer does not move the weights of the next. Numbers are made from the raw 64-bit words by integer arithmetic alone, so
they are the same on every machine and under every numpy: numpy promises that of a bit generator's raw stream, not of
its distributions (NEP 19).
"""

from __future__ import annotations

import hashlib
from math import prod, sqrt
from typing import Literal

import numpy as np

from parity.axes import F64, Shape

_ZERO = 4 * (2**16 - 1) / 2  # mean of a sum of four 16-bit numbers
_UNIT = 2**16 * sqrt(4 / 12)  # its standard deviation, to a part in 2**32
_HALVES = np.uint64(0x0000FFFF0000FFFF)  # the first and third of the 16-bit numbers in a word


def words(count: int, *key: object) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """``count`` raw 64-bit words of the stream named by ``key``."""
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    raw = np.random.Philox(key=int.from_bytes(digest[:16], "little")).random_raw(count)
    return np.asarray(raw, np.uint64)


def draw(shape: Shape, kind: Literal["normal", "uniform"], *key: object) -> F64:
    """Numbers of mean 0 and variance 1, float64.

    normal: the sum of four uniforms (Irwin-Hall), which is bell shaped and ends at 3.46 standard deviations.
    """
    raw = words(prod(shape), *key)
    if kind == "uniform":
        return (((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53 - 0.5) * sqrt(12)).reshape(shape)
    pairs = (raw & _HALVES) + (raw >> np.uint64(16) & _HALVES)  # two sums of two, each in 32 bits
    sums = (pairs + (pairs << np.uint64(32))) >> np.uint64(32)
    values: F64 = (sums.view(np.int64) - _ZERO) / _UNIT
    return values.reshape(shape)
