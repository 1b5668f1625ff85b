"""What every derivative is: a function that writes, in operators, how a node hands a gradient back to its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from parity.axes import Shape
from parity.operators.base import Site, Unsupported
from parity.operators.build import Named, Spelling
from parity.operators.graph import Node, title


@dataclass(frozen=True)
class Applied:
    """A node of the forward pass where its derivative is written.

    op: what it is written with; x: the inputs, None for one that is left out; y: the outputs; dy: the gradient by each
    output, None where nothing depends on it; fixed: the names of values that are computed from constants alone.
    """

    op: Spelling
    node: Node
    x: tuple[Named | None, ...]
    y: tuple[Named, ...]
    dy: tuple[Named | None, ...]
    fixed: frozenset[str]

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute of the node, or ``default`` where it does not give it."""
        return self.node.attributes.get(name, default)

    @property
    def site(self) -> Site:
        """The node as its operator's rule sees it."""
        dtypes = tuple("" if x is None else x.dtype for x in self.x)
        return Site(self.node.kind, self.node.attributes, self.op.opset, dtypes, len(self.y))

    def known(self, i: int) -> Any:
        """The value of an input that is stored in the graph. Raises :class:`Unsupported` for one that is computed."""
        x = self.x[i]
        if x is None or x.name not in self.fixed:
            raise self.without(f"whose input {i} is computed")
        return x.value.y

    def without(self, what: str) -> Unsupported:
        """The error that a node of this kind has no derivative, where ``what`` holds of it."""
        return Unsupported(f"the derivative of {title(self.node)} {what}".rstrip())


Derivative = Callable[..., Sequence[Named | None]]
"""``f(at, dy, *x)`` gives the gradient by each input, None for one by which there is no derivative.

dy is the gradient by the first output. Inputs that are left out at the end are not handed over. What is written and not
needed is removed afterwards. At a kink it may give any of the derivatives beside it: what is right there is not asked.
"""

Rule = TypeVar("Rule", bound=Derivative)

#: The derivative of every operator that has one, by kind. Filled by the files of this room (``table``).
DERIVATIVES: dict[str, Derivative] = {}


def derivative(*kinds: str) -> Callable[[Rule], Rule]:
    """Register a function as the derivative of these kinds."""

    def add(rule: Rule) -> Rule:
        for kind in kinds:
            if kind in DERIVATIVES:
                raise ValueError(f"operator {kind!r} has two derivatives")
            DERIVATIVES[kind] = rule
        return rule

    return add


def number(op: Spelling, value: float) -> Named:
    """A number as the stored type has it: what float32 cannot hold is a float64 in the frameworks, and rounded once."""
    if float(np.float32(value)) == value:
        return op.constant(float(value))
    return op.Cast(op.constant(float(value), "float64"), to="float32")  # type: ignore[no-any-return]


def whole(op: Spelling, *numbers: int) -> Named:
    """Whole numbers, int64, of one axis."""
    return op.constant(np.asarray(numbers, np.int64))


def zeros(op: Spelling, shape: Shape) -> Named:
    """Zeros of this shape."""
    return op.Expand(op.constant(0.0), whole(op, *shape))  # type: ignore[no-any-return]


def reshaped(op: Spelling, x: Named, shape: Shape) -> Named:
    """The value in this shape."""
    return x if x.shape == shape else op.Reshape(x, whole(op, *shape))


def unbroadcast(op: Spelling, d: Named, x: Named) -> Named:
    """A gradient by an input that was repeated: the sum over all its repetitions, of the input's shape."""
    if d.shape == x.shape:
        return d
    more = len(d.shape) - len(x.shape)
    repeated = [i for i, n in enumerate(d.shape) if i < more or (x.shape[i - more] == 1 and n != 1)]
    return reshaped(op, op.ReduceSum(d, whole(op, *repeated), keepdims=1), x.shape)


def positive(op: Spelling, x: Named) -> Named:
    """Whether each element is above 0."""
    return op.Greater(x, op.constant(0.0))  # type: ignore[no-any-return]
