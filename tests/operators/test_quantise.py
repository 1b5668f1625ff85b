"""Quantised values: kernels are equal but at ties, where one step is free; a step anywhere else is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Unsupported
from tests.operators.needs import LIMIT, Ran, onnxruntime

SEEDS = st.integers(0, 9999)
NAMES = st.sampled_from(["int8", "uint8", "int16", "uint16"])


def _outside(ran: Ran, got: Any, i: int = 0) -> int:
    """How many whole outputs are further off than lambda times what an honest kernel may."""
    y, noise = ran.y[i], ran.noise[i]
    assert got.dtype == y.dtype
    assert got.shape == y.shape
    free = 0.0 if noise.own is None else noise.own * LIMIT
    return int(np.count_nonzero(np.abs(got.astype(np.float64) - y) > free + 1e-9))


def _quantisable(seed: int, name: str, *shape: int) -> tuple[Any, Any, Any]:
    """Numbers, a third of them at ties or saturated, with a scale and a zero point."""
    draw = np.random.default_rng(seed)
    limits = np.iinfo(name)
    scale = np.array(np.exp(draw.normal()), np.float32)
    zero = np.array(draw.integers(limits.min, limits.max + 1), name)
    steps = draw.normal(size=shape) * limits.max / 2
    steps = np.where(draw.random(shape) < 0.3, np.rint(steps) + 0.5, steps)
    return (steps * scale).astype(np.float32), scale, zero


@given(SEEDS, NAMES)
def test_kernels_quantise_as_the_rule_does_but_at_ties(seed: int, name: str) -> None:
    x, scale, zero = _quantisable(seed, name, 3, 40)
    ran = Ran("QuantizeLinear", x, scale, zero)
    limits = np.iinfo(name)
    assert _outside(ran, *onnxruntime("QuantizeLinear", x, scale, zero, opset=21)) == 0
    by_reciprocal = np.rint(x * (np.float32(1) / scale)) + zero
    moved_first = np.rint(x / scale + zero.astype(np.float32))
    for whole in (by_reciprocal, moved_first):
        assert _outside(ran, np.clip(whole, limits.min, limits.max).astype(name)) == 0


@given(SEEDS, NAMES)
def test_a_step_that_is_no_tie_and_a_rounding_towards_zero_are_seen(seed: int, name: str) -> None:
    x, scale, zero = _quantisable(seed, name, 3, 40)
    ran, limits = Ran("QuantizeLinear", x, scale, zero), np.iinfo(name)
    inside = np.abs(x / scale - np.floor(x / scale) - 0.5) > 0.1
    one_off = np.where(inside, np.where(ran.y[0] == limits.max, ran.y[0] - 1, ran.y[0] + 1), ran.y[0])
    assert _outside(ran, one_off.astype(name)) == np.count_nonzero(inside)
    cut = np.clip(np.trunc(x / scale) + zero, limits.min, limits.max).astype(name)
    assert _outside(ran, cut) > 0 or (cut == ran.y[0]).mean() > 0.9  # nearly all saturated


@pytest.mark.parametrize(
    ("axis", "block", "shape"), [(1, 0, (6,)), (-1, 0, (4,)), (1, 4, (2, 2, 4)), (2, 2, (2, 6, 2))]
)
def test_scales_are_by_axis_or_by_block(axis: int, block: int, shape: tuple[int, ...]) -> None:
    x, _, _ = _quantisable(1, "int8", 2, 6, 4)
    draw = np.random.default_rng(2)
    scale = np.exp(draw.normal(size=shape)).astype(np.float32)
    zero = draw.integers(-9, 9, size=shape).astype(np.int8)
    options = {"opset": 21, "axis": axis} | ({"block_size": block} if block else {})
    ran, (whole,) = (f("QuantizeLinear", x, scale, zero, **options) for f in (Ran, onnxruntime))
    assert _outside(ran, whole) == 0
    back = Ran("DequantizeLinear", whole, scale, zero, **options)
    assert back.dtypes == ("float32",)
    assert back.need(*onnxruntime("DequantizeLinear", whole, scale, zero, **options)) == 0
    assert back.need(back.y[0] * (1 + 1e-6)) > LIMIT


def test_large_whole_numbers_round_before_they_are_scaled() -> None:
    whole = np.random.default_rng(0).integers(-(2**31), 2**31, size=1000).astype(np.int32)
    scale = np.array(0.37, np.float32)
    ran = Ran("DequantizeLinear", whole, scale)
    assert 0 < ran.need(*onnxruntime("DequantizeLinear", whole, scale, opset=13)) < LIMIT


@given(SEEDS, st.sampled_from([1e-3, 1.0, 1e4]), st.sampled_from([-9.0, 0.0, 0.3, 9.0]))
def test_a_range_found_on_the_way_gives_the_kernel_s_values_scale_and_zero_point(
    seed: int, scale: float, mean: float
) -> None:
    x = ((np.random.default_rng(seed).normal(size=60) + mean) * scale).astype(np.float32)
    ran = Ran("DynamicQuantizeLinear", x, outputs=3)
    whole, step, zero = onnxruntime("DynamicQuantizeLinear", x, outputs=3, opset=11)
    assert ran.dtypes == ("uint8", "float32", "uint8")
    assert _outside(ran, whole) == 0
    assert _outside(ran, zero, 2) == 0
    free = ran.noise[1].own * LIMIT + ran.noise[1].storage  # type: ignore[operator]
    assert abs(step - ran.y[1]) <= free
    assert abs(step * (1 + 1e-6) - ran.y[1]) > free


@given(SEEDS, st.booleans())
def test_products_of_quantised_operands_are_the_kernel_s_but_at_ties(seed: int, signed: bool) -> None:
    draw = np.random.default_rng(seed)
    name = "int8" if signed else "uint8"
    limits = np.iinfo(name)

    def whole(*shape: int) -> Any:
        return np.asarray(draw.integers(limits.min, limits.max + 1, size=shape), name)

    def scale(*shape: int) -> Any:
        return np.asarray(np.exp(draw.normal(size=shape) - 2), np.float32)

    a, b = (whole(2, 5, 7), scale(), whole()), (whole(7, 3), scale(), whole())
    y = (np.asarray(scale() * 30, np.float32), whole())
    product = (*a, *b, *y)
    assert _outside(Ran("QLinearMatMul", *product), *onnxruntime("QLinearMatMul", *product, opset=10)) == 0
    image, weight = (whole(2, 4, 6, 5), scale(), whole()), (whole(6, 2, 3, 2), scale(6), np.zeros(6, name))
    bias = draw.integers(-999, 999, size=6).astype(np.int32)
    options = {"group": 2, "pads": [1, 0, 2, 1], "strides": [2, 1]}
    convolution = (*image, *weight, *y, bias)
    ran = Ran("QLinearConv", *convolution, **options)
    assert _outside(ran, *onnxruntime("QLinearConv", *convolution, opset=10, **options)) == 0
    assert _outside(ran, np.where(ran.y[0] > 0, ran.y[0] - 1, ran.y[0] + 1).astype(name)) > 0


def test_sums_of_whole_products_are_exact() -> None:
    draw = np.random.default_rng(3)
    a, b = (draw.integers(0, 256, size=s).astype(np.uint8) for s in ((3, 4, 9), (9, 5)))
    zero_a, zero_b = np.array(7, np.uint8), np.array(200, np.uint8)
    ran = Ran("MatMulInteger", a, b, zero_a, zero_b)
    assert ran.noise[0].exact
    assert np.array_equal(ran.y[0], *onnxruntime("MatMulInteger", a, b, zero_a, zero_b, opset=10))
    x, w = (draw.integers(0, 256, size=s).astype(np.uint8) for s in ((2, 3, 5, 4), (4, 3, 2, 3)))
    ran = Ran("ConvInteger", x, w, zero_a, pads=[1, 1, 0, 0])
    assert np.array_equal(ran.y[0], *onnxruntime("ConvInteger", x, w, zero_a, opset=10, pads=[1, 1, 0, 0]))
    assert ran.y[0].dtype == np.int32


def test_an_empty_batch_tells_the_shapes_and_rounds_like_any_other() -> None:
    x, scale, zero = _quantisable(0, "int8", 0, 4, 6, 6)
    ran = Ran("QuantizeLinear", x, scale, zero)
    assert ran.y[0].shape == (0, 4, 6, 6)
    assert not ran.noise[0].exact
    assert Ran("DequantizeLinear", ran.y[0], scale, zero).y[0].shape == (0, 4, 6, 6)
    assert [y.shape for y in Ran("DynamicQuantizeLinear", x, outputs=3).y] == [(0, 4, 6, 6), (), ()]
    weight = (np.ones((5, 4, 3, 3), np.int8), scale, np.int8(0))
    assert Ran("QLinearConv", ran.y[0], scale, zero, *weight, scale, zero).y[0].shape == (0, 5, 4, 4)
    assert Ran("QLinearMatMul", ran.y[0], scale, zero, ran.y[0], scale, zero, scale, zero).y[0].shape == (0, 4, 6, 6)


def test_types_below_eight_bits_are_unsupported() -> None:
    x = np.zeros(3, np.float32)
    with pytest.raises(Unsupported, match="QuantizeLinear: float8_e4m3fn"):
        Ran("QuantizeLinear", x, np.float32(1), output_dtype="float8_e4m3fn")
