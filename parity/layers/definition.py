"""What follows from a layer's spelling in operators: its graph, the shape and axes of its output, and what it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod

import numpy as np

from parity.axes import Array, Shape, Tensor
from parity.errors import FieldError
from parity.layers.base import Layer
from parity.operators.base import Operator, Site, Window
from parity.operators.build import Named, Spelling
from parity.operators.formats import FORMATS
from parity.operators.graph import Graph, Node
from parity.operators.movement import Pad
from parity.operators.table import OPERATORS

#: Operators whose every output element is computed from all places of its image, or from ones that its values decide.
_EVERYWHERE = (
    *("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool", "InstanceNormalization", "GroupNormalization"),
    *("GridSample", "ScatterElements"),
)
#: Operators that work along one axis, and those that do from one axis on.
_ALONG = ("LogSoftmax", "LpNormalization", "Softmax")
_FROM = ("LayerNormalization", "RMSNormalization")


def _everywhere(node: Node) -> bool:
    return node.kind in _EVERYWHERE or bool(node.attributes.get("training_mode", 0))


def _taken_together(node: Node, rank: int, constants: Mapping[str, Array]) -> range | list[int]:
    """The axes of a node's first input whose elements it computes with one another or moves; none where its window says it."""
    axis = node.attributes.get("axis", -1) % rank
    if node.kind in _ALONG or node.kind == "Concat":
        return [axis]
    if node.kind in _FROM:
        return range(axis, rank)
    if node.kind == "CumSum":
        return [int(constants[node.inputs[1]]) % rank]
    if not node.kind.startswith("Reduce"):
        return []
    axes = node.attributes.get("axes") if len(node.inputs) < 2 else constants.get(node.inputs[1])
    return range(rank) if axes is None else [int(a) % rank for a in axes]


@dataclass(frozen=True)
class Types:
    """The stored types in which a layer is computed, where they are not those of what comes in: empty is as it comes.

    reads: to what its inputs of floats are cast; stored: to what its parameters are; gives: to what its output is.
    """

    reads: str = ""
    stored: str = ""
    gives: str = ""


AS_IT_COMES = Types()


@dataclass(frozen=True)
class Definition:
    """A layer on inputs of given shapes, in operators.

    inputs: as the layer reads them, cast where it is computed in another type. The graph reads ``x0``, ``x1``, ... and the layer's parameters by their names; its first output is the layer's. In
    training what the layer's states become are further ones, in their order.
    """

    layer: Layer
    inputs: tuple[Tensor, ...]
    graph: Graph
    values: Mapping[str, Named]  #: every value of the graph, with its shape
    training: bool = False
    types: Types = AS_IT_COMES

    @cached_property
    def states(self) -> Mapping[str, Tensor]:
        """What a step of training changes: parameter -> its shape. Empty at inference."""
        names = self.layer.states() if self.training else ()
        values = zip(names, self.graph.outputs[1:], strict=True)
        return {name: Tensor(self.values[value].shape, dtype=self.values[value].dtype) for name, value in values}

    @cached_property
    def output(self) -> Tensor:
        """Shape and meaning of the output: an image that is folded into features keeps what it was folded from."""
        x, y = self.inputs[0], self.values[self.graph.outputs[0]]
        folded = x.folded if y.shape == x.shape and not self.products else None
        if len(x.shape) > 2 == len(y.shape) and prod(y.shape[1:]) == prod(x.shape[1:]) and not self.products:
            folded = x.shape[1:]
        return Tensor(y.shape, folded, y.dtype)

    @property
    def precision(self) -> str:
        """The stored type of what the layer reads and stores."""
        return precision_of(self.inputs)

    @cached_property
    def _sites(self) -> list[tuple[Node, Operator, Site, tuple[Shape, ...]]]:
        return [
            (
                node,
                OPERATORS[node.domain, node.kind],
                Site(
                    node.kind,
                    node.attributes,
                    self.graph.opset,
                    (self.precision,) * len(node.inputs),
                    len(node.outputs),
                ),
                tuple(self.values[name].shape for name in node.inputs if name),
            )
            for node in self.graph.nodes
        ]

    @cached_property
    def products(self) -> int:
        """How many products one output element sums; 0 for a layer that is no sum."""
        return max((rule.products(at, *shapes) for _, rule, at, shapes in self._sites), default=0)

    @cached_property
    def multiplies(self) -> bool:
        """Whether inputs are multiplied by each other."""
        return len(self.inputs) > 1 and any(node.kind == "Mul" for node in self.graph.nodes)

    @cached_property
    def reduces(self) -> bool:
        """Whether an operator reduces along axes, which a sum of whole numbers does without rounding."""
        return any(node.kind.startswith("Reduce") for node in self.graph.nodes)

    @cached_property
    def weighted(self) -> bool:
        """Whether the layer is one sum of products of its input with its parameter ``weight``, its ``bias`` added, and moves beside."""
        sums = [node for node, rule, at, shapes in self._sites if rule.products(at, *shapes)]
        rest = [
            exact or (site[0].kind == "Add" and "bias" in site[0].inputs)
            for site, exact in zip(self._sites, self._exact, strict=True)
            if site[0] not in sums
        ]
        weights = {"weight"}  # and what is made of it alone, turned round as a MatMul reads it
        for node in self.graph.nodes:
            read = [name for name in node.inputs if name and name not in self.graph.constants]
            if read and weights.issuperset(read):
                weights.update(node.outputs)
        return len(sums) == 1 and not weights.isdisjoint(sums[0].inputs) and all(rest)

    @cached_property
    def window(self) -> Window | None:
        """The sliding window over the places of the first input, or None for a layer that has none.

        Windows in turn are one: strides multiply, reaches add up.
        """
        found: Window | None = None
        for node, rule, at, shapes in self._sites:
            here = rule.window(at, *shapes) if shapes else None
            if isinstance(rule, Pad) and node.inputs[1:2]:
                # Known here, since a definition stores what it pads by.
                pads, _, axes = (*(self.graph.constants.get(name) for name in node.inputs[1:]), None, None)[:3]
                here = None if pads is None else rule.shifted(rule.edges(at, len(shapes[0]), pads, axes))
            if here is not None:
                found = here if found is None else _joined(found, here)
        return found

    @cached_property
    def _spreads(self) -> list[Window]:
        found = [rule.spread(at, *shapes) for _, rule, at, shapes in self._sites if shapes]
        return [spread for spread in found if spread is not None]

    @cached_property
    def spread(self) -> Window | None:
        """The window of the output that each place of the input spreads over: of a transposed convolution and no other window."""
        return self._spreads[0] if len(self._spreads) == 1 and self.window is None else None

    @cached_property
    def sees_everything(self) -> bool:
        """Whether an output element depends on every place of the input's image (or on every feature), or nobody can say."""
        # Beside a longer axis one of size 1 is repeated: the longest of each has all places.
        x = [max(sizes) for sizes in zip(*(each.shape for each in self.inputs), strict=False)]
        y = list(self.output.shape)
        if len(x) == len(y) > 2:
            if any(map(_everywhere, self.graph.nodes)) or self._mixes_places:
                return True
            return self.spread is None and bool(self._spreads or (self.window is None and x[2:] != y[2:]))
        # An image that becomes tokens has other places; one that is folded into features keeps what each of them saw.
        return self.products > 0 or len(y) > 2

    @cached_property
    def _mixes_places(self) -> bool:
        """Whether places of the image are computed with one another along a whole axis, wherever transposes bring it."""
        places: dict[str, tuple[int, ...]] = {
            f"x{i}": tuple(range(len(x.shape))) for i, x in enumerate(self.inputs) if len(x.shape) > 2
        }
        computed = set(places)
        for node in self.graph.nodes:
            from_inputs = computed.intersection(node.inputs)
            if node.kind == "MatMul" and len(from_inputs) > 1:  # each place weighed by what others are
                return True
            computed |= set(node.outputs) if from_inputs else set()
            held = next((places[name] for name in node.inputs if name in places), None)
            if held is None:
                continue
            if any(held[axis] > 1 for axis in _taken_together(node, len(held), self.graph.constants)):
                return True
            if node.kind == "Transpose":
                held = tuple(held[axis] for axis in node.attributes["perm"])
            places |= {name: held for name in node.outputs if len(self.values[name].shape) == len(held)}
        return False

    def step(self, steps: Sequence[Fraction]) -> Fraction | None:
        """The finest step of the output for whole multiples of ``steps`` at the inputs, None where they round.

        Parameters are whole numbers; a constant of the graph that is not counts as rounding.
        """
        known: dict[str, Fraction | None] = {f"x{i}": s for i, s in enumerate(steps)}
        known |= {name: Fraction(1) for name in self.layer.parameters()}
        for name, array in self.graph.constants.items():
            known[name] = Fraction(1) if bool((array == np.round(array)).all()) else None
        for (node, rule, at, shapes), exact in zip(self._sites, self._exact, strict=True):
            sources = [known[name] for name in node.inputs if name]
            if not sources or any(s is None for s in sources):
                return None
            finest = [s for s in sources if s is not None]
            here = min(finest) if exact else rule.step(at, finest, *shapes)
            known |= dict.fromkeys(node.outputs, here)
        return known[self.graph.outputs[0]]

    @cached_property
    def _exact(self) -> list[bool]:
        """Of each operator, whether it rounds nothing, whatever its inputs: asked on the empty batch."""
        found = []
        for node, rule, at, _ in self._sites:
            x = [self.values[name].value.y if name else None for name in node.inputs]
            y = [self.values[name].value.y for name in node.outputs]
            with np.errstate(all="ignore"):
                found.append(all(noise.exact for noise in rule.noise(at, y, *x)))
        return found


def _joined(first: Window, then: Window) -> Window:
    """Two windows in turn as one: a pad in front adds its pads; otherwise strides multiply and reaches add up."""
    if set(first.kernel) == {1} and set(first.stride) == {1}:
        pads = tuple((a + c, b + d) for (a, b), (c, d) in zip(first.pads, then.pads, strict=True))
        return Window(then.kernel, then.stride, then.dilation, pads)
    kernel, stride, joined = [], [], []
    for k1, s1, d1, p1, k2, s2, d2, p2 in zip(*first, *then, strict=True):
        kernel.append((k1 - 1) * d1 + 1 + (k2 - 1) * d2 * s1)
        stride.append(s1 * s2)
        joined.append((p1[0] + p2[0] * s1, p1[1] + p2[1] * s1))
    return Window(tuple(kernel), tuple(stride), (1,) * len(kernel), tuple(joined))


def precision_of(inputs: Sequence[Tensor]) -> str:
    """The stored type of the first input that is a float; float32 where none is."""
    return next((x.dtype for x in inputs if x.dtype in FORMATS), "float32")


@lru_cache(maxsize=8192)
def define(layer: Layer, inputs: tuple[Tensor, ...], training: bool = False, types: Types = AS_IT_COMES) -> Definition:
    """A layer's definition on inputs of these shapes, in their precision or in other ``types``.

    The graph reads what is cast already. Raises :class:`FieldError` where they do not fit.
    """
    layer.fits(*inputs)
    if types.reads:
        inputs = tuple(replace(x, dtype=types.reads) if x.dtype in FORMATS else x for x in inputs)
    op = Spelling(training=training, precision=precision_of(inputs))
    reads = [op.input(f"x{i}", x.shape, x.dtype) for i, x in enumerate(inputs)]
    parameters = {name: op.parameter(name, p.shape, types.stored) for name, p in layer.parameters().items()}
    try:
        output = layer.to_onnx(op, *reads, **parameters)
    except FieldError:
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        shapes = " and ".join(str(x.shape) for x in inputs)
        mend = f"fails on an input of shape {shapes}: {type(error).__name__}: {error}"
        raise FieldError(type(layer).__name__, "to_onnx", str(layer), mend) from error
    states = layer.states() if training else ()
    outputs = output if states and isinstance(output, tuple) else (output,)
    if not all(isinstance(value, Named) for value in outputs):
        raise FieldError(type(layer).__name__, "to_onnx", output, "must give the output's value, as op.Relu(x) does")
    if len(outputs) != 1 + len(states):
        mend = f"must give in training the output and what becomes of {', '.join(states)}"
        raise FieldError(type(layer).__name__, "to_onnx", str(layer), mend)
    # A layer that gives its input back is one operator all the same.
    given = [value.name for value in [*reads, *parameters.values()]]
    made = [op.Identity(value) if value.name in given else value for value in outputs]
    if types.gives and made[0].dtype in FORMATS and made[0].dtype != types.gives:
        made[0] = op.Cast(made[0], to=types.gives)
    return Definition(layer, inputs, op.graph(*made), op.values, training, types)
