"""Where a maximum was found, and what puts values back there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from parity.axes import AXES, Tensor
from parity.layers.base import Layer, Padding, Sizes, is_size, layer, require, sized
from parity.layers.definition import define
from parity.layers.pool import Pool
from parity.layers.windows import size_mend
from parity.operators.formats import FORMATS


@dataclass(frozen=True, repr=False)
class MaxPoolIndices(Pool):
    """Where the maximum of each window stands, the first of several: its number among the places of its channel, int64.

    The second output of torch's ``MaxPool`` with ``return_indices=True``, as :class:`MaxUnpool` reads it. ONNX's MaxPool counts
    through the whole batch; TensorFlow's ``max_pool_with_argmax`` through an image with its channels. Keras has none; it is composed.
    padding: alike on both sides.
    """

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: Padding = 0
    ceil_mode: bool = False

    def check(self) -> None:
        super().check()
        good = self.padding != "same" and not (
            isinstance(self.padding, tuple)
            and any(isinstance(side, tuple) and side[0] != side[1] for side in self.padding)
        )
        require(self, "padding", good, "must be the same on both sides")

    def to_onnx(self, op: Any, x: Any) -> Any:
        _, places = op.MaxPool(x, outputs=2, **self._onnx(x))
        return op.Mod(places, op.constant(prod(x.shape[2:])))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        pool = getattr(torch.nn, f"MaxPool{self.places}d")(return_indices=True, **self._torch(x))
        return [pool, lambda pooled: pooled[1]]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, (kernel, stride, pads) = keras.ops, self._geometry(x)
        size, edges = define(self, (x,)).output.shape[2:], ((0, 0), *self._reach(x), (0, 0))
        weights = [prod(x.shape[3 + i :]) for i in range(self.places)]
        starts = [np.arange(n) * s - before for n, s, (before, _) in zip(size, stride, pads, strict=True)]
        first = reduce(np.add.outer, (start * w for start, w in zip(starts, weights, strict=True)))[None, ..., None]

        def places(v: Any) -> Any:
            padded = ops.pad(v, edges, constant_values=-inf) if any(map(any, edges)) else v
            best = found = None
            for tap in product(*map(range, kernel)):
                cut = [slice(t, t + (n - 1) * s + 1, s) for t, n, s in zip(tap, size, stride, strict=True)]
                seen = padded[(slice(None), *cut)]
                here = ops.zeros_like(seen, "int64") + (first + sum(t * w for t, w in zip(tap, weights, strict=True)))
                found = here if best is None else ops.where(seen > best, here, found)
                best = seen if best is None else ops.maximum(best, seen)
            return found

        return places


@dataclass(frozen=True, repr=False)
class MaxUnpool(Layer):
    """Values put back where :class:`MaxPoolIndices` found them, zeros elsewhere. Reads the values, then their places.

    kernel, stride, padding: of the pool; output_size: what its input was, where ``(n - 1) stride - 2 padding + kernel`` is not. ONNX's
    MaxUnpool counts places through the whole batch, and in that size alone (https://github.com/onnx/onnx/issues/2398), so it is
    composed. Keras has none.
    """

    takes: ClassVar[int | None] = 2
    places: ClassVar[int]

    kernel: int | Sizes
    stride: int | Sizes | None = None
    padding: int | Sizes = 0
    output_size: Sizes | None = None

    def check(self) -> None:
        require(self, "kernel", is_size(self.kernel, self.places), size_mend(self.places))
        good = self.stride is None or is_size(self.stride, self.places)
        require(self, "stride", good, size_mend(self.places, "None (the kernel), "))
        require(self, "padding", is_size(self.padding, self.places, 0), "must be at least 0, or so for each place")
        good = isinstance(self.output_size, tuple) and is_size(self.output_size, self.places)
        require(self, "output_size", self.output_size is None or good, f"must be None or {self.places} sizes")

    def _geometry(self) -> tuple[Sizes, Sizes, Sizes]:
        kernel = sized(self.kernel, self.places)
        return (
            kernel,
            kernel if self.stride is None else sized(self.stride, self.places),
            sized(self.padding, self.places),
        )

    def _natural(self, x: Any) -> Sizes:
        axes = zip(x.shape[2:], *self._geometry(), strict=True)
        return tuple((n - 1) * s - 2 * p + k for n, k, s, p in axes)

    def _size(self, x: Any) -> Sizes:
        return self._natural(x) if self.output_size is None else self.output_size

    def fits(self, *inputs: Tensor) -> None:
        x, places = inputs
        wanted = ", ".join(("N", *(name.upper() for name in AXES[self.places + 2][1:])))
        require(self, "kernel", len(x.shape) == self.places + 2, f"needs an input ({wanted}), got {x.shape}")
        good = places.shape == x.shape and places.dtype == "int64"
        require(
            self, "kernel", good, f"needs an int64 place for each of {x.shape}, got {places.dtype} of {places.shape}"
        )
        near = all(abs(n - m) < s for n, m, s in zip(self._size(x), self._natural(x), self._geometry()[1], strict=True))
        require(self, "output_size", near, f"must be less than a stride from {self._natural(x)}")

    def to_onnx(self, op: Any, x: Any, places: Any) -> Any:
        size, channels = self._size(x), x.shape[1]
        flat = op.constant([0, channels, prod(x.shape[2:])])
        values, where = op.Reshape(x, flat), op.Reshape(places, flat)
        ground = op.Tile(
            op.Slice(values, op.constant([0]), op.constant([1]), op.constant([2])), op.constant([1, 1, prod(size)])
        )
        zeros = op.Cast(op.Less(ground, ground), to=op.precision)
        return op.Reshape(op.ScatterElements(zeros, where, values, axis=2), op.constant([0, channels, *size]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        unpool = getattr(torch.nn, f"MaxUnpool{self.places}d")(*self._geometry())
        return lambda v, places: unpool(v, places, self.output_size)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, size, channels, before = keras.ops, self._size(x), x.shape[1], prod(x.shape[2:])
        # Not minus infinity: tf2onnx writes a choice as products, which make NaN of it.
        lowest = -FORMATS[x.dtype].stored_largest

        def unpool(v: Any, places: Any) -> Any:
            there = ops.equal(ops.reshape(places, (-1, before, channels, 1)), np.arange(prod(size)))
            values = ops.where(there, ops.expand_dims(ops.reshape(v, (-1, before, channels)), -1), lowest)
            best = ops.max(values, axis=1)
            y = ops.where(ops.any(there, axis=1), best, 0.0)
            return ops.reshape(ops.transpose(y, (0, 2, 1)), (-1, *size, channels))

        return unpool


@layer
class MaxPoolIndices1D(MaxPoolIndices):
    """Where the maximum of each window of ``N C L`` stands: see :class:`MaxPoolIndices`."""

    kind: ClassVar[str] = "maxpoolindices1d"
    places: ClassVar[int] = 1


@layer
class MaxPoolIndices2D(MaxPoolIndices):
    """Where the maximum of each window of ``N C H W`` stands: see :class:`MaxPoolIndices`."""

    kind: ClassVar[str] = "maxpoolindices2d"
    places: ClassVar[int] = 2


@layer
class MaxPoolIndices3D(MaxPoolIndices):
    """Where the maximum of each window of ``N C D H W`` stands: see :class:`MaxPoolIndices`."""

    kind: ClassVar[str] = "maxpoolindices3d"
    places: ClassVar[int] = 3


@layer
class MaxUnpool1D(MaxUnpool):
    """Values of ``N C L`` put back where they were the largest: see :class:`MaxUnpool`."""

    kind: ClassVar[str] = "maxunpool1d"
    places: ClassVar[int] = 1


@layer
class MaxUnpool2D(MaxUnpool):
    """Values of ``N C H W`` put back where they were the largest: see :class:`MaxUnpool`."""

    kind: ClassVar[str] = "maxunpool2d"
    places: ClassVar[int] = 2


@layer
class MaxUnpool3D(MaxUnpool):
    """Values of ``N C D H W`` put back where they were the largest: see :class:`MaxUnpool`."""

    kind: ClassVar[str] = "maxunpool3d"
    places: ClassVar[int] = 3
