"""A Keras model lowered onto operators, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

from parity.axes import Shape
from parity.errors import Unsupported
from parity.operators.base import Unsupported as NoOperator
from parity.operators.build import Named
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph
from parity.routes.lowering import (
    activation,
    attention,
    combine,
    convolution,
    dense,
    movement,
    normalise,
    operations,
    pooling,
    recurrent,
    resize,
)
from parity.routes.lowering.table import TAKES_INTEGERS, Writer, mapped, rule_of, why_not
from parity.routes.lowering.walking import input_names, output_names, readable, walk

#: The files that fill the table.
FILES = (
    activation,
    attention,
    combine,
    convolution,
    dense,
    movement,
    normalise,
    operations,
    pooling,
    recurrent,
    resize,
)


@dataclass(frozen=True)
class Lowered:
    """A Keras model in operators. Arrays are in Keras' own axes; the graph's inputs are named as the model's are.

    The batch may be of any size; other axes are those that it was lowered for. What :func:`parity.operators.file.write` makes
    of the graph is a valid ONNX file.
    """

    graph: Graph
    outputs: Mapping[str, str]  #: the model's outputs by name -> the graph's value, in Keras' order
    layers: Mapping[str, str]  #: path of a layer or operation -> the graph's value that it gives, in computing order

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of what is to be fed, in Keras' order."""
        return self.graph.inputs


def lower(model: Any, shapes: Mapping[str, Shape] | None = None) -> Lowered:
    """A built Keras 3 model (functional, sequential, of such) as a graph of operators, as it computes at inference.

    shapes: the shape of each input that has open axes beside the batch, by name. Constants are stored as the model's
    variables are, in Keras' axes. Raises :class:`parity.errors.Unsupported`, naming it, for a layer without a rule, a setting
    of one, a class of one's own, and for an open axis that nobody gave.
    """
    visitor = _Lowering()
    names = input_names(model)
    inputs = [
        visitor.op.input(name, _shape(name, tensor, shapes or {}), tensor.dtype)
        for name, tensor in zip(names, readable(model).inputs, strict=True)
    ]
    outputs, seen = walk(model, inputs, visitor)
    visitor.op.scope = ""
    outputs = visitor.own(outputs, set(names))
    layers = {path: value.name for path, value in seen.items()}
    graph = visitor.op.graph(*outputs)
    new = _readable(graph, layers)
    graph = _renamed(graph, new)
    return Lowered(
        graph,
        dict(zip(output_names(model), graph.outputs, strict=True)),
        {path: new.get(name, name) for path, name in layers.items()},
    )


def _shape(name: str, tensor: Any, shapes: Mapping[str, Shape]) -> Shape:
    own = tuple(tensor.shape)
    if tensor.dtype == "string" or getattr(tensor, "sparse", False):
        raise Unsupported(
            f"input {name!r} is {'text' if tensor.dtype == 'string' else 'sparse'}; only arrays of numbers"
        )
    given = shapes.get(name, (1, *own[1:]))
    if None in given or not own:
        raise Unsupported(f"input {name!r} of shape {own} has open axes: say its shape")
    if len(given) != len(own) or any(n not in (None, m) for n, m in zip(own[1:], given[1:], strict=True)):
        raise Unsupported(f"input {name!r} of shape {own} cannot be of shape {given}")
    return given


def _readable(graph: Graph, layers: Mapping[str, str]) -> dict[str, str]:
    """The value that a layer gives has its path for a name; where several give one value, the innermost made it."""
    fixed = {*graph.inputs, *graph.constants}
    taken = fixed.union(*(node.outputs for node in graph.nodes))
    new: dict[str, str] = {}
    for path, value in layers.items():
        if value not in fixed and value not in new and path not in taken:
            new[value] = path
    return new


def _renamed(graph: Graph, new: Mapping[str, str]) -> Graph:
    nodes = [
        replace(
            node,
            inputs=tuple(new.get(name, name) for name in node.inputs),
            outputs=tuple(new.get(name, name) for name in node.outputs),
        )
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes), outputs=tuple(new.get(name, name) for name in graph.outputs))


class _Lowering:
    """Writes the operators of every call."""

    def __init__(self) -> None:
        self.op = Writer()

    def fit(self, value: Named, tensor: Any) -> Named:
        if len(value.shape) != len(tensor.shape):
            raise Unsupported(f"input {tensor.name!r} takes {len(tensor.shape)} axes and is given {len(value.shape)}")
        return self.op.as_type(value, tensor.dtype)

    def call(self, path: str, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], node: Any) -> Any:
        rule, who = rule_of(operation), f"layer {path!r} ({type(operation).__name__})"
        if rule is None:
            raise Unsupported(f"{who} has no rule; {_mend(operation)}")
        kwargs = {name: value for name, value in kwargs.items() if not _is_default(name, value)}
        if reason := why_not(operation):
            raise Unsupported(f"{who} {reason}")
        if kwargs.get("training") and "training" not in signature(rule).parameters:
            raise Unsupported(
                f"{who} is called with training=True, which a plain call follows and predict does not; leave it out"
            )
        self.op.scope = path
        if hasattr(operation, "compute_dtype"):  # a layer; an operation works in what it is given
            args, kwargs = mapped(lambda v: self._cast(who, operation, rule, v), (args, kwargs))
        try:
            signature(rule).bind(self.op, operation, *args, **kwargs)
        except TypeError as error:
            raise Unsupported(f"{who} is called in a way that has no rule: {error}") from error
        try:
            made = rule(self.op, operation, *args, **kwargs)
        except (Unsupported, NoOperator) as error:
            raise Unsupported(f"{who}: {error}") from error
        except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            given = ", ".join(str(v.shape) for v in args if isinstance(v, Named))
            raise Unsupported(f"{who} fails on inputs of shape {given}: {type(error).__name__}: {error}") from error
        return self._checked(who, made, node, [*_values(args), *_values(list(kwargs.values()))])

    def _cast(self, who: str, layer: Any, rule: Any, value: Any) -> Any:
        """A tensor as a layer takes it: floats in the type that it computes in."""
        if not isinstance(value, Named):
            return value
        self.op.compute_dtype = layer.compute_dtype
        if value.dtype in FORMATS:
            return self.op.as_type(value, layer.compute_dtype) if layer.autocast else value
        if rule not in TAKES_INTEGERS:
            raise Unsupported(f"{who} reads {value.dtype}")
        return value

    def own(self, values: Sequence[Named], taken: set[str]) -> list[Named]:
        """The values, those again under a name of their own that are called as one before or one that is taken."""
        made = []
        for value in values:
            made.append(self.op.Identity(value) if value.name in taken else value)
            taken = {*taken, value.name}
        return made

    def _checked(self, who: str, made: Any, node: Any, given: Sequence[Named]) -> list[Named]:
        """What a rule gives, each under a name of its own; shapes and types must be those that Keras says."""
        values = self.own(made if isinstance(made, list) else [made], {value.name for value in given})
        if len(values) != len(node.outputs):
            raise Unsupported(f"{who} gives {len(node.outputs)} outputs and has a rule for {len(values)}")
        for value, tensor in zip(values, node.outputs, strict=True):
            same = len(value.shape) == len(tensor.shape) and all(
                m in (None, n) for n, m in zip(value.shape[1:], tensor.shape[1:], strict=True)
            )
            # Of operations Keras does not always know the width (of Logsumexp it says float32 whatever comes in).
            floats = not hasattr(node.operation, "compute_dtype") and value.dtype in FORMATS and tensor.dtype in FORMATS
            if not same or not (floats or value.dtype == tensor.dtype):
                ours, keras = f"{value.shape[1:]} {value.dtype}", f"{tuple(tensor.shape)[1:]} {tensor.dtype}"
                raise Unsupported(f"{who} gives {keras} for each of the batch, and its rule {ours}")
        return values


def _values(structure: Any) -> list[Named]:
    found: list[Named] = []
    mapped(lambda v: found.append(v) if isinstance(v, Named) else None, structure)
    return found


def _is_default(name: str, value: Any) -> bool:
    """Whether an argument says no more than what is so without it."""
    return value is None or (name == "training" and value is False)


def _mend(operation: Any) -> str:
    own = type(operation)
    if own.__module__.startswith("keras.src."):
        return "compose it of layers that have one, or export the model and check the file"
    if any(
        (base.__module__.split(".") + [""] * 3)[2] == "layers" and base.__name__ != "Layer" for base in own.__mro__[1:]
    ):
        return "it is a class of its own, and may compute something else than the class of Keras that it is made of"
    return "it is a class of its own: compose it of Keras' layers, or export the model and check the file"
