"""Layers over one and three places, and padding modes: what they refuse, and their shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.axes import Shape, Tensor
from parity.cases import Case, output_shape
from parity.cases.probes import inputs_of
from parity.errors import FieldError
from parity.layers import (
    AdaptiveAvgPool1D,
    AdaptiveMaxPool3D,
    AvgPool2D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm2D,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose3D,
    Cropping1D,
    Cropping3D,
    DepthwiseConv1D,
    GlobalAvgPool1D,
    GlobalLPPool3D,
    InstanceNorm1D,
    Layer,
    LPPool3D,
    Pad1D,
    Pad3D,
    Upsample,
)
from parity.layers.definition import define
from tests.unit.strategies import arrays, reference


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pad1D((1, 2)), "Pad1D: padding=(1, 2) must be a whole number, (length,) or ((before, after),)"),
        (lambda: Pad3D((1, 2)), "Pad3D: padding=(1, 2) must be a whole number, (depth, height, width) or ((front"),
        (lambda: Cropping1D(((-1, 0),)), "Cropping1D: cropping=((-1, 0),) must be a number, (length,)"),
        (lambda: Conv1D(3, 4, 3, padding="casual"), 'padding=\'casual\' must be "same", "valid", a number'),  # type: ignore[arg-type]
        (lambda: Conv2D(3, 4, 3, padding="causal"), "Conv2D: padding='causal' must be"),  # type: ignore[arg-type]
        (lambda: DepthwiseConv1D(3, 3, padding="causal"), "DepthwiseConv1D: padding='causal' must be"),  # type: ignore[arg-type]
        (lambda: Conv3D(3, 4, 3, padding_mode="wrap"), "padding_mode='wrap' must be one of zeros, reflect"),  # type: ignore[arg-type]
        (
            lambda: ConvTranspose3D(3, 4, 3, 2, output_padding=(1, 1)),
            "output_padding=(1, 1) must be at least 0, or three",
        ),
        (lambda: AvgPool2D(2, divisor_override=0), "divisor_override=0 must be None or a whole number of at least 1"),
        (lambda: AdaptiveAvgPool1D((1, 2)), "AdaptiveAvgPool1D: output_size=(1, 2) must be at least 1"),
        (lambda: AdaptiveMaxPool3D((1, 2)), "AdaptiveMaxPool3D: output_size=(1, 2) must be at least 1, or three"),
        (lambda: GlobalLPPool3D(0), "GlobalLPPool3D: p=0 must be a whole number"),
        (lambda: LPPool3D(2, 3, scaled=True), "scaled=True must be False without ceil_mode=True or with padding"),
        (lambda: BatchNorm2D(3, track_running_stats=1), "track_running_stats=1 must be True or False"),  # type: ignore[arg-type]
        (lambda: Upsample(size=3, mode="linear", antialias=True), "antialias=True must be False with mode='linear'"),
        (
            lambda: Upsample(size=(3, 4, 5, 6)),
            "size=(3, 4, 5, 6) must be a whole number of at least 1, or one for each",
        ),
    ],
)
def test_a_field_out_of_range_names_the_field_the_value_and_the_mend(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(FieldError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (GlobalAvgPool1D(), (2, 3, 7, 9), "needs a signal (N, C, L), got (2, 3, 7, 9)"),
        (Cropping3D(1), (2, 3, 7, 9), "needs a volume (N, C, D, H, W), got (2, 3, 7, 9)"),
        (InstanceNorm1D(3), (2, 3, 7, 9), "does not fit the input"),
        (Pad1D(9, "circular"), (2, 3, 7), "reaches over length 7: at most 7"),
        (Conv2D(3, 4, 3, padding=(7, 0), padding_mode="reflect"), (2, 3, 7, 9), "reaches over height 7: at most 6"),
        (Upsample(size=9, mode="linear"), (2, 3, 7, 9), "needs a signal"),
        (Upsample(size=(9, 8)), (2, 3, 7), "does not fit the input"),
        (ConvTranspose1D(3, 4, 1, padding=4), (2, 3, 7), "leaves nothing of length 7"),
    ],
    ids=str,
)
def test_an_input_that_does_not_fit_is_refused(layer: Layer, shape: Shape, message: str) -> None:
    with pytest.raises(FieldError, match=re.escape(message)):
        output_shape(layer, shape)


@pytest.mark.parametrize(
    ("layer", "shape", "size"),
    [
        (Conv1D(3, 4, 3, 2, "causal", 2), (2, 3, 21), (11,)),
        (ConvTranspose1D(3, 4, 3, stride=2, padding=1, output_padding=1), (2, 3, 7), (14,)),
        (ConvTranspose3D(3, 4, 2, stride=3, padding="same"), (2, 3, 7, 9, 5), (21, 27, 15)),
        (AvgPool3D(2, ceil_mode=True, divisor_override=3), (2, 3, 7, 9, 5), (4, 5, 3)),
        (LPPool3D(2, 2, ceil_mode=True), (2, 3, 7, 9, 5), (4, 5, 3)),
        (Upsample(scale_factor=(1.75, 0.5, 2.0), mode="trilinear"), (2, 3, 7, 9, 5), (12, 4, 10)),
    ],
    ids=str,
)
def test_the_size_that_comes_out(layer: Layer, shape: Shape, size: Shape) -> None:
    assert output_shape(layer, shape)[2:] == size


def test_a_divisor_divides_the_sum_of_every_window_whatever_it_holds() -> None:
    x = arrays((2, 3, 5, 7), 0)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (0, 1), (0, 1)))
    sums = padded.reshape(2, 3, 3, 2, 4, 2).sum((3, 5))
    layer = AvgPool2D(2, ceil_mode=True, count_include_pad=False, divisor_override=3)
    assert np.max(np.abs(reference(layer, x) - sums / 3)) < 1e-6


def test_a_batch_whose_statistics_are_taken_is_asked_once_and_never_in_parts() -> None:
    layer, shape = BatchNorm1D(3, track_running_stats=False), (4, 3, 7)
    assert Case("norm", layer, shape).by_batch
    assert len(inputs_of(Case("norm", layer, shape), "data", 0)) == 1
    assert not Case("norm", BatchNorm1D(3), shape).by_batch
    with pytest.raises(FieldError, match="must be empty, since the statistics are of the whole batch"):
        Case("norm", layer, shape, batches=(1,))


def test_a_pad_in_front_moves_the_window_of_a_convolution() -> None:
    layer = Conv2D(3, 4, 3, 2, ((2, 1), (0, 3)), padding_mode="circular")
    window = define(layer, (Tensor((2, 3, 7, 9)),)).window
    assert window == define(replace(layer, padding_mode="zeros"), (Tensor((2, 3, 7, 9)),)).window
    assert window is not None
    assert window.pads == ((2, 1), (0, 3))
