"""Pooling. A window may hang over the edge (padding, ceil_mode); what it then sees is where frameworks disagree."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Array, Shape, Tensor
from parity.bounds import Rounding
from parity.layers.base import Error, Layer, Padding, Pads, Pair, Window, is_size, layer, pair, require
from parity.layers.windows import (
    PADDING_MEND,
    is_padding,
    is_symmetric,
    pad,
    reach_pads,
    resolve_pads,
    window_count,
    window_max,
    window_sum,
)


class Pool(Layer):
    """What MaxPool2D and AvgPool2D share: fields, window, output size."""

    kernel: int | Pair
    stride: int | Pair | None
    padding: Padding
    ceil_mode: bool

    def check(self) -> None:
        require(self, "kernel", is_size(self.kernel), "must be at least 1, or a pair of such numbers")
        good = self.stride is None or is_size(self.stride)
        require(self, "stride", good, "must be None (the kernel), at least 1, or a pair of such numbers")
        require(self, "padding", is_padding(self.padding), PADDING_MEND)
        if not isinstance(self.padding, str):
            kernel = pair(self.kernel)
            pads = resolve_pads(self.padding, (1, 1), kernel, (1, 1))
            fits = all(side <= k // 2 for k, sides in zip(kernel, pads, strict=True) for side in sides)
            require(self, "padding", fits, f"must be at most half of kernel={self.kernel}: a window must see the input")
        require(self, "ceil_mode", isinstance(self.ceil_mode, bool), "must be True or False")
        mixed = self.ceil_mode and self.padding == "same"
        require(self, "ceil_mode", not mixed, 'has no meaning with padding="same", which rounds up by itself')

    def _window(self, size: Pair) -> Window:
        kernel = pair(self.kernel)
        stride = kernel if self.stride is None else pair(self.stride)
        return Window(kernel, stride, (1, 1), resolve_pads(self.padding, size, kernel, stride))

    def window(self, x: Tensor) -> Window:
        return self._window((x.shape[2], x.shape[3]))

    def output_shape(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        require(self, "kernel", len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        return (*shape[:2], *self._count((shape[2], shape[3])))

    def _count(self, size: Pair) -> Pair:
        return window_count(type(self).__name__, size, self._window(size), self.ceil_mode)

    def _reach(self, size: Pair) -> Pads:
        """The pads with what ceil_mode hangs over at the bottom and right."""
        return reach_pads(size, self._count(size), self._window(size))

    def _torch_arguments(self, window: Window) -> dict[str, Any]:
        (top, _), (left, _) = window.pads
        return dict(
            kernel_size=window.kernel, stride=window.stride, padding=(top, left), ceil_mode=self.ceil_mode
        )  # fmt: skip

    def _torch_reach(self, x: Tensor) -> tuple[int, int, int, int]:
        """(left, right, top, bottom) after which a pool without padding or ceil_mode sees the windows of this one.

        torch pads both sides alike. Padded by hand, its ceil_mode would keep a window that starts in the padding.
        """
        (top, bottom), (left, right) = self._reach((x.shape[2], x.shape[3]))
        return (left, right, top, bottom)


@layer
class MaxPool2D(Pool):
    """The maximum over each window; padding never wins (it is minus infinity).

    stride=None strides by the kernel. ceil_mode keeps a last, partial window (torch's rule).
    """

    kind: ClassVar[str] = "maxpool2d"

    kernel: int | Pair
    stride: int | Pair | None = None
    padding: Padding = 0
    ceil_mode: bool = False

    def reference(self, x: Array) -> F64:
        size = (x.shape[2], x.shape[3])
        padded = pad(np.asarray(x, np.float64), self._reach(size), -inf)
        return window_max(padded, self._count(size), self._window(size))

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        # An exact interval: the maximum is monotonous in every input.
        above, below = self.reference(inputs[0] + errors[0]), self.reference(inputs[0] - errors[0])
        return np.maximum(above - y, y - below)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        window = self.window(x)
        if is_symmetric(window.pads):
            return torch.nn.MaxPool2d(**self._torch_arguments(window))
        pool = torch.nn.MaxPool2d(window.kernel, window.stride)
        return [torch.nn.ConstantPad2d(self._torch_reach(x), -inf), pool]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        window = self.window(x)
        if self.padding == "same":
            return keras.layers.MaxPooling2D(window.kernel, window.stride, "same")
        pool = keras.layers.MaxPooling2D(window.kernel, window.stride, "valid")
        reach = self._reach((x.shape[2], x.shape[3]))
        if reach == ((0, 0), (0, 0)):
            return pool
        # Keras pads images with zeros only, and a zero would win over negative values.
        edges = ((0, 0), *reach, (0, 0))
        return [lambda v: keras.ops.pad(v, edges, constant_values=-inf), pool]


@layer
class AvgPool2D(Pool):
    """The mean over each window.

    count_include_pad counts padding as zeros; what ceil_mode hangs over beyond it is never counted (torch's rule).
    """

    kind: ClassVar[str] = "avgpool2d"

    kernel: int | Pair
    stride: int | Pair | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True

    def check(self) -> None:
        super().check()
        require(self, "count_include_pad", isinstance(self.count_include_pad, bool), "must be True or False")

    def counts(self, size: Pair) -> F64:
        """How many elements each window divides by, ``1 1 H_out W_out``, for an input of ``size`` (height, width)."""
        window, count = self._window(size), self._count(size)
        (_, bottom), (_, right) = window.pads
        ones = np.ones((1, 1, *size))
        counted = pad(ones, window.pads, 1.0 if self.count_include_pad else 0.0)
        (_, reach_bottom), (_, reach_right) = self._reach(size)
        beyond = ((0, reach_bottom - bottom), (0, reach_right - right))
        return window_sum(pad(counted, beyond), count, window)

    def _shares(self, size: Pair) -> Array:
        """What a mean over whole windows of a zero-padded input is multiplied by, ``1 1 H_out W_out``, float32."""
        kh, kw = pair(self.kernel)
        return (kh * kw / self.counts(size)).astype(np.float32)

    def _sum(self, x: Array) -> F64:
        size = (x.shape[2], x.shape[3])
        return window_sum(pad(np.asarray(x, np.float64), self._reach(size)), self._count(size), self._window(size))

    def reference(self, x: Array) -> F64:
        return self._sum(x) / self.counts((x.shape[2], x.shape[3]))

    def error(self, rounding: Rounding, y: F64, x: Array) -> Error:
        kh, kw = pair(self.kernel)
        mean = self.reference(np.abs(x))
        return Error(rounding.elementwise * sqrt(kh * kw) * mean, rounding.storage * np.abs(y))

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        x = inputs[0]
        return np.sqrt(self._sum(errors[0] ** 2)) / self.counts((x.shape[2], x.shape[3]))

    def exact_step(self, *inputs: Tensor) -> Fraction | None:
        kh, kw = pair(self.kernel)
        counts = {int(c) for c in self.counts((inputs[0].shape[2], inputs[0].shape[3])).flat}
        # A division by other than a power of two rounds; a spelling that undoes a share divides by the whole window.
        if any(c & (c - 1) for c in {kh * kw, *counts}):
            return None
        return Fraction(1, kh * kw)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        window = self.window(x)
        if is_symmetric(window.pads):
            return torch.nn.AvgPool2d(**self._torch_arguments(window), count_include_pad=self.count_include_pad)
        pieces = [torch.nn.ZeroPad2d(self._torch_reach(x)), torch.nn.AvgPool2d(window.kernel, window.stride)]
        # torch's padding is the same on both sides: average all zeros too, then undo the share of those not counted.
        shares = self._shares((x.shape[2], x.shape[3]))
        if np.all(shares == 1):
            return pieces
        ratio = torch.from_numpy(shares)

        class Scale(torch.nn.Module):  # type: ignore[misc]
            """Multiply by a constant that moves with the module to its device."""

            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("ratio", ratio, persistent=False)

            def forward(self, v: Any) -> Any:
                return v * self.ratio

        return [*pieces, Scale()]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        window = self.window(x)
        if self.padding == "same" and not self.count_include_pad:
            return keras.layers.AveragePooling2D(window.kernel, window.stride, "same")
        size = (x.shape[2], x.shape[3])
        pool = keras.layers.AveragePooling2D(window.kernel, window.stride, "valid")
        reach = self._reach(size)
        if reach == ((0, 0), (0, 0)):
            return pool
        # Keras pads nothing but "same", which it does not count: pad with zeros, average, undo their share.
        ratio = self._shares(size).transpose(0, 2, 3, 1)
        pieces: list[Any] = [keras.layers.ZeroPadding2D(reach), pool]
        if np.any(ratio != 1):
            pieces.append(lambda v: v * ratio)
        return pieces
