"""Operators wired together: the one thing that is judged. A layer lowers to a graph, an ONNX file is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.axes import Array
from parity.operators.base import Operator, Site, Unsupported
from parity.operators.formats import FORMATS, Format
from parity.operators.table import OPERATORS


@dataclass(frozen=True)
class Value:
    """One value of a graph: floats as float64 with the type they are stored in, everything else as it is."""

    y: Any
    dtype: str

    @property
    def is_float(self) -> bool:
        """Whether the value is of a floating type."""
        return self.dtype in FORMATS


def as_value(array: Any, dtype: str = "") -> Value:
    """A stored array as a value: floats become float64, the stored type (the array's own by default) is kept beside."""
    array = np.asarray(array)
    name = dtype or array.dtype.name
    return Value(array.astype(np.float64) if name in FORMATS else array, name)


@dataclass(frozen=True)
class Node:
    """One operator in a graph: what it reads and makes, by the names of the values.

    An empty name is an input that is left out or an output that nobody reads. scope: the layer or module it belongs to;
    body: for an operator without a rule, the graph that its schema defines it by, for inputs of these types and shapes.
    Attributes that are graphs (the branches of ``If``) are :class:`Graph`.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    domain: str = ""
    scope: str = ""
    opset: int = 0  #: 0: the graph's own
    meta: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[Sequence[Value | None]], Graph | None] | None = None


@dataclass(frozen=True)
class Graph:
    """Nodes in computing order. ``inputs`` are to be fed, ``constants`` are stored in it (values as they are stored)."""

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Array] = field(default_factory=dict)
    opset: int = 22

    def without_rule(self) -> list[str]:
        """The kinds of its nodes for which there is neither a rule nor a definition by others, each once."""
        missing = []
        for node in self.nodes:
            known = (node.domain, node.kind) in OPERATORS or node.kind == "If" or node.body is not None
            if not known and title(node) not in missing:
                missing.append(title(node))
        return missing


def title(node: Node) -> str:
    """An operator's kind, with its domain where that is not ONNX's own."""
    return f"{node.domain}.{node.kind}" if node.domain else node.kind


#: What a walk does with a node that has a rule: rule, place, node and inputs give the outputs.
Step = Callable[[Operator, Site, Node, list[Value | None]], Sequence[Value]]


def plain(rule: Operator, at: Site, node: Node, inputs: list[Value | None]) -> list[Value]:
    """The float64 values alone."""
    y = rule.value(at, *(None if v is None else v.y for v in inputs))
    return [Value(v, d) for v, d in zip(y, rule.dtypes(at, y), strict=True)]


def constant_values(graph: Graph) -> dict[str, Value]:
    """The constants of a graph as values: for who walks it more than once, to be fed."""
    return {name: as_value(array) for name, array in graph.constants.items()}


def walk(
    graph: Graph,
    feeds: Mapping[str, Value],
    step: Step = plain,
    *,
    keep: Iterable[str] = (),
    careful: bool = False,
    override: Format | None = None,
) -> dict[str, Value]:
    """Compute a graph once, node by node; the values of its outputs and of what ``keep`` names.

    feeds: the inputs (constants may be overridden); values that nobody reads any more are let go of. Raises
    :class:`Unsupported` naming the operator that has no rule.
    """
    env: dict[str, Value] = {name: as_value(array) for name, array in graph.constants.items() if name not in feeds}
    env |= feeds
    wanted = set(graph.outputs) | set(keep)
    with np.errstate(all="ignore"):
        _walk(graph, env, step, wanted, careful, override)
    return {name: env[name] for name in env if name in wanted}


def _walk(
    graph: Graph, env: dict[str, Value], step: Step, wanted: set[str], careful: bool, override: Format | None
) -> None:
    last = {name: i for i, node in enumerate(graph.nodes) for name in reads(node)}
    for i, node in enumerate(graph.nodes):
        inputs = [_read(env, node, name) if name else None for name in node.inputs]
        for name, value in zip(node.outputs, _outputs(graph, node, inputs, env, step, careful, override), strict=False):
            if name:
                env[name] = value
        for name in {*reads(node), *node.outputs}:
            if last.get(name, -1) <= i and name not in wanted:
                env.pop(name, None)


def _outputs(
    graph: Graph,
    node: Node,
    inputs: list[Value | None],
    env: dict[str, Value],
    step: Step,
    careful: bool,
    override: Format | None,
) -> Sequence[Value]:
    if node.kind == "If" and not node.domain:
        assert inputs[0] is not None
        chosen: Graph = node.attributes["then_branch" if bool(np.asarray(inputs[0].y).all()) else "else_branch"]
        inner = dict(env) | {name: as_value(array) for name, array in chosen.constants.items()}
        _walk(chosen, inner, step, set(chosen.outputs) | set(env), careful, override)
        return _asked(node, chosen, inner)
    rule = OPERATORS.get((node.domain, node.kind))
    if rule is None:
        body = node.body(inputs) if node.body is not None else None
        if body is None:
            raise Unsupported(title(node))
        inner = {name: as_value(array) for name, array in body.constants.items()}
        inner |= {name: v for name, v in zip(body.inputs, inputs, strict=False) if v is not None}
        _walk(body, inner, step, set(body.outputs), careful, override)
        return _asked(node, body, inner)
    dtypes = tuple("" if v is None else v.dtype for v in inputs)
    at = Site(node.kind, node.attributes, node.opset or graph.opset, dtypes, len(node.outputs), careful, override)
    return step(rule, at, node, inputs)


def _asked(node: Node, body: Graph, made: Mapping[str, Value]) -> list[Value]:
    """The outputs of a body that a node asks for; the others need not be there."""
    nothing = Value(None, "")
    return [made[name] if asked else nothing for name, asked in zip(body.outputs, node.outputs, strict=False)]


def _read(env: Mapping[str, Value], node: Node, name: str) -> Value | None:
    if name not in env:
        raise Unsupported(f"{title(node)} reads {name!r}, which no earlier node makes")
    return env[name]


def reads(node: Node) -> Iterator[str]:
    """The names a node reads, those that its subgraphs take from around them included."""
    yield from (name for name in node.inputs if name)
    for value in node.attributes.values():
        if isinstance(value, Graph):
            made = {*value.constants, *value.inputs}
            for inner in value.nodes:
                yield from (name for name in reads(inner) if name not in made)
                made |= set(inner.outputs)
            yield from (name for name in value.outputs if name not in made)
