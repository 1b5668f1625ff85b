"""The pattern of the wrong elements is named, and none is named where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Array
from parity.judging.patterns import pattern

SHAPE = (2, 3, 6, 5)
EXPECTED = np.random.default_rng(0).standard_normal(SHAPE) + 3
ALLOWED = np.full(SHAPE, 1e-6)


def changed(where: Any, by: float = 1.0) -> Array:
    got = EXPECTED.copy()
    noise = np.random.default_rng(1).uniform(0.5, 1.5, SHAPE) * by
    got[where] += noise[where]
    return got.astype(np.float32)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ((...,), "all elements"),
        ((slice(None), 1), "one channel, 1"),
        ((1,), "one of 2 images, 1"),
        ((0, 2, 3, 3), "one element"),
        ((slice(None), slice(None), slice(None), 4), "border only: right"),
        ((slice(None), slice(None), 0), "border only: top"),
        ((slice(None), slice(None), 5, 4), "corners only"),
    ],
)
def test_where_the_wrong_elements_lie_is_named(where: Any, name: str) -> None:
    assert pattern(changed(where), EXPECTED, ALLOWED) == name


def test_a_whole_border_is_told_from_one_side() -> None:
    mask = np.ones(SHAPE, bool)
    mask[:, :, 1:-1, 1:-1] = False
    assert pattern(changed(mask), EXPECTED, ALLOWED) == "border only"


def test_one_number_added_or_multiplied_everywhere_is_said_with_the_number() -> None:
    assert pattern(EXPECTED + 0.25, EXPECTED, ALLOWED) == "a constant offset of 0.25"
    assert pattern(EXPECTED * 1.125, EXPECTED, ALLOWED) == "a constant factor of 1.125"


def test_only_what_is_not_finite_is_said_to_be_so() -> None:
    got = EXPECTED.copy()
    got[0, 1, 2, 3] = np.nan
    got[1, 1, 2, 3] = np.inf
    assert pattern(got, EXPECTED, ALLOWED) == "non-finite only"


def test_scattered_elements_and_none_at_all_have_no_name() -> None:
    scattered = np.zeros(SHAPE, bool)
    scattered.flat[::7] = True
    assert pattern(changed(scattered), EXPECTED, ALLOWED) == ""
    assert pattern(EXPECTED.astype(np.float32), EXPECTED, np.full(SHAPE, 1.0)) == ""


def test_features_have_patterns_too() -> None:
    expected, allowed = EXPECTED.reshape(2, -1)[:, :9], ALLOWED.reshape(2, -1)[:, :9]
    got = expected.copy()
    got[:, 4] += [1.0, 2.0]
    assert pattern(got, expected, allowed) == "one feature, 4"
