"""Pooling. A window may hang over the edge (padding, ceil_mode); what it then sees is where frameworks disagree."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import F64, Tensor, is_whole
from parity.layers.base import Layer, Padding, Pads, Sizes, is_count, is_size, layer, require, setting, sized
from parity.layers.padding import PAD, in_keras
from parity.layers.windows import (
    backwards,
    flat,
    is_padding,
    is_symmetric,
    padding_mend,
    require_places,
    require_room,
    resolve_pads,
    size_mend,
)
from parity.operators.base import Site
from parity.operators.formats import rounded
from parity.operators.windows import Geometry, geometry


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
        require_places(self, "kernel", shape, self.places)
        kernel, _, pads = self._geometry(inputs[0])
        require_room(self, shape[2:], kernel, (1,) * self.places, pads)

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        # What hangs over is padded by hand, which torch does by itself where both sides are padded alike.
        return self.ceil_mode and not (framework == "torch" and is_symmetric(self._geometry(x)[2]))

    def _onnx(self, x: Any) -> dict[str, Any]:
        kernel, stride, pads = self._geometry(x)
        return dict(kernel_shape=kernel, strides=stride, pads=flat(pads), ceil_mode=int(self.ceil_mode))

    def _windows(self, x: Any) -> Geometry:
        """The windows over an input that has a ``shape``, as ONNX counts them."""
        return geometry(Site("MaxPool", self._onnx(x)), x.shape[2:], self._geometry(x)[0], self.ceil_mode)

    def _reach(self, x: Any) -> Pads:
        """The pads with what ceil_mode hangs over at the end of each place."""
        return self._windows(x).reach

    def _torch(self, x: Tensor) -> dict[str, Any]:
        kernel, stride, pads = self._geometry(x)
        padding = tuple(before for before, _ in pads)
        return dict(kernel_size=kernel, stride=stride, padding=padding, ceil_mode=self.ceil_mode)

    def _torch_reach(self, x: Tensor) -> tuple[int, ...]:
        """(left, right, top, bottom) after which a pool without padding or ceil_mode sees the windows of this one.

        torch pads both sides alike. Padded by hand, its ceil_mode would keep a window that starts in the padding.
        """
        return backwards(self._reach(x))


def lowest(x: Tensor) -> float | int:
    """What never wins a maximum: minus infinity, or the smallest number of a type of whole ones."""
    return int(np.iinfo(x.dtype).min) if is_whole(x.dtype) else -inf


@dataclass(frozen=True, repr=False)
class MaxPool(Pool):
    """The maximum over each window; padding never wins (it is minus infinity, or of whole numbers the smallest of the type).

    stride=None strides by the kernel. ceil_mode keeps a last, partial window (torch's rule).
    """

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.MaxPool(x, **self._onnx(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, pads = self._geometry(x)
        pool = getattr(torch.nn, f"MaxPool{self.places}d")
        if is_symmetric(pads):
            return pool(**self._torch(x))
        return [getattr(torch.nn, f"ConstantPad{self.places}d")(self._torch_reach(x), lowest(x)), pool(kernel, stride)]

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
        return [lambda v: keras.ops.pad(v, edges, constant_values=lowest(x)), pool]


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

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        pads = self._geometry(x)[2]
        whole = is_symmetric(pads) if framework == "torch" else self.padding == "same" or not any(map(any, pads))
        return super().of_one_size(framework, x) or not (whole or self.count_include_pad)

    def _shares(self, x: Tensor) -> F64:
        """What a mean over whole windows of a zero-padded input is multiplied by, ``1 1 H_out W_out``, float64."""
        inside = self._windows(x).held(self.count_include_pad)[None, None]
        return np.asarray(prod(sized(self.kernel, self.places)) / inside, np.float64)

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
        ratio = torch.from_numpy(shares).to(getattr(torch, x.dtype))

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
        ratio = rounded(np.moveaxis(self._shares(x), 1, -1), x.dtype)
        pieces: list[Any] = [in_keras(getattr(keras.layers, f"ZeroPadding{self.places}D"), reach), pool]
        if np.any(ratio != 1):
            pieces.append(lambda v: v * ratio)
        return pieces


@dataclass(frozen=True, repr=False)
class DividedPool(AvgPool):
    """An :class:`AvgPool` that may divide the sum of each window by divisor_override, whatever the window holds (torch's word).

    torch has it over two and three places. Keras and ONNX have it not: the mean over whole windows of the padded input is multiplied.
    """

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    def check(self) -> None:
        super().check()
        good = self.divisor_override is None or is_count(self.divisor_override)
        require(self, "divisor_override", good, "must be None or a whole number of at least 1")

    def _factor(self) -> float:
        """What a mean over a whole window is multiplied by."""
        return prod(sized(self.kernel, self.places)) / (self.divisor_override or 1)

    def to_onnx(self, op: Any, x: Any) -> Any:
        if self.divisor_override is None:
            return super().to_onnx(op, x)
        kernel, stride, _ = self._geometry(x)
        padded = PAD[self.places](self._reach(x)).to_onnx(op, x)
        return op.Mul(op.AveragePool(padded, kernel_shape=kernel, strides=stride), setting(op, self._factor()))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        if self.divisor_override is None:
            return super().to_torch(torch, x)
        kernel, stride, pads = self._geometry(x)
        pool = getattr(torch.nn, f"AvgPool{self.places}d")
        if is_symmetric(pads):
            how = dict(count_include_pad=self.count_include_pad, divisor_override=self.divisor_override)
            return pool(**self._torch(x), **how)
        zeros = getattr(torch.nn, f"ZeroPad{self.places}d")(self._torch_reach(x))
        return [zeros, pool(kernel, stride, divisor_override=self.divisor_override)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        if self.divisor_override is None:
            return super().to_keras(keras, x)
        kernel, stride, _ = self._geometry(x)
        padding = getattr(keras.layers, f"ZeroPadding{self.places}D")
        pool = getattr(keras.layers, f"AveragePooling{self.places}D")(kernel, stride, "valid")
        return [in_keras(padding, self._reach(x)), pool, lambda v: v * self._factor()]


@layer
class MaxPool1D(MaxPool):
    """The maximum over each window of ``N C L``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool1d"
    places: ClassVar[int] = 1


@layer
class MaxPool2D(MaxPool):
    """The maximum over each window of ``N C H W``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool2d"
    places: ClassVar[int] = 2


@layer
class MaxPool3D(MaxPool):
    """The maximum over each window of ``N C D H W``: see :class:`MaxPool`."""

    kind: ClassVar[str] = "maxpool3d"
    places: ClassVar[int] = 3


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
class AvgPool2D(DividedPool):
    """The mean over each window of ``N C H W``: see :class:`AvgPool` and :class:`DividedPool`."""

    kind: ClassVar[str] = "avgpool2d"
    places: ClassVar[int] = 2


@layer
class AvgPool3D(DividedPool):
    """The mean over each window of ``N C D H W``: see :class:`AvgPool` and :class:`DividedPool`."""

    kind: ClassVar[str] = "avgpool3d"
    places: ClassVar[int] = 3
