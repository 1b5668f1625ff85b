"""What the rules say of Keras' layers is what Keras computes."""

from __future__ import annotations

from typing import Any

import pytest

from parity.routes.lowering.table import RULES
from tests.routes.keras_cases import CASES, EXPRESSIONS
from tests.routes.keras_judged import assert_alike, built


@pytest.mark.parametrize("name", CASES)
def test_a_layer_is_what_keras_computes_in_float64_and_in_float32(keras: Any, name: str) -> None:
    case = CASES[name]
    model = built(keras, case)
    errors = pytest.importorskip("tensorflow").errors
    try:
        assert_alike(model, case.shapes, case.integers, narrow=bool(case.narrow))
    except errors.UnimplementedError as error:
        # It uses oneDNN by itself only where the processor has instructions such as AVX512_VNNI.
        if name == "conv channels first" and "only supports the NHWC tensor format on the CPU" in str(error):
            pytest.skip("TensorFlow without oneDNN has no convolution of channels first on the cpu")
        raise


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_operations_are_what_keras_computes_in_float64_and_in_float32(keras: Any, name: str) -> None:
    make, shapes = EXPRESSIONS[name]
    inputs = [keras.Input(shape[1:]) for shape in shapes]
    assert_alike(keras.Model(inputs, make(keras.ops, *inputs)), shapes)


def test_every_rule_is_held_by_a_case(keras: Any) -> None:
    models = [built(keras, case) for case in CASES.values()]
    for make, shapes in EXPRESSIONS.values():
        inputs = [keras.Input(shape[1:]) for shape in shapes]
        models.append(keras.Model(inputs, make(keras.ops, *inputs)))
    used = {type(operation) for model in models for operation in model.operations}
    assert set(RULES) - {(kind.__module__.split(".")[2], kind.__name__) for kind in used} == set()
