"""Rows that are normalised by their own mean and variance, and what their statistics may be off by. Pure numpy on float64."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from parity.axes import F64, Array
from parity.operators.base import Noise, Shared, Site, stored
from parity.operators.reduction import summed

Axes = tuple[int, ...]


class Rows(NamedTuple):
    """What is normalised: the data in the shape in which their statistics are taken, and what is done afterwards."""

    x: F64
    axes: Axes  #: over which the statistics are taken
    scale: Any = 1.0  #: broadcasts against x, as the bias does
    bias: Any = 0.0
    mean: Any = 0.0  #: of each row, 0 where it is not taken off
    inverse: Any = 1.0  #: what the centred data are multiplied by: 1 / sqrt(variance + epsilon)

    @property
    def normalised(self) -> F64:
        """The data without scale and bias."""
        return np.asarray((self.x - self.mean) * self.inverse)


def measured(rows: Rows, epsilon: float, centred: bool = True) -> tuple[Rows, F64]:
    """The rows with their mean and inverse deviation filled in, and their variance (that of the population)."""
    n = max(prod(rows.x.shape[a] for a in rows.axes), 1)
    mean = rows.x.sum(axis=rows.axes, keepdims=True) / n if centred else np.zeros(())
    variance = np.square(rows.x - mean).sum(axis=rows.axes, keepdims=True) / n
    return rows._replace(mean=mean, inverse=1 / np.sqrt(variance + epsilon)), variance


class Doubt(NamedTuple):
    """How far the statistics of a kernel may be off at lambda = 1, for each row."""

    mean: F64
    variance: F64
    inverse: F64
    overflow: Array | None  #: where the sum of squares may pass the largest number


def doubt(at: Site, rows: Rows) -> Doubt:
    """Form R of the two sums. Kernels may take the variance as ``E x^2 - mean^2`` in one pass.

    That makes it off by what the mean of squares is off: the bound holds the square of the mean and is wide where that is
    large [derived].
    """
    u, n = at.format.accumulate, max(prod(rows.x.shape[a] for a in rows.axes), 1)
    squares = rows.x * rows.x
    total = summed(at, squares, rows.axes)
    mean = np.zeros(())
    if np.ndim(rows.mean):
        mean = np.asarray(summed(at, rows.x, rows.axes).own) / n + u * np.abs(rows.mean)
    variance = np.asarray(total.own) / n + 2 * u * squares.sum(axis=rows.axes, keepdims=True) / n
    inverse = rows.inverse * (0.5 * variance * rows.inverse**2 + 2 * at.format.elementwise)
    return Doubt(mean, variance, inverse, total.overflow)


def row_noise(at: Site, y: F64, rows: Rows, off: Doubt, axes: Axes) -> Noise:
    """What ``(x - mean) inverse scale + bias`` rounds: the errors of the statistics are one draw along ``axes`` of y.

    ``|s| (i (d_mean + u (|x| + |mean|)) + |z| (i^2 d_var / 2 + 2 u)) + u (|b| + |z s|)`` in all, with z the normalised
    data and i the inverse deviation [derived: counted; the folded form x (i s) + (b - mean i s) is the reason for |x|].
    """
    u, shape = at.format.elementwise, rows.x.shape
    z, gain = rows.normalised, rows.inverse * rows.scale
    own = u * (np.abs(gain * rows.x) + 2 * np.abs(z * rows.scale) + np.abs(rows.bias))
    shift = gain * (off.mean + u * np.abs(rows.mean))
    stretch = rows.scale * z * (0.5 * off.variance * rows.inverse**2 + u)
    shared = [stretch, shift] if np.ndim(rows.mean) else [stretch]
    parts = tuple(Shared(np.broadcast_to(part, shape).reshape(y.shape), axes) for part in shared)
    overflow = None if off.overflow is None else np.broadcast_to(off.overflow, shape).reshape(y.shape)
    return Noise(np.broadcast_to(own, shape).reshape(y.shape), parts, stored(at, y), overflow=overflow)
