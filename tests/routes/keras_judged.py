"""A Keras model beside its graph: in float64, and in float32 as honest rounding."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.axes import Array, Shape
from parity.judging.oracle import truths
from parity.operators.graph import as_value, walk
from parity.routes.lowering.lower import Lowered, lower
from parity.routes.lowering.tapped import whole
from parity.routes.lowering.twin import twin
from tests.routes.keras_cases import One


def built(keras: Any, case: One) -> Any:
    """The layer as a model, its weights drawn."""
    inputs = [keras.Input(shape[1:], dtype="int32" if case.integers else "float32") for shape in case.shapes]
    layer = case.make(keras.layers)
    together = isinstance(layer, keras.layers.Layer) and len(inputs) > 1
    outputs = layer(inputs) if together else layer(*inputs)
    return drawn(keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs))


def drawn(model: Any) -> Any:
    """The model with normal weights; variances are positive."""
    rng = np.random.default_rng(1)
    for variable in model.weights:
        if variable.dtype == "float32":
            value = rng.normal(0, 0.5, variable.shape)
            variable.assign(np.abs(value) + 0.1 if "variance" in variable.path else value)
    return model


def feeds(low: Lowered, shapes: tuple[Shape, ...], integers: bool = False) -> dict[str, Array]:
    rng = np.random.default_rng(2)
    if integers:
        return {name: rng.integers(0, 10, shape, np.int32) for name, shape in zip(low.inputs, shapes, strict=True)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in zip(low.inputs, shapes, strict=True)}


def widened(fed: dict[str, Array]) -> dict[str, Array]:
    return {name: v.astype(np.float64) if v.dtype == np.float32 else v for name, v in fed.items()}


def every_value(low: Lowered, fed: dict[str, Array]) -> dict[str, Array]:
    values = walk(low.graph, {k: as_value(v) for k, v in fed.items()}, keep=low.layers.values())
    return {path: np.asarray(values[name].y) for path, name in low.layers.items()}


def assert_honest(low: Lowered, model: Any, fed: dict[str, Array]) -> None:
    """The model's own run is within the rounding of its own graph, and the ratio is not that of something else."""
    truth = truths(low.graph, {k: as_value(v) for k, v in fed.items()}, careful=True)
    for name, got in whole(model, fed).items():
        true = truth[low.outputs[name]]
        assert got.dtype.name == true.dtype
        assert got.shape == true.y.shape
        assert (np.abs(got - true.y) <= true.allowed()).all(), f"off by {np.abs(got - true.y).max()}"


def assert_alike(model: Any, shapes: tuple[Shape, ...], integers: bool = False, narrow: bool = False) -> None:
    """A model and its twin are what their graphs say, and the graphs say the same."""
    low, wide_model = lower(model), twin(model)
    wide = lower(wide_model)
    fed = feeds(low, shapes, integers)
    assert_honest(low, model, fed)
    if not narrow:
        assert_honest(wide, wide_model, widened(fed))
    for ours, theirs in zip(every_value(low, fed).values(), every_value(wide, widened(fed)).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
