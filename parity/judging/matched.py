"""Which operators of two graphs were found to be each other's, once all is compared. Pure numpy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from parity.judging.matching import Matching
from parity.judging.pairing import Partner, apart, carried
from parity.judging.twins import root_mean_square


@dataclass(frozen=True)
class Match:
    """Two operators, by their places, that give the same values.

    distance: the largest difference over the root mean square of the first side's; weights: whether they hold the same weights
    too; healed: whether the values agree only since what differs before them was healed.
    """

    one: int
    two: int
    distance: float
    weights: bool
    healed: bool


def matches(state: Matching, before: Collection[str]) -> tuple[Match, ...]:
    """The operator of the first side for each of the second's that has one; before: the values found before anything was healed."""
    layers = {(pair.one, pair.two) for pair in state.layers}
    found: dict[int, Match] = {}
    for name, partners in state.found.items():
        two = state.two.maker.get(name)
        if two is None or two in found or name in state.healed:
            continue
        partner = _likeliest(state, two, partners)
        if partner is not None:
            one = state.one.maker[partner.name]
            distance = _distance(state, partner, name)
            found[two] = Match(one, two, distance, (one, two) in layers, name not in before)
    return tuple(found[two] for two in sorted(found))


def _likeliest(state: Matching, two: int, partners: tuple[Partner, ...]) -> Partner | None:
    """Of the values that are the same numbers, the one that is made by an operator of the same kind, else the first."""
    made = [partner for partner in partners if partner.name in state.one.maker]
    kind = state.two.nodes[two].kind
    return next((p for p in made if state.one.node(p.name).kind == kind), made[0] if made else None)


def _distance(state: Matching, partner: Partner, name: str) -> float:
    a, b = state.one.numbers(partner.name), state.two.numbers(name)
    if a is None or b is None or (moved := carried(a, partner.axes, b)) is None:
        return 0.0
    size = root_mean_square(a)
    far = max((float(apart(x, y).max(initial=0.0)) for x, y in zip(moved, b, strict=True)), default=0.0)
    return far / size if size else far
