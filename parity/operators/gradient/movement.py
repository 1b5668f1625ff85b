"""Derivatives of what only moves values: the gradient goes back the way they came."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from parity.operators.base import OPERATORS
from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, reshaped, unbroadcast, whole, zeros

Grads = Sequence[Named | None]


@derivative("Reshape", "Flatten", "Squeeze", "Unsqueeze")
def _reshape(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    return [reshaped(at.op, dy, x.shape), *([None] * len(more))]


@derivative("Transpose")
def _transpose(at: Applied, dy: Named, x: Named) -> Grads:
    perm = at.get("perm") or tuple(reversed(range(len(x.shape))))
    return [at.op.Transpose(dy, perm=tuple(int(i) for i in np.argsort(perm)))]


@derivative("Expand")
def _expand(at: Applied, dy: Named, x: Named, shape: Named) -> Grads:
    return [unbroadcast(at.op, dy, x), None]


@derivative("Concat")
def _concat(at: Applied, dy: Named, *x: Named) -> Grads:
    if len(x) == 1:
        return [dy]
    axis = at.get("axis", 1)
    return at.op.Split(dy, whole(at.op, *(each.shape[axis] for each in x)), axis=axis, outputs=len(x))  # type: ignore[no-any-return]


@derivative("Split")
def _split(at: Applied, dy: Named | None, x: Named, *more: Named) -> Grads:
    parts = [zeros(at.op, y.shape) if d is None else d for d, y in zip(at.dy, at.y, strict=True)]
    return [at.op.Concat(*parts, axis=at.get("axis", 0)), *([None] * len(more))]


@derivative("Gather")
def _gather(at: Applied, dy: Named, x: Named, places: Named) -> Grads:
    """Where the places are computed, as those that an embedding looks up, each row is added to the one that it was taken from."""
    if places.name in at.fixed:
        return moved(at, dy, x, places)
    op, axis = at.op, at.get("axis", 0) % len(x.shape)
    rest = (*x.shape[:axis], *x.shape[axis + 1 :])
    count, behind = prod(places.shape), axis + len(places.shape)
    turn = (*range(axis, behind), *range(axis), *range(behind, len(dy.shape)))
    rows = reshaped(op, op.Transpose(dy, perm=turn), (count, *rest))
    where = op.Expand(reshaped(op, places, (count, *([1] * len(rest)))), whole(op, count, *rest))
    back = op.ScatterElements(zeros(op, (x.shape[axis], *rest)), where, rows, axis=0, reduction="add")
    there = (*range(1, axis + 1), 0, *range(axis + 1, len(x.shape)))
    return [op.Transpose(back, perm=there), None]


@derivative("ScatterElements")
def _scatter_elements(at: Applied, dy: Named, x: Named, places: Named, updates: Named) -> Grads:
    """By what is put into place. What stood there before is overwritten."""
    if at.get("reduction", "none") != "none":
        raise at.without("that reduces")
    op, axis = at.op, at.get("axis", 0)
    kept = op.ScatterElements(dy, places, zeros(op, updates.shape), axis=axis)
    return [kept, None, op.GatherElements(dy, places, axis=axis)]


@derivative("Slice", "Pad", "GatherElements", "DepthToSpace", "SpaceToDepth", "Tile")
def moved(at: Applied, dy: Named, x: Named, *more: Named | None) -> Grads:
    """Each element goes back to the place it was taken from, where those that were copied add up; what was filled in, nowhere.

    The places are found by moving the numbers of the elements.
    """
    op, size = at.op, prod(x.shape)
    rest = [None if given is None else at.known(i) for i, given in enumerate(more, 1)]
    # Filled in is 0: the numbers begin at 1, and the place in front of all is dropped.
    numbers = np.arange(1, size + 1, dtype=np.float64).reshape(x.shape)
    if at.node.kind == "Pad" and len(rest) > 1:
        rest[1] = np.float64(0.0)
    (places,) = OPERATORS["", at.node.kind].value(at.site, numbers, *rest)
    # One to one back needs no sum: then it is a gather.
    flat = np.asarray(places, np.int64).reshape(-1)
    first = np.zeros(size + 1, np.int64)
    first[flat] = np.arange(1, flat.size + 1)
    if np.count_nonzero(flat) == np.count_nonzero(first[1:]):
        row = op.Concat(op.constant(np.zeros(1, np.float32)), reshaped(op, dy, (flat.size,)), axis=0)
        back = op.Gather(row, op.constant(first[1:]), axis=0)
    else:
        row = op.ScatterElements(
            zeros(op, (size + 1,)), op.constant(flat), reshaped(op, dy, (flat.size,)), axis=0, reduction="add"
        )
        back = op.Slice(row, whole(op, 1), whole(op, size + 1), whole(op, 0))
    return [reshaped(op, back, x.shape), *([None] * len(more))]
