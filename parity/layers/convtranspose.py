"""Transposed convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Pads, Parameter, Sizes, is_count, is_size, layer, require, sized
from parity.layers.padding import CROPPING, in_keras, sides_of
from parity.layers.windows import PLACES, flat, is_padding, is_symmetric, padding_mend, size_mend

WEIGHT = {1: "IOL", 2: "IOHW", 3: "IODHW"}  #: the axes of a weight by the places of its kernel


@dataclass(frozen=True, repr=False)
class ConvTranspose(Layer):
    """What transposed convolutions over one, two and three places share.

    The transpose of a convolution: each element is spread by the kernel. Weight ``I O`` and then the places of the kernel (O counts the
    channels of one group), bias ``O``. ``(size - 1) stride + (kernel - 1) dilation + 1`` elements come out, less the padding of both
    sides, plus output_padding at the end.
    padding: a number, one for each place or (before, after) for each place are cut off, as torch's padding; "valid" and "same"
    are Keras' words: at least ``size * stride`` elements, and just so many. What Keras cuts for "same" is uneven where it is odd,
    one more at the end, which torch's padding cannot say; its output_padding counts from another size.
    """

    places: ClassVar[int]

    in_channels: int
    out_channels: int
    kernel: int | Sizes
    stride: int | Sizes = 1
    padding: Padding = 0
    output_padding: int | Sizes = 0
    dilation: int | Sizes = 1
    groups: int = 1
    bias: bool = True

    def check(self) -> None:
        for name in ("in_channels", "out_channels", "groups"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        for name in ("kernel", "stride", "dilation"):
            require(self, name, is_size(getattr(self, name), self.places), size_mend(self.places))
        require(self, "padding", is_padding(self.padding, self.places), padding_mend(self.places))
        good = is_size(self.output_padding, self.places, 0)
        require(self, "output_padding", good, size_mend(self.places, least=0))
        extra = self._sized(self.output_padding)
        small = all(e < s for e, s in zip(extra, self._sized(self.stride), strict=True))
        require(self, "output_padding", small, f"must be less than stride={self.stride}")
        said = isinstance(self.padding, str) and any(extra)
        require(self, "output_padding", not said, f"must be 0 with padding={self.padding!r}, which says the size")
        divides = self.in_channels % self.groups == 0 and self.out_channels % self.groups == 0
        require(
            self, "groups", divides, f"must divide in_channels={self.in_channels} and out_channels={self.out_channels}"
        )
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def _sized(self, value: int | Sizes) -> Sizes:
        return sized(value, self.places)

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.in_channels, self.out_channels // self.groups, *self._sized(self.kernel))
        summed = self.in_channels // self.groups * prod(self._sized(self.kernel)) / prod(self._sized(self.stride))
        stored = {"weight": Parameter(shape, WEIGHT[self.places], Draw(spread=sqrt(1.0 / max(summed, 1.0))))}
        if self.bias:
            stored["bias"] = Parameter((self.out_channels,), "O", Draw(spread=0.1))
        return stored

    def _spans(self) -> Sizes:
        """How many elements the kernel spans along each place."""
        each = zip(self._sized(self.kernel), self._sized(self.dilation), strict=True)
        return tuple((k - 1) * d + 1 for k, d in each)

    def _edges(self) -> tuple[Pads, Sizes]:
        """What is cut off the sides, and what is added at the end of each place."""
        if not isinstance(self.padding, str):
            return sides_of(self.padding, self.places), self._sized(self.output_padding)
        over = [span - stride for span, stride in zip(self._spans(), self._sized(self.stride), strict=True)]
        extra = tuple(max(-n, 0) for n in over)
        cut = [0 if self.padding == "valid" else max(n, 0) for n in over]
        return tuple((n // 2, n - n // 2) for n in cut), extra

    def _whole(self, size: Sizes) -> Sizes:
        """The sizes before anything is cut off, output_padding included."""
        _, extra = self._edges()
        each = zip(size, self._sized(self.stride), self._spans(), extra, strict=True)
        return tuple((n - 1) * stride + span + more for n, stride, span, more in each)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == self.places + 2 and shape[1] == self.in_channels
        require(self, "in_channels", good, f"does not fit the input {shape}")
        whole, (pads, _) = self._whole(shape[2:]), self._edges()
        for axis, length, cut in zip(PLACES[self.places], whole, pads, strict=True):
            require(self, "padding", length > sum(cut), f"leaves nothing of {axis} {length}")

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        pads, extra = self._edges()
        kernel, stride, dilation = map(self._sized, (self.kernel, self.stride, self.dilation))
        return op.ConvTranspose(
            x, weight, bias, kernel_shape=kernel, strides=stride, dilations=dilation,
            pads=flat(pads), output_padding=extra, group=self.groups,
        )  # fmt: skip

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        pads, extra = self._edges()

        def conv(padding: Sizes) -> Any:
            return getattr(torch.nn, f"ConvTranspose{self.places}d")(
                self.in_channels, self.out_channels, self.kernel, self.stride, padding, extra,
                self.groups, self.bias, self.dilation,
            )  # fmt: skip

        if is_symmetric(pads):
            return conv(tuple(before for before, _ in pads))
        # torch cuts both sides alike: cut nothing, then slice.
        whole = Tensor((x.shape[0], self.out_channels, *self._whole(x.shape[2:])))
        return [conv((0,) * self.places), CROPPING[self.places](pads).to_torch(torch, whole)]

    def _in_keras(self) -> tuple[Sizes, Sizes]:
        """Kernel and dilation of Keras' layer, which refuses a dilation with a stride: then the kernel holds the zeros between."""
        ones = (1,) * self.places
        if self._sized(self.stride) == ones:
            return self._sized(self.kernel), self._sized(self.dilation)
        return self._spans(), ones

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        (kernel, dilation), (pads, extra) = self._in_keras(), self._edges()

        def conv(padding: str, output_padding: Sizes | None) -> Any:
            return getattr(keras.layers, f"Conv{self.places}DTranspose")(
                self.out_channels, kernel, self.stride, padding, output_padding=output_padding,
                dilation_rate=dilation, use_bias=self.bias,
            )  # fmt: skip

        if isinstance(self.padding, str):
            return conv(self.padding, None)
        # What Keras pads is not what torch does, so it pads nothing here and the edges are cut off.
        cropping = getattr(keras.layers, f"Cropping{self.places}D")
        return [conv("valid", extra), *([in_keras(cropping, pads)] if any(map(any, pads)) else [])]

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        # Keras has no groups here either: what one group does not see of another is 0.
        weight, (kernel, dilation) = parameters["weight"], self._in_keras()
        steps = self._sized(self.dilation) if set(dilation) == {1} else (1,) * self.places
        spread = np.zeros((self.in_channels, self.out_channels, *kernel), weight.dtype)
        ins, outs = self.in_channels // self.groups, self.out_channels // self.groups
        for g in range(self.groups):
            rows, columns = slice(g * ins, (g + 1) * ins), slice(g * outs, (g + 1) * outs)
            spread[(rows, columns, *(slice(None, None, step) for step in steps))] = weight[rows]
        spread = np.moveaxis(spread, (0, 1), (-1, -2))  # IOHW to HWOI
        return [spread, parameters["bias"]] if self.bias else [spread]


@layer
class ConvTranspose1D(ConvTranspose):
    """A transposed 1-D convolution of ``N C L``: see :class:`ConvTranspose`."""

    kind: ClassVar[str] = "convtranspose1d"
    places: ClassVar[int] = 1


@layer
class ConvTranspose2D(ConvTranspose):
    """A transposed 2-D convolution of ``N C H W``: see :class:`ConvTranspose`."""

    kind: ClassVar[str] = "convtranspose2d"
    places: ClassVar[int] = 2


@layer
class ConvTranspose3D(ConvTranspose):
    """A transposed 3-D convolution of ``N C D H W``: see :class:`ConvTranspose`."""

    kind: ClassVar[str] = "convtranspose3d"
    places: ClassVar[int] = 3
