"""Sums, means, extremes and norms along axes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from parity.axes import F64, Shape
from parity.operators.base import EXACT, Noise, Operator, Site, Terms, operator, stored
from parity.operators.movement import axes_of
from parity.operators.sums import blocks, largest_prefix, rounded_sum


def axes_reduced(at: Site, x: Any, given: Any = None) -> tuple[int, ...]:
    """The axes that are reduced: those named, else all (none with noop_with_empty_axes)."""
    axes = axes_of(at, x, given)
    if axes is None or not len(axes):
        return () if at.get("noop_with_empty_axes", 0) else tuple(range(x.ndim))
    return axes


def summed(at: Site, terms: F64, axes: tuple[int, ...], keep: bool = True) -> Noise:
    """The rounding of the sum of ``terms`` along ``axes``: form R, running sums over blocks of the first axis."""
    y = terms.sum(axis=axes, keepdims=keep)
    n = prod(terms.shape[a] for a in axes)

    def prefix() -> F64:
        rest = tuple(a for a in range(terms.ndim) if a not in axes)
        flat = terms.transpose(*rest, *axes).reshape(*(terms.shape[a] for a in rest), -1)
        largest = largest_prefix(flat[..., i:j].sum(axis=-1) for i, j in blocks(n))
        return np.broadcast_to(largest.reshape(y.shape) if largest.size == y.size else largest, y.shape)

    squares = np.square(terms).sum(axis=axes, keepdims=keep)
    return rounded_sum(at, n, squares, y, 0.0, prefix, lambda: np.abs(terms).sum(axis=axes, keepdims=keep))


class Reduce(Operator):
    """Along axes. Extremes are exact; sums have form R of their terms, and what is taken of the sum rounds once more."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, given = (*x, None)[:2]
        axes, keep, kind = axes_reduced(at, data, given), bool(at.get("keepdims", 1)), at.kind.removeprefix("Reduce")
        if not axes and kind in ("Sum", "Mean", "Max", "Min", "Prod"):
            return (data,)
        return (self._reduce(kind, data, axes, keep),)

    def _reduce(self, kind: str, x: Any, axes: tuple[int, ...], keep: bool) -> Any:
        if kind in ("Max", "Min"):
            empty = self._least(x, kind)
            fold = np.max if kind == "Max" else np.min
            return (
                fold(x, axis=axes, keepdims=keep, initial=empty) if 0 in x.shape else fold(x, axis=axes, keepdims=keep)
            )
        if kind == "Prod":
            return np.prod(x, axis=axes, keepdims=keep, dtype=x.dtype)
        if kind == "LogSumExp":
            top = np.max(x, axis=axes, keepdims=True, initial=-np.inf)
            top = np.where(np.isfinite(top), top, 0.0)
            total = np.log(np.exp(x - top).sum(axis=axes, keepdims=True)) + top
            return total if keep else np.squeeze(total, axes)
        total = self._terms(kind, x).sum(axis=axes, keepdims=keep, dtype=x.dtype)
        if kind == "Mean":
            n = prod(x.shape[a] for a in axes)
            return total / n if x.dtype.kind == "f" else (total // n).astype(x.dtype)
        if kind == "L2":
            return np.sqrt(total).astype(x.dtype)
        return np.log(total).astype(x.dtype) if kind == "LogSum" else total

    @staticmethod
    def _least(x: Any, kind: str) -> Any:
        if x.dtype.kind == "f":
            return -np.inf if kind == "Max" else np.inf
        if x.dtype.kind == "b":
            return kind == "Min"
        return np.iinfo(x.dtype).min if kind == "Max" else np.iinfo(x.dtype).max

    @staticmethod
    def _terms(kind: str, x: Any) -> Any:
        """What is added up."""
        return np.abs(x) if kind == "L1" else x * x if kind in ("L2", "SumSquare") else x

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        data, given = (*x, None)[:2]
        axes, keep, kind = axes_reduced(at, data, given), bool(at.get("keepdims", 1)), at.kind.removeprefix("Reduce")
        if kind in ("Max", "Min") or y[0].dtype != np.float64 or (not axes and kind in ("Sum", "Mean", "Prod")):
            return (EXACT,)
        u, size = at.format.elementwise, np.abs(y[0])
        n = prod(data.shape[a] for a in axes)
        if kind == "Prod":
            return (Noise(u * np.sqrt(n) * size, storage=stored(at, y[0])),)
        if kind == "LogSumExp":
            top = np.max(data, axis=axes, keepdims=keep, initial=-np.inf)
            return (
                Noise(
                    u * (np.sqrt(n) + 4 + np.abs(np.where(np.isfinite(top), top, 0.0)) + size), storage=stored(at, y[0])
                ),
            )
        terms = self._terms(kind, data)
        sums = summed(at, terms, axes, keep)
        own = sums.own if sums.own is not None else np.zeros(y[0].shape)
        if kind in ("L2", "SumSquare"):
            own = own + at.format.accumulate * np.sqrt(np.square(terms).sum(axis=axes, keepdims=keep))
        flush = sums.flush
        if kind == "Mean":
            own, flush = own / max(n, 1) + u * size, flush / max(n, 1)
        elif kind == "L2":
            own = 0.5 * own / np.where(size > 0, size, np.inf) + u * size
            flush = np.sqrt(flush)
        elif kind == "LogSum":
            total = np.abs(terms.sum(axis=axes, keepdims=keep))
            own = own / np.where(total > 0, total, np.inf) + u * (2 * size + 1e-3)
        return (Noise(own, (), stored(at, y[0]), flush, sums.overflow),)

    def products(self, at: Site, *shapes: Shape) -> int:
        if at.kind not in ("ReduceSum", "ReduceMean"):
            return 0
        axes = at.get("axes")  # as an input they are not known from shapes alone: then all
        return prod(shapes[0][a] for a in (range(len(shapes[0])) if axes is None else axes))

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        if at.kind not in ("ReduceSum", "ReduceMean"):
            return None
        data, given = (*x, None)[:2]
        axes = axes_reduced(at, data, given)
        kept = iter(index)
        cut: list[Any] = []
        for axis in range(data.ndim):
            if axis in axes:
                cut.append(slice(None))
                if at.get("keepdims", 1):
                    next(kept)
            else:
                cut.append(next(kept))
        seen = np.asarray(data[tuple(cut)], np.float64).ravel()
        return Terms(seen, 0.0, float(seen.size) if at.kind == "ReduceMean" else 1.0)

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        return steps[0] if at.kind == "ReduceSum" else None


for _kind in ("Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSum", "LogSumExp"):
    operator(f"Reduce{_kind}")(Reduce())


@operator("CumSum", "CumProd")
class Cumulate(Operator):
    """Running sums or products: each is rounded as often as there are terms before it."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, axis = x[0], int(np.asarray(x[1]).reshape(-1)[0]) % x[0].ndim
        fold, start = (np.cumsum, 0) if at.kind == "CumSum" else (np.cumprod, 1)
        v = np.flip(data, axis) if at.get("reverse", 0) else data
        y = fold(v, axis, dtype=v.dtype)
        if at.get("exclusive", 0):
            shifted = np.full_like(y, start)
            ahead = [slice(None)] * y.ndim
            behind = [slice(None)] * y.ndim
            ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
            shifted[tuple(ahead)] = y[tuple(behind)]
            y = shifted
        return (np.flip(y, axis) if at.get("reverse", 0) else y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        if y[0].dtype != np.float64:
            return (EXACT,)
        axis = int(np.asarray(x[1]).reshape(-1)[0]) % x[0].ndim
        n = np.sqrt(x[0].shape[axis] + 1)
        if at.kind == "CumProd":
            return (Noise(at.format.elementwise * n * np.abs(y[0]), storage=stored(at, y[0])),)
        squares = np.sqrt(np.square(y[0]).max(axis, keepdims=True, initial=0.0))
        own = at.format.accumulate * n * np.broadcast_to(squares, y[0].shape)
        return (Noise(own, storage=stored(at, y[0]), flush=x[0].shape[axis] * at.format.tiny),)
