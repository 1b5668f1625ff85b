"""The weights of one graph put into another that has none of its own yet, where shapes and order decide which is which. Pure numpy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.axes import Array
from parity.judging.slots import Slot, slots
from parity.operators.graph import Graph
from parity.records.wording import sizes


@dataclass(frozen=True)
class Copied:
    """The graph with the weights that were found, and in words which each is and which were not."""

    graph: Graph
    said: tuple[str, ...]
    refused: tuple[str, ...]


def copied(one: Graph, two: Graph) -> Copied:
    """The second graph with the first one's weights.

    A weight is another's where both are read alike (the kernel of a convolution, the mean of a normalisation), in one shape,
    behind weights that look alike all the way to the inputs. Of several such the names decide where they are the same ones, else
    the order of computation, which is said. What is left over is paired where it is the only one that is read so, in its shape,
    on either side. All else keeps its own numbers and is refused by name.
    """
    mine, theirs = slots(one), slots(two)
    pairs: list[tuple[Slot, Slot, str]] = []
    for key, how in ((_exactly, "by shape and what is before it"), (_alike, "by shape, as the only ones")):
        pairs += _paired(mine, theirs, key, how)
        done_one, done_two = {a.name for a, _, _ in pairs}, {b.name for _, b, _ in pairs}
        mine = [slot for slot in mine if slot.name not in done_one]
        theirs = [slot for slot in theirs if slot.name not in done_two]
    constants = dict(two.constants)
    for a, b, _ in pairs:
        constants[b.name] = _filled(np.asarray(one.constants[a.name]), a, np.asarray(two.constants[b.name]), b)
    said = tuple(f"{b.name} is {a.name}, {how}" for a, b, how in pairs)
    return Copied(replace(two, constants=constants), said, tuple(_refused(mine, slot) for slot in theirs))


def _exactly(slot: Slot) -> Hashable:
    return (*slot.kind, slot.behind)


def _alike(slot: Slot) -> Hashable:
    """What is put before others is often added to nothing instead (a class token)."""
    return ("bias" if slot.role == "part of a concatenation" else slot.role), slot.shape


def _paired(
    mine: Sequence[Slot], theirs: Sequence[Slot], key: Callable[[Slot], Hashable], how: str
) -> list[tuple[Slot, Slot, str]]:
    """The weights of one key on both sides, as many on either; of several those that look alike are told apart by order."""
    groups: dict[Hashable, tuple[list[Slot], list[Slot]]] = {}
    for side, found in enumerate((mine, theirs)):
        for slot in found:
            groups.setdefault(key(slot), ([], []))[side].append(slot)
    pairs = []
    for ones, twos in groups.values():
        if len(ones) != len(twos) or (key is _alike and len(ones) > 1):
            continue
        if len(ones) == 1:
            pairs.append((ones[0], twos[0], how))
            continue
        owners = {_owner(slot.name): slot for slot in ones}
        named = len(owners) == len(ones) and {_owner(slot.name) for slot in twos} == set(owners)
        for k, slot in enumerate(twos):
            pairs.append((owners[_owner(slot.name)], slot, "by name") if named else (ones[k], slot, "by order alone"))
    return pairs


def _owner(name: str) -> str:
    """The layer that a weight is named for."""
    return name.rpartition(".")[0]


def _filled(held: Array, a: Slot, other: Array, b: Slot) -> Array:
    """The second's stored array with the first's numbers in their places, in its own type."""
    made = other.copy().reshape(-1)
    made[b.places.reshape(-1)] = held.reshape(-1)[a.places.reshape(-1)]
    return made.reshape(other.shape)


def _refused(left: Sequence[Slot], slot: Slot) -> str:
    alike = [other.name for other in left if other.shape == slot.shape]
    why = f"the first has {', '.join(alike[:3])} of this shape" if alike else "the first has none of this shape left"
    return f"{slot.name}, {slot.role} of {sizes(slot.shape)}, keeps its own weights: {why}"
