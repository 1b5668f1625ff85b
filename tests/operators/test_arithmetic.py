"""Element-wise arithmetic: honest float32 kernels stay inside, slips leave, whole numbers are whole."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Site
from parity.operators.table import OPERATORS
from tests.operators.needs import LIMIT, Ran, onnxruntime

SCALES = st.sampled_from([1e-6, 1e-3, 1.0, 10.0, 1e3, 1e6])
ONE, POSITIVE, UNIT, ABOVE, MODEST = range(5)  #: where a function is defined, and where it does not overflow
UNARY = {
    "Sqrt": POSITIVE, "Log": POSITIVE, "Exp": MODEST, "Sinh": MODEST, "Cosh": MODEST, "Reciprocal": ONE, "Erf": ONE,
    "Sin": ONE, "Cos": ONE, "Tan": ONE, "Asin": UNIT, "Acos": UNIT, "Atan": ONE, "Tanh": ONE, "Asinh": ONE,
    "Acosh": ABOVE, "Atanh": UNIT,
}  # fmt: skip
EXACT = ("Neg", "Abs", "Sign", "Floor", "Ceil", "Round")
BINARY = ("Add", "Sub", "Mul", "Div")


def _normal(seed: int, scale: float, *shape: int) -> Any:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def _within(domain: int, x: Any) -> Any:
    """The values where a function is defined. Atanh's 1 is infinity."""
    if domain == POSITIVE:
        return np.abs(x) + np.float32(1e-30)
    if domain == UNIT:
        return np.fmod(x, np.float32(0.999))
    if domain == ABOVE:
        return 1 + np.abs(x)
    return np.clip(x, -80, 80) if domain == MODEST else x


@given(st.integers(0, 999), SCALES)
def test_onnx_runtime_and_torch_stay_within_the_limit(seed: int, scale: float) -> None:
    torch = pytest.importorskip("torch", reason="its kernels are measured too")
    x = _normal(seed, scale, 7, 64)
    for kind, domain in UNARY.items():
        part = _within(domain, x)
        ran = Ran(kind, part)
        assert ran.need(*onnxruntime(kind, part, opset=21)) < LIMIT, kind
        assert ran.need(getattr(torch, kind.lower())(torch.from_numpy(part)).numpy()) < LIMIT, kind
    for kind in EXACT:
        ran = Ran(kind, x)
        assert ran.noise[0].exact, kind
        assert np.array_equal(ran.y[0], onnxruntime(kind, x, opset=21)[0]), kind


@given(st.integers(0, 999), SCALES)
def test_two_numbers_round_once_broadcast_or_not(seed: int, scale: float) -> None:
    x, row = _normal(seed, scale, 5, 3, 64), _normal(seed + 1, 1.0, 3, 1)
    for kind in BINARY:
        assert Ran(kind, x, row).need(*onnxruntime(kind, x, row, opset=21)) == 0, kind
    assert Ran("Div", x, row).need(x * (1 / row)) < LIMIT
    for exponent in (2.0, 3.0, 0.5, -1.0, 1.7):
        base, e = np.abs(x), np.array(exponent, np.float32)
        assert Ran("Pow", base, e).need(*onnxruntime("Pow", base, e, opset=15)) < LIMIT, exponent
    assert Ran("Mod", x, row, fmod=1).need(*onnxruntime("Mod", x, row, opset=13, fmod=1)) == 0


@given(st.integers(0, 999), st.integers(1, 12), SCALES)
def test_sums_of_many_are_right_in_any_order(seed: int, m: int, scale: float) -> None:
    x = [_normal(seed + i, scale ** (i % 3), 6, 50) for i in range(m)]
    total, mean = Ran("Sum", *x), Ran("Mean", *x)
    for order in (x, x[::-1], sorted(x, key=lambda v: float(v[0, 0]))):
        assert total.need(reduce(np.add, order)) < LIMIT
        assert mean.need(reduce(np.add, order) / np.float32(m)) < LIMIT
    assert total.need(*onnxruntime("Sum", *x, opset=13)) < LIMIT
    assert mean.need(*onnxruntime("Mean", *x, opset=13)) < LIMIT
    # TensorFlow adds halves up in their own type.
    halves = [(v / np.float32(max(scale, 1) ** 2)).astype(np.float16) for v in x]
    assert Ran("Sum", *halves).need(reduce(np.add, halves)) < LIMIT
    assert Ran("Mean", *halves).need(reduce(np.add, halves) / np.float16(m)) < LIMIT
    largest = int(np.argmax([np.abs(v).max() for v in x]))
    slipped = [v * np.float32(1.001) if i == largest else v for i, v in enumerate(x)]
    assert total.need(*Ran("Sum", *slipped).y) > LIMIT


@pytest.mark.parametrize("kind", [*UNARY, *BINARY, "Pow"])
def test_an_operand_that_is_off_by_one_part_in_a_thousand_leaves_the_bound(kind: str) -> None:
    x = _within(UNARY.get(kind, POSITIVE), _normal(1, 1.0, 500))
    others = [] if kind in UNARY else [_normal(2, 1.0, 500)]
    off = _within(UNARY.get(kind, POSITIVE), x * np.float32(1.001))
    assert Ran(kind, x, *others).need(*Ran(kind, off, *others).y) > LIMIT


def test_whole_numbers_divide_towards_zero_and_keep_their_type() -> None:
    a, b = np.array([-128, 127, -7, 7], np.int8), np.array([2, -1, 2, -2], np.int8)
    ran = Ran("Div", a, b)
    assert ran.y[0].tolist() == [-64, -127, -3, -3]
    assert (ran.dtypes, ran.noise[0].exact) == (("int8",), True)
    assert Ran("Div", np.array([2**63 + 5], np.uint64), np.array([2], np.uint64)).y[0].tolist() == [2**62 + 2]
    assert Ran("Mod", a, b).y[0].tolist() == [0, 0, 1, -1]
    assert Ran("Mod", a, b, fmod=1).y[0].tolist() == [0, 0, -1, 1]


@pytest.mark.parametrize("exponents", [[0.5, 0.5, -1.0, 1.5], [-1, 2, 0, 3]])
def test_a_whole_base_keeps_its_type_under_any_exponent(exponents: list[float]) -> None:
    base = np.array([4, 9, 2, 10], np.int32)
    e = np.array(exponents, np.float32 if 0.5 in exponents else np.int32)
    ran = Ran("Pow", base, e)
    assert ran.dtypes == ("int32",)
    assert np.array_equal(ran.y[0], onnxruntime("Pow", base, e, opset=15)[0])
    assert Ran("Pow", np.array([3], np.int64), np.array([39], np.int64)).y[0].tolist() == [3**39]


def test_what_is_not_a_number_stays_so_through_max_and_min() -> None:
    x, y = np.array([[np.nan], [1.0]], np.float32), np.array([0.0, np.nan, 2.0], np.float32)
    for kind, right in (("Max", [1.0, np.nan, 2.0]), ("Min", [0.0, np.nan, 1.0])):
        ran = Ran(kind, x, y, y)
        assert np.isnan(ran.y[0][0]).all()
        assert np.array_equal(ran.y[0][1], right, equal_nan=True)
        assert ran.noise[0].exact


def test_a_kernel_may_take_a_subnormal_operand_for_zero() -> None:
    x = np.array([1e-40, 2.0], np.float32)
    big = np.array([1e30, 3.0], np.float32)
    assert Ran("Mul", x, big).need([0.0, 6.0]) == 0
    assert Ran("Mul", x, big).need([0.0, 0.0]) == np.inf
    assert Ran("Sqrt", x).need([0.0, np.sqrt(2)]) < LIMIT
    for ran in (Ran("Log", x), Ran("Div", np.array([1e-5, 1.0], np.float32), x)):
        unspecified = ran.noise[0].overflow
        assert unspecified is not None
        assert unspecified.tolist() == [True, False]
    assert Ran("Mul", big, big).noise[0].overflow is None
    assert not np.any(Ran("Mul", big, big).noise[0].flush)


def test_a_mean_that_overflows_on_the_way_is_unspecified() -> None:
    x = np.array([3e38, 1.0], np.float32)
    overflow = Ran("Mean", x, x).noise[0].overflow
    assert overflow is not None
    assert overflow.tolist() == [True, False]
    assert Ran("Sum", x, -x).noise[0].overflow is None


@pytest.mark.filterwarnings("ignore")
def test_values_that_are_no_numbers_leave_every_noise_a_number_where_the_result_is_one() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e38, -1e38, 1.0, 1e-40], np.float32)
    for kind in [*UNARY, *EXACT, *BINARY, "Pow", "Max", "Sum", "Mean"]:
        ran = Ran(kind, x) if kind in UNARY or kind in EXACT else Ran(kind, x[:, None], x)
        for part in (ran.noise[0].evaluation, ran.noise[0].storage, ran.noise[0].flush):
            if part is not None:
                part = np.broadcast_to(part, ran.y[0].shape)[np.isfinite(ran.y[0])]
                assert np.isfinite(part).all(), kind
                assert (part >= 0).all(), kind


def test_an_empty_batch_gives_shapes() -> None:
    x, row = np.zeros((0, 3, 4), np.float32), np.ones((3, 1), np.float32)
    for kind in [*UNARY, *EXACT]:
        assert Ran(kind, x).y[0].shape == (0, 3, 4), kind
    for kind in [*BINARY, "Pow", "Max", "Min", "Sum", "Mean", "Mod"]:
        assert Ran(kind, x, row).y[0].shape == (0, 3, 4), kind


def test_sums_keep_the_finest_step_and_products_multiply_it() -> None:
    steps, at = [Fraction(1), Fraction(1, 8)], Site("Add")
    said = {kind: OPERATORS["", kind].step(at, steps) for kind in ("Add", "Sub", "Sum", "Mul", "Mean", "Exp")}
    eighth = Fraction(1, 8)
    assert said == {"Add": eighth, "Sub": eighth, "Sum": eighth, "Mul": eighth, "Mean": None, "Exp": None}
