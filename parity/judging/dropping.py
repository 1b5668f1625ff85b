"""What a layer that sets elements to 0 at random is held to: its statistics. Pure numpy.

Each statistic counts independent trials of one probability. Hoeffding's inequality ("Probability Inequalities for Sums of
Bounded Random Variables", 1963, Theorem 1) says how far a count strays: of n trials of probability p, a share as far from p
as q on its side has a probability of at most ``exp(-n KL(q, p))``, with the Kullback-Leibler divergence of two coins. It
holds for every n, so an honest layer fails with at most the stated level.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, log

import numpy as np

from parity.axes import Array
from parity.judging.compare import Comparison
from parity.judging.oracle import Truth

LEVEL = 1e-6  #: the largest probability that an honest layer fails any of a check's statistics


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


def with_dropped(truth: Truth, observed: Array) -> Truth:
    """The truth where every element that is exactly 0 may be one that was dropped."""
    dropped = observed == 0
    return replace(
        truth,
        y=np.where(dropped, 0.0, truth.y),
        evaluation=np.where(dropped, 0.0, truth.evaluation),
        storage=np.where(dropped, 0.0, truth.storage),
    )


def judge_draws(rate: float, x: Array, outputs: Sequence[Array], axes: Sequence[str]) -> tuple[Comparison, str]:
    """The statistics of all answers to one input, and what is told of them.

    rate: the probability of a drop; x: the input, canonical axes; outputs: one answer a call, of the input's shape; axes:
    the names of their axes. Inputs of 0 tell nothing and are left out.
    """
    statistics = [s for s in _statistics(rate, x != 0, np.stack(outputs) != 0, axes) if s.trials]
    if not statistics:
        return Comparison("empty", "every input is 0, so nothing shows what is kept"), ""
    limit = log(2 * len(statistics) / LEVEL)
    worst = max(statistics, key=Statistic.divergence)
    ratio = worst.divergence() / limit
    kind = "draws" if ratio > 1 else None
    told = f"{statistics[0]}; {len(statistics)} statistics at a level of {LEVEL:g} in all"
    return Comparison(kind, str(worst), ratio), told  # type: ignore[arg-type]


def _statistics(rate: float, counts: Array, kept: Array, axes: Sequence[str]) -> Iterator[Statistic]:
    """How much is kept; how often neighbours along each axis, and the same element in two calls, fare alike.

    Pairs are disjoint, so that each is a trial of its own.
    """
    both = np.broadcast_to(counts, kept.shape)
    yield Statistic("elements are kept", int(kept[both].sum()), int(both.sum()), 1 - rate)
    alike = rate**2 + (1 - rate) ** 2
    for axis, name in enumerate(("calls", *axes)):
        pairs = kept.shape[axis] // 2
        first, second = (np.arange(pairs) * 2 + i for i in (0, 1))
        judged = both.take(first, axis) & both.take(second, axis)
        same = (kept.take(first, axis) == kept.take(second, axis)) & judged
        where = "the same element in two calls fares alike" if axis == 0 else f"neighbours along {name} fare alike"
        yield Statistic(where, int(same.sum()), int(judged.sum()), alike)
