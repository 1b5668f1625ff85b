"""Transposed convolution."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Pads, Parameter, Sizes, is_count, is_size, layer, require, sized
from parity.layers.padding import Cropping2D
from parity.layers.windows import flat, is_padding, is_symmetric, padding_mend, resolve_pads


@layer
class ConvTranspose2D(Layer):
    """A transposed 2-D convolution. Weight ``IOHW`` (O counts the channels of one group), bias ``O``.

    ``(size - 1) stride + (kernel - 1) dilation + 1`` elements come out, less the padding of both sides, plus output_padding at the end.
    padding: a number, (height, width) or ((top, bottom), (left, right)) are cut off, as torch's padding; "valid" and "same"
    are Keras' words: at least ``size * stride`` elements, and just so many. What Keras cuts for "same" is uneven where it is odd,
    one more at the bottom and right, which torch's padding cannot say; its output_padding counts from another size.
    """

    kind: ClassVar[str] = "convtranspose2d"

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
            require(self, name, is_size(getattr(self, name), 2), "must be at least 1, or a pair of such numbers")
        require(self, "padding", is_padding(self.padding, 2), padding_mend(2))
        require(
            self, "output_padding", is_size(self.output_padding, 2, 0), "must be at least 0, or a pair of such numbers"
        )
        extra = sized(self.output_padding, 2)
        small = all(e < s for e, s in zip(extra, sized(self.stride, 2), strict=True))
        require(self, "output_padding", small, f"must be less than stride={self.stride}")
        said = isinstance(self.padding, str) and any(extra)
        require(self, "output_padding", not said, f"must be 0 with padding={self.padding!r}, which says the size")
        divides = self.in_channels % self.groups == 0 and self.out_channels % self.groups == 0
        require(
            self, "groups", divides, f"must divide in_channels={self.in_channels} and out_channels={self.out_channels}"
        )
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.in_channels, self.out_channels // self.groups, *sized(self.kernel, 2))
        summed = self.in_channels // self.groups * prod(sized(self.kernel, 2)) / prod(sized(self.stride, 2))
        stored = {"weight": Parameter(shape, "IOHW", Draw(spread=sqrt(1.0 / max(summed, 1.0))))}
        if self.bias:
            stored["bias"] = Parameter((self.out_channels,), "O", Draw(spread=0.1))
        return stored

    def _spans(self) -> Sizes:
        """How many rows and columns the kernel spans."""
        (k0, k1), (d0, d1) = sized(self.kernel, 2), sized(self.dilation, 2)
        return ((k0 - 1) * d0 + 1, (k1 - 1) * d1 + 1)

    def _edges(self) -> tuple[Pads, Sizes]:
        """What is cut off the four sides, and what is added at the bottom and right."""
        if not isinstance(self.padding, str):
            return resolve_pads(self.padding, (1, 1), (1, 1), (1, 1)), sized(self.output_padding, 2)
        over = [span - stride for span, stride in zip(self._spans(), sized(self.stride, 2), strict=True)]
        extra = (max(-over[0], 0), max(-over[1], 0))
        if self.padding == "valid":
            return ((0, 0), (0, 0)), extra
        rows, columns = ((max(n, 0) // 2, max(n, 0) - max(n, 0) // 2) for n in over)
        return (rows, columns), extra

    def _whole(self, size: Sizes) -> Sizes:
        """Height and width before anything is cut off, output_padding included."""
        _, extra = self._edges()
        each = zip(size, sized(self.stride, 2), self._spans(), extra, strict=True)
        rows, columns = ((n - 1) * stride + span + more for n, stride, span, more in each)
        return rows, columns

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 4 and shape[1] == self.in_channels
        require(self, "in_channels", good, f"does not fit the input {shape}")
        whole, (pads, _) = self._whole((shape[2], shape[3])), self._edges()
        for axis, length, cut in zip(("height", "width"), whole, pads, strict=True):
            require(self, "padding", length > sum(cut), f"leaves nothing of {axis} {length}")

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        pads, extra = self._edges()
        return op.ConvTranspose(
            x, weight, bias, kernel_shape=sized(self.kernel, 2), strides=sized(self.stride, 2), dilations=sized(self.dilation, 2),
            pads=flat(pads), output_padding=extra, group=self.groups,
        )  # fmt: skip

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        pads, extra = self._edges()

        def conv(padding: Sizes) -> Any:
            return torch.nn.ConvTranspose2d(
                self.in_channels, self.out_channels, self.kernel, self.stride, padding, extra,
                self.groups, self.bias, self.dilation,
            )  # fmt: skip

        if is_symmetric(pads):
            return conv((pads[0][0], pads[1][0]))
        # torch cuts both sides alike: cut nothing, then slice.
        whole = Tensor((x.shape[0], self.out_channels, *self._whole((x.shape[2], x.shape[3]))))
        return [conv((0, 0)), Cropping2D(pads).to_torch(torch, whole)]

    def _in_keras(self) -> tuple[Sizes, Sizes]:
        """Kernel and dilation of Keras' layer, which refuses a dilation with a stride: then the kernel holds the zeros between."""
        kernel, dilation = sized(self.kernel, 2), sized(self.dilation, 2)
        return (kernel, dilation) if sized(self.stride, 2) == (1, 1) else (self._spans(), (1, 1))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        (kernel, dilation), (pads, extra) = self._in_keras(), self._edges()

        def conv(padding: str, output_padding: Sizes | None) -> Any:
            return keras.layers.Conv2DTranspose(
                self.out_channels, kernel, self.stride, padding, output_padding=output_padding,
                dilation_rate=dilation, use_bias=self.bias,
            )  # fmt: skip

        if isinstance(self.padding, str):
            return conv(self.padding, None)
        # What Keras pads is not what torch does, so it pads nothing here and the edges are cut off.
        return [conv("valid", extra), keras.layers.Cropping2D(pads)] if any(map(any, pads)) else conv("valid", extra)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        # Keras has no groups here either: what one group does not see of another is 0.
        weight, (kernel, dilation) = parameters["weight"], self._in_keras()
        d0, d1 = sized(self.dilation, 2) if dilation == (1, 1) else (1, 1)
        spread = np.zeros((self.in_channels, self.out_channels, *kernel), weight.dtype)
        ins, outs = self.in_channels // self.groups, self.out_channels // self.groups
        for g in range(self.groups):
            rows, columns = slice(g * ins, (g + 1) * ins), slice(g * outs, (g + 1) * outs)
            spread[rows, columns, ::d0, ::d1] = weight[rows]
        spread = spread.transpose(2, 3, 1, 0)  # IOHW to HWOI
        return [spread, parameters["bias"]] if self.bias else [spread]
