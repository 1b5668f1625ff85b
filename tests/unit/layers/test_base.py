"""What every layer is: a frozen description with its fields checked, that says itself in one line."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import numpy as np
import pytest

import parity.layers
from parity.axes import Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import AvgPool2D, BatchNorm2D, Conv2D, Draw, Layer, LeakyReLU, MaxPool2D, ReLU, layer
from parity.operators.base import Unsupported
from tests.unit.strategies import reference

LAYERS = [getattr(parity.layers, name) for name in parity.layers.__all__]
KINDS = [cls for cls in LAYERS if isinstance(cls, type) and issubclass(cls, Layer) and cls is not Layer]

EXAMPLES = [
    Conv2D(3, 8, (1, 3), padding=((1, 0), (0, 2))),
    MaxPool2D(2),
    AvgPool2D(2, padding="same", count_include_pad=False),
    LeakyReLU(0.3),
]


def test_every_layer_has_a_kind_of_its_own_that_can_name_a_node() -> None:
    kinds = [cls.kind for cls in KINDS]
    assert len(set(kinds)) == len(kinds) >= 11
    assert all(kind.isidentifier() and kind == kind.lower() for kind in kinds)


@pytest.mark.parametrize("made", EXAMPLES, ids=str)
def test_a_layer_reads_back_from_how_it_is_written(made: Layer) -> None:
    assert eval(str(made), vars(parity.layers)) == made
    assert repr(made) == str(made)


def test_a_layer_is_written_with_what_differs_from_its_defaults() -> None:
    assert str(Conv2D(3, 8, 3, stride=1, padding=1)) == "Conv2D(3, 8, 3, padding=1)"
    assert str(BatchNorm2D(4, eps=1e-3)) == "BatchNorm2D(4, eps=0.001)"
    assert str(ReLU()) == "ReLU()"


@pytest.mark.parametrize("made", EXAMPLES, ids=str)
def test_a_layer_is_frozen_hashable_and_crosses_to_another_process(made: Layer) -> None:
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(pickle.loads(pickle.dumps(made)))
    name = dataclasses.fields(made)[0].name  # type: ignore[arg-type]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 1)


def test_a_spec_tells_every_field_apart_and_is_plain_data() -> None:
    specs = {json.dumps(Conv2D(4, 8, 3, **fields).spec()) for fields in [
        {}, {"stride": 2}, {"padding": 1}, {"padding": "same"}, {"dilation": 2}, {"groups": 2}, {"bias": False},
    ]}  # fmt: skip
    assert len(specs) == 7


def test_a_layer_of_ones_own_needs_its_three_spellings_when_the_class_is_made() -> None:
    @layer
    class Twice(Layer):
        """``2 * x``."""

        def to_onnx(self, op: Any, x: Any) -> Any:
            return op.Add(x, x)

        def to_torch(self, torch: Any, x: Tensor) -> Any:
            return lambda v: v + v

        def to_keras(self, keras: Any, x: Tensor) -> Any:
            return lambda v: v + v

    assert Twice.kind == "twice"
    assert output_shape(Twice(), (2, 3)) == (2, 3)
    assert reference(Twice(), np.ones((1, 1))).tolist() == [[2.0]]
    for name in ("to_onnx", "to_torch", "to_keras"):
        spelled = {"to_onnx", "to_torch", "to_keras"} - {name}
        with pytest.raises(FieldError, match=rf"Less: {name}=None is not defined: write {name}\(self, "):
            layer(type("Less", (Layer,), {other: getattr(Twice, other) for other in spelled}))


def test_a_definition_that_fails_or_gives_no_value_names_the_layer_and_the_shape() -> None:
    def made(to_onnx: Any) -> Layer:
        fields = {"to_onnx": to_onnx, "to_torch": lambda *_: None, "to_keras": lambda *_: None}
        return layer(type("Odd", (Layer,), fields))()

    with pytest.raises(FieldError, match=r"Odd: to_onnx='Odd\(\)' fails on an input of shape \(2, 3\)"):
        output_shape(made(lambda self, op, x: op.Concat(x, axis=7)), (2, 3))
    with pytest.raises(FieldError, match="must give the output's value"):
        output_shape(made(lambda self, op, x: 3), (2, 3))
    with pytest.raises(Unsupported, match="Nonesuch has no rule"):
        output_shape(made(lambda self, op, x: op.Nonesuch(x)), (2, 3))


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"kind": "gauss"}, "kind"), ({"centre": "1"}, "centre"), ({"spread": float("inf")}, "spread"),
     ({"first": float("nan")}, "first")],
)  # fmt: skip
def test_a_draw_that_cannot_be_drawn_is_refused(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError, match=f"Draw: {field}="):
        Draw(**fields)
