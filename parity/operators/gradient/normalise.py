"""Derivatives of normalisations and of softmax."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from parity.axes import Shape
from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, number, reshaped, unbroadcast, whole

Grads = Sequence[Named | None]


@derivative("BatchNormalization")
def _batch_normalization(
    at: Applied, dy: Named, x: Named, scale: Named, shift: Named, mean: Named, var: Named
) -> Grads:
    """At inference, by the input, scale and shift. By scale ``(sum(dy x) - mean sum(dy)) / std``, which cancels where kernels may."""
    if at.get("training_mode", 0):
        raise at.without("in training")
    op, wide = at.op, (1, x.shape[1], *([1] * (len(x.shape) - 2)))
    axes = whole(op, 0, *range(2, len(x.shape)))
    inverse = op.Div(op.constant(1.0), op.Sqrt(op.Add(var, number(op, at.get("epsilon", 1e-5)))))
    total = op.ReduceSum(dy, axes, keepdims=0)
    centred = op.Sub(op.ReduceSum(op.Mul(dy, x), axes, keepdims=0), op.Mul(mean, total))
    by_x = op.Mul(dy, reshaped(op, op.Mul(scale, inverse), wide))
    return [by_x, op.Mul(centred, inverse), total, None, None]


def _standardised(at: Applied, g: Named, x: Named, axes: Sequence[int]) -> tuple[Named, Named]:
    """Of ``xhat = (x - mean) / std`` along ``axes``: the gradient by x, where that by xhat is g, and xhat itself."""
    op, along = at.op, whole(at.op, *axes)

    def mean(v: Named) -> Named:
        return op.ReduceMean(v, along, keepdims=1)  # type: ignore[no-any-return]

    centred = op.Sub(x, mean(x))
    variance = op.Add(mean(op.Mul(centred, centred)), number(op, at.get("epsilon", 1e-5)))
    inverse = op.Div(op.constant(1.0), op.Sqrt(variance))
    xhat = op.Mul(centred, inverse)
    inner = op.Sub(op.Sub(g, mean(g)), op.Mul(xhat, mean(op.Mul(g, xhat))))
    return op.Mul(inner, inverse), xhat


@derivative("LayerNormalization")
def _layer_normalization(at: Applied, dy: Named, x: Named, scale: Named, *shift: Named) -> Grads:
    op, rank = at.op, len(x.shape)
    by_x, xhat = _standardised(at, op.Mul(dy, scale), x, range(at.get("axis", -1) % rank, rank))
    by_scale = unbroadcast(op, op.Mul(dy, xhat), scale)
    return [by_x, by_scale, *(unbroadcast(op, dy, each) for each in shift)]


@derivative("InstanceNormalization")
def _instance_normalization(at: Applied, dy: Named, x: Named, scale: Named, shift: Named) -> Grads:
    return _by_groups(at, dy, x, scale, x.shape[1])


@derivative("GroupNormalization")
def _group_normalization(at: Applied, dy: Named, x: Named, scale: Named, shift: Named) -> Grads:
    return _by_groups(at, dy, x, scale, at.get("num_groups"))


def _by_groups(at: Applied, dy: Named, x: Named, scale: Named, groups: int) -> Grads:
    op = at.op
    wide: Shape = (1, x.shape[1], *([1] * (len(x.shape) - 2)))
    rows: Shape = (x.shape[0], groups, prod(x.shape[1:]) // groups)
    weighted = op.Mul(dy, reshaped(op, scale, wide))
    by_x, xhat = _standardised(at, reshaped(op, weighted, rows), reshaped(op, x, rows), [2])
    axes = whole(op, 0, *range(2, len(x.shape)))
    by_scale = op.ReduceSum(op.Mul(dy, reshaped(op, xhat, x.shape)), axes, keepdims=0)
    return [reshaped(op, by_x, x.shape), by_scale, op.ReduceSum(dy, axes, keepdims=0)]


@derivative("Softmax")
def _softmax(at: Applied, dy: Named, x: Named) -> Grads:
    op, y = at.op, at.y[0]
    weighted = op.Mul(dy, y)
    total = op.ReduceSum(weighted, whole(op, at.get("axis", -1)), keepdims=1)
    return [op.Sub(weighted, op.Mul(y, total))]


@derivative("LogSoftmax")
def _log_softmax(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    total = op.ReduceSum(dy, whole(op, at.get("axis", -1)), keepdims=1)
    return [op.Sub(dy, op.Mul(op.Exp(at.y[0]), total))]


@derivative("LRN")
def _lrn(at: Applied, dy: Named, x: Named) -> Grads:
    """``dy b^-beta - 2 alpha beta / size * x * sum(dy x b^(-beta - 1))``, b the base, the sum over what sees the channel."""
    op, size, alpha, beta = at.op, at.get("size"), at.get("alpha", 1e-4), at.get("beta", 0.75)
    before = (size - 1) // 2

    def along(v: Named, low: int) -> Named:
        rank, channels = len(x.shape), x.shape[1]
        pads = [low if i == 1 else size - 1 - low if i == rank + 1 else 0 for i in range(2 * rank)]
        wide = op.Pad(v, whole(op, *pads))
        return op.Sum(*(op.Slice(wide, whole(op, i), whole(op, i + channels), whole(op, 1)) for i in range(size)))  # type: ignore[no-any-return]

    squares = op.Mul(along(op.Mul(x, x), before), number(op, alpha / size))
    base = op.Add(squares, number(op, at.get("bias", 1.0)))
    direct = op.Div(dy, op.Pow(base, number(op, beta)))
    around = along(op.Div(op.Mul(direct, x), base), size - 1 - before)
    return [op.Sub(direct, op.Mul(op.Mul(x, number(op, 2 * alpha * beta / size)), around))]
