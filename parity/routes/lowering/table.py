"""The table of what Keras' own layers and operations are in operators, and what its rules are written with.

A rule is a function of the :class:`Writer`, the layer and what the layer is called with, and gives the output's value. The
files beside this one hold the rules; nothing here or there imports Keras before a model is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from parity.axes import Array
from parity.operators.build import Named, Spelling
from parity.operators.formats import FORMATS

Rule = Callable[..., Any]
R = TypeVar("R", bound=Rule)

#: The rules, by where Keras keeps a class (``layers``, ``ops``, ...) and what it is called.
RULES: dict[tuple[str, str], Rule] = {}

#: Rules that take whole numbers as they are; the others are only asked about floats.
TAKES_INTEGERS: set[Rule] = set()


def lowers(room: str, *kinds: str, integers: bool = False) -> Callable[[R], R]:
    """Register a function as the rule of these classes of ``keras.<room>``."""

    def add(rule: R) -> R:
        for kind in kinds:
            if (room, kind) in RULES:
                raise ValueError(f"{room}.{kind} has two rules")
            RULES[room, kind] = rule
        if integers or room != "layers":
            TAKES_INTEGERS.add(rule)
        return rule

    return add


def rule_of(operation: Any) -> Rule | None:
    """The rule of a layer or operation that is Keras' very own; None for any other, a subclass of Keras' own included."""
    keras, source, room, *_ = [*type(operation).__module__.split("."), "", "", ""]
    return RULES.get((room, type(operation).__name__)) if (keras, source) == ("keras", "src") else None


def why_not(layer: Any) -> str:
    """Why a rule would not say what this very layer computes; empty where it does."""
    if "call" in vars(layer):
        return "has a call of its own, set on the object"
    if getattr(layer, "quantization_mode", None) is not None:
        return f"is quantised ({layer.quantization_mode})"
    if getattr(layer, "lora_enabled", False):
        return "has LoRA switched on: merge it into the weights"
    return ""


def to_numpy(value: Any) -> Array:
    """A variable, tensor or number of Keras as an array."""
    import keras

    return np.asarray(keras.ops.convert_to_numpy(value.value if isinstance(value, keras.Variable) else value))


class Writer(Spelling):
    """Collects the operators of a Keras model. ``compute_dtype`` is that of the layer which is being written."""

    def __init__(self) -> None:
        super().__init__()
        self.compute_dtype = "float32"
        self._weights: dict[int, Named] = {}

    def weight(self, variable: Any, dtype: str = "") -> Any:
        """A variable of the layer, stored once and cast where the layer computes in another type; None for none."""
        if variable is None:
            return None
        if id(variable) not in self._weights:
            self._weights[id(variable)] = self.stored(f"{self.scope}.{variable.name}", to_numpy(variable))
        return self.as_type(self._weights[id(variable)], dtype or self.compute_dtype)

    def array(self, name: str, value: Any, dtype: str = "") -> Named:
        """Floats that a layer keeps but not as a variable."""
        array = to_numpy(value)
        return self.as_type(self.stored(f"{self.scope}.{name}", array), dtype or self.compute_dtype)

    def number(self, value: float, dtype: str = "") -> Named:
        """A number of a layer: it is a float64, which the type that the layer computes in may round."""
        dtype, value = dtype or self.compute_dtype, float(value)
        if dtype not in FORMATS:
            return self.constant(np.asarray(value, dtype), dtype)
        if dtype == "float32" and float(np.float32(value)) == value:
            return self.constant(np.float32(value))
        return self.as_type(self.constant(np.float64(value), "float64"), dtype)

    def integers(self, *values: int) -> Named:
        """Axes, sizes or places."""
        return self.constant(np.asarray(values, np.int64))

    def as_type(self, x: Named, dtype: str) -> Named:
        """A value in another type."""
        made: Named = x if x.dtype == dtype else self.Cast(x, to=dtype)
        return made

    def turned(self, x: Named, order: Sequence[int]) -> Named:
        """A value with its axes in another order."""
        order = tuple(order)
        made: Named = x if order == tuple(range(len(order))) else self.Transpose(x, perm=order)
        return made


def wider(dtype: str) -> str:
    """The type in which Keras takes statistics: at least float32."""
    return dtype if dtype == "float64" else "float32"


def rank(x: Named) -> int:
    """The number of axes."""
    return len(x.shape)


def channels_first(op: Writer, x: Named, data_format: str) -> Named:
    """An image as ONNX wants it: its channels second."""
    last = rank(x) - 1
    return x if data_format == "channels_first" else op.turned(x, (0, last, *range(1, last)))


def as_before(op: Writer, y: Named, data_format: str) -> Named:
    """What :func:`channels_first` did undone."""
    return y if data_format == "channels_first" else op.turned(y, (0, *range(2, rank(y)), 1))


def spatial(x: Named, data_format: str) -> tuple[int, ...]:
    """The axes of an image that are neither batch nor channels."""
    return tuple(range(2, rank(x))) if data_format == "channels_first" else tuple(range(1, rank(x) - 1))


def mapped(f: Callable[[Any], Any], structure: Any) -> Any:
    """``f`` of every leaf of lists, tuples and dictionaries."""
    if isinstance(structure, Mapping):
        return {key: mapped(f, value) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(mapped(f, value) for value in structure)
    return f(structure)
