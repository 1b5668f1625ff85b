"""Padding, strides and what hangs over the edge, for layers that slide a window. Whole numbers only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.axes import F64
from parity.errors import FieldError
from parity.layers.base import Layer, Padding, Pads, Pair, is_count

PADDING_MEND = 'must be "same", "valid", a number, (height, width) or ((top, bottom), (left, right)), all at least 0'


def is_padding(value: object) -> bool:
    """Whether value is one of the spellings of :data:`parity.layers.base.Padding`."""
    if value in ("same", "valid") or is_count(value, 0):
        return True
    if not (isinstance(value, tuple) and len(value) == 2):
        return False
    return all(is_count(v, 0) for v in value) or all(
        isinstance(side, tuple) and len(side) == 2 and all(is_count(v, 0) for v in side) for side in value
    )


def resolve_pads(padding: Padding, size: Sequence[int], kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
    """((top, bottom), (left, right)) for an input of ``size`` (height, width).

    "same" is TensorFlow's: the output has ceil(size / stride) elements, and when the total is odd the extra element
    goes to the bottom and right (tf.nn documentation, "Notes on padding").
    """
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        sides = []
        for length, k, s, d in zip(size, kernel, stride, dilation, strict=True):
            total = max((-(-length // s) - 1) * s + (k - 1) * d + 1 - length, 0)
            sides.append((total // 2, total - total // 2))
        return (sides[0], sides[1])
    if isinstance(padding, int):
        return ((padding, padding), (padding, padding))
    first, second = padding
    if isinstance(first, int) and isinstance(second, int):
        return ((first, first), (second, second))
    return padding  # type: ignore[return-value]


def is_symmetric(pads: Pads) -> bool:
    """Whether both sides of each axis are padded alike, as torch's own padding argument says it."""
    return pads[0][0] == pads[0][1] and pads[1][0] == pads[1][1]


def flat(pads: Pads) -> tuple[int, int, int, int]:
    """Pads as ONNX has them: top, left, bottom, right."""
    (top, bottom), (left, right) = pads
    return (top, left, bottom, right)


def require_room(owner: Layer, size: Sequence[int], kernel: Pair, dilation: Pair, pads: Pads) -> None:
    """Raise :class:`FieldError` unless a window fits into the padded (height, width)."""
    for axis, length, k, d, (before, after) in zip(("height", "width"), size, kernel, dilation, pads, strict=True):
        span = (k - 1) * d + 1
        if length + before + after < span:
            mend = f"does not fit: {axis} {length} padded by {before}+{after} is less than the {span} it spans"
            raise FieldError(type(owner).__name__, "kernel", kernel, mend)


def reach_pads(size: Sequence[int], count: Sequence[int], kernel: Pair, stride: Pair, pads: Pads) -> Pads:
    """The pads with enough added at the bottom and right for the last window to lie inside (ceil_mode)."""
    sides = []
    for length, n, k, s, (before, after) in zip(size, count, kernel, stride, pads, strict=True):
        sides.append((before, max(after, (n - 1) * s + k - length - before)))
    return (sides[0], sides[1])


def counted(size: Sequence[int], count: Sequence[int], kernel: Pair, stride: Pair, pads: Pads, include: bool) -> F64:
    """How many elements each window holds, ``1 1 H_out W_out``; padding among them with ``include``, never beyond."""
    axes = []
    for length, n, k, s, (before, after) in zip(size, count, kernel, stride, pads, strict=True):
        starts = np.arange(n) * s - before
        low, high = (-before, length + after) if include else (0, length)
        axes.append(np.minimum(starts + k, high) - np.maximum(starts, low))
    return np.asarray(axes[0][:, None] * axes[1][None, :], np.float64)[None, None]
