"""What lies around the first ill value of the second graph, on both sides, and the axes that join two values there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from parity.judging.matching import Matching, behind, edge, front
from parity.judging.pairing import Axes, carried, fitting

REACH = 24  #: ill values behind the first one that are looked at on either side: more than a decomposed operator has

How = Literal["weights", "operator", "what follows", "not"]


@dataclass(frozen=True)
class Part:
    """A value of the second side and the one of the first that plays its part; ``axes`` carry that there."""

    one: str
    two: str
    axes: Axes
    how: How


@dataclass(frozen=True)
class Around:
    """The ill values behind the first one on both sides, each with its group, and the well values in front of them."""

    one: dict[str, tuple[list[str], list[str]]]
    two: dict[str, tuple[list[str], list[str]]]
    well_one: tuple[str, ...]
    well_two: tuple[str, ...]
    bad_one: frozenset[str]
    bad_two: frozenset[str]


def around_of(state: Matching, first: str, ill_one: Sequence[str], ill_two: Sequence[str]) -> Around:
    """What lies around the first ill value; on the first side, behind what reads the same well values, where anything does."""
    bad_one, bad_two = set(ill_one), set(ill_two)
    _, well = edge(state.two, bad_two, first)
    known = {partner.name for name in well for partner in state.found.get(name, ())}
    fronts = front(state.one, ill_one)
    near = [name for name in fronts if known & set(state.one.reads(name))] or fronts
    one = {name: edge(state.one, bad_one, name) for name in behind(state.one, ill_one, near)[:REACH]}
    following = [name for name in behind(state.two, ill_two, [first])[:REACH] if name not in state.healed]
    two = {name: edge(state.two, bad_two, name) for name in following}
    # What nobody but ill values reads can be replaced without harm to what is well.
    free = [n for n in well if all(set(state.two.nodes[i].outputs) & bad_two for i in state.two.users.get(n, ()))]
    return Around(one, two, tuple(sorted(known)), tuple(free), frozenset(bad_one), frozenset(bad_two))


def joining(state: Matching, around: Around, one: str, two: str, sizes: bool = False) -> Iterator[Axes]:
    """The axes that can carry a value to another's place; ``sizes``: also where the sizes do not fit.

    First those by which what the one is computed of became what the other is, then the usual ones.
    """
    a, b = state.one.numbers(one), state.two.numbers(two)
    if a is None or b is None:
        return
    rank = state.rank(two)
    well_one = around.one[one][1] if one in around.one else [one]
    well_two = around.two[two][1] if two in around.two else [two]
    joined = [p for well in well_two for p in state.found.get(well, ()) if len(p.axes) == rank]
    hints = [p.axes for p in joined if p.name in well_one] + [p.axes for p in joined] + state.usual(rank)
    found = False
    for axes in fitting(a, b, hints):
        found = True
        yield axes
    if sizes and not found:
        yield from (axes for axes in dict.fromkeys([*hints, tuple(range(rank))]) if carried(a, axes, b) is not None)
