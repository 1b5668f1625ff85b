"""The error function in float64, which numpy does not have."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.axes import F64

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969), 631-637;
# coefficients as in his CALERF. Three ranges: |x| <= 0.46875, up to 4, and beyond.
_A = (3.16112374387056560e00, 1.13864154151050156e02, 3.77485237685302021e02, 3.20937758913846947e03)
_A_LEAD = 1.85777706184603153e-1
_B = (2.36012909523441209e01, 2.44024637934444173e02, 1.28261652607737228e03, 2.84423683343917062e03)
_C = (
    5.64188496988670089e-1, 8.88314979438837594e00, 6.61191906371416295e01, 2.98635138197400131e02,
    8.81952221241769090e02, 1.71204761263407058e03, 2.05107837782607147e03, 1.23033935479799725e03,
)  # fmt: skip
_C_LEAD = 2.15311535474403846e-8
_D = (
    1.57449261107098347e01, 1.17693950891312499e02, 5.37181101862009858e02, 1.62138957456669019e03,
    3.29079923573345963e03, 4.36261909014324716e03, 3.43936767414372164e03, 1.23033935480374942e03,
)  # fmt: skip
_P = (
    3.05326634961232344e-1,
    3.60344899949804439e-1,
    1.25781726111229246e-1,
    1.60837851487422766e-2,
    6.58749161529837803e-4,
)
_P_LEAD = 1.63153871373020978e-2
_Q = (
    2.56852019228982242e00,
    1.87295284992346725e00,
    5.27905102951428412e-1,
    6.05183413124413191e-2,
    2.33520497626869185e-3,
)


def _ratio(x: F64, lead: float, top: tuple[float, ...], bottom: tuple[float, ...]) -> F64:
    numerator, denominator = lead * x, x
    for a, b in zip(top[:-1], bottom[:-1], strict=True):
        numerator, denominator = (numerator + a) * x, (denominator + b) * x
    return (numerator + top[-1]) / (denominator + bottom[-1])


def _scaled(y: F64) -> F64:
    """``exp(-y^2)`` with y split, so that squaring it loses nothing."""
    high = np.trunc(y * 16) / 16
    return np.exp(-high * high) * np.exp(-(y - high) * (y + high))


def erfc_positive(y: F64) -> F64:
    """``erfc(y)`` for y above 0.46875."""
    middle = _scaled(y) * _ratio(np.minimum(y, 4.0), _C_LEAD, _C, _D)
    z = 1 / np.square(np.maximum(y, 4.0))
    tail = z * _ratio(z, _P_LEAD, _P, _Q)
    far = _scaled(np.minimum(y, 40.0)) * (1 / np.sqrt(np.pi) - tail) / np.maximum(y, 4.0)
    return np.where(y <= 4.0, middle, far)


def erf(x: Any) -> F64:
    """The error function, to five units in the last place of float64 where 1 - erfc takes over, else three [measured]."""
    x = np.asarray(x, np.float64)
    size = np.abs(x)
    with np.errstate(all="ignore"):
        near = x * _ratio(np.square(np.minimum(size, 0.5)), _A_LEAD, _A, _B)
        far = np.copysign(1 - erfc_positive(np.maximum(size, 0.46875)), x)
    return np.where(np.isnan(x), np.nan, np.where(size <= 0.46875, near, far))


def normal_cdf(x: Any) -> F64:
    """The share of a normal distribution below x; its lower tail without cancellation."""
    z = np.asarray(x, np.float64) / np.sqrt(2.0)
    with np.errstate(all="ignore"):
        tail = 0.5 * erfc_positive(np.maximum(np.abs(z), 0.46875))
    middle = 0.5 * (1 + erf(z))
    return np.where(np.abs(z) <= 0.46875, middle, np.where(z < 0, tail, 1 - tail))
