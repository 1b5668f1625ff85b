"""The fingerprint of wrong elements: one cause gives one sketch up to noise, two causes give two."""

from __future__ import annotations

from dataclasses import replace
from math import exp, factorial, hypot

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parity.axes import F64, Array
from parity.judging.likeness import BEYOND, MARGIN, SUMS, most_apart
from parity.judging.oracle import Truth
from parity.judging.sketch import INFINITY, NAN, deviations, sketch
from parity.records.lines import Sketch

SHAPE = (2, 6, 9, 7)
NEAR, FAR = st.floats(-2, 2), st.floats(-1e6, 1e6)  #: deviations over their bound


def truth(seed: int = 0, scale: float = 1.0) -> Truth:
    """Values with a bound of a few roundings."""
    y = np.random.default_rng(seed).standard_normal(SHAPE) * scale
    return Truth(y, 2.0**-24 * np.abs(y) + 2.0**-24 * scale, 2.0**-24 * np.abs(y))


def honest(of: Truth, seed: int) -> F64:
    """Roundings of an honest route: their mean square over the bound is that of storage alone."""
    noise: F64 = of.allowed() * np.random.default_rng(seed).uniform(-1, 1, SHAPE)
    return noise


def made(of: Truth, fault: F64, seed: int) -> Sketch:
    found = sketch((of.y + fault + honest(of, seed)).astype(np.float64), of)
    assert found is not None
    return found


def apart(a: Sketch, b: Sketch) -> float:
    """In units of what noise can do."""
    return hypot(*(x - y for x, y in zip(a.sums, b.sums, strict=True))) / most_apart(a.elements + b.elements)


def length(a: Sketch) -> float:
    return hypot(*a.sums) / most_apart(2 * a.elements)


def test_the_level_of_the_limit_is_one_in_a_million() -> None:
    half = BEYOND / 2
    beyond = exp(-half) * sum(half**k / factorial(k) for k in range(SUMS // 2))
    assert f"{beyond:.1e}" == "1.0e-06"


@given(st.integers(0, 10**6), st.sampled_from([3.0, 30.0, 1e3, 1e5, 1e9]), st.sampled_from([5, 40, 756]))
def test_one_fault_on_two_routes_leaves_sketches_that_noise_explains(seed: int, size: float, elements: int) -> None:
    of = truth(seed)
    draw = np.random.default_rng(seed + 1)
    fault = np.zeros(of.y.size)
    fault[draw.permutation(of.y.size)[:elements]] = size
    fault = fault.reshape(SHAPE) * of.allowed() * draw.uniform(0.5, 2.0, SHAPE)
    assert apart(made(of, fault, seed + 2), made(of, fault, seed + 3)) < 1


@given(st.integers(0, 10**6), st.sampled_from([600.0, 1e5, 1e9]))
def test_two_faults_in_one_place_leave_sketches_that_noise_does_not_explain(seed: int, size: float) -> None:
    of = truth(seed)
    one, other = (size * of.allowed() * np.random.default_rng(seed + k).standard_normal(SHAPE) for k in (1, 2))
    a, b = made(of, one, seed + 3), made(of, other, seed + 4)
    assert min(length(a), length(b)) > MARGIN
    assert apart(a, b) > 1
    for factor in (1.5, 4.0):
        assert apart(a, made(of, factor * one, seed + 5)) > 1


def test_a_fault_of_the_size_of_noise_is_too_short_to_say_anything_of() -> None:
    of = truth()
    weak = 1.5 * of.allowed() * np.sign(np.random.default_rng(1).standard_normal(SHAPE))
    assert length(made(of, weak, 2)) < MARGIN


def test_a_value_that_is_wrong_by_a_half_is_the_same_fault_in_all_its_roundings() -> None:
    # A layer that only moves values is allowed nothing, so that every deviation is 1e30 of its bound and more.
    of = replace(truth(), evaluation=np.zeros(SHAPE), storage=np.zeros(SHAPE))
    reads = np.random.default_rng(1).standard_normal(SHAPE)

    def route(seed: int, share: float) -> Sketch:
        noise = 1 + 2.0**-22 * np.random.default_rng(seed).uniform(-1, 1, SHAPE)
        found = sketch(of.y * (1 - share) + share * reads * noise, of)
        assert found is not None
        return found

    assert apart(route(2, 0.5), route(3, 0.5)) < 1 < apart(route(2, 0.5), route(3, 0.4))


@example(1.5, 0.5)
@given(NEAR | FAR, NEAR | FAR)
def test_two_honest_looks_at_one_element_never_move_a_sketch_more_than_they_differ(one: float, other: float) -> None:
    a, b = (deviations(np.array([d]), np.zeros(1), np.ones(1))[0] if abs(d) > 1 else 0.0 for d in (one, other))
    assert abs(a - b) <= abs(one - other) + 8 * np.spacing(max(abs(one), abs(other)))


@pytest.mark.parametrize(
    ("got", "expected", "counted"),
    [
        (np.nan, 1.0, NAN),
        (1.0, np.nan, -NAN),
        (np.inf, 1.0, INFINITY),
        (-np.inf, np.inf, -INFINITY),
        (1.0, np.inf, -INFINITY),
        (3e38, -3e38, None),
        (1.5e-7, 0.0, None),
    ],
)
def test_what_has_no_distance_counts_more_than_all_that_has_one(
    got: float, expected: float, counted: float | None
) -> None:
    (found,) = deviations(np.array([got]), np.array([expected]), np.array([2.0**-125]))
    assert found == counted if counted is not None else 0 < found < NAN


def test_routes_that_lose_nan_at_other_places_are_told_apart() -> None:
    of = truth()
    lost = [np.where(np.random.default_rng(k).random(SHAPE) < 0.02, np.nan, of.y) for k in (1, 2, 1)]
    a, b, c = (sketch(y.astype(np.float32), of) for y in lost)
    assert a is not None
    assert b is not None
    assert c is not None
    assert apart(a, b) > 1 > apart(a, c)


def test_one_element_is_told_from_every_other() -> None:
    of = Truth(np.zeros((1, 5000)), np.ones((1, 5000)), np.zeros((1, 5000)))
    sums = []
    for place in range(0, 5000, 10):
        lost = np.zeros((1, 5000), np.float32)
        lost[0, place] = np.nan
        found = sketch(lost, of)
        assert found is not None
        sums.append(found.sums)
    every = np.asarray(sums)
    apart_from_others = np.linalg.norm(every[:, None] - every[None], axis=-1) + np.eye(len(every)) * NAN
    assert apart_from_others.min() > 100 * most_apart(2)


def test_what_is_right_or_unspecified_has_no_part_in_a_sketch() -> None:
    of = truth()
    off = of.y + np.where(np.arange(of.y.size).reshape(SHAPE) < 5, 1.0, 0.0)
    found = sketch(off, of)
    assert found is not None
    assert found.elements == 5
    free = sketch(off, replace(of, unspecified=np.arange(of.y.size).reshape(SHAPE) < 3))
    assert free is not None
    assert free.elements == 2
    beyond: Array = np.full(SHAPE, 4e38)
    overflowed = sketch(np.full(SHAPE, np.inf, np.float32), replace(of, y=beyond))
    assert overflowed is not None
    assert overflowed.elements == 0


def test_whole_numbers_are_counted_as_they_are_and_another_shape_not_at_all() -> None:
    of = Truth(np.arange(12).reshape(3, 4), np.zeros((3, 4)), np.zeros((3, 4)), "int64")
    off = of.y.copy()
    off[1, 2] += 7
    found = sketch(off, of)
    assert found is not None
    assert found.elements == 1
    assert max(map(abs, found.sums)) <= 6 * 3**0.5
    assert sketch(off[:2], of) is None
