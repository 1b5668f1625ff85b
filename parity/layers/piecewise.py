"""Activations made of straight lines: clipped, shrunk, or cut off."""

from __future__ import annotations

from typing import Any

from parity.axes import Tensor
from parity.layers.base import Layer, is_number, layer, require


@layer
class ReLU6(Layer):
    """``min(max(0, x), 6)``: bit equal given the same input."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Clip(x, op.constant(0.0), op.constant(6.0))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.ReLU6()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("relu6")


@layer
class HardSigmoid(Layer):
    """``min(max(x / 6 + 1/2, 0), 1)`` in torch and Keras 3. ONNX' slope is 0.2 by default, as Keras 2's was."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.HardSigmoid(x, alpha=1 / 6, beta=0.5)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardsigmoid()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("hard_sigmoid")


@layer
class HardTanh(Layer):
    """``min(max(x, min_val), max_val)``: bit equal given the same input. Keras has no arguments: -1 and 1, torch's defaults."""

    min_val: float = -1.0
    max_val: float = 1.0

    def check(self) -> None:
        require(self, "min_val", is_number(self.min_val), "must be a number")
        good = is_number(self.max_val) and self.max_val > self.min_val
        require(self, "max_val", good, f"must be a number above min_val={self.min_val}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Clip(x, op.constant(float(self.min_val)), op.constant(float(self.max_val)))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardtanh(self.min_val, self.max_val)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if self == HardTanh():
            return keras.layers.Activation("hard_tanh")
        return lambda v: keras.ops.clip(v, self.min_val, self.max_val)


@layer
class TanhShrink(Layer):
    """``x - tanh(x)``."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Sub(x, op.Tanh(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Tanhshrink()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("tanh_shrink")


@layer
class HardShrink(Layer):
    """``x`` where ``|x|`` is above ``lambd``, else 0: bit equal given the same input.

    Keras calls it ``threshold``; 0.5 is the default everywhere.
    """

    lambd: float = 0.5

    def check(self) -> None:
        require(self, "lambd", is_number(self.lambd) and self.lambd >= 0, "must be a number of at least 0")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Shrink(x, lambd=float(self.lambd), bias=0.0)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardshrink(self.lambd)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.activations.hard_shrink(v, threshold=self.lambd)


@layer
class SoftShrink(Layer):
    """``x - lambd`` above ``lambd``, ``x + lambd`` below ``-lambd``, else 0.

    Keras calls it ``threshold``; 0.5 is the default of both. ONNX' Shrink subtracts nothing by default.
    """

    lambd: float = 0.5

    def check(self) -> None:
        require(self, "lambd", is_number(self.lambd) and self.lambd >= 0, "must be a number of at least 0")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Shrink(x, lambd=float(self.lambd), bias=float(self.lambd))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Softshrink(self.lambd)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.activations.soft_shrink(v, threshold=self.lambd)


@layer
class Threshold(Layer):
    """``x`` above ``threshold``, else ``value``: bit equal given the same input. Neither framework has defaults."""

    threshold: float
    value: float

    def check(self) -> None:
        for name in ("threshold", "value"):
            require(self, name, is_number(getattr(self, name)), "must be a number")

    def to_onnx(self, op: Any, x: Any) -> Any:
        edge, value = op.constant(float(self.threshold)), op.constant(float(self.value))
        return op.Where(op.Greater(x, edge), x, value)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Threshold(self.threshold, self.value)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.activations.threshold(v, float(self.threshold), float(self.value))
