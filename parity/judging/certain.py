"""Which operators of two graphs are certainly each other's: they read the same values and hold the same weights. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parity.axes import Array
from parity.judging.around import Around, How, Part, joining
from parity.judging.matching import Matching
from parity.judging.twins import Twin
from parity.operators.graph import reads

WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "Resize")  #: whose settings decide sizes


def certain(state: Matching, one: str, two: str, around: Around) -> How | None:
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
    if a.kind in WINDOWS or next(joining(state, around, one, two), None) is not None:
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


def same_layer(state: Matching, around: Around) -> Part | None:
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
            if (axes := next(joining(state, around, one, two), None)) is not None:
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
