"""What every layer is: a frozen description that imports no framework, and three spellings of it.

A layer says which parameters it stores and how it is written in torch, in Keras and in ONNX operators. The third spelling
is its definition: value, rounding, shape, window and everything else that parity knows of a layer follow from it
(``parity.layers.definition``). The frameworks' own namespaces are handed in, so no layer file imports one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform, get_args

from parity.axes import Array, Shape, Tensor
from parity.errors import FieldError

Pair = tuple[int, int]
Sizes = tuple[
    int, ...
]  #: a number for each place behind the channels: (length,), (height, width), (depth, height, width)
Pads = tuple[Pair, ...]  #: (before, after) of each of them
Distribution = Literal["normal", "uniform"]
Padding = int | Sizes | Pads | Literal["same", "valid"]


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


@dataclass(frozen=True)
class Chance:
    """What a pass in training draws at random, by itself for each element, or with ``channels`` for each channel as one.

    kind: "drop", with probability ``amount`` an element becomes ``dropped``; "add" and "multiply", it is taken with a normal
    number of deviation ``amount`` and mean 0 or 1.
    """

    kind: Literal["drop", "add", "multiply"]
    amount: float
    dropped: float = 0.0
    channels: bool = False


class Layer:
    """Base of all layers. Subclasses are made with :func:`layer`, which asks for the three spellings."""

    kind: ClassVar[str] = ""  #: the name in tables and automatic node names, for example ``conv2d``
    takes: ClassVar[int | None] = 1  #: how many inputs it reads; None for two or more

    def check(self) -> None:
        """Raise :class:`FieldError` for the first field out of its valid range."""

    def parameters(self) -> Mapping[str, Parameter]:
        """The stored arrays by name; empty when the layer has none."""
        return {}

    def fits(self, *inputs: Tensor) -> None:
        """Raise :class:`FieldError` (or ValueError) where inputs of these shapes cannot be read."""

    def to_onnx(self, op: Any, *inputs: Any, **parameters: Any) -> Any:
        """The definition, in operators: ``op.Conv(x, weight, pads=...)``. Values know their ``shape``; gives the output.

        op: :class:`parity.operators.build.Spelling`; parameters come by the names of :meth:`parameters`.
        """
        raise NotImplementedError

    def states(self) -> tuple[str, ...]:
        """The parameters that a step of training changes without a gradient, by the names of :meth:`parameters`.

        In training (``op.training``) :meth:`to_onnx` gives ``(y, *states)``: what each of them becomes.
        """
        return ()

    def chance(self) -> Chance | None:
        """What training draws at random; :meth:`to_onnx` gives there what an element is without it: kept, of a noise the input."""
        return None

    def of_one_size(self, framework: str, x: Tensor) -> bool:
        """Whether its spelling in a framework (``torch``, ``tensorflow``) is made for one size of image, such as this, and takes no other.

        Where a framework lacks an operation, what stands for it may hold rows, columns or shares counted out for the input.
        """
        return False

    def needs_batch(self, x: Tensor) -> str:
        """What its torch spelling makes of a sample without its batch axis, where that is something else; empty where it is the same, or refused."""
        return ""

    def readings(self) -> Mapping[str, Layer]:
        """What this layer is elsewhere taken to be, by what is then said of a state that does not hold."""
        return {}

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        """The torch spelling: a module, a plain function, or a list of them to apply in turn."""
        raise NotImplementedError

    def to_keras(self, keras: Any, x: Tensor) -> Any:
        """The Keras spelling: a layer, a plain function, or a list of them to apply in turn."""
        raise NotImplementedError

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


SPELLINGS = {"to_onnx": "op", "to_torch": "torch", "to_keras": "keras"}  #: what each is handed

L = TypeVar("L", bound=Layer)


@dataclass_transform(frozen_default=True)
def layer(cls: type[L]) -> type[L]:
    """Make a layer of a class: a frozen dataclass whose fields are checked when it is made.

    Raises :class:`FieldError` at once for a spelling that the class does not give.
    """
    for name, given in SPELLINGS.items():
        if getattr(cls, name) is getattr(Layer, name):
            raise FieldError(cls.__name__, name, None, f"is not defined: write {name}(self, {given}, x)")

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


def is_size(value: object, places: int, least: int = 1) -> bool:
    """Whether value is a whole number, or a tuple of one for each of so many places: (height, width)."""
    return is_count(value, least) or (
        isinstance(value, tuple) and len(value) == places and all(is_count(v, least) for v in value)
    )


def sized(value: int | Sizes, places: int) -> Sizes:
    """A number for each place, from one for all of them or from a tuple."""
    return (value,) * places if isinstance(value, int) else value


def as_list(pieces: Any) -> list[Callable[..., Any]]:
    """A spelling as the list of pieces to apply in turn."""
    return list(pieces) if isinstance(pieces, list | tuple) else [pieces]


def setting(op: Any, number: float) -> Any:
    """A number of a layer in :meth:`Layer.to_onnx`: a float64 in the frameworks, of the graph's precision in a file, which rounds it."""
    return op.Cast(op.constant(float(number), "float64"), to=op.precision)


K = TypeVar("K")


def stored_as(layer: Layer, spelled: Iterable[tuple[K, Array]], array: Array) -> K:
    """Under which name or number a framework's spelling stores a state, which must be the very array that it is handed."""
    for key, value in spelled:
        if value is array:
            return key
    raise FieldError(type(layer).__name__, "states", layer.states(), "names a parameter that is not stored as it is")
