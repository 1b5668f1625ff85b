"""Cases refuse what could not be checked, naming the case, the field, the value and the mend."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from parity.cases import Case, Sequential
from parity.errors import FieldError, UsageError
from parity.layers import BatchNorm2D, Conv2D, Draw, Flatten, Linear, ReLU

GOOD: dict[str, Any] = {"name": "conv2d/good", "model": Conv2D(3, 4, 3), "shape": (2, 3, 8, 9)}


@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"name": ""}, "name", "words joined by /"),
        ({"name": "two words"}, "name", "without spaces"),
        ({"name": "conv2d/k[3]"}, "name", "without spaces or any of"),
        ({"name": "conv2d/*"}, "name", "without spaces or any of"),
        ({"name": "conv2d//k3"}, "name", "words joined by /"),
        ({"name": "/conv2d"}, "name", "words joined by /"),
        ({"name": "conv2d/"}, "name", "words joined by /"),
        ({"name": "../conv2d"}, "name", "starts with a dot"),
        ({"name": "conv2d\x00"}, "name", "words joined by /"),
        ({"name": 3}, "name", "words joined by /"),
        ({"model": Conv2D}, "model", "must be a layer or a network"),
        ({"model": "conv2d"}, "model", "must be a layer or a network"),
        ({"shape": (2,)}, "shape", "(N, C, H, W), (N, F), (N, C, L) or (N, C, D, H, W)"),
        ({"shape": [2, 3, 8, 9]}, "shape", "(N, C, H, W), (N, F), (N, C, L) or (N, C, D, H, W)"),
        ({"shape": (-1, 3, 8, 9)}, "shape", "each a whole number"),
        ({"shape": (2, 3, 8.0, 9)}, "shape", "each a whole number"),
        ({"shape": (2, 3, 8, 8)}, "shape", "make all differ, or say why in equal_sizes"),
        ({"shape": (3, 3, 8, 9)}, "shape", "make all differ, or say why in equal_sizes"),
        ({"shape": (4, 4), "model": ReLU()}, "shape", "make all differ, or say why in equal_sizes"),
        ({"scale": 0.0}, "scale", "positive number"),
        ({"scale": -1.0}, "scale", "positive number"),
        ({"scale": float("inf")}, "scale", "positive number"),
        ({"scale": float("nan")}, "scale", "positive number"),
        ({"scale": "1"}, "scale", "positive number"),
        ({"mean": float("nan")}, "mean", "finite number"),
        ({"mean": None}, "mean", "finite number"),
        ({"dtype": "int8"}, "dtype", "float32, int32, int64"),
        ({"dtype": "int64", "below": 0}, "below", "at least 1"),
        ({"dtype": "int64", "below": 2**53 + 1}, "below", f"at most {2**53}"),
        ({"dtype": "int32", "least": -(2**31) - 1, "below": 4}, "least", f"at least {-(2**31)}"),
        ({"dtype": "int32", "least": 4, "below": 4}, "below", "at least 5, above least"),
        ({"below": 4}, "below", "0 with float32"),
        ({"least": -4}, "least", "0 with float32"),
        ({"unbatched": 1}, "unbatched", "True or False"),
        ({"dtype": "int64", "below": 4, "scale": 2.0}, "scale", "left at 1.0"),
        ({"precision": "float8"}, "precision", "must be one of float16, bfloat16, float32, float64"),
        ({"dtype": "int64", "below": 4, "precision": "float16"}, "precision", "where the input is of whole numbers"),
        ({"mode": "train"}, "mode", '"inference", "training" or "gradient"'),
        ({"time_limit": 0}, "time_limit", "positive number of seconds"),
        ({"time_limit": "60"}, "time_limit", "positive number of seconds"),
    ],
)
def test_a_field_out_of_range_names_the_case_the_field_the_value_and_the_mend(
    fields: dict[str, Any], field: str, mend: str
) -> None:
    with pytest.raises(FieldError) as caught:
        Case(**{**GOOD, **fields})
    name = fields.get("name", GOOD["name"])
    message = str(caught.value)
    assert message.startswith(f"case {name!r}: {field}={fields[field]!r} ")
    assert mend in message
    assert "\n" not in message
    assert isinstance(caught.value, UsageError)
    assert caught.value.exit_code == 2


def test_equal_sizes_are_taken_with_a_reason() -> None:
    case = Case(**{**GOOD, "shape": (2, 3, 8, 8), "equal_sizes": "a square image is the point"})
    assert case.output.shape == (2, 4, 6, 6)


def test_an_input_that_does_not_fit_names_the_case_the_node_and_the_layer() -> None:
    network = Sequential(("first", Conv2D(3, 4, 3)), ("second", Conv2D(5, 6, 3)))
    with pytest.raises(FieldError) as caught:
        Case("conv2d/bad", network, (2, 3, 8, 9))
    message = str(caught.value)
    assert message == "case 'conv2d/bad': second: Conv2D: in_channels=5 does not fit the input (2, 4, 6, 7)"


@pytest.mark.parametrize(
    ("model", "draws", "message"),
    [
        (
            Conv2D(3, 4, 3),
            {"weight": Draw()},
            "draws='weight' names no parameter; there are conv2d.bias, conv2d.weight",
        ),
        (ReLU(), {"relu.slope": Draw()}, "draws='relu.slope' names no parameter; there are none"),
        (Conv2D(3, 4, 3), {"conv2d.weight": 1.0}, "draws['conv2d.weight']=1.0 must be a Draw"),
    ],
)
def test_a_draw_must_name_a_parameter_there_is(model: Any, draws: Any, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        Case("conv2d/bad", model, (2, 3, 8, 9), draws=draws)
    assert message in str(caught.value)


def test_a_case_says_what_comes_out_and_whether_it_has_a_twin() -> None:
    single = Case(**GOOD)
    assert (single.family, single.tapped, single.output.shape) == ("conv2d", False, (2, 4, 6, 7))
    network = Case("net", Sequential(Flatten(), Linear(216, 5)), (2, 3, 8, 9))
    assert (network.family, network.tapped, network.output.shape) == ("net", True, (2, 5))
    assert network.tensors["flatten1"].folded == (3, 8, 9)


def test_a_spec_is_plain_data_and_moves_with_everything_that_decides_numbers() -> None:
    variants: list[dict[str, Any]] = [
        {}, {"model": Conv2D(3, 4, 3, bias=False)}, {"shape": (2, 3, 8, 10)}, {"scale": 2.0}, {"mean": 1.0},
        {"draws": {"conv2d.bias": Draw(spread=2.0)}}, {"draws": {"conv2d.weight": Draw(spread=2.0)}},
    ]  # fmt: skip
    specs = {json.dumps(Case(**{**GOOD, **fields}).spec(), sort_keys=True) for fields in variants}
    assert len(specs) == len(variants)
    same = [Case(**{**GOOD, **fields}).spec() for fields in ({}, {"time_limit": 9.0}, {"tags": ("slow",)})]
    assert same[0] == same[1] == same[2]


def test_a_case_crosses_to_another_process() -> None:
    case = Case("norm", BatchNorm2D(3), (2, 3, 8, 9), draws={"batchnorm2d.var": Draw("uniform", 100.0, 15.0)})
    assert pickle.loads(pickle.dumps(case)) == case
