"""A layer that parity does not have."""

from __future__ import annotations

from typing import Any

from parity.axes import Tensor
from parity.layers import Layer, layer
from parity.layers.base import is_number, require


@layer
class CappedReLU(Layer):
    """``min(max(x, 0), cap)``: bit equal given the same input."""

    cap: float = 6.0

    def check(self) -> None:
        require(self, "cap", is_number(self.cap) and self.cap > 0, "must be a positive number")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Clip(x, op.constant(0.0), op.constant(self.cap))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardtanh(0.0, self.cap)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.ReLU(max_value=self.cap)
