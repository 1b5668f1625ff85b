"""Pooling. A window may hang over the edge (padding, ceil_mode); what it then sees is where frameworks disagree."""

from __future__ import annotations

from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import AXES, Array, Tensor
from parity.layers.base import Layer, Padding, Pads, Sizes, is_count, is_size, layer, require, sized
from parity.layers.definition import define
from parity.layers.windows import (
    backwards,
    counted,
    flat,
    is_padding,
    is_symmetric,
    padding_mend,
    reach_pads,
    require_room,
    resolve_pads,
    size_mend,
)


class Pool(Layer):
    """What all pools with a window share: fields, window, output size."""

    places: ClassVar[int]

    kernel: int | Sizes
    stride: int | Sizes | None
    padding: Padding
    ceil_mode: bool

    def check(self) -> None:
        require(self, "kernel", is_size(self.kernel, self.places), size_mend(self.places))
        good = self.stride is None or is_size(self.stride, self.places)
        require(self, "stride", good, size_mend(self.places, "None (the kernel), "))
        require(self, "padding", is_padding(self.padding, self.places), padding_mend(self.places))
        if not isinstance(self.padding, str):
            kernel = sized(self.kernel, self.places)
            pads = resolve_pads(self.padding, kernel, kernel, kernel)
            good = all(side <= k // 2 for k, sides in zip(kernel, pads, strict=True) for side in sides)
            require(self, "padding", good, f"must be at most half of kernel={self.kernel}: a window must see the input")
        require(self, "ceil_mode", isinstance(self.ceil_mode, bool), "must be True or False")
        mixed = self.ceil_mode and self.padding == "same"
        require(self, "ceil_mode", not mixed, 'has no meaning with padding="same", which rounds up by itself')

    def _geometry(self, x: Any) -> tuple[Sizes, Sizes, Pads]:
        """Kernel, stride and pads for an input that has a ``shape``."""
        kernel = sized(self.kernel, self.places)
        stride = kernel if self.stride is None else sized(self.stride, self.places)
        return kernel, stride, resolve_pads(self.padding, x.shape[2:], kernel, stride)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        wanted = ", ".join(("N", *(name.upper() for name in AXES[self.places + 2][1:])))
        require(self, "kernel", len(shape) == self.places + 2, f"needs an input ({wanted}), got {shape}")
        kernel, _, pads = self._geometry(inputs[0])
        require_room(self, shape[2:], kernel, (1,) * self.places, pads)

    def _onnx(self, x: Any) -> dict[str, Any]:
        kernel, stride, pads = self._geometry(x)
        return dict(kernel_shape=kernel, strides=stride, pads=flat(pads), ceil_mode=int(self.ceil_mode))

    def _reach(self, x: Tensor) -> Pads:
        """The pads with what ceil_mode hangs over at the bottom and right."""
        return reach_pads(x.shape[2:], define(self, (x,)).output.shape[2:], *self._geometry(x))

    def _torch(self, x: Tensor) -> dict[str, Any]:
        kernel, stride, pads = self._geometry(x)
        padding = tuple(before for before, _ in pads)
        return dict(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=self.ceil_mode)

    def _torch_reach(self, x: Tensor) -> tuple[int, ...]:
        """(left, right, top, bottom) after which a pool without padding or ceil_mode sees the windows of this one.

        torch pads both sides alike. Padded by hand, its ceil_mode would keep a window that starts in the padding.
        """
        return backwards(self._reach(x))


class MaxPool(Pool):
    """The maximum over each window; padding never wins (it is minus infinity).

    stride=None strides by the kernel. ceil_mode keeps a last, partial window (torch's rule).
    """

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.MaxPool(x, **self._onnx(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, pads = self._geometry(x)
        pool = getattr(torch.nn, f"MaxPool{self.places}d")
        if is_symmetric(pads):
            return pool(**self._torch(x))
        return [getattr(torch.nn, f"ConstantPad{self.places}d")(self._torch_reach(x), -inf), pool(kernel, stride)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        kernel, stride, _ = self._geometry(x)
        layer = getattr(keras.layers, f"MaxPooling{self.places}D")
        if self.padding == "same":
            return layer(kernel, stride, "same")
        pool, reach = layer(kernel, stride, "valid"), self._reach(x)
        if not any(map(any, reach)):
            return pool
        # Keras pads images with zeros only, and a zero would win over negative values.
        edges = ((0, 0), *reach, (0, 0))
        return [lambda v: keras.ops.pad(v, edges, constant_values=-inf), pool]


class AvgPool(Pool):
    """The mean over each window.

    count_include_pad counts padding as zeros; what ceil_mode hangs over beyond it is never counted (torch's rule).
    """

    count_include_pad: bool

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
        return (prod(kernel) / inside).astype(np.float32)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, pads = self._geometry(x)
        pool = getattr(torch.nn, f"AvgPool{self.places}d")
        if is_symmetric(pads):
            return pool(**self._torch(x), count_include_pad=self.count_include_pad)
        pieces = [getattr(torch.nn, f"ZeroPad{self.places}d")(self._torch_reach(x)), pool(kernel, stride)]
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
        layer = getattr(keras.layers, f"AveragePooling{self.places}D")
        if self.padding == "same" and not self.count_include_pad:
            return layer(kernel, stride, "same")
        pool, reach = layer(kernel, stride, "valid"), self._reach(x)
        if not any(map(any, reach)):
            return pool
        # Keras pads nothing but "same", which it does not count: pad with zeros, average, undo their share.
        ratio = np.moveaxis(self._shares(x), 1, -1)
        padding = getattr(keras.layers, f"ZeroPadding{self.places}D")
        pieces: list[Any] = [padding(reach if self.places > 1 else reach[0]), pool]
        if np.any(ratio != 1):
            pieces.append(lambda v: v * ratio)
        return pieces


@layer
class MaxPool1D(MaxPool):
    """The maximum over each window of ``N C L``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool1d"
    places: ClassVar[int] = 1

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False


@layer
class MaxPool2D(MaxPool):
    """The maximum over each window of ``N C H W``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool2d"
    places: ClassVar[int] = 2

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False


@layer
class MaxPool3D(MaxPool):
    """The maximum over each window of ``N C D H W``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool3d"
    places: ClassVar[int] = 3

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False


@layer
class AvgPool1D(AvgPool):
    """The mean over each window of ``N C L``: see :class:`AvgPool`."""

    kind: ClassVar[str] = "avgpool1d"
    places: ClassVar[int] = 1

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True


@layer
class AvgPool2D(AvgPool):
    """The mean over each window of ``N C H W``: see :class:`AvgPool`."""

    kind: ClassVar[str] = "avgpool2d"
    places: ClassVar[int] = 2

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True


@layer
class AvgPool3D(AvgPool):
    """The mean over each window of ``N C D H W``: see :class:`AvgPool`."""

    kind: ClassVar[str] = "avgpool3d"
    places: ClassVar[int] = 3

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True


@layer
class LPPool2D(Pool):
    """The p-norm of each window, ``(sum |x|^p)^(1/p)``; padding and what ceil_mode hangs over are zeros.

    torch leaves out the ``|x|``: its p = 1 is a signed sum and its p = 3 NaN for negative sums, so the modulus is spelled for odd p; it has no
    padding, and in a last, partial window of ceil_mode it scales the sum up as if it were full, so zeros are padded by hand.
    Keras has none; it is composed.
    """

    kind: ClassVar[str] = "lppool2d"
    places: ClassVar[int] = 2

    p: int
    kernel: int | Sizes
    stride: int | Sizes | None = None
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
        reach, ops, count = self._reach(x), keras.ops, prod(kernel)
        pieces: list[Any] = [keras.layers.ZeroPadding2D(reach)] if any(map(any, reach)) else []
        return [
            *pieces,
            lambda v: ops.power(ops.abs(v), self.p),
            keras.layers.AveragePooling2D(kernel, stride, "valid"),
            lambda v: ops.power(v * count, 1 / self.p),
        ]
