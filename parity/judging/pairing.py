"""Which values of two graphs are the same numbers, up to a permutation of axes.

Pure numpy. Found by what a permutation leaves as it is, mean and mean square, then compared number by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from parity.axes import F64, Array
from parity.judging.nearness import Spread
from parity.judging.twins import Twin, flat
from parity.operators.formats import FORMATS
from parity.records.verdict import LAMBDA

SAMPLE = 64  #: numbers that are looked at before all are
SUMMING = 2.0**-47  #: 64 roundings of float64: a pairwise sum of any length, in any order, is not farther off

Axes = tuple[int, ...]


@dataclass(frozen=True)
class Partner:
    """A value of the first side that a value of the second is: transposed by ``axes``, axes of length one left out."""

    name: str
    axes: Axes


# ---- arrays without their axes of length one ------------------------------------------------------------------------


def lined(arrays: Sequence[Array]) -> list[Array]:
    """The arrays of one value without the axes that are of length one on every input."""
    if len({a.ndim for a in arrays}) != 1:
        return [a.reshape(-1) for a in arrays]
    kept = [k for k in range(arrays[0].ndim) if any(a.shape[k] != 1 for a in arrays)]
    return [a.reshape([a.shape[k] for k in kept]) for a in arrays]


def carried(arrays: Sequence[Array], axes: Axes, like: Sequence[Array]) -> list[Array] | None:
    """One side's arrays in the axes of the other's value ``like``, whose sizes need not be equal; None where ranks differ."""
    lean = lined(arrays)
    if lean[0].ndim != len(axes) or lined(like)[0].ndim != len(axes):
        return None
    one = [k for k in range(like[0].ndim) if all(b.shape[k] == 1 for b in like)]
    return [np.expand_dims(a.transpose(axes), tuple(one)) for a in lean]


def fitting(one: Sequence[Array], two: Sequence[Array], hints: Iterable[Axes] = ()) -> Iterator[Axes]:
    """The permutations by which the shapes of one value become those of another, those of ``hints`` first."""
    a, b = [v.shape for v in lined(one)], [v.shape for v in lined(two)]
    if any(sorted(p) != sorted(q) for p, q in zip(a, b, strict=True)):
        return

    def fits(axes: Axes) -> bool:
        return all(tuple(p[k] for k in axes) == q for p, q in zip(a, b, strict=True))

    first = [axes for axes in dict.fromkeys(hints) if len(axes) == len(a[0]) and fits(axes)]
    yield from first
    yield from (axes for axes in permutations(range(len(a[0]))) if axes not in first and fits(axes))


def apart(a: Array, b: Array) -> F64:
    """The distance of two arrays of one shape: 0 for equal infinities and for NaN twice, infinite where structure differs."""
    if a.dtype.kind in "biu" and b.dtype.kind in "biu":
        return np.asarray(a != b, np.float64)
    with np.errstate(invalid="ignore"):
        d: F64 = np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64))
    if np.isfinite(d).all():
        return d
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(np.isfinite(d), d, np.where(same, 0.0, np.inf))


# ---- the index ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Print:
    """What a permutation leaves as it is, and how far honest noise moves it."""

    key: tuple[Any, ...]
    mean: float
    square: float
    mean_off: float
    root_off: float


def _print(arrays: Sequence[Array], spread: Spread | None) -> _Print:
    numbers = flat(arrays)
    fine = np.isfinite(numbers)
    odd = int(numbers.size - fine.sum())
    numbers = np.where(fine, numbers, 0.0) if odd else numbers
    n = max(numbers.size, 1)
    square = float(numbers @ numbers) / n
    off = np.zeros(1) if spread is None else LAMBDA * flat(spread)
    key = (arrays[0].dtype.kind == "f", odd, *(tuple(sorted(s for s in a.shape if s != 1)) for a in arrays))
    rounding = SUMMING * float(np.abs(numbers).mean()) if numbers.size else 0.0
    root_off = float(np.sqrt(np.square(off).mean())) if off.size else 0.0
    mean_off = float(off.mean()) if off.size else 0.0
    return _Print(key, float(numbers.sum()) / n, square, mean_off + rounding, root_off + SUMMING * square**0.5)


@dataclass
class _Bucket:
    names: list[str]
    prints: list[_Print]

    def __post_init__(self) -> None:
        order = np.argsort([p.mean for p in self.prints], kind="stable")
        self.names = [self.names[i] for i in order]
        self.prints = [self.prints[i] for i in order]
        self.means = np.array([p.mean for p in self.prints])
        self.roots = np.sqrt([p.square for p in self.prints])
        self.mean_off = np.array([p.mean_off for p in self.prints])
        self.root_off = np.array([p.root_off for p in self.prints])
        self.widest = float(self.mean_off.max())

    def near(self, p: _Print) -> list[str]:
        """Those whose mean and mean square can be those of ``p``: ``|rms a - rms b| <= rms (a - b)`` [Minkowski]."""
        reach = p.mean_off + self.widest
        first = int(np.searchsorted(self.means, p.mean - reach, side="left"))
        found = slice(first, int(np.searchsorted(self.means, p.mean + reach, side="right")))
        fits = np.abs(self.means[found] - p.mean) <= self.mean_off[found] + p.mean_off
        fits &= np.abs(self.roots[found] - p.square**0.5) <= self.root_off[found] + p.root_off
        return [self.names[first + int(i)] for i in np.flatnonzero(fits)]


class Index:
    """The values of one side that depend on data, and its outputs, to be found by their numbers."""

    def __init__(self, twin: Twin, spread: Mapping[str, Spread]) -> None:
        self.twin, self.spread = twin, spread
        groups: dict[tuple[Any, ...], tuple[list[str], list[_Print]]] = {}
        for name in twin.values:
            shown = name in twin.data or name in twin.graph.outputs
            if shown and (arrays := twin.numbers(name)) is not None:
                made = _print(arrays, spread.get(name))
                names, prints = groups.setdefault(made.key, ([], []))
                names.append(name)
                prints.append(made)
        self._buckets = {key: _Bucket(*group) for key, group in groups.items()}
        self.hints: dict[int, dict[Axes, int]] = {}  #: how often values of a rank were joined by these axes

    def usual(self, rank: int) -> list[Axes]:
        """The axes by which values of a rank were joined so far, the most frequent first."""
        votes = self.hints.get(rank, {})
        return sorted(votes, key=lambda axes: -votes[axes])

    def partners(self, arrays: Sequence[Array], spread: Spread | None) -> tuple[Partner, ...]:
        """The values here that are these numbers, each with the axes that carry it there."""
        made = _print(arrays, spread)
        bucket = self._buckets.get(made.key)
        if bucket is None:
            return ()
        found = []
        for name in bucket.near(made):
            mine = self.twin.numbers(name)
            assert mine is not None
            axes = self._joined(mine, self.spread.get(name), arrays, spread)
            if axes is not None:
                found.append(Partner(name, axes))
        for partner in found[:1]:
            votes = self.hints.setdefault(len(partner.axes), {})
            votes[partner.axes] = votes.get(partner.axes, 0) + 1
        return tuple(found)

    def _joined(
        self, one: Sequence[Array], off_one: Spread | None, two: Sequence[Array], off_two: Spread | None
    ) -> Axes | None:
        a, b = lined(one), lined(two)
        p = None if off_one is None else lined(off_one)
        q = None if off_two is None else lined(off_two)
        for axes in fitting(one, two, self.usual(a[0].ndim)):
            if _same(a, b, p, q, axes):
                return axes
        return None


def allowed(off_one: Array | float, off_two: Array | float) -> Any:
    """How far the same number of two sides may lie apart, from the drawn spreads of both."""
    return LAMBDA * (off_one + off_two) + 4 * FORMATS["float64"].tiny


def _same(
    a: Sequence[Array], b: Sequence[Array], off_a: Sequence[Array] | None, off_b: Sequence[Array] | None, axes: Axes
) -> bool:
    """Whether b is a transposed by axes, on every input; a sample is looked at first."""
    for k, (x, y) in enumerate(zip(a, b, strict=True)):
        x = x.transpose(axes)
        p: Any = 0.0 if off_a is None else off_a[k].transpose(axes)
        q: Any = 0.0 if off_b is None else off_b[k]
        if y.size <= SAMPLE:
            if not _near(x, y, p, q):
                return False
            continue
        few = np.unravel_index(np.linspace(0, y.size - 1, SAMPLE).astype(np.int64), y.shape)
        if not _near(x[few], y[few], *(v[few] if np.ndim(v) else v for v in (p, q))):
            return False
        if not _near(x, y, p, q):
            return False
    return True


def _near(x: Array, y: Array, p: Any, q: Any) -> bool:
    return bool((apart(np.asarray(x), np.asarray(y)) <= allowed(p, q)).all())
