"""A graph and a cotangent made into the graph of its gradients: the chain rule, node by node from the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from parity.axes import Shape
from parity.operators.base import Unsupported
from parity.operators.build import Named, Spelling
from parity.operators.gradient.base import Applied
from parity.operators.gradient.table import DERIVATIVES
from parity.operators.graph import Graph, Node, reads, title


def backward(
    graph: Graph,
    shapes: Mapping[str, Shape],
    cotangent: str,
    wanted: Mapping[str, str],
    dtypes: Mapping[str, str] = MappingProxyType({}),
) -> Graph:
    """The graph with the gradients of ``sum(cotangent * output)`` behind its first output.

    shapes: of the graph's inputs; dtypes: of those that are of whole numbers; cotangent: what the further input is to be called, which has the output's shape; wanted: the
    inputs by which to derive, each with the name of its gradient. An input that the output does not depend on has zeros.
    The nodes that hand a gradient back belong to the scope of the one they derive, behind a ``d``. The sizes of all values are
    fixed by ``shapes``. Raises :class:`Unsupported` naming the first operator from the end that has no derivative.
    """
    op = Spelling.behind(graph, shapes, dtypes)
    output = op.values[graph.outputs[0]]
    grads: dict[str, list[Named]] = {output.name: [op.parameter(cotangent, output.shape, output.dtype)]}
    active, fixed = _reached(graph, wanted, op)
    for node in reversed(graph.nodes):
        dy = tuple(_added(op, grads.pop(name, [])) for name in node.outputs)
        if not any(d is not None for d in dy) or not any(name in active for name in node.inputs):
            continue
        op.scope = f"d {node.scope or node.name}"
        for name, found in zip(node.inputs, _handed_back(op, node, dy, fixed), strict=False):
            if name not in active:
                continue
            if found is None:
                raise Unsupported(f"the derivative of {title(node)} by its input {node.inputs.index(name)}")
            grads.setdefault(name, []).append(found)
    op.scope = "d"
    made: dict[str, Named] = {}
    for name, called in wanted.items():
        found = _added(op, grads.get(name, []))
        if found is None:
            found = op.Expand(op.constant(0.0), op.constant(list(shapes[name])))
        made[called] = found
    return _named(op.graph(output), output.name, made, frozenset(graph.inputs) | {cotangent})


def _reached(graph: Graph, wanted: Mapping[str, str], op: Spelling) -> tuple[set[str], frozenset[str]]:
    """The floats that depend on what is derived by, and the values that depend on no input at all."""
    active, fixed = set(wanted), set(graph.constants)
    for node in graph.nodes:
        inputs = list(reads(node))
        if any(name in active for name in inputs):
            active |= {name for name in node.outputs if op.values[name].value.is_float}
        if all(name in fixed for name in inputs):
            fixed |= set(node.outputs)
    return active, frozenset(fixed)


def _handed_back(
    op: Spelling, node: Node, dy: tuple[Named | None, ...], fixed: frozenset[str]
) -> tuple[Named | None, ...]:
    rule = DERIVATIVES.get(node.kind) if not node.domain else None
    if rule is None:
        raise Unsupported(f"the derivative of {title(node)}")
    x = tuple(op.values[name] if name else None for name in node.inputs)
    y = tuple(op.values[name] for name in node.outputs)
    return tuple(rule(Applied(op, node, x, y, dy, fixed), dy[0], *x))


def _added(op: Spelling, parts: list[Named]) -> Named | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return op.Sum(*parts)  # type: ignore[no-any-return]


def _named(graph: Graph, output: str, made: Mapping[str, Named], fed: frozenset[str]) -> Graph:
    """The graph with these outputs under their names, and without what none of them needs."""
    nodes = list(graph.nodes)
    called: dict[str, str] = {}
    for name, value in made.items():
        if value.name in called or value.name in fed or value.name == output:
            # One value under two names, or one that is fed.
            nodes.append(Node("Identity", (called.get(value.name, value.name),), (name,), name=name, scope="d"))
        else:
            called[value.name] = name

    def new(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(called.get(name, name) for name in names)

    nodes = [replace(node, inputs=new(node.inputs), outputs=new(node.outputs)) for node in nodes]
    needed, kept = {output, *made}, []
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed |= set(reads(node))
            kept.append(node)
    constants = {name: array for name, array in graph.constants.items() if name in needed}
    return replace(graph, nodes=tuple(reversed(kept)), outputs=(output, *made), constants=constants)
