"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Shape, Tensor
from parity.bounds import Rounding, sum_of_products
from parity.layers.base import (
    Draw,
    Error,
    Layer,
    Padding,
    Pair,
    Parameter,
    Window,
    is_count,
    is_size,
    layer,
    pair,
    per_channel,
    require,
)
from parity.layers.windows import (
    PADDING_MEND,
    is_padding,
    is_symmetric,
    pad,
    resolve_pads,
    taps,
    window_count,
)

BLOCKS = 8  #: channel blocks over which running sums are looked at (docs/error-bounds.md, R)


@layer
class Conv2D(Layer):
    """A 2-D cross-correlation. Weight ``OIHW`` (I counts the channels of one group), bias ``O``.

    padding: "same" (TensorFlow's rule), "valid", a number, (height, width) or ((top, bottom), (left, right)).
    """

    kind: ClassVar[str] = "conv2d"
    linear: ClassVar[bool] = True

    in_channels: int
    out_channels: int
    kernel: int | Pair
    stride: int | Pair = 1
    padding: Padding = 0
    dilation: int | Pair = 1
    groups: int = 1
    bias: bool = True

    def check(self) -> None:
        require(self, "in_channels", is_count(self.in_channels), "must be a whole number of at least 1")
        require(self, "out_channels", is_count(self.out_channels), "must be a whole number of at least 1")
        for name in ("kernel", "stride", "dilation"):
            require(self, name, is_size(getattr(self, name)), "must be at least 1, or a pair of such numbers")
        require(self, "padding", is_padding(self.padding), PADDING_MEND)
        require(self, "groups", is_count(self.groups), "must be a whole number of at least 1")
        divides = self.in_channels % self.groups == 0 and self.out_channels % self.groups == 0
        require(
            self, "groups", divides, f"must divide in_channels={self.in_channels} and out_channels={self.out_channels}"
        )
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.out_channels, self.in_channels // self.groups, *pair(self.kernel))
        stored = {"weight": Parameter(shape, "OIHW", Draw(spread=sqrt(2.0 / self._products)))}
        if self.bias:
            stored["bias"] = Parameter((self.out_channels,), "O", Draw(spread=0.1))
        return stored

    @property
    def _products(self) -> int:
        """n: how many products one output element sums."""
        kh, kw = pair(self.kernel)
        return self.in_channels // self.groups * kh * kw

    def _window(self, size: Pair) -> Window:
        kernel, stride, dilation = pair(self.kernel), pair(self.stride), pair(self.dilation)
        return Window(kernel, stride, dilation, resolve_pads(self.padding, size, kernel, stride, dilation))

    def window(self, x: Tensor) -> Window:
        return self._window((x.shape[2], x.shape[3]))

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        require(
            self, "in_channels", len(shape) == 4 and shape[1] == self.in_channels, f"does not fit the input {shape}"
        )
        size = (shape[2], shape[3])
        return (shape[0], self.out_channels, *window_count("Conv2D", size, self._window(size)))

    def reference(self, x: Array, weight: Array, bias: Array | None = None) -> F64:
        y = self._sum(x, weight)
        return y if bias is None else y + per_channel(bias, 4)

    def error(self, rounding: Rounding, y: F64, x: Array, weight: Array, bias: Array | None = None) -> Error:
        squares = self._sum(np.square(x, dtype=np.float64), np.square(weight, dtype=np.float64))
        b = 0.0 if bias is None else np.abs(per_channel(bias, 4))
        prefix = np.maximum(self._tap_prefix(x, weight), self._block_prefix(x, weight))
        stored = rounding.storage * np.abs(y)
        if bias is not None and rounding.storage > rounding.accumulate:  # the sum is stored, then the bias is added
            stored = stored + rounding.storage * np.abs(y - per_channel(bias, 4))
        return Error(sum_of_products(rounding, self._products, squares, y, b, prefix), stored)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        weight = np.asarray(parameters["weight"], np.float64)
        return np.sqrt(self._sum(errors[0] ** 2, weight**2))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        nn, window = torch.nn, self.window(x)
        (top, bottom), (left, right) = window.pads

        def conv(padding: Any) -> Any:
            return nn.Conv2d(
                self.in_channels, self.out_channels, window.kernel, window.stride, padding, window.dilation,
                self.groups, self.bias,
            )  # fmt: skip

        if self.padding == "valid" or (self.padding == "same" and window.stride == (1, 1)):
            return conv(self.padding)
        if is_symmetric(window.pads):
            return conv((top, left))
        # torch has no "same" with a stride and no per-side padding: pad first, then convolve.
        return [nn.ZeroPad2d((left, right, top, bottom)), conv(0)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, window = keras.layers, self.window(x)

        def conv(padding: str, strides: Pair = window.stride) -> Any:
            return layers.Conv2D(
                self.out_channels, window.kernel, strides, padding, dilation_rate=window.dilation,
                groups=self.groups, use_bias=self.bias,
            )  # fmt: skip

        pieces: list[Any] = []
        if window.stride != (1, 1) and window.dilation != (1, 1):
            # Keras refuses a stride together with a dilation: convolve densely, keep every stride-th window.
            subsample = layers.MaxPooling2D(1, window.stride, "valid")
            pieces = [conv("valid", (1, 1)), subsample]
        elif self.padding in ("same", "valid"):
            return conv(self.padding)
        else:
            pieces = [conv("valid")]
        return [layers.ZeroPadding2D(window.pads), *pieces] if window.pads != ((0, 0), (0, 0)) else pieces

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        weight = parameters["weight"].transpose(2, 3, 1, 0)  # OIHW to HWIO
        return [weight, parameters["bias"]] if self.bias else [weight]

    def _sum(self, x: Array, weight: Array) -> F64:
        """The convolution without bias, float64, as the sum over taps of channel products."""
        total: F64 | None = None
        for part in self._tap_parts(x, weight):
            if total is None:
                total = part
            else:
                total += part
        assert total is not None  # a kernel has at least one tap
        return total

    def _tap_parts(self, x: Array, weight: Array) -> Any:
        """Each tap's own sum over channels: float64 ``N O H W`` arrays, one a tap."""
        size = (x.shape[2], x.shape[3])
        window = self._window(size)
        count = window_count("Conv2D", size, window)
        g, w = self.groups, np.asarray(weight, np.float64)
        w = w.reshape(g, self.out_channels // g, -1, *window.kernel)
        padded = pad(np.asarray(x, np.float64), window.pads)
        for i, j, seen in taps(padded, count, window):
            columns = seen.reshape(x.shape[0], g, -1, count[0] * count[1])
            yield (w[:, :, :, i, j] @ columns).reshape(x.shape[0], self.out_channels, *count)

    def _tap_prefix(self, x: Array, weight: Array) -> F64:
        """Largest squared running sum in the order taps outer, channels inner."""
        return _largest_prefix(self._tap_parts(x, weight))

    def _block_prefix(self, x: Array, weight: Array) -> F64:
        """Largest squared running sum in the order channel blocks outer, taps inner."""
        size = (x.shape[2], x.shape[3])
        window = self._window(size)
        count = window_count("Conv2D", size, window)
        g, (kh, kw) = self.groups, window.kernel
        inner = self.in_channels // g
        edges = np.linspace(0, inner, min(BLOCKS, inner) + 1).round().astype(int)
        padded = pad(np.asarray(x, np.float64), window.pads)
        grouped = padded.reshape(x.shape[0], g, inner, *padded.shape[2:])
        w = np.asarray(weight, np.float64).reshape(g, self.out_channels // g, inner, kh, kw)

        def parts() -> Any:
            for a, b in pairwise(edges):
                block = grouped[:, :, a:b].reshape(x.shape[0], g * (b - a), *padded.shape[2:])
                seen = np.stack([t for _, _, t in taps(block, count, window)], axis=2)
                columns = seen.reshape(x.shape[0], g, (b - a) * kh * kw, count[0] * count[1])
                rows = w[:, :, a:b].reshape(g, self.out_channels // g, (b - a) * kh * kw)
                yield (rows @ columns).reshape(x.shape[0], self.out_channels, *count)

        return _largest_prefix(parts())


def _largest_prefix(parts: Any) -> F64:
    """The largest squared running sum, element by element, over ``parts`` taken in order."""
    running: F64 | None = None
    largest: F64 | None = None
    for part in parts:
        running = part if running is None else running + part
        squared = running * running
        largest = squared if largest is None else np.maximum(largest, squared)
    assert largest is not None
    return largest
