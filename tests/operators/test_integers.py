"""Casts round once or not at all, ranges drift as they are counted up, comparisons and whole numbers are exact."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Unsupported
from tests.operators.needs import LIMIT, Ran, onnxruntime

NARROW = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=9), st.sampled_from(list(NARROW)))
def test_a_cast_to_a_narrower_float_is_off_by_one_rounding_and_overflows_where_that_does(
    numbers: list[float], target: str
) -> None:
    x = np.array(numbers)
    ran = Ran("Cast", x, to=target)
    with np.errstate(all="ignore"):
        stored = x.astype(NARROW[target]).astype(np.float64)
    assert np.array_equal(np.isfinite(ran.y[0]), np.isfinite(stored))
    assert ran.need(stored) == 0
    assert ran.dtypes == (target,)
    off = stored * (1 + 8 * 2.0 ** -{"float16": 11, "bfloat16": 8, "float32": 24}[target])
    if (np.isfinite(off) & (np.abs(off) > 0.1)).any():
        assert ran.need(off) > LIMIT


def test_the_first_number_that_overflows_is_the_tie_beyond_the_largest() -> None:
    edge = np.array([65520, np.nextafter(np.float32(65520), np.float32(0))], np.float32)
    assert np.isinf(Ran("Cast", edge, to="float16").y[0]).tolist() == [True, False]


def test_a_cast_that_loses_nothing_is_exact() -> None:
    half, single = np.float16([1 / 3, 6e-8]), np.float32([1 / 3, 1e-40])
    assert Ran("Cast", half, to="float32").noise[0].exact
    assert Ran("Cast", half.astype(ml_dtypes.bfloat16), to="float64").noise[0].exact
    assert Ran("CastLike", single, np.float32([0])).noise[0].exact
    assert Ran("Cast", np.array([-128, 127], np.int8), to="bfloat16").noise[0].exact
    assert not Ran("Cast", half[:0], to="bfloat16").noise[0].exact
    assert Ran("Cast", np.float32([-1.9, 1.9]), to="int64").y[0].tolist() == [-1, 1]
    assert Ran("Cast", np.float32([0, 0.1]), to="bool").y[0].tolist() == [False, True]


def test_large_whole_numbers_round_into_a_float_and_small_ones_do_not() -> None:
    x = np.array([2**24, 2**24 + 1, -(2**53) - 1])
    ran = Ran("Cast", x, to="float32")
    assert ran.need(x.astype(np.float32)) == 0
    assert ran.noise[0].storage is not None
    assert (ran.noise[0].storage > 0).tolist() == [False, True, True]


def test_text_becomes_a_number_and_small_types_are_unsupported() -> None:
    words = np.array(["1.5", "-INF", "nan"], object)
    assert np.array_equal(Ran("Cast", words, to="float32").y[0], [1.5, -np.inf, np.nan], equal_nan=True)
    with pytest.raises(Unsupported, match="Cast: to float8_e4m3fn"):
        Ran("Cast", np.float32([1]), to="float8_e4m3fn")
    with pytest.raises(Unsupported, match="Cast: to object"):
        Ran("Cast", np.float32([1]), to="object")


def _counted(start: Any, count: int, delta: Any) -> Any:
    """A range as a loop that adds delta."""
    steps = np.full(count, delta, np.float32)
    steps[0] = start
    return np.cumsum(steps, dtype=np.float32)


@given(
    st.floats(-1e3, 1e3, width=32), st.floats(2**-10, 10, width=32), st.integers(1, 2000), st.sampled_from([-1.0, 1.0])
)
def test_float_ranges_stay_within_the_limit_whether_multiplied_or_counted_up(
    start: float, delta: float, count: int, sign: float
) -> None:
    first, step = np.array(start, np.float32), np.array(sign * delta, np.float32)
    limit = np.array(first + (count - 0.5) * np.float64(step), np.float32)
    ran = Ran("Range", first, limit, step)
    n = ran.y[0].size
    assert ran.need(first + np.arange(n, dtype=np.float32) * step) < LIMIT
    assert ran.need(*onnxruntime("Range", first, limit, step, opset=11)) < LIMIT
    if n:
        assert ran.need(_counted(first, n, step)) < LIMIT


def test_a_range_with_another_step_leaves_the_bound_and_one_of_whole_numbers_is_exact() -> None:
    first, limit, delta = (np.array(v, np.float32) for v in (0.25, 100, 0.1))
    ran = Ran("Range", first, limit, delta)
    assert ran.need(_counted(first, ran.y[0].size, delta * (1 + 1e-3))) > LIMIT
    whole = Ran("Range", *(np.array(v, np.float32) for v in (3, -50, -2)))
    assert whole.y[0].tolist() == list(range(3, -50, -2))
    assert whole.noise[0].evaluation is not None
    assert not whole.noise[0].evaluation.any()
    assert Ran("Range", np.array(9), np.array(2), np.array(-3)).y[0].tolist() == [9, 6, 3]
    assert Ran("Range", np.array(9), np.array(2), np.array(3)).y[0].shape == (0,)


A, B = np.array([[1, -3, 5, 0]], np.int32), np.array([[1], [2], [-3]], np.int32)


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes"),
    [
        ("Equal", (A, B), {}),
        ("Greater", (A / np.float32(7), B / np.float32(7)), {}),
        ("GreaterOrEqual", (A, B), {}),
        ("Less", (A, B), {}),
        ("LessOrEqual", (A, B), {}),
        ("And", (A > 0, B > 0), {}),
        ("Or", (A > 0, B > 0), {}),
        ("Xor", (A > 0, B > 0), {}),
        ("Not", (A > 0,), {}),
        ("IsNaN", (np.float32([np.nan, 1, np.inf]),), {}),
        ("IsInf", (np.float32([-np.inf, 1, np.inf, np.nan]),), {"detect_negative": 0}),
        ("BitShift", (A.astype(np.uint32), np.uint32([[1], [0], [31]])), {"direction": "RIGHT"}),
        ("BitwiseAnd", (A, B), {}),
        ("BitwiseOr", (A, B), {}),
        ("BitwiseXor", (A, B), {}),
        ("BitwiseNot", (A,), {}),
        ("Shape", (np.zeros((2, 3, 5), np.float32),), {"start": -2}),
        ("Size", (np.zeros((2, 3, 5), np.float32),), {}),
        ("EyeLike", (A[:, :2],), {"k": 1}),
        ("ConstantOfShape", (np.array([2, 0, 3]),), {}),
    ],
)
def test_kernels_compare_and_count_as_the_rule_does(
    kind: str, inputs: tuple[Any, ...], attributes: dict[str, Any]
) -> None:
    inputs = tuple(v.astype(np.float32) if v.dtype == np.float64 else v for v in inputs)
    ran, (got,) = Ran(kind, *inputs, **attributes), onnxruntime(kind, *inputs, opset=18, **attributes)
    assert ran.noise[0].exact
    assert ran.dtypes == (got.dtype.name,)
    assert np.array_equal(ran.y[0], got)


def test_a_constant_keeps_the_type_it_is_stored_in() -> None:
    half = Ran("Constant", value=np.array([0.1], np.float16))
    assert half.dtypes == ("float16",)
    assert half.y[0].tolist() == [float(np.float16(0.1))]
    assert Ran("Constant", value_ints=[1, 2]).dtypes == ("int64",)
    assert Ran("Constant", value_float=0.5).dtypes == ("float32",)
    assert Ran("Constant", value_strings=["a"]).y[0].tolist() == ["a"]
    filled = Ran("ConstantOfShape", np.array([0, 3]), value=np.array([7], np.uint8))
    assert filled.y[0].shape == (0, 3)
    assert filled.dtypes == ("uint8",)
    assert Ran("EyeLike", np.zeros((2, 2), np.int32), dtype="float16").dtypes == ("float16",)
