"""Layers that move values and layers that join them: Flatten, Dropout, Concatenate, Add."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Tensor
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import Add, Concatenate, Dropout, Flatten
from tests.unit.strategies import SEEDS, arrays, output, reference, truth

IMAGES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))


@given(IMAGES, SEEDS)
def test_flatten_folds_channels_then_rows_then_columns(shape: tuple[int, int, int, int], seed: int) -> None:
    x = arrays(shape, seed)
    y = reference(Flatten(), x)
    n, c, h, w = shape
    assert y.shape == output_shape(Flatten(), shape) == (n, c * h * w)
    for image, channel, row, column in np.ndindex(*shape):
        assert y[image, (channel * h + row) * w + column] == x[image, channel, row, column]


def test_flatten_remembers_what_it_folded_and_a_second_one_keeps_it() -> None:
    once = output(Flatten(), Tensor((2, 3, 4, 5)))
    assert once == Tensor((2, 60), (3, 4, 5))
    assert output(Flatten(), once) == once
    assert output(Flatten(), Tensor((2, 60))) == Tensor((2, 60))


@given(st.floats(0, 0.99), SEEDS)
def test_dropout_at_inference_gives_its_input(rate: float, seed: int) -> None:
    x = arrays((2, 3, 4, 5), seed)
    np.testing.assert_array_equal(reference(Dropout(rate), x), x)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 1.5, float("nan"), "0.5", None])
def test_a_rate_out_of_range_names_the_field_the_value_and_the_mend(rate: Any) -> None:
    with pytest.raises(FieldError) as caught:
        Dropout(rate)
    assert str(caught.value) == f"Dropout: rate={rate!r} must be from 0.0 up to but not 1.0"


@given(st.integers(2, 4), SEEDS)
def test_a_sum_and_its_magnitude(count: int, seed: int) -> None:
    inputs = [arrays((2, 3, 4, 5), seed + i) for i in range(count)]
    y = reference(Add(), *inputs)
    expected = inputs[0].astype(np.float64)
    for x in inputs[1:]:
        expected = expected + x
    np.testing.assert_array_equal(y, expected)
    error = truth(Add(), *inputs)
    assert np.all(error.storage == 2.0**-24 * np.abs(y))
    assert error.evaluation.any() == (count > 2)  # two numbers round once, into storage


@given(st.integers(2, 5), SEEDS)
def test_summed_in_float32_in_any_order_a_sum_stays_in_its_bound(count: int, seed: int) -> None:
    inputs = [arrays((2, 3, 4, 5), seed + i, 10.0 ** (i % 3)) for i in range(count)]
    y = reference(Add(), *inputs)
    error = truth(Add(), *inputs)
    for order in (inputs, inputs[::-1]):
        total = order[0]
        for x in order[1:]:
            total = total + x
        assert total.dtype == np.float32
        assert np.all(np.abs(total - y) <= 3 * error.evaluation + error.storage)


@given(IMAGES, st.lists(st.integers(1, 4), min_size=2, max_size=4), SEEDS)
def test_concatenate_joins_along_the_channels_in_the_order_given(
    shape: tuple[int, int, int, int], channels: list[int], seed: int
) -> None:
    n, _, h, w = shape
    inputs = [arrays((n, c, h, w), seed + i) for i, c in enumerate(channels)]
    y = reference(Concatenate(), *inputs)
    assert y.shape == output(Concatenate(), *(Tensor(x.shape) for x in inputs)).shape
    start = 0
    for x in inputs:
        np.testing.assert_array_equal(y[:, start : start + x.shape[1]], x)
        start += x.shape[1]


@pytest.mark.parametrize("other", [(2, 4, 4, 6), (1, 4, 4, 5), (2, 60)])
def test_concatenate_wants_images_that_agree(other: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be images that agree in N, H and W"):
        output(Concatenate(), Tensor((2, 3, 4, 5)), Tensor(other))
