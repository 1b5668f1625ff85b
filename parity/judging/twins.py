"""A graph with every value that it computes in float64, on several inputs, and what becomes of them when one is replaced.

Pure numpy. Node by node, so that what cannot be computed is known by name and the rest is there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from parity.axes import F64, Array
from parity.operators.base import Move
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph, Node, Step, Value, as_value, plain, reads, walk
from parity.operators.movement import Identity
from parity.operators.table import OPERATORS

#: One value on every input, in the order of the inputs.
Values: TypeAlias = "tuple[Value, ...]"

#: What depends on an input by its shape alone.
BY_SHAPE = ("Shape", "Size")


@dataclass(frozen=True)
class Side:
    """A graph and what it is fed, once an input; ``folded``: the type in which an exporter may have folded its constants.

    "float64" where nothing was folded, or in float64; "float32" for a file that came through an exporter in float32.
    """

    graph: Graph
    feeds: tuple[Mapping[str, Value], ...]
    folded: str = "float64"


def turned(
    feeds: Sequence[Mapping[str, Value]], inputs: Mapping[str, tuple[str, Sequence[int] | None]]
) -> tuple[dict[str, Value], ...]:
    """The feeds of the other side: each of its inputs by the input here that it is, and the axes to transpose that by.

    None is no transposition. Raises KeyError for an input that is not fed here.
    """
    made = []
    for feed in feeds:
        turn = {name: (feed[here], axes) for name, (here, axes) in inputs.items()}
        made.append(
            {n: Value(v.y if axes is None else np.transpose(v.y, axes), v.dtype) for n, (v, axes) in turn.items()}
        )
    return tuple(made)


class Twin:
    """A side computed. ``values`` are all that could be, ``failed`` says of the rest why not, by the first node of each."""

    def __init__(self, side: Side) -> None:
        self.side, self.graph = side, side.graph
        self.nodes = side.graph.nodes
        self.maker: dict[str, int] = {n: i for i, node in enumerate(self.nodes) for n in node.outputs if n}
        self.users: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            for name in dict.fromkeys(reads(node)):
                self.users.setdefault(name, []).append(i)
        self.data = self._data()
        self._reads = {n: [r for r in reads(node) if r in self.data] for node in self.nodes for n in node.outputs if n}
        self.stored: dict[str, Array] = {n: np.asarray(c) for n, c in self.graph.constants.items()}
        kept = {name: as_value(array) for name, array in self.stored.items()}
        count = range(len(side.feeds))
        self.values: dict[str, Values] = {name: tuple(value for _ in count) for name, value in kept.items()}
        self.values |= {name: tuple(feed[name] for feed in side.feeds) for name in side.feeds[0]}
        self.failed: dict[str, str] = {}
        self.replaced: set[str] = set()
        self.stale: set[int] = set()  #: nodes whose outputs are gone since something before them was replaced
        self._compute(range(len(self.nodes)))
        for node in self.nodes:
            if node.kind == "Constant" and not node.domain and node.outputs[0] in self.values:
                self.stored[node.outputs[0]] = np.asarray(self.values[node.outputs[0]][0].y)
        self.weights = self._weights()

    def _data(self) -> set[str]:
        """The names of the values that depend on what is fed, by its numbers."""
        found = set(self.graph.inputs) | set(self.side.feeds[0])
        for node in self.nodes:
            read = node.inputs[:1] if node.kind == "CastLike" else () if node.kind in BY_SHAPE else reads(node)
            if any(name in found for name in read):
                found |= {name for name in node.outputs if name}
        return found

    def _weights(self) -> dict[str, Array]:
        """Float values that depend on no data: what is stored and what is computed of it."""
        found = {n: a for n, a in self.stored.items() if a.dtype.name in FORMATS}
        for name, values in self.values.items():
            if name not in self.data and name not in found and values[0].dtype in FORMATS:
                found[name] = np.asarray(values[0].y)
        return found

    def reads(self, name: str) -> list[str]:
        """The values that a value is computed from and that depend on data; nothing for what is fed."""
        return self._reads.get(name, [])

    def node(self, name: str) -> Node:
        """The node that makes a value."""
        return self.nodes[self.maker[name]]

    def moves(self, name: str) -> bool:
        """Whether a value is one other value of data, rearranged, cut or padded, and nothing is computed."""
        node = self.node(name)
        rule = OPERATORS.get((node.domain, node.kind))
        return isinstance(rule, Move | Identity) and len(set(self.reads(name))) == 1

    def numbers(self, name: str) -> list[Array] | None:
        """The arrays of a value, one an input; None where it is not computed (yet) or holds no numbers."""
        found = self.values.get(name)
        if found is None or any(v.dtype.startswith("seq") or np.asarray(v.y).dtype.kind in "OSU" for v in found):
            return None
        return [np.asarray(v.y) for v in found]

    def after(self, names: Iterable[str]) -> list[int]:
        """The nodes that depend on any of these values, in computing order."""
        changed, found = set(names), []
        start = min((i for name in changed for i in self.users.get(name, ())), default=len(self.nodes))
        for i in range(start, len(self.nodes)):
            if any(name in changed for name in reads(self.nodes[i])):
                found.append(i)
                changed |= {name for name in self.nodes[i].outputs if name and name not in self.replaced}
        return found

    def replace(self, name: str, arrays: Sequence[Array]) -> list[str]:
        """Put other numbers in the place of a value. What follows is gone until it is computed; its names."""
        dtype = self.values[name][0].dtype
        self.values[name] = tuple(Value(np.asarray(array), dtype) for array in arrays)
        self.replaced.add(name)
        following = self.after([name])
        self.stale |= set(following)
        gone = [n for i in following for n in self.nodes[i].outputs if n and n not in self.replaced]
        for each in gone:
            self.values.pop(each, None)
            self.failed.pop(each, None)
        return gone

    def compute(self, last: int) -> list[str]:
        """Compute what is gone, up to this node; the names of what then is there again."""
        nodes = sorted(i for i in self.stale if i <= last)
        self._compute(nodes)
        self.stale -= set(nodes)
        return [n for i in nodes for n in self.nodes[i].outputs if n in self.values and n not in self.replaced]

    def _compute(self, nodes: Iterable[int]) -> None:
        for i in nodes:
            node = self.nodes[i]
            names = [name for name in node.outputs if name and name not in self.replaced]
            found: list[dict[str, Value]] = []
            if any(name not in self.values for name in reads(node)):
                continue
            try:
                for k in range(len(self.side.feeds)):
                    found.append(self.outputs(i, {name: self.values[name][k] for name in reads(node)}))
            except Exception as error:  # noqa: BLE001 - a graph may ask for anything; what it does not get is said
                self.failed |= {name: f"{type(error).__name__}: {error}" for name in names}
                continue
            self.values |= {name: tuple(each[name] for each in found) for name in names}

    def outputs(self, i: int, env: Mapping[str, Value], step: Step = plain) -> dict[str, Value]:
        """What one node makes of these values."""
        return alone(self.graph, self.nodes[i], env, step)


def alone(graph: Graph, node: Node, env: Mapping[str, Value], step: Step = plain) -> dict[str, Value]:
    """What a node makes by itself of these values; raises what its rule raises."""
    names = tuple(dict.fromkeys(reads(node)))
    one = Graph((node,), names, tuple(name for name in node.outputs if name), {}, graph.opset)
    return walk(one, {name: env[name] for name in names}, step)


def is_float(values: Values) -> bool:
    """Whether a value is of a floating type."""
    return values[0].dtype in FORMATS


def root_mean_square(arrays: Sequence[Any]) -> float:
    """Of all finite numbers of a value, over its inputs."""
    total, count = 0.0, 0
    for array in arrays:
        fine = np.asarray(array, np.float64)
        fine = fine[np.isfinite(fine)]
        total, count = total + float(np.square(fine).sum()), count + fine.size
    return float(np.sqrt(total / count)) if count else 0.0


def flat(arrays: Sequence[Any]) -> F64:
    """All numbers of a value in one row."""
    return np.concatenate([np.asarray(a, np.float64).reshape(-1) for a in arrays]) if arrays else np.zeros(0)
