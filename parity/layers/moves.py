"""Layers that give the same numbers in another order or shape, or some of them: Reshape, Permute, Slice, Roll and windows of an image."""

from __future__ import annotations

from math import prod
from typing import Any

from parity.axes import AXES, Shape, Tensor
from parity.layers.base import Layer, Sizes, is_count, is_size, layer, require, sized


@layer
class Reshape(Layer):
    """Each sample in another shape, its numbers in the canonical order, channels before places.

    shape: without the batch, ``(C, L)``, ``(C, H, W)``, ``(C, D, H, W)`` or ``(F,)``; one of them may be -1, what is left over. A channels-last
    framework has another order: as long as the channels stay, Keras' own ``Reshape`` does the same; otherwise its spelling brings them to the
    front before and to the end behind. To features, ``(F,)``, it is :class:`parity.layers.Flatten`, which Keras folds H, W, C.
    """

    shape: Shape

    def check(self) -> None:
        good = isinstance(self.shape, tuple) and 1 <= len(self.shape) <= 4
        good = good and all(is_count(n) or n == -1 for n in self.shape) and self.shape.count(-1) <= 1
        require(self, "shape", good, "must be one to four sizes, each at least 1 or one of them -1")

    def _target(self, x: Tensor) -> Shape:
        left = prod(x.shape[1:]) // prod(n for n in self.shape if n != -1)
        return tuple(left if n == -1 else n for n in self.shape)

    def fits(self, *inputs: Tensor) -> None:
        good = prod(self._target(inputs[0])) == prod(inputs[0].shape[1:])
        require(self, "shape", good, f"does not fit the input {inputs[0].shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Reshape(x, op.constant([0, *self._target(Tensor(x.shape))]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.reshape(v, (-1, *self._target(x)))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        layers, source, (c, *places) = keras.layers, x.folded or x.shape[1:], self._target(x)
        if not places:
            return layers.Reshape((c,))
        if len(source) > 1 and source[0] == c:
            return layers.Reshape((*places, c))
        # Folded features are in Keras' own order: they become an image first.
        unfolded = [layers.Reshape((*source[1:], source[0]))] if x.folded else []
        turned = [layers.Permute((len(source), *range(1, len(source))))] if len(source) > 1 else []
        back = layers.Permute((*range(2, len(places) + 2), 1))
        return [*unfolded, *turned, layers.Reshape((c, *places)), back]


@layer
class Permute(Layer):
    """Axes in another order: axis i of the output is axis ``dims[i - 1]`` of the input, counted from 1 behind the batch, in canonical order.

    ``Permute((2, 1))`` makes ``N L C`` of a signal: what were its places are its channels. ``keras.layers.Permute`` counts alike, but in its own
    order, channels last; ``torch.permute`` counts the batch as 0.
    """

    dims: tuple[int, ...]

    def check(self) -> None:
        good = isinstance(self.dims, tuple) and 2 <= len(self.dims) <= 4
        good = good and sorted(self.dims) == list(range(1, len(self.dims) + 1))
        require(self, "dims", good, "must be the numbers 1, 2, ... of two to four axes, each once")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "dims", len(shape) == len(self.dims) + 1, f"must name each axis behind the batch of {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        return op.Transpose(x, perm=(0, *self.dims))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.permute(v, (0, *self.dims))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        first, *rest = ((axis - 1) or len(self.dims) for axis in self.dims)
        return keras.layers.Permute((*rest, first))


@layer
class Slice(Layer):
    """What lies from ``start`` up to but not ``stop`` along one axis, every ``step``-th of it.

    axis: its canonical name, "c", "f", "l", "d", "h" or "w"; stop: None for its end.
    """

    axis: str
    start: int = 0
    stop: int | None = None
    step: int = 1

    def check(self) -> None:
        require(self, "axis", self.axis in ("c", "f", "l", "d", "h", "w"), "must be one of c, f, l, d, h and w")
        require(self, "start", is_count(self.start, 0), "must be a whole number of at least 0")
        good = self.stop is None or is_count(self.stop, self.start + 1)
        require(self, "stop", good, f"must be None or a whole number above start={self.start}")
        require(self, "step", is_count(self.step), "must be a whole number of at least 1")

    def fits(self, *inputs: Tensor) -> None:
        x = inputs[0]
        # Folded features have another order in a channels-last framework, whose first few are not these.
        good = self.axis in x.axes and not x.folded
        require(self, "axis", good, f"is not an axis of the input {x.shape}, or is one of folded features")
        size = x.shape[x.axes.index(self.axis)]
        require(self, "start", self.start < size, f"lies behind the {size} that there are")
        require(self, "stop", self.stop is None or self.stop <= size, f"is more than the {size} that there are")

    def _places(self, axes: tuple[str, ...]) -> tuple[slice, ...]:
        whole, some = slice(None), slice(self.start, self.stop, self.step)
        return tuple(some if axis == self.axis else whole for axis in axes)

    def to_onnx(self, op: Any, x: Any) -> Any:
        axis = AXES[len(x.shape)].index(self.axis)
        ends = (self.start, self.stop or x.shape[axis], axis, self.step)
        start, stop, axes, steps = (op.constant([n]) for n in ends)
        return op.Slice(x, start, stop, axes, steps)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v[self._places(x.axes)]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        n, c, *places = x.axes
        return lambda v: v[self._places((n, *places, c))]


@layer
class Roll(Layer):
    """Places moved on by ``shifts``, one number for each kind of place, and round again at the end: ``torch.roll``.

    Element i of the output is element ``i - shift`` of the input; a negative shift moves to the left or up.
    """

    shifts: tuple[int, ...]

    def check(self) -> None:
        good = isinstance(self.shifts, tuple) and 1 <= len(self.shifts) <= 3
        good = good and all(isinstance(n, int) and not isinstance(n, bool) for n in self.shifts)
        require(self, "shifts", good, "must be one to three whole numbers")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "shifts", len(shape) == len(self.shifts) + 2, f"must be one for each kind of place of {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        for axis, shift in enumerate(self.shifts, 2):
            if cut := -shift % x.shape[axis]:
                start, middle, end, along = (op.constant([n]) for n in (0, cut, x.shape[axis], axis))
                x = op.Concat(op.Slice(x, middle, end, along), op.Slice(x, start, middle, along), axis=axis)
        return x

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.roll(v, self.shifts, tuple(range(2, len(x.shape))))

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return lambda v: keras.ops.roll(v, self.shifts, tuple(range(1, len(x.shape) - 1)))


@layer
class WindowPartition(Layer):
    """An image ``N C H W`` cut into windows that do not overlap: ``N C B P``, the B windows and the P places of each row by row.

    window: its size, a number or (height, width), which must divide the image's. Swin puts the windows beside the images, ``N B`` in
    one axis; here they have one of their own, along which nothing is computed (:class:`parity.layers.MultiHeadAttention` over "w").
    """

    window: int | Sizes

    def check(self) -> None:
        require(self, "window", is_size(self.window, 2), "must be a whole number of at least 1 or two of them")

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        good = len(shape) == 4 and all(n % w == 0 for n, w in zip(shape[2:], sized(self.window, 2), strict=True))
        require(self, "window", good, f"must divide height and width of an image, got {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        (a, b), (_, c, h, w) = sized(self.window, 2), x.shape
        split = op.Reshape(x, op.constant([0, c, h // a, a, w // b, b]))
        turned = op.Transpose(split, perm=(0, 1, 2, 4, 3, 5))
        return op.Reshape(turned, op.constant([0, c, h // a * (w // b), a * b]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        (a, b), (_, c, h, w) = sized(self.window, 2), x.shape

        def partition(v: Any) -> Any:
            split = v.reshape(-1, c, h // a, a, w // b, b).permute(0, 1, 2, 4, 3, 5)
            return split.reshape(-1, c, h // a * (w // b), a * b)

        return partition

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, (a, b), (_, c, h, w) = keras.ops, sized(self.window, 2), x.shape

        def partition(v: Any) -> Any:
            split = ops.reshape(v, (-1, h // a, a, w // b, b, c))
            return ops.reshape(ops.transpose(split, (0, 1, 3, 2, 4, 5)), (-1, h // a * (w // b), a * b, c))

        return partition


@layer
class WindowReverse(Layer):
    """The inverse of :class:`WindowPartition`: windows ``N C B P`` as the image ``N C H W`` of this size, (height, width)."""

    window: int | Sizes
    size: Sizes

    def check(self) -> None:
        require(self, "window", is_size(self.window, 2), "must be a whole number of at least 1 or two of them")
        good = isinstance(self.size, tuple) and is_size(self.size, 2)
        good = good and all(n % w == 0 for n, w in zip(self.size, sized(self.window, 2), strict=True))
        require(self, "size", good, "must be (height, width), multiples of the window's")

    def fits(self, *inputs: Tensor) -> None:
        (a, b), (h, w), shape = sized(self.window, 2), self.size, inputs[0].shape
        good = len(shape) == 4 and shape[2:] == (h // a * (w // b), a * b)
        require(self, "size", good, f"does not fit the windows {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        (a, b), (h, w), c = sized(self.window, 2), self.size, x.shape[1]
        split = op.Reshape(x, op.constant([0, c, h // a, w // b, a, b]))
        return op.Reshape(op.Transpose(split, perm=(0, 1, 2, 4, 3, 5)), op.constant([0, c, h, w]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        (a, b), (h, w), c = sized(self.window, 2), self.size, x.shape[1]

        def reverse(v: Any) -> Any:
            return v.reshape(-1, c, h // a, w // b, a, b).permute(0, 1, 2, 4, 3, 5).reshape(-1, c, h, w)

        return reverse

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, (a, b), (h, w), c = keras.ops, sized(self.window, 2), self.size, x.shape[1]

        def reverse(v: Any) -> Any:
            split = ops.reshape(v, (-1, h // a, w // b, a, b, c))
            return ops.reshape(ops.transpose(split, (0, 1, 3, 2, 4, 5)), (-1, h, w, c))

        return reverse
