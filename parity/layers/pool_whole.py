"""Pooling over whole images: global, and adaptive to the size that is to come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.axes import Tensor
from parity.errors import Unsupported
from parity.layers.base import Layer, Pair, is_count, layer, require

Size = int | tuple[int | None, int | None]  #: of an output; None for as many as come in


class GlobalPool(Layer):
    """What GlobalAvgPool2D and GlobalMaxPool2D share."""

    keepdims: bool

    def check(self) -> None:
        require(self, "keepdims", isinstance(self.keepdims, bool), "must be True or False")

    def fits(self, *inputs: Tensor) -> None:
        require(self, "keepdims", len(inputs[0].shape) == 4, f"needs an image (N, C, H, W), got {inputs[0].shape}")

    def _onnx(self, op: Any, y: Any) -> Any:
        return y if self.keepdims else op.Flatten(y, axis=1)

    def _torch(self, torch: Any, pool: Any) -> Any:
        return pool if self.keepdims else [pool, torch.nn.Flatten()]


@layer
class GlobalAvgPool2D(GlobalPool):
    """The mean of each channel of an image: features ``N C``, or with keepdims an image ``N C 1 1``.

    torch spells it ``AdaptiveAvgPool2d(1)``, which keeps the axes; Keras drops them by default.
    """

    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, op.GlobalAveragePool(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, torch.nn.AdaptiveAvgPool2d(1))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GlobalAveragePooling2D(keepdims=self.keepdims)


@layer
class GlobalMaxPool2D(GlobalPool):
    """The maximum of each channel of an image: features ``N C``, or with keepdims an image ``N C 1 1``. Exact.

    torch spells it ``AdaptiveMaxPool2d(1)``, which keeps the axes; Keras drops them by default.
    """

    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, op.GlobalMaxPool(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, torch.nn.AdaptiveMaxPool2d(1))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.GlobalMaxPooling2D(keepdims=self.keepdims)


class AdaptivePool(Layer):
    """What AdaptiveAvgPool2D and AdaptiveMaxPool2D share: the windows that give an output of a size.

    Of ``length`` elements and ``n`` that come out, window i begins at ``floor(i length / n)`` and ends before ``ceil((i + 1) length / n)``:
    windows of two sizes that overlap where n does not divide length.
    """

    output_size: Size

    def check(self) -> None:
        sizes = self.output_size if isinstance(self.output_size, tuple) else (self.output_size,) * 2
        good = len(sizes) == 2 and all(n is None or is_count(n) for n in sizes) and self.output_size is not None
        require(self, "output_size", good, "must be at least 1, or a pair of such numbers or None (as many as come in)")

    def fits(self, *inputs: Tensor) -> None:
        require(self, "output_size", len(inputs[0].shape) == 4, f"needs an image (N, C, H, W), got {inputs[0].shape}")

    def _counts(self, x: Any) -> Pair:
        """(height, width) of the output for an input that has a ``shape``."""
        sizes = self.output_size if isinstance(self.output_size, tuple) else (self.output_size, self.output_size)
        height, width = (length if n is None else n for n, length in zip(sizes, x.shape[2:], strict=True))
        return (height, width)

    def _onnx(self, op: Any, x: Any, windows: Callable[..., Any], whole: Callable[[Any], Any]) -> Any:
        """One pool where all windows are alike, else a pool over everything for each of them."""
        (height, width), counts = x.shape[2:], self._counts(x)
        if height % counts[0] == 0 and width % counts[1] == 0:
            kernel = (height // counts[0], width // counts[1])
            return windows(x, kernel_shape=kernel, strides=kernel)
        rows = []
        for top, bottom in _spans(height, counts[0]):
            band = _cut(op, x, 2, top, bottom)
            row = [whole(_cut(op, band, 3, left, right)) for left, right in _spans(width, counts[1])]
            rows.append(op.Concat(*row, axis=3))
        return op.Concat(*rows, axis=2)

    def _keras(self, keras: Any, name: str, x: Tensor) -> Any:
        if not hasattr(keras.layers, name):
            raise Unsupported(f"Keras {keras.__version__} has no {name}")
        return getattr(keras.layers, name)(self._counts(x))


def _spans(length: int, count: int) -> list[Pair]:
    """Where each window begins and ends."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _cut(op: Any, x: Any, axis: int, start: int, end: int) -> Any:
    return op.Slice(x, op.constant([start]), op.constant([end]), op.constant([axis]))


@layer
class AdaptiveAvgPool2D(AdaptivePool):
    """The mean over each of the windows that give an output of ``output_size``, a number or (height, width).

    None, torch's word for as many as come in, is written out for Keras.
    """

    output_size: Size

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, x, op.AveragePool, op.GlobalAveragePool)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.AdaptiveAvgPool2d(self.output_size)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return self._keras(keras, "AdaptiveAveragePooling2D", x)


@layer
class AdaptiveMaxPool2D(AdaptivePool):
    """The maximum over each of the windows that give an output of ``output_size``, a number or (height, width). Exact.

    None, torch's word for as many as come in, is written out for Keras.
    """

    output_size: Size

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, x, op.MaxPool, op.GlobalMaxPool)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.AdaptiveMaxPool2d(self.output_size)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return self._keras(keras, "AdaptiveMaxPooling2D", x)
