"""Accuracy beside correctness: cases that every route passes, but one far less accurately than another. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from parity.records.lines import Check, Number, worst

TIMES = 10.0  #: by how many times one route's need must be another's to be told
ABOVE = 0.3  #: and how large it must be: below, both are far inside what rounding allows


@dataclass(frozen=True)
class Contrast:
    """A case, or cases alike, whose routes differ in accuracy, all of them within the bound.

    family: the first word of the cases' names; case: the one in which the difference is largest; shard: of a merged file,
    which of its shards that is of; needs: the lambda that each route would have needed there (dimensionless, the gate is
    ``LAMBDA``), the largest first; cases: how many there are whose least accurate route is the same.
    """

    family: str
    case: str
    shard: int | None
    needs: tuple[tuple[str, float], ...]
    cases: int = 1

    @property
    def route(self) -> str:
        """The least accurate route."""
        return self.needs[0][0]


def contrasts(checks: Iterable[Check]) -> list[Contrast]:
    """Where one route's need is at least ``TIMES`` another's on the same case and above ``ABOVE``; one line a family and route.

    Only checks that passed are compared, each with those of its own case and shard. The families with the largest need first.
    """
    needs: dict[tuple[int, str], list[tuple[str, float]]] = {}
    for check in checks:
        need = _need(check)
        if need is not None:
            needs.setdefault((-1 if check.shard is None else check.shard, check.case), []).append((check.route, need))
    found: dict[tuple[int, str, str], list[Contrast]] = {}
    for (shard, case), of_case in needs.items():
        ranked = sorted(of_case, key=lambda one: (-one[1], one[0]))
        largest, least = ranked[0][1], ranked[-1][1]
        if largest > ABOVE and largest >= TIMES * least and len(ranked) > 1:
            one = Contrast(case.split("/")[0], case, None if shard < 0 else shard, tuple(ranked))
            found.setdefault((shard, one.family, one.route), []).append(one)
    told = []
    for alike in found.values():
        first = min(alike, key=lambda one: (-one.needs[0][1], one.case))
        told.append(Contrast(first.family, first.case, first.shard, first.needs, len(alike)))
    return sorted(told, key=lambda one: (-one.needs[0][1], one.case, one.route))


def _need(check: Check) -> float | None:
    """What a passing check needs, None where it has no such figure. How often it drops is statistics, and no accuracy."""
    if check.status != "pass":
        return None
    probes: list[Number | None] = [p.need for p in check.probes if p.probe != "draws"]
    need = worst(iter([*probes, *(layer.need for layer in check.layers)]))
    return need if isinstance(need, int | float) and isfinite(need) else None
