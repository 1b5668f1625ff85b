"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Pads, Parameter, Sizes, is_count, is_size, layer, require, sized
from parity.layers.padding import PAD, Pad
from parity.layers.windows import (
    flat,
    is_padding,
    is_symmetric,
    padding_mend,
    require_room,
    resolve_pads,
    size_mend,
)

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

WEIGHT = {1: "OIL", 2: "OIHW", 3: "OIDHW"}  #: the axes of a weight by the places of its kernel


@dataclass(frozen=True, repr=False)
class Conv(Layer):
    """What convolutions over one, two and three places share.

    A cross-correlation. Weight ``O I`` and then the places of the kernel (I counts the channels of one group), bias ``O``. padding: "same"
    (TensorFlow's rule), "valid", a number, one for each place or (before, after) for each place; over one place also "causal", Keras'
    word: all of it in front, so that no element sees what comes later. padding_mode: what is put there, torch's word; Keras and ONNX
    pad first and then convolve.
    """

    places: ClassVar[int]

    in_channels: int
    out_channels: int
    kernel: int | Sizes
    stride: int | Sizes = 1
    padding: Padding | Literal["causal"] = 0
    dilation: int | Sizes = 1
    groups: int = 1
    bias: bool = True
    padding_mode: PaddingMode = "zeros"

    def check(self) -> None:
        require(self, "in_channels", is_count(self.in_channels), "must be a whole number of at least 1")
        require(self, "out_channels", is_count(self.out_channels), "must be a whole number of at least 1")
        for name in ("kernel", "stride", "dilation"):
            require(self, name, is_size(getattr(self, name), self.places), size_mend(self.places))
        causal = self.padding == "causal" and self.places == 1
        mend = padding_mend(self.places) + (', or "causal"' if self.places == 1 else "")
        require(self, "padding", causal or is_padding(self.padding, self.places), mend)
        modes = get_args(PaddingMode)
        require(self, "padding_mode", self.padding_mode in modes, f"must be one of {', '.join(modes)}")
        require(self, "groups", is_count(self.groups), "must be a whole number of at least 1")
        divides = self.in_channels % self.groups == 0 and self.out_channels % self.groups == 0
        require(
            self, "groups", divides, f"must divide in_channels={self.in_channels} and out_channels={self.out_channels}"
        )
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.out_channels, self.in_channels // self.groups, *sized(self.kernel, self.places))
        stored = {"weight": Parameter(shape, WEIGHT[self.places], Draw(spread=sqrt(2.0 / prod(shape[1:]))))}
        if self.bias:
            stored["bias"] = Parameter((self.out_channels,), "O", Draw(spread=0.1))
        return stored

    def _geometry(self, x: Any) -> tuple[Sizes, Sizes, Sizes, Pads]:
        """Kernel, stride, dilation and pads for an input that has a ``shape``."""
        kernel, stride, dilation = (sized(v, self.places) for v in (self.kernel, self.stride, self.dilation))
        if self.padding == "causal":
            return kernel, stride, dilation, (((kernel[0] - 1) * dilation[0], 0),)
        return kernel, stride, dilation, resolve_pads(self.padding, x.shape[2:], kernel, stride, dilation)

    def _pad(self, pads: Pads) -> Pad:
        """The layer that pads, of which the convolution behind it sees the output."""
        return PAD[self.places](pads, "constant" if self.padding_mode == "zeros" else self.padding_mode)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == self.places + 2 and shape[1] == self.in_channels
        require(self, "in_channels", good, f"does not fit the input {shape}")
        kernel, _, dilation, pads = self._geometry(inputs[0])
        require_room(self, shape[2:], kernel, dilation, pads)
        if self.padding_mode != "zeros":
            self._pad(pads).fits(*inputs)

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        kernel, stride, dilation, pads = self._geometry(x)
        how = dict(kernel_shape=kernel, strides=stride, dilations=dilation, group=self.groups)
        if self.padding_mode == "zeros" or not any(map(any, pads)):
            return op.Conv(x, weight, bias, pads=flat(pads), **how)
        return op.Conv(self._pad(pads).to_onnx(op, x), weight, bias, **how)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel, stride, dilation, pads = self._geometry(x)
        module = getattr(torch.nn, f"Conv{self.places}d")

        def conv(padding: Any, mode: str = "zeros") -> Any:
            return module(
                self.in_channels, self.out_channels, kernel, stride, padding, dilation, self.groups, self.bias, mode
            )

        if self.padding == "valid" or (self.padding == "same" and set(stride) == {1}):
            return conv(self.padding, self.padding_mode)
        if is_symmetric(pads):
            return conv(tuple(before for before, _ in pads), self.padding_mode)
        # torch has no "same" with a stride and no per-side padding: pad first, then convolve.
        return [self._pad(pads).to_torch(torch, x), conv(0)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, (kernel, stride, dilation, pads) = keras.layers, self._geometry(x)
        layer, ones = getattr(layers, f"Conv{self.places}D"), (1,) * self.places

        def conv(padding: str, strides: Sizes = stride) -> Any:
            return layer(
                self.out_channels, kernel, strides, padding, dilation_rate=dilation,
                groups=self.groups, use_bias=self.bias,
            )  # fmt: skip

        padded = self._pad(pads).to_keras(keras, x) if any(map(any, pads)) else []
        before = padded if isinstance(padded, list) else [padded]
        if stride != ones and dilation != ones:
            # Keras refuses a stride together with a dilation: convolve densely, keep every stride-th window.
            thinned = getattr(layers, f"MaxPooling{self.places}D")(ones, stride, "valid")
            return [*before, conv("valid", ones), thinned]
        if isinstance(self.padding, str) and self.padding_mode == "zeros":
            return conv(self.padding)
        return [*before, conv("valid")]

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        weight = np.moveaxis(parameters["weight"], (0, 1), (-1, -2))  # OIHW to HWIO
        return [weight, parameters["bias"]] if self.bias else [weight]


@layer
class Conv1D(Conv):
    """A 1-D cross-correlation of ``N C L``: see :class:`Conv`."""

    kind: ClassVar[str] = "conv1d"
    places: ClassVar[int] = 1


@layer
class Conv2D(Conv):
    """A 2-D cross-correlation of ``N C H W``: see :class:`Conv`."""

    kind: ClassVar[str] = "conv2d"
    places: ClassVar[int] = 2

    padding: Padding = 0


@layer
class Conv3D(Conv):
    """A 3-D cross-correlation of ``N C D H W``: see :class:`Conv`."""

    kind: ClassVar[str] = "conv3d"
    places: ClassVar[int] = 3

    padding: Padding = 0
