"""Activations that multiply what comes in by a gate between 0 and 1."""

from __future__ import annotations

from typing import Any, Literal

from parity.axes import Tensor
from parity.layers.base import Layer, layer, require
from parity.layers.exponential import channels_last, counted, require_axis


@layer
class GELU(Layer):
    """``x`` times the share of a normal distribution below it; with ``approximate="tanh"`` that share by a tanh.

    torch's default is "none", and so is that of ``keras.activations.gelu`` (``approximate=False``) and ONNX;
    ``keras.ops.gelu`` takes the tanh unless told otherwise.
    """

    approximate: Literal["none", "tanh"] = "none"

    def check(self) -> None:
        require(self, "approximate", self.approximate in ("none", "tanh"), 'must be "none" or "tanh"')

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Gelu(x, approximate=self.approximate)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.GELU(approximate=self.approximate)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.activations.gelu(v, approximate=self.approximate == "tanh")


@layer
class SiLU(Layer):
    """``x * sigmoid(x)``, also called swish. ONNX has an operator for it from opset 24 on only, so it is composed."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Mul(x, op.Sigmoid(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.SiLU()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("silu")


@layer
class HardSwish(Layer):
    """``x * min(max(x / 6 + 1/2, 0), 1)``; Keras calls it ``hard_silu`` too."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.HardSwish(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Hardswish()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("hard_swish")


@layer
class Mish(Layer):
    """``x * tanh(softplus(x))``."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Mish(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Mish()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("mish")


@layer
class GLU(Layer):
    """``a * sigmoid(b)``, with ``a`` and ``b`` the first and second half of the input along ``axis``.

    The axis is one of the canonical ``N C H W`` or ``N F``. torch's and Keras' default is -1: of an image the width in torch, the
    channels in Keras.
    """

    axis: int = 1

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require_axis(self, self.axis, shape)
        require(self, "axis", shape[self.axis] % 2 == 0, f"must have an even size in the input {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        first, second = op.Split(x, axis=self.axis % len(x.shape), num_outputs=2, outputs=2)
        return op.Mul(first, op.Sigmoid(second))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.GLU(dim=self.axis)

    def needs_batch(self, x: Tensor) -> str:
        return counted(self.axis)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        axis = channels_last(self.axis, len(x.shape))
        return lambda v: keras.activations.glu(v, axis=axis)
