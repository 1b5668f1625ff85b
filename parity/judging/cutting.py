"""A piece of a graph on values that are known, and how far an honest kernel may be off on it. Pure numpy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from parity.axes import F64, Array
from parity.judging.oracle import truths
from parity.operators.base import Unsupported
from parity.operators.graph import Graph, Node, as_value, reads


def cut(graph: Graph, known: Collection[str], output: str) -> Graph | None:
    """The operators that make a value of known ones and of constants; None where something else is read."""
    makers = {name: i for i, node in enumerate(graph.nodes) for name in node.outputs if name}
    wanted: set[int] = set()
    inputs: dict[str, None] = {}
    constants: dict[str, Array] = {}
    waiting = [output]
    while waiting:
        name = waiting.pop()
        if name in graph.constants:
            constants[name] = graph.constants[name]
        elif name in known and name != output:
            inputs[name] = None
        elif name not in makers:
            return None
        elif makers[name] not in wanted:
            wanted.add(makers[name])
            waiting += reads(graph.nodes[makers[name]])
    nodes = tuple(graph.nodes[i] for i in sorted(wanted))
    return Graph(nodes, tuple(inputs), (output,), constants, graph.opset)


def bounds(graph: Graph, known: Mapping[str, Array], output: str) -> tuple[Array, F64] | None:
    """A value in float64 from known ones, and how far from it float32 may round each element; infinite where nothing is said.

    None where it cannot be computed from these.
    """
    piece = cut(graph, known, output)
    if piece is None:
        return None
    try:
        feeds = {name: as_value(known[name]) for name in piece.inputs}
        truth = truths(piece, feeds, careful=True, loops=False).get(output)
    except (Unsupported, ValueError, TypeError, IndexError, KeyError, ArithmeticError):
        return None
    if truth is None or truth.y.dtype.kind in "OSU":
        return None
    allowed = truth.allowed() if truth.y.dtype == np.float64 else np.zeros(truth.y.shape)
    return truth.y, allowed if truth.unspecified is None else np.where(truth.unspecified, np.inf, allowed)


def behind(graph: Graph, output: str, depth: int, stored: Collection[str]) -> set[str]:
    """The values that an operator and those up to ``depth`` behind it read, and none of them makes; ``stored`` are no steps."""
    makers = {name: node for node in graph.nodes for name in node.outputs if name}
    inside: list[Node] = [makers[output]]
    edge = [makers[output]]
    for _ in range(depth):
        edge = [makers[n] for node in edge for n in reads(node) if n in makers and n not in stored]
        inside += edge
    made = {name for node in inside for name in node.outputs}
    return {name for node in inside for name in reads(node) if name not in made}
