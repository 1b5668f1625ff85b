"""Are two graphs the same function, and where do they part? Pure: two sides in, the places where they differ out.

The first operators whose inputs match and whose outputs do not are where the two part. The first graph's value is then put
into the second in place of its own, and what follows is compared anew, until nothing disagrees: every difference is named,
and when nothing is left, the rest is proven to be the same function on these inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from parity.axes import Array, Shape
from parity.judging.around import How
from parity.judging.healing import AHEAD, choose
from parity.judging.holding import Layers
from parity.judging.matched import Match, matches
from parity.judging.matching import Matching, behind, edge, front
from parity.judging.nearness import Spread
from parity.judging.pairing import Axes, Partner, allowed, apart, carried, lined
from parity.judging.play import Play, play
from parity.judging.twins import Side, Twin, flat, root_mean_square
from parity.judging.unseen import unseen
from parity.operators.graph import title


@dataclass(frozen=True)
class Place:
    """An operator of a graph: its place in computing order, and what it is called there."""

    index: int
    kind: str
    name: str
    scope: str
    value: str  #: the name of the output that is meant

    def __str__(self) -> str:
        return f"{self.name or self.value}, {self.kind}" + (f", of {self.scope}" if self.scope else "")


@dataclass(frozen=True)
class Worst:
    """The element that is farthest off: which input, where it stands on either side, and the two numbers."""

    inputs: int
    index_one: tuple[int, ...]
    index_two: tuple[int, ...]
    one: float
    two: float
    allowed: float


@dataclass(frozen=True)
class Scene:
    """What computed the two values when they parted, and the axes that carry the first side's to the second's place."""

    axes: Axes
    one: Play
    two: Play


@dataclass(frozen=True)
class Parting:
    """One place where the two graphs differ.

    ``one`` and ``two`` are the operators whose values should be the same and are not; the groups are these and all that they
    are computed of from matched values on. An operator that the other side has no part for stands alone.
    """

    kind: Literal["value", "shape", "no part"]
    one: Place | None
    two: Place | None
    group_one: tuple[Place, ...] = ()
    group_two: tuple[Place, ...] = ()
    shapes: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())  #: of both values, on the first input
    distance: float = np.nan  #: the largest difference over the root mean square of the first side's value
    ratio: float = np.nan  #: the largest difference over what was allowed there
    worst: Worst | None = None
    how: How = "not"  #: what shows that the two play one part: "not" where no part was found, so nothing was healed
    why: str = ""  #: why the second side's value could not be computed, where it could not
    scene: Scene | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Compared:
    """What became of two graphs."""

    partings: tuple[Parting, ...]
    same: bool  #: nothing parted, all outputs agree and nothing was left out
    matched: int  #: values of the second side that are found in the first, before anything was healed
    values: int  #: of so many that could be compared
    left: int  #: values that still disagree after healing: 0 proves that the rest is the same function
    outputs: tuple[tuple[str, str, bool], ...]  #: both names of every output, and whether they agreed as given
    unpaired: tuple[str, ...]  #: outputs that only one side has
    vague: tuple[str, ...]  #: outputs that prove nothing: constant, or allowed to differ by as much as they vary
    failed: tuple[str, ...]  #: what could not be computed, after healing too, in words
    layers: tuple[Layers, ...]  #: operators with the same weights
    unseen: tuple[str, ...]  #: weights that differ and do not show, in words
    matches: tuple[Match, ...]  #: the operators that were found to be each other's, in the second's order
    shapes: tuple[dict[int, Shape], dict[int, Shape]]  #: of what operators that data decides give, by their places


def compare_graphs(one: Side, two: Side) -> Compared:
    """Match, part, heal and go on. What an operator raises is listed under ``failed``.

    Raises ValueError where the two sides are not fed the same number of inputs, or none.
    """
    if not one.feeds or len(one.feeds) != len(two.feeds):
        raise ValueError(f"{len(one.feeds)} inputs of one side and {len(two.feeds)} of the other; give as many to both")
    state = Matching(one, two)
    before, outputs = set(state.found), [(a, b, state.agrees(a, b)) for a, b in state.outputs()]
    values = sum(state.two.numbers(name) is not None for name in state.two.values if name in state.two.data)
    partings: list[Parting] = []
    given_up: set[str] = set()
    while True:
        healed = _round(state, partings, given_up)
        if not healed:
            break
        state.draw()
    left = len(state.ill()[1])
    n = min(len(one.graph.outputs), len(two.graph.outputs))
    unpaired = (*one.graph.outputs[n:], *two.graph.outputs[n:])
    vague = tuple(two for _, two in state.outputs() if _is_vague(state, two))
    failed = tuple(
        f"{side}: {n}: {why}" for side, t in (("one", state.one), ("two", state.two)) for n, why in t.failed.items()
    )
    seen = {each.index for parting in partings for each in (*parting.group_two, *filter(None, [parting.two]))}
    seen |= {
        pair.two for pair in state.layers if pair.scaled
    }  # a normalisation folded in, which may leave zeros as they are
    dead = tuple(unseen(state.one, state.two, state.equal, seen))
    return Compared(
        partings=tuple(partings),
        same=not (partings or left or unpaired or vague or failed or dead) and bool(outputs),
        matched=len(before & state.two.data),
        values=values,
        left=left,
        outputs=tuple(outputs),
        unpaired=unpaired,
        vague=vague,
        failed=failed,
        layers=state.layers,
        unseen=dead,
        matches=matches(state, before),
        shapes=(_shapes(state.one), _shapes(state.two)),
    )


def _shapes(twin: Twin) -> dict[int, Shape]:
    """Of the first output of each operator, on the first input; none where it could not be computed."""
    found: dict[int, Shape] = {}
    for name, i in twin.maker.items():
        if name in twin.data and i not in found:
            arrays = twin.numbers(name)
            found[i] = () if arrays is None else arrays[0].shape
    return found


def _is_vague(state: Matching, name: str) -> bool:
    """Whether agreeing at an output says nothing."""
    arrays = state.two.numbers(name)
    if arrays is None:
        return True
    if name not in state.two.data and all(one not in state.one.data for one, two in state.outputs() if two == name):
        return False  # on neither side an input decides it
    numbers, spread = flat(arrays), flat(state.spread.get(name, ()))
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size or numbers.min() == numbers.max():
        return True
    return bool(spread.size and np.median(allowed(spread, spread)) >= numbers.std())


def _round(state: Matching, partings: list[Parting], given_up: set[str]) -> bool:
    """Part and heal until nothing more can be; whether anything was healed."""
    healed = False
    while True:
        ill_one, ill_two = state.ill()
        lost = set(behind(state.two, ill_two, given_up & set(ill_two)))
        fronts = [name for name in front(state.two, ill_two) if name not in lost]
        if not fronts:
            return healed
        if state.see(state.two.maker[fronts[0]] + AHEAD):
            continue
        part = choose(state, fronts[0], ill_one, ill_two)
        if part is None or part.two in state.healed:  # nothing is healed twice
            partings.append(_alone(state, fronts[0], ill_one, ill_two))
            given_up.add(fronts[0])
            continue
        found, arrays = _parted(state, part.one, part.two, part.axes, part.how, ill_one, ill_two)
        partings.append(found)
        state.heal(part.two, Partner(part.one, part.axes), arrays)
        healed = True


def _parted(
    state: Matching, one: str, two: str, axes: Axes, how: How, ill_one: Sequence[str], ill_two: Sequence[str]
) -> tuple[Parting, list[Array]]:
    """The parting of two values, and the first side's numbers in the second's axes."""
    a, b = state.one.numbers(one), state.two.numbers(two)
    assert a is not None
    assert b is not None
    moved = carried(a, axes, b)
    assert moved is not None
    group_one = edge(state.one, set(ill_one), one)[0] if one in ill_one else []
    group_two = edge(state.two, set(ill_two), two)[0] if two in ill_two else []
    off_one, off_two = state.index.spread.get(one), state.spread.get(two)
    scene = Scene(axes, play(state.one, one, group_one, off_one), play(state.two, two, group_two, off_two))
    same_sizes = all(x.shape == y.shape for x, y in zip(moved, b, strict=True))
    distance, ratio, worst = _worst(moved, b, axes, a, off_one, off_two) if same_sizes else (np.nan, np.inf, None)
    found = Parting(
        kind="no part" if not group_one or not group_two else "value" if same_sizes else "shape",
        one=_operator(state.one, group_one, one),
        two=_operator(state.two, group_two, two),
        group_one=tuple(place(state.one, n) for n in group_one),
        group_two=tuple(place(state.two, n) for n in group_two),
        shapes=(a[0].shape, b[0].shape),
        distance=distance,
        ratio=ratio,
        worst=worst,
        how=how,
        scene=scene,
    )
    return found, moved


def _alone(state: Matching, first: str, ill_one: Sequence[str], ill_two: Sequence[str]) -> Parting:
    """A value of the second side that nothing on the first plays the part of."""
    fronts = front(state.one, ill_one)
    _, well = edge(state.two, set(ill_two), first)
    known = {partner.name for name in well for partner in state.found.get(name, ())}
    near = [name for name in fronts if known & set(state.one.reads(name))]
    one = place(state.one, near[0]) if near else None
    return Parting("no part", one, place(state.two, first), why=state.two.failed.get(first, ""))


def place(twin: Twin, value: str) -> Place:
    """The operator that makes a value."""
    node = twin.node(value)
    return Place(twin.maker[value], title(node), node.name, node.scope, value)


def _operator(twin: Twin, group: Sequence[str], value: str) -> Place | None:
    """The operator to name for a group: the last that computes anything, or the one that makes the value."""
    if not group:
        return None
    return place(twin, next((name for name in reversed(group) if not twin.moves(name)), value))


def _worst(
    moved: Sequence[Array],
    b: Sequence[Array],
    axes: Axes,
    a: Sequence[Array],
    off_one: Spread | None,
    off_two: Spread | None,
) -> tuple[float, float, Worst]:
    """Distance and ratio at their largest, and the element that is farthest off."""
    turned = None if off_one is None else carried(off_one, axes, b)
    best, ratio = (-1.0, 0, 0), 0.0
    bounds = []
    for k, (x, y) in enumerate(zip(moved, b, strict=True)):
        p = 0.0 if turned is None or turned[k].shape != y.shape else turned[k]
        q = 0.0 if off_two is None or off_two[k].shape != y.shape else off_two[k]
        bound = np.broadcast_to(allowed(p, q), y.shape)
        bounds.append(bound)
        d = apart(x, y)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = max(ratio, float(np.nanmax(np.where(d > 0, d / bound, 0.0))))
        at = int(d.argmax())
        if d.flat[at] > best[0]:
            best = (float(d.flat[at]), k, at)
    size, k, at = root_mean_square(a), best[1], best[2]
    index_two = tuple(int(i) for i in np.unravel_index(at, b[k].shape))
    worst = Worst(
        k,
        _back(index_two, axes, a, b, k),
        index_two,
        float(moved[k].flat[at]),
        float(b[k].flat[at]),
        float(bounds[k].flat[at]),
    )
    return best[0] / size if size else np.inf, ratio, worst


def _back(index: tuple[int, ...], axes: Axes, a: Sequence[Array], b: Sequence[Array], k: int) -> tuple[int, ...]:
    """Where an element of the second side's value stands in the first's."""
    long_two = [i for i in range(b[0].ndim) if any(v.shape[i] != 1 for v in b)]
    long_one = [i for i in range(a[0].ndim) if any(v.shape[i] != 1 for v in a)]
    if len(long_one) != len(axes) or len(long_two) != len(axes):
        return np.unravel_index(0, lined(a)[k].shape)  # type: ignore[return-value]
    found = [0] * a[0].ndim
    for to, frm in enumerate(axes):
        found[long_one[frm]] = index[long_two[to]]
    return tuple(found)
