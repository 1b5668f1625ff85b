"""The calls of a Keras model in computing order, those of the models inside it included.

What lowers a model and what runs it walk it here, so that a layer has one name in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from parity.errors import Unsupported

MODELS = ("keras.src.models.functional", "keras.src.models.sequential")


class Visitor(Protocol):
    """What is done at each step of a walk; values are whatever the visitor makes of them."""

    def fit(self, value: Any, tensor: Any) -> Any:
        """A value as the model's symbolic input ``tensor`` takes it."""

    def call(self, path: str, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], node: Any) -> Any:
        """What a layer or operation gives; ``node.outputs`` are its symbolic outputs."""


def graph_of(model: Any) -> Any:
    """The functional model that a functional or sequential one is; None for anything else.

    A class of one's own is taken where it keeps Keras' ``call``. Raises :class:`Unsupported` for what is not built.
    """
    where = getattr(type(model).call, "__module__", "") if hasattr(type(model), "call") else ""
    if where not in MODELS or "call" in vars(model):
        return None
    found = getattr(model, "_functional", None) if where == MODELS[1] else model
    if found is None or not hasattr(found, "_nodes_by_depth"):
        raise Unsupported(f"model {model.name!r} is not built: give it an Input layer, or call it once on real inputs")
    return found


def names_of(structure: Any) -> list[str]:
    """A name for every tensor of a model's inputs or outputs, in Keras' order.

    The keys that lead to it in dictionaries, joined by slashes; where there are none, its layer's name. A name that several
    have is numbered.
    """
    import keras

    names = []
    for path, tensor in keras.tree.flatten_with_path(structure):
        keys = [str(key) for key in path if isinstance(key, str)]
        names.append("/".join(keys) if keys else tensor._keras_history.operation.name)
    times, seen = Counter(names), Counter[str]()
    numbered = []
    for name in names:
        numbered.append(f"{name}[{seen[name]}]" if times[name] > 1 else name)
        seen[name] += 1
    return numbered


def input_names(model: Any) -> list[str]:
    """The names of the inputs of a functional or sequential model."""
    return names_of(readable(model).input)


def output_names(model: Any) -> list[str]:
    """The names of its outputs."""
    return names_of(readable(model).output)


def readable(model: Any) -> Any:
    """The functional model that a model is. Raises :class:`Unsupported` for what is none, or is not built."""
    graph = graph_of(model)
    if graph is None:
        name, kind = getattr(model, "name", ""), type(model).__name__
        mend = "write it as a functional or sequential model, or export it and check the file"
        raise Unsupported(f"model {name!r} ({kind}) is a class with a call of its own, which cannot be read; {mend}")
    return graph


def walk(model: Any, values: Sequence[Any], visitor: Visitor) -> tuple[list[Any], dict[str, Any]]:
    """The outputs of a model for its inputs in Keras' order, and the value of every layer and operation by its path.

    A path is the names of the models it lies in and its own, joined by slashes; a further call of the same layer has ``#2``
    behind it, one output of several ``[0]``. Raises :class:`Unsupported` for a model that cannot be read.
    """
    seen: dict[str, Any] = {}
    return _through(readable(model), values, visitor, "", seen), seen


def _through(graph: Any, values: Sequence[Any], visitor: Visitor, prefix: str, seen: dict[str, Any]) -> list[Any]:
    known: dict[int, Any] = {}
    calls = Counter[str]()
    for value, tensor in zip(values, graph.inputs, strict=True):
        name = tensor._keras_history.operation.name
        if value is None:
            raise Unsupported(f"input {prefix + name!r} is left out")
        known[id(tensor)] = seen[prefix + name] = visitor.fit(value, tensor)
    for depth in sorted(graph._nodes_by_depth, reverse=True):
        for node in graph._nodes_by_depth[depth]:
            operation = node.operation
            if not operation or node.is_input:
                continue
            calls[operation.name] += 1
            n = calls[operation.name]
            path = f"{prefix}{operation.name}" if n == 1 else f"{prefix}{operation.name}#{n}"
            args, kwargs = node.arguments.fill_in(known)
            made = _flat(_called(path, operation, args, kwargs, node, visitor, seen))
            for tensor, value in zip(node.outputs, made, strict=True):
                known[id(tensor)] = value
            keys = [path] if len(made) == 1 else [f"{path}[{i}]" for i in range(len(made))]
            if any(key in seen for key in keys):
                raise Unsupported(f"two layers are called {path!r}: give one another name")
            seen.update(zip(keys, made, strict=True))
    return [known[id(tensor)] for tensor in graph.outputs]


def _called(
    path: str, operation: Any, args: Any, kwargs: Any, node: Any, visitor: Visitor, seen: dict[str, Any]
) -> Any:
    inner = graph_of(operation)
    if inner is None:
        return visitor.call(path, operation, args, kwargs, node)
    odd = [name for name, value in kwargs.items() if value is not None and value is not False]
    if odd or len(args) != 1:
        raise Unsupported(f"model {path!r} is called with more than its inputs: {', '.join(odd) or len(args)}")
    given = args[0]
    if isinstance(given, Mapping) and not isinstance(inner.input, Mapping):  # Keras lets keys be the inputs' names
        given = [given[tensor.name] for tensor in inner.inputs]
    return _through(inner, _flat(given), visitor, f"{path}/", seen)


def _flat(structure: Any) -> list[Any]:
    import keras

    return list(keras.tree.flatten(structure))
