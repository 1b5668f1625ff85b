"""Convolutions of each channel by itself: depthwise, and separable with a pointwise one behind."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Parameter, Sizes, is_count, layer, require, sized
from parity.layers.conv import WEIGHT, Conv, Conv1D, Conv2D
from parity.layers.padding import in_keras
from parity.layers.windows import is_padding, padding_mend, resolve_pads

CONV: Mapping[int, Callable[..., Conv]] = {1: Conv1D, 2: Conv2D}


def _by_channel(weight: Array, channels: int) -> Array:
    """A depthwise weight ``(C M) 1 H W`` as Keras has it: ``H W C M``."""
    return np.moveaxis(weight.reshape(channels, -1, *weight.shape[2:]), (0, 1), (-2, -1))


def _around(owner: Any, keras: Any, x: Tensor, conv: Callable[[int | Sizes, str], Any]) -> list[Any]:
    """Keras' layer, made by ``conv`` of a stride and a padding, with what pads in front and what thins out behind.

    TensorFlow's depthwise kernel takes no stride that differs between height and width: all windows, then every so many.
    """
    places = owner.places
    kernel, stride, dilation = (sized(v, places) for v in (owner.kernel, owner.stride, owner.dilation))
    even = len(set(stride)) == 1
    if even and isinstance(owner.padding, str):
        return [conv(owner.stride, owner.padding)]
    pads = resolve_pads(owner.padding, x.shape[2:], kernel, stride, dilation)
    padding = getattr(keras.layers, f"ZeroPadding{places}D")
    before = [in_keras(padding, pads)] if any(map(any, pads)) else []
    if even:
        return [*before, conv(owner.stride, "valid")]
    return [*before, conv(1, "valid"), getattr(keras.layers, f"MaxPooling{places}D")(1, stride, "valid")]


@dataclass(frozen=True, repr=False)
class DepthwiseConv(Layer):
    """A cross-correlation of each channel by itself, into depth_multiplier channels. Weight ``OIHW`` with I = 1, bias ``O``.

    Channel ``c depth_multiplier + m`` of the output is the m-th of channel c. In torch a Conv2d whose groups are the channels.
    padding: as of :class:`parity.layers.conv.Conv`, without "causal".
    """

    places: ClassVar[int]

    in_channels: int
    kernel: int | Sizes
    stride: int | Sizes = 1
    padding: Padding = 0
    dilation: int | Sizes = 1
    depth_multiplier: int = 1
    bias: bool = True

    def check(self) -> None:
        for name in ("in_channels", "depth_multiplier"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        require(self, "padding", is_padding(self.padding, self.places), padding_mend(self.places))
        self._grouped()  # a convolution says what is wrong with the fields that are its own

    def _grouped(self) -> Conv:
        out = self.in_channels * self.depth_multiplier
        return CONV[self.places](
            self.in_channels, out, self.kernel, self.stride, self.padding, self.dilation, self.in_channels, self.bias
        )

    def parameters(self) -> Mapping[str, Parameter]:
        return self._grouped().parameters()

    def fits(self, *inputs: Tensor) -> None:
        self._grouped().fits(*inputs)

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        return self._grouped().to_onnx(op, x, weight=weight, bias=bias)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._grouped().to_torch(torch, x)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        def conv(stride: int | Sizes, padding: str) -> Any:
            return getattr(keras.layers, f"DepthwiseConv{self.places}D")(
                self.kernel, stride, padding, self.depth_multiplier, dilation_rate=self.dilation, use_bias=self.bias
            )

        return _around(self, keras, x, conv)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        weight = _by_channel(parameters["weight"], self.in_channels)
        return [weight, parameters["bias"]] if self.bias else [weight]


@layer
class DepthwiseConv1D(DepthwiseConv):
    """A 1-D depthwise convolution of ``N C L``: see :class:`DepthwiseConv`."""

    kind: ClassVar[str] = "depthwiseconv1d"
    places: ClassVar[int] = 1


@layer
class DepthwiseConv2D(DepthwiseConv):
    """A 2-D depthwise convolution of ``N C H W``: see :class:`DepthwiseConv`."""

    kind: ClassVar[str] = "depthwiseconv2d"
    places: ClassVar[int] = 2


DEPTHWISE: Mapping[int, Callable[..., DepthwiseConv]] = {1: DepthwiseConv1D, 2: DepthwiseConv2D}


@dataclass(frozen=True, repr=False)
class SeparableConv(Layer):
    """A depthwise convolution without bias, then a pointwise one: depthwise ``OIHW`` with I = 1, pointwise ``OIHW``, bias ``O``.

    A layer in Keras, two in torch and in ONNX. padding: as of :class:`DepthwiseConv`, of the depthwise part.
    """

    places: ClassVar[int]

    in_channels: int
    out_channels: int
    kernel: int | Sizes
    stride: int | Sizes = 1
    padding: Padding = 0
    dilation: int | Sizes = 1
    depth_multiplier: int = 1
    bias: bool = True

    def check(self) -> None:
        for name in ("in_channels", "out_channels", "depth_multiplier"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        require(self, "bias", isinstance(self.bias, bool), "must be True or False")
        self._depthwise()

    def _depthwise(self) -> DepthwiseConv:
        return DEPTHWISE[self.places](
            self.in_channels, self.kernel, self.stride, self.padding, self.dilation, self.depth_multiplier, bias=False
        )

    def parameters(self) -> Mapping[str, Parameter]:
        depthwise = self._depthwise().parameters()["weight"]
        inner = depthwise.shape[0]
        shape = (self.out_channels, inner, *(1,) * self.places)
        pointwise = Parameter(shape, WEIGHT[self.places], Draw(spread=sqrt(1.0 / inner)))
        stored = {"depthwise": depthwise, "pointwise": pointwise}
        return stored | ({"bias": Parameter((self.out_channels,), "O", Draw(spread=0.1))} if self.bias else {})

    def fits(self, *inputs: Tensor) -> None:
        self._depthwise().fits(*inputs)

    def to_onnx(self, op: Any, x: Any, *, depthwise: Any, pointwise: Any, bias: Any = None) -> Any:
        return op.Conv(
            self._depthwise().to_onnx(op, x, weight=depthwise), pointwise, bias, kernel_shape=(1,) * self.places
        )

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        first = self._depthwise().to_torch(torch, x)
        pieces = first if isinstance(first, list) else [first]  # the depthwise part, perhaps with a pad in front
        inner = self.in_channels * self.depth_multiplier
        named = dict(zip(("pad", "depthwise")[-len(pieces) :], pieces, strict=True))
        named["pointwise"] = getattr(torch.nn, f"Conv{self.places}d")(inner, self.out_channels, 1, bias=self.bias)
        return torch.nn.Sequential(OrderedDict(named))

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        state = {f"{part}.weight": parameters[part] for part in ("depthwise", "pointwise")}
        return state | ({"pointwise.bias": parameters["bias"]} if self.bias else {})

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        def conv(stride: int | Sizes, padding: str) -> Any:
            return getattr(keras.layers, f"SeparableConv{self.places}D")(
                self.out_channels, self.kernel, stride, padding, dilation_rate=self.dilation,
                depth_multiplier=self.depth_multiplier, use_bias=self.bias,
            )  # fmt: skip

        return _around(self, keras, x, conv)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        depthwise = _by_channel(parameters["depthwise"], self.in_channels)
        pointwise = np.moveaxis(parameters["pointwise"], (0, 1), (-1, -2))  # OIHW to HWIO
        return [depthwise, pointwise, *([parameters["bias"]] if self.bias else [])]


@layer
class SeparableConv1D(SeparableConv):
    """A 1-D separable convolution of ``N C L``: see :class:`SeparableConv`."""

    kind: ClassVar[str] = "separableconv1d"
    places: ClassVar[int] = 1


@layer
class SeparableConv2D(SeparableConv):
    """A 2-D separable convolution of ``N C H W``: see :class:`SeparableConv`."""

    kind: ClassVar[str] = "separableconv2d"
    places: ClassVar[int] = 2
