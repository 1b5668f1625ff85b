"""Windows of an image side by side, and put together again: torch's Unfold and Fold."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import Array, Tensor
from parity.layers.base import Layer, Sizes, is_size, layer, require, sized
from parity.layers.windows import size_mend


class Sliding(Layer):
    """What both share: the windows over an image, whose places are counted row by row."""

    kernel: int | Sizes
    dilation: int | Sizes
    padding: int | Sizes
    stride: int | Sizes

    def check(self) -> None:
        for name in ("kernel", "dilation", "stride"):
            require(self, name, is_size(getattr(self, name), 2), size_mend(2))
        require(
            self, "padding", is_size(self.padding, 2, 0), "must be a whole number of at least 0, or (height, width)"
        )

    def _geometry(self) -> tuple[Sizes, Sizes, Sizes, Sizes]:
        kernel, dilation, padding, stride = (
            sized(v, 2) for v in (self.kernel, self.dilation, self.padding, self.stride)
        )
        return kernel, dilation, padding, stride

    def _count(self, size: Sizes) -> Sizes:
        """How many windows there are along height and width of an image."""
        axes = zip(size, *self._geometry(), strict=True)
        return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in axes)

    def _elements(self, size: Sizes) -> Array:
        """Which element of the padded image each window has under each tap, ``taps windows``, counted row by row."""
        kernel, dilation, padding, stride = self._geometry()
        width, (rows, columns) = size[1] + 2 * padding[1], self._count(size)
        first = np.add.outer(np.arange(rows) * stride[0] * width, np.arange(columns) * stride[1]).reshape(-1)
        taps = [i * dilation[0] * width + j * dilation[1] for i, j in product(range(kernel[0]), range(kernel[1]))]
        return np.add.outer(taps, first)


@layer
class Unfold(Sliding):
    """Each window of an image as a column: ``N C H W`` to a signal ``N C L``, C the channels times the taps, L the windows.

    Channel c's tap t is at ``c taps + t``. torch's ``Unfold``; Keras' ``ops.image.extract_patches`` has the taps before the channels.
    """

    kind: ClassVar[str] = "unfold"

    kernel: int | Sizes
    dilation: int | Sizes = 1
    padding: int | Sizes = 0
    stride: int | Sizes = 1

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "kernel", len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        require(self, "kernel", min(self._count(shape[2:])) >= 1, f"is larger than the padded image {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        (top, left), channels = self._geometry()[2], x.shape[1]
        if top or left:
            x = op.Pad(x, op.constant([0, 0, top, left, 0, 0, top, left]))
        elements = self._elements((x.shape[2] - 2 * top, x.shape[3] - 2 * left))
        flat = op.Reshape(x, op.constant([0, channels, prod(x.shape[2:])]))
        taps, windows = elements.shape
        columns = op.Gather(flat, op.constant(elements), axis=2)
        return op.Reshape(columns, op.constant([0, channels * taps, windows]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Unfold(*self._geometry())

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, (kernel, dilation, padding, stride) = keras.ops, self._geometry()
        channels, taps, windows = x.shape[1], prod(kernel), prod(self._count(x.shape[2:]))
        edges = ((0, 0), *((p, p) for p in padding), (0, 0))

        def unfold(v: Any) -> Any:
            padded = ops.pad(v, edges) if any(padding) else v
            if max(stride) > 1 < max(dilation):  # extract_patches has one of them at a time
                flat = ops.reshape(padded, (-1, prod(padded.shape[1:3]), channels))
                columns = ops.take(flat, self._elements(x.shape[2:]).T.reshape(-1), axis=1)
            else:
                columns = ops.image.extract_patches(padded, kernel, stride, dilation)
            columns = ops.reshape(columns, (-1, windows, taps, channels))
            return ops.reshape(ops.transpose(columns, (0, 1, 3, 2)), (-1, windows, channels * taps))

        return unfold


@layer
class Fold(Sliding):
    """Columns added back into the image that :class:`Unfold` took them from: ``N C L`` to ``N C H W``; where windows overlap they add up.

    output_size: (height, width). torch's ``Fold``, ONNX's ``Col2Im``; Keras has none; it is composed.
    """

    kind: ClassVar[str] = "fold"

    output_size: Sizes
    kernel: int | Sizes
    dilation: int | Sizes = 1
    padding: int | Sizes = 0
    stride: int | Sizes = 1

    def check(self) -> None:
        super().check()
        good = isinstance(self.output_size, tuple) and is_size(self.output_size, 2)
        require(self, "output_size", good, "must be (height, width)")
        require(self, "kernel", min(self._count(self.output_size)) >= 1, "is larger than the padded image")

    def fits(self, *inputs: Tensor) -> None:
        shape, taps, windows = inputs[0].shape, prod(self._geometry()[0]), prod(self._count(self.output_size))
        good = len(shape) == 3 and shape[1] % taps == 0 and shape[2] == windows
        require(self, "output_size", good, f"needs a signal (N, C, {windows}), C a multiple of {taps}, got {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        kernel, dilation, padding, stride = self._geometry()
        return op.Col2Im(
            x,
            op.constant(list(self.output_size)),
            op.constant(list(kernel)),
            dilations=dilation,
            pads=(*padding, *padding),
            strides=stride,
        )

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.Fold(self.output_size, *self._geometry())

    def _sources(self) -> Array:
        """What adds up to each element of the image, by its number tap by tap and window by window: ``most height width``.

        Where fewer overlap, the number behind the last one stands for none.
        """
        elements, (top, left), (height, width) = self._elements(self.output_size), self._geometry()[2], self.output_size
        by_place = np.argsort(elements, axis=None, kind="stable")
        places, counts = np.unique(elements, return_counts=True)
        nth = np.arange(elements.size) - np.repeat(np.cumsum(counts) - counts, counts)
        found = np.full((counts.max(), (height + 2 * top) * (width + 2 * left)), elements.size)
        found[nth, np.repeat(places, counts)] = by_place
        return found.reshape(-1, height + 2 * top, width + 2 * left)[:, top : top + height, left : left + width]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, sources, (_, channels, windows) = keras.ops, self._sources(), x.shape
        taps = prod(self._geometry()[0])

        def fold(v: Any) -> Any:
            columns = ops.transpose(ops.reshape(v, (-1, windows, channels // taps, taps)), (0, 3, 1, 2))
            columns = ops.reshape(columns, (-1, taps * windows, channels // taps))
            # A product with zeros and ones would make NaN of an infinity.
            seen = ops.take(ops.pad(columns, ((0, 0), (0, 1), (0, 0))), sources.reshape(-1), axis=1)
            return ops.sum(ops.reshape(seen, (-1, *sources.shape, channels // taps)), axis=1)

        return fold
