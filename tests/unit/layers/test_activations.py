"""What activations with settings refuse, where their axes are found, and how slopes are stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Shape, Tensor, to_layout
from parity.errors import FieldError
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    HardShrink,
    HardTanh,
    Layer,
    LogSoftmax,
    PReLU,
    ReLU,
    Softmax,
    Softplus,
    SoftShrink,
    Threshold,
)
from parity.layers.definition import define
from parity.layers.exponential import channels_last
from tests.unit.strategies import reference

IMAGE = Tensor((2, 3, 5, 7))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: ReLU(max_value=1.0, threshold=2.0), "ReLU: max_value=1.0 must be None or a number above threshold=2.0"),
        (lambda: ReLU(negative_slope=-0.1), "ReLU: negative_slope=-0.1 must be a number of at least 0"),
        (lambda: ReLU(threshold=-1.0), "ReLU: threshold=-1.0 must be a number of at least 0"),
        (lambda: PReLU(0), "PReLU: num_parameters=0 must be a whole number of at least 1 or (C, H, W)"),
        (lambda: PReLU((3, 5)), "PReLU: num_parameters=(3, 5) must be a whole number of at least 1 or (C, H, W)"),
        (lambda: ELU(-1.0), "ELU: alpha=-1.0 must be a number of at least 0"),
        (lambda: CELU(0.0), "CELU: alpha=0.0 must be a number above 0"),
        (lambda: GELU("erf"), "GELU: approximate='erf' must be \"none\" or \"tanh\""),
        (lambda: Softplus(beta=0.0), "Softplus: beta=0.0 must be a number above 0"),
        (lambda: Softplus(threshold=88.0), "Softplus: threshold=88.0 must be a number below 88"),
        (lambda: HardTanh(1.0, 1.0), "HardTanh: max_val=1.0 must be a number above min_val=1.0"),
        (lambda: HardShrink(-0.5), "HardShrink: lambd=-0.5 must be a number of at least 0"),
        (lambda: SoftShrink(-0.5), "SoftShrink: lambd=-0.5 must be a number of at least 0"),
        (lambda: Threshold("0", 0.0), "Threshold: threshold='0' must be a number"),
    ],
)  # fmt: skip
def test_a_setting_out_of_range_names_the_field_the_value_and_the_mend(made: Any, said: str) -> None:
    with pytest.raises(FieldError) as caught:
        made()
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("axis", [0, 4, -4, 1.0, True])
@pytest.mark.parametrize("cls", [Softmax, LogSoftmax, GLU])
def test_an_axis_is_one_of_the_input_and_not_the_batch(cls: type[Layer], axis: Any) -> None:
    with pytest.raises(FieldError, match="must be an axis of the input"):
        define(cls(axis), (IMAGE,))  # type: ignore[call-arg]


def test_a_gate_needs_two_halves() -> None:
    with pytest.raises(FieldError, match="must have an even size"):
        define(GLU(1), (IMAGE,))
    assert define(GLU(-1), (Tensor((2, 3, 5, 8)),)).output.shape == (2, 3, 5, 4)


@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (2, 7)])
def test_an_axis_is_found_where_channels_are_last(shape: Shape) -> None:
    for axis in range(1 - len(shape), len(shape)):
        turned = to_layout(np.empty(shape), Tensor(shape), "NHWC")
        assert axis == 0 or turned.shape[channels_last(axis, len(shape))] == shape[axis]


def test_a_softmax_along_an_axis_of_the_image_sees_more_than_its_place() -> None:
    assert [define(Softmax(axis), (IMAGE,)).sees_everything for axis in (1, 2, 3, -1)] == [False, True, True, True]


@pytest.mark.parametrize(
    ("slopes", "x", "fits"),
    [(1, (2, 3, 5, 7), True), (3, (2, 3, 5, 7), True), ((3, 5, 7), (2, 3, 5, 7), True), (1, (2, 37), True),
     (37, (2, 37), True), (7, (2, 3, 5, 7), False), ((5, 7, 3), (2, 3, 5, 7), False), (36, (2, 37), False)],
)  # fmt: skip
def test_slopes_are_one_or_one_each_channel_or_element(slopes: Any, x: Shape, fits: bool) -> None:
    if fits:
        assert define(PReLU(slopes), (Tensor(x),)).output.shape == x
        return
    with pytest.raises(FieldError, match="does not fit the input"):
        define(PReLU(slopes), (Tensor(x),))


def test_slopes_of_elements_are_turned_for_channels_last() -> None:
    slope = np.arange(105.0).reshape(3, 5, 7)
    (stored,) = PReLU((3, 5, 7)).keras_weights(IMAGE, slope=slope)
    np.testing.assert_array_equal(stored, to_layout(slope[None], Tensor((1, 3, 5, 7)), "NHWC")[0])


def test_a_general_relu_is_what_keras_documents() -> None:
    y = reference(
        ReLU(max_value=2.5, negative_slope=0.25, threshold=1.0), np.asarray([[-3.0, 0.0, 0.5, 1.5, 2.5, 9.0]])
    )
    assert y.tolist() == [[-1.0, -0.25, -0.125, 1.5, 2.5, 2.5]]
