"""A layer of somebody's own, written by docs/add-a-layer.md: its weight lies in other axes than a convolution's."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod, sqrt
from typing import Any

from parity.axes import Array, Tensor
from parity.layers import Draw, Layer, Parameter, layer
from parity.layers.base import Sizes, is_count, is_size, require, sized


@layer
class ConvTranspose2D(Layer):
    """A transposed 2-D convolution. Weight ``IOHW``, bias ``O``; out comes ``(size - 1) stride + kernel - 2 padding + extra``."""

    in_channels: int
    out_channels: int
    kernel: int | Sizes
    stride: int | Sizes = 1
    padding: int | Sizes = 0
    extra: int | Sizes = 0

    def check(self) -> None:
        for name in ("in_channels", "out_channels"):
            require(self, name, is_count(getattr(self, name)), "must be a whole number of at least 1")
        for name, least in (("kernel", 1), ("stride", 1), ("padding", 0), ("extra", 0)):
            mend = f"must be a whole number of at least {least}, or a pair of them"
            require(self, name, is_size(getattr(self, name), 2, least), mend)
        small = all(e < s for e, s in zip(sized(self.extra, 2), sized(self.stride, 2), strict=True))
        require(self, "extra", small, f"must be less than stride={self.stride}")

    def parameters(self) -> Mapping[str, Parameter]:
        shape = (self.in_channels, self.out_channels, *sized(self.kernel, 2))
        spread = sqrt(prod(sized(self.stride, 2)) / (self.in_channels * prod(sized(self.kernel, 2))))
        return {
            "weight": Parameter(shape, "IOHW", Draw(spread=spread)),
            "bias": Parameter((self.out_channels,), "O", Draw(spread=0.1)),
        }

    def fits(self, *inputs: Tensor) -> None:
        good = len(inputs[0].shape) == 4 and inputs[0].shape[1] == self.in_channels
        require(self, "in_channels", good, f"does not fit the input {inputs[0].shape}")

    def to_onnx(self, op: Any, x: Any, *, weight: Any, bias: Any) -> Any:
        kernel, stride, padding, extra = (sized(v, 2) for v in (self.kernel, self.stride, self.padding, self.extra))
        pads = padding + padding
        return op.ConvTranspose(x, weight, bias, kernel_shape=kernel, strides=stride, pads=pads, output_padding=extra)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        sizes = (self.kernel, self.stride, self.padding, self.extra)
        return torch.nn.ConvTranspose2d(self.in_channels, self.out_channels, *sizes)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        # What Keras pads is not what torch does, so it pads nothing here and the edges are cut off.
        whole = keras.layers.Conv2DTranspose(self.out_channels, self.kernel, self.stride, output_padding=self.extra)
        return [whole, keras.layers.Cropping2D(self.padding)]

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        return [parameters["weight"].transpose(2, 3, 1, 0), parameters["bias"]]  # IOHW to HWOI
