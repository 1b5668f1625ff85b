"""Pooling over everything behind the channels: global, and adaptive to the size that is to come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from parity.axes import Tensor
from parity.errors import Unsupported
from parity.layers.base import Layer, Pair, Sizes, is_count, layer, require
from parity.layers.shape import FLATTENED
from parity.layers.windows import require_places, size_mend

Size = int | tuple[int | None, ...]  #: of an output; None for as many as come in


class GlobalPool(Layer):
    """What global pools over one, two and three places share: features ``N C`` come out, or with keepdims all axes."""

    places: ClassVar[int]

    keepdims: bool

    def check(self) -> None:
        require(self, "keepdims", isinstance(self.keepdims, bool), "must be True or False")

    def fits(self, *inputs: Tensor) -> None:
        require_places(self, "keepdims", inputs[0].shape, self.places)

    def _onnx(self, op: Any, y: Any) -> Any:
        return y if self.keepdims else op.Flatten(y, axis=1)

    def needs_batch(self, x: Tensor) -> str:
        return "" if self.keepdims else FLATTENED

    def _torch(self, torch: Any, name: str) -> Any:
        pool = getattr(torch.nn, f"{name}{self.places}d")(1)
        return pool if self.keepdims else [pool, torch.nn.Flatten()]


@dataclass(frozen=True, repr=False)
class GlobalAvgPool(GlobalPool):
    """The mean of each channel: features ``N C``, or with keepdims an input of one place.

    torch spells it ``AdaptiveAvgPool2d(1)``, which keeps the axes; Keras drops them by default.
    """

    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, op.GlobalAveragePool(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, "AdaptiveAvgPool")

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return getattr(keras.layers, f"GlobalAveragePooling{self.places}D")(keepdims=self.keepdims)


@dataclass(frozen=True, repr=False)
class GlobalMaxPool(GlobalPool):
    """The maximum of each channel: features ``N C``, or with keepdims an input of one place. Exact.

    torch spells it ``AdaptiveMaxPool2d(1)``, which keeps the axes; Keras drops them by default.
    """

    keepdims: bool = False

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, op.GlobalMaxPool(x))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, "AdaptiveMaxPool")

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return getattr(keras.layers, f"GlobalMaxPooling{self.places}D")(keepdims=self.keepdims)


@dataclass(frozen=True, repr=False)
class AdaptivePool(Layer):
    """What adaptive pools share: the windows that give an output of a size.

    output_size: a number, or one for each place; None, torch's word for as many as come in, is written out for Keras. Of ``length``
    elements and ``n`` that come out, window i begins at ``floor(i length / n)`` and ends before ``ceil((i + 1) length / n)``: windows of
    two sizes that overlap where n does not divide length.
    """

    places: ClassVar[int]

    output_size: Size

    def check(self) -> None:
        sizes = self._each()
        good = len(sizes) == self.places and all(n is None or is_count(n) for n in sizes)
        mend = size_mend(self.places) + " or None (as many as come in)" * (self.places > 1)
        require(self, "output_size", good and self.output_size is not None, mend)

    def fits(self, *inputs: Tensor) -> None:
        require_places(self, "output_size", inputs[0].shape, self.places)

    def _each(self) -> tuple[int | None, ...]:
        return self.output_size if isinstance(self.output_size, tuple) else (self.output_size,) * self.places

    def _counts(self, x: Any) -> Sizes:
        """How many come out along each place, for an input that has a ``shape``."""
        return tuple(length if n is None else n for n, length in zip(self._each(), x.shape[2:], strict=True))

    def _onnx(self, op: Any, x: Any, windows: Callable[..., Any], whole: Callable[[Any], Any]) -> Any:
        """One pool where all windows are alike, else a pool over everything for each of them."""
        size, counts = x.shape[2:], self._counts(x)
        if all(length % n == 0 for length, n in zip(size, counts, strict=True)):
            kernel = tuple(length // n for length, n in zip(size, counts, strict=True))
            return windows(x, kernel_shape=kernel, strides=kernel)
        return _joined(op, x, counts, whole)

    def _torch(self, torch: Any, name: str) -> Any:
        return getattr(torch.nn, f"{name}{self.places}d")(self.output_size)

    def _keras(self, keras: Any, name: str, x: Tensor) -> Any:
        name = f"{name}{self.places}D"
        if not hasattr(keras.layers, name):
            raise Unsupported(f"Keras {keras.__version__} has no {name}")
        counts = self._counts(x)
        return getattr(keras.layers, name)(counts if self.places > 1 else counts[0])


def _joined(op: Any, x: Any, counts: Sequence[int], whole: Callable[[Any], Any], axis: int = 2) -> Any:
    """``whole`` of every window, joined along each axis from ``axis`` on."""
    if not counts:
        return whole(x)
    cuts = [_cut(op, x, axis, *span) for span in _spans(x.shape[axis], counts[0])]
    return op.Concat(*(_joined(op, cut, counts[1:], whole, axis + 1) for cut in cuts), axis=axis)


def _spans(length: int, count: int) -> list[Pair]:
    """Where each window begins and ends."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _cut(op: Any, x: Any, axis: int, start: int, end: int) -> Any:
    return op.Slice(x, op.constant([start]), op.constant([end]), op.constant([axis]))


class AdaptiveAvgPool(AdaptivePool):
    """The mean over each of the windows that give an output of ``output_size``."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, x, op.AveragePool, op.GlobalAveragePool)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, "AdaptiveAvgPool")

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return self._keras(keras, "AdaptiveAveragePooling", x)


class AdaptiveMaxPool(AdaptivePool):
    """The maximum over each of the windows that give an output of ``output_size``. Exact."""

    def to_onnx(self, op: Any, x: Any) -> Any:
        return self._onnx(op, x, op.MaxPool, op.GlobalMaxPool)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return self._torch(torch, "AdaptiveMaxPool")

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return self._keras(keras, "AdaptiveMaxPooling", x)


@layer
class GlobalAvgPool1D(GlobalAvgPool):
    """The mean of each channel of ``N C L``: see :class:`GlobalAvgPool`."""

    kind: ClassVar[str] = "globalavgpool1d"
    places: ClassVar[int] = 1


@layer
class GlobalAvgPool2D(GlobalAvgPool):
    """The mean of each channel of ``N C H W``: see :class:`GlobalAvgPool`."""

    kind: ClassVar[str] = "globalavgpool2d"
    places: ClassVar[int] = 2


@layer
class GlobalAvgPool3D(GlobalAvgPool):
    """The mean of each channel of ``N C D H W``: see :class:`GlobalAvgPool`."""

    kind: ClassVar[str] = "globalavgpool3d"
    places: ClassVar[int] = 3


@layer
class GlobalMaxPool1D(GlobalMaxPool):
    """The maximum of each channel of ``N C L``: see :class:`GlobalMaxPool`."""

    kind: ClassVar[str] = "globalmaxpool1d"
    places: ClassVar[int] = 1


@layer
class GlobalMaxPool2D(GlobalMaxPool):
    """The maximum of each channel of ``N C H W``: see :class:`GlobalMaxPool`."""

    kind: ClassVar[str] = "globalmaxpool2d"
    places: ClassVar[int] = 2


@layer
class GlobalMaxPool3D(GlobalMaxPool):
    """The maximum of each channel of ``N C D H W``: see :class:`GlobalMaxPool`."""

    kind: ClassVar[str] = "globalmaxpool3d"
    places: ClassVar[int] = 3


@layer
class AdaptiveAvgPool1D(AdaptiveAvgPool):
    """Means over windows of ``N C L``: see :class:`AdaptiveAvgPool`."""

    kind: ClassVar[str] = "adaptiveavgpool1d"
    places: ClassVar[int] = 1


@layer
class AdaptiveAvgPool2D(AdaptiveAvgPool):
    """Means over windows of ``N C H W``: see :class:`AdaptiveAvgPool`."""

    kind: ClassVar[str] = "adaptiveavgpool2d"
    places: ClassVar[int] = 2


@layer
class AdaptiveAvgPool3D(AdaptiveAvgPool):
    """Means over windows of ``N C D H W``: see :class:`AdaptiveAvgPool`."""

    kind: ClassVar[str] = "adaptiveavgpool3d"
    places: ClassVar[int] = 3


@layer
class AdaptiveMaxPool1D(AdaptiveMaxPool):
    """Maxima over windows of ``N C L``: see :class:`AdaptiveMaxPool`."""

    kind: ClassVar[str] = "adaptivemaxpool1d"
    places: ClassVar[int] = 1


@layer
class AdaptiveMaxPool2D(AdaptiveMaxPool):
    """Maxima over windows of ``N C H W``: see :class:`AdaptiveMaxPool`."""

    kind: ClassVar[str] = "adaptivemaxpool2d"
    places: ClassVar[int] = 2


@layer
class AdaptiveMaxPool3D(AdaptiveMaxPool):
    """Maxima over windows of ``N C D H W``: see :class:`AdaptiveMaxPool`."""

    kind: ClassVar[str] = "adaptivemaxpool3d"
    places: ClassVar[int] = 3
