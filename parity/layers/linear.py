"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, ClassVar

from parity.axes import Array, Tensor, features_to_layout
from parity.layers.along import at_the_end, channels_last
from parity.layers.base import Draw, Layer, Parameter, is_count, layer, require


@layer
class Linear(Layer):
    """A dense layer on ``N F``, or on the channels of every place of a signal, an image or a volume by itself. Weight ``OI``, bias ``O``.

    torch and Keras both take the last axis: Keras' channels; in torch they are brought there and back, as transformers hold them.
    """

    kind: ClassVar[str] = "linear"

    in_features: int
    out_features: int
    bias: bool = True

    def check(self) -> None:
        require(self, "in_features", is_count(self.in_features), "must be a whole number of at least 1")
        require(self, "out_features", is_count(self.out_features), "must be a whole number of at least 1")
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        draw = Draw(spread=sqrt(1.0 / self.in_features))
        stored = {"weight": Parameter((self.out_features, self.in_features), "OI", draw)}
        if self.bias:
            stored["bias"] = Parameter((self.out_features,), "O", Draw(spread=0.1))
        return stored

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = shape[1] == self.in_features
        require(self, "in_features", good, f"does not fit the input {shape}; it takes (N, {self.in_features})")

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        if len(x.shape) == 2:
            return op.Gemm(x, weight, bias, transB=1)

        def dense(v: Any) -> Any:
            y = op.MatMul(v, op.Transpose(weight, perm=(1, 0)))
            return y if bias is None else op.Add(y, bias)

        return at_the_end(op, "C", x, dense)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        dense = torch.nn.Linear(self.in_features, self.out_features, self.bias)
        return dense if len(x.shape) == 2 else channels_last(dense, len(x.shape))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Dense(self.out_features, use_bias=self.bias)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        # OI to IO; after Flatten the input axis runs H, W, C in Keras where it runs C, H, W here.
        weight = features_to_layout(parameters["weight"], x, "NHWC").T
        return [weight, parameters["bias"]] if self.bias else [weight]
