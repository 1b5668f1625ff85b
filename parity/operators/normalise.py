"""Normalisation by statistics, and softmax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from parity.axes import F64
from parity.operators.base import Move, Noise, Operator, Shared, Site, Sum, Terms, Unsupported, operator, stored
from parity.operators.formats import FORMATS
from parity.operators.reduction import summed
from parity.operators.rows import Axes, Rows, doubt, measured, row_noise
from parity.operators.sums import sizes
from parity.operators.windows import per_channel

#: ONNX's numbers of the types in which statistics are computed and given out (stash_type).
_STASH = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}


def _channels(v: Any, rank: int) -> Any:
    """A vector over channels, to broadcast against ``N C spatial``; one axis alone is a batch of one channel."""
    return per_channel(v, rank) if rank > 1 else np.reshape(v, -1)


# ---- by mean and variance -------------------------------------------------------------------------------------------


class _Normalise(Operator):
    """``(x - mean) / sqrt(variance + epsilon) * scale + bias``, with the statistics of each row."""

    centred = True

    def rows(self, at: Site, x: Any, scale: Any = None, bias: Any = None) -> Rows:
        """The data in rows, with scale and bias; the statistics are filled in afterwards."""
        raise NotImplementedError

    def shared(self, at: Site, x: Any) -> Axes:
        """The axes of the output along which one row lies."""
        return self.rows(at, x).axes

    def _measured(self, at: Site, x: Sequence[Any]) -> Rows:
        return measured(self.rows(at, *x[:3]), at.get("epsilon", 1e-5), self.centred)[0]

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        rows = self._measured(at, x)
        y = (rows.normalised * rows.scale + rows.bias).reshape(x[0].shape)
        return (y, rows.mean, rows.inverse)[: at.outputs]

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        stash = FORMATS[self._stash(at)]
        inner = replace(at, dtypes=(stash.name,)) if stash.accumulate > at.format.accumulate else at
        rows = self._measured(at, x)
        off = doubt(inner, rows)
        first = row_noise(inner, y[0], rows, off, self.shared(at, x[0]))
        more = [
            Noise(d, storage=stash.storage * np.abs(v)) for d, v in zip((off.mean, off.inverse), y[1:], strict=False)
        ]
        return (replace(first, storage=stored(at, y[0])), *more)

    def sums(self, at: Site, places: Sequence[tuple[int, ...]], *x: Any) -> list[tuple[Sum, ...]] | None:
        """The mean and the variance of an element's row, in two passes.

        ``y = (x - mean) i s + b`` with ``i = (variance + epsilon)^-1/2``: its slopes are ``i s`` and ``z i^2 s / 2`` [derived].
        """
        rows = self._measured(at, x)
        n = max(prod(rows.x.shape[a] for a in rows.axes), 1)
        slopes = [np.abs(rows.inverse * rows.scale), 0.5 * np.abs(rows.normalised * rows.scale) * rows.inverse**2]
        shift, stretch = (np.broadcast_to(slope, rows.x.shape) for slope in slopes)
        known: dict[tuple[int, ...], tuple[Terms, Terms]] = {}
        found: list[tuple[Sum, ...]] = []
        for place in places:
            where = np.unravel_index(np.ravel_multi_index(place, x[0].shape), rows.x.shape)
            row = tuple(-1 if axis in rows.axes else int(i) for axis, i in enumerate(where))
            if row not in known:
                lies = tuple(slice(None) if i < 0 else i for i in row)
                data, mean = rows.x[lies].ravel(), np.broadcast_to(rows.mean, rows.x.shape)[lies].ravel()
                known[row] = Terms(data, divisor=n), Terms(np.square(data - mean), divisor=n)
            first, second = known[row]
            about = Sum(second, float(stretch[where]))
            found.append((Sum(first, float(shift[where])), about) if self.centred else (about,))
        return found

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        return (at.dtype, *[self._stash(at)] * (len(y) - 1))

    @staticmethod
    def _stash(at: Site) -> str:
        return _STASH[at.get("stash_type", 1)] if at.kind != "InstanceNormalization" else at.dtype


@operator("LayerNormalization")
class LayerNormalization(_Normalise):
    """Each sample's last axes, from ``axis`` on, by their own statistics; these are further outputs."""

    def rows(self, at: Site, x: Any, scale: Any = None, bias: Any = None) -> Rows:
        axes = tuple(range(at.get("axis", -1) % x.ndim, x.ndim))
        return Rows(x, axes, 1.0 if scale is None else scale, 0.0 if bias is None else bias)


@operator("RMSNormalization")
class RMSNormalization(LayerNormalization):
    """As LayerNormalization by the root of the mean of squares alone: nothing is centred."""

    centred = False


@operator("InstanceNormalization")
class InstanceNormalization(_Normalise):
    """Each channel of each sample by its own statistics."""

    def rows(self, at: Site, x: Any, scale: Any = None, bias: Any = None) -> Rows:
        scale, bias = 1.0 if scale is None else scale, 0.0 if bias is None else bias
        return Rows(x, tuple(range(2, x.ndim)), _channels(scale, x.ndim), _channels(bias, x.ndim))


@operator("GroupNormalization")
class GroupNormalization(_Normalise):
    """Groups of channels of each sample by their own statistics. Scale and bias: one a group before opset 21, then a channel."""

    def rows(self, at: Site, x: Any, scale: Any = None, bias: Any = None) -> Rows:
        groups = int(at.attributes["num_groups"])
        each = x.shape[1] // groups
        grouped = x.reshape(x.shape[0], groups, each, *x.shape[2:])

        def spread(v: Any, default: float) -> Any:
            if v is None:
                return default
            return np.reshape(v, (1, groups, 1 if at.opset < 21 else each, *[1] * (x.ndim - 2)))

        return Rows(grouped, tuple(range(2, grouped.ndim)), spread(scale, 1.0), spread(bias, 0.0))

    def shared(self, at: Site, x: Any) -> Axes:
        """The whole sample: that groups of one channel axis draw apart cannot be said (their signs differ anyway)."""
        return tuple(range(1, x.ndim))


@operator("MeanVarianceNormalization")
class MeanVarianceNormalization(_Normalise):
    """``(x - mean) / (deviation + 1e-9)`` over ``axes``, in one pass by ONNX's own definition."""

    def rows(self, at: Site, x: Any, scale: Any = None, bias: Any = None) -> Rows:
        return Rows(x, tuple(int(a) % x.ndim for a in at.get("axes", (0, 2, 3))))

    def _measured(self, at: Site, x: Sequence[Any]) -> Rows:
        rows, variance = measured(self.rows(at, x[0]), 0.0)
        return rows._replace(inverse=1 / (np.sqrt(variance) + 1e-9))


# ---- batch normalisation --------------------------------------------------------------------------------------------


@operator("BatchNormalization")
class BatchNormalization(Operator):
    """``(x - mean) s + beta`` with ``s = gamma / sqrt(var + epsilon)``: ``2 u_a (|s| (|x| + |mean|) + |beta|)``.

    A kernel folds scale and shift once a channel: that half of the rounding is one draw for all its pixels. In training
    mean and variance are those of the batch (of the population), and how the running ones move on is given out.
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        if not self._training(at):
            scale, mean, beta = self._folded(at, *x)
            return ((x[0] - mean) * scale + beta,)
        rows, variance = self._measured(at, x)
        keep, batch = at.get("momentum", 0.9), (np.ravel(rows.mean), np.ravel(variance))
        running = [old * keep + new * (1 - keep) for old, new in zip(x[3:5], batch, strict=True)]
        return (rows.normalised * rows.scale + rows.bias, *running, *batch)[: at.outputs]

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        if self._training(at):
            return self._training_noise(at, y, x)
        scale, mean, beta = self._folded(at, *x)
        u, data = at.format.accumulate, x[0]
        own = u * (np.abs(scale) * (np.abs(data) + np.abs(mean)) + np.abs(beta))
        axes = (0, *range(2, data.ndim))
        shift = np.broadcast_to(u * (np.abs(scale * mean) + np.abs(beta)), data.shape)
        # A kernel may multiply by gamma before it divides by the deviation.
        gamma = np.abs(np.asarray(_channels(x[1], data.ndim)))
        beyond = np.maximum(gamma, np.abs(scale)) * (sizes(data) + np.abs(mean)) + np.abs(beta) >= at.format.largest
        shared = (Shared(u * scale * data, axes), Shared(shift, axes))
        return (Noise(own, shared, stored(at, y[0]), overflow=beyond if beyond.any() else None),)

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        """The statistics are stored as those that come in."""
        kinds = at.dtypes[3:5] if len(at.dtypes) > 4 else (at.dtype, at.dtype)
        return (at.dtype, *kinds, *kinds)[: len(y)]

    @staticmethod
    def _training(at: Site) -> bool:
        """Whether the batch's own statistics are used: an attribute since opset 14, before that told by the outputs."""
        training = bool(at.get("training_mode", 0)) if at.opset >= 14 else at.outputs > 1
        if at.outputs > (1 if not training else 3 if at.opset >= 14 else 5):
            raise Unsupported(f"BatchNormalization: {at.outputs} outputs")
        return training

    @staticmethod
    def _folded(at: Site, x: Any, gamma: Any, beta: Any, mean: Any, var: Any) -> tuple[F64, F64, F64]:
        scale = np.asarray(gamma / np.sqrt(var + at.get("epsilon", 1e-5)))
        return tuple(np.asarray(_channels(v, x.ndim)) for v in (scale, mean, beta))  # type: ignore[return-value]

    @staticmethod
    def _measured(at: Site, x: Sequence[Any]) -> tuple[Rows, F64]:
        data = x[0]
        axes = (0, *range(2, data.ndim))
        rows = Rows(data, axes, _channels(x[1], data.ndim), _channels(x[2], data.ndim))
        return measured(rows, at.get("epsilon", 1e-5))

    def _training_noise(self, at: Site, y: Sequence[Any], x: Sequence[Any]) -> tuple[Noise, ...]:
        rows, variance = self._measured(at, x)
        off, u, keep = doubt(at, rows), at.format.accumulate, at.get("momentum", 0.9)
        made = [row_noise(at, y[0], rows, off, rows.axes)]
        kinds = [FORMATS[dtype] for dtype in self.dtypes(at, y)]
        for i, v in enumerate(y[1:], start=1):
            own = np.ravel((off.mean, off.variance)[(i - 1) % 2])
            if i < 3:  # a running statistic: two products and a sum
                # ... of a momentum that is a float64 in torch and Keras and a float32 in a file [derived: counted].
                old, new = keep * x[i + 2], np.ravel((rows.mean, variance)[i - 1])
                own = (1 - keep) * own + u * (np.abs(old) + np.abs(v - old) + keep * np.abs(new - x[i + 2]))
            made.append(Noise(own, storage=kinds[i].storage * np.abs(v)))
        return tuple(made)


# ---- by norms -------------------------------------------------------------------------------------------------------


@operator("LRN")
class LRN(Operator):
    """``x / (bias + alpha / size * sum x^2) ** beta``, the sum over neighbouring channels."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        return (x[0] / self._base(at, x[0]) ** at.get("beta", 0.75),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """``|y| (4 u + beta d / base)``; d is what the base is off.

        Kernels slide the window along the channels (ONNX Runtime, Caffe2): up to channel c they have rounded 2 c times, at
        sizes up to the largest base so far [derived: Azuma on those]. The power is good to 2 u, and two roundings more.
        """
        base, so_far = self._base(at, x[0]), np.maximum.accumulate(self._base(at, sizes(x[0])), axis=1)
        beyond = so_far >= at.format.largest  # once it has passed the largest number a sliding sum does not come back
        c = np.arange(base.shape[1]).reshape([-1 if a == 1 else 1 for a in range(base.ndim)])
        d = at.format.elementwise * np.sqrt(2 * c + at.attributes["size"] + 1) * so_far
        own = np.abs(y[0]) * (4 * at.format.elementwise + at.get("beta", 0.75) * d / base)
        return (Noise(own, (), stored(at, y[0]), overflow=beyond if beyond.any() else None),)

    @staticmethod
    def _base(at: Site, x: Any) -> F64:
        size, channels = int(at.attributes["size"]), x.shape[1]
        before = (size - 1) // 2
        edges = [(before, size - 1 - before) if a == 1 else (0, 0) for a in range(x.ndim)]
        squares = np.pad(x * x, edges)
        total = sum(squares[:, i : i + channels] for i in range(size))
        return np.asarray(at.get("bias", 1.0) + at.get("alpha", 1e-4) / size * total)


@operator("LpNormalization")
class LpNormalization(Operator):
    """Each row by its norm; a row of zeros stays zero. The norm's error, form R, is one draw for the row."""

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        total = self._powers(at, x[0]).sum(axis=at.get("axis", -1), keepdims=True)
        norm = total if at.get("p", 2) == 1 else np.sqrt(total)
        return (np.where(norm == 0, 0.0, x[0] / np.where(norm == 0, 1.0, norm)),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        u, axis, powers = at.format.elementwise, at.get("axis", -1) % x[0].ndim, self._powers(at, x[0])
        total = np.maximum(powers.sum(axis=axis, keepdims=True), np.finfo(np.float64).tiny)
        added = summed(at, powers, (axis,))
        norm = np.asarray(added.own) / (at.get("p", 2) * total) + u
        # Squares that a kernel may flush, or that overflow: the norm may be anything.
        lost = (total < added.flush / u) & (powers > 0) if at.get("p", 2) == 2 else np.zeros(y[0].shape, bool)
        lost = lost | (False if added.overflow is None else added.overflow)
        return (
            Noise(
                u * np.abs(y[0]), (Shared(y[0] * norm, (axis,)),), stored(at, y[0]), 0.0, lost if lost.any() else None
            ),
        )

    @staticmethod
    def _powers(at: Site, x: Any) -> F64:
        if at.get("p", 2) not in (1, 2):
            raise Unsupported(f"LpNormalization: p of {at.get('p')}")
        return np.asarray(np.abs(x) if at.get("p", 2) == 1 else x * x)


# ---- softmax --------------------------------------------------------------------------------------------------------


def _along(at: Site, rank: int) -> Axes:
    """The axes that are one row: one of them, and before opset 13 all from it on."""
    if at.opset >= 13:
        return (at.get("axis", -1) % rank,)
    return tuple(range(at.get("axis", 1) % rank, rank))


@operator("Softmax", "LogSoftmax")
class Softmax(Operator):
    """``exp(x - max) / sum``, or its logarithm.

    The difference is rounded, so an exponential is off by ``2 + |x - max|`` roundings of itself; the sum of them is off for
    the whole row alike, by these in quadrature and by form R [derived].
    """

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        p, d, log = self._shares(at, x[0])
        return (d - log if at.kind == "LogSoftmax" else p,)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        u, axes = at.format.elementwise, _along(at, x[0].ndim)
        p, d, _ = self._shares(at, x[0])
        distance = np.where(np.isfinite(d), np.abs(d), 0.0)
        each = 2 + distance
        added = np.asarray(summed(at, p, axes).own) * (u / at.format.accumulate)
        total = added + u * np.sqrt(np.square(p * each).sum(axis=axes, keepdims=True))
        if at.kind == "LogSoftmax":
            row = np.broadcast_to(total + u, p.shape)
            return (Noise(u * (distance + 1), (Shared(row, axes),), stored(at, y[0])),)
        return (Noise(u * p * (each + 1), (Shared(p * total, axes),), stored(at, y[0])),)

    @staticmethod
    def _shares(at: Site, x: Any) -> tuple[F64, F64, F64]:
        """The shares, how far each element is below the largest of its row, and the logarithm of the row's sum."""
        axes = _along(at, x.ndim)
        top = x.max(axis=axes, keepdims=True, initial=-np.inf)
        d = x - np.where(top == -np.inf, 0.0, top)  # beside an infinity nothing has a share: it is NaN throughout
        e = np.exp(d)
        total = e.sum(axis=axes, keepdims=True)
        return e / total, d, np.log(total)


def _hardmax(at: Site, x: Any) -> Any:
    axes = _along(at, x.ndim)
    rows = x.reshape(*x.shape[: axes[0]], prod(x.shape[a] for a in axes), *x.shape[axes[-1] + 1 :])
    if not rows.size:
        return x
    places = np.arange(rows.shape[axes[0]]).reshape([-1 if a == axes[0] else 1 for a in range(rows.ndim)])
    return (places == rows.argmax(axis=axes[0], keepdims=True)).astype(np.float64).reshape(x.shape)


operator("Hardmax")(Move(_hardmax))
