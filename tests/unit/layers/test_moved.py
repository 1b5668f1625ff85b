"""Layers that pad, crop, resize, shuffle or spread: what they refuse, and their shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parity.axes import Shape
from parity.cases import output_shape
from parity.errors import FieldError
from parity.layers import (
    ChannelShuffle,
    ConvTranspose2D,
    Cropping2D,
    DepthwiseConv2D,
    Layer,
    Pad2D,
    PixelShuffle,
    PixelUnshuffle,
    SeparableConv2D,
    Upsample,
)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pad2D(1.0), "Pad2D: padding=1.0 must be a whole number"),  # type: ignore[arg-type]
        (lambda: Pad2D(((1, 2), 3)), "Pad2D: padding="),  # type: ignore[arg-type]
        (lambda: Pad2D(1, "edge"), "Pad2D: mode='edge' must be one of constant, reflect"),  # type: ignore[arg-type]
        (lambda: Pad2D(1, "reflect", 2.0), "Pad2D: value=2.0 must be 0"),
        (lambda: Cropping2D(-1), "Cropping2D: cropping=-1 must be a number"),
        (lambda: Cropping2D("same"), "Cropping2D: cropping='same' must be a number"),  # type: ignore[arg-type]
        (lambda: Upsample(), "Upsample: size=None must be given"),
        (lambda: Upsample(size=3, scale_factor=2.0), "Upsample: size=3 must be given"),
        (lambda: Upsample(scale_factor=-1.0), "Upsample: scale_factor=-1.0 must be a positive number"),
        (
            lambda: Upsample(size=3, align_corners=True),
            "Upsample: align_corners=True must be False with mode='nearest'",
        ),
        (lambda: Upsample(size=3, recompute_scale_factor=True), "must be False with a size"),
        (lambda: PixelShuffle(0), "PixelShuffle: upscale_factor=0 must be a whole number"),
        (lambda: PixelUnshuffle(1.5), "PixelUnshuffle: downscale_factor=1.5 must be"),  # type: ignore[arg-type]
        (lambda: ChannelShuffle(0), "ChannelShuffle: groups=0 must be a whole number"),
        (lambda: ConvTranspose2D(3, 4, 3, output_padding=1), "output_padding=1 must be less than stride=1"),
        (lambda: ConvTranspose2D(3, 4, 3, 2, "same", 1), "output_padding=1 must be 0 with padding='same'"),
        (lambda: ConvTranspose2D(3, 4, 3, groups=2), "must divide in_channels=3 and out_channels=4"),
        (lambda: DepthwiseConv2D(3, 3, depth_multiplier=0), "depth_multiplier=0 must be a whole number"),
        (lambda: SeparableConv2D(3, 4, 3, padding=-1), "padding=-1 must be"),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Pad2D(1), (2, 37)),
        (Pad2D((7, 0), "reflect"), (2, 3, 7, 9)),
        (Pad2D((8, 0), "circular"), (2, 3, 7, 9)),
        (Pad2D(((-4, -3), (0, 0))), (2, 3, 7, 9)),
        (Cropping2D((4, 3)), (2, 3, 7, 9)),
        (Upsample(scale_factor=0.1), (2, 3, 7, 9)),
        (Upsample(size=(3, 3), mode="area"), (2, 3, 7, 9)),
        (PixelShuffle(2), (2, 6, 7, 9)),
        (PixelUnshuffle(2), (2, 3, 8, 9)),
        (ChannelShuffle(2), (2, 3, 7, 9)),
        (ConvTranspose2D(4, 3, 3), (2, 3, 7, 9)),
        (ConvTranspose2D(3, 4, 1, padding=4), (2, 3, 7, 9)),
        (DepthwiseConv2D(3, 8), (2, 3, 7, 9)),
        (SeparableConv2D(4, 3, 3), (2, 3, 7, 9)),
    ],
    ids=str,
)
def test_an_input_that_does_not_fit_is_refused(layer: Layer, shape: Shape) -> None:
    with pytest.raises(FieldError):
        output_shape(layer, shape)


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (ConvTranspose2D(3, 4, 3, stride=2, padding="same"), (14, 18)),
        (ConvTranspose2D(3, 4, 2, stride=3, padding="same"), (21, 27)),
        (ConvTranspose2D(3, 4, 2, stride=3, padding="valid"), (21, 27)),
        (ConvTranspose2D(3, 4, 4, stride=3, padding="valid"), (22, 28)),
        (ConvTranspose2D(3, 4, 3, stride=2, padding=1, output_padding=(1, 0)), (14, 17)),
        (ConvTranspose2D(3, 4, 3, padding=((2, 1), (0, 3)), dilation=2), (8, 10)),
        (Pad2D(((2, -1), (-3, 4))), (8, 10)),
        (Upsample(scale_factor=(1.75, 0.5)), (12, 4)),
    ],
    ids=str,
)
def test_the_size_that_comes_out(layer: Layer, size: tuple[int, int]) -> None:
    assert output_shape(layer, (2, 3, 7, 9))[2:] == size
