"""Axes move there and back, and a folded image is folded in the order its layout says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.axes import Layout, Tensor, features_to_layout, from_layout, to_layout
from tests.unit.strategies import SEEDS, arrays

IMAGES = st.integers(3, 5).flatmap(lambda rank: st.tuples(*[st.integers(1, 5)] * rank)).map(Tensor)
FEATURES = st.tuples(st.integers(1, 5), st.integers(1, 30)).map(Tensor)
FOLDED = st.tuples(*[st.integers(1, 4)] * 4).map(lambda s: Tensor((s[0], s[1] * s[2] * s[3]), (s[1], s[2], s[3])))
TENSORS = IMAGES | FEATURES | FOLDED
LAYOUTS: st.SearchStrategy[Layout] = st.sampled_from(["NCHW", "NHWC"])


@given(TENSORS, LAYOUTS, SEEDS)
def test_there_and_back_gives_the_same_array(tensor: Tensor, layout: Layout, seed: int) -> None:
    x = arrays(tensor.shape, seed)
    moved = to_layout(x, tensor, layout)
    assert moved.shape == tensor.in_layout(layout)
    assert moved.dtype == x.dtype
    assert moved.flags.c_contiguous
    back = from_layout(moved, tensor, layout)
    assert back.flags.c_contiguous
    np.testing.assert_array_equal(back, x)


@given(TENSORS, SEEDS)
def test_a_channels_first_framework_gets_every_array_as_it_is(tensor: Tensor, seed: int) -> None:
    x = arrays(tensor.shape, seed)
    np.testing.assert_array_equal(to_layout(x, tensor, "NCHW"), x)
    np.testing.assert_array_equal(features_to_layout(x.reshape(1, -1)[:, :], Tensor((1, x.size)), "NHWC")[0], x.ravel())


def test_channels_go_last() -> None:
    x = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    moved = to_layout(x, Tensor((2, 3, 4, 5)), "NHWC")
    assert moved.shape == (2, 4, 5, 3)
    assert moved[1, 2, 3, 0] == x[1, 0, 2, 3]


def test_a_folded_image_is_unfolded_before_its_channels_go_last() -> None:
    # Two channels of two rows by three columns: 0..5 and 10..15.
    image = np.asarray([[[[0, 1, 2], [3, 4, 5]], [[10, 11, 12], [13, 14, 15]]]])
    tensor = Tensor((1, 12), (2, 2, 3))
    canonical = image.reshape(1, 12)
    channels_last = np.asarray([[0, 10, 1, 11, 2, 12, 3, 13, 4, 14, 5, 15]])
    np.testing.assert_array_equal(to_layout(canonical, tensor, "NHWC"), channels_last)
    np.testing.assert_array_equal(from_layout(channels_last, tensor, "NHWC"), canonical)
    np.testing.assert_array_equal(features_to_layout(canonical, tensor, "NHWC"), channels_last)


def test_features_that_were_never_folded_stay_in_order() -> None:
    x = np.arange(12).reshape(1, 12)
    np.testing.assert_array_equal(to_layout(x, Tensor((1, 12)), "NHWC"), x)


@given(FOLDED, SEEDS)
def test_a_reordered_kernel_meets_the_reordered_features(tensor: Tensor, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-9, 10, tensor.shape)
    weight = np.random.default_rng(seed + 1).integers(-9, 10, (3, tensor.shape[1]))
    there = to_layout(x, tensor, "NHWC") @ features_to_layout(weight, tensor, "NHWC").T
    np.testing.assert_array_equal(there, x @ weight.T)


@pytest.mark.parametrize(
    ("shape", "tensor"),
    [
        ((2, 12), Tensor((2, 3, 2, 2))),
        ((2, 2, 2, 3, 1), Tensor((2, 3, 2, 2))),
        ((2, 11), Tensor((2, 12), (3, 2, 2))),
        ((2, 2, 2, 3), Tensor((2, 12), (3, 2, 2))),
        ((), Tensor((2, 3, 2, 2))),
    ],
)
def test_a_shape_that_was_not_promised_comes_back_as_it_is_for_the_judge_to_name(
    shape: tuple[int, ...], tensor: Tensor
) -> None:
    x = np.arange(int(np.prod(shape))).reshape(shape)
    back = from_layout(x, tensor, "NHWC")
    np.testing.assert_array_equal(back.reshape(shape), x)


def test_axes_are_named_for_messages() -> None:
    assert Tensor((2, 3, 4, 5)).axes == ("n", "c", "h", "w")
    assert Tensor((2, 3)).axes == ("n", "f")
