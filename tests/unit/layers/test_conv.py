"""Conv2D: its shape rule, its float64 answer and its spelling, against a loop over the definition and against torch."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.axes import F64, Array, Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import Conv2D
from parity.layers.definition import define
from parity.operators.formats import TF32, TRANSFORMS
from tests.unit.strategies import Spec, arrays, convolutions, pair, reference, sides, truth


def by_definition(spec: Spec, x: Array, weight: Array, bias: Array | None = None) -> F64:
    """A convolution as nested loops: output (i, j) of image n and filter o sums what each tap sees, zeros outside."""
    layer: Conv2D = spec.layer
    kernel, stride, dilation = pair(layer.kernel), pair(layer.stride), pair(layer.dilation)
    n, _, height, width = x.shape
    (top, bottom), (left, right) = sides(layer.padding, (height, width), kernel, stride, dilation)
    rows = (height + top + bottom - (kernel[0] - 1) * dilation[0] - 1) // stride[0] + 1
    columns = (width + left + right - (kernel[1] - 1) * dilation[1] - 1) // stride[1] + 1
    if layer.padding == "same":
        assert (rows, columns) == (-(-height // stride[0]), -(-width // stride[1]))
    inner, outer = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    y = np.zeros((n, layer.out_channels, rows, columns))
    for image, o, i, j in np.ndindex(*y.shape):
        for c, a, b in product(range(inner), range(kernel[0]), range(kernel[1])):
            row, column = i * stride[0] + a * dilation[0] - top, j * stride[1] + b * dilation[1] - left
            if 0 <= row < height and 0 <= column < width:
                seen = float(x[image, o // outer * inner + c, row, column])
                y[image, o, i, j] += seen * float(weight[o, c, a, b])
        y[image, o, i, j] += 0.0 if bias is None else float(bias[o])
    return y


def allowed(spec: Spec, x: Array, weight: Array, bias: Array | None) -> F64:
    """How far two float64 answers may be apart: the sum of magnitudes times its length, in float64 roundoff."""
    magnitudes = by_definition(spec, np.abs(x), np.abs(weight), None if bias is None else np.abs(bias))
    return 2.0**-52 * (weight[0].size + 2) * magnitudes


@settings(max_examples=40)
@given(convolutions())
def test_shape_and_answer_are_those_of_a_loop_over_the_definition(spec: Spec) -> None:
    x, parameters = spec.x(), spec.parameters()
    expected = by_definition(spec, x, **parameters)
    assert output_shape(spec.layer, spec.shape) == expected.shape
    ours = reference(spec.layer, x, **parameters)
    assert ours.dtype == np.float64
    bias = parameters.get("bias")
    assert np.all(np.abs(ours - expected) <= allowed(spec, x, parameters["weight"], bias))


@given(convolutions())
def test_torch_in_float64_gives_the_same_answer(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="torch's own convolution is the third opinion")
    layer, x, parameters = spec.layer, spec.x(), spec.parameters()
    (top, bottom), (left, right) = sides(layer.padding, spec.shape[2:], layer.kernel, layer.stride, layer.dilation)
    wide = {name: torch.from_numpy(value).double() for name, value in parameters.items()}
    functional = torch.nn.functional

    def conv(image: Any, weight: Any, bias: Any) -> Array:
        padded = functional.pad(image, (left, right, top, bottom))
        answer: Array = functional.conv2d(
            padded, weight, bias, stride=layer.stride, dilation=layer.dilation, groups=layer.groups
        ).numpy()
        return answer

    ours = reference(layer, x, **parameters)
    theirs = conv(torch.from_numpy(x).double(), wide["weight"], wide.get("bias"))
    assert ours.shape == theirs.shape == output_shape(layer, spec.shape)
    bias = None if wide.get("bias") is None else wide["bias"].abs()
    magnitudes = conv(torch.from_numpy(x).double().abs(), wide["weight"].abs(), bias)
    assert np.all(np.abs(ours - theirs) <= 2.0**-52 * (parameters["weight"][0].size + 2) * magnitudes)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@given(convolutions())
def test_the_torch_spelling_says_the_same_convolution(spec: Spec) -> None:
    torch = pytest.importorskip("torch", reason="the spelling is torch's")
    layer, x, parameters = spec.layer, spec.x(), spec.parameters()
    tensor = Tensor(spec.shape)
    pieces = layer.to_torch(torch, tensor)
    pieces = pieces if isinstance(pieces, list) else [pieces]
    (conv,) = [piece for piece in pieces if piece.state_dict()]
    state = layer.torch_state(tensor, **parameters)
    conv.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    with torch.no_grad():
        y = torch.nn.Sequential(*pieces).double()(torch.from_numpy(x).double()).numpy()
    ours = reference(layer, x, **parameters)
    assert y.shape == ours.shape
    magnitudes = reference(layer, np.abs(x), **{name: np.abs(value) for name, value in parameters.items()})
    assert np.all(np.abs(ours - y) <= 2.0**-52 * (parameters["weight"][0].size + 2) * magnitudes)


@given(convolutions())
def test_the_error_is_never_negative_and_has_the_shape_of_the_answer(spec: Spec) -> None:
    x, parameters = spec.x(), spec.parameters()
    y = reference(spec.layer, x, **parameters)
    strict = truth(spec.layer, x, **parameters)
    assert strict.evaluation.shape == strict.storage.shape == y.shape
    assert np.all(strict.evaluation >= 0)
    assert np.all(strict.storage >= 0)
    for freedom in (*TRANSFORMS, TF32):
        assert np.all(truth(spec.layer, x, **parameters, form=freedom).evaluation >= strict.evaluation), freedom.name


def test_asymmetric_padding_puts_the_zeros_where_it_says() -> None:
    layer = Conv2D(1, 1, 1, padding=((1, 0), (0, 2)), bias=False)
    y = reference(layer, np.ones((1, 1, 1, 1), np.float32), np.ones((1, 1, 1, 1), np.float32))
    assert y[0, 0].tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]


def test_same_pads_the_bottom_and_right_first_when_the_total_is_odd() -> None:
    layer = Conv2D(1, 1, 2, padding="same", bias=False)
    weight = np.asarray([[[[0, 0], [0, 1]]]], np.float32)  # looks one down and one to the right
    y = reference(layer, np.asarray([[[[1, 2], [3, 4]]]], np.float32), weight)
    assert y[0, 0].tolist() == [[4.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pads"),
    [
        ((11, 11), 3, 2, ((1, 1), (1, 1))),
        ((10, 10), 3, 2, ((0, 1), (0, 1))),
        ((10, 11), 3, 2, ((0, 1), (1, 1))),
        ((10, 10), 2, 3, ((0, 1), (0, 1))),
        ((12, 12), 2, 3, ((0, 0), (0, 0))),
        ((1, 1), 3, 2, ((1, 1), (1, 1))),
        ((7, 7), 1, 3, ((0, 0), (0, 0))),
    ],
)
def test_same_with_a_stride_pads_as_tensorflow_documents(
    size: tuple[int, int], kernel: int, stride: int, pads: object
) -> None:
    window = define(Conv2D(1, 1, kernel, stride=stride, padding="same"), (Tensor((1, 1, *size)),)).window
    assert window.pads == pads


@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"in_channels": 0}, "in_channels", "at least 1"),
        ({"in_channels": 2.0}, "in_channels", "whole number"),
        ({"in_channels": True}, "in_channels", "whole number"),
        ({"out_channels": -1}, "out_channels", "at least 1"),
        ({"kernel": 0}, "kernel", "at least 1"),
        ({"kernel": (3, 3, 3)}, "kernel", "pair"),
        ({"kernel": [3, 3]}, "kernel", "pair"),
        ({"stride": 0}, "stride", "at least 1"),
        ({"stride": None}, "stride", "at least 1"),
        ({"dilation": (1, 0)}, "dilation", "at least 1"),
        ({"padding": -1}, "padding", '"same", "valid"'),
        ({"padding": "full"}, "padding", '"same", "valid"'),
        ({"padding": ((1, 1), 1)}, "padding", '"same", "valid"'),
        ({"padding": 1.0}, "padding", '"same", "valid"'),
        ({"groups": 0}, "groups", "at least 1"),
        ({"groups": 2}, "groups", "must divide in_channels=3 and out_channels=4"),
        ({"bias": None}, "bias", "True or False"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(
    fields: dict[str, object], field: str, mend: str
) -> None:
    with pytest.raises(FieldError) as caught:
        Conv2D(**{"in_channels": 3, "out_channels": 4, "kernel": 3, **fields})  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.startswith(f"Conv2D: {field}={fields[field]!r} ")
    assert mend in message
    assert "\n" not in message


def test_an_input_with_other_channels_is_refused() -> None:
    with pytest.raises(FieldError, match=r"Conv2D: in_channels=3 does not fit the input \(2, 4, 8, 9\)"):
        output_shape(Conv2D(3, 4, 3), (2, 4, 8, 9))


def test_a_kernel_that_does_not_fit_says_by_how_much() -> None:
    with pytest.raises(FieldError, match=r"kernel=\(3, 3\) does not fit: height 3 padded by 0\+0 is less than the 5"):
        output_shape(Conv2D(3, 4, 3, dilation=2), (2, 3, 3, 9))


@given(st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_parameters_have_canonical_axes(groups: int, times: int, bias: bool) -> None:
    stored = Conv2D(2 * groups, times * groups, (3, 5), groups=groups, bias=bias).parameters()
    assert (stored["weight"].shape, stored["weight"].axes) == ((times * groups, 2, 3, 5), "OIHW")
    assert ("bias" in stored) == bias


def test_keras_gets_its_kernel_as_height_width_in_out() -> None:
    weight = arrays((4, 3, 2, 5), 0)
    kernel, bias = Conv2D(3, 4, (2, 5)).keras_weights(Tensor((2, 3, 8, 9)), weight=weight, bias=arrays((4,), 1))
    assert kernel.shape == (2, 5, 3, 4)
    assert kernel[1, 4, 2, 3] == weight[3, 2, 1, 4]
    assert bias.shape == (4,)
