"""Convolutions of each channel by itself: depthwise, and separable with a pointwise one behind."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import sqrt
from typing import Any, ClassVar

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Parameter, Sizes, is_count, layer, require, sized
from parity.layers.conv import Conv2D
from parity.layers.windows import resolve_pads


def _by_channel(weight: Array, channels: int) -> Array:
    """A depthwise weight ``(C M) 1 H W`` as Keras has it: ``H W C M``."""
    return weight.reshape(channels, -1, *weight.shape[2:]).transpose(2, 3, 0, 1)


def _in_keras(owner: Any, keras: Any, x: Tensor, conv: Callable[[int | Sizes, str], Any]) -> list[Any]:
    """Keras' layer, made by ``conv`` of a stride and a padding, with what pads in front and what thins out behind.

    TensorFlow's depthwise kernel takes no stride that differs between height and width: all windows, then every so many.
    """
    kernel, stride, dilation = sized(owner.kernel, 2), sized(owner.stride, 2), sized(owner.dilation, 2)
    even = stride[0] == stride[1]
    if even and isinstance(owner.padding, str):
        return [conv(owner.stride, owner.padding)]
    pads = resolve_pads(owner.padding, x.shape[2:], kernel, stride, dilation)
    before = [keras.layers.ZeroPadding2D(pads)] if any(map(any, pads)) else []
    if even:
        return [*before, conv(owner.stride, "valid")]
    return [*before, conv(1, "valid"), keras.layers.MaxPooling2D(1, stride, "valid")]


@layer
class DepthwiseConv2D(Layer):
    """A 2-D cross-correlation of each channel by itself, into depth_multiplier channels. Weight ``OIHW`` with I = 1, bias ``O``.

    Channel ``c depth_multiplier + m`` of the output is the m-th of channel c. In torch a Conv2d whose groups are the channels.
    padding: as of :class:`Conv2D`.
    """

    kind: ClassVar[str] = "depthwiseconv2d"

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
        self._grouped()  # a Conv2D says what is wrong with the fields that are its own

    def _grouped(self) -> Conv2D:
        out = self.in_channels * self.depth_multiplier
        return Conv2D(
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
            return keras.layers.DepthwiseConv2D(
                self.kernel, stride, padding, self.depth_multiplier, dilation_rate=self.dilation, use_bias=self.bias
            )

        return _in_keras(self, keras, x, conv)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        weight = _by_channel(parameters["weight"], self.in_channels)
        return [weight, parameters["bias"]] if self.bias else [weight]


@layer
class SeparableConv2D(Layer):
    """A depthwise convolution without bias, then a pointwise one: depthwise ``OIHW`` with I = 1, pointwise ``OIHW``, bias ``O``.

    A layer in Keras, two in torch and in ONNX. padding: as of :class:`Conv2D`, of the depthwise part.
    """

    kind: ClassVar[str] = "separableconv2d"

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

    def _depthwise(self) -> DepthwiseConv2D:
        return DepthwiseConv2D(
            self.in_channels, self.kernel, self.stride, self.padding, self.dilation, self.depth_multiplier, bias=False
        )

    def parameters(self) -> Mapping[str, Parameter]:
        depthwise = self._depthwise().parameters()["weight"]
        inner = depthwise.shape[0]
        pointwise = Parameter((self.out_channels, inner, 1, 1), "OIHW", Draw(spread=sqrt(1.0 / inner)))
        stored = {"depthwise": depthwise, "pointwise": pointwise}
        return stored | ({"bias": Parameter((self.out_channels,), "O", Draw(spread=0.1))} if self.bias else {})

    def fits(self, *inputs: Tensor) -> None:
        self._depthwise().fits(*inputs)

    def to_onnx(self, op: Any, x: Any, *, depthwise: Any, pointwise: Any, bias: Any = None) -> Any:
        return op.Conv(self._depthwise().to_onnx(op, x, weight=depthwise), pointwise, bias, kernel_shape=(1, 1))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        first = self._depthwise().to_torch(torch, x)
        pieces = first if isinstance(first, list) else [first]  # the depthwise part, perhaps with a pad in front
        inner = self.in_channels * self.depth_multiplier
        named = dict(zip(("pad", "depthwise")[-len(pieces) :], pieces, strict=True))
        named["pointwise"] = torch.nn.Conv2d(inner, self.out_channels, 1, bias=self.bias)
        return torch.nn.Sequential(OrderedDict(named))

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        state = {f"{part}.weight": parameters[part] for part in ("depthwise", "pointwise")}
        return state | ({"pointwise.bias": parameters["bias"]} if self.bias else {})

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        def conv(stride: int | Sizes, padding: str) -> Any:
            return keras.layers.SeparableConv2D(
                self.out_channels, self.kernel, stride, padding, dilation_rate=self.dilation,
                depth_multiplier=self.depth_multiplier, use_bias=self.bias,
            )  # fmt: skip

        return _in_keras(self, keras, x, conv)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        depthwise = _by_channel(parameters["depthwise"], self.in_channels)
        pointwise = parameters["pointwise"].transpose(2, 3, 1, 0)  # OIHW to HWIO
        return [depthwise, pointwise, *([parameters["bias"]] if self.bias else [])]
