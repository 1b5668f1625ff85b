"""Layers with one stored array that they add, multiply by or put in front: positions and class token of a ViT, the scale of a branch.

torch and Keras have none of them; ports write them with a parameter of their own, and so do the spellings, ``weight`` in both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from parity.axes import Array, Shape, Tensor
from parity.layers.base import Draw, Layer, Parameter, is_count, is_number, layer, require

Applied = Callable[[Any, Any], Any]  #: (what comes in, the stored array) -> what comes out


def torch_module(torch: Any, shape: Shape, applied: Applied) -> Any:
    """A module with a parameter ``weight`` of this shape."""

    class Learned(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(shape))

        def forward(self, v: Any) -> Any:
            return applied(v, self.weight)

    return Learned()


def keras_layer(keras: Any, shape: Shape, applied: Applied) -> Any:
    """A layer with a variable ``weight`` of this shape."""

    class Learned(keras.layers.Layer):  # type: ignore[misc]
        def build(self, _: Any) -> None:
            self.learned = self.add_weight(shape=shape, name="weight")

        def call(self, v: Any) -> Any:
            return applied(v, self.learned)

    return Learned()


class ByChannel(Layer):
    """What has one number a channel."""

    channels: int

    def check(self) -> None:
        require(self, "channels", is_count(self.channels), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) > 2 and shape[1] == self.channels
        require(self, "channels", good, f"does not fit the input {shape}")


@layer
class LayerScale(ByChannel):
    """``x * weight``, weight of axes ``C``: each channel of a residual branch by a learned number, as ConvNeXt and CaiT have it.

    initial: around what the weights are drawn; networks begin at 1e-6 or 1e-5, where the branch hardly counts.
    """

    channels: int
    initial: float = 0.5

    def check(self) -> None:
        super().check()
        require(self, "initial", is_number(self.initial) and self.initial > 0, "must be a number above 0")

    def parameters(self) -> Mapping[str, Parameter]:
        return {"weight": Parameter((self.channels,), "C", Draw("uniform", self.initial, self.initial / 4))}

    def to_onnx(self, op: Any, x: Any, *, weight: Any) -> Any:
        return op.Mul(x, op.Reshape(weight, op.constant([self.channels] + [1] * (len(x.shape) - 2))))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch_module(torch, self._shape(x), lambda v, weight: v * weight)

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {"weight": parameters["weight"].reshape(self._shape(x))}

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras_layer(keras, (self.channels,), lambda v, weight: v * weight)

    def _shape(self, x: Tensor) -> Shape:
        return (self.channels, *[1] * (len(x.shape) - 2))


@layer
class PositionEmbedding(ByChannel):
    """Tokens ``N C L`` and a learned vector for each place added: ``x + weight``, weight of axes ``CL``."""

    channels: int
    length: int

    def check(self) -> None:
        super().check()
        require(self, "length", is_count(self.length), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        super().fits(*inputs)
        shape = inputs[0].shape
        require(self, "length", shape[2:] == (self.length,), f"does not fit the input {shape}; it takes (N, C, L)")

    def parameters(self) -> Mapping[str, Parameter]:
        return {"weight": Parameter((self.channels, self.length), "CL", Draw(spread=0.5))}

    def to_onnx(self, op: Any, x: Any, *, weight: Any) -> Any:
        return op.Add(x, weight)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch_module(torch, (self.channels, self.length), lambda v, weight: v + weight)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras_layer(keras, (self.length, self.channels), lambda v, weight: v + weight)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [parameters["weight"].T]


@layer
class ClassToken(ByChannel):
    """Tokens ``N C L`` and one more in front of them, ``N C (L + 1)``: a learned vector, the same in every sample; weight of axes ``C``."""

    channels: int

    def parameters(self) -> Mapping[str, Parameter]:
        return {"weight": Parameter((self.channels,), "C", Draw())}

    def fits(self, *inputs: Tensor) -> None:
        super().fits(*inputs)
        shape = inputs[0].shape
        require(self, "channels", len(shape) == 3, f"takes tokens (N, C, L), got {shape}")

    def to_onnx(self, op: Any, x: Any, *, weight: Any) -> Any:
        shape = op.Concat(op.Shape(x, start=0, end=1), op.constant([self.channels, 1]), axis=0)
        token = op.Expand(op.Reshape(weight, op.constant([1, self.channels, 1])), shape)
        return op.Concat(token, x, axis=2)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        def joined(v: Any, token: Any) -> Any:
            return torch.cat([token.expand(v.shape[0], -1, -1), v], dim=2)

        return torch_module(torch, (self.channels, 1), joined)

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {"weight": parameters["weight"].reshape(-1, 1)}

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, c = keras.ops, self.channels

        def joined(v: Any, token: Any) -> Any:
            return ops.concatenate([ops.broadcast_to(token, (ops.shape(v)[0], 1, c)), v], axis=1)

        return keras_layer(keras, (c,), joined)
