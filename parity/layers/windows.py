"""Padding, strides and what hangs over the edge, for layers that slide a window. Whole numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from parity.axes import F64
from parity.errors import FieldError
from parity.layers.base import Layer, Padding, Pads, Sizes, is_count

PLACES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
SIDES = {1: "(before, after)", 2: "(top, bottom), (left, right)", 3: "(front, back), (top, bottom), (left, right)"}


def padding_mend(places: int) -> str:
    """What a padding may be, for messages."""
    sizes = f"({', '.join(PLACES[places])}{',' * (places == 1)})"
    return f'must be "same", "valid", a number, {sizes} or ({SIDES[places]}{"," * (places == 1)}), all at least 0'


def size_mend(places: int, also: str = "") -> str:
    """What a size may be, for messages."""
    several = {1: "", 2: ", or a pair of such numbers", 3: ", or three such numbers"}
    return f"must be {also}at least 1{several[places]}"


def is_padding(value: object, places: int) -> bool:
    """Whether value is one of the spellings of :data:`parity.layers.base.Padding` for so many places."""
    if value in ("same", "valid") or is_count(value, 0):
        return True
    if not (isinstance(value, tuple) and len(value) == places):
        return False
    return all(is_count(v, 0) for v in value) or all(
        isinstance(side, tuple) and len(side) == 2 and all(is_count(v, 0) for v in side) for side in value
    )


def resolve_pads(padding: Padding, size: Sequence[int], kernel: Sizes, stride: Sizes, dilation: Sizes = ()) -> Pads:
    """(before, after) of each place for an input of ``size``: ((top, bottom), (left, right)) for an image.

    "same" is TensorFlow's: the output has ceil(size / stride) elements, and when the total is odd the extra element
    goes to the bottom and right (tf.nn documentation, "Notes on padding").
    """
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        sides = []
        for length, k, s, d in zip(size, kernel, stride, dilation or (1,) * len(kernel), strict=True):
            total = max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
            sides.append((total // 2, total - total // 2))
        return tuple(sides)
    if isinstance(padding, int):
        return ((padding, padding),) * len(kernel)
    return tuple((side, side) if isinstance(side, int) else side for side in padding)


def is_symmetric(pads: Pads) -> bool:
    """Whether both sides of each axis are padded alike, as torch's own padding argument says it."""
    return all(before == after for before, after in pads)


def flat(pads: Pads) -> tuple[int, ...]:
    """Pads as ONNX has them: what is before each place, then what is after: top, left, bottom, right."""
    return (*(before for before, _ in pads), *(after for _, after in pads))


def backwards(pads: Pads) -> tuple[int, ...]:
    """Pads as torch has them, the last place first: left, right, top, bottom."""
    return tuple(side for sides in reversed(pads) for side in sides)


def require_room(owner: Layer, size: Sequence[int], kernel: Sizes, dilation: Sizes, pads: Pads) -> None:
    """Raise :class:`FieldError` unless a window fits into the padded places."""
    for axis, length, k, d, (before, after) in zip(PLACES[len(size)], size, kernel, dilation, pads, strict=True):
        span = (k - 1) * d + 1
        if length + before + after < span:
            mend = f"does not fit: {axis} {length} padded by {before}+{after} is less than the {span} it spans"
            raise FieldError(type(owner).__name__, "kernel", kernel, mend)


def reach_pads(size: Sequence[int], count: Sequence[int], kernel: Sizes, stride: Sizes, pads: Pads) -> Pads:
    """The pads with enough added at the bottom and right for the last window to lie inside (ceil_mode)."""
    sides = []
    for length, n, k, s, (before, after) in zip(size, count, kernel, stride, pads, strict=True):
        sides.append((before, max(after, (n - 1) * s + k - length - before)))
    return tuple(sides)


def counted(size: Sequence[int], count: Sequence[int], kernel: Sizes, stride: Sizes, pads: Pads, include: bool) -> F64:
    """How many elements each window holds, ``1 1 H_out W_out``; padding among them with ``include``, never beyond."""
    axes = []
    for length, n, k, s, (before, after) in zip(size, count, kernel, stride, pads, strict=True):
        starts = np.arange(n) * s - before
        low, high = (-before, length + after) if include else (0, length)
        axes.append(np.minimum(starts + k, high) - np.maximum(starts, low))
    return np.asarray(reduce(np.multiply.outer, axes), np.float64)[None, None]
