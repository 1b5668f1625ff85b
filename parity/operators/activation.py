"""Activations: element by element, with a shape of their own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from parity.axes import F64, Shape
from parity.operators.arithmetic import Elementwise
from parity.operators.base import EXACT, Noise, Site, operator, stored
from parity.operators.special import normal_cdf


def sigmoid(x: Any) -> F64:
    """``1 / (1 + exp(-x))``, both signs by an exponential that cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), np.float64)


class LeakyRelu(Elementwise):
    """``x`` or ``alpha x``: the slope is rounded and then the product, so only the negative side rounds."""

    rounding = "`u_e abs(y)` where x < 0, nothing for storage"

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (Noise(np.where(x[0] >= 0, 0.0, at.format.elementwise * np.abs(y[0]))),)

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        slope = Fraction(at.get("alpha", 0.01))
        if slope == 0:
            return steps[0]
        # A power of two has numerator 1 and a denominator that is one; anything else rounds the product.
        power = slope.numerator == 1 and slope.denominator & (slope.denominator - 1) == 0
        return steps[0] * slope if power and slope.denominator <= 1024 else None


class PRelu(Elementwise):
    """``x`` or ``slope x``: only the negative side rounds, once, into storage."""

    rounding = "one rounding where x < 0, into storage"

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        flush, _ = self.flushed(at, y[0], *x)
        return (Noise(storage=np.where(x[0] >= 0, 0.0, stored(at, y[0])), flush=flush),)


class Shrink(Elementwise):
    """Zero between two edges, and beyond them x less a bias: without one nothing rounds."""

    rounding = "one rounding into storage, none without a bias"

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return super().noise(at, y, *x) if at.get("bias", 0.0) else (EXACT,)


def _held(at: Site, name: str, default: Any = None) -> Any:
    """An attribute as the stored type holds it. What is exact needs that: 0.1 as float32 is not 0.1."""
    given = at.get(name, default)
    if given is None:
        return None
    share, exponent = np.frexp(given)
    return np.ldexp(np.rint(share / at.format.storage) * at.format.storage, exponent)


def _clip(at: Site, x: Any, low: Any = None, high: Any = None) -> Any:
    low, high = _held(at, "min") if low is None else low, _held(at, "max") if high is None else high
    y = x if low is None else np.maximum(x, low)
    return y if high is None else np.minimum(y, high)


operator("Clip")(Elementwise(_clip, exact=True))
operator("Relu")(Elementwise(lambda at, x: np.maximum(x, 0), exact=True))
operator("PRelu")(PRelu(lambda at, x, slope: np.where(x >= 0, x, x * slope)))
operator("LeakyRelu")(LeakyRelu(lambda at, x: np.where(x >= 0, x, at.get("alpha", 0.01) * x)))
# Absolute: vectorised logistics clamp the tail (docs/error-bounds.md).
operator("Sigmoid")(Elementwise(lambda at, x: sigmoid(x), lambda at, y, x: 2.0, "`2 u_e`"))


# ---- made of an exponential -----------------------------------------------------------------------------------------


def softplus(x: Any) -> F64:
    """``log(1 + exp(x))`` without overflow."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), np.float64)


def _gelu(at: Site, x: Any) -> Any:
    if at.get("approximate", "none") == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * normal_cdf(x)


def _celu(at: Site, x: Any) -> Any:
    alpha = at.get("alpha", 1.0)
    return np.maximum(x, 0) + np.minimum(0, alpha * np.expm1(np.minimum(x, 0) / alpha))


def _selu(at: Site, x: Any) -> Any:
    alpha, gamma = at.get("alpha", 1.67326319217681884765625), at.get("gamma", 1.05070102214813232421875)
    return gamma * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _shrink(at: Site, x: Any) -> Any:
    edge, bias = _held(at, "lambd", 0.5), _held(at, "bias", 0.0)
    return np.where(x < -edge, x + bias, np.where(x > edge, x - bias, np.zeros_like(x))).astype(x.dtype)


def _hard_sigmoid(at: Site, x: Any) -> Any:
    return np.clip(at.get("alpha", 0.2) * x + at.get("beta", 0.5), 0, 1)


def _between(y: Any) -> Any:
    return (y > 0) & (y < 1)


def _below(x: Any, units: Any) -> Any:
    return np.where(x < 0, units, 0.0)


operator("Softplus")(Elementwise(lambda at, x: softplus(x), lambda at, y, x: 2 * y + 1, "`u_e (2 abs(y) + 1)`"))
operator("Softsign")(Elementwise(lambda at, x: x / (1 + np.abs(x)), lambda at, y, x: 2 * y, "`2 u_e abs(y)`"))
# Kernels take exp(x) - 1, which is as wrong as 1 is rounded.
operator("Elu")(
    Elementwise(
        lambda at, x: np.where(x > 0, x, at.get("alpha", 1.0) * np.expm1(np.minimum(x, 0))),
        lambda at, y, x: _below(x, 2 * at.get("alpha", 1.0)),
        "`2 u_e alpha where x < 0`",
    )
)
operator("Celu")(Elementwise(_celu, lambda at, y, x: _below(x, 3 * at.get("alpha", 1.0)), "`3 u_e alpha where x < 0`"))
operator("Selu")(
    Elementwise(_selu, lambda at, y, x: np.where(x < 0, 4.0, np.abs(y)), "`4 u_e where x < 0, else u_e abs(y)`")
)
operator("Gelu")(
    Elementwise(
        _gelu,
        lambda at, y, x: 2 * np.abs(y) + 2 * np.minimum(np.abs(x), 6),
        "`2 u_e (abs(y) + min(abs(x), 6))`",
        peak=lambda x: 2 * x,  # oneDNN halves last, and torch takes it for Gelu
        gate=True,
    )
)
operator("Swish")(
    Elementwise(
        lambda at, x: x * sigmoid(at.get("alpha", 1.0) * x),
        lambda at, y, x: np.abs(y) + 2 * np.abs(x),
        "`u_e (abs(y) + 2 abs(x))`",
        gate=True,
    )
)
operator("Mish")(
    Elementwise(
        lambda at, x: x * np.tanh(softplus(x)),
        lambda at, y, x: 3 * np.abs(x) * np.where(x > -20, 1.0, 0.01) + 2 * np.abs(y),
        "`u_e (3 abs(x) + 2 abs(y))`",
        gate=True,
    )
)

# ---- made of straight lines -----------------------------------------------------------------------------------------

operator("ThresholdedRelu")(
    Elementwise(lambda at, x: np.where(x > _held(at, "alpha", 1.0), x, np.zeros_like(x)), exact=True)
)
operator("Shrink")(Shrink(_shrink))
operator("HardSigmoid")(
    Elementwise(
        _hard_sigmoid,
        lambda at, y, x: np.where(_between(y), np.abs(at.get("alpha", 0.2) * x) + 1, 0.0),
        "`u_e (abs(alpha x) + 1) between its flat ends`",
    )
)
operator("HardSwish")(
    Elementwise(
        lambda at, x: x * np.clip(x / 6 + 0.5, 0, 1),
        lambda at, y, x: 2 * np.abs(y) + np.where(np.abs(x) < 3.001, np.abs(x), 0.0),
        "`u_e (2 abs(y) + abs(x)) between its flat ends`",
        peak=lambda x: 6 * x,  # torch divides last
        gate=True,
    )
)
