"""Sliding windows over ``N C H W`` arrays in float64 numpy: padding, taps, output sizes. Shared by conv and pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.errors import FieldError
from parity.layers.base import Padding, Pads, Pair, Window, is_count


def is_padding(value: object) -> bool:
    """Whether value is one of the spellings of :data:`parity.layers.base.Padding`."""
    if value in ("same", "valid") or is_count(value, 0):
        return True
    if not (isinstance(value, tuple) and len(value) == 2):
        return False
    return all(is_count(v, 0) for v in value) or all(
        isinstance(side, tuple) and len(side) == 2 and all(is_count(v, 0) for v in side) for side in value
    )


PADDING_MEND = 'must be "same", "valid", a number, (height, width) or ((top, bottom), (left, right)), all at least 0'


def resolve_pads(padding: Padding, size: Pair, kernel: Pair, stride: Pair, dilation: Pair = (1, 1)) -> Pads:
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


def window_count(owner: str, size: Pair, window: Window, ceil_mode: bool = False) -> Pair:
    """How many windows fit along (height, width); raises :class:`FieldError` when none does.

    ceil_mode counts a last, partial window if it starts inside the input or the padding before it (torch's rule).
    """
    counts = []
    for axis, length, k, s, d, (before, after) in zip(
        ("height", "width"), size, window.kernel, window.stride, window.dilation, window.pads, strict=True
    ):
        room = length + before + after - ((k - 1) * d + 1)
        if room < 0:
            raise FieldError(
                owner,
                "kernel",
                window.kernel,
                f"does not fit: {axis} {length} padded by {before}+{after} is less than the {(k - 1) * d + 1} it spans",
            )
        count = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (count - 1) * s >= length + before:
            count -= 1
        counts.append(count)
    return (counts[0], counts[1])


def pad(x: Array, pads: Pads, value: float = 0.0) -> Array:
    """x padded with ``value`` along height and width."""
    (top, bottom), (left, right) = pads
    if not (top or bottom or left or right):
        return x
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def reach_pads(size: Pair, count: Pair, window: Window) -> Pads:
    """The pads with enough added at the bottom and right for the last window to lie inside (ceil_mode)."""
    sides = []
    for length, n, k, s, d, (before, after) in zip(
        size, count, window.kernel, window.stride, window.dilation, window.pads, strict=True
    ):
        sides.append((before, max(after, (n - 1) * s + (k - 1) * d + 1 - length - before)))
    return (sides[0], sides[1])


def taps(padded: Array, count: Pair, window: Window) -> Iterator[tuple[int, int, Array]]:
    """For each kernel position (i, j): the elements it touches, as a view ``N C count_h count_w`` of ``padded``."""
    (sh, sw), (dh, dw) = window.stride, window.dilation
    for i in range(window.kernel[0]):
        for j in range(window.kernel[1]):
            top, left = i * dh, j * dw
            yield (
                i,
                j,
                padded[:, :, top : top + (count[0] - 1) * sh + 1 : sh, left : left + (count[1] - 1) * sw + 1 : sw],
            )


def window_sum(padded: Array, count: Pair, window: Window) -> F64:
    """The sum over each window, ``N C count_h count_w``, float64."""
    total: Any = 0.0
    for _, _, seen in taps(padded, count, window):
        total = total + seen
    return np.asarray(total, np.float64)


def window_max(padded: Array, count: Pair, window: Window) -> F64:
    """The maximum over each window, ``N C count_h count_w``. NaN wins, as in every framework's definition."""
    best: Any = None
    for _, _, seen in taps(padded, count, window):
        best = seen.copy() if best is None else np.maximum(best, seen)
    return np.asarray(best, np.float64)
