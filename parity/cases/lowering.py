"""A network as one graph of operators: its definition, layer by layer, under the names of its nodes."""

from __future__ import annotations

from dataclasses import replace

from parity.axes import Array, Tensor
from parity.cases.network import INPUT, Network
from parity.operators.graph import Graph, Node


def after(state: str) -> str:
    """The name of what a pass in training makes of a state (``node.parameter``)."""
    return f"{state}.after"


def lower(network: Network, x: Tensor, training: bool = False) -> Graph:
    """The network on an input of this shape, in operators.

    The graph reads ``input`` and the parameters as ``node.parameter``; each node's output has the node's own name, and
    what is computed inside it is called ``node.something``. The network's output is the graph's only one, but in training
    those of :func:`after` for every state come behind it.
    """
    tensors = network.trace(x, training)
    states: list[str] = []
    nodes: list[Node] = []
    inputs = [INPUT]
    constants: dict[str, Array] = {}
    for node in network.nodes:
        definition = network.definition(node, tensors, training)
        graph = definition.graph
        kept = {name: f"{node.name}.{state}" for name, state in zip(graph.outputs[1:], definition.states, strict=True)}
        states += kept.values()
        named = {f"x{i}": name for i, name in enumerate(node.inputs)}
        named |= {name: f"{node.name}.{name}" for name in [*node.layer.parameters(), *graph.constants]}
        inputs += [named[name] for name in node.layer.parameters()]
        constants |= {named[name]: array for name, array in graph.constants.items()}
        for inner in graph.nodes:
            for name in inner.outputs:
                named[name] = node.name if name == graph.outputs[0] else f"{node.name}.{name}"
                named |= {name: after(kept[name])} if name in kept else {}
            nodes.append(
                replace(
                    inner,
                    inputs=tuple(named[name] if name else "" for name in inner.inputs),
                    outputs=tuple(named[name] for name in inner.outputs),
                    name=f"{node.name}.{inner.name}",
                    scope=node.name,
                )
            )
    return Graph(tuple(nodes), tuple(inputs), (network.output.name, *map(after, states)), constants)
