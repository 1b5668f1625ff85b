"""What every layer is: a frozen description that imports no framework.

A layer answers, each in one method: which parameters it stores, what shape it gives, what float64 says (``reference``),
how wrong an honest kernel may be (``error``), how an error that comes in goes out (``push``), and how it is spelled in
torch and in Keras. The framework's own namespace is handed in, so no layer file imports one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform, get_args

import numpy as np

from parity.axes import F64, Array, Shape, Tensor
from parity.bounds import Rounding
from parity.errors import FieldError

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]
Distribution = Literal["normal", "uniform"]
Padding = int | Pair | Pads | Literal["same", "valid"]


@dataclass(frozen=True)
class Draw:
    """How a parameter is drawn: ``centre + spread * z``, z from ``kind`` with mean 0 and variance 1.

    ``first`` replaces element 0 when given: a BatchNorm keeps one small variance so that epsilon shows
    (docs/error-bounds.md, parameters that show). Units are those of the parameter.
    """

    kind: Distribution = "normal"
    centre: float = 0.0
    spread: float = 1.0
    first: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Distribution):
            raise FieldError("Draw", "kind", self.kind, f"must be one of {', '.join(get_args(Distribution))}")
        for name in ("centre", "spread") if self.first is None else ("centre", "spread", "first"):
            if not is_number(getattr(self, name)):
                raise FieldError("Draw", name, getattr(self, name), "must be a finite number")


@dataclass(frozen=True)
class Parameter:
    """One stored array of a layer: shape, names of its canonical axes (``OIHW``, ``OI``, ``C``) and how it is drawn."""

    shape: Shape
    axes: str
    draw: Draw = field(default_factory=Draw)


class Error(NamedTuple):
    """Local error of one layer at lambda = 1, per element, in the output's unit."""

    evaluation: F64  #: A: the rounding of the arithmetic; scaled by lambda
    storage: F64  #: B: the rounding of the result into its storage type; not scaled


class Window(NamedTuple):
    """What one output element sees of its input along (height, width)."""

    kernel: Pair
    stride: Pair
    dilation: Pair
    pads: Pads  #: ((top, bottom), (left, right))


class Layer:
    """Base of all layers. Subclasses are made with :func:`layer`."""

    kind: ClassVar[str] = ""  #: the name in tables and automatic node names, for example ``conv2d``
    linear: ClassVar[bool] = False  #: a weighted sum of the input, so the impulse probe applies
    takes: ClassVar[int | None] = 1  #: how many inputs it reads; None for two or more

    def check(self) -> None:
        """Raise :class:`FieldError` for the first field out of its valid range."""

    def parameters(self) -> Mapping[str, Parameter]:
        """The stored arrays by name; empty when the layer has none."""
        return {}

    def output_shape(self, *shapes: Shape) -> Shape:
        """The output's canonical shape by this layer's own rule; raises :class:`FieldError` if the input cannot fit."""
        return shapes[0]

    def output(self, *inputs: Tensor) -> Tensor:
        """Shape and meaning of the output. Layers that change the meaning of axes override this."""
        return Tensor(self.output_shape(*(t.shape for t in inputs)), inputs[0].folded)

    def window(self, x: Tensor) -> Window | None:
        """The sliding window, or None for a layer that looks at each element (or at all of them)."""
        return None

    def reference(self, *inputs: Any, **parameters: Any) -> F64:
        """The float64 answer from the operation's definition, canonical axes in and out."""
        raise FieldError(type(self).__name__, "reference", None, "is not defined: write reference(self, x)")

    def error(self, rounding: Rounding, y: F64, *inputs: Any, **parameters: Any) -> Error:
        """The local error of computing ``y`` from ``inputs``. By default exact: bit equal given the same input."""
        zero = np.zeros_like(y)
        return Error(zero, zero)

    def push(self, y: F64, inputs: Sequence[F64], errors: Sequence[F64], **parameters: Array) -> F64:
        """The error of the output that an error of the inputs makes; both per element, in their own units."""
        return errors[0]

    def exact_step(self, *inputs: Tensor) -> Fraction | None:
        """By how much the finest step of integer inputs shrinks, or None where integers do not stay exact."""
        return Fraction(1)

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        """The torch spelling: a module, a plain function, or a list of them to apply in turn."""
        raise FieldError(type(self).__name__, "to_torch", None, "is not defined: write to_torch(self, torch, x)")

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        """The Keras spelling: a layer, a plain function, or a list of them to apply in turn."""
        raise FieldError(type(self).__name__, "to_keras", None, "is not defined: write to_keras(self, keras, x)")

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        """The parameters as the torch module's state dict names them, in torch's axes."""
        return dict(parameters)

    def keras_weights(self, x: Tensor, **parameters: Array) -> list[Array]:
        """The parameters in the order and axes in which the Keras layer lists its weights."""
        return list(parameters.values())

    def spec(self) -> dict[str, Any]:
        """The layer as plain data: its class and fields. Enough to tell two layers apart in a cache key."""
        return {"layer": type(self).__name__, **dataclasses.asdict(self)}  # type: ignore[call-overload]

    def __str__(self) -> str:
        shown: list[str] = []
        for f in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, f.name)
            if f.default is dataclasses.MISSING:
                shown.append(repr(value))
            elif value != f.default:
                shown.append(f"{f.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


L = TypeVar("L", bound=Layer)


@dataclass_transform(frozen_default=True)
def layer(cls: type[L]) -> type[L]:
    """Make a layer of a class: a frozen dataclass whose fields are checked when it is made."""

    def check(self: Layer) -> None:
        self.check()

    cls.__post_init__ = check  # type: ignore[attr-defined]
    made = dataclass(frozen=True, repr=False)(cls)
    made.__repr__ = Layer.__str__  # type: ignore[method-assign, assignment]
    if not made.kind:
        made.kind = cls.__name__.lower()
    return made


def require(owner: Layer, name: str, good: bool, mend: str) -> None:
    """Raise :class:`FieldError` for field ``name`` of ``owner`` unless ``good``."""
    if not good:
        raise FieldError(type(owner).__name__, name, getattr(owner, name), mend)


def is_count(value: object, least: int = 1) -> bool:
    """Whether value is a whole number of at least ``least`` (True and False are not numbers here)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_number(value: object) -> bool:
    """Whether value is a finite number (True and False are not numbers here)."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_size(value: object, least: int = 1) -> bool:
    """Whether value is a whole number, or a pair of them for (height, width)."""
    return is_count(value, least) or (
        isinstance(value, tuple) and len(value) == 2 and all(is_count(v, least) for v in value)
    )


def pair(value: int | Pair) -> Pair:
    """(height, width) from a number or a pair."""
    return (value, value) if isinstance(value, int) else value


def per_channel(vector: Array, rank: int) -> F64:
    """A vector over channels, shaped to broadcast against ``N C H W`` or ``N F``. float64."""
    return np.asarray(vector, np.float64).reshape((1, -1) + (1,) * (rank - 2))


def as_list(pieces: Any) -> list[Callable[..., Any]]:
    """A spelling as the list of pieces to apply in turn."""
    return list(pieces) if isinstance(pieces, list | tuple) else [pieces]
