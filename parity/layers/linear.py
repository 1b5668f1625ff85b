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


@layer
class Bilinear(Layer):
    """``sum_ij x1_i W_oij x2_j + b_o`` of two rows of features, both ``N F``. Weight ``OIJ``, bias ``O``.

    A layer in torch; Keras has none, it is composed.
    """

    kind: ClassVar[str] = "bilinear"
    takes: ClassVar[int | None] = 2

    in1_features: int
    in2_features: int
    out_features: int
    bias: bool = True

    def check(self) -> None:
        for name in ("in1_features", "in2_features", "out_features"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        draw = Draw(spread=sqrt(1.0 / (self.in1_features * self.in2_features)))
        stored = {"weight": Parameter((self.out_features, self.in1_features, self.in2_features), "OIJ", draw)}
        return stored | ({"bias": Parameter((self.out_features,), "O", Draw(spread=0.1))} if self.bias else {})

    def fits(self, *inputs: Tensor) -> None:
        for name, x in zip(("in1_features", "in2_features"), inputs, strict=True):
            good = len(x.shape) == 2 and x.shape[1] == getattr(self, name)
            require(self, name, good, f"does not fit the input {x.shape}; it takes (N, {getattr(self, name)})")
            # A channels-last framework folds H, W, C: its rows would meet other weights than those of a channels-first one.
            require(self, name, x.folded is None, "does not fit an image that was folded into features")

    def to_onnx(self, op: Any, x1: Any, x2: Any, *, weight: Any, bias: Any = None) -> Any:
        y = op.Einsum(op.Einsum(x1, weight, equation="ni,oij->noj"), x2, equation="noj,nj->no")
        return y if bias is None else op.Add(y, bias)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Bilinear(self.in1_features, self.in2_features, self.out_features, self.bias)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        outer = self

        class Product(keras.layers.Layer):  # type: ignore[misc]
            """The layer that Keras has not."""

            def build(self, *shapes: Any) -> None:
                shape = (outer.out_features, outer.in1_features, outer.in2_features)
                self.kernel = self.add_weight(shape=shape)
                self.bias = self.add_weight(shape=shape[:1]) if outer.bias else None

            def call(self, x1: Any, x2: Any) -> Any:
                y = keras.ops.einsum("ni,oij,nj->no", x1, self.kernel, x2)
                return y if self.bias is None else y + self.bias

        return Product()
