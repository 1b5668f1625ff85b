"""Activations: element by element, with a shape of their own."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from parity.axes import F64, Shape
from parity.operators.arithmetic import Elementwise
from parity.operators.base import Noise, Site, operator, stored


def sigmoid(x: Any) -> F64:
    """``1 / (1 + exp(-x))``, both signs by an exponential that cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1 / (1 + e), e / (1 + e)), np.float64)


class LeakyRelu(Elementwise):
    """``x`` or ``alpha x``: the slope is rounded and then the product, so only the negative side rounds."""

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

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (Noise(storage=np.where(x[0] >= 0, 0.0, stored(at, y[0]))),)


def _clip(at: Site, x: Any, low: Any = None, high: Any = None) -> Any:
    low, high = at.get("min") if low is None else low, at.get("max") if high is None else high
    y = x if low is None else np.maximum(x, low)
    return y if high is None else np.minimum(y, high)


operator("Clip")(Elementwise(_clip, exact=True))
operator("Relu")(Elementwise(lambda at, x: np.maximum(x, 0), exact=True))
operator("PRelu")(PRelu(lambda at, x, slope: np.where(x >= 0, x, x * slope)))
operator("LeakyRelu")(LeakyRelu(lambda at, x: np.where(x >= 0, x, at.get("alpha", 0.01) * x)))
# Absolute: vectorised logistics clamp the tail (docs/error-bounds.md).
operator("Sigmoid")(Elementwise(lambda at, x: sigmoid(x), lambda at, y, x: 2.0))
operator("Tanh")(Elementwise(lambda at, x: np.tanh(x), lambda at, y, x: 4 * y))
