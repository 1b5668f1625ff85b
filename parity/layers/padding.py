"""Padding and cropping of images."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

import numpy as np

from parity.axes import Tensor
from parity.layers.base import Layer, Pads, Pair, is_count, is_number, layer, require
from parity.layers.windows import flat, is_padding, resolve_pads

PadMode = Literal["constant", "reflect", "replicate", "circular", "symmetric"]

ONNX_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
NUMPY_MODES = {**ONNX_MODES, "symmetric": "symmetric"}


def sides_of(padding: int | Pair | Pads) -> Pads:
    """((top, bottom), (left, right)) of a number, (height, width) or the four sides."""
    return resolve_pads(padding, (1, 1), (1, 1), (1, 1))


def _is_sides(value: object) -> bool:
    """Whether value says four sides, negative ones among them."""
    if isinstance(value, tuple) and len(value) == 2:
        sides = [v if isinstance(v, tuple) else (v,) for v in value]
        numbers = len(sides[0]) == len(sides[1]) and len(sides[0]) in (1, 2)
        alike = isinstance(value[0], tuple) == isinstance(value[1], tuple)
        return numbers and alike and all(_is_whole(n) for side in sides for n in side)
    return _is_whole(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@layer
class Pad2D(Layer):
    """Images with more on their four sides; a negative side is cut off first.

    padding: a number, (height, width) or ((top, bottom), (left, right)). mode is torch's word: "constant" puts ``value``,
    "reflect" mirrors without repeating the edge, "replicate" repeats the edge, "circular" goes on from the other side;
    "symmetric" is Keras' and numpy's mirror that repeats the edge. torch has a class for each mode (``ZeroPad2d`` to
    ``CircularPad2d``) and gives the sides as left, right, top, bottom; Keras has ``ZeroPadding2D`` and ``ops.pad``, and neither
    "replicate" nor "circular"; ONNX calls these two "edge" and "wrap".
    """

    kind: ClassVar[str] = "pad2d"

    padding: int | Pair | Pads
    mode: PadMode = "constant"
    value: float = 0.0

    def check(self) -> None:
        mend = "must be a whole number, (height, width) or ((top, bottom), (left, right))"
        require(self, "padding", _is_sides(self.padding), mend)
        require(self, "mode", self.mode in get_args(PadMode), f"must be one of {', '.join(get_args(PadMode))}")
        require(self, "value", is_number(self.value), "must be a finite number")
        used = self.mode == "constant" or self.value == 0
        require(self, "value", used, f'must be 0 with mode="{self.mode}", which puts no value')

    def _cut(self) -> Pads:
        """What is cut off, at least 0."""
        (top, bottom), (left, right) = sides_of(self.padding)
        return ((max(-top, 0), max(-bottom, 0)), (max(-left, 0), max(-right, 0)))

    def _grown(self) -> Pads:
        """What is put on, at least 0."""
        (top, bottom), (left, right) = sides_of(self.padding)
        return ((max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)))

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "padding", len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        for axis, length, cut, grown in zip(("height", "width"), shape[2:], self._cut(), self._grown(), strict=True):
            left = length - sum(cut)
            require(self, "padding", left >= 1, f"leaves nothing of {axis} {length}")
            most = {"constant": None, "replicate": None, "reflect": left - 1}.get(self.mode, left)
            good = most is None or max(grown) <= most
            require(self, "padding", good, f"reaches over {axis} {left}: at most {most} with mode={self.mode!r}")

    def _places(self, x: Any) -> list[list[int]]:
        """Which rows and which columns of the input those of the output are."""
        mode: Any = NUMPY_MODES[self.mode]
        axes = zip(x.shape[2:], self._cut(), self._grown(), strict=True)
        return [np.pad(np.arange(a, n - b), grown, mode=mode).tolist() for n, (a, b), grown in axes]

    def to_onnx(self, op: Any, x: Any) -> Any:
        if self.mode == "symmetric":
            rows, columns = (op.constant(places) for places in self._places(x))
            return op.Gather(op.Gather(x, rows, axis=2), columns, axis=3)
        pads, axes = op.constant(flat(sides_of(self.padding))), op.constant([2, 3])
        value = op.constant(float(self.value)) if self.mode == "constant" else None
        return op.Pad(x, pads, value, axes, mode=ONNX_MODES[self.mode])

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        nn, ((top, bottom), (left, right)) = torch.nn, sides_of(self.padding)
        sides = (left, right, top, bottom)
        if self.mode == "symmetric":
            rows, columns = self._places(x)
            return lambda v: v[:, :, rows][:, :, :, columns]
        if self.mode == "constant":
            return nn.ConstantPad2d(sides, self.value) if self.value else nn.ZeroPad2d(sides)
        return {"reflect": nn.ReflectionPad2d, "replicate": nn.ReplicationPad2d, "circular": nn.CircularPad2d}[
            self.mode
        ](sides)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, layers, cut, grown = keras.ops, keras.layers, self._cut(), self._grown()
        if self.mode in ("replicate", "circular"):
            rows, columns = self._places(x)
            return lambda v: ops.take(ops.take(v, rows, axis=1), columns, axis=2)
        pieces: list[Any] = [layers.Cropping2D(cut)] if any(map(any, cut)) else []
        if self.mode == "constant" and not self.value:
            return [*pieces, layers.ZeroPadding2D(grown)]
        width, value = ((0, 0), *grown, (0, 0)), self.value if self.mode == "constant" else None
        return [*pieces, lambda v: ops.pad(v, width, mode=self.mode, constant_values=value)]


@layer
class Cropping2D(Layer):
    """Images without their edges. cropping: a number, (height, width) or ((top, bottom), (left, right)), each at least 0.

    A layer in Keras; in torch a slice.
    """

    kind: ClassVar[str] = "cropping2d"

    cropping: int | Pair | Pads

    def check(self) -> None:
        mend = "must be a number, (height, width) or ((top, bottom), (left, right)), all at least 0"
        require(self, "cropping", is_padding(self.cropping, 2) and not isinstance(self.cropping, str), mend)

    def _kept(self, x: Any) -> Pads:
        """((first row, the one behind the last), the same of the columns)."""
        (top, bottom), (left, right) = sides_of(self.cropping)
        height, width = x.shape[2:]
        return ((top, height - bottom), (left, width - right))

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require(self, "cropping", len(shape) == 4, f"needs an image (N, C, H, W), got {shape}")
        for axis, (first, end) in zip(("height", "width"), self._kept(inputs[0]), strict=True):
            require(self, "cropping", is_count(end - first), f"leaves nothing of the {axis} of {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        (top, bottom), (left, right) = self._kept(x)
        return op.Slice(x, op.constant([top, left]), op.constant([bottom, right]), op.constant([2, 3]))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        (top, bottom), (left, right) = self._kept(x)
        return lambda v: v[:, :, top:bottom, left:right]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return keras.layers.Cropping2D(sides_of(self.cropping))
