"""Sums, means, extremes and norms along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod, sqrt
from typing import Any

import numpy as np

from parity.axes import F64, Shape
from parity.operators.base import EXACT, Noise, Operator, Shared, Site, Terms, operator, stored
from parity.operators.sums import blocks, largest_prefix, rounded_sum, sizes

Axes = tuple[int, ...]
TINY = np.finfo(np.float64).tiny


def axes_reduced(at: Site, rank: int, given: Any = None) -> Axes:
    """The axes: an attribute in old opsets, an input in new ones; none given means all, or none at all by request."""
    axes = at.get("axes") if given is None else np.ravel(given)
    if axes is None or len(axes) == 0:
        return () if at.get("noop_with_empty_axes", 0) else tuple(range(rank))
    return tuple(sorted({int(a) % rank for a in axes}))


def summed(at: Site, terms: F64, axes: Axes, keep: bool = True) -> Noise:
    """Form R of the sum of ``terms`` along ``axes``, running sums in the order of the data; one term is not rounded.

    No kernel does it by tiles or of shortened operands, as it may a product, so what a site allows for those is left out.
    """
    at = replace(at, override=None)
    squares = np.sum(terms * terms, axis=axes, keepdims=keep)
    n = prod(terms.shape[a] for a in axes)
    if n == 1:
        return Noise(np.zeros(squares.shape), storage=np.zeros(squares.shape), flush=at.format.tiny)

    def prefix() -> F64:
        rest = [a for a in range(terms.ndim) if a not in axes]
        flat = np.transpose(terms, [*rest, *axes]).reshape([*(terms.shape[a] for a in rest), n])
        return largest_prefix(flat[..., i:j].sum(axis=-1) for i, j in blocks(n)).reshape(squares.shape)

    def magnitude() -> F64:
        return np.asarray(sizes(terms).sum(axis=axes, keepdims=keep))

    y = np.sum(terms, axis=axes, keepdims=keep)
    return rounded_sum(at, n, squares, y, prefix=prefix if n else None, magnitude=magnitude)


# ---- the reductions -------------------------------------------------------------------------------------------------


def _least(dtype: Any) -> Any:
    """What a maximum over nothing is."""
    if dtype.kind == "b":
        return False
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _most(dtype: Any) -> Any:
    """What a minimum over nothing is."""
    if dtype.kind == "b":
        return True
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def _mean(x: Any, axis: Axes, keepdims: bool) -> Any:
    """Over nothing it is NaN."""
    return np.sum(x, axis=axis, keepdims=keepdims) / np.float64(prod(x.shape[a] for a in axis))


def _log_sum_exp(x: Any, axis: Axes, keepdims: bool) -> Any:
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis)


_REDUCE: dict[str, Callable[..., Any]] = {
    "Sum": np.sum,
    "Mean": _mean,
    "Prod": np.prod,
    "Max": lambda x, **how: np.max(x, initial=_least(x.dtype), **how),
    "Min": lambda x, **how: np.min(x, initial=_most(x.dtype), **how),
    "L1": lambda x, **how: np.sum(np.abs(x), **how),
    "L2": lambda x, **how: np.sqrt(np.sum(x * x, **how)),
    "SumSquare": lambda x, **how: np.sum(x * x, **how),
    "LogSum": lambda x, **how: np.log(np.sum(x, **how)),
    "LogSumExp": _log_sum_exp,
}


def _terms(kind: str, x: Any) -> F64:
    """What a reduction adds up."""
    if kind in ("Sum", "Mean", "LogSum"):
        return np.asarray(x)
    return np.asarray(np.abs(x) if kind == "L1" else x * x)


@operator(*(f"Reduce{kind}" for kind in _REDUCE))
class Reduce(Operator):
    """Terms made of the input, added along axes, and a function of the sum. Form R of the terms, passed through it.

    Max and Min are exact, and so is whatever is of whole numbers.
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, axes, keep, kind = self._asked(at, x)
        y = np.asarray(_REDUCE[kind](data, axis=axes, keepdims=keep))
        return (y if y.dtype == data.dtype else y.astype(data.dtype),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        data, axes, keep, kind = self._asked(at, x)
        n = prod(data.shape[a] for a in axes)
        if kind in ("Max", "Min") or y[0].dtype != np.float64 or (n == 1 and kind in ("Sum", "Mean", "Prod", "L1")):
            return (EXACT,)
        if kind == "Prod":
            return (_product(at, data, axes, keep, y[0]),)
        if kind == "LogSumExp":
            return (_log_sum_exp_noise(at, data, axes, keep, y[0]),)
        u, size = at.format.elementwise, np.abs(y[0])
        if n == 0 and kind == "Mean":
            return (Noise(open=np.ones(y[0].shape, bool), why="ONNX leaves the mean of nothing undefined"),)
        total = summed(at, _terms(kind, data), axes, keep)
        own, flush = np.asarray(total.own), np.asarray(total.flush, np.float64)
        if kind == "Mean":  # the division by n
            own, flush = own / n + u * size, flush / n
        elif kind == "L2":  # half the relative error of the sum, and the root's; squares may be flushed where y is not
            own = own / np.maximum(2 * size, TINY) + u * size
            left = np.sqrt(np.maximum(size * size - flush, 0.0))
            flush = np.minimum(size * size, flush) / np.maximum(size + left, TINY)
        elif kind == "LogSum":  # the relative error of the sum, and the logarithm's own as in Log
            own, flush = own / np.exp(y[0]) + u * (2 * size + 1e-3), flush / np.exp(y[0])
        return (Noise(own, (), stored(at, y[0]), flush, total.overflow),)

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        data, axes, keep, kind = self._asked(at, x)
        if kind not in ("Sum", "Mean", "L1", "SumSquare") or not axes:
            return None
        rest = [a for a in range(data.ndim) if a not in axes]
        place = dict(zip(rest, (index[a] for a in rest) if keep else index, strict=True))
        products = np.ravel(_terms(kind, data[tuple(place.get(a, slice(None)) for a in range(data.ndim))]))
        return Terms(products, 0.0, float(products.size) if kind == "Mean" else 1.0)

    def products(self, at: Site, *shapes: Shape) -> int:
        """Only where the shapes tell it: not where the axes are an input."""
        if at.kind not in ("ReduceSum", "ReduceMean") or len(shapes) > 1:
            return 0
        return prod(shapes[0][a] for a in axes_reduced(at, len(shapes[0])))

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        if at.kind in ("ReduceSum", "ReduceL1"):
            return steps[0]
        n = self.products(at, *shapes)  # a division by other than a power of two rounds
        return steps[0] / n if at.kind == "ReduceMean" and n and not n & (n - 1) else None

    @staticmethod
    def _asked(at: Site, x: Sequence[Any]) -> tuple[Any, Axes, bool, str]:
        """The data, the axes, whether they are kept, and the kind of reduction."""
        axes = axes_reduced(at, x[0].ndim, x[1] if len(x) > 1 else None)
        return x[0], axes, bool(at.get("keepdims", 1)), at.kind.removeprefix("Reduce")


def _product(at: Site, x: Any, axes: Axes, keep: bool, y: F64) -> Noise:
    """Each product rounds once; in some order it may pass the largest number or sink below the smallest."""
    size, n = np.abs(x), prod(x.shape[a] for a in axes)
    largest = np.prod(np.maximum(size, 1.0), axis=axes, keepdims=keep)
    smallest = np.prod(np.minimum(size, 1.0), axis=axes, keepdims=keep)
    beyond = largest >= at.format.largest
    flush = np.where(smallest < at.format.tiny, np.abs(y), 0.0)
    own = at.format.elementwise * sqrt(n) * np.abs(y)
    return Noise(own, (), stored(at, y), flush, beyond if beyond.any() else None)


def _log_sum_exp_noise(at: Site, x: Any, axes: Axes, keep: bool, y: F64) -> Noise:
    """Each exponential is off by 2 + |x - y| roundings of itself (its argument is a rounded difference), then form R.

    In the shares ``exp(x - y)``, which add up to 1: relative errors of the sum are absolute ones of its logarithm.
    """
    u, full = at.format.elementwise, y if keep else np.expand_dims(y, axes)
    d = np.where(np.isfinite(full), x - full, -np.inf)
    shares = np.exp(d)
    each = np.where(shares > 0, shares * (2 + np.abs(d)), 0.0)
    exponentials = np.sqrt(np.sum(each * each, axis=axes, keepdims=keep))
    own = np.asarray(summed(at, shares, axes, keep).own) + u * (exponentials + 2 * np.abs(y) + 1)
    return Noise(own, storage=stored(at, y))


# ---- running sums and products --------------------------------------------------------------------------------------


@operator("CumSum", "CumProd")
class Running(Operator):
    """All sums, or products, of the first elements along an axis."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, axis = x[0], self._axis(x)
        fold, backwards = np.add if at.kind == "CumSum" else np.multiply, bool(at.get("reverse", 0))
        data = np.flip(data, axis) if backwards else data
        if at.get("exclusive", 0):  # the neutral element goes in front, the last one out
            first = np.full([1 if a == axis else n for a, n in enumerate(data.shape)], fold.identity, data.dtype)
            shifted = np.concatenate([first, data], axis)
            data = shifted[tuple(slice(n) for n in data.shape)]
        y = fold.accumulate(data, axis, dtype=data.dtype)
        return (np.flip(y, axis) if backwards else y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """``u_a sqrt(k)`` times the largest sum up to the k-th, or the product itself [derived: Azuma on those].

        One output carries on the error of the one before, so neighbours are off alike: one draw along the axis.
        """
        if y[0].dtype != np.float64:
            return (EXACT,)
        axis, backwards = self._axis(x), bool(at.get("reverse", 0))
        size = np.abs(np.flip(y[0], axis) if backwards else y[0])
        k = np.arange(size.shape[axis]).reshape([-1 if a == axis else 1 for a in range(size.ndim)])
        reached = np.maximum.accumulate(size, axis) if at.kind == "CumSum" else size
        error = at.format.accumulate * np.sqrt(k) * reached
        return (Noise(None, (Shared(np.flip(error, axis) if backwards else error, (axis,)),), stored(at, y[0])),)

    @staticmethod
    def _axis(x: Sequence[Any]) -> int:
        return int(np.ravel(x[1])[0]) % int(x[0].ndim)
