"""A Keras model of a person's own: its inputs, its files, and its own run layer by layer and in float64."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.axes import Array
from parity.cases.asked import Asked, shapes
from parity.cases.subject import Subject
from parity.errors import CodeError, Unsupported, UsageError
from parity.judging.sameness import digest
from parity.operators.file import Declared, write
from parity.operators.graph import Node
from parity.records.model import DEFINITION
from parity.routes.exporters.einsum import MEMO
from parity.routes.exporters.tf2onnx import collected
from parity.routes.lowering.lower import lower
from parity.routes.lowering.tapped import tapped, whole
from parity.routes.lowering.twin import twin as widened
from parity.routes.lowering.walking import graph_of, input_names, readable
from parity.routes.models import keras_pieces, steady
from parity.routes.models.keras_opened import called, opened, own_kinds, takes
from parity.routes.models.loading import lines_of
from parity.routes.models.own import Own, Piece, in_float64

LOWERED = "lowered"  #: the model in operators, among what is kept of it
TYPED = "typed"  #: the model that it was opened from, among it
PLACE = "place"  #: where it runs, among it
CALLED = "called"  #: what is called in its place, among it: the model compiled, or the one that it was opened from


def declared(model: Any, subject: Subject) -> list[Declared]:
    """The inputs of a Keras model; axes that are open have no size. Raises :class:`UsageError` as :func:`own` does."""
    import keras

    if keras.backend.backend() != "tensorflow":
        raise UsageError(f"{subject.text}: Keras runs on {keras.backend.backend()}; set KERAS_BACKEND=tensorflow")
    try:
        if graph_of(model) is None:
            return [Declared(name, None, "") for name in takes(model, subject)]
        names, tensors = input_names(model), readable(model).inputs
    except Unsupported as reason:
        raise UsageError(f"{subject.text}: {reason}") from None
    return [
        Declared(
            name,
            tuple("batch" if i == 0 and n is None else "" if n is None else n for i, n in enumerate(t.shape)),
            t.dtype,
        )
        for name, t in zip(names, tensors, strict=True)
    ]


def own(model: Any, subject: Subject, given: Sequence[Asked], arrays: Mapping[str, Array], threads: int) -> Own:
    """The Keras model of a subject, ready for inputs of these shapes.

    given, arrays: the inputs as a person asked for or gave them; the batch has to be said. Raises :class:`UsageError` for a
    model that cannot be read, for another backend than TensorFlow, and for inputs that it has not or that do not fit.
    """
    model, more = _read(model, subject, given, arrays)
    declared_ = declared(model, subject)
    names = [each.name for each in declared_]
    sizes = shapes(declared_, given, arrays)
    samples = tuple(np.zeros(sizes[each.name], each.dtype) for each in declared_)
    try:
        outputs = whole(model, dict(zip(names, samples, strict=True)), more.get(CALLED))
    except Exception as error:  # noqa: BLE001 - a person's layers may raise anything
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
        said = f"{subject.text}: it fails on inputs of these shapes: {said}; give others"
        raise CodeError(said, lines_of(error)) from None
    # What is all zeros may hide what it is added to or multiplied by.
    fed = {
        n: arrays[n] if n in arrays else a + a.dtype.type(0.5) if a.dtype.kind == "f" else a
        for n, a in zip(names, samples, strict=True)
    }
    steady.require(subject, lambda: list(whole(model, fed).values()), lambda: _stored(model), drew=False)
    answers = [whole(model, fed, call).values() for call in (None, more.get(CALLED))] if more else []
    if any(steady.apart(one, other) for one, other in zip(*answers, strict=True)):
        raise UsageError(
            f"{subject.text}: its call gives other numbers than the layers that it goes through on symbolic inputs; "
            "export it and check the file"
        )
    notes = ("calls of classes of your own were traced: what they go through is judged",) if more else ()
    return Own(model, tuple(names), samples, tuple(outputs), notes, digest(*model.get_weights()), more)


def _read(
    model: Any, subject: Subject, given: Sequence[Asked], arrays: Mapping[str, Array]
) -> tuple[Any, dict[str, Any]]:
    """The model as it can be read, and where that is another one what it was opened from and how that is called."""
    functional = graph_of(model) is not None
    if functional and not own_kinds(model):
        return model, {}
    try:
        found = opened(model, subject, given, arrays)
    except CodeError:
        if functional:
            return model, {}  # what cannot be read is a layer, which is named, and the rest is judged
        raise
    return found, {TYPED: model, CALLED: model if functional else called(model)}


def _stored(model: Any) -> dict[str, Array]:
    """Weights and other state by path, the states of generators of random numbers among them."""
    return {variable.path: np.asarray(variable) for variable in model.variables}


def by_lowering(model: Own, paths: Sequence[Path]) -> None:
    """Write what the model computes, layer by layer, in operators. Raises :class:`Unsupported` for a layer without a rule."""
    import onnx

    (path,) = paths
    fed = {name: (sample.shape, sample.dtype.name) for name, sample in zip(model.inputs, model.samples, strict=True)}
    low = lower(model.model, {name: shape for name, (shape, _) in fed.items()})
    onnx.save(write(low.graph, fed, {}), path)
    model.more[LOWERED] = low


def by_tf2onnx(model: Own, paths: Sequence[Path]) -> None:
    """Write the model by Keras' own export. Raises what that raises."""
    (path,) = paths
    with warnings.catch_warnings(), collected(), MEMO.kept():
        warnings.simplefilter("ignore")
        model.more.get(TYPED, model.model).export(str(path), format="onnx", verbose=False)


WRITERS = {"tensorflow": [((DEFINITION,), by_lowering), (("tensorflow",), by_tf2onnx)]}


def run(model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The model's own outputs by name, on inputs by name."""
    with _placed(model):
        return whole(model.model, arrays, model.more.get(CALLED))


def why_no_device(device: str) -> str:
    """Why it cannot run on a device; empty where it can."""
    import tensorflow as tf

    number = int(device.partition(":")[2] or 0)
    if len(tf.config.list_physical_devices("GPU")) > number:
        return ""
    return f"tensorflow {tf.__version__} sees no device {device}"


def on(model: Own, device: str) -> Own:
    """The same model on a device, with TF32 off."""
    import tensorflow as tf

    tf.config.experimental.enable_tensor_float_32_execution(False)
    return replace(model, more={**model.more, PLACE: f"/GPU:{device.partition(':')[2] or 0}"})


def _placed(model: Own) -> AbstractContextManager[Any]:
    """Where what is called meanwhile runs."""
    import tensorflow as tf

    placed: AbstractContextManager[Any] = tf.device(model.more.get(PLACE, "/CPU:0"))
    return placed


def computing_with(threads: int) -> AbstractContextManager[None]:
    """TensorFlow takes its threads once."""
    raise Unsupported("TensorFlow takes its threads when it starts")


def compiled(model: Own) -> Own:
    """The same model compiled as a whole by XLA."""
    import tensorflow as tf

    called = tf.function(model.more.get(CALLED, model.model), jit_compile=True)
    return replace(model, more={**model.more, CALLED: called})


def values(model: Own, arrays: Mapping[str, Array], outputs: Mapping[str, Array]) -> dict[str, Array]:
    """What every layer gives, by the names that the definition has the values under."""
    with _placed(model):
        given = tapped(model.model, arrays)
    return {name: given[path] for path, name in model.more[LOWERED].layers.items() if path in given}


def pieces(model: Own, place: Node, arrays: Mapping[str, Array]) -> Iterator[Piece]:
    """The layer that an operator is of, where it can be spelled."""
    return keras_pieces.pieces(model.model, model.more[LOWERED].layers, place, [arrays[name] for name in model.inputs])


def twin(model: Own) -> Own:
    """The same model with weights and arithmetic in float64. Raises :class:`Unsupported` where Keras cannot make it again."""
    return replace(model, model=widened(model.model))


def run_twin(model: Own, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a twin by name, on the same inputs, floats among them in float64."""
    return dict(zip(model.outputs, whole(model.model, in_float64(arrays)).values(), strict=True))
