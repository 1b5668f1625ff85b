"""Which value plays the part of another, by trial: in its place, what is computed from it is found in the first graph. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.axes import Array
from parity.judging.around import Around, Part, joining
from parity.judging.matching import Matching
from parity.judging.pairing import Axes, apart, carried
from parity.judging.twins import Twin, root_mean_square
from parity.operators.base import Move
from parity.operators.graph import Value, reads
from parity.operators.table import OPERATORS

TRIALS = 80  #: pairs that are tried
MISSING = 1.5  #: as so many operators counts that one side has no part at all: two unlike operators are likelier
FOLLOWING = 12  #: operators behind a replaced value that are computed in a trial


@dataclass(frozen=True)
class Trial:
    """A pair worth trying. ``cost``: how many operators it would say are different."""

    one: str
    two: str
    axes: Axes
    cost: float
    off: float  #: how unlike the two are

    def within(self, around: Around, layer: Part) -> bool:
        """Whether both lie before a layer or are it: later ones are for later."""
        before_one, before_two = list(around.one), list(around.two)
        i = before_one.index(self.one) if self.one in around.one else -1
        j = before_two.index(self.two) if self.two in around.two else -1
        return i <= before_one.index(layer.one) and j <= before_two.index(layer.two)


def trials(state: Matching, around: Around) -> list[Trial]:
    """Pairs worth trying, those that say least first. A well value on either side: the other has an operator too many."""
    found = []
    for one in [*around.well_one, *around.one]:
        for two in [*around.well_two, *around.two]:
            if one not in around.one and two not in around.two:
                continue
            missing = one not in around.one or two not in around.two
            a, b = state.one.numbers(one), state.two.numbers(two)
            if a is None or b is None:
                continue
            cost = _computed(state.one, around.one, one) + _computed(state.two, around.two, two) + MISSING * missing
            for axes in list(joining(state, around, one, two))[:2]:
                moved = carried(a, axes, b)
                if moved is not None:
                    found.append(Trial(one, two, axes, cost, distance(moved, b)))
    return sorted(found, key=lambda t: (t.cost, t.off))[:TRIALS]


def _computed(twin: Twin, groups: Mapping[str, tuple[list[str], list[str]]], name: str) -> int:
    """How many operators of a value's group compute anything; all, where none does."""
    group = groups[name][0] if name in groups else []
    return sum(not twin.moves(n) for n in group) or len(group)


def distance(a: Sequence[Array], b: Sequence[Array]) -> float:
    """The root mean square of the difference over that of ``a``: 1.4 for two unrelated values of one size."""
    total = sum(float(np.square(np.where(np.isfinite(d), d, 0.0)).sum()) for d in map(apart, a, b))
    count = sum(x.size for x in a)
    size = root_mean_square(a)
    return float(np.sqrt(total / max(count, 1))) / size if size else float(total > 0)


def shows(state: Matching, one: str, two: str, axes: Axes) -> bool:
    """Whether something computed from ``two`` is found in the first graph, behind ``one``, with ``one`` in its place."""
    a, b = state.one.numbers(one), state.two.numbers(two)
    assert a is not None
    assert b is not None
    moved = carried(a, axes, b)
    if moved is None:
        return False
    twin = state.two
    following = {name for i in state.one.after([one]) for name in state.one.nodes[i].outputs}
    changed: dict[str, tuple[Value, ...]] = {two: tuple(Value(m, twin.values[two][0].dtype) for m in moved)}
    computed: set[str] = set()
    ends = {b: a for a, b in state.outputs()}
    if two in ends and ends[two] == one and not twin.users.get(two):
        return True
    for i in twin.after([two])[:FOLLOWING]:
        node = twin.nodes[i]
        needed = list(reads(node))
        if any(name not in changed and name not in twin.values for name in needed):
            continue
        try:
            made = [
                twin.outputs(i, {name: changed.get(name, twin.values.get(name, ()))[k] for name in needed})
                for k in range(len(moved))
            ]
        except Exception:  # noqa: BLE001 - numbers in a place they may not fit: then this is not the place
            return False
        rule = OPERATORS.get((node.domain, node.kind))
        numeric = not isinstance(rule, Move) and node.kind != "Identity"
        for name in made[0]:
            if name in twin.replaced:
                continue
            changed[name] = tuple(each[name] for each in made)
            if numeric or any(read in computed for read in needed):
                computed.add(name)
            partners = {p.name for p in state.partners(name, [np.asarray(v.y) for v in changed[name]])}
            if name in computed and partners & following and name not in state.found:
                return True
            if name in ends and ends[name] in partners:
                return True
    return False
