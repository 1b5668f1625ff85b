"""Element-wise activations: ReLU and its kin, and the plain sigmoids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Parameter, is_count, is_number, layer, require, setting


@layer
class ReLU(Layer):
    """``max(0, x)``, and Keras' general form: ``min(x, max_value)`` above ``threshold``, else ``negative_slope * (x - threshold)``.

    torch has no argument of these. At the threshold itself Keras' documentation says x, its code takes the other side.
    """

    kind: ClassVar[str] = "relu"

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def check(self) -> None:
        for name in ("negative_slope", "threshold"):
            value = getattr(self, name)
            require(self, name, is_number(value) and value >= 0, "must be a number of at least 0")
        most = self.max_value
        good = most is None or (is_number(most) and most > self.threshold)
        require(self, "max_value", good, f"must be None or a number above threshold={self.threshold}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        if self.max_value is None and self.threshold == 0:
            return op.LeakyRelu(x, alpha=float(self.negative_slope)) if self.negative_slope else op.Relu(x)
        edge, below = op.constant(float(self.threshold)), op.constant(0.0)
        if self.negative_slope:
            distance = op.Sub(x, edge) if self.threshold else x
            below = op.Mul(distance, setting(op, self.negative_slope))
        above = x if self.max_value is None else op.Min(x, op.constant(float(self.max_value)))
        return op.Where(op.Greater(x, edge), above, below)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        if self == ReLU():
            return torch.nn.ReLU()
        edge, slope, most = self.threshold, self.negative_slope, self.max_value
        return lambda v: torch.where(v > edge, v if most is None else v.clamp(max=most), slope * (v - edge))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.ReLU(max_value=self.max_value, negative_slope=self.negative_slope, threshold=self.threshold)


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


@layer
class Tanh(Layer):
    """``tanh(x)``."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Tanh(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Tanh()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("tanh")


@layer
class Softsign(Layer):
    """``x / (1 + |x|)``."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Softsign(x)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Softsign()

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Activation("softsign")


@layer
class PReLU(Layer):
    """``x`` where it is at least 0, else ``slope * x``; the slopes are stored.

    num_parameters: 1 for one slope, torch's default; the number of channels (or features) for one each, of axes ``C``;
    ``(C, H, W)`` for one each element of an image, Keras' default, which torch has to compose.
    """

    num_parameters: int | tuple[int, int, int] = 1

    def check(self) -> None:
        given = self.num_parameters
        good = is_count(given) or (isinstance(given, tuple) and len(given) == 3 and all(is_count(n) for n in given))
        require(self, "num_parameters", good, "must be a whole number of at least 1 or (C, H, W)")

    def parameters(self) -> Mapping[str, Parameter]:
        given = self.num_parameters
        shape, axes = (given, "CHW") if isinstance(given, tuple) else ((given,), "C")
        return {"slope": Parameter(shape, axes, Draw("uniform", 0.25, 0.1))}

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        fitting = {1, shape[1], shape[1:] if len(shape) == 4 else 1}
        require(self, "num_parameters", self.num_parameters in fitting, f"does not fit the input {shape}")

    def to_onnx(self, op: Any, x: Any, *, slope: Any) -> Any:
        each = isinstance(self.num_parameters, int) and len(x.shape) == 4
        return op.PRelu(x, op.Reshape(slope, op.constant([-1, 1, 1])) if each else slope)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        if isinstance(self.num_parameters, int):
            return torch.nn.PReLU(self.num_parameters)
        shape = self.num_parameters

        class Slopes(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.weight = torch.nn.Parameter(torch.zeros(shape))

            def forward(self, v: Any) -> Any:
                return torch.where(v >= 0, v, self.weight * v)

        return Slopes()

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {"weight": parameters["slope"]}

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if isinstance(self.num_parameters, tuple):
            return keras.layers.PReLU()
        last = [] if self.num_parameters == x.shape[1] else [len(x.shape) - 1]
        return keras.layers.PReLU(shared_axes=[*range(1, len(x.shape) - 1), *last])

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        slope = parameters["slope"]
        if slope.ndim == 3:
            return [np.ascontiguousarray(slope.transpose(1, 2, 0))]
        return [slope.reshape(1, 1, -1) if len(x.shape) == 4 else slope]
