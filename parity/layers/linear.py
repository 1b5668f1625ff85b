"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any, ClassVar

from parity.axes import Array, Tensor, features_to_layout
from parity.layers.base import Draw, Layer, Parameter, is_count, layer, require


@layer
class Linear(Layer):
    """A dense layer on ``N F``. Weight ``OI``, bias ``O``."""

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
        good = len(shape) == 2 and shape[1] == self.in_features
        require(self, "in_features", good, f"does not fit the input {shape}; it takes (N, {self.in_features})")

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        return op.Gemm(x, weight, bias, transB=1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Linear(self.in_features, self.out_features, self.bias)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Dense(self.out_features, use_bias=self.bias)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        # OI to IO; after Flatten the input axis runs H, W, C in Keras where it runs C, H, W here.
        weight = features_to_layout(parameters["weight"], x, "NHWC").T
        return [weight, parameters["bias"]] if self.bias else [weight]
