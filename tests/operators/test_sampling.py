"""GridSample, AffineGrid and RoiAlign: honest kernels stay inside in every mode, another convention leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.operators.base import Unsupported
from tests.operators.needs import LIMIT, Ran, onnxruntime

SIDES = st.integers(2, 16)
PADDINGS = ("zeros", "border", "reflection")
OLD = {"linear": "bilinear", "cubic": "bicubic", "nearest": "nearest"}


def _x(seed: int, scale: float, mean: float, *size: int) -> Any:
    return ((np.random.default_rng(seed).normal(size=(2, 3, *size)) + mean) * scale).astype(np.float32)


def _grid(seed: int, *size: int) -> Any:
    return np.random.default_rng(seed + 1).uniform(-1.6, 1.6, (2, *size)).astype(np.float32)


@given(
    st.integers(0, 999),
    st.sampled_from([1e-3, 1.0, 1e6]),
    st.sampled_from([0.0, 100.0]),
    st.tuples(SIDES, SIDES, SIDES, SIDES),
    st.sampled_from(PADDINGS),
    st.booleans(),
)
def test_torch_and_onnx_runtime_stay_within_the_limit(
    seed: int, scale: float, mean: float, sides: tuple[int, int, int, int], padding: str, corners: bool
) -> None:
    torch = pytest.importorskip("torch", reason="its kernels are what is measured")
    sample = torch.nn.functional.grid_sample
    x, grid = _x(seed, scale, mean, *sides[:2]), _grid(seed, *sides[2:], 2)
    for mode, old in OLD.items():
        how = dict(mode=mode, padding_mode=padding, align_corners=int(corners))
        ran = Ran("GridSample", x, grid, **how)
        assert ran.need(sample(torch.from_numpy(x), torch.from_numpy(grid), old, padding, corners).numpy()) < LIMIT, (
            mode
        )
        assert ran.need(*onnxruntime("GridSample", x, grid, opset=20, **how)) < LIMIT, mode
        assert np.array_equal(Ran("GridSample", x, grid, opset=16, **{**how, "mode": old}).y[0], ran.y[0])
    x, grid = _x(seed, scale, mean, 3, *sides[:2]), _grid(seed, 2, *sides[2:], 3)
    for mode in ("linear", "nearest"):
        ran = Ran("GridSample", x, grid, mode=mode, padding_mode=padding, align_corners=int(corners))
        got = sample(torch.from_numpy(x), torch.from_numpy(grid), OLD[mode], padding, corners).numpy()
        assert ran.need(got) < LIMIT, mode


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_another_convention_leaves_the_bound(scale: float) -> None:
    x, grid = _x(1, scale, 0.0, 7, 9), _grid(1, 5, 6, 2)
    for mode in OLD:
        right = Ran("GridSample", x, grid, mode=mode)
        for other in (dict(align_corners=1), dict(padding_mode="border"), dict(padding_mode="reflection")):
            assert right.need(*Ran("GridSample", x, grid, **{"mode": mode, **other}).y) > LIMIT, (mode, other)
        assert right.need(*Ran("GridSample", x, np.ascontiguousarray(grid[..., ::-1]), mode=mode).y) > LIMIT, mode


def test_nearest_is_exact_but_where_rounding_decides_a_tie() -> None:
    x = np.arange(1, 6, dtype=np.float32).reshape(1, 1, 1, 5)

    def own(*places: float) -> Any:
        grid = np.array([[[[g, 0.0] for g in places]]], np.float32)
        noise = Ran("GridSample", x, grid, mode="nearest").noise[0]
        return None if noise.own is None else noise.own[0, 0, 0].tolist()

    assert own(-0.77, 0.1, 0.9) is None
    # 0.2 is a place of 2.5 that float32 may give or miss; 0.1 is 2.25.
    assert own(0.2, 0.1) == [1.0, 0.0]


def test_affine_grids_of_both_ranks_stay_within_the_limit() -> None:
    torch = pytest.importorskip("torch", reason="its kernels are what is measured")
    r = np.random.default_rng(2)
    for theta, size in (((2, 2, 3), [2, 3, 5, 7]), ((2, 3, 4), [2, 3, 4, 5, 7])):
        matrices = r.normal(size=theta).astype(np.float32)
        for corners in (0, 1):
            ran = Ran("AffineGrid", matrices, np.array(size), align_corners=corners)
            got = torch.nn.functional.affine_grid(torch.from_numpy(matrices), size, bool(corners)).numpy()
            assert ran.need(got) < LIMIT
            assert ran.need(*Ran("AffineGrid", matrices, np.array(size), align_corners=1 - corners).y) > LIMIT
    with pytest.raises(Unsupported, match="AffineGrid"):
        Ran("AffineGrid", matrices, np.array([2, 3, 1, 5, 7]), align_corners=1)


@given(
    st.integers(0, 999),
    st.sampled_from([1e-3, 1.0, 1e6]),
    st.sampled_from(["half_pixel", "output_half_pixel"]),
    st.sampled_from([0, 2]),
    st.sampled_from([1.0, 0.25, 0.3]),
)
def test_region_pooling_stays_within_the_limit(
    seed: int, scale: float, places: str, ratio: int, spatial: float
) -> None:
    r = np.random.default_rng(seed)
    x, begin = _x(seed, scale, 0.0, 11, 14), r.uniform(-3, 15, (4, 2))
    rois = np.concatenate([begin, begin + r.uniform(0, 20, (4, 2))], axis=1).astype(np.float32)
    images = r.integers(0, 2, 4)
    how: dict[str, Any] = dict(output_height=3, output_width=4, sampling_ratio=ratio, spatial_scale=spatial)
    for mode in ("avg", "max"):
        both = {**how, "mode": mode, "coordinate_transformation_mode": places}
        ran = Ran("RoiAlign", x, rois, images, opset=16, **both)
        assert ran.need(*onnxruntime("RoiAlign", x, rois, images, opset=16, **both)) < LIMIT, mode


@pytest.mark.parametrize("mode", ["avg", "max"])
def test_regions_without_the_half_pixel_or_with_other_samples_leave_the_bound(mode: str) -> None:
    x, images = _x(4, 1.0, 0.0, 11, 14), np.zeros(2, np.int64)
    rois = np.array([[1.2, 2.1, 9.4, 8.3], [0.0, 3.0, 4.0, 10.0]], np.float32)

    def ran(**attributes: Any) -> Ran:
        return Ran("RoiAlign", x, rois, images, mode=mode, output_height=3, output_width=4, **attributes)

    for other in (dict(coordinate_transformation_mode="output_half_pixel"), dict(sampling_ratio=3)):
        assert ran().need(*ran(**other).y) > LIMIT, other


def test_a_region_whose_number_of_samples_rounding_decides_is_unspecified() -> None:
    x = _x(3, 1.0, 0.0, 11, 14)
    ends = np.array([[0, 0, 6, 6], [0, 0, 7, 7], [0, 0, 20, 20]], np.float32)
    stored = float(np.float32(0.3))
    ran = Ran("RoiAlign", x, ends, np.zeros(3, np.int64), output_height=3, output_width=3, spatial_scale=stored)
    unsure = ran.noise[0].overflow
    assert unsure is not None
    assert unsure.all(axis=(1, 2, 3)).tolist() == [False, False, True]  # 20 * 0.30000001 / 3 is 2, or a little more
    assert Ran("RoiAlign", x, ends, np.zeros(3, np.int64), output_height=2, output_width=2).noise[0].overflow is None


def test_an_empty_batch_gives_shapes() -> None:
    x = np.zeros((0, 3, 5, 6), np.float32)
    for mode in OLD:
        assert Ran("GridSample", x, np.zeros((0, 4, 7, 2), np.float32), mode=mode).y[0].shape == (0, 3, 4, 7)
    assert Ran("AffineGrid", np.zeros((0, 2, 3), np.float32), np.array([2, 3, 5, 6])).y[0].shape == (0, 5, 6, 2)
    rois = np.ones((4, 4), np.float32)
    for mode in ("avg", "max"):
        ran = Ran("RoiAlign", x, rois, np.zeros(4, np.int64), output_height=2, mode=mode)
        assert ran.y[0].shape == (4, 3, 2, 1)
