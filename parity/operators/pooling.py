"""Pooling over windows and over everything."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod, sqrt
from typing import Any

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators.base import EXACT, Noise, Operator, Site, Terms, Window, operator, stored
from parity.operators.sums import sizes
from parity.operators.windows import Geometry, geometry


def _windows(at: Site, size: Sequence[int]) -> Geometry:
    return geometry(at, size, at.attributes["kernel_shape"], bool(at.get("ceil_mode", 0)))


@operator("MaxPool")
class MaxPool(Operator):
    """The maximum of each window, with its place where that is asked for. Exact; NaN wins, padding never."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data = x[0]
        g = _windows(at, data.shape[2:])
        low = -np.inf if data.dtype.kind == "f" else np.iinfo(data.dtype).min
        best: Any = None
        where: Any = None
        for tap, seen in g.taps(data, low):
            if at.outputs > 1:
                here = self._places(at, g, data.shape, tap)
                where = (
                    np.broadcast_to(here, seen.shape).copy() if where is None else np.where(seen > best, here, where)
                )
            best = seen.copy() if best is None else np.maximum(best, seen, out=best)
        return (best,) if at.outputs < 2 else (best, where)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,) * len(y)

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return _windows(at, shapes[0][2:]).window

    @staticmethod
    def _places(at: Site, g: Geometry, shape: Shape, tap: Shape) -> Array:
        """Index of each window's element under this tap, in the flattened input."""
        rank, spatial = len(tap), shape[2:]
        flat: Any = 0
        for i, (n, s, d, (before, _)) in enumerate(zip(g.count, g.stride, g.dilation, g.pads, strict=True)):
            place = np.arange(n) * s - before + tap[i] * d
            # storage_order 1 counts columns first
            weight = prod(spatial[:i]) if at.get("storage_order", 0) else prod(spatial[i + 1 :])
            flat = flat + place.reshape([-1 if j == i else 1 for j in range(rank)]) * weight
        image = np.arange(shape[0] * shape[1], dtype=np.int64).reshape(shape[0], shape[1], *[1] * rank) * prod(spatial)
        return np.asarray(image + flat, np.int64)


class _Mean(Operator):
    """Sums of many terms over a count. ``u_e sqrt(n) avg|x|`` is Higham and Mary's probabilistic bound."""

    def summed(self, at: Site, x: Any) -> F64:
        """The sum of each window."""
        raise NotImplementedError

    def counts(self, at: Site, shape: Shape) -> F64:
        """What each is divided by, to broadcast."""
        raise NotImplementedError

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self.summed(at, x[0]) / self.counts(at, x[0].shape),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        magnitude = self.summed(at, np.abs(x[0]))
        n = self.products(at, x[0].shape)
        own = at.format.elementwise * sqrt(n) * magnitude / self.counts(at, x[0].shape)
        beyond: Array | None = None
        if not (magnitude < at.format.largest).all():
            beyond = self.summed(at, sizes(x[0])) >= at.format.largest
        return (Noise(own, (), stored(at, y[0]), n * at.format.product_tiny, beyond),)


@operator("AveragePool")
class AveragePool(_Mean):
    """The mean of each window: ``u_e sqrt(n) avg|x|`` over its n elements."""

    def summed(self, at: Site, x: Any) -> F64:
        total: Any = None
        for _, seen in _windows(at, x.shape[2:]).taps(x):
            total = seen.copy() if total is None else np.add(total, seen, out=total)
            if not total.size:  # an empty batch is asked for the shape
                break
        return np.asarray(total, np.float64)

    def counts(self, at: Site, shape: Shape) -> F64:
        return _windows(at, shape[2:]).held(bool(at.get("count_include_pad", 0)))

    def products(self, at: Site, *shapes: Shape) -> int:
        return prod(at.attributes["kernel_shape"])

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return _windows(at, shapes[0][2:]).window

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        image = x[0][index[0] : index[0] + 1, index[1] : index[1] + 1]
        seen = [tap[(0, 0, *index[2:])] for _, tap in _windows(at, x[0].shape[2:]).taps(image)]
        return Terms(np.asarray(seen), 0.0, float(self.counts(at, x[0].shape)[index[2:]]))

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        whole = self.products(at, *shapes)
        divisors = {int(c) for c in self.counts(at, shapes[0]).flat}
        # A division by other than a power of two rounds; a spelling that undoes a share divides by the whole window.
        return None if any(c & (c - 1) for c in {whole, *divisors}) else steps[0] / whole


@operator("GlobalAveragePool")
class GlobalAveragePool(_Mean):
    """The mean of each channel: ``u_e sqrt(n) avg|x|``."""

    def summed(self, at: Site, x: Any) -> F64:
        return np.asarray(x.sum(axis=tuple(range(2, x.ndim)), keepdims=True), np.float64)

    def counts(self, at: Site, shape: Shape) -> F64:
        return np.float64(prod(shape[2:]))  # type: ignore[return-value]

    def products(self, at: Site, *shapes: Shape) -> int:
        return prod(shapes[0][2:])

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        return Terms(x[0][index[0], index[1]].ravel(), 0.0, float(prod(x[0].shape[2:])))

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        n = prod(shapes[0][2:])
        return None if n & (n - 1) else steps[0] / n


@operator("GlobalMaxPool")
class GlobalMaxPool(Operator):
    """The maximum of each channel. Exact."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (x[0].max(axis=tuple(range(2, x[0].ndim)), keepdims=True),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)


@operator("LpPool", "GlobalLpPool")
class LpPool(Operator):
    """The p-norm of each window, or of each channel: ``u_e (sqrt(n) + 4) |y|``."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, p = x[0], at.get("p", 2)
        powers = np.abs(data) ** p
        if at.kind == "GlobalLpPool":
            return (powers.sum(axis=tuple(range(2, data.ndim)), keepdims=True) ** (1 / p),)
        total: Any = 0.0
        for _, seen in _windows(at, data.shape[2:]).taps(powers):
            total = total + seen
        return (np.asarray(total) ** (1 / p),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        n = prod(x[0].shape[2:] if at.kind == "GlobalLpPool" else at.attributes["kernel_shape"])
        own = at.format.elementwise * (sqrt(n) + 4) * np.abs(y[0])
        # The powers and their sum may be kept in the type that is stored: torch makes it of a power and an average.
        beyond = np.isfinite(y[0]) & (np.abs(y[0]) ** at.get("p", 2) >= at.format.stored_largest)
        return (Noise(own, storage=stored(at, y[0]), overflow=beyond if beyond.any() else None),)

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        return None if at.kind == "GlobalLpPool" else _windows(at, shapes[0][2:]).window


@operator("MaxUnpool")
class MaxUnpool(Operator):
    """Values put back where a maximum was found, zeros elsewhere. Exact."""

    sizes = (2,)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        data, places, wanted = (*x, None)[:3]
        rank = data.ndim - 2
        stride, pads = at.get("strides") or (1,) * rank, at.get("pads") or (0,) * 2 * rank
        natural = [
            (n - 1) * s + k - before - after
            for n, s, k, before, after in zip(
                data.shape[2:], stride, at.attributes["kernel_shape"], pads[:rank], pads[rank:], strict=True
            )
        ]
        # Places count in the natural size; a larger wanted size only leaves room.
        size = natural if wanted is None else [int(n) for n in wanted[2:]]
        y = np.zeros(prod(data.shape[:2]) * prod(size), data.dtype)
        if wanted is None or size == natural:
            y[places.ravel()] = data.ravel()
            return (y.reshape(*data.shape[:2], *size),)
        small = np.zeros(prod(data.shape[:2]) * prod(natural), data.dtype)
        small[places.ravel()] = data.ravel()
        y = y.reshape(*data.shape[:2], *size)
        y[tuple(slice(0, n) for n in (*data.shape[:2], *natural))] = small.reshape(*data.shape[:2], *natural)
        return (y,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,)


@operator("Col2Im")
class Col2Im(Operator):
    """Columns added back into the image they were taken from: ``u_a (k - 1) sum|x|`` where k overlap."""

    sizes = (1, 2)

    def _added(self, at: Site, x: Any, image: Any, block: Any) -> F64:
        size, kernel = [int(n) for n in image], [int(n) for n in block]
        inner = Site(at.kind, {k: v for k, v in at.attributes.items() if k in ("strides", "dilations", "pads")})
        g = geometry(inner, size, kernel)
        n, channels = x.shape[0], x.shape[1] // prod(kernel)
        columns = x.reshape(n, channels, *kernel, *g.count)
        y = np.zeros((n, channels, *(length + b + a for length, (b, a) in zip(size, g.pads, strict=True))))
        for tap in np.ndindex(*kernel):
            cut = [
                slice(i * d, i * d + (c - 1) * s + 1, s)
                for i, d, c, s in zip(tap, g.dilation, g.count, g.stride, strict=True)
            ]
            y[(slice(None), slice(None), *cut)] += columns[(slice(None), slice(None), *tap)]
        inside = [slice(b, b + length) for length, (b, _) in zip(size, g.pads, strict=True)]
        return np.asarray(y[(slice(None), slice(None), *inside)], np.float64)

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (self._added(at, *x),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        own = at.format.accumulate * (prod(int(n) for n in x[2]) - 1) * self._added(at, np.abs(x[0]), *x[1:])
        return (Noise(own, storage=stored(at, y[0])),)
