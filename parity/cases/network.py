"""Networks: named layers wired together, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from parity.axes import Shape, Tensor
from parity.errors import FieldError
from parity.layers.base import Layer, Pair, Parameter
from parity.layers.definition import AS_IT_COMES, Definition, Types, define

INPUT = "input"  #: the name under which nodes refer to the network's input


@dataclass(frozen=True)
class Node:
    """One layer of a network, its name, and the names of the nodes (or ``"input"``) it reads.

    of: the earlier node whose layer this is again, its parameters included; empty where the layer is the node's own;
    types: those in which it is computed (:mod:`parity.cases.policies`), where it is not in that of what it reads.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    of: str = ""
    types: Types = AS_IT_COMES

    @property
    def owner(self) -> str:
        """The node under whose name the layer's parameters are stored."""
        return self.of or self.name

    def parameters(self) -> Mapping[str, Parameter]:
        """The arrays that are stored under this node's name: none where the layer is another's."""
        return {} if self.of else self.layer.parameters()


@dataclass(frozen=True)
class Network:
    """Nodes in computing order; the last one is the output. ``Graph`` and ``Sequential`` make them."""

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise FieldError("Network", "nodes", (), "must hold at least one layer")
        known = {INPUT}
        for node in self.nodes:
            if not isinstance(node.layer, Layer):
                raise FieldError(f"Network node {node.name!r}", "layer", node.layer, "must be a layer of parity.layers")
            if not node.name.isidentifier():
                raise FieldError("Network", "nodes", node.name, "must name a node as Python names a variable")
            if node.name in known:
                raise FieldError("Network", "nodes", node.name, "names two nodes; give each its own name")
            takes = node.layer.takes
            if len(node.inputs) != takes if takes is not None else len(node.inputs) < 2:
                mend = f"must name as many nodes as the layer reads: {takes or 'two or more'}"
                raise FieldError(f"Network node {node.name!r}", "inputs", node.inputs, mend)
            for source in node.inputs:
                if source not in known:
                    mend = f"names no earlier node; there are {', '.join(sorted(known))}"
                    raise FieldError(f"Network node {node.name!r}", "inputs", source, mend)
            if node.of and not any((n.name, n.layer, n.of) == (node.of, node.layer, "") for n in self.nodes):
                raise FieldError(f"Network node {node.name!r}", "of", node.of, "must name the node that has this layer")
            known.add(node.name)
        read = {source for node in self.nodes for source in node.inputs}
        for node in self.nodes[:-1]:
            if node.name not in read:
                raise FieldError("Network", "nodes", node.name, "is read by no later node; wire it or remove it")

    @property
    def output(self) -> Node:
        """The node whose value the network returns."""
        return self.nodes[-1]

    def trace(self, x: Tensor, training: bool = False) -> dict[str, Tensor]:
        """Shape and axes of the input and of every node's output, as they follow from the layers' definitions.

        Raises :class:`FieldError` naming the node whose input cannot fit.
        """
        seen = {INPUT: x}
        read: dict[str, tuple[Shape, ...]] = {}
        for node in self.nodes:
            try:
                seen[node.name] = self.definition(node, seen, training).output
            except FieldError as error:
                raise FieldError(f"{node.name}: {error.owner}", error.field, error.value, error.mend) from None
            except ValueError as error:
                raise FieldError(f"node {node.name!r}", "inputs", node.inputs, f"do not fit: {error}") from None
            if node.of and (wanted := read[node.of]) != (given := tuple(seen[name].shape for name in node.inputs)):
                mend = f"have the shapes {given}; a layer that is shared is spelled once, for {wanted}"
                raise FieldError(f"node {node.name!r}", "inputs", node.inputs, mend)
            read[node.name] = tuple(seen[name].shape for name in node.inputs)
        return seen

    def definition(self, node: Node, tensors: Mapping[str, Tensor], training: bool = False) -> Definition:
        """One node's definition, on the shapes that :meth:`trace` gave."""
        return define(node.layer, tuple(tensors[name] for name in node.inputs), training, node.types)

    def spec(self) -> list[dict[str, Any]]:
        """The network as plain data: enough to tell two networks apart in a cache key."""
        return [
            {
                "name": n.name,
                "inputs": list(n.inputs),
                **({"of": n.of} if n.of else {}),
                **({"types": vars(n.types)} if n.types != AS_IT_COMES else {}),
                **n.layer.spec(),
            }
            for n in self.nodes
        ]

    def sees(
        self, x: Tensor, name: str, element: tuple[int, int], stop: str = INPUT, training: bool = False
    ) -> tuple[Pair, Pair, bool]:
        """First and last row and column of ``stop`` that one element (row, column) of a node is computed from.

        Clipped to what is there; the last value says whether padding was among them. ``stop`` is the input or a node.
        """
        tensors = self.trace(x, training)
        spans = {name: (_around(element[0]), _around(element[1]))}
        padded = False
        for node in reversed(self.nodes):
            if node.name not in spans or node.name == stop:
                continue
            here = tensors[node.inputs[0]]
            rows, columns = spans[node.name]
            definition = self.definition(node, tensors, training)
            window, spread = definition.window, definition.spread
            if definition.sees_everything or len(here.shape) != 4 or len(tensors[node.name].shape) != 4:
                spans_in = ((0, _length(here, 2) - 1), (0, _length(here, 3) - 1))
            elif spread is not None:
                axes = zip((rows, columns), here.shape[2:], *spread, strict=True)
                spans_in = tuple(_spreading(*axis) for axis in axes)  # type: ignore[assignment]
            elif window is None:
                spans_in = (rows, columns)
            else:
                reach = [
                    (lo * s - before, hi * s - before + (k - 1) * d)
                    for (lo, hi), k, s, d, (before, _) in zip((rows, columns), *window, strict=True)
                ]
                spans_in = (_clip(reach[0], here.shape[2]), _clip(reach[1], here.shape[3]))
                padded = padded or spans_in != (reach[0], reach[1])
            for source in node.inputs:
                # Of an axis of size 1 beside a longer one the only place is repeated.
                here = tensors[source]
                rows, columns = ((0, 0) if _length(here, axis) == 1 else spans_in[axis - 2] for axis in (2, 3))
                old = spans.get(source, (rows, columns))
                spans[source] = (_union(old[0], rows), _union(old[1], columns))
        return (*spans[stop], padded)

    def receptive_fields(self, x: Tensor, training: bool = False) -> Mapping[str, tuple[int, ...] | None]:
        """How many input rows and columns (of a signal its steps, of a volume its slices too) one output element of each node sees; None once it sees all of them.

        ``r_out = r_in + (k - 1) * d * j_in`` and ``j_out = j_in * s`` per axis, j the distance in the input between
        neighbouring elements (Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
        Distill 2019). A transposed convolution sees the most inputs that spread over one element, and ``j_out = j_in / s``.
        Where branches join, the larger one counts.
        """
        shapes = self.trace(x, training)
        places = len(x.shape) - 2 or 2
        fields: dict[str, tuple[int, ...] | None] = {INPUT: (1,) * places}
        jumps = {INPUT: (Fraction(1),) * places}
        for node in self.nodes:
            sources = [fields[name] for name in node.inputs]
            known = [f for f in sources if f is not None]
            definition = self.definition(node, shapes, training)
            jump = max(jumps[name] for name in node.inputs)
            if len(known) < len(sources) or definition.sees_everything:
                fields[node.name] = None
                jumps[node.name] = jump
                continue
            field = tuple(map(max, zip(*known, strict=True)))
            if (window := definition.window) is not None:
                kernel, stride, dilation, _ = window
                field = tuple(
                    f + ceil((k - 1) * d * j) for f, k, d, j in zip(field, kernel, dilation, jump, strict=True)
                )
                jump = tuple(j * s for j, s in zip(jump, stride, strict=True))
            elif (spread := definition.spread) is not None:
                field = tuple(
                    f + ceil((k - 1) * d // s * j) for f, k, s, d, j in zip(field, *spread[:3], jump, strict=True)
                )
                jump = tuple(j / s for j, s in zip(jump, spread.stride, strict=True))
            fields[node.name] = field
            jumps[node.name] = jump
        return fields


def _around(i: int) -> Pair:
    return (i, i)


def _length(tensor: Tensor, axis: int) -> int:
    return tensor.shape[axis] if len(tensor.shape) == 4 else 1


def _clip(span: Pair, length: int) -> Pair:
    return (max(span[0], 0), min(span[1], length - 1))


def _spreading(span: Pair, length: int, kernel: int, stride: int, dilation: int, pads: Pair) -> Pair:
    """First and last place whose windows, one place spreading over each, reach a span of the output; of a gap its neighbour."""
    first, last = ceil((span[0] + pads[0] - (kernel - 1) * dilation) / stride), (span[1] + pads[0]) // stride
    first, last = _clip((min(first, last), last), length)
    return (min(first, length - 1), max(last, 0))


def _union(one: Pair, other: Pair) -> Pair:
    return (min(one[0], other[0]), max(one[1], other[1]))


def Sequential(*layers: Layer | tuple[str, Layer]) -> Network:
    """Layers one after the other. A layer without a name gets its kind's and a number: ``conv2d1``, ``relu1``."""
    nodes: list[Node] = []
    counts: dict[str, int] = {}
    previous = INPUT
    for item in layers:
        if isinstance(item, tuple):
            name, layer = item
        else:
            layer = item
            counts[layer.kind] = counts.get(layer.kind, 0) + 1
            name = f"{layer.kind}{counts[layer.kind]}"
        nodes.append(Node(name, layer, (previous,)))
        previous = name
    return Network(tuple(nodes))


def Graph(**nodes: tuple[Layer | str, *tuple[str, ...]]) -> Network:
    """Layers wired by name: ``Graph(conv=(Conv2D(...), "input"), join=(Add(), "conv", "input"))``.

    In the place of a layer the name of an earlier node is its layer once more, one layer with one set of parameters:
    ``Graph(conv=(Conv2D(...), "input"), again=("conv", "conv"))``.
    """
    made: dict[str, Node] = {}
    for name, (layer, *inputs) in nodes.items():
        of = layer if isinstance(layer, str) else ""
        if of and (of not in made or made[of].of):
            owners = [each.name for each in made.values() if not each.of]
            mend = (
                f"must be a layer, or an earlier node that has one of its own: {', '.join(owners) or 'there is none'}"
            )
            raise FieldError(f"Network node {name!r}", "layer", layer, mend)
        made[name] = Node(name, made[of].layer if of else layer, tuple(inputs), of)  # type: ignore[arg-type]
    return Network(tuple(made.values()))


def as_network(model: Network | Layer) -> Network:
    """A single layer as the network of one node, named by its kind."""
    return model if isinstance(model, Network) else Network((Node(model.kind, model, (INPUT,)),))


def output_shape(model: Network | Layer, shape: Shape) -> Shape:
    """The canonical output shape for a canonical input shape."""
    network = as_network(model)
    return network.trace(Tensor(shape))[network.output.name].shape
