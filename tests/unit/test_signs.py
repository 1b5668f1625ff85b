"""Which zeros keep their sign."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.layers import Flatten, HardTanh, Layer, MaxPool2D, ReLU, Tanh
from tests.unit.strategies import truth

TINIEST = np.finfo(np.float32).smallest_subnormal


def signs(layer: Layer, *x: float, shape: Any = None) -> list[bool] | None:
    found = truth(layer, np.array(x, np.float32).reshape(shape or (1, len(x)))).signs
    return None if found is None else found.ravel().tolist()


def test_what_is_moved_keeps_its_sign_and_numbers_are_not_asked() -> None:
    assert signs(Flatten(), -0.0, 0.0, 1.0, -1.0, shape=(1, 1, 2, 2)) == [True, True, False, False]


def test_nothing_is_asked_without_a_minus_zero_or_where_anything_rounds() -> None:
    assert signs(Flatten(), 0.0, 0.0, shape=(1, 1, 1, 2)) is None
    assert signs(Tanh(), -0.0, 0.0) is None


def test_between_two_zeros_either_may_be_chosen() -> None:
    assert signs(ReLU(), -0.0, 0.0) == [False, False]
    assert signs(HardTanh(), -0.0, 0.0) == [True, True]
    assert signs(HardTanh(0.0, 1.0), -0.0, 0.0) == [False, False]


@pytest.mark.parametrize(
    ("window", "certain"),
    [
        ([-0.0, -1, -2, -3], True),
        ([-0.0, -0.0, -2, -3], True),
        ([-0.0, 0.0, -2, -3], False),
        ([-0.0, TINIEST, -1, -2], False),
    ],
)
def test_the_largest_of_a_window_of_one_sort_of_zero_keeps_it(window: list[float], certain: bool) -> None:
    found = signs(MaxPool2D(2), *window, shape=(1, 1, 2, 2))
    assert found == ([certain] if max(window) == 0 else [False])
