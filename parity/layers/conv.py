"""Convolutions."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import Any, ClassVar

from parity.axes import Array, Tensor
from parity.layers.base import Draw, Layer, Padding, Pads, Pair, Parameter, is_count, is_size, layer, pair, require
from parity.layers.windows import PADDING_MEND, flat, is_padding, is_symmetric, require_room, resolve_pads


@layer
class Conv2D(Layer):
    """A 2-D cross-correlation. Weight ``OIHW`` (I counts the channels of one group), bias ``O``.

    padding: "same" (TensorFlow's rule), "valid", a number, (height, width) or ((top, bottom), (left, right)).
    """

    kind: ClassVar[str] = "conv2d"

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
        stored = {"weight": Parameter(shape, "OIHW", Draw(spread=sqrt(2.0 / prod(shape[1:]))))}
        if self.bias:
            stored["bias"] = Parameter((self.out_channels,), "O", Draw(spread=0.1))
        return stored

    def _geometry(self, x: Any) -> tuple[Pair, Pair, Pair, Pads]:
        """Kernel, stride, dilation and pads for an input that has a ``shape``."""
        kernel, stride, dilation = pair(self.kernel), pair(self.stride), pair(self.dilation)
        return kernel, stride, dilation, resolve_pads(self.padding, x.shape[2:], kernel, stride, dilation)

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 4 and shape[1] == self.in_channels
        require(self, "in_channels", good, f"does not fit the input {shape}")
        kernel, _, dilation, pads = self._geometry(inputs[0])
        require_room(self, shape[2:], kernel, dilation, pads)

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any = None) -> Any:
        kernel, stride, dilation, pads = self._geometry(x)
        return op.Conv(
            x, weight, bias, kernel_shape=kernel, strides=stride, dilations=dilation, pads=flat(pads), group=self.groups
        )

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        nn, (kernel, stride, dilation, pads) = torch.nn, self._geometry(x)
        (top, bottom), (left, right) = pads

        def conv(padding: Any) -> Any:
            return nn.Conv2d(
                self.in_channels, self.out_channels, kernel, stride, padding, dilation, self.groups, self.bias
            )

        if self.padding == "valid" or (self.padding == "same" and stride == (1, 1)):
            return conv(self.padding)
        if is_symmetric(pads):
            return conv((top, left))
        # torch has no "same" with a stride and no per-side padding: pad first, then convolve.
        return [nn.ZeroPad2d((left, right, top, bottom)), conv(0)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, (kernel, stride, dilation, pads) = keras.layers, self._geometry(x)

        def conv(padding: str, strides: Pair = stride) -> Any:
            return layers.Conv2D(
                self.out_channels, kernel, strides, padding, dilation_rate=dilation,
                groups=self.groups, use_bias=self.bias,
            )  # fmt: skip

        pieces: list[Any] = []
        if stride != (1, 1) and dilation != (1, 1):
            # Keras refuses a stride together with a dilation: convolve densely, keep every stride-th window.
            pieces = [conv("valid", (1, 1)), layers.MaxPooling2D(1, stride, "valid")]
        elif self.padding == "same" or self.padding == "valid":
            return conv(self.padding)
        else:
            pieces = [conv("valid")]
        return [layers.ZeroPadding2D(pads), *pieces] if pads != ((0, 0), (0, 0)) else pieces

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        weight = parameters["weight"].transpose(2, 3, 1, 0)  # OIHW to HWIO
        return [weight, parameters["bias"]] if self.bias else [weight]
