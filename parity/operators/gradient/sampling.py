"""The derivative of reading at computed places: by what is read, and by the places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, reshaped, whole, zeros

Grads = Sequence[Named | None]


class Tap(NamedTuple):
    """One of the elements that every place reads along one axis."""

    element: Named  #: its number, int64, made to lie inside
    weight: Named
    slope: Named | None  #: what the weight changes by with the place; None for one that is 1 all around


@derivative("GridSample")
def _grid_sample(at: Applied, dy: Named, x: Named, grid: Named) -> Grads:
    """Each element read gets its weight's share, each place what the elements around it differ by.

    With zeros or the border outside, and the modes linear and nearest: of the latter no place changes anything.
    """
    op, places, channels = at.op, len(x.shape) - 2, x.shape[1]
    if at.get("mode", "linear") not in ("linear", "nearest") or at.get("padding_mode", "zeros") == "reflection":
        raise at.without(f"in mode {at.get('mode')} with padding_mode {at.get('padding_mode')}")
    n, count, size = x.shape[0], prod(dy.shape[2:]), x.shape[2:]
    share, read = reshaped(op, dy, (n, channels, count)), reshaped(op, x, (n, channels, prod(size)))
    along = []
    for axis, length in enumerate(size):
        last = places - 1 - axis
        chosen = op.Slice(grid, whole(op, last), whole(op, last + 1), whole(op, places + 1))
        along.append(_taps(at, reshaped(op, chosen, (n, 1, count)), length))
    elements, shares = [], []
    slopes: list[list[Named]] = [[] for _ in size]
    for taps in product(*along):
        place, weight = taps[0].element, taps[0].weight
        for tap, length in zip(taps[1:], size[1:], strict=True):
            place = op.Add(op.Mul(place, whole(op, length)), tap.element)
            weight = op.Mul(weight, tap.weight)
        place = op.Expand(place, whole(op, n, channels, count))
        elements.append(place)
        shares.append(op.Mul(share, weight))
        seen = op.ReduceSum(op.Mul(share, op.GatherElements(read, place, axis=2)), whole(op, 1), keepdims=1)
        for axis, tap in enumerate(taps):
            if tap.slope is not None:
                slope = tap.slope
                for other in (t for i, t in enumerate(taps) if i != axis):
                    slope = op.Mul(slope, other.weight)
                slopes[axis].append(op.Mul(seen, slope))
    by_x = op.ScatterElements(
        zeros(op, read.shape), op.Concat(*elements, axis=2), op.Concat(*shares, axis=2), axis=2, reduction="add"
    )
    by_place = [op.Sum(*each) if each else zeros(op, (n, 1, count)) for each in reversed(slopes)]
    by_grid = op.Transpose(op.Concat(*by_place, axis=1), perm=(0, 2, 1))
    return [reshaped(op, by_x, x.shape), reshaped(op, by_grid, grid.shape)]


def _taps(at: Applied, grid: Named, n: int) -> list[Tap]:
    """What is read along an axis of ``n`` elements at these places from -1 to 1."""
    op, corners, border = at.op, bool(at.get("align_corners", 0)), at.get("padding_mode", "zeros") == "border"
    one, half, nothing = op.constant(1.0), op.constant(0.5), op.constant(0.0)
    shifted = op.Add(grid, one)
    if corners:
        place, steps = op.Mul(shifted, op.constant((n - 1) / 2)), (n - 1) / 2
    else:
        place, steps = op.Mul(op.Sub(op.Mul(shifted, op.constant(float(n))), one), half), n / 2
    first, last = nothing, op.constant(float(n - 1))
    scale = op.Expand(op.constant(steps), whole(op, *grid.shape))
    if border:
        scale = op.Where(op.Greater(place, first), op.Where(op.Less(place, last), scale, nothing), nothing)
        place = op.Min(op.Max(place, first), last)
    if at.get("mode", "linear") == "nearest":
        found = [(op.Round(place), op.Expand(one, whole(op, *grid.shape)), None)]
    else:
        low = op.Floor(place)
        part = op.Sub(place, low)
        found = [(low, op.Sub(one, part), op.Neg(scale)), (op.Add(low, one), part, scale)]
    taps = []
    for element, weight, slope in found:
        if not border:  # what lies outside counts for nothing
            outside = op.Or(op.Less(element, first), op.Greater(element, last))
            weight = op.Where(outside, nothing, weight)
            slope = None if slope is None else op.Where(outside, nothing, slope)
        inside = op.Min(op.Max(element, first), last)
        taps.append(Tap(op.Cast(inside, to="int64"), weight, slope))
    return taps
