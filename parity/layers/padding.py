"""Padding and cropping of signals, images and volumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np

from parity.axes import Array, Tensor, is_whole
from parity.layers.base import Layer, Pads, Sizes, is_count, is_number, layer, require
from parity.layers.windows import PLACES, backwards, flat, is_padding, require_places, resolve_pads, sides_mend

PadMode = Literal["constant", "reflect", "replicate", "circular", "symmetric"]

ONNX_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
NUMPY_MODES = {**ONNX_MODES, "symmetric": "symmetric"}
TORCH_CLASSES = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


def sides_of(padding: int | Sizes | Pads, places: int) -> Pads:
    """(before, after) of each place, of a number, one for each place or the sides themselves."""
    ones = (1,) * places
    return resolve_pads(padding, ones, ones, ones)


def _is_sides(value: object, places: int) -> bool:
    """Whether value says the sides of so many places, negative ones among them."""
    if not (isinstance(value, tuple) and len(value) == places):
        return _is_whole(value)
    return all(map(_is_whole, value)) or all(
        isinstance(side, tuple) and len(side) == 2 and all(map(_is_whole, side)) for side in value
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def taken(ops: Any, x: Any, places: list[list[int]]) -> Any:
    """Of a channels-last array of Keras these places, along each axis between the first and the last."""
    for axis, at in enumerate(places, 1):
        x = ops.take(x, at, axis=axis)
    return x


@dataclass(frozen=True, repr=False)
class Pad(Layer):
    """An input with more on its sides; a negative side is cut off first.

    padding: a number, one for each place or (before, after) for each place. mode is torch's word: "constant" puts ``value``,
    "reflect" mirrors without repeating the edge, "replicate" repeats the edge, "circular" goes on from the other side;
    "symmetric" is Keras' and numpy's mirror that repeats the edge. torch has a class for each mode (``ZeroPad2d`` to
    ``CircularPad2d``) and gives the sides with the last place first; Keras has ``ZeroPadding2D`` and ``ops.pad``, and neither
    "replicate" nor "circular"; ONNX calls these two "edge" and "wrap".
    """

    places: ClassVar[int]

    padding: int | Sizes | Pads
    mode: PadMode = "constant"
    value: float = 0.0

    def check(self) -> None:
        mend = f"must be a whole number, {sides_mend(self.places)}"
        require(self, "padding", _is_sides(self.padding, self.places), mend)
        require(self, "mode", self.mode in get_args(PadMode), f"must be one of {', '.join(get_args(PadMode))}")
        require(self, "value", is_number(self.value), "must be a finite number")
        used = self.mode == "constant" or self.value == 0
        require(self, "value", used, f'must be 0 with mode="{self.mode}", which puts no value')

    def _cut(self) -> Pads:
        """What is cut off, at least 0."""
        return tuple((max(-before, 0), max(-after, 0)) for before, after in sides_of(self.padding, self.places))

    def _grown(self) -> Pads:
        """What is put on, at least 0."""
        return tuple((max(before, 0), max(after, 0)) for before, after in sides_of(self.padding, self.places))

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require_places(self, "padding", shape, self.places)
        good = not is_whole(inputs[0].dtype) or self.value == int(self.value)
        require(self, "value", good, f"must be whole for an input of {inputs[0].dtype}")
        for axis, length, cut, grown in zip(PLACES[self.places], shape[2:], self._cut(), self._grown(), strict=True):
            left = length - sum(cut)
            require(self, "padding", left >= 1, f"leaves nothing of {axis} {length}")
            most = {"constant": None, "replicate": None, "reflect": left - 1}.get(self.mode, left)
            good = most is None or max(grown) <= most
            require(self, "padding", good, f"reaches over {axis} {left}: at most {most} with mode={self.mode!r}")

    def _value(self, x: Any) -> Array | None:
        """What is put on, a number of the kind that the input has; None with a mode that puts none."""
        return np.asarray(self.value, x.dtype if is_whole(x.dtype) else "float64") if self.mode == "constant" else None

    def _places(self, x: Any) -> list[list[int]]:
        """Along each place: which elements of the input those of the output are."""
        mode: Any = NUMPY_MODES[self.mode]
        axes = zip(x.shape[2:], self._cut(), self._grown(), strict=True)
        return [np.pad(np.arange(a, n - b), grown, mode=mode).tolist() for n, (a, b), grown in axes]

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        return framework != "torch" and self.mode in ("replicate", "circular")

    def to_onnx(self, op: Any, x: Any) -> Any:
        if self.mode == "symmetric":
            for axis, at in enumerate(self._places(x), 2):
                x = op.Gather(x, op.constant(at), axis=axis)
            return x
        pads = op.constant(flat(sides_of(self.padding, self.places)))
        value = self._value(x)
        fill = None if value is None else op.constant(value)
        return op.Pad(x, pads, fill, op.constant(list(range(2, self.places + 2))), mode=ONNX_MODES[self.mode])

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        nn, places, sides = torch.nn, self.places, backwards(sides_of(self.padding, self.places))
        if self.mode == "symmetric":
            at = self._places(x)

            def mirrored(v: Any) -> Any:
                for axis, chosen in enumerate(at, 2):
                    v = v[(slice(None),) * axis + (chosen,)]
                return v

            return mirrored
        if self.mode == "constant":
            zeros = getattr(nn, f"ZeroPad{places}d")
            return getattr(nn, f"ConstantPad{places}d")(sides, self.value) if self.value else zeros(sides)
        return getattr(nn, f"{TORCH_CLASSES[self.mode]}{places}d")(sides)

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        ops, layers, cut, grown = keras.ops, keras.layers, self._cut(), self._grown()
        if self.mode in ("replicate", "circular"):
            at = self._places(x)
            return lambda v: taken(ops, v, at)
        pieces = [in_keras(getattr(layers, f"Cropping{self.places}D"), cut)] if any(map(any, cut)) else []
        if self.mode == "constant" and not self.value:
            return [*pieces, in_keras(getattr(layers, f"ZeroPadding{self.places}D"), grown)]
        width, value = ((0, 0), *grown, (0, 0)), self._value(x)
        fill = None if value is None else value.item()
        return [*pieces, lambda v: ops.pad(v, width, mode=self.mode, constant_values=fill)]


def in_keras(layer: Any, pads: Pads) -> Any:
    """A layer of Keras that is told (before, after) of each place, and of a single one without the tuple around."""
    return layer(pads if len(pads) > 1 else pads[0])


@dataclass(frozen=True, repr=False)
class Cropping(Layer):
    """An input without its edges. cropping: a number, one for each place or (before, after) for each place, all at least 0.

    A layer in Keras; in torch a slice.
    """

    places: ClassVar[int]

    cropping: int | Sizes | Pads

    def check(self) -> None:
        mend = f"must be a number, {sides_mend(self.places)}, all at least 0"
        require(self, "cropping", is_padding(self.cropping, self.places) and not isinstance(self.cropping, str), mend)

    def _kept(self, x: Any) -> Pads:
        """(the first, the one behind the last) of each place."""
        sides = sides_of(self.cropping, self.places)
        return tuple((before, length - after) for length, (before, after) in zip(x.shape[2:], sides, strict=True))

    def fits(self, *inputs: Tensor) -> None:
        shape = inputs[0].shape
        require_places(self, "cropping", shape, self.places)
        for axis, (first, end) in zip(PLACES[self.places], self._kept(inputs[0]), strict=True):
            require(self, "cropping", is_count(end - first), f"leaves nothing of the {axis} of {shape}")

    def to_onnx(self, op: Any, x: Any) -> Any:
        firsts, ends = zip(*self._kept(x), strict=True)
        return op.Slice(x, op.constant(firsts), op.constant(ends), op.constant(list(range(2, self.places + 2))))

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kept = (slice(None), slice(None), *(slice(*span) for span in self._kept(x)))
        return lambda v: v[kept]

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        return in_keras(getattr(keras.layers, f"Cropping{self.places}D"), sides_of(self.cropping, self.places))


@layer
class Pad1D(Pad):
    """Signals ``N C L`` with more on their sides: see :class:`Pad`."""

    kind: ClassVar[str] = "pad1d"
    places: ClassVar[int] = 1


@layer
class Pad2D(Pad):
    """Images ``N C H W`` with more on their sides: see :class:`Pad`."""

    kind: ClassVar[str] = "pad2d"
    places: ClassVar[int] = 2


@layer
class Pad3D(Pad):
    """Volumes ``N C D H W`` with more on their sides: see :class:`Pad`."""

    kind: ClassVar[str] = "pad3d"
    places: ClassVar[int] = 3


PAD: Mapping[int, Callable[..., Pad]] = {1: Pad1D, 2: Pad2D, 3: Pad3D}  #: by their places


@layer
class Cropping1D(Cropping):
    """Signals ``N C L`` without their edges: see :class:`Cropping`."""

    kind: ClassVar[str] = "cropping1d"
    places: ClassVar[int] = 1


@layer
class Cropping2D(Cropping):
    """Images ``N C H W`` without their edges: see :class:`Cropping`."""

    kind: ClassVar[str] = "cropping2d"
    places: ClassVar[int] = 2


@layer
class Cropping3D(Cropping):
    """Volumes ``N C D H W`` without their edges: see :class:`Cropping`."""

    kind: ClassVar[str] = "cropping3d"
    places: ClassVar[int] = 3


CROPPING: Mapping[int, Callable[..., Cropping]] = {1: Cropping1D, 2: Cropping2D, 3: Cropping3D}  #: by their places
