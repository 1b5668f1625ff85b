"""Operators that move, select or copy values; nothing is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from parity.axes import Shape
from parity.operators.base import EXACT, Move, Noise, Operator, Site, Unsupported, Window, operator


def axes_of(at: Site, x: Any, given: Any) -> tuple[int, ...] | None:
    """The axes that an input names, or in older opsets an attribute; None where neither does."""
    axes = at.get("axes") if given is None else np.asarray(given).reshape(-1)
    return None if axes is None else tuple(int(a) % x.ndim for a in axes)


def resolved(shape: Shape, wanted: Any, allowzero: bool = False) -> tuple[int, ...]:
    """ONNX's target shape made whole: 0 copies the input's size, -1 takes what is left (of an empty batch too)."""
    sizes = [shape[i] if n == 0 and not allowzero else int(n) for i, n in enumerate(wanted)]
    if -1 in sizes:
        rest = prod(n for n in sizes if n not in (-1, 0))
        # 0 // 0 would leave it open; an empty axis that is copied takes no part in what is left.
        whole = prod(n for n in shape if n) if 0 in sizes else prod(shape)
        sizes[sizes.index(-1)] = whole // max(rest, 1)
    return tuple(sizes)


@operator("Identity")
class Identity(Operator):
    """Its input, whatever that is: a sequence too. Exact."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return x

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return at.dtypes


def _reshape(at: Site, x: Any, shape: Any = None) -> Any:
    wanted = at.get("shape") if shape is None else shape
    return x.reshape(resolved(x.shape, wanted, bool(at.get("allowzero", 0))))


def _flatten(at: Site, x: Any) -> Any:
    axis = at.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    return x.reshape(prod(x.shape[:axis]), prod(x.shape[axis:]))


def _unsqueeze(at: Site, x: Any, axes: Any = None) -> Any:
    axes = at.get("axes") if axes is None else np.asarray(axes).reshape(-1)
    return np.expand_dims(x, tuple(int(a) for a in axes))


def _span(n: int, start: int, end: int, step: int) -> slice:
    """ONNX's start and end on an axis of n: counted from the end where negative, then held within the axis."""
    start, end = (v + n if v < 0 else v for v in (start, end))
    if step > 0:
        return slice(max(start, 0), max(end, 0), step)
    # Backwards Python's -1 is the last element; None is the place before the first.
    return slice(min(max(start, 0), n - 1), end if end >= 0 else None, step) if n else slice(0, 0)


def _slice(at: Site, x: Any, starts: Any = None, ends: Any = None, axes: Any = None, steps: Any = None) -> Any:
    starts = at.get("starts") if starts is None else starts
    ends = at.get("ends") if ends is None else ends
    axes = at.get("axes") if axes is None else axes
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    cut = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cut[int(axis)] = _span(x.shape[int(axis)], int(start), int(end), int(step))
    return x[tuple(cut)]


def _split(at: Site, x: Any, sizes: Any = None) -> Any:
    axis = at.get("axis", 0)
    sizes = at.get("split") if sizes is None else sizes
    n = x.shape[axis]
    if sizes is None:
        parts = at.get("num_outputs", at.outputs)
        each = -(-n // parts)
        sizes = [max(min(each, n - each * k), 0) for k in range(parts)]
    return list(np.split(x, np.cumsum([int(s) for s in sizes])[:-1], axis))


class Pad(Move):
    """Pads by a constant, a reflection, the edge or around; negative pads crop.

    Its window is known only where the pads are an attribute, as before opset 11: an input's value is not a shape.
    """

    def edges(self, at: Site, rank: int, pads: Any = None, axes: Any = None) -> list[tuple[int, int]]:
        """(before, after) of each axis."""
        given = [int(p) for p in (at.get("pads") if pads is None else np.asarray(pads).reshape(-1))]
        where = range(rank) if axes is None else [int(a) % rank for a in np.asarray(axes).reshape(-1)]
        edges = [(0, 0)] * rank
        for k, axis in enumerate(where):
            edges[axis] = (given[k], given[len(given) // 2 + k])
        return edges

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, pads, fill, axes = (*x, None, None, None)[:4]
        edges = self.edges(at, data.ndim, pads, axes)
        cut = [slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(edges, data.shape, strict=True)]
        grow = [(max(b, 0), max(a, 0)) for b, a in edges]
        mode, kept = at.get("mode", "constant"), data[tuple(cut)]
        if mode == "constant":
            value = at.get("value", 0) if fill is None else np.asarray(fill).reshape(-1)[0]
            return (np.pad(kept, grow, constant_values=value),)
        return (np.pad(kept, grow, mode=mode),)

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return None if at.get("pads") is None else self.shifted(self.edges(at, len(shapes[0])))

    @staticmethod
    def shifted(edges: Sequence[tuple[int, int]]) -> Window | None:
        """The window of a pad by these edges; None where it pads more than the places behind the channels."""
        ones = (1,) * (len(edges) - 2)
        return None if len(edges) < 3 or any(map(any, edges[:2])) else Window(ones, ones, ones, tuple(edges[2:]))


def _depth_to_space(at: Site, x: Any) -> Any:
    b, (n, c, h, w) = at.attributes["blocksize"], x.shape
    if at.get("mode", "DCR") == "DCR":
        y = x.reshape(n, b, b, c // b**2, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // b**2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // b**2, h * b, w * b)


def _space_to_depth(at: Site, x: Any) -> Any:
    b, (n, c, h, w) = at.attributes["blocksize"], x.shape
    order = (0, 3, 5, 1, 2, 4) if at.get("mode", "DCR") == "DCR" else (0, 1, 3, 5, 2, 4)
    return x.reshape(n, c, h // b, b, w // b, b).transpose(order).reshape(n, c * b * b, h // b, w // b)


def _dropout(at: Site, x: Any, ratio: Any = None, training: Any = None) -> Any:
    if training is not None and bool(training) and (ratio is None or float(ratio) > 0):
        raise Unsupported("Dropout: training_mode draws random numbers")
    kept = np.ones(x.shape, np.float64 if at.opset < 10 else bool)
    return (x, kept)[: at.outputs]


def _trilu(at: Site, x: Any, k: Any = None) -> Any:
    shift = 0 if k is None else int(np.asarray(k).reshape(()))
    return np.triu(x, shift) if at.get("upper", 1) else np.tril(x, shift)


def _expand(at: Site, x: Any, shape: Any) -> Any:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(int(n) for n in shape)))


def _compress(at: Site, x: Any, condition: Any) -> Any:
    return np.compress(condition, x, axis=at.get("axis"))


def _reverse_sequence(at: Site, x: Any, lengths: Any) -> Any:
    batch, time = at.get("batch_axis", 1), at.get("time_axis", 0)
    moved = np.moveaxis(x, (batch, time), (0, 1)).copy()
    for row, length in zip(moved, lengths, strict=bool(len(moved))):  # an empty batch has lengths all the same
        row[: int(length)] = row[: int(length)][::-1].copy()
    return np.moveaxis(moved, (0, 1), (batch, time))


def _center_crop_pad(at: Site, x: Any, shape: Any) -> Any:
    axes = [a % x.ndim for a in at.get("axes", range(x.ndim))]
    cut, grow = [slice(None)] * x.ndim, [(0, 0)] * x.ndim
    for axis, wanted in zip(axes, (int(n) for n in shape), strict=True):
        n = x.shape[axis]
        if wanted <= n:
            start = (n - wanted) // 2
            cut[axis] = slice(start, start + wanted)
        else:
            before = (wanted - n) // 2
            grow[axis] = (before, wanted - n - before)
    return np.pad(x[tuple(cut)], grow)


operator("Reshape")(Move(_reshape, sizes=(1,)))
operator("Flatten")(Move(_flatten))
operator("Squeeze")(Move(lambda at, x, axes=None: np.squeeze(x, axes_of(at, x, axes)), sizes=(1,)))
operator("Unsqueeze")(Move(_unsqueeze, sizes=(1,)))
operator("Transpose")(Move(lambda at, x: np.transpose(x, at.get("perm"))))
operator("Concat")(Move(lambda at, *x: np.concatenate(x, at.get("axis", 1))))
operator("Split")(Move(_split, sizes=(1,)))
operator("Slice")(Move(_slice, sizes=(1, 2, 3, 4)))
operator("Expand")(Move(_expand, sizes=(1,)))
operator("Tile")(Move(lambda at, x, times: np.tile(x, [int(n) for n in times]), sizes=(1,)))
operator("Pad")(Pad(lambda at, *x: x, sizes=(1, 3)))
operator("DepthToSpace")(Move(_depth_to_space))
operator("SpaceToDepth")(Move(_space_to_depth))
operator("Where")(Move(lambda at, k, a, b: np.where(k, a, b)))
operator("Trilu")(Move(_trilu))
operator("Compress")(Move(_compress))
operator("ReverseSequence")(Move(_reverse_sequence))
operator("CenterCropPad")(Move(_center_crop_pad, sizes=(1,)))
operator("Dropout")(Move(_dropout))
