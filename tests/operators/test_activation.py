"""Activations: honest float32 kernels stay inside, slips leave, and what rounds nothing is equal to the bit."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Site
from parity.operators.table import OPERATORS
from tests.operators.needs import LIMIT, Ran, onnxruntime

SCALES = st.sampled_from([1e-3, 0.1, 1.0, 3.0, 10.0, 1e3])
#: Kind, attributes, an opset that ONNX Runtime has it in, torch's function and its arguments.
ROUNDING: tuple[tuple[str, dict[str, Any], int, str, dict[str, Any]], ...] = (
    ("LeakyRelu", dict(alpha=0.01), 16, "leaky_relu", dict(negative_slope=0.01)),
    ("Elu", dict(alpha=1.0), 21, "elu", {}),
    ("Elu", dict(alpha=0.3), 21, "elu", dict(alpha=0.3)),
    ("Celu", dict(alpha=0.7), 12, "celu", dict(alpha=0.7)),
    ("Selu", {}, 21, "selu", {}),
    ("Sigmoid", {}, 21, "sigmoid", {}),
    ("HardSigmoid", dict(alpha=1 / 6), 21, "hardsigmoid", {}),
    ("HardSwish", {}, 14, "hardswish", {}),
    ("Softplus", {}, 21, "softplus", {}),
    ("Softsign", {}, 21, "softsign", {}),
    ("Gelu", {}, 20, "gelu", {}),
    ("Gelu", dict(approximate="tanh"), 20, "gelu", dict(approximate="tanh")),
    ("Swish", {}, 24, "silu", {}),
    ("Mish", {}, 18, "mish", {}),
    ("Shrink", dict(bias=0.5), 9, "softshrink", {}),
)
EXACT: tuple[tuple[str, dict[str, Any], str, dict[str, Any]], ...] = (
    ("Relu", {}, "relu", {}),
    ("ThresholdedRelu", dict(alpha=0.1), "threshold", dict(threshold=0.1, value=0.0)),
    ("Clip", dict(min=-0.1, max=0.7), "hardtanh", dict(min_val=-0.1, max_val=0.7)),
)
#: What a port gets wrong: another slope, another constant, the other formula.
SLIPS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("LeakyRelu", dict(alpha=0.01), dict(alpha=0.010001)),
    ("Elu", dict(alpha=1.0), dict(alpha=1.0001)),
    ("Celu", dict(alpha=0.7), dict(alpha=0.7001)),
    ("Selu", {}, dict(alpha=1.6733)),
    ("HardSigmoid", dict(alpha=1 / 6), dict(alpha=0.2)),
    ("HardSigmoid", dict(alpha=1 / 6), dict(alpha=0.16667)),
    ("Gelu", {}, dict(approximate="tanh")),
    ("Swish", {}, dict(alpha=1.702)),
    ("Shrink", dict(bias=0.5), dict(bias=0.50001)),
    ("ThresholdedRelu", dict(alpha=0.1), dict(alpha=0.11)),
    ("Clip", dict(min=-0.1, max=0.7), dict(min=-0.1, max=0.70001)),
)


def _normal(seed: int, scale: float, *shape: int) -> Any:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


@given(st.integers(0, 999), SCALES)
def test_onnx_runtime_stays_within_the_limit(seed: int, scale: float) -> None:
    x = _normal(seed, scale, 7, 64)
    for kind, attributes, opset, _, _ in ROUNDING:
        if opset <= 21:  # Swish is newer than the oldest runtime that is supported
            got = onnxruntime(kind, x, opset=opset, **attributes)
            assert Ran(kind, x, opset=opset, **attributes).need(*got) < LIMIT, kind
    slope = np.array([0.3], np.float32)
    assert Ran("PRelu", x, slope).need(*onnxruntime("PRelu", x, slope, opset=16)) == 0
    for kind, attributes, _, _ in EXACT:
        ran = Ran(kind, x, opset=10, **attributes)
        assert ran.noise[0].exact, kind
        assert np.array_equal(ran.y[0], onnxruntime(kind, x, opset=10, **attributes)[0]), kind


@given(st.integers(0, 999), SCALES)
def test_torch_stays_within_the_limit_in_float32_and_in_halves(seed: int, scale: float) -> None:
    torch = pytest.importorskip("torch", reason="its kernels are what is measured")
    x = torch.from_numpy(_normal(seed, scale, 7, 64))
    for stored in (x, x.half()):
        for kind, attributes, _, name, arguments in ROUNDING:
            got = getattr(torch.nn.functional, name)(stored, **arguments).numpy()
            assert Ran(kind, stored.numpy(), **attributes).need(got) < LIMIT, (kind, stored.dtype)
        for kind, attributes, name, arguments in EXACT:
            got = getattr(torch.nn.functional, name)(stored, **arguments).numpy()
            assert np.array_equal(Ran(kind, stored.numpy(), opset=10, **attributes).y[0], got), (kind, stored.dtype)


@pytest.mark.parametrize(("kind", "right", "wrong"), SLIPS)
def test_another_constant_leaves_the_bound(kind: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    x = _normal(3, 2.0, 4000)
    assert Ran(kind, x, opset=10, **right).need(*Ran(kind, x, opset=10, **wrong).y) > LIMIT


def test_one_activation_in_the_place_of_another_leaves_the_bound() -> None:
    x = _normal(4, 2.0, 500)
    for kind, other in (("Sigmoid", "HardSigmoid"), ("Swish", "HardSwish"), ("Mish", "Swish"), ("Softplus", "Relu")):
        assert Ran(kind, x).need(*Ran(other, x).y) > LIMIT, kind
        assert Ran(other, x).need(*Ran(kind, x).y) > LIMIT, other


def test_tails_neither_overflow_nor_lose_their_sign() -> None:
    x = np.array([-3e38, -1e4, -100.0, 100.0, 1e4, 3e38], np.float32)
    with np.errstate(all="raise", under="ignore"):
        for kind in ("Sigmoid", "Softplus", "Softsign", "Elu", "Selu", "Celu", "HardSigmoid", "Swish", "Mish", "Gelu"):
            (y,) = OPERATORS["", kind].value(Site(kind), x.astype(np.float64))
            assert np.isfinite(y).all(), kind
            assert (np.diff(y) >= (-1e-40 if kind in ("Swish", "Mish", "Gelu") else 0)).all(), kind
    assert Ran("Sigmoid", x).y[0].tolist()[3:] == [1.0, 1.0, 1.0]


def test_what_is_not_a_number_stays_so_and_an_infinity_leaves_no_noise_that_is_none() -> None:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 1e-40, 3e38], np.float32)
    kinds = [(kind, attributes) for kind, attributes, _, _, _ in ROUNDING] + [(k, a) for k, a, _, _ in EXACT]
    for kind, attributes in kinds:
        ran = Ran(kind, x, opset=10, **attributes)
        if kind not in ("ThresholdedRelu", "Shrink"):  # by definition 0 where no comparison holds
            assert np.isnan(ran.y[0][0]), kind
        for part in (ran.noise[0].evaluation, ran.noise[0].storage, ran.noise[0].flush):
            if part is not None:
                part = np.broadcast_to(part, x.shape)[np.isfinite(ran.y[0])]
                assert np.isfinite(part).all(), kind
                assert (part >= 0).all(), kind


def test_products_that_overflow_before_they_are_divided_are_unspecified() -> None:
    x = np.array([3e38, 1e38, 1.0, -3e38], np.float32)
    for kind, right in (("HardSwish", [True, True, False, False]), ("Gelu", [True, False, False, False])):
        overflow = Ran(kind, x).noise[0].overflow
        assert overflow is not None
        assert overflow.tolist() == right, kind
    half = Ran("HardSwish", np.array([2e4, 1e4], np.float16)).noise[0].overflow
    assert half is not None
    assert half.tolist() == [True, False]


def test_clip_takes_its_ends_as_attributes_or_as_inputs_and_leaves_out_either() -> None:
    x = np.array([-2.0, 0.5, 9.0], np.float32)
    low, high = np.array(-1.0, np.float32), np.array(6.0, np.float32)
    assert Ran("Clip", x, opset=6, min=-1.0, max=6.0).y[0].tolist() == [-1.0, 0.5, 6.0]
    assert Ran("Clip", x, low, high).y[0].tolist() == [-1.0, 0.5, 6.0]
    assert Ran("Clip", x, None, high).y[0].tolist() == [-2.0, 0.5, 6.0]
    assert Ran("Clip", x, low).y[0].tolist() == [-1.0, 0.5, 9.0]
    assert Ran("Clip", x, high, low).y[0].tolist() == [-1.0, -1.0, -1.0]
    whole = Ran("Clip", np.array([-2, 9], np.int8), np.array(0, np.int8))
    assert (whole.y[0].tolist(), whole.dtypes) == ([0, 9], ("int8",))


def test_what_is_exact_compares_with_an_attribute_as_it_is_stored() -> None:
    tenth = np.array([0.1], np.float32)
    assert Ran("Clip", 2 * tenth, opset=10, max=0.1).y[0] == tenth.astype(np.float64)
    assert Ran("ThresholdedRelu", tenth, alpha=0.1).y[0] == 0
    assert Ran("Shrink", tenth, lambd=0.1).y[0] == 0


@pytest.mark.parametrize(
    ("slope", "step"), [(0.5, Fraction(1, 8)), (0.0, Fraction(1, 4)), (0.01, None), (0.75, None), (2.0**-20, None)]
)
def test_a_leaky_slope_keeps_steps_only_where_it_is_a_power_of_two(slope: float, step: Fraction | None) -> None:
    at = Site("LeakyRelu", dict(alpha=slope))
    assert OPERATORS["", "LeakyRelu"].step(at, [Fraction(1, 4)]) == step


def test_an_empty_batch_gives_shapes() -> None:
    x = np.zeros((0, 3, 4), np.float32)
    for kind, attributes, _, _, _ in ROUNDING:
        assert Ran(kind, x, **attributes).y[0].shape == (0, 3, 4), kind
    for kind, attributes, _, _ in EXACT:
        assert Ran(kind, x, opset=10, **attributes).y[0].shape == (0, 3, 4), kind
    assert Ran("PRelu", x, np.ones((3, 1), np.float32)).y[0].shape == (0, 3, 4)
