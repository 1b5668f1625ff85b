"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Shape, Tensor, features_to_layout
from parity.bounds import Rounding, sum_of_products
from parity.layers.base import Draw, Error, Layer, Parameter, is_count, layer, require

BLOCKS = 16  #: feature blocks, and interleaved lanes, over which running sums are looked at


@layer
class Linear(Layer):
    """A dense layer on ``N F``. Weight ``OI``, bias ``O``."""

    kind: ClassVar[str] = "linear"
    linear: ClassVar[bool] = True

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

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        fits = len(shape) == 2 and shape[1] == self.in_features
        require(self, "in_features", fits, f"does not fit the input {shape}; it takes (N, {self.in_features})")
        return (shape[0], self.out_features)

    def output(self, *inputs: Tensor) -> Tensor:
        return Tensor(self.output_shape(inputs[0].shape))

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> F64:
        y = np.asarray(x, np.float64) @ np.asarray(weight, np.float64).T
        return y if bias is None else y + np.asarray(bias, np.float64)

    def error(self, rounding: Rounding, y: F64, x: Array, weight: Array, bias: Array | None = None) -> Error:
        x, w = np.asarray(x, np.float64), np.asarray(weight, np.float64)
        b = 0.0 if bias is None else np.abs(np.asarray(bias, np.float64))
        stored = rounding.storage * np.abs(y)
        if bias is not None and rounding.storage > rounding.accumulate:
            stored = stored + rounding.storage * np.abs(y - np.asarray(bias, np.float64))
        squares = (x * x) @ (w * w).T
        return Error(sum_of_products(rounding, self.in_features, squares, y, b, _largest_prefix(x, w)), stored)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        return np.sqrt(errors[0] ** 2 @ np.square(parameters["weight"], dtype=np.float64).T)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Linear(self.in_features, self.out_features, self.bias)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Dense(self.out_features, use_bias=self.bias)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        # OI to IO; after Flatten the input axis runs H, W, C in Keras where it runs C, H, W here.
        weight = features_to_layout(parameters["weight"], x, "NHWC").T
        return [weight, parameters["bias"]] if self.bias else [weight]


def _largest_prefix(x: F64, w: F64) -> F64:
    """Largest squared running sum over contiguous blocks, or the energy of interleaved lanes; ``N O``."""
    n = w.shape[1]
    edges = np.linspace(0, n, min(BLOCKS, n) + 1).round().astype(int)
    running = np.zeros((x.shape[0], w.shape[0]))
    largest = np.zeros_like(running)
    for a, b in pairwise(edges):
        running = running + x[:, a:b] @ w[:, a:b].T
        largest = np.maximum(largest, running * running)
    if n >= 2 * BLOCKS:
        lanes = np.zeros_like(running)
        for lane in range(BLOCKS):
            stop = n - n % BLOCKS
            lanes = lanes + (x[:, lane:stop:BLOCKS] @ w[:, lane:stop:BLOCKS].T) ** 2
        largest = np.maximum(largest, lanes)
    return largest
