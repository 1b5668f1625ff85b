"""Derivatives of sums, means, extremes and norms along axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from parity.operators.build import Named
from parity.operators.formats import FLOAT32
from parity.operators.gradient.base import Applied, derivative, number, positive, reshaped, whole, zeros
from parity.operators.reduction import axes_reduced

Grads = Sequence[Named | None]


def _axes(at: Applied, x: Named, more: Sequence[Named]) -> tuple[int, ...]:
    return axes_reduced(at.site, len(x.shape), at.known(1) if more else None)


def _kept(at: Applied, v: Named, x: Named, axes: Sequence[int]) -> Named:
    """A value of the output's shape with the reduced axes kept, of length 1."""
    return reshaped(at.op, v, tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _repeated(at: Applied, v: Named, x: Named) -> Named:
    return at.op.Expand(v, whole(at.op, *x.shape))  # type: ignore[no-any-return]


@derivative("ReduceSum")
def _total(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    return [_repeated(at, _kept(at, dy, x, _axes(at, x, more)), x), *([None] * len(more))]


@derivative("ReduceMean")
def _mean(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    axes = _axes(at, x, more)
    share = at.op.Div(_kept(at, dy, x, axes), number(at.op, float(prod(x.shape[a] for a in axes))))
    return [_repeated(at, share, x), *([None] * len(more))]


@derivative("ReduceSumSquare")
def _squares(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    twice = at.op.Mul(at.op.constant(2.0), x)
    return [at.op.Mul(_kept(at, dy, x, _axes(at, x, more)), twice), *([None] * len(more))]


@derivative("ReduceL1")
def _magnitudes(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    op = at.op
    wide = _repeated(at, _kept(at, dy, x, _axes(at, x, more)), x)
    return [op.Where(positive(op, x), wide, op.Neg(wide)), *([None] * len(more))]


@derivative("ReduceL2")
def _length(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    axes = _axes(at, x, more)
    share = at.op.Div(_kept(at, dy, x, axes), _kept(at, at.y[0], x, axes))
    return [at.op.Mul(share, x), *([None] * len(more))]


@derivative("ReduceLogSumExp")
def _log_sum_exp(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    op, axes = at.op, _axes(at, x, more)
    shares = op.Exp(op.Sub(x, _kept(at, at.y[0], x, axes)))
    return [op.Mul(_kept(at, dy, x, axes), shares), *([None] * len(more))]


@derivative("ReduceProd")
def _product(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    """The product of the others: where one factor is 0, that of the rest for it, and 0 for them."""
    op, axes = at.op, _axes(at, x, more)
    # Of what is below normal too: it is nothing beside any other factor, and kernels flush it.
    nothing = op.Less(op.Abs(x), op.constant(FLOAT32.tiny))
    rest, one = op.Where(nothing, op.constant(1.0), x), op.Cast(nothing, to=x.dtype)
    zeros_beside = op.Sub(op.ReduceSum(one, whole(op, *axes), keepdims=1), one)
    share = op.Div(op.ReduceProd(rest, whole(op, *axes), keepdims=1), rest)
    share = op.Where(op.Greater(zeros_beside, op.constant(0.5)), op.constant(0.0), share)
    return [op.Mul(_kept(at, dy, x, axes), share), *([None] * len(more))]


@derivative("CumSum")
def _running(at: Applied, dy: Named, x: Named, axis: Named) -> Grads:
    """Each element is in all sums behind it: the running sum from the other end."""
    back = at.op.CumSum(dy, axis, exclusive=at.get("exclusive", 0), reverse=1 - at.get("reverse", 0))
    return [back, None]


@derivative("ReduceMax", "ReduceMin")
def _extreme(at: Applied, dy: Named, x: Named, *more: Named) -> Grads:
    axes = _axes(at, x, more)
    return [to_extreme(at, dy, x, axes, "ArgMax" if at.node.kind == "ReduceMax" else "ArgMin"), *([None] * len(more))]


def to_extreme(at: Applied, dy: Named, x: Named, axes: Sequence[int], kind: str) -> Named:
    """The gradient by what has an extreme along ``axes``: all of it to the element that is it, the first of equals."""
    op = at.op
    rest = [i for i in range(len(x.shape)) if i not in axes]
    perm = (*rest, *axes)
    rows, length = prod(x.shape[i] for i in rest), prod(x.shape[i] for i in axes)
    flat = reshaped(op, op.Transpose(x, perm=perm), (rows, length))
    where = getattr(op, kind)(flat, axis=1, keepdims=1)
    back = op.ScatterElements(zeros(op, (rows, length)), where, reshaped(op, dy, (rows, 1)), axis=1)
    back = reshaped(op, back, tuple(x.shape[i] for i in perm))
    return op.Transpose(back, perm=tuple(int(i) for i in np.argsort(perm)))  # type: ignore[no-any-return]
