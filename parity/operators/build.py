"""How a layer is spelled in operators: ``op.Conv(x, weight, strides=(2, 2))``. Shapes are known at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parity.axes import Array, Shape
from parity.operators.base import Site, Unsupported
from parity.operators.formats import FORMATS, rounded
from parity.operators.graph import Graph, Node, Value, as_value, walk
from parity.operators.table import OPERATORS


class Named:
    """A value of the graph that is being written: its name, shape and stored type."""

    def __init__(self, name: str, value: Value, batch: int | None) -> None:
        self.name, self.dtype = name, value.dtype
        self.value = value  #: computed on an empty batch
        self._batch = batch  #: what the first axis really is; None where the value has no batch

    @property
    def shape(self) -> Shape:
        """The shape, batch included."""
        shape = tuple(int(n) for n in np.shape(self.value.y))
        return shape if self._batch is None else (self._batch, *shape[1:])

    @property
    def has_batch(self) -> bool:
        """Whether the first axis is the batch."""
        return self._batch is not None


class Spelling:
    """Collects nodes. Attribute access gives an operator: ``op.Relu(x)``; the newest opset is meant.

    Shapes follow from the values: every operator is run at once on an empty batch, which costs next to nothing, and the
    first axis of what depends on an input is taken for the batch.
    """

    def __init__(self, opset: int = 22, training: bool = False, precision: str = "float32") -> None:
        self._opset = opset
        self.precision = precision  #: the stored type of everything that is called float here
        self.training = training  #: whether the layer is to be spelled as it is in training
        self._nodes: list[Node] = []
        self._constants: dict[str, Array] = {}
        self._inputs: list[str] = []
        self._count = 0
        self.scope = ""
        self.values: dict[str, Named] = {}  #: every value so far, by name

    @classmethod
    def behind(cls, graph: Graph, shapes: Mapping[str, Shape], dtypes: Mapping[str, str]) -> Spelling:
        """One that writes on behind the nodes of a graph, whose inputs have these shapes, and are of the graph's precision unless a type is said.

        All of them are computed on ones, images too, so that sizes may follow from the batch; the batch is no axis of its own here.
        """
        op = cls(graph.opset)
        op._nodes, op._constants = list(graph.nodes), dict(graph.constants)
        for name in graph.inputs:
            op.parameter(name, shapes[name], dtypes.get(name, ""))
        feeds = {name: value.value for name, value in op.values.items()}
        made = walk(graph, feeds, keep=[*graph.constants, *(name for node in graph.nodes for name in node.outputs)])
        for name, value in made.items():
            op._known(Named(name, value, None))
        return op

    @property
    def opset(self) -> int:
        """The opset that is meant."""
        return self._opset

    def input(self, name: str, shape: Shape, dtype: str = "float32") -> Named:
        """A value that is fed, whose first axis is the batch."""
        self._inputs.append(name)
        empty = np.zeros((0, *shape[1:]), np.float64 if dtype in FORMATS else dtype)
        return self._known(Named(name, Value(empty, dtype), shape[0]))

    def parameter(self, name: str, shape: Shape, dtype: str = "") -> Named:
        """A value that is fed and has no batch, of the graph's precision unless a type is said."""
        self._inputs.append(name)
        dtype = dtype or self.precision
        one = np.float64(1.0) if dtype in FORMATS else np.zeros((), dtype)  # of indices the one that is always there
        return self._known(Named(name, Value(np.broadcast_to(one, shape), dtype), None))

    def constant(self, array: Any, dtype: str = "") -> Named:
        """A stored array; numbers and lists of whole numbers are int64, floats of the graph's precision unless a type is said."""
        array = np.asarray(array)
        if array.dtype.kind == "f":
            array = rounded(array, dtype or self.precision)
        name = f"{self.scope or 'constant'}.{self._next()}"
        self._constants[name] = array
        return self._known(Named(name, as_value(array, dtype), None))

    def stored(self, name: str, array: Array) -> Named:
        """A stored array of floats under a name of its own. Shapes must not follow from its numbers, which are not looked at."""
        if name in self.values:
            raise ValueError(f"two values are called {name!r}")
        self._constants[name] = array
        return self._known(Named(name, Value(np.broadcast_to(np.float64(1.0), array.shape), array.dtype.name), None))

    def _known(self, made: Named) -> Named:
        self.values[made.name] = made
        return made

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        if kind.startswith("_"):
            raise AttributeError(kind)

        def call(*inputs: Named | None, outputs: int = 1, **attributes: Any) -> Any:
            return self._call(kind, inputs, outputs, attributes)

        return call

    def _call(self, kind: str, inputs: Sequence[Named | None], outputs: int, attributes: dict[str, Any]) -> Any:
        rule = OPERATORS.get(("", kind))
        if rule is None:
            raise Unsupported(f"{kind} has no rule in parity.operators; compose it of others or add it there")
        while inputs and inputs[-1] is None:
            inputs = inputs[:-1]
        dtypes = tuple("" if x is None else x.dtype for x in inputs)
        at = Site(kind, attributes, self._opset, dtypes, outputs)
        with np.errstate(all="ignore"):
            y = rule.value(at, *(None if x is None else x.value.y for x in inputs))
        batch = next((x._batch for x in inputs if x is not None and x.has_batch), None)
        stem = f"{self.scope or kind.lower()}.{self._next()}"
        names = [stem if i == 0 else f"{stem}.{i}" for i in range(outputs)]
        made = tuple("" if x is None else x.name for x in inputs)
        self._nodes.append(Node(kind, made, tuple(names), attributes, stem, scope=self.scope))
        kept = [
            self._known(Named(name, Value(v, d), batch if np.ndim(v) and np.shape(v)[0] == 0 else None))
            for name, v, d in zip(names, y, rule.dtypes(at, y), strict=False)
        ]
        return kept[0] if outputs == 1 else tuple(kept)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def graph(self, *outputs: Named) -> Graph:
        """What was written, with these values as its outputs."""
        return Graph(
            tuple(self._nodes), tuple(self._inputs), tuple(o.name for o in outputs), dict(self._constants), self._opset
        )


__all__ = ["FORMATS", "Named", "Spelling"]
