"""Where the weights of a graph stand: what reads them, in which shape, and behind which others. Pure numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from parity.axes import Array, Shape
from parity.judging.twins import BY_SHAPE, alone
from parity.operators.base import Move
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph, Node, Value, reads
from parity.operators.movement import Identity
from parity.operators.table import OPERATORS

#: What the inputs of an operator are to it, by their places. A Gemm is a product of matrices and a sum.
ROLES: dict[str, dict[int, str]] = {
    "Conv": {1: "kernel of a convolution", 2: "bias"},
    "ConvTranspose": {1: "kernel of a transposed convolution", 2: "bias"},
    "Gemm": {1: "matrix", 2: "bias"},
    "MatMul": {1: "matrix"},
    "Add": {0: "bias", 1: "bias"},
    "Mul": {0: "scale", 1: "scale"},
    "BatchNormalization": {1: "scale", 2: "bias", 3: "mean", 4: "variance"},
    "LayerNormalization": {1: "scale", 2: "bias"},
    "GroupNormalization": {1: "scale", 2: "bias"},
    "InstanceNormalization": {1: "scale", 2: "bias"},
    "Gather": {0: "table"},
    "PRelu": {1: "slope"},
    "Concat": dict.fromkeys(range(8), "part of a concatenation"),
}


@dataclass(frozen=True)
class Slot:
    """A stored weight where an operator reads it.

    shape: there, without axes of length one; places: which element of the stored array stands at each place there. behind: what
    the weights that it stands behind look like, all the way to the inputs, without any of their numbers.
    """

    name: str
    role: str
    shape: Shape
    places: Array
    behind: str = ""

    @property
    def kind(self) -> tuple[str, Shape]:
        """What has to be equal of two weights of which one may be the other."""
        return self.role, self.shape


def slots(graph: Graph) -> list[Slot]:
    """The weights of several numbers in computing order, each where it is read first."""
    data = _data(graph)
    makers = {name: node for node in graph.nodes for name in node.outputs if name}
    found: list[Slot] = []
    known: set[str] = set()
    marks: dict[str, str] = dict.fromkeys(graph.inputs, "")
    for node in graph.nodes:
        if not any(name in data for name in node.outputs):
            continue
        behind = "+".join(sorted({marks[name] for name in reads(node) if name in marks}))
        for slot in _held(graph, node, makers, data):
            if slot.name not in known:
                known.add(slot.name)
                found.append(replace(slot, behind=behind))
            behind = _digest(behind, *slot.kind)
        marks |= dict.fromkeys(filter(None, node.outputs), behind)
    return found


def _digest(behind: str, role: str, shape: Shape) -> str:
    return hashlib.blake2b(f"{behind}|{role}|{shape}".encode(), digest_size=8).hexdigest()


def _data(graph: Graph) -> set[str]:
    """The values that the numbers of an input decide."""
    found = set(graph.inputs)
    for node in graph.nodes:
        read = node.inputs[:1] if node.kind == "CastLike" else () if node.kind in BY_SHAPE else tuple(reads(node))
        if any(name in found for name in read):
            found |= {name for name in node.outputs if name}
    return found


def _held(graph: Graph, node: Node, makers: Mapping[str, Node], data: set[str]) -> Iterator[Slot]:
    """The weights of an operator, each as it stands there."""
    roles = ROLES.get(node.kind, {}) if not node.domain else {}
    for place, role in roles.items():
        name = node.inputs[place] if place < len(node.inputs) else ""
        if not name or name in data:
            continue
        there = _places(graph, name, makers)
        if there is None or there[1].size < 2:
            continue
        stored, places = there
        if node.kind == "Gemm" and place == 1 and node.attributes.get("transB", 0):
            places = places.T
        lean = tuple(n for n in places.shape if n != 1)
        if len(np.unique(places)) == graph.constants[stored].size:
            yield Slot(stored, role, lean, places.reshape(lean))


def _places(graph: Graph, name: str, makers: Mapping[str, Node]) -> tuple[str, Array] | None:
    """The stored float array that a value is, only moved, and which of its elements stands where; None for anything else."""
    chain: list[Node] = []
    while name not in graph.constants:
        node = makers.get(name)
        if node is None or not _moves(node):
            return None
        chain.append(node)
        name = node.inputs[0]
    stored = np.asarray(graph.constants[name])
    if stored.dtype.name not in FORMATS:
        return None
    env = {name: Value(np.arange(stored.size, dtype=np.float64).reshape(stored.shape), "float64")}
    env |= {n: Value(np.asarray(c), np.asarray(c).dtype.name) for n, c in graph.constants.items() if n != name}
    for node in reversed(chain):
        if any(read not in env for read in reads(node)):
            return None
        env |= alone(graph, node, env)
    last = chain[0].outputs[0] if chain else name
    return name, np.asarray(env[last].y).astype(np.int64)


def _moves(node: Node) -> bool:
    return node.kind in ("Cast", "CastLike") or isinstance(OPERATORS.get((node.domain, node.kind)), Move | Identity)
