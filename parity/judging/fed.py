"""What is fed to a graph whose layers compute in other types than comes in. Pure numpy.

Who rounds a number to the nearest, a tie to the even one, gets the same as everybody who does. So what is known to the bit and then cast
is known to the bit, and nothing may be off there; what was computed before it is cast is off by as much as storing it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from parity.axes import Array
from parity.layers.definition import AS_IT_COMES, Definition
from parity.operators.formats import FORMATS, HALVES, rounded
from parity.operators.graph import Graph, Node, Value, as_value


def settled(graph: Graph, feeds: Mapping[str, Value]) -> tuple[Graph, dict[str, Value]]:
    """The graph without the casts of what is fed to halves, and the feeds with what comes of these."""

    def known(node: Node) -> bool:
        return node.kind == "Cast" and node.inputs[0] in feeds and node.attributes["to"] in HALVES

    with np.errstate(over="ignore"):  # what passes the largest number is an infinity for everybody
        made = {
            node.outputs[0]: as_value(rounded(feeds[node.inputs[0]].y, node.attributes["to"]))
            for node in graph.nodes
            if known(node)
        }
    rest = tuple(node for node in graph.nodes if not known(node))
    return replace(graph, nodes=rest, inputs=(*graph.inputs, *made)), dict(feeds) | made


def feeds_of(definition: Definition, reads: Sequence[Array], stored: Mapping[str, Array]) -> dict[str, Value]:
    """What the graph of one layer is fed, of what it really got and what is stored: cast where it is computed in another type."""
    fed = {f"x{i}": x for i, x in enumerate(reads)} | dict(stored)
    if definition.types == AS_IT_COMES:
        return {name: as_value(x) for name, x in fed.items()}
    wanted = {name: definition.values[name].dtype for name in fed}
    with np.errstate(over="ignore"):
        return {name: as_value(rounded(x, wanted[name]) if wanted[name] in FORMATS else x) for name, x in fed.items()}
