"""Number formats and the tolerance they allow. Pure numpy; the formulas' sources are in ``docs/error-bounds.md``.

An element passes when ``|observed - oracle| <= LAMBDA * A + B + 2 * tiny``: A is the evaluation error at lambda = 1,
B the rounding of the result into storage, tiny the smallest normal number (a runtime may flush what is below it).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from parity.axes import F64

#: The gate. The largest need of an honest run measured so far is under 2 (docs/error-bounds.md).
LAMBDA = 3.0

Algorithm = Literal["direct", "winograd4", "winograd6", "fft"]


@dataclass(frozen=True)
class Rounding:
    """What a computation may round: unit roundoffs (dimensionless) of one precision and its kernels' freedom."""

    name: str
    storage: float  #: u_s, of the type values are stored in
    accumulate: float  #: u_a, of the type sums are kept in
    tiny: float  #: smallest normal number, in the unit of the values
    operand: float = 0.0  #: u_in, where products are taken of shortened operands (TF32: 2^-11); else 0
    algorithm: Algorithm = "direct"  #: how convolutions may be computed

    @property
    def elementwise(self) -> float:
        """u_e: element-wise kernels may work in the storage type."""
        return max(self.storage, self.accumulate)


FLOAT32 = Rounding("float32", 2.0**-24, 2.0**-24, 2.0**-126)
TF32 = replace(FLOAT32, name="TF32", operand=2.0**-11)

#: What a failure is tried against, to say "matches TF32" in place of "wrong". In order of how much they allow.
EXPLANATIONS = (
    replace(FLOAT32, name="Winograd F(4,3)", algorithm="winograd4"),
    replace(FLOAT32, name="Winograd F(6,3)", algorithm="winograd6"),
    replace(FLOAT32, name="FFT", algorithm="fft"),
    TF32,
)


def rounding_for(precision: str, tf32: bool = False) -> Rounding:
    """The rounding of a case's precision on a route, with TF32 operands where the route asks for them."""
    if precision != "float32":
        raise KeyError(precision)
    return TF32 if tf32 else FLOAT32


def sum_of_products(rounding: Rounding, n: int, squares: F64, y: F64, bias: F64 | float, prefix: F64) -> F64:
    """A of a sum of n products t_i plus a bias: ``u_a sqrt(n+1) sqrt(sum t^2 + y^2 + b^2 + maxprefix^2)``.

    squares: sum of t_i squared; prefix: largest squared running sum over a few natural orders. Azuma's inequality on
    the partial sums gives the form (docs/error-bounds.md). TF32 operands add ``2 u_in sqrt(sum t^2)`` (Hoeffding).
    Images (``N C H W``) computed by Winograd or FFT mix neighbours, so M is spread over a tile and the factor grows.
    """
    magnitude = np.sqrt(squares + y * y + np.square(bias) + prefix)
    factor = float(np.sqrt(n + 1))
    if y.ndim == 4 and rounding.algorithm != "direct":
        magnitude = _spread(magnitude, rounding.algorithm)
        if rounding.algorithm == "winograd4":
            factor = 5.5 * factor + 56
        elif rounding.algorithm == "winograd6":
            factor = 9 * factor + 130
    evaluation = rounding.accumulate * factor * magnitude
    if rounding.operand:
        evaluation = evaluation + 2 * rounding.operand * np.sqrt(squares)
    return evaluation


def _spread(magnitude: F64, algorithm: Algorithm) -> F64:
    """The maximum of the magnitude over what one tile of the algorithm mixes; ``N C H W``."""
    if algorithm == "fft":
        return np.broadcast_to(magnitude.max(axis=(2, 3), keepdims=True), magnitude.shape)
    reach = {"winograd4": 4, "winograd6": 6}[algorithm]
    for axis in (2, 3):
        edges = [(0, 0)] * 4
        edges[axis] = (reach, reach)
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(magnitude, edges), 2 * reach + 1, axis=axis)
        magnitude = windows.max(axis=-1)
    return magnitude


def tolerance(rounding: Rounding, evaluation: F64, storage: F64, lam: float = LAMBDA) -> F64:
    """The largest honest error of each element: ``lam * A + B + 2 * tiny``, in the unit of the values."""
    return lam * evaluation + storage + 2 * rounding.tiny


def combine(*errors: F64) -> F64:
    """Independent errors add in quadrature."""
    total = np.zeros(np.broadcast_shapes(*(e.shape for e in errors)))
    for e in errors:
        total = total + e * e
    return np.sqrt(total)
