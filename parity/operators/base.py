"""What every operator is: a float64 value and the local rounding of an honest kernel, on plain arrays.

Floats of any stored type are computed as float64; which type they are stored in is carried beside them, since it decides
the rounding. Integers, booleans and strings keep their own numpy type.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np

from parity.axes import F64, Array, Shape
from parity.operators.formats import FLOAT32, FORMATS, Format


class Unsupported(Exception):
    """An operator, or a mode of one, that has no rule here; the message names it."""


class Shared(NamedTuple):
    """A part of the evaluation error that is one and the same draw along some axes of the output.

    The error is ``coefficient * z`` with one z of mean 0 and variance 1 for all elements that differ in ``axes`` only. A
    BatchNorm, for example, folds its scale once a channel, so that rounding does not average out over the pixels.
    """

    coefficient: F64  #: signed, of the output's shape (or one that broadcasts to it)
    axes: tuple[int, ...]


@dataclass(frozen=True)
class Noise:
    """The local rounding of one output at lambda = 1, per element, in the output's unit. None is exactly nothing.

    An output that is all None is exact: bit equal given the same inputs.
    """

    own: F64 | None = None  #: evaluation error that is independent from element to element
    shared: tuple[Shared, ...] = ()  #: evaluation error with common draws
    storage: F64 | None = None  #: the rounding of the result into its stored type; not scaled by lambda
    flush: F64 | float = (
        0.0  #: what flushing of subnormals may take away besides the result's own: absolute, not random
    )
    overflow: Array | None = None  #: where a sum on the way may pass the largest number: whatever comes is unspecified
    open: Array | None = None  #: where the operator leaves open for another reason what comes, NaN included
    why: str = ""  #: the reason, as a clause: "a weight of 0 meets an infinity"

    @cached_property
    def evaluation(self) -> F64 | None:
        """A: all of the evaluation error."""
        parts = [] if self.own is None else [self.own]
        parts += [np.abs(part.coefficient) for part in self.shared]
        return None if not parts else np.asarray(sum(parts[1:], start=parts[0]), np.float64)

    @property
    def exact(self) -> bool:
        """Whether nothing is rounded at all."""
        return self.own is None and not self.shared and self.storage is None


EXACT = Noise()


class Terms(NamedTuple):
    """One output element as the sum that a plain loop computes: ``(sum(products) + bias) / divisor``.

    products: float64, in the order of the data, of shape ``(channels, taps)`` (or ``(n,)`` where there is one order).
    """

    products: F64
    bias: float = 0.0
    divisor: float = 1.0


class Sum(NamedTuple):
    """A sum that one output element hangs on, and how much it is off for each unit that the sum is: ``abs(d y / d sum)``."""

    terms: Terms
    slope: float = 1.0


class Window(NamedTuple):
    """What one output element sees of its input, axis by axis of the last ``len(kernel)`` axes."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]  #: before and after


@dataclass(frozen=True)
class Site:
    """What an operator knows beside its inputs, where it stands in a graph.

    dtypes: stored type of each input, empty for one that is left out; outputs: how many outputs are asked for;
    careful: running sums and other widenings that cost more than the value are wanted; format: overrides what the stored
    type says of rounding (TF32 operands, Winograd).
    """

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    opset: int = 22
    dtypes: tuple[str, ...] = ("float32",)
    outputs: int = 1
    careful: bool = False
    override: Format | None = None

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or ``default`` where the node does not give it."""
        return self.attributes.get(name, default)

    @property
    def dtype(self) -> str:
        """The stored type of the first input that is a float; float32 where none is."""
        return next((d for d in self.dtypes if d in FORMATS), "float32")

    @property
    def format(self) -> Format:
        """The rounding of this place."""
        if self.override is not None and self.dtype == "float32":
            return self.override
        return FORMATS.get(self.dtype, FLOAT32)


Near = Callable[..., tuple[Any, ...]]
"""The outputs of an operator on inputs that are a little off those it was made for."""


class Operator:
    """Base of all operators. Value and noise have to be said; what moves values or works on integers says ``EXACT``."""

    sizes: tuple[int, ...] = ()  #: the inputs whose values decide the outputs' shapes

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        """The outputs in float64 (or integers, booleans). An input that is left out is None.

        Must work on a batch of 0, cheaply: shapes are found that way. Raises :class:`Unsupported`.
        """
        raise NotImplementedError

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        """The local rounding of each output, of computing ``y`` from ``x``."""
        raise NotImplementedError

    def near(self, at: Site, y: Sequence[Any], *x: Any) -> Near | None:
        """What gives the outputs on inputs that are a little off ``x``, of which ``y`` came; None where that is :meth:`value`.

        It may lose some digits of the small difference, never of ``y``.
        """
        return None

    @property
    def rounding(self) -> str:
        """The noise in words, for ``docs/operators.md``: by default the first paragraph of the rule's docstring."""
        return " ".join((inspect.getdoc(type(self)) or "").split("\n\n")[0].split())

    def dtypes(self, at: Site, y: Sequence[Any]) -> tuple[str, ...]:
        """The stored type of each output: float64 arrays are stored as the first float input is, the rest as they are."""
        return tuple(at.dtype if v.dtype == np.float64 else v.dtype.name for v in map(np.asarray, y))

    def terms(self, at: Site, index: tuple[int, ...], *x: Any) -> Terms | None:
        """One element of the first output as a plain sum; None where the operator is none."""
        return None

    def sums(self, at: Site, places: Sequence[tuple[int, ...]], *x: Any) -> list[tuple[Sum, ...]] | None:
        """The long sums behind elements of the first output; None where there are none. Those that share one share its object."""
        found = [self.terms(at, place, *x) for place in places]
        return (
            None if any(terms is None for terms in found) else [(Sum(terms),) for terms in found if terms is not None]
        )

    def window(self, at: Site, *shapes: Shape) -> Window | None:
        """The sliding window over the first input; None for what has none."""
        return None

    def spread(self, at: Site, *shapes: Shape) -> Window | None:
        """The window of the output that an element of the first input spreads over; None for what sums no such windows."""
        return None

    def products(self, at: Site, *shapes: Shape) -> int:
        """n: how many products one output element sums (terms, where a sum has no products); 0 where it is no sum."""
        return 0

    def step(self, at: Site, steps: Sequence[Fraction], *shapes: Shape) -> Fraction | None:
        """The finest step of the output for whole multiples of ``steps`` at the inputs; None where they do not stay exact.

        Only asked of operators that are not exact themselves: those keep the finest step of their inputs.
        """
        return None


Rule = TypeVar("Rule", bound="Operator | type[Operator]")

#: Every operator that has a rule, by (domain, kind). Filled by the files of this room (``parity.operators.table``).
OPERATORS: dict[tuple[str, str], Operator] = {}


def operator(*kinds: str, domain: str = "") -> Callable[[Rule], Rule]:
    """Register a class (made without arguments) or an instance as the rule for these kinds."""

    def add(rule: Rule) -> Rule:
        made = rule() if isinstance(rule, type) else rule
        for kind in kinds:
            if (domain, kind) in OPERATORS:
                raise ValueError(f"operator {kind!r} has two rules")
            OPERATORS[domain, kind] = made
        return rule

    return add


class Move(Operator):
    """Exact: values are moved, selected or copied.

    ``f(at, *x)`` gives one output, or a tuple or list of them. sizes: see :class:`Operator`.
    """

    def __init__(self, f: Callable[..., Any], sizes: tuple[int, ...] = ()) -> None:
        self._f = f
        self.sizes = sizes

    def value(self, at: Site, *x: Any) -> tuple[Any, ...]:
        y = self._f(at, *x)
        return tuple(y) if isinstance(y, tuple | list) else (np.asarray(y),)

    def noise(self, at: Site, y: Sequence[Any], *x: Any) -> tuple[Noise, ...]:
        return (EXACT,) * len(y)


def stored(at: Site, y: Any) -> F64:
    """B of a result that is rounded into its stored type: ``u_s |y|``."""
    return at.format.storage * np.abs(np.asarray(y, np.float64))
