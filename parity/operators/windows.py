"""The geometry of sliding windows: pads, counts, and what ceil_mode hangs over the edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators.base import Site, Window


@dataclass(frozen=True)
class Geometry:
    """Windows over the spatial axes of an input ``N C spatial``; one number an axis in every field."""

    size: Shape
    kernel: Shape
    stride: Shape
    dilation: Shape
    pads: tuple[tuple[int, int], ...]  #: before and after
    count: Shape  #: how many windows

    @property
    def reach(self) -> tuple[tuple[int, int], ...]:
        """The pads with enough added at the end for the last window to lie inside (ceil_mode)."""
        spans = [
            (n - 1) * s + (k - 1) * d + 1
            for n, s, k, d in zip(self.count, self.stride, self.kernel, self.dilation, strict=True)
        ]
        return tuple(
            (before, max(after, span - length - before))
            for length, span, (before, after) in zip(self.size, spans, self.pads, strict=True)
        )

    @property
    def window(self) -> Window:
        """What one output element sees."""
        return Window(self.kernel, self.stride, self.dilation, self.pads)

    def padded(self, x: Array, fill: float = 0.0) -> Array:
        """The input with what the windows reach over filled in."""
        if not any(n for side in self.reach for n in side):
            return x
        return np.pad(x, [(0, 0), (0, 0), *self.reach], constant_values=fill)

    def taps(self, x: Array, fill: float = 0.0) -> Iterator[tuple[Shape, Array]]:
        """Each kernel position with the elements it touches, as a view ``N C count``."""
        padded = self.padded(x, fill)
        cuts = [
            [slice(i * d, i * d + (n - 1) * s + 1, s) for i in range(k)]
            for k, d, s, n in zip(self.kernel, self.dilation, self.stride, self.count, strict=True)
        ]
        for at, cut in zip(product(*map(range, self.kernel)), product(*cuts), strict=True):
            yield at, padded[(slice(None), slice(None), *cut)]

    def held(self, include: bool) -> F64:
        """How many elements each window holds, of shape ``count``: of the input, with ``include`` of the padding too.

        What ceil_mode hangs over beyond the padding is never counted (torch's rule and ONNX's).
        """
        total = np.ones((1,) * len(self.size))
        for axis, (length, k, s, d, n, (before, after)) in enumerate(
            zip(self.size, self.kernel, self.stride, self.dilation, self.count, self.pads, strict=True)
        ):
            places = (np.arange(n) * s - before)[:, None] + np.arange(k) * d
            low, high = (-before, length + after) if include else (0, length)
            inside = ((places >= low) & (places < high)).sum(axis=1).astype(np.float64)
            total = total * inside.reshape([-1 if i == axis else 1 for i in range(len(self.size))])
        return np.asarray(total, np.float64)


def geometry(at: Site, size: Sequence[int], kernel: Sequence[int], ceil: bool = False) -> Geometry:
    """The windows of an operator with ONNX's attributes strides, dilations, pads and auto_pad."""
    rank = len(size)
    stride = tuple(int(s) for s in at.get("strides") or (1,) * rank)
    dilation = tuple(int(d) for d in at.get("dilations") or (1,) * rank)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    auto = at.get("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        totals = [max((-(-n // s) - 1) * s + span - n, 0) for n, s, span in zip(size, stride, spans, strict=True)]
        halves = [(t // 2, t - t // 2) for t in totals]
        pads = tuple(half if auto == "SAME_UPPER" else half[::-1] for half in halves)
    elif auto == "VALID":
        pads = ((0, 0),) * rank
    else:
        given = [int(p) for p in at.get("pads") or (0,) * 2 * rank]
        pads = tuple(zip(given[:rank], given[rank:], strict=True))
    count = []
    for length, s, span, (before, after) in zip(size, stride, spans, pads, strict=True):
        room = length + before + after - span
        n = (-(-room // s) if ceil else room // s) + 1
        if ceil and (n - 1) * s >= length + before:
            n -= 1  # a last window that would start in the padding behind is dropped
        count.append(n)
    return Geometry(tuple(size), tuple(kernel), stride, dilation, pads, tuple(count))


def per_channel(v: Any, rank: int) -> Any:
    """A vector over channels, shaped to broadcast against ``N C spatial``."""
    return np.reshape(v, (1, -1) + (1,) * (rank - 2))
