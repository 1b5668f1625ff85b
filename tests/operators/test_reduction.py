"""Reductions: honest float32 kernels stay inside, a slip leaves, and what is empty or whole keeps its rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Site
from parity.operators.table import OPERATORS
from tests.operators.needs import LIMIT, Ran, onnxruntime

SUMS = ("Sum", "Mean", "L1", "L2", "SumSquare", "LogSumExp")
AXES = np.array([1, 3])


def _numbers(seed: int, scale: float, mean: float, *shape: int) -> Any:
    return ((np.random.default_rng(seed).normal(size=shape) + mean) * scale).astype(np.float32)


@given(st.integers(0, 999), st.sampled_from([1e-3, 1.0, 1e3, 1e6]), st.sampled_from([0.0, 1.0, 100.0]), st.booleans())
def test_float32_sums_stay_within_the_limit(seed: int, scale: float, mean: float, careful: bool) -> None:
    x = _numbers(seed, scale, mean, 3, 7, 2, 11)
    for kind in SUMS:
        ran = Ran(f"Reduce{kind}", x, AXES, careful=careful)
        assert ran.need(*onnxruntime(f"Reduce{kind}", x, AXES, opset=18)) < LIMIT, kind
    assert Ran("ReduceSum", x, AXES, careful=careful).need(x.sum((1, 3), np.float32, keepdims=True)) < LIMIT
    assert Ran("CumSum", x, np.array(3), careful=careful).need(np.cumsum(x, 3, np.float32)) < LIMIT
    assert Ran("CumSum", x, np.array(3)).need(*onnxruntime("CumSum", x, np.array(3))) < LIMIT
    near = (x / np.abs(x).max() + 1.5).astype(np.float32)
    assert Ran("ReduceProd", near, AXES).need(np.prod(near, (1, 3), np.float32, keepdims=True)) < LIMIT
    assert Ran("ReduceLogSum", near, AXES).need(*onnxruntime("ReduceLogSum", near, AXES, opset=18)) < LIMIT
    assert Ran("CumProd", near, np.array(1)).need(np.cumprod(near, 1, np.float32)) < LIMIT


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("kind", SUMS)
def test_one_term_left_out_leaves_the_bound(kind: str, scale: float) -> None:
    x = _numbers(5, scale, 0.0, 3, 7, 2, 11)
    largest = x == x.max(axis=(1, 3), keepdims=True)
    short = np.where(largest, np.float32(-1e9 if kind == "LogSumExp" else 0.0), x)
    assert Ran(f"Reduce{kind}", x, AXES).need(*Ran(f"Reduce{kind}", short, AXES).y) > LIMIT


def test_axes_come_as_an_attribute_or_as_an_input_and_none_means_all_or_none() -> None:
    x = _numbers(0, 1.0, 0.0, 2, 3, 4)
    old, new = Ran("ReduceSum", x, opset=11, axes=[0, -1]), Ran("ReduceSum", x, np.array([2, 0]), opset=13)
    assert np.array_equal(old.y[0], new.y[0])
    assert old.y[0].shape == (1, 3, 1)
    assert Ran("ReduceSum", x, keepdims=0).y[0].shape == ()
    kept = Ran("ReduceSum", x, noop_with_empty_axes=1)
    assert np.array_equal(kept.y[0], x)
    assert kept.noise[0].exact
    np.testing.assert_array_equal(Ran("ReduceSumSquare", x, noop_with_empty_axes=1).y[0], x.astype(np.float64) ** 2)


def test_nothing_reduces_to_the_neutral_element() -> None:
    x = np.zeros((2, 0, 3), np.float32)
    neutral = {"Sum": 0.0, "Prod": 1.0, "Max": -np.inf, "Min": np.inf, "LogSumExp": -np.inf, "L2": 0.0}
    for kind, value in neutral.items():
        assert (Ran(f"Reduce{kind}", x, np.array([1])).y[0] == value).all(), kind
    assert Ran("ReduceMax", x.astype(np.int8), np.array([1])).y[0].tolist() == [[[-128] * 3]] * 2
    assert not Ran("ReduceMax", x.astype(bool), np.array([1])).y[0].any()


def test_an_empty_batch_gives_shapes() -> None:
    x = np.zeros((0, 5, 4), np.float32)
    for kind in (*SUMS, "Max", "Min", "Prod", "LogSum"):
        ran = Ran(f"Reduce{kind}", x, np.array([1]), keepdims=0)
        assert ran.y[0].shape == (0, 4), kind
        assert ran.noise[0].exact == (kind in ("Max", "Min")), kind
    assert Ran("CumSum", x, np.array(1), exclusive=1).y[0].shape == x.shape


def test_whole_numbers_are_whole_and_exact() -> None:
    x = np.array([[-7, 2], [3, 4]], np.int32)
    mean = Ran("ReduceMean", x, np.array([1]))
    assert mean.y[0].dtype == np.int32
    assert mean.y[0].tolist() == [[-2], [3]]  # towards zero
    assert mean.noise[0].exact
    assert Ran("CumSum", x, np.array(1), reverse=1, exclusive=1).y[0].tolist() == [[2, 0], [4, 0]]


def test_the_terms_of_an_element_add_up_to_it() -> None:
    x = _numbers(1, 1.0, 0.0, 2, 3, 4, 5).astype(np.float64)
    for kind in ("ReduceSum", "ReduceMean", "ReduceSumSquare"):
        for keep, place in ((1, (1, 0, 2, 0)), (0, (1, 2))):
            at, rule = Site(kind, {"keepdims": keep}, 18, ("float32", "int64")), OPERATORS["", kind]
            terms = rule.terms(at, place, x, AXES)
            assert terms is not None
            assert terms.products.sum() / terms.divisor == pytest.approx(rule.value(at, x, AXES)[0][place])


def test_a_product_that_may_pass_the_largest_number_on_the_way_is_marked() -> None:
    ran = Ran("ReduceProd", np.array([[1e30, 1e-30, 1e30], [2.0, 3.0, 4.0]], np.float32), np.array([1]))
    assert ran.noise[0].overflow is not None
    assert ran.noise[0].overflow.tolist() == [[True], [False]]
