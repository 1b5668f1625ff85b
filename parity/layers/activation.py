"""Element-wise activations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Tensor
from parity.bounds import Rounding
from parity.layers.base import Error, Layer, is_number, layer, require


@layer
class ReLU(Layer):
    """``max(0, x)``: bit equal given the same input."""

    kind: ClassVar[str] = "relu"

    def reference(self, x: Array) -> F64:
        return np.maximum(np.asarray(x, np.float64), 0.0)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        x, e = inputs[0], errors[0]
        return np.maximum(self.reference(x + e) - y, y - self.reference(x - e))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.ReLU()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.ReLU()


@layer
class LeakyReLU(Layer):
    """``x`` where it is at least 0, else ``negative_slope * x``. torch's default slope is 0.01, Keras' 0.3."""

    kind: ClassVar[str] = "leakyrelu"

    negative_slope: float = 0.01

    def check(self) -> None:
        good = is_number(self.negative_slope) and 0 <= self.negative_slope <= 1
        require(self, "negative_slope", good, "must be a number from 0.0 to 1.0")

    def reference(self, x: Array) -> F64:
        x = np.asarray(x, np.float64)
        return np.where(x >= 0, x, self.negative_slope * x)

    def error(self, rounding: Rounding, y: F64, x: Array) -> Error:
        # The slope is rounded, then the product: only the negative side rounds at all.
        return Error(np.where(np.asarray(x) >= 0, 0.0, rounding.elementwise * np.abs(y)), np.zeros_like(y))

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        return np.where(inputs[0] + errors[0] > 0, errors[0], self.negative_slope * errors[0])

    def exact_step(self, *inputs: Tensor) -> Fraction | None:
        slope = Fraction(self.negative_slope)
        if slope == 0:
            return Fraction(1)
        # A power of two has numerator 1 and a denominator that is one; anything else rounds the product.
        return slope if slope.numerator == 1 and slope.denominator <= 1024 else None

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LeakyReLU(self.negative_slope)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.LeakyReLU(negative_slope=self.negative_slope)


@layer
class Sigmoid(Layer):
    """``1 / (1 + exp(-x))``."""

    kind: ClassVar[str] = "sigmoid"

    def reference(self, x: Array) -> F64:
        # Both signs by an exponential that cannot overflow.
        e = np.exp(-np.abs(np.asarray(x, np.float64)))
        return np.where(np.asarray(x) >= 0, 1 / (1 + e), e / (1 + e))

    def error(self, rounding: Rounding, y: F64, x: Array) -> Error:
        # Absolute: vectorised logistics clamp the tail (docs/error-bounds.md).
        return Error(np.full_like(y, 2 * rounding.elementwise), rounding.storage * np.abs(y))

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        x, e = inputs[0], errors[0]
        interval = np.maximum(self.reference(x + e) - y, y - self.reference(x - e))
        return np.minimum(e / 4, interval)

    def exact_step(self, *inputs: Tensor) -> Fraction | None:
        return None  # an exponential rounds

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Sigmoid()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("sigmoid")
