"""Which value of the first graph plays the part of an ill value of the second. Pure numpy.

For certain where two operators of one kind hold the same weights, or none, and read the same values. Else by trial: put in
its place, something that is computed from it must be found in the first graph. Never by likeness alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parity.axes import Array
from parity.judging.matching import Matching, behind, edge, front
from parity.judging.pairing import Axes, apart, carried, fitting
from parity.judging.twins import Twin, root_mean_square
from parity.operators.base import Move
from parity.operators.graph import Value, reads
from parity.operators.table import OPERATORS

REACH = 24  #: ill values behind the first one that are looked at on either side: more than a decomposed operator has
TRIALS = 80  #: pairs that are tried
MISSING = 1.5  #: as so many operators counts that one side has no part at all: two unlike operators are likelier
FOLLOWING = 12  #: operators behind a replaced value that are computed in a trial
AHEAD = 4 * REACH  #: operators behind the first ill value that must be computed, so that those of its region are

How = Literal["weights", "operator", "what follows", "not"]
WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "Resize")  #: whose settings decide sizes


@dataclass(frozen=True)
class Part:
    """A value of the second side and the one of the first that plays its part; ``axes`` carry that there."""

    one: str
    two: str
    axes: Axes
    how: How


def choose(state: Matching, first: str, ill_one: Sequence[str], ill_two: Sequence[str]) -> Part | None:
    """The part of the first ill value of the second side, or of what is computed from it."""
    around = _around(state, first, ill_one, ill_two)
    for two in around.two:
        for one in around.one:
            how = _certain(state, one, two, around)
            if how is not None and (axes := next(_axes(state, around, one, two, sizes=True), None)) is not None:
                return Part(one, two, axes, how)
    layer = _same_layer(state, around)
    trials = _trials(state, around)
    for trial in trials:
        if layer is not None and not trial.within(around, layer):
            continue
        if shows(state, trial.one, trial.two, trial.axes):
            return Part(trial.one, trial.two, trial.axes, "what follows")
    if layer is not None:
        return layer
    return _resumed(state, around, behind(state.two, ill_two, [first]))


@dataclass(frozen=True)
class Around:
    """The ill values behind the first one on both sides, each with its group, and the well values in front of them."""

    one: dict[str, tuple[list[str], list[str]]]
    two: dict[str, tuple[list[str], list[str]]]
    well_one: tuple[str, ...]
    well_two: tuple[str, ...]
    bad_one: frozenset[str]
    bad_two: frozenset[str]


def _around(state: Matching, first: str, ill_one: Sequence[str], ill_two: Sequence[str]) -> Around:
    bad_one, bad_two = set(ill_one), set(ill_two)
    _, well = edge(state.two, bad_two, first)
    known = {partner.name for name in well for partner in state.found.get(name, ())}
    fronts = front(state.one, ill_one)
    near = [name for name in fronts if known & set(state.one.reads(name))] or fronts
    one = {name: edge(state.one, bad_one, name) for name in behind(state.one, ill_one, near)[:REACH]}
    two = {name: edge(state.two, bad_two, name) for name in behind(state.two, ill_two, [first])[:REACH]}
    # What nobody but ill values reads can be replaced without harm to what is well.
    free = [n for n in well if all(set(state.two.nodes[i].outputs) & bad_two for i in state.two.users.get(n, ()))]
    return Around(one, two, tuple(sorted(known)), tuple(free), frozenset(bad_one), frozenset(bad_two))


# ---- for certain ----------------------------------------------------------------------------------------------------


def _certain(state: Matching, one: str, two: str, around: Around) -> How | None:
    """Whether two operators are certainly each other's, and by what: nothing but movement may lie before them."""
    a, b = state.one.node(one), state.two.node(two)
    if (kernels := state.folded.get((one, two))) is not None:
        return "weights" if _read_the_same(state, *kernels, around) else None
    if (a.kind, a.domain) != (b.kind, b.domain) or a.outputs.index(one) != b.outputs.index(two):
        return None
    if not _read_the_same(state, one, two, around):
        return None
    held_one, held_two = _held(state.one, state.weights_one, one), _held(state.two, state.weights_two, two)
    if held_one and held_two:
        return "weights" if _one_weight(state, one, two, held_one[0], held_two[0]) else None
    if held_one or held_two or state.two.moves(two):
        return None
    if a.kind in WINDOWS or next(_axes(state, around, one, two), None) is not None:
        return "operator"
    return None


def _read_the_same(state: Matching, one: str, two: str, around: Around) -> bool:
    """Whether the operators of two values read matched values, but for movement, and the same ones."""
    here = [_settled(state.one, name, around.bad_one) for name in state.one.reads(one)]
    there = [_settled(state.two, name, around.bad_two) for name in state.two.reads(two)]
    if None in here or None in there or len(here) != len(there):
        return False
    return all({p.name for p in state.found.get(name or "", ())} & set(here) for name in there)


def _one_weight(state: Matching, one: str, two: str, here: str, there: str) -> bool:
    """Whether the largest weights of two operators are one: equal, or of equal sizes and neither equal to any other.

    A kernel that is the other's times a factor a channel has a normalisation folded into it, and is none of these.
    """
    a, b = state.weights_one[here], state.weights_two[there]
    if b.size < 2 or sorted(a.shape) != sorted(b.shape):
        return False
    if there in state.equal or here in state.theirs:
        return here in state.equal.get(there, ())
    places = state.one.maker[one], state.two.maker[two]
    return not any(pair.scaled and (pair.one, pair.two) == places for pair in state.layers)


def _same_layer(state: Matching, around: Around) -> Part | None:
    """The first two values that are computed of the same well values and the same stored weights, all of them.

    Only where a layer ends: nothing that it computes on the way is read elsewhere.
    """
    known = set(around.well_one)
    for two, (group_two, well_two) in around.two.items():
        if not _closed(state.two, group_two, two, around.bad_two):
            continue
        held_two = _roots(state.two, group_two)
        names = [set(state.equal.get(name, ())) for name in held_two]
        if not names or not all(names):
            continue
        for one, (group_one, well_one) in around.one.items():
            held_one = _roots(state.one, group_one)
            if len(held_one) != len(held_two) or not all(n & held_one for n in names) or not set(well_one) <= known:
                continue
            if not _closed(state.one, group_one, one, around.bad_one) or len(well_one) != len(well_two):
                continue
            if (axes := next(_axes(state, around, one, two), None)) is not None:
                return Part(one, two, axes, "weights")
    return None


def _closed(twin: Twin, group: Sequence[str], end: str, bad: frozenset[str]) -> bool:
    """Whether nothing of a group but its end is read by ill values outside of it."""
    inside = set(group)
    return not any(
        made in bad and made not in inside
        for name in group
        if name != end
        for i in twin.users.get(name, ())
        for made in twin.nodes[i].outputs
    )


def _roots(twin: Twin, group: Sequence[str]) -> set[str]:
    """The stored weights of several numbers that a group of values is computed of."""
    seen: set[str] = set()
    stack = [read for name in group for read in reads(twin.node(name)) if read not in twin.data]
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in twin.stored and name in twin.maker:
            stack += reads(twin.node(name))
    return {name for name in seen if name in twin.stored and name in twin.weights and twin.stored[name].size > 1}


def _settled(twin: Twin, name: str, bad: frozenset[str]) -> str | None:
    """The well value that a value is, but for movement; None where something was computed of ill ones on the way."""
    while name in bad:
        if not twin.moves(name):
            return None
        (name,) = set(twin.reads(name))
    return name


def _held(twin: Twin, known: Mapping[str, Array], name: str) -> list[str]:
    """The float weights an operator reads, the largest first."""
    return sorted((n for n in reads(twin.node(name)) if n in known), key=lambda n: -known[n].size)


# ---- axes -----------------------------------------------------------------------------------------------------------


def _axes(state: Matching, around: Around, one: str, two: str, sizes: bool = False) -> Iterator[Axes]:
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


# ---- by trial -------------------------------------------------------------------------------------------------------


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


def _trials(state: Matching, around: Around) -> list[Trial]:
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
            for axes in list(_axes(state, around, one, two))[:2]:
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


# ---- further on -----------------------------------------------------------------------------------------------------


def _resumed(state: Matching, around: Around, lost: Sequence[str]) -> Part | None:
    """What the next operator with the same weights reads: beyond what could not be paired, the comparison goes on there."""
    reached = set(lost)
    for pair in state.layers:
        if pair.scaled:
            continue
        twos = [n for n in state.two.nodes[pair.two].inputs if n in reached]
        ones = [n for n in state.one.nodes[pair.one].inputs if n in state.one.data]
        if len(twos) == 1 and len(ones) == 1 and twos[0] not in state.healed:
            for axes in _axes(state, around, ones[0], twos[0]):
                if shows(state, ones[0], twos[0], axes):
                    return Part(ones[0], twos[0], axes, "what follows")
    return None
