"""What one array against the truth can be found to be, each by its own name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from parity.axes import Array, Tensor
from parity.judging.compare import compare
from parity.judging.oracle import Truth

SHAPE = (2, 3, 4, 4)
TENSOR = Tensor(SHAPE)


def truth(y: Array | None = None, allowed: float = 1e-6) -> Truth:
    if y is None:
        y = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    y = y.astype(np.float64)
    return Truth(y, np.full_like(y, allowed / 3), np.zeros_like(y))


def honest() -> Array:
    return truth().y.astype(np.float32)


def test_the_same_values_hold_with_ratio_zero() -> None:
    found = compare(honest(), truth(), TENSOR)
    assert (found.kind, found.ratio, found.need, found.wrong) == (None, 0.0, 0.0, 0)


def test_a_value_beyond_its_bound_is_named_with_its_index_and_how_bad() -> None:
    wrong = honest()
    wrong[1, 2, 3, 0] += 1e-4
    found = compare(wrong, truth(), TENSOR)
    assert (found.kind, found.index, found.wrong) == ("value", (1, 2, 3, 0), 1)
    assert found.ratio == pytest.approx(100, rel=0.05)
    assert found.need == pytest.approx(300, rel=0.05)
    assert found.ulps > 100


def test_a_value_within_its_bound_holds_and_its_ratio_says_how_near() -> None:
    near = honest().astype(np.float64)
    near[0, 0, 0, 0] += 0.5e-6
    found = compare(near.astype(np.float32), truth(), TENSOR)
    assert found.kind is None
    assert 0.3 < found.ratio < 0.7


def test_a_shape_that_only_broadcasts_is_a_shape() -> None:
    assert compare(honest()[:1], truth(), TENSOR).kind == "shape"
    assert compare(honest().reshape(1, *SHAPE), truth(), TENSOR).kind == "shape"


def test_nothing_to_compare_is_empty_and_a_pass_only_where_it_has_to_be() -> None:
    assert compare(honest()[:0], truth(), TENSOR).kind == "empty"
    assert compare(honest()[:0], truth(honest()[:0]), None).kind == "empty"
    nothing, none = truth(honest()[:0]), Tensor((0, 3, 4, 4))
    assert compare(honest()[:0], nothing, none).kind is None
    assert compare(honest()[:0].reshape(0), nothing, none).kind == "shape"
    assert compare(honest()[:0].astype(np.float64), nothing, none).kind == "dtype"
    assert compare(honest(), nothing, none).kind == "shape"


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_right_values_in_another_dtype_are_a_dtype(dtype: str) -> None:
    assert compare(honest().astype(dtype), truth(), TENSOR).kind == "dtype"


def test_a_nan_on_either_side_alone_is_nan_and_on_both_sides_holds() -> None:
    with_nan = honest()
    with_nan[0, 1, 2, 3] = np.nan
    assert compare(with_nan, truth(), TENSOR).kind == "nan"
    assert compare(honest(), truth(with_nan), TENSOR).kind == "nan"
    assert compare(with_nan, truth(with_nan), TENSOR).kind is None


def test_an_infinity_on_one_side_and_one_of_the_other_sign_have_their_own_names() -> None:
    up, down = honest(), honest()
    up[0, 0, 0, 1], down[0, 0, 0, 1] = np.inf, -np.inf
    assert compare(up, truth(), TENSOR).kind == "infinity"
    assert compare(honest(), truth(up), TENSOR).kind == "infinity"
    assert compare(down, truth(up), TENSOR).kind == "infinity-sign"
    assert compare(up, truth(up), TENSOR).kind is None


def test_a_truth_beyond_float32_is_an_honest_infinity() -> None:
    beyond = truth()
    beyond.y[0, 0, 0, 0] = 1e39
    got = honest()
    got[0, 0, 0, 0] = np.inf
    with np.errstate(over="ignore"):
        assert compare(got, beyond, TENSOR).kind is None


def test_values_in_swapped_axes_of_equal_size_are_named_as_such() -> None:
    found = compare(np.ascontiguousarray(honest().transpose(0, 1, 3, 2)), truth(), TENSOR)
    assert found.kind == "axes"
    assert "N C W H" in found.message


def test_an_integer_that_wrapped_around_is_told_from_one_that_is_wrong() -> None:
    right = np.array([[100, 200, 300]])
    none = np.zeros((1, 3))
    tensor = Tensor((1, 3))
    assert compare(right.astype(np.int8), Truth(right, none, none, "int8"), tensor).kind == "integer-wrap"
    off = np.array([[100, 201, 300]], np.int32)
    assert compare(off, Truth(right, none, none, "int32"), tensor).kind == "value"
    assert compare(right.astype(np.int32), Truth(right, none, none, "int32"), tensor).kind is None


def test_what_may_pass_the_largest_number_on_the_way_is_counted_and_not_judged() -> None:
    free = np.zeros(SHAPE, bool)
    free[0, 0] = True
    said = replace(truth(), unspecified=free)
    odd = honest()
    odd[0, 0] = [np.inf, np.nan, 1e38, 0.0]
    found = compare(odd, said, TENSOR)
    assert (found.kind, found.unspecified) == (None, 16)
    odd[1, 0, 0, 0] = np.inf
    assert compare(odd, said, TENSOR).kind == "infinity"


def test_where_nothing_may_round_any_difference_fails() -> None:
    exact = truth(allowed=0.0)
    got = honest()
    got[0, 0, 0, 0] = np.nextafter(got[0, 0, 0, 0], np.float32(9))
    found = compare(got, exact, TENSOR)
    assert found.kind == "value"
    assert found.need == np.inf
