"""Activations: their float64 answers against torch's, and how they carry errors and whole numbers on."""

from __future__ import annotations

from fractions import Fraction
from math import exp, inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Tensor
from parity.bounds import FLOAT32
from parity.errors import FieldError
from parity.layers import Layer, LeakyReLU, ReLU, Sigmoid
from tests.unit.strategies import MEANS, SCALES, SEEDS, arrays

SLOPES = st.sampled_from([0.0, 0.01, 0.2, 0.3, 0.25, 1.0]) | st.floats(0, 1)
ACTIVATIONS = st.just(ReLU()) | st.builds(LeakyReLU, SLOPES) | st.just(Sigmoid())
SHAPES = st.sampled_from([(2, 3, 4, 5), (2, 7), (1, 1, 1, 1)])
X = Tensor((2, 7))


def in_torch(torch: Any, layer: Layer, x: Any) -> Any:
    if isinstance(layer, LeakyReLU):
        return torch.nn.functional.leaky_relu(x, layer.negative_slope)
    return torch.relu(x) if isinstance(layer, ReLU) else torch.sigmoid(x)


@given(ACTIVATIONS, SHAPES, SEEDS, SCALES, MEANS)
def test_torch_in_float64_gives_the_same_answer(
    layer: Layer, shape: tuple[int, ...], seed: int, scale: float, mean: float
) -> None:
    torch = pytest.importorskip("torch", reason="torch's own activations are the third opinion")
    x = arrays(shape, seed, scale, mean)
    theirs = in_torch(torch, layer, torch.from_numpy(x).double()).numpy()
    ours = layer.reference(x)
    assert ours.dtype == np.float64
    assert ours.shape == x.shape
    # An exponential of x is as wrong as x is large.
    assert np.all(np.abs(ours - theirs) <= 2.0**-50 * np.abs(theirs) * (1 + np.abs(x)) + 2.0**-1022)


@pytest.mark.parametrize("x", [-800.0, -90.0, -1.0, 0.0, 1.0, 90.0, 800.0])
def test_a_sigmoid_neither_overflows_nor_loses_its_tails(x: float) -> None:
    with np.errstate(over="raise", invalid="raise"):
        y = float(Sigmoid().reference(np.asarray([[x]]))[0, 0])
    expected = 1 / (1 + exp(-x)) if x > -700 else 0.0
    assert abs(y - expected) <= 2.0**-50 * expected


def test_a_leaky_relu_keeps_its_slope_below_zero_only() -> None:
    y = LeakyReLU(0.3).reference(np.asarray([[-2.0, -0.0, 0.0, 2.0, nan, -inf, inf]]))
    assert y[0, :4].tolist() == [-0.6, 0.0, 0.0, 2.0]
    assert np.isnan(y[0, 4])
    assert y[0, 5:].tolist() == [-inf, inf]


def test_only_the_side_that_multiplies_may_round() -> None:
    x = np.asarray([[-2.0, 0.0, 2.0]], np.float32)
    error = LeakyReLU(0.3).error(FLOAT32, LeakyReLU(0.3).reference(x), x)
    assert error.evaluation[0, 0] == 2.0**-24 * 0.6
    assert error.evaluation[0, 1:].tolist() == [0.0, 0.0]
    assert not error.storage.any()
    exact = ReLU().error(FLOAT32, ReLU().reference(x), x)
    assert not exact.evaluation.any()
    assert not exact.storage.any()


@given(ACTIVATIONS, SEEDS, st.floats(0, 5))
def test_an_error_pushed_through_bounds_every_change_within_it(layer: Layer, seed: int, size: float) -> None:
    x = arrays((2, 50), seed, 3.0).astype(np.float64)
    errors = np.abs(arrays((2, 50), seed + 1, size)).astype(np.float64)
    y = layer.reference(x)
    pushed = layer.push(y, [x], [errors])
    for share in (-1.0, -0.5, 0.5, 1.0):
        moved = np.abs(layer.reference(x + share * errors) - y)
        assert np.all(moved <= pushed * (1 + 2.0**-40) + 2.0**-50 * (1 + np.abs(x)))


@given(ACTIVATIONS, SEEDS)
def test_no_error_in_is_no_error_out(layer: Layer, seed: int) -> None:
    x = arrays((2, 50), seed).astype(np.float64)
    assert not layer.push(layer.reference(x), [x], [np.zeros_like(x)]).any()


@given(SLOPES)
def test_whole_numbers_stay_exact_through_the_slopes_that_say_so(slope: float) -> None:
    layer = LeakyReLU(slope)
    step = layer.exact_step(X)
    if step is None:
        assert Fraction(slope).numerator != 1 or slope < 2.0**-10
        return
    x = np.arange(-1000, 1001, dtype=np.float32).reshape(1, -1)
    y = layer.reference(x)
    in_float32 = np.where(x >= 0, x, np.float32(slope) * x)
    np.testing.assert_array_equal(in_float32.astype(np.float64), y)
    assert np.all(y / float(step) == np.round(y / float(step)))


def test_a_sigmoid_promises_no_exactness() -> None:
    assert Sigmoid().exact_step(X) is None
    assert ReLU().exact_step(X) == 1


@pytest.mark.parametrize("slope", [-0.1, 1.1, nan, inf, "0.1", None, True])
def test_a_slope_out_of_range_names_the_field_the_value_and_the_mend(slope: Any) -> None:
    with pytest.raises(FieldError) as caught:
        LeakyReLU(slope)
    assert str(caught.value) == f"LeakyReLU: negative_slope={slope!r} must be a number from 0.0 to 1.0"


def test_a_whole_number_is_a_slope() -> None:
    assert LeakyReLU(1).reference(np.asarray([[-3.0]])).tolist() == [[-3.0]]
