"""Whether arrays are the same to the bit. Pure."""

from __future__ import annotations

import hashlib

import numpy as np

from parity.axes import Array


def same_bits(a: Array, b: Array) -> bool:
    """Whether two arrays have the same shape, dtype and bytes."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def digest(*arrays: Array) -> bytes:
    """Equal for arrays of the same dtypes, shapes and bytes."""
    made = hashlib.blake2b(digest_size=16)
    for array in arrays:
        made.update(f"{array.dtype}{array.shape}".encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.digest()
