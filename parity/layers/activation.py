"""Element-wise activations."""

from __future__ import annotations

from typing import Any, ClassVar

from parity.axes import Tensor
from parity.layers.base import Layer, is_number, layer, require


@layer
class ReLU(Layer):
    """``max(0, x)``: bit equal given the same input."""

    kind: ClassVar[str] = "relu"

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Relu(x)

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

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.LeakyRelu(x, alpha=float(self.negative_slope))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LeakyReLU(self.negative_slope)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.LeakyReLU(negative_slope=self.negative_slope)


@layer
class Sigmoid(Layer):
    """``1 / (1 + exp(-x))``."""

    kind: ClassVar[str] = "sigmoid"

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Sigmoid(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Sigmoid()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("sigmoid")
