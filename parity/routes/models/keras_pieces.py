"""One layer or operation of a Keras model that stands alone, in plain Keras."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.axes import Array
from parity.operators.graph import Node
from parity.routes.lowering.table import to_numpy
from parity.routes.lowering.walking import walk
from parity.routes.models.own import Piece

#: Settings of a layer that decide nothing of what it computes from its weights.
SKIPPED = re.compile(r"name|dtype|trainable|.*_(initializer|regularizer|constraint)|build_config|seed|synchronized")


@dataclass
class _Calls:
    """Calls every layer and keeps what each was called with."""

    made: dict[str, tuple[Any, Sequence[Any], Mapping[str, Any]]] = field(default_factory=dict)

    def fit(self, value: Any, tensor: Any) -> Any:
        import keras

        return keras.ops.convert_to_tensor(value, dtype=tensor.dtype)

    def call(self, path: str, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], node: Any) -> Any:
        self.made[path] = (operation, args, kwargs)
        return operation(*args, **kwargs)


def pieces(model: Any, layers: Mapping[str, str], place: Node, given: Sequence[Array]) -> Iterator[Piece]:
    """The layer that an operator of the definition is of; nothing where it cannot be spelled.

    layers: the value in the definition that each layer gives, by its path; given: the inputs of the model in order.
    """
    calls = _Calls()
    _, seen = walk(model, given, calls)
    path = _path(place, layers)
    if path not in calls.made or path not in seen:
        return
    operation, args, kwargs = calls.made[path]
    spelled = _spelled(operation, args, {name: each for name, each in kwargs.items() if each is not None})
    names = {id(value): layers[key] for key, value in reversed(seen.items()) if key in layers}
    tensors = _tensors(args)
    if spelled is None or any(id(tensor) not in names for tensor in tensors):
        return
    title, code = spelled
    weights = operation.get_weights() if hasattr(operation, "get_weights") else []
    yield Piece(
        f"{title}, the layer {path}",
        code,
        {f"weight/{i}": np.asarray(array) for i, array in enumerate(weights)},
        {names[id(tensor)]: to_numpy(tensor) for tensor in tensors},
        layers[path],
    )


def _path(place: Node, layers: Mapping[str, str]) -> str:
    """The layer of an operator: by the value it makes, or by its name, which begins with the path of its layer."""
    by_value = {value: path for path, value in layers.items()}
    found = [path for path in layers if place.name == path or place.name.startswith((f"{path}.", f"{path}/"))]
    return max(found, key=len, default="") or by_value.get(place.outputs[0], "")


def _tensors(args: Sequence[Any]) -> list[Any]:
    import keras

    return [each for each in keras.tree.flatten(list(args)) if keras.ops.is_tensor(each)]


def _spelled(operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, str] | None:
    """What it is, and the code of ``build``; None for a class of one's own, and for a call that is more than its inputs."""
    import keras

    kind = type(operation).__name__
    config = {name: value for name, value in operation.get_config().items() if not SKIPPED.fullmatch(name)}
    if isinstance(operation, keras.layers.Layer):
        listed = len(args) == 1 and isinstance(args[0], list | tuple)
        said = {name: value for name, value in kwargs.items() if value is not False}
        if getattr(keras.layers, kind, None) is not type(operation) or said or len(args) != 1:
            return None
        shapes = [tuple(each.shape) for each in _tensors(args)]
        code = [
            "def build(dtype):",
            f"    layer = keras.layers.{kind}.from_config({config | {'dtype': None}!r})".replace("'dtype': None", "'dtype': dtype"),
            f"    layer.build({shapes if listed else shapes[0]!r})",
            '    layer.set_weights([data[f"weight/{i}"] for i in range(len(layer.weights))])',
            f"    return lambda *x: layer({'list(x)' if listed else 'x[0]'})",
        ]  # fmt: skip
        return f"keras.layers.{kind}", "\n".join(code)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    if not hasattr(keras.ops, name):
        return None
    config |= kwargs
    words = [f"{key}={value!r}" for key, value in config.items()]
    places = iter(range(len(_tensors(args))))
    given = [_argument(each, places) for each in args]
    if None in given:
        return None
    call = ", ".join([*map(str, given), *words])
    return f"keras.ops.{name}", f"def build(dtype):\n    return lambda *x: keras.ops.{name}({call})"


def _argument(value: Any, places: Iterator[int]) -> str | None:
    """An argument in words: a tensor by its place among them, a list of such, or a plain number."""
    import keras

    if isinstance(value, list | tuple) and all(map(keras.ops.is_tensor, value)):
        return f"[{', '.join(f'x[{next(places)}]' for _ in value)}]"
    if keras.ops.is_tensor(value):
        return f"x[{next(places)}]"
    return repr(value) if isinstance(value, bool | int | float | str | None) else None
