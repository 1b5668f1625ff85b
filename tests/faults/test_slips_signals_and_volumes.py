"""Slips such as ports make of layers over signals and volumes, of padding modes and of divisors: each is told from the layer it was taken for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Shape, Tensor
from parity.cases import Case
from parity.layers import (
    AdaptiveAvgPool1D,
    AdaptiveAvgPool3D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool3D,
    AvgPool2D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm2D,
    BatchNorm3D,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose3D,
    Cropping1D,
    Cropping3D,
    DepthwiseConv1D,
    GlobalAvgPool1D,
    GlobalAvgPool3D,
    GlobalLPPool1D,
    GlobalLPPool2D,
    GlobalLPPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool3D,
    InstanceNorm1D,
    InstanceNorm3D,
    Layer,
    LPPool1D,
    LPPool3D,
    Pad1D,
    Pad3D,
    SeparableConv1D,
    Upsample,
)
from tests.faults.harness import planted, run

torch = pytest.importorskip("torch", reason="the slips are real torch modules")

SIGNAL = (2, 4, 21)
IMAGE = (2, 4, 9, 11)
VOLUME = (2, 4, 7, 9, 6)
SIX = ((2, 1), (0, 3), (1, 2))


class NotTurned(ConvTranspose1D):
    """The kernel of a correlation, which spreads the other way round."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {**parameters, "weight": np.ascontiguousarray(parameters["weight"][..., ::-1])}


class WidthFirst(ConvTranspose3D):
    """The kernel's axes in the order width, height, depth."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {**parameters, "weight": np.ascontiguousarray(parameters["weight"].transpose(0, 1, 4, 3, 2))}


class MultipliersFirst(DepthwiseConv1D):
    """Channel ``m channels + c`` of the output where the m-th of channel c is meant: Keras' axes folded the other way round."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        weight = parameters["weight"]
        turned = weight.reshape(self.in_channels, self.depth_multiplier, *weight.shape[1:]).swapaxes(0, 1)
        return {**parameters, "weight": np.ascontiguousarray(turned.reshape(weight.shape))}


class Activated(SeparableConv1D):
    """A ReLU between the depthwise and the pointwise part, as MobileNet has."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        whole = super().to_torch(torch, x)
        whole.depthwise.register_forward_hook(lambda module, given, y: y.relu())
        return whole


class OfTheBatch(InstanceNorm1D):
    """The statistics of the whole batch."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.BatchNorm1d(self.channels, self.eps, affine=False, track_running_stats=False)


class PlaneByPlane(InstanceNorm3D):
    """Statistics of each plane by itself, as over an image."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: (v - v.mean((3, 4), True)) / (v.var((3, 4), unbiased=False, keepdim=True) + self.eps).sqrt()


class Unbiased(BatchNorm3D):
    """Divided by the unbiased variance, which is for the running one alone."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        axes = (0, 2, 3, 4)
        return lambda v: (v - v.mean(axes, keepdim=True)) / (v.var(axes, keepdim=True) + self.eps).sqrt()


class EachSample(BatchNorm1D):
    """The statistics of each sample."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.InstanceNorm1d(self.channels, self.eps)


class RoundedDown(AdaptiveMaxPool1D):
    """Windows that end where the next one begins."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        n, count = x.shape[2], self._counts(x)[0]
        spans = [(i * n // count, (i + 1) * n // count) for i in range(count)]
        return lambda v: torch.stack([v[..., first:end].amax(2) for first, end in spans], 2)


class Mean(GlobalLPPool1D):
    """The mean of the powers, where it is their sum."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.square().mean(2).sqrt()


class MeanOfImage(GlobalLPPool2D):
    """The same of an image."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.square().mean((2, 3)).sqrt()


class Matrix(GlobalLPPool2D):
    """The norm of a matrix, its largest column sum for p = 1, where that of a vector is meant."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: torch.linalg.matrix_norm(v, 1)


class Signed(LPPool3D):
    """torch's own sum for p = 1, without the modulus."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LPPool3d(self.p, self.kernel)


class MeanOfWindow(LPPool1D):
    """The mean of the powers of each window."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return [torch.square, torch.nn.AvgPool1d(self.kernel), torch.sqrt]


class MeanOfVolume(GlobalLPPool3D):
    """The same of a volume."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.square().mean((2, 3, 4)).sqrt()


class AlikeMeans(AdaptiveAvgPool1D):
    """Windows that are all alike and do not overlap."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.AvgPool1d(x.shape[2] // self._counts(x)[0])


class AlikeMeans3D(AdaptiveAvgPool3D):
    """The same over three places."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        counts = self._counts(x)
        pool = torch.nn.AvgPool3d(tuple(n // out for n, out in zip(x.shape[2:], counts, strict=True)))
        return [pool, lambda v: v[:, :, : counts[0], : counts[1], : counts[2]]]


class AlikeMaxima(AdaptiveMaxPool3D):
    """Their maxima."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        counts = self._counts(x)
        pool = torch.nn.MaxPool3d(tuple(n // out for n, out in zip(x.shape[2:], counts, strict=True)))
        return [pool, lambda v: v[:, :, : counts[0], : counts[1], : counts[2]]]


class Padded(GlobalAvgPool1D):
    """Divided by the length to which a batch of signals was padded."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.sum(2) / (x.shape[2] + 1)


class PlaneByPlaneMaximum(GlobalMaxPool3D):
    """The mean of each plane's maximum, as of a batch of images."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.amax((3, 4)).mean(2)


class FromZero(GlobalMaxPool1D):
    """A maximum that starts from 0."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.amax(2).clamp(min=0)


class WithoutTheEdge(GlobalAvgPool3D):
    """The last plane left out."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v[:, :, :-1].mean((2, 3, 4))


class CountedAlone(AvgPool2D):
    """The divisor left out, as an exporter does that does not know it."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.AvgPool2d(self.kernel, padding=self.padding)


CONV = Conv1D(4, 5, 3, padding="causal")
ROUND = Conv2D(4, 5, 3, padding=1, padding_mode="circular")
TWO = ConvTranspose1D(4, 4, 3, stride=2, padding=1, output_padding=1)
THREE = ConvTranspose3D(4, 4, 3, stride=2, padding="same")

SLIPS: list[tuple[Layer, Layer, Shape]] = [
    (TWO, NotTurned(4, 4, 3, stride=2, padding=1, output_padding=1), SIGNAL),
    (TWO, ConvTranspose1D(4, 4, 3, stride=2, padding=((0, 1),)), SIGNAL),
    (THREE, WidthFirst(4, 4, 3, stride=2, padding="same"), VOLUME),
    # torch's padding for the same size is Keras' "same" from the other side.
    (THREE, ConvTranspose3D(4, 4, 3, stride=2, padding=1, output_padding=1), VOLUME),
    (DepthwiseConv1D(4, 3, depth_multiplier=2), MultipliersFirst(4, 3, depth_multiplier=2), SIGNAL),
    (DepthwiseConv1D(4, 2, padding="same"), DepthwiseConv1D(4, 2, padding=((1, 0),)), SIGNAL),
    (SeparableConv1D(4, 5, 3), Activated(4, 5, 3), SIGNAL),
    (SeparableConv1D(4, 5, 3, 2, "same"), SeparableConv1D(4, 5, 3, 2, 1), (2, 4, 22)),
    (CONV, Conv1D(4, 5, 3, padding="same"), SIGNAL),
    (CONV, Conv1D(4, 5, 3, padding=((0, 2),)), SIGNAL),
    (Conv1D(4, 5, 3, padding="causal", dilation=2), Conv1D(4, 5, 3, padding=((2, 0),), dilation=2), SIGNAL),
    (Conv1D(4, 5, 3, padding=1, padding_mode="replicate"), Conv1D(4, 5, 3, padding=1), SIGNAL),
    (ROUND, replace(ROUND, padding_mode="replicate"), IMAGE),
    (ROUND, replace(ROUND, padding_mode="zeros"), IMAGE),
    (Conv2D(4, 5, 5, padding=2, padding_mode="reflect"), Conv2D(4, 5, 5, padding=2, padding_mode="replicate"), IMAGE),
    (Conv3D(4, 5, 3, padding=1, padding_mode="replicate"), Conv3D(4, 5, 3, padding=1), VOLUME),
    (
        Conv3D(4, 5, 3, padding=(0, 1, 2), padding_mode="circular"),
        Conv3D(4, 5, 3, padding=(2, 1, 0), padding_mode="circular"),
        VOLUME,
    ),
    (AvgPool2D(3, padding=1, divisor_override=9), AvgPool2D(3, padding=1, count_include_pad=False), IMAGE),
    (AvgPool2D(3, divisor_override=4), CountedAlone(3, divisor_override=4), IMAGE),
    (AvgPool3D(2, divisor_override=7), AvgPool3D(2, divisor_override=8), VOLUME),
    (AvgPool3D(2, ceil_mode=True, divisor_override=8), AvgPool3D(2, ceil_mode=True), (2, 4, 7, 9, 5)),
    (
        BatchNorm1D(4, affine=False, track_running_stats=False),
        EachSample(4, affine=False, track_running_stats=False),
        SIGNAL,
    ),
    (BatchNorm1D(4, track_running_stats=False), BatchNorm1D(4, 1e-3, track_running_stats=False), SIGNAL),
    (BatchNorm2D(4, track_running_stats=False), BatchNorm2D(4, 1e-3, track_running_stats=False), IMAGE),
    (BatchNorm3D(4, affine=False, track_running_stats=False), Unbiased(4, affine=False), VOLUME),
    (InstanceNorm1D(4), OfTheBatch(4), SIGNAL),
    (InstanceNorm1D(4), InstanceNorm1D(4, eps=1e-3), SIGNAL),
    (InstanceNorm3D(4), PlaneByPlane(4), VOLUME),
    (InstanceNorm3D(4), InstanceNorm3D(4, eps=1e-3), VOLUME),
    (Pad1D(2, "reflect"), Pad1D(2, "symmetric"), SIGNAL),
    (Pad1D(((2, 1),)), Pad1D(((1, 2),)), SIGNAL),
    (Pad3D(SIX), Pad3D(SIX[::-1]), VOLUME),
    (Pad3D(1, "circular"), Pad3D(1, "replicate"), VOLUME),
    (Cropping1D(((2, 1),)), Cropping1D(((1, 2),)), SIGNAL),
    (Cropping1D(2), Cropping1D(1), SIGNAL),
    (Cropping3D(SIX), Cropping3D(SIX[::-1]), VOLUME),
    (Cropping3D(((1, 0),) * 3), Cropping3D(((0, 1),) * 3), VOLUME),
    (Upsample(scale_factor=2.0, mode="linear"), Upsample(scale_factor=2.0, mode="linear", align_corners=True), SIGNAL),
    (Upsample(size=30), Upsample(size=30, mode="nearest-exact"), SIGNAL),
    (Upsample(size=(9, 11, 8), mode="trilinear"), Upsample(size=(9, 11, 8)), VOLUME),
    (
        Upsample(scale_factor=1.25, mode="trilinear"),
        Upsample(scale_factor=1.25, mode="trilinear", recompute_scale_factor=True),
        VOLUME,
    ),
    (AdaptiveAvgPool1D(4), AdaptiveAvgPool1D(5), SIGNAL),
    (AdaptiveAvgPool1D(4), AlikeMeans(4), (2, 4, 19)),
    (AdaptiveAvgPool3D((2, 4, 3)), AdaptiveAvgPool3D((3, 4, 2)), VOLUME),
    (AdaptiveAvgPool3D((2, 4, 3)), AlikeMeans3D((2, 4, 3)), VOLUME),
    (AdaptiveMaxPool1D(4), RoundedDown(4), SIGNAL),
    (AdaptiveMaxPool1D(4), AdaptiveMaxPool1D(5), SIGNAL),
    (AdaptiveMaxPool3D((2, 4, 3)), AdaptiveMaxPool3D((3, 4, 2)), VOLUME),
    (AdaptiveMaxPool3D((2, 4, 3)), AlikeMaxima((2, 4, 3)), VOLUME),
    (GlobalAvgPool1D(), GlobalAvgPool1D(keepdims=True), SIGNAL),
    (GlobalAvgPool1D(), Padded(), SIGNAL),
    (GlobalAvgPool3D(), WithoutTheEdge(), VOLUME),
    (GlobalAvgPool3D(), GlobalAvgPool3D(keepdims=True), VOLUME),
    (GlobalMaxPool1D(), FromZero(), SIGNAL),
    (GlobalMaxPool1D(), GlobalMaxPool1D(keepdims=True), SIGNAL),
    (GlobalMaxPool3D(), GlobalMaxPool3D(keepdims=True), VOLUME),
    (GlobalMaxPool3D(), PlaneByPlaneMaximum(), VOLUME),
    (GlobalLPPool1D(), Mean(), SIGNAL),
    (GlobalLPPool1D(1), GlobalLPPool1D(2), SIGNAL),
    (GlobalLPPool2D(), MeanOfImage(), IMAGE),
    (GlobalLPPool2D(1), Matrix(1), IMAGE),
    (GlobalLPPool3D(), GlobalLPPool3D(3), VOLUME),
    (GlobalLPPool3D(), MeanOfVolume(), VOLUME),
    (LPPool1D(2, 3), MeanOfWindow(2, 3), SIGNAL),
    # torch's own ceil_mode scales the sum of a partial window up.
    (LPPool1D(2, 4, ceil_mode=True), LPPool1D(2, 4, ceil_mode=True, scaled=True), SIGNAL),
    (LPPool3D(2, 4, ceil_mode=True, scaled=True), LPPool3D(2, 4, ceil_mode=True), VOLUME),
    (LPPool3D(1, 2), Signed(1, 2), VOLUME),
    (LPPool3D(2, (1, 2, 3)), LPPool3D(2, (3, 2, 1)), VOLUME),
]


def torch_with(layer: Layer, slip: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of failure of torch's answer to a layer where a port wrote another, or how the check ended."""
    # At a hundredth no epsilon hides; a maximum that starts from 0 shows where all is below.
    scale, mean = (1.0, -5.0) if isinstance(layer, GlobalMaxPool1D) else (1e-2, 0.0)
    for spelling in ("to_torch", "torch_state"):
        monkeypatch.setitem(vars(layer), spelling, getattr(slip, spelling))
    result = run(Case("places", layer, shape, scale=scale, mean=mean), "torch", planted())
    return result.kind or result.check.status


def named(value: Any) -> str:
    return value.kind if isinstance(value, Layer) else ""


@pytest.mark.parametrize(("layer", "slip", "shape"), SLIPS, ids=named)
def test_a_slip_is_told_from_the_layer(
    layer: Layer, slip: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert torch_with(layer, slip, shape, monkeypatch) in ("value", "shape")


@pytest.mark.parametrize(
    ("layer", "shape"), list({str(layer): (layer, shape) for layer, _, shape in SLIPS}.values()), ids=str
)
def test_the_layer_itself_passes(layer: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    assert torch_with(layer, layer, shape, monkeypatch) == "pass"
