"""A network as one graph of operators: its definition, layer by layer, under the names of its nodes."""

from __future__ import annotations

from dataclasses import replace

from parity.axes import Array, Tensor
from parity.cases.network import INPUT, Network
from parity.layers.definition import AS_IT_COMES, precision_of
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph, Node


def lower(network: Network, x: Tensor, training: bool = False) -> Graph:
    """The network on an input of this shape, in operators.

    The graph reads ``input`` and the parameters as ``node.parameter``, under the name of the node that has the layer; each node's output has the node's own name, and
    what is computed inside it is called ``node.something``. What a node computes in another type than it comes in passes a Cast. The network's output is the graph's only one, but in training
    what becomes of every state comes behind it, as ``node.parameter.after``.
    """
    tensors = network.trace(x, training)
    outputs: list[str] = []
    nodes: list[Node] = []
    inputs = [INPUT]
    constants: dict[str, Array] = {}
    for node in network.nodes:
        definition = network.definition(node, tensors, training)
        graph = definition.graph
        after = [f"{node.name}.{state}.after" for state in definition.states]
        given = dict(zip(graph.outputs, (node.name, *after), strict=True))
        outputs += after
        named = {f"x{i}": name for i, name in enumerate(node.inputs)}
        named |= {name: f"{node.name}.{name}" for name in graph.constants}
        named |= {name: f"{node.owner}.{name}" for name in node.layer.parameters()}
        inputs += [named[name] for name in node.parameters()]
        if node.types != AS_IT_COMES:
            comes = {f"x{i}": tensors[name].dtype for i, name in enumerate(node.inputs)}
            comes |= dict.fromkeys(node.layer.parameters(), precision_of((x,)))
            for name, dtype in comes.items():
                wanted = definition.values[name].dtype
                if dtype in FORMATS and dtype != wanted:
                    cast = f"{node.name}.{name}.{wanted}"
                    nodes.append(Node("Cast", (named[name],), (cast,), {"to": wanted}, cast, scope=node.name))
                    named[name] = cast
        constants |= {named[name]: array for name, array in graph.constants.items()}
        for inner in graph.nodes:
            for name in inner.outputs:
                named[name] = given.get(name, f"{node.name}.{name}")
            nodes.append(
                replace(
                    inner,
                    inputs=tuple(named[name] if name else "" for name in inner.inputs),
                    outputs=tuple(named[name] for name in inner.outputs),
                    name=f"{node.name}.{inner.name}",
                    scope=node.name,
                )
            )
    return Graph(tuple(nodes), tuple(inputs), (network.output.name, *outputs), constants)
