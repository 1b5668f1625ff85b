"""Derivatives of arithmetic, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi, sqrt

from parity.operators.build import Named
from parity.operators.gradient.base import Applied, derivative, number, positive, unbroadcast

Grads = Sequence[Named | None]


@derivative("Identity", "Dropout")
def _identity(at: Applied, dy: Named, *x: Named) -> Grads:
    """At inference both give their input."""
    return [dy, *([None] * (len(x) - 1))]


@derivative("Cast")
def _cast(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Cast(dy, to=x.dtype)]


@derivative("Neg")
def _neg(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Neg(dy)]


@derivative("Abs")
def _absolute(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Where(positive(at.op, x), dy, at.op.Neg(dy))]


@derivative("Sqrt")
def _root(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Div(dy, at.op.Mul(at.op.constant(2.0), at.y[0]))]


@derivative("Exp")
def _exponential(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Mul(dy, at.y[0])]


@derivative("Log")
def _logarithm(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Div(dy, x)]


@derivative("Reciprocal")
def _reciprocal(at: Applied, dy: Named, x: Named) -> Grads:
    return [at.op.Neg(at.op.Mul(dy, at.op.Mul(at.y[0], at.y[0])))]


@derivative("Erf")
def _erf(at: Applied, dy: Named, x: Named) -> Grads:
    op = at.op
    return [op.Mul(dy, op.Mul(number(op, 2 / sqrt(pi)), op.Exp(op.Neg(op.Mul(x, x)))))]


@derivative("Pow")
def _power(at: Applied, dy: Named, x: Named, p: Named) -> Grads:
    """By the base alone."""
    op = at.op
    slope = op.Mul(p, op.Pow(x, op.Sub(p, op.constant(1.0))))
    return [unbroadcast(op, op.Mul(dy, slope), x), None]


@derivative("Add")
def _add(at: Applied, dy: Named, a: Named, b: Named) -> Grads:
    return [unbroadcast(at.op, dy, a), unbroadcast(at.op, dy, b)]


@derivative("Sub")
def _sub(at: Applied, dy: Named, a: Named, b: Named) -> Grads:
    return [unbroadcast(at.op, dy, a), at.op.Neg(unbroadcast(at.op, dy, b))]


@derivative("Mul")
def _mul(at: Applied, dy: Named, a: Named, b: Named) -> Grads:
    op = at.op
    return [unbroadcast(op, op.Mul(dy, b), a), unbroadcast(op, op.Mul(dy, a), b)]


@derivative("Div")
def _div(at: Applied, dy: Named, a: Named, b: Named) -> Grads:
    op = at.op
    by_a = op.Div(dy, b)
    return [unbroadcast(op, by_a, a), op.Neg(unbroadcast(op, op.Mul(by_a, at.y[0]), b))]


@derivative("Sum")
def _total(at: Applied, dy: Named, *x: Named) -> Grads:
    return [unbroadcast(at.op, dy, each) for each in x]


@derivative("Mean")
def _mean(at: Applied, dy: Named, *x: Named) -> Grads:
    share = at.op.Div(dy, at.op.constant(float(len(x))))
    return [unbroadcast(at.op, share, each) for each in x]


@derivative("Max")
def _largest(at: Applied, dy: Named, *x: Named) -> Grads:
    return _winning(at, dy, x, "Max", "Greater")


@derivative("Min")
def _smallest(at: Applied, dy: Named, *x: Named) -> Grads:
    return _winning(at, dy, x, "Min", "Less")


def _winning(at: Applied, dy: Named, x: Sequence[Named], kind: str, beats: str) -> list[Named]:
    """To the first that beats all behind it; the gradient of what is left goes on to those."""
    op = at.op
    if len(x) == 1:
        return [unbroadcast(op, dy, x[0])]
    rest = x[1] if len(x) == 2 else getattr(op, kind)(*x[1:])
    first = getattr(op, beats)(x[0], rest)
    nothing = op.constant(0.0)
    return [
        unbroadcast(op, op.Where(first, dy, nothing), x[0]),
        *_winning(at, op.Where(first, nothing, dy), x[1:], kind, beats),
    ]


@derivative("Where")
def _where(at: Applied, dy: Named, condition: Named, a: Named, b: Named) -> Grads:
    op, nothing = at.op, at.op.constant(0.0)
    by_a, by_b = op.Where(condition, dy, nothing), op.Where(condition, nothing, dy)
    return [None, unbroadcast(op, by_a, a), unbroadcast(op, by_b, b)]
