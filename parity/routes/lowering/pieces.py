"""A lowered model cut at its layers, so that each is judged on what it really got."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parity.axes import Array
from parity.operators.graph import Graph, Node, reads
from parity.routes.lowering.lower import Lowered


@dataclass(frozen=True)
class Piece:
    """The operators of one layer. The graph's inputs are the values of layers before it, or inputs of the model.

    A channels-last layer ends by turning its output; what rounds stands before that. So the graph ends there, and
    :meth:`turned` brings what the layer gave into the axes of the graph's output, which moves values and changes none.
    """

    graph: Graph
    order: tuple[int, ...] = ()  #: how the axes of the layer's output are turned; as they are where empty

    def turned(self, given: Array) -> Array:
        """What the layer gave, in the axes of the graph's output."""
        return given.transpose(self.order) if self.order else given


def pieces(low: Lowered) -> Iterator[tuple[str, Piece]]:
    """The path and the piece of every layer that computes something, in computing order; each value once.

    Of a model inside the model only its layers are given: its own output is the last one's.
    """
    makers = {name: (i, node) for i, node in enumerate(low.graph.nodes) for name in node.outputs if name}
    known = {*low.graph.inputs, *low.layers.values()}
    done: set[str] = set()
    for path, value in low.layers.items():
        if value in makers and value not in done:
            done.add(value)
            yield path, _piece(low.graph, makers, value, known - {value})


def _piece(graph: Graph, makers: Mapping[str, tuple[int, Node]], value: str, known: Collection[str]) -> Piece:
    order: tuple[int, ...] = ()
    _, last = makers[value]
    while last.kind == "Transpose" and last.inputs[0] in makers and last.inputs[0] not in known:
        back = tuple(int(a) for a in np.argsort(last.attributes["perm"]))
        order = tuple(order[a] for a in back) if order else back
        value = last.inputs[0]
        _, last = makers[value]
    nodes: dict[int, Node] = {}
    wanted, inputs = [value], dict[str, None]()
    while wanted:
        name = wanted.pop()
        if name in graph.constants:
            continue
        if name in known:
            inputs[name] = None
            continue
        i, node = makers[name]
        if i not in nodes:
            nodes[i] = node
            wanted += reads(node)
    made = tuple(nodes[i] for i in sorted(nodes))
    constants = {name: graph.constants[name] for node in made for name in reads(node) if name in graph.constants}
    return Piece(Graph(made, tuple(inputs), (value,), constants, graph.opset), order)
