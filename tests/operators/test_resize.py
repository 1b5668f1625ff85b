"""Resize: honest float32 kernels stay inside in every mode, a wrong convention leaves, ties excuse only where they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Unsupported
from tests.operators.needs import LIMIT, Ran, onnxruntime

SIDES = st.integers(2, 24)
PLACES = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric")


def _x(seed: int, scale: float, mean: float, height: int, width: int) -> Any:
    return ((np.random.default_rng(seed).normal(size=(2, 3, height, width)) + mean) * scale).astype(np.float32)


def _both(x: Any, height: int, width: int, **attributes: Any) -> tuple[Ran, Any]:
    given = (x, None, None, np.array([2, 3, height, width]))
    return Ran("Resize", *given, opset=19, **attributes), onnxruntime("Resize", *given, opset=19, **attributes)


@given(
    st.integers(0, 999),
    st.sampled_from([1e-3, 1.0, 1e6]),
    st.sampled_from([0.0, 100.0]),
    st.tuples(SIDES, SIDES, SIDES, SIDES),
    st.sampled_from(PLACES),
)
def test_onnx_runtime_stays_within_the_limit(
    seed: int, scale: float, mean: float, sides: tuple[int, int, int, int], places: str
) -> None:
    x = _x(seed, scale, mean, *sides[:2])
    for more in (
        dict(mode="linear"),
        dict(mode="linear", antialias=1),
        dict(mode="cubic"),
        dict(mode="cubic", exclude_outside=1),
        dict(mode="cubic", antialias=1, cubic_coeff_a=-0.5),
        *(dict(mode="nearest", nearest_mode=n) for n in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")),
    ):
        ran, got = _both(x, *sides[2:], coordinate_transformation_mode=places, **more)
        assert ran.need(*got) < LIMIT, more


@given(st.integers(0, 999), st.sampled_from([1e-3, 1.0, 1e6]), st.tuples(SIDES, SIDES, SIDES, SIDES))
def test_torch_stays_within_the_limit(seed: int, scale: float, sides: tuple[int, int, int, int]) -> None:
    torch = pytest.importorskip("torch", reason="its kernels are what is measured")
    x, sizes = _x(seed, scale, 1.0, *sides[:2]), np.array([2, 3, *sides[2:]])
    for mode, name in (("linear", "bilinear"), ("cubic", "bicubic")):
        for corners, places in ((False, "pytorch_half_pixel"), (True, "align_corners")):
            got = torch.nn.functional.interpolate(torch.from_numpy(x), sides[2:], mode=name, align_corners=corners)
            ran = Ran("Resize", x, None, None, sizes, mode=mode, coordinate_transformation_mode=places)
            assert ran.need(got.numpy()) < LIMIT, (mode, places)
        small = torch.nn.functional.interpolate(torch.from_numpy(x), sides[2:], mode=name, antialias=True).numpy()
        ran = Ran("Resize", x, None, None, sizes, mode=mode, antialias=1, exclude_outside=1, cubic_coeff_a=-0.5)
        assert ran.need(small) < LIMIT, mode
    got = torch.nn.functional.interpolate(torch.from_numpy(x), sides[2:], mode="nearest").numpy()
    how = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    assert Ran("Resize", x, None, None, sizes, **how).need(got) < LIMIT


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_another_convention_leaves_the_bound(scale: float) -> None:
    x, sizes = _x(1, scale, 0.0, 7, 9), np.array([2, 3, 12, 5])

    def ran(**attributes: Any) -> Ran:
        return Ran("Resize", x, None, None, sizes, **{"mode": "linear", **attributes})

    for other in (
        dict(coordinate_transformation_mode="align_corners"),
        dict(coordinate_transformation_mode="asymmetric"),
        dict(mode="cubic"),
        dict(antialias=1),
    ):
        assert ran().need(*ran(**other).y) > LIMIT, other
    assert ran(mode="cubic").need(*ran(mode="cubic", cubic_coeff_a=-0.7501).y) > LIMIT


def test_nearest_by_a_power_of_two_is_exact_and_a_tie_that_rounding_decides_is_not() -> None:
    x = np.arange(12, dtype=np.float32).reshape(1, 1, 3, 4)
    exact = Ran("Resize", x, None, np.array([1, 1, 2, 2], np.float32), coordinate_transformation_mode="asymmetric")
    assert exact.noise[0].exact
    # 4 to 6: places (i + 0.5) / 1.5 - 0.5 hit 0.5 for i = 1 and 2.5 for i = 4, if division is exact.
    tie = Ran("Resize", x, None, None, np.array([1, 1, 3, 6]))
    own = tie.noise[0].own
    assert own is not None
    assert own[0, 0, 0].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]


def test_a_crop_extrapolates_outside_and_the_edge_may_fall_on_either_side() -> None:
    x = np.arange(1, 13, dtype=np.float32).reshape(1, 1, 3, 4)
    roi = np.array([0, 0, 0, 0, 1, 1, 1, 1.1], np.float32)
    crop = dict(mode="linear", coordinate_transformation_mode="tf_crop_and_resize", extrapolation_value=-7.0)
    ran = Ran("Resize", x, roi, None, np.array([1, 1, 3, 4]), **crop)
    assert (ran.y[0][..., -1] == -7).all()
    assert (ran.y[0][..., :-1] > 0).all()
    given = (x, np.array([0, 0, 0, 0, 1, 1, 1, 1], np.float32), None, np.array([1, 1, 3, 8]))
    evaluation = Ran("Resize", *given, **crop).noise[0].evaluation
    assert evaluation is not None
    assert evaluation[0, 0, 0, -1] > 1 > evaluation[0, 0, 0, 3]  # 7 * (3 / 7) is 3, or a little more
    assert Ran("Resize", *given, **crop).need(*onnxruntime("Resize", *given, opset=19, **crop)) < LIMIT


def test_upsample_and_the_first_resize_take_scales_alone() -> None:
    x, scales = _x(2, 1.0, 0.0, 3, 4), np.array([1, 1, 2, 3], np.float32)
    old = Ran("Upsample", x, scales, opset=9, mode="linear")
    new = Ran("Resize", x, None, scales, opset=11, mode="linear", coordinate_transformation_mode="asymmetric")
    assert old.y[0].shape == (2, 3, 6, 12)
    assert np.array_equal(old.y[0], new.y[0])
    assert np.array_equal(Ran("Resize", x, scales, opset=10, mode="linear").y[0], new.y[0])
    assert old.need(*onnxruntime("Upsample", x, scales, opset=9, mode="linear")) < LIMIT


def test_an_empty_batch_gives_shapes() -> None:
    x = np.zeros((0, 3, 4, 5), np.float32)
    for mode in ("nearest", "linear", "cubic"):
        assert Ran("Resize", x, None, None, np.array([2, 3, 8, 7]), mode=mode).y[0].shape == (0, 3, 8, 7)
        assert Ran("Resize", x, None, np.array([1, 1, 2, 2], np.float32), mode=mode).y[0].shape == (0, 3, 8, 10)
    policy = dict(keep_aspect_ratio_policy="not_larger", axes=[2, 3])
    assert Ran("Resize", x, None, None, np.array([8, 8]), **policy).y[0].shape == (0, 3, 6, 8)


def test_interpolated_integers_are_unsupported_and_nearest_ones_keep_their_type() -> None:
    x = np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2)
    sizes = np.array([1, 1, 4, 4])
    assert Ran("Resize", x, None, None, sizes).y[0].dtype == np.uint8
    with pytest.raises(Unsupported, match="Resize: interpolated integers"):
        Ran("Resize", x, None, None, sizes, mode="linear")
