"""The error function to full double accuracy, against the C library's."""

from __future__ import annotations

import math

import numpy as np

from parity.operators.special import erf, normal_cdf

#: Dense where the approximations change, and far out.
GRID = np.concatenate([np.linspace(-7, 7, 40001), np.linspace(0.46, 0.48, 2001), np.linspace(3.99, 4.01, 2001)])
TINY = np.logspace(-300, -1, 2001)


def test_erf_is_right_to_five_units_in_the_last_place() -> None:
    for x in (GRID, TINY):
        right = np.array([math.erf(v) for v in x])
        assert np.max(np.abs(erf(x) - right) / np.spacing(np.abs(right))) <= 5


def test_erf_is_odd_and_knows_the_infinities_and_what_is_not_a_number() -> None:
    assert np.array_equal(erf(-GRID), -erf(GRID))
    assert np.array_equal(erf([np.inf, -np.inf, 0.0, np.nan]), [1.0, -1.0, 0.0, np.nan], equal_nan=True)
    assert erf(np.zeros((0, 3))).shape == (0, 3)


def test_the_lower_tail_of_the_normal_distribution_does_not_cancel() -> None:
    x = np.linspace(-37, 8, 20001)
    right = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    # What is left is the rounding of x / sqrt(2), which the tail multiplies by x^2.
    assert np.max(np.abs(normal_cdf(x) / right - 1) / (1 + x * x)) < 4 * 2.0**-52
