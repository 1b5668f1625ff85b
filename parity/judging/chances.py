"""What a layer that draws at random is held to: its statistics. Pure numpy.

Each statistic counts independent trials of one probability. Hoeffding's inequality ("Probability Inequalities for Sums of
Bounded Random Variables", 1963, Theorem 1) says how far a count strays: of n trials of probability p, a share as far from p
as q on its side has a probability of at most ``exp(-n KL(q, p))``, with the Kullback-Leibler divergence of two coins. It
holds for every n, so an honest layer fails with at most the stated level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import erf, inf, log, sqrt

import numpy as np

from parity.axes import F64, Array
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth
from parity.layers.base import Chance
from parity.operators.formats import FORMATS

LEVEL = 1e-6  #: the largest probability that an honest layer fails any of a check's statistics
ROUNDINGS = 8  #: of numbers up to 1, that a dropped element other than 0 may be computed with
RESOLVED = 1e-4  #: of a noise's deviation: where an input's own rounding is larger, nothing shows of what is added
BEYOND = (-2.0, -1.0, 0.0, 1.0, 2.0)  #: deviations from the mean, above which the elements of a noise are counted


@dataclass(frozen=True)
class Statistic:
    """``count`` of ``trials``, each of probability ``expected``; says: what is counted."""

    says: str
    count: int
    trials: int
    expected: float

    def divergence(self) -> float:
        """``n KL(share, expected)``, in nats."""
        share = self.count / self.trials
        total = 0.0
        for seen, expected in ((share, self.expected), (1 - share, 1 - self.expected)):
            if seen > 0:
                total += seen * log(seen / expected) if expected > 0 else inf
        return self.trials * total

    def __str__(self) -> str:
        return f"{self.says} in {self.count / self.trials:.2%} of {self.trials:,}, expected {self.expected:.2%}"


def as_drawn(truth: Truth, observed: Array, chance: Chance) -> Truth:
    """The truth where every element may be what was drawn: dropped, or of a noise whatever number it is."""
    if chance.kind == "drop":
        drawn, y, room = _dropped(observed, chance), np.full(observed.shape, chance.dropped), _room(chance)
    else:
        drawn, y, room = np.isfinite(observed), observed.astype(np.float64), 0.0
    return replace(
        truth,
        y=np.where(drawn, y, truth.y),
        evaluation=np.where(drawn, 0.0, truth.evaluation),
        storage=np.where(drawn, room, truth.storage),
    )


def judge_draws(chance: Chance, x: Array, outputs: Sequence[Array], axes: Sequence[str]) -> tuple[Comparison, str]:
    """The statistics of all answers to one input, and what is told of them.

    x: the input, canonical axes; outputs: one answer a call, of the input's shape; axes: the names of their axes. Inputs of
    which nothing shows are left out: of 0, where that is what a dropped element is.
    """
    together = np.stack(outputs)
    if chance.kind != "drop":
        found = _of_noise(chance, x.astype(np.float64), together.astype(np.float64), axes)
    else:
        kept = ~_dropped(together, chance)
        counts: Array = np.not_equal(x, 0) | bool(chance.dropped)
        if chance.channels:
            behind = tuple(range(2, x.ndim))
            whole: Array = np.asarray(kept.any(axis=tuple(axis + 1 for axis in behind), keepdims=True))
            if parts := int(((kept != whole) & counts).sum()):
                return Comparison(
                    "draws", f"{parts:,} elements are dropped though others of their channel are kept"
                ), ""
            kept, counts = whole.reshape(whole.shape[:3]), np.asarray(counts.any(axis=behind))
        found = _of_drops(chance, counts, kept, axes)
    statistics = [s for s in found if s.trials]
    if not statistics:
        return Comparison("empty", "no input shows what is drawn: every one is 0, or too large"), ""
    limit = log(2 * len(statistics) / LEVEL)
    worst = max(statistics, key=Statistic.divergence)
    ratio = worst.divergence() / limit
    kind = "draws" if ratio > 1 else None
    told = f"{statistics[0]}; {len(statistics)} statistics at a level of {LEVEL:g} in all"
    return Comparison(kind, str(worst), ratio), told  # type: ignore[arg-type]


def _room(chance: Chance) -> float:
    """How far a dropped element may be from what it is."""
    return 0.0 if chance.dropped == 0 else ROUNDINGS * FORMATS["float32"].elementwise * max(1.0, abs(chance.dropped))


def _dropped(observed: Array, chance: Chance) -> Array:
    """Which elements are what a dropped one is."""
    return np.asarray(np.abs(observed - chance.dropped) <= _room(chance))


def _of_drops(chance: Chance, counts: Array, kept: Array, axes: Sequence[str]) -> Iterator[Statistic]:
    """How much is kept; how often neighbours along each axis, and the same one in two calls, fare alike."""
    rate, both = chance.amount, np.broadcast_to(counts, kept.shape)
    each = "channels" if chance.channels else "elements"
    yield Statistic(f"{each} are kept", int(kept[both].sum()), int(both.sum()), 1 - rate)
    yield from _alike(each[:-1], kept, both, rate**2 + (1 - rate) ** 2, axes)


def _of_noise(chance: Chance, x: F64, y: F64, axes: Sequence[str]) -> Iterator[Statistic]:
    """How much lies above some deviations from the mean; how often neighbours, and the same element in two calls, lie on one side."""
    with np.errstate(all="ignore"):
        drawn = (y - x if chance.kind == "add" else y / x - 1) / chance.amount
    rounding = FORMATS["float32"].storage * np.abs(x)
    shows = rounding < RESOLVED * chance.amount if chance.kind == "add" else rounding > FORMATS["float32"].tiny
    judged = np.broadcast_to(shows, y.shape)
    for sigma in BEYOND:
        above = int((drawn[judged] > sigma).sum())
        expected = 0.5 * (1 - erf(sigma / sqrt(2)))
        yield Statistic(f"the noise is above {sigma:g} deviations", above, int(judged.sum()), expected)
    yield from _alike("element", drawn > 0, judged, 0.5, axes)


def _alike(each: str, drawn: Array, both: Array, expected: float, axes: Sequence[str]) -> Iterator[Statistic]:
    """How often two fare alike. Pairs are disjoint, so that each is a trial of its own."""
    for axis, name in enumerate(("calls", *axes[: drawn.ndim - 1])):
        pairs = drawn.shape[axis] // 2
        first, second = (np.arange(pairs) * 2 + i for i in (0, 1))
        judged = both.take(first, axis) & both.take(second, axis)
        same = (drawn.take(first, axis) == drawn.take(second, axis)) & judged
        where = f"the same {each} in two calls fares alike" if axis == 0 else f"neighbours along {name} fare alike"
        yield Statistic(where, int(same.sum()), int(judged.sum()), expected)
