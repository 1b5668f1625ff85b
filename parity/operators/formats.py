"""Number formats: what storing a value and adding it up may round. Dimensionless unit roundoffs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from parity.axes import Array

Algorithm = Literal["direct", "winograd4", "winograd6", "fft"]


@dataclass(frozen=True)
class Format:
    """What a computation may round: the unit roundoffs of one stored type and the freedom of its kernels.

    Half types store coarsely and add up in float32, so storage and accumulation are kept apart.
    """

    name: str
    storage: float  #: u_s, of the type values are stored in
    accumulate: float  #: u_a, of the type sums are kept in
    tiny: float  #: smallest normal number of the stored type: a kernel may flush what lies below it
    largest: float  #: largest finite number of the type sums are kept in
    stored_largest: float  #: largest finite number of the stored type
    operand: float = 0.0  #: u_in, where products are taken of shortened operands (TF32: 2^-11); else 0
    algorithm: Algorithm = "direct"  #: how convolutions may be computed

    @property
    def product_tiny(self) -> float:
        """Smallest normal number of the type that products and sums are kept in."""
        return 2.0**-126 if self.accumulate == 2.0**-24 else self.tiny

    @property
    def elementwise(self) -> float:
        """u_e: element-wise kernels may work in the storage type."""
        return max(self.storage, self.accumulate)


_MAX32 = (2 - 2.0**-23) * 2.0**127
_MAX64 = (2 - 2.0**-52) * 2.0**1023

FLOAT32 = Format("float32", 2.0**-24, 2.0**-24, 2.0**-126, _MAX32, _MAX32)
TF32 = replace(FLOAT32, name="TF32", operand=2.0**-11)

#: By the name of the stored type.
FORMATS = {
    "float16": Format("float16", 2.0**-11, 2.0**-24, 2.0**-14, _MAX32, 65504.0),
    "bfloat16": Format("bfloat16", 2.0**-8, 2.0**-24, 2.0**-126, _MAX32, (2 - 2.0**-7) * 2.0**127),
    "float32": FLOAT32,
    "float64": Format("float64", 2.0**-53, 2.0**-53, 2.0**-1022, _MAX64, _MAX64),
}


def numpy_type(name: str) -> np.dtype[Any]:
    """numpy's type of a stored type's name; bfloat16 is that of ml_dtypes, which is only imported where it is asked for."""
    if name == "bfloat16":
        import ml_dtypes

        found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return found
    return np.dtype(name)


def rounded(array: Array, name: str) -> Array:
    """An array rounded to nearest even into the stored type of this name, once; the array itself where it is of that type."""
    return array.astype(numpy_type(name), copy=False)


HALVES = ("float16", "bfloat16")  #: stored coarsely, and added up in float32

#: How convolutions may be computed by transforming tiles, in order of how much they allow.
TRANSFORMS = (
    replace(FLOAT32, name="Winograd F(4,3)", algorithm="winograd4"),
    replace(FLOAT32, name="Winograd F(6,3)", algorithm="winograd6"),
    replace(FLOAT32, name="FFT", algorithm="fft"),
)
