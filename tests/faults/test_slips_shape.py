"""Slips of a port in layers that pad, crop, resize, shuffle and spread: each is caught in the layer, and none without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parity.axes import Array
from parity.cases import Case
from parity.layers import (
    ChannelShuffle,
    ConvTranspose2D,
    Cropping2D,
    DepthwiseConv2D,
    Flatten,
    Layer,
    Pad2D,
    PixelShuffle,
    PixelUnshuffle,
    SeparableConv2D,
    Upsample,
)
from tests.faults.harness import State, planted, run, slipped

pytest.importorskip("torch", reason="the slips are planted in real torch modules")


def depth_to_space(torch: Any) -> Any:
    """As TensorFlow has it: the channels of one pixel lie C apart."""
    return lambda v: (
        v.unflatten(1, (2, 2, -1)).permute(0, 3, 4, 1, 5, 2).reshape(v.shape[0], -1, v.shape[2] * 2, v.shape[3] * 2)
    )


def columns_first(torch: Any) -> Any:
    """Rows and columns of a block exchanged."""
    return lambda v: torch.nn.functional.pixel_shuffle(v.unflatten(1, (-1, 2, 2)).transpose(2, 3).flatten(1, 3), 2)


def space_to_depth(torch: Any) -> Any:
    """As TensorFlow has it: the channels of one pixel stay together."""
    return lambda v: torch.nn.functional.pixel_unshuffle(v, 2).unflatten(1, (-1, 4)).transpose(1, 2).flatten(1, 2)


def columns_before(torch: Any) -> Any:
    """The channels of one pixel in the order of its columns, then its rows."""
    return lambda v: torch.nn.functional.pixel_unshuffle(v, 2).unflatten(1, (-1, 2, 2)).transpose(2, 3).flatten(1, 3)


def identity(torch: Any) -> Any:
    return torch.nn.Identity()


def relu_between(torch: Any) -> Any:
    layers = {"depthwise": torch.nn.Conv2d(5, 10, 3, groups=5, bias=False), "pointwise": torch.nn.Conv2d(10, 6, 1)}

    class Between(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            for name, layer in layers.items():
                self.add_module(name, layer)

        def forward(self, v: Any) -> Any:
            return self.pointwise(torch.relu(self.depthwise(v)))

    return Between()


def of_weight(name: str, edit: Callable[[Array], Array]) -> State:
    return lambda state: {**state, name: edit(state[name]).copy()}


def multiplier_first(weight: Array) -> Array:
    """Channel c's m-th filter at ``m C + c``, where it belongs to ``c M + m``."""
    return weight.reshape(5, 2, *weight.shape[1:]).swapaxes(0, 1).reshape(weight.shape)


SIDES = Pad2D(((2, 1), (1, 2)))
SAME = ConvTranspose2D(3, 6, 3, stride=2, padding="same")
SQUARE = ConvTranspose2D(5, 5, 3, stride=2)
DEPTHWISE = DepthwiseConv2D(5, 3, depth_multiplier=2)
SEPARABLE = SeparableConv2D(5, 6, 3, depth_multiplier=2)
IMAGE, WIDE, FIVE = (2, 3, 7, 11), (2, 12, 6, 8), (2, 5, 8, 10)

SLIPS: list[tuple[str, Layer, Any, Any, tuple[int, ...]]] = [
    ("mirror that repeats the edge", Pad2D(2, "reflect"), Pad2D(2, "symmetric"), None, IMAGE),
    ("edge for the other side", Pad2D(2, "circular"), Pad2D(2, "replicate"), None, IMAGE),
    ("value left out", Pad2D(1, value=0.1), Pad2D(1), None, IMAGE),
    ("height's sides for width's", SIDES, Pad2D(((1, 2), (2, 1))), None, IMAGE),
    ("negative sides exchanged", Pad2D(((-1, -2), (0, 0))), Pad2D(((-2, -1), (0, 0))), None, IMAGE),
    ("crop of height for width's", Cropping2D(((2, 1), (1, 2))), Cropping2D(((1, 2), (2, 1))), None, IMAGE),
    ("crop a row too low", Cropping2D(((1, 2), (0, 0))), Cropping2D(((2, 1), (0, 0))), None, IMAGE),
    (
        "align_corners",
        Upsample(scale_factor=2.0, mode="bilinear"),
        Upsample(scale_factor=2.0, mode="bilinear", align_corners=True),
        None,
        IMAGE,
    ),
    (
        "the other cubic",
        Upsample(scale_factor=2.0, mode="bicubic"),
        Upsample(scale_factor=2.0, mode="bicubic", antialias=True),
        None,
        IMAGE,
    ),
    ("half a pixel in nearest", Upsample(size=(9, 16)), Upsample(size=(9, 16), mode="nearest-exact"), None, IMAGE),
    (
        "factor from the sizes",
        Upsample(scale_factor=1.75, mode="bilinear"),
        Upsample(size=(12, 19), mode="bilinear"),
        None,
        IMAGE,
    ),
    (
        "antialias left out",
        Upsample(size=(4, 5), mode="bilinear", antialias=True),
        Upsample(size=(4, 5), mode="bilinear"),
        None,
        IMAGE,
    ),
    ("depth_to_space", PixelShuffle(2), depth_to_space, None, WIDE),
    ("rows and columns of a block", PixelShuffle(2), columns_first, None, WIDE),
    ("space_to_depth", PixelUnshuffle(2), space_to_depth, None, WIDE),
    ("columns of a block before its rows", PixelUnshuffle(2), columns_before, None, WIDE),
    ("channels behind", Flatten(), lambda torch: lambda v: v.permute(0, 2, 3, 1).flatten(1), None, IMAGE),
    ("columns first", Flatten(), lambda torch: lambda v: v.transpose(2, 3).flatten(1), None, IMAGE),
    ("shuffled back", ChannelShuffle(3), ChannelShuffle(4), None, WIDE),
    ("not shuffled", ChannelShuffle(3), identity, None, WIDE),
    (
        "same as torch people write it",
        SAME,
        ConvTranspose2D(3, 6, 3, stride=2, padding=1, output_padding=1),
        None,
        IMAGE,
    ),
    ("kernel turned", SQUARE, None, of_weight("weight", lambda w: w[:, :, ::-1, ::-1]), FIVE),
    ("inputs for outputs", SQUARE, None, of_weight("weight", lambda w: w.swapaxes(0, 1)), FIVE),
    ("multiplier before channels", DEPTHWISE, None, of_weight("weight", multiplier_first), FIVE),
    (
        "same with a stride as padding 1",
        DepthwiseConv2D(5, 3, stride=2, padding="same"),
        DepthwiseConv2D(5, 3, stride=2, padding=1),
        None,
        FIVE,
    ),
    ("an activation between", SEPARABLE, relu_between, None, FIVE),
    ("multiplier before channels, in two", SEPARABLE, None, of_weight("depthwise.weight", multiplier_first), FIVE),
]


@pytest.mark.parametrize(
    ("right", "spelled", "state", "shape"),
    [slip[1:] for slip in SLIPS],
    ids=[f"{slip[1].kind}-{slip[0].replace(' ', '-')}" for slip in SLIPS],
)
def test_a_slip_is_caught_in_its_layer(right: Layer, spelled: Any, state: Any, shape: tuple[int, ...]) -> None:
    found = run(Case("slip", slipped(right, spelled, state), shape), "torch", planted())
    assert found.check.failure is not None, found.check.reason
    assert (found.kind, found.born) == ("value", right.kind), found.check.reason


@pytest.mark.parametrize(("right", "shape"), list(dict.fromkeys((slip[1], slip[4]) for slip in SLIPS)), ids=str)
def test_without_a_slip_the_same_check_passes(right: Layer, shape: tuple[int, ...]) -> None:
    found = run(Case("right", right, shape), "torch", planted())
    assert found.check.status == "pass", found.check.reason
