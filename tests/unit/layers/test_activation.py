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
from parity.errors import FieldError
from parity.layers import Layer, LeakyReLU, ReLU, Sigmoid
from tests.unit.strategies import MEANS, SCALES, SEEDS, arrays, finest_step, reference, truth

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
    ours = reference(layer, x)
    assert ours.dtype == np.float64
    assert ours.shape == x.shape
    # An exponential of x is as wrong as x is large.
    assert np.all(np.abs(ours - theirs) <= 2.0**-50 * np.abs(theirs) * (1 + np.abs(x)) + 2.0**-1022)


@pytest.mark.parametrize("x", [-800.0, -90.0, -1.0, 0.0, 1.0, 90.0, 800.0])
def test_a_sigmoid_neither_overflows_nor_loses_its_tails(x: float) -> None:
    with np.errstate(over="raise", invalid="raise"):
        y = float(reference(Sigmoid(), np.asarray([[x]]))[0, 0])
    expected = 1 / (1 + exp(-x)) if x > -700 else 0.0
    assert abs(y - expected) <= 2.0**-50 * expected


def test_a_leaky_relu_keeps_its_slope_below_zero_only() -> None:
    y = reference(LeakyReLU(0.3), np.asarray([[-2.0, -0.0, 0.0, 2.0, nan, -inf, inf]]))
    assert y[0, :4].tolist() == [-0.6, 0.0, 0.0, 2.0]
    assert np.isnan(y[0, 4])
    assert y[0, 5:].tolist() == [-inf, inf]


def test_only_the_side_that_multiplies_may_round() -> None:
    x = np.asarray([[-2.0, 0.0, 2.0]], np.float32)
    error = truth(LeakyReLU(0.3), x)
    assert error.evaluation[0, 0] == 2.0**-24 * 0.6
    assert error.evaluation[0, 1:].tolist() == [0.0, 0.0]
    assert not error.storage.any()
    exact = truth(ReLU(), x)
    assert not exact.evaluation.any()
    assert not exact.storage.any()


@given(SLOPES)
def test_whole_numbers_stay_exact_through_the_slopes_that_say_so(slope: float) -> None:
    layer = LeakyReLU(slope)
    step = finest_step(layer, X)
    if step is None:
        assert Fraction(slope).numerator != 1 or slope < 2.0**-10
        return
    x = np.arange(-1000, 1001, dtype=np.float32).reshape(1, -1)
    y = reference(layer, x)
    in_float32 = np.where(x >= 0, x, np.float32(slope) * x)
    np.testing.assert_array_equal(in_float32.astype(np.float64), y)
    assert np.all(y / float(step) == np.round(y / float(step)))


def test_a_sigmoid_promises_no_exactness() -> None:
    assert finest_step(Sigmoid(), X) is None
    assert finest_step(ReLU(), X) == 1


@pytest.mark.parametrize("slope", [-0.1, 1.1, nan, inf, "0.1", None, True])
def test_a_slope_out_of_range_names_the_field_the_value_and_the_mend(slope: Any) -> None:
    with pytest.raises(FieldError) as caught:
        LeakyReLU(slope)
    assert str(caught.value) == f"LeakyReLU: negative_slope={slope!r} must be a number from 0.0 to 1.0"


def test_a_whole_number_is_a_slope() -> None:
    assert reference(LeakyReLU(1), np.asarray([[-3.0]])).tolist() == [[-3.0]]
