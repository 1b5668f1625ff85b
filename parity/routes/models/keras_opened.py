"""Keras models and layers with a call of their own, made readable: the call is traced on symbolic inputs, layer by layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from parity.axes import Array
from parity.cases.asked import Asked, shapes
from parity.cases.subject import Subject
from parity.errors import CodeError, UsageError
from parity.operators.file import Declared
from parity.routes.lowering.walking import graph_of, input_names
from parity.routes.models.loading import lines_of

MODES = ("training", "mask")  #: parameters of a call that are no inputs


def takes(model: Any, subject: Subject) -> list[str]:
    """The parameters that the call of a class of one's own needs. Raises :class:`UsageError` where there are none."""
    parameters = inspect.signature(model.call).parameters.values()
    plain = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD) and p.default is p.empty]
    if names := [name for name in plain if name not in MODES]:
        return names
    raise UsageError(f"{subject.text}: its call names no input; give it one that does")


def own_kinds(model: Any) -> list[Any]:
    """The classes of a person's own among a model and its layers."""
    kinds = {type(layer) for layer in model._flatten_layers()}
    return [kind for kind in kinds if not kind.call.__module__.startswith("keras.") and "__call__" not in vars(kind)]


def opened(model: Any, subject: Subject, given: Sequence[Asked], arrays: Mapping[str, Array]) -> Any:
    """The functional model of the layers and operations that a model goes through at inference.

    The layers are the model's own, with their weights; what a class of a person's own calls is among them in its place. Raises
    :class:`UsageError` for a model that has no weights yet, for inputs that are not given or do not fit, and in
    the person's own lines for a call that cannot be traced: what is no layer and not of ``keras.ops``, and what looks at numbers.
    """
    import keras

    if not model.built:
        raise UsageError(f"{subject.text}: it is not built: call it once on real inputs before it is given")
    try:
        if graph_of(model) is None:
            inputs = _inputs(takes(model, subject), given, arrays)
            arguments = inputs
        else:
            names, tensors = input_names(model), keras.tree.flatten(model.input)
            made = [(t.shape, t.dtype, name) for name, t in zip(names, tensors, strict=True)]
            inputs = [keras.Input(batch_shape=shape, dtype=dtype, name=name) for shape, dtype, name in made]
            arguments = [keras.tree.pack_sequence_as(model.input, inputs)]
        with _gone_through(model):
            return keras.Model(inputs, _at_inference(model)(*arguments), name=model.name)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - a person's call may raise anything on what holds no numbers
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        mend = "write it with layers and keras.ops alone, or export it and check the file"
        said = f"{subject.text}: model {model.name!r} cannot be read by tracing its call: {said}; {mend}"
        raise CodeError(said, lines_of(error)) from None


def called(model: Any) -> Callable[..., Any]:
    """A model with a call of its own, called as a functional one is: its inputs in one structure."""

    def call(inputs: Any, training: bool) -> Any:
        import keras

        how = {"training": training} if "training" in inspect.signature(model.call).parameters else {}
        return model(*keras.tree.flatten(inputs), **how)

    return call


def _inputs(names: Sequence[str], given: Sequence[Asked], arrays: Mapping[str, Array]) -> list[Any]:
    """Symbolic inputs of the shapes and types that a person gave, any number of samples."""
    import keras

    sizes = shapes([Declared(name, None, "") for name in names], given, arrays)
    types = {each.name or names[0]: each.dtype for each in given if each.dtype}
    types |= {name: array.dtype.name for name, array in arrays.items()}
    usual = keras.config.floatx()
    return [keras.Input(batch_shape=(None, *sizes[n][1:]), dtype=types.get(n, usual), name=n) for n in names]


def _at_inference(layer: Any) -> Callable[..., Any]:
    """The call of a layer without Keras' own around it, which would make it one operation."""
    parameters = inspect.signature(layer.call).parameters

    def call(*given: Any, **how: Any) -> Any:
        # A functional model tells every layer of the mode, and Keras' own call leaves it out where it is not asked for.
        how = {name: value for name, value in how.items() if name not in MODES or name in parameters}
        if "training" in parameters:
            how.setdefault("training", False)
        return layer.call(*given, **how)

    return call


@contextmanager
def _gone_through(model: Any) -> Iterator[None]:
    """Layers of a person's own classes are not called meanwhile, but what they call is."""
    kinds = own_kinds(model)
    for kind in kinds:
        kind.__call__ = lambda layer, *given, **how: _at_inference(layer)(*given, **how)
    try:
        yield
    finally:
        for kind in kinds:
            del kind.__call__
