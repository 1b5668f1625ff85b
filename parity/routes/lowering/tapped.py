"""A run of a Keras model that gives what every layer makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parity.axes import Array
from parity.errors import Unsupported
from parity.routes.lowering.table import to_numpy
from parity.routes.lowering.walking import input_names, output_names, readable, walk


def tapped(model: Any, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """What every layer and operation of a model gives at inference, by the paths of :func:`parity.routes.lowering.lower.lower`.

    The layers are called one by one, as the model itself calls them, so none is fused with another. feeds: arrays by the names
    of the inputs. Raises :class:`Unsupported` for an input that is not fed.
    """
    _, seen = walk(model, _in_order(model, feeds), _Running())
    return {path: to_numpy(value) for path, value in seen.items()}


def whole(model: Any, feeds: Mapping[str, Array], call: Callable[..., Any] | None = None) -> dict[str, Array]:
    """The outputs of a model by their names, for arrays by the names of its inputs, as it is called by a person.

    call: what is called in the model's place, the model compiled for one. Raises :class:`Unsupported` for an input that is not fed.
    """
    import keras

    structure = readable(model).input
    given = zip(_in_order(model, feeds), keras.tree.flatten(structure), strict=True)
    tensors = [keras.ops.convert_to_tensor(array, dtype=tensor.dtype) for array, tensor in given]
    outputs = (call or model)(keras.tree.pack_sequence_as(structure, tensors), training=False)
    return {name: to_numpy(v) for name, v in zip(output_names(model), keras.tree.flatten(outputs), strict=True)}


def _in_order(model: Any, feeds: Mapping[str, Array]) -> list[Array]:
    names = input_names(model)
    missing = [name for name in names if name not in feeds]
    if missing:
        raise Unsupported(f"no values for the inputs {', '.join(missing)}")
    return [feeds[name] for name in names]


class _Running:
    """Calls every layer."""

    def fit(self, value: Any, tensor: Any) -> Any:
        import keras

        return keras.ops.convert_to_tensor(value, dtype=tensor.dtype)

    def call(self, path: str, operation: Any, args: Sequence[Any], kwargs: Mapping[str, Any], node: Any) -> Any:
        return operation(*args, **kwargs)
