"""A layer that parity does not have."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from parity.axes import F64, Array, Tensor
from parity.layers import Layer, layer
from parity.layers.base import is_number, require


@layer
class CappedReLU(Layer):
    """``min(max(x, 0), cap)``: bit equal given the same input."""

    cap: float = 6.0

    def check(self) -> None:
        require(self, "cap", is_number(self.cap) and self.cap > 0, "must be a positive number")

    def reference(self, x: Array) -> F64:
        return np.clip(np.asarray(x, np.float64), 0.0, self.cap)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        x, e = inputs[0], errors[0]  # monotonous, so the error of the output is an exact interval
        return np.maximum(self.reference(x + e) - y, y - self.reference(x - e))

    def exact_step(self, *inputs: Tensor) -> Fraction | None:
        return Fraction(1) if float(self.cap).is_integer() else None

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardtanh(0.0, self.cap)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.ReLU(max_value=self.cap)
