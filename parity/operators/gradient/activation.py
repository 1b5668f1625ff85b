"""Derivatives of activations. Of two forms of one derivative the one stands here that rounds more, where kernels take either."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, number, positive, unbroadcast

Grads = Sequence[Named | None]


@derivative("Relu")
def _relu(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Where(positive(at.op, x), dy, at.op.constant(0.0))]


@derivative("LeakyRelu")
def _leaky_relu(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    return [op.Where(positive(op, x), dy, op.Mul(dy, number(op, at.get("alpha", 0.01))))]


@derivative("PRelu")
def _prelu(at: Applied, dy: Named, x: Named, slope: Named) -> Grads:
    op = at.op
    above = positive(op, x)
    by_slope = op.Where(above, op.constant(0.0), op.Mul(dy, x))
    return [op.Where(above, dy, op.Mul(dy, slope)), unbroadcast(op, by_slope, slope)]


@derivative("ThresholdedRelu")
def _thresholded_relu(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    return [op.Where(op.Greater(x, number(op, at.get("alpha", 1.0))), dy, op.constant(0.0))]


@derivative("Clip")
def _clip(at: Applied, dy: Named, x: Named, *edges: Named | None) -> Grads:
    op, made = at.op, dy
    for edge, beats in zip(edges, ("Greater", "Less"), strict=False):
        if edge is not None:
            made = op.Where(getattr(op, beats)(x, edge), made, op.constant(0.0))
    return [made, *([None] * len(edges))]


@derivative("Shrink")
def _shrink(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    return [op.Where(op.Greater(op.Abs(x), number(op, at.get("lambd", 0.5))), dy, op.constant(0.0))]


@derivative("HardSigmoid")
def _hard_sigmoid(at: Applied, dy: Named, x: Named) -> Grads:
    op, slope = at.op, number(at.op, at.get("alpha", 0.2))
    return [_between(at, op.Add(op.Mul(x, slope), number(op, at.get("beta", 0.5))), 0.0, 1.0, op.Mul(dy, slope))]


@derivative("HardSwish")
def _hard_swish(at: Applied, dy: Named, x: Named) -> Grads:
    """Between its ends ``x / 6 + 1/2 + x / 6``: both factors of x times a straight line, each rounded by itself."""
    op = at.op
    line = op.HardSigmoid(x, alpha=1 / 6, beta=0.5)
    inside = op.Add(op.Mul(dy, line), op.Div(op.Mul(dy, x), op.constant(6.0)))
    above = op.Where(op.Less(x, op.constant(3.0)), inside, dy)
    return [op.Where(op.Greater(x, op.constant(-3.0)), above, op.constant(0.0))]


def _between(at: Applied, x: Named, low: float, high: float, inside: Named) -> Named:
    op, nothing = at.op, at.op.constant(0.0)
    above = op.Where(op.Greater(x, op.constant(low)), inside, nothing)
    return op.Where(op.Less(x, op.constant(high)), above, nothing)  # type: ignore[no-any-return]


@derivative("Sigmoid")
def _sigmoid(at: Applied, dy: Named, x: Named) -> Grads:
    op, y = at.op, at.y[0]
    return [op.Mul(dy, op.Mul(y, op.Sub(op.constant(1.0), y)))]


@derivative("Tanh")
def _tanh(at: Applied, dy: Named, x: Named) -> Grads:
    op, y = at.op, at.y[0]
    return [op.Mul(dy, op.Sub(op.constant(1.0), op.Mul(y, y)))]


@derivative("Softplus")
def _softplus(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Mul(dy, at.op.Sigmoid(x))]


@derivative("Softsign")
def _softsign(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    size = op.Add(op.constant(1.0), op.Abs(x))
    return [op.Div(dy, op.Mul(size, size))]


@derivative("Elu")
def _elu(at: Applied, dy: Named, x: Named) -> Grads:
    """Below 0 ``y + alpha``, as kernels have it that keep the output alone; it cancels where ``alpha exp(x)`` does not."""
    op = at.op
    below = op.Mul(dy, op.Add(at.y[0], number(op, at.get("alpha", 1.0))))
    return [op.Where(positive(op, x), dy, below)]


@derivative("Selu")
def _selu(at: Applied, dy: Named, x: Named) -> Grads:
    """Below 0 ``y + gamma alpha``: see ``Elu``."""
    op = at.op
    alpha, gamma = at.get("alpha", 1.67326319217681884765625), at.get("gamma", 1.05070102214813232421875)
    below = op.Mul(dy, op.Add(at.y[0], number(op, alpha * gamma)))
    return [op.Where(positive(op, x), op.Mul(dy, number(op, gamma)), below)]


@derivative("Celu")
def _celu(at: Applied, dy: Named, x: Named) -> Grads:
    """Below 0 ``y / alpha + 1``: see ``Elu``."""
    op = at.op
    below = op.Mul(dy, op.Add(op.Div(at.y[0], number(op, at.get("alpha", 1.0))), op.constant(1.0)))
    return [op.Where(positive(op, x), dy, below)]


@derivative("Gelu")
def _gelu(at: Applied, dy: Named, x: Named) -> Grads:
    """``Phi(x) + x phi(x)``, or the derivative of the form by tanh.

    The error function goes by way of 7 + erf: kernels that make it of a polynomial in ``1 / (1 + p x)`` (oneDNN's, by Abramowitz and
    Stegun 7.1.26) round absolutely, and that much [measured: 4.4 halves of a unit of 1, torch 2.13].
    """
    op, one, half = at.op, at.op.constant(1.0), at.op.constant(0.5)
    if at.get("approximate", "none") == "tanh":
        square = op.Mul(x, x)
        inner = op.Mul(number(op, sqrt(2 / pi)), op.Add(x, op.Mul(number(op, 0.044715), op.Mul(x, square))))
        slope = op.Mul(number(op, sqrt(2 / pi)), op.Add(one, op.Mul(number(op, 3 * 0.044715), square)))
        t = op.Tanh(inner)
        bend = op.Mul(op.Mul(half, x), op.Mul(op.Sub(one, op.Mul(t, t)), slope))
        return [op.Mul(dy, op.Add(op.Mul(half, op.Add(one, t)), bend))]
    erf = op.Erf(op.Mul(x, number(op, sqrt(0.5))))
    below = op.Mul(half, op.Sub(op.Add(op.constant(7.0), erf), op.constant(6.0)))
    density = op.Mul(op.Exp(op.Mul(op.constant(-0.5), op.Mul(x, x))), number(op, 1 / sqrt(2 * pi)))
    return [op.Mul(dy, op.Add(below, op.Mul(x, density)))]


@derivative("Mish")
def _mish(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    t = op.Tanh(op.Softplus(x))
    bend = op.Mul(op.Mul(x, op.Sigmoid(x)), op.Sub(op.constant(1.0), op.Mul(t, t)))
    return [op.Mul(dy, op.Add(t, bend))]
