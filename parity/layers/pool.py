"""Pooling. A window may hang over the edge (padding, ceil_mode); what it then sees is where frameworks disagree."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Layer, Padding, Pads, Pair, is_count, is_size, layer, pair, require
from parity.layers.definition import define
from parity.layers.windows import (
    PADDING_MEND,
    counted,
    flat,
    is_padding,
    is_symmetric,
    reach_pads,
    require_room,
    resolve_pads,
)


class Pool(Layer):
    """What MaxPool2D, AvgPool2D and LPPool2D share: fields, window, output size."""

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
            good = all(side <= k // 2 for k, sides in zip(kernel, pads, strict=True) for side in sides)
            require(self, "padding", good, f"must be at most half of kernel={self.kernel}: a window must see the input")
        require(self, "ceil_mode", isinstance(self.ceil_mode, bool), "must be True or False")
        mixed = self.ceil_mode and self.padding == "same"
        require(self, "ceil_mode", not mixed, 'has no meaning with padding="same", which rounds up by itself')

    def _geometry(self, x: Any) -> tuple[Pair, Pair, Pads]:
        """Kernel, stride and pads for an input that has a ``shape``."""
        kernel = pair(self.kernel)
        stride = kernel if self.stride is None else pair(self.stride)
        return kernel, stride, resolve_pads(self.padding, x.shape[2:], kernel, stride)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "kernel", len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        kernel, _, pads = self._geometry(inputs[0])
        require_room(self, shape[2:], kernel, (1, 1), pads)

    def _onnx(self, x: Any) -> dict[str, Any]:
        kernel, stride, pads = self._geometry(x)
        return dict(kernel_shape=kernel, strides=stride, pads=flat(pads), ceil_mode=int(self.ceil_mode))

    def _reach(self, x: Tensor) -> Pads:
        """The pads with what ceil_mode hangs over at the bottom and right."""
        return reach_pads(x.shape[2:], define(self, (x,)).output.shape[2:], *self._geometry(x))

    def _torch(self, x: Tensor) -> dict[str, Any]:
        kernel, stride, ((top, _), (left, _)) = self._geometry(x)
        return dict(kernel_size=kernel, stride=stride, padding=(top, left), ceil_mode=self.ceil_mode)

    def _torch_reach(self, x: Tensor) -> tuple[int, int, int, int]:
        """(left, right, top, bottom) after which a pool without padding or ceil_mode sees the windows of this one.

        torch pads both sides alike. Padded by hand, its ceil_mode would keep a window that starts in the padding.
        """
        (top, bottom), (left, right) = self._reach(x)
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

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.MaxPool(x, **self._onnx(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, pads = self._geometry(x)
        if is_symmetric(pads):
            return torch.nn.MaxPool2d(**self._torch(x))
        return [torch.nn.ConstantPad2d(self._torch_reach(x), -inf), torch.nn.MaxPool2d(kernel, stride)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        if self.padding == "same":
            return keras.layers.MaxPooling2D(kernel, stride, "same")
        pool, reach = keras.layers.MaxPooling2D(kernel, stride, "valid"), self._reach(x)
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

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.AveragePool(x, **self._onnx(x), count_include_pad=int(self.count_include_pad))

    def _shares(self, x: Tensor) -> Array:
        """What a mean over whole windows of a zero-padded input is multiplied by, ``1 1 H_out W_out``, float32."""
        kernel, stride, pads = self._geometry(x)
        count = define(self, (x,)).output.shape[2:]
        inside = counted(x.shape[2:], count, kernel, stride, pads, self.count_include_pad)
        return (kernel[0] * kernel[1] / inside).astype(np.float32)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, pads = self._geometry(x)
        if is_symmetric(pads):
            return torch.nn.AvgPool2d(**self._torch(x), count_include_pad=self.count_include_pad)
        pieces = [torch.nn.ZeroPad2d(self._torch_reach(x)), torch.nn.AvgPool2d(kernel, stride)]
        # torch's padding is the same on both sides: average all zeros too, then undo the share of those not counted.
        shares = self._shares(x)
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
        kernel, stride, _ = self._geometry(x)
        if self.padding == "same" and not self.count_include_pad:
            return keras.layers.AveragePooling2D(kernel, stride, "same")
        pool, reach = keras.layers.AveragePooling2D(kernel, stride, "valid"), self._reach(x)
        if reach == ((0, 0), (0, 0)):
            return pool
        # Keras pads nothing but "same", which it does not count: pad with zeros, average, undo their share.
        ratio = self._shares(x).transpose(0, 2, 3, 1)
        pieces: list[Any] = [keras.layers.ZeroPadding2D(reach), pool]
        if np.any(ratio != 1):
            pieces.append(lambda v: v * ratio)
        return pieces


@layer
class LPPool2D(Pool):
    """The p-norm of each window, ``(sum |x|^p)^(1/p)``; padding and what ceil_mode hangs over are zeros.

    torch leaves out the ``|x|``: its p = 1 is a signed sum and its p = 3 NaN for negative sums, so the modulus is spelled for odd p; it has no
    padding, and in a last, partial window of ceil_mode it scales the sum up as if it were full, so zeros are padded by hand.
    Keras has none; it is composed.
    """

    p: int
    kernel: int | Pair
    stride: int | Pair | None = None
    padding: Padding = 0
    ceil_mode: bool = False

    def check(self) -> None:
        require(self, "p", is_count(self.p), "must be a whole number of at least 1, as ONNX has it")
        super().check()

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.LpPool(x, **self._onnx(x), p=self.p)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        edges = self._torch_reach(x)
        pieces = [torch.nn.ZeroPad2d(edges)] if any(edges) else []
        return [*pieces, *([torch.abs] if self.p % 2 else []), torch.nn.LPPool2d(self.p, kernel, stride)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        reach, ops, count = self._reach(x), keras.ops, kernel[0] * kernel[1]
        pieces: list[Any] = [keras.layers.ZeroPadding2D(reach)] if reach != ((0, 0), (0, 0)) else []
        return [
            *pieces,
            lambda v: ops.power(ops.abs(v), self.p),
            keras.layers.AveragePooling2D(kernel, stride, "valid"),
            lambda v: ops.power(v * count, 1 / self.p),
        ]
