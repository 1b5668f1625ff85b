"""Numbers that look random and depend on nothing but what they are asked for. Pure numpy.

Equal values get equal draws: where two elements of one output are equal to the bit they were almost certainly computed from
equal terms, by one kernel, so their rounding errors are equal too and do not average out (a constant image is the plainest
case). Independent draws would claim that they do.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from parity.axes import F64, Shape

_ZERO = 4 * (2**16 - 1) / 2  # mean of a sum of four 16-bit numbers
_UNIT = 2**16 * np.sqrt(4 / 12)  # its standard deviation
_MASK = 2**64 - 1

Words = npt.NDArray[np.uint64]


def mixed(key: int) -> int:
    """A 64-bit key with all its bits stirred (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    key = (key + 0x9E3779B97F4A7C15) & _MASK
    key = ((key ^ (key >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    key = ((key ^ (key >> 27)) * 0x94D049BB133111EB) & _MASK
    return key ^ (key >> 31)


def words(y: F64, key: int) -> Words:
    """One 64-bit word an element, a function of its bits and of the key."""
    h = np.array(y, np.float64, order="C").view(np.uint64) ^ np.uint64(mixed(key))
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h


def bell(h: Words) -> F64:
    """Mean 0 and variance 1, bell shaped: the sum of four uniforms (Irwin-Hall), which ends at 3.46."""
    quarters = h.reshape((*h.shape, 1)).view(np.uint16)
    total: F64 = quarters[..., 0].astype(np.float64)
    for i in (1, 2, 3):  # a sum along the short axis is six times slower
        total += quarters[..., i]
    total -= _ZERO
    total /= _UNIT
    return total


def flat(h: Words) -> F64:
    """Uniform from -1 to 1."""
    return (h >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def along(shape: Shape, axes: tuple[int, ...], key: int) -> F64:
    """Bell shaped draws that broadcast to ``shape``, one and the same along ``axes``."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    places = np.arange(int(np.prod(kept)), dtype=np.float64).reshape(kept)
    return bell(words(places, key))
