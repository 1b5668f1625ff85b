"""Numbers that look random and depend on nothing but what they are asked for. Pure numpy.

Equal values get equal draws: where two elements of one output are equal to the bit they were almost certainly computed from
equal terms, by one kernel, so their rounding errors are equal too and do not average out (a constant image is the plainest
case). Independent draws would claim that they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from parity.axes import F64, Shape

_ZERO = 4 * (2**16 - 1) / 2  # mean of a sum of four 16-bit numbers
_UNIT = 2**16 * np.sqrt(4 / 12)  # its standard deviation
_MASK = 2**64 - 1
_HALVES = np.uint64(0x0000FFFF0000FFFF)
_ADDED = np.uint64(2**32 + 1)  #: adds the lower half of a word to the upper
BLOCK = 2**14  #: elements that are worked on at once

Words = npt.NDArray[np.uint64]


def mixed(key: int) -> int:
    """A 64-bit key with all its bits stirred (the finaliser of SplitMix64; Steele, Lea and Flood 2014)."""
    key = (key + 0x9E3779B97F4A7C15) & _MASK
    key = ((key ^ (key >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    key = ((key ^ (key >> 27)) * 0x94D049BB133111EB) & _MASK
    return key ^ (key >> 31)


def words(y: F64, key: int) -> Words:
    """One 64-bit word an element, a function of its bits and of the key."""
    h = np.array(y, np.float64, order="C").view(np.uint64)
    flat = h.reshape(-1)
    spare = np.empty(min(BLOCK, flat.size), np.uint64)
    for block in _blocks(flat):
        _stir(block, mixed(key), spare[: block.size])
    return h


def _blocks(flat: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """An array in parts that the processor's cache holds, since each is gone over a dozen times."""
    for a in range(0, flat.size, BLOCK):
        yield flat[a : a + BLOCK]


def _stir(h: Words, key: int, spare: Words) -> None:
    """Make the bits of some numbers words, in place; the spare array is of the same size."""
    h ^= np.uint64(key)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        np.right_shift(h, np.uint64(shift), out=spare)
        h ^= spare
        h *= np.uint64(factor)
    np.right_shift(h, np.uint64(31), out=spare)
    h ^= spare


def bell(y: F64, key: int, size: F64 | None = None) -> F64:
    """A draw an element, the same for the same bits: mean 0 and variance 1, bell shaped; times ``size``, where it is given.

    It is the sum of the four 16-bit numbers of a word (Irwin-Hall), which ends at 3.46.
    """
    total = np.empty(np.shape(y))
    for part, factor, h, spare in _drawn(y, key, total, size):
        np.right_shift(h, np.uint64(16), out=spare)
        spare &= _HALVES
        h &= _HALVES
        h += spare  # two sums of two, each in 32 bits
        h *= _ADDED
        h >>= np.uint64(32)
        part[:] = h.view(np.int64)
        part -= _ZERO
        part /= _UNIT
        if factor is not None:
            part *= factor
    return total


def flat(y: F64, key: int) -> F64:
    """A draw an element, the same for the same bits: uniform from -1 to 1."""
    return _uniform(words(y, key))


def add_flat(total: F64, y: F64, key: int, size: F64 | None = None) -> None:
    """Add to ``total``, which is changed, what :func:`flat` draws; times ``size``, where it is given."""
    for part, factor, h, _ in _drawn(y, key, total, size):
        drawn = _uniform(h)
        if factor is not None:
            drawn *= factor
        part += drawn


def _uniform(h: Words) -> F64:
    """Words as numbers from -1 to 1; they are changed."""
    h >>= np.uint64(11)
    drawn = h.view(np.int64).astype(np.float64)
    drawn *= 2.0**-52
    drawn -= 1.0
    return drawn


def _drawn(y: F64, key: int, total: F64, size: F64 | None) -> Iterator[tuple[F64, F64 | None, Words, Words]]:
    """Block by block: the part of ``total``, that of ``size``, the words of the elements, and a spare array of words."""
    bits = np.ascontiguousarray(y, np.float64).reshape(-1).view(np.uint64)
    sizes = None if size is None else np.ascontiguousarray(np.broadcast_to(size, total.shape)).reshape(-1)
    count = min(BLOCK, bits.size)
    words, spare = np.empty(count, np.uint64), np.empty(count, np.uint64)
    flat = total.reshape(-1)
    for a in range(0, flat.size, BLOCK):
        seen = bits[a : a + BLOCK]
        h, other = words[: seen.size], spare[: seen.size]
        h[:] = seen
        _stir(h, mixed(key), other)
        yield flat[a : a + BLOCK], None if sizes is None else sizes[a : a + BLOCK], h, other


def along(shape: Shape, axes: tuple[int, ...], key: int) -> F64:
    """Bell shaped draws that broadcast to ``shape``, one and the same along ``axes``."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    places = np.arange(int(np.prod(kept)), dtype=np.float64).reshape(kept)
    return bell(places, key)
