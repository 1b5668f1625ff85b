"""The operators behind one value of a graph, to be computed again with something changed. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parity.axes import Array
from parity.judging.nearness import Spread
from parity.judging.pairing import Axes, allowed, apart, carried
from parity.judging.twins import Twin, Values, alone
from parity.operators.graph import Graph, Node, Value, reads


@dataclass(frozen=True)
class Play:
    """A value with the operators that compute it from matched values, and all that they read from around them.

    ``known`` are those readings, one value an input; ``data`` names those that depend on data, ``fed`` those that are the
    graph's own inputs, ``stored`` the constants. Without operators it is a matched value itself.
    """

    value: str
    nodes: tuple[Node, ...]
    known: Mapping[str, Values]
    data: tuple[str, ...]
    fed: tuple[str, ...]
    stored: tuple[str, ...]
    arrays: tuple[Array, ...]  #: the value, one array an input
    spread: Spread | None  #: the drawn noise of the value
    opset: int

    def maker(self, name: str) -> Node | None:
        """The operator here that makes a value."""
        return next((node for node in self.nodes if name in node.outputs), None)

    def with_node(self, old: Node, new: Node) -> Play:
        """With another operator in the place of one."""
        return replace(self, nodes=tuple(new if node is old else node for node in self.nodes))

    def with_attributes(self, node: Node, **changed: Any) -> Play:
        """With some attributes of an operator changed."""
        return self.with_node(node, replace(node, attributes={**node.attributes, **changed}))

    def with_known(self, name: str, arrays: Sequence[Any]) -> Play:
        """With other numbers in one of the readings; one array stands for all inputs."""
        dtype = self.known[name][0].dtype
        made = [np.asarray(a) for a in arrays] * (len(self.arrays) if len(arrays) == 1 else 1)
        return replace(self, known={**self.known, name: tuple(Value(a, dtype) for a in made)})

    def constant(self, name: str) -> Array:
        """A reading that is the same for every input."""
        return np.asarray(self.known[name][0].y)

    def computed(self) -> list[Array] | None:
        """The value computed again; None where the operators cannot with what they are given."""
        if not self.nodes:
            return [np.asarray(v.y) for v in self.known[self.value]]
        made = []
        graph = Graph((), (), (), {}, self.opset)
        for k in range(len(self.arrays)):
            env = {name: values[k] for name, values in self.known.items()}
            try:
                for node in self.nodes:
                    env |= alone(graph, node, env)
            except Exception:  # noqa: BLE001 - a guess may ask for anything; then it is not it
                return None
            made.append(np.asarray(env[self.value].y))
        return made


def play(twin: Twin, value: str, group: Sequence[str], spread: Spread | None) -> Play:
    """The play of a value whose group of values is this, as the twin stands now."""
    places = {twin.maker[name] for name in group}
    stack = [name for i in places for name in reads(twin.nodes[i])]
    while stack:  # constants that are computed of others are computed again too
        name = stack.pop()
        if name not in twin.data and name in twin.maker and twin.maker[name] not in places:
            places.add(twin.maker[name])
            stack += reads(twin.node(name))
    nodes = tuple(twin.nodes[i] for i in sorted(places) if twin.nodes[i].kind != "Constant")
    made = {name for node in nodes for name in node.outputs}
    wanted = dict.fromkeys(n for node in nodes for n in reads(node) if n not in made) if nodes else {value: None}
    known = {name: twin.values[name] for name in wanted if name in twin.values}
    data = tuple(name for name in known if name in twin.data)
    arrays = twin.numbers(value)
    return Play(
        value,
        nodes,
        known,
        data,
        tuple(name for name in data if name not in twin.maker),
        tuple(name for name in known if name in twin.stored),
        () if arrays is None else tuple(arrays),
        spread,
        twin.graph.opset,
    )


def vanishes(changed: Play, target: Play, axes: Axes) -> bool:
    """Whether a value that is computed again is the other side's, on every input, as near as drawn noise allows."""
    made = changed.computed()
    return made is not None and equal(made, changed.spread, target, axes)


def equal(made: Sequence[Array], spread: Spread | None, target: Play, axes: Axes) -> bool:
    """Whether these arrays are the other side's value, carried there by ``axes``."""
    turned = turned_to(made, axes, target)
    if turned is None:
        return False
    off = None if spread is None else carried(spread, axes, target.arrays)
    for k, (a, b) in enumerate(zip(turned, target.arrays, strict=True)):
        p: Any = 0.0 if off is None or off[k].shape != b.shape else off[k]
        q: Any = 0.0 if target.spread is None or target.spread[k].shape != b.shape else target.spread[k]
        if not (apart(a, b) <= allowed(p, q)).all():
            return False
    return True


def turned_to(made: Sequence[Array], axes: Axes, target: Play) -> list[Array] | None:
    """Arrays in the axes of the other side's value; None where their shapes are not its."""
    turned = carried(made, axes, target.arrays)
    if turned is None or any(a.shape != b.shape for a, b in zip(turned, target.arrays, strict=True)):
        return None
    return turned


@dataclass(frozen=True)
class Guess:
    """One side with something changed so that it may be the other, and in words what stood there and what stands now."""

    kind: str
    before: str
    after: str
    play: Play
