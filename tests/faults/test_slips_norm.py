"""Slips such as ports make of normalisations and of pools over whole images: each is told from the layer it was taken for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parity.axes import Shape, Tensor
from parity.cases import Case
from parity.cases.parameters import draw_parameters
from parity.layers import (
    AdaptiveAvgPool2D,
    AdaptiveMaxPool2D,
    BatchNorm2D,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupNorm,
    InstanceNorm2D,
    Layer,
    LayerNorm,
    LocalResponseNorm,
    LPPool2D,
    RMSNorm,
    UnitNorm,
)
from parity.routes.catalog import installed
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the slips are real torch modules")

SHAPE = (2, 6, 5, 7)
FLAT = (3, 37)


class OtherAxes(LayerNorm):
    """Keras' last axis, the channels of an image, taken for torch's; of rows that are as long."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        norm = torch.nn.LayerNorm(self.sizes, self.eps)
        return [lambda v: v.transpose(1, 3), norm, lambda v: v.transpose(1, 3)]


class UnbiasedVariance(LayerNorm):
    """The variance divided by n - 1."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: (v - v.mean(1, True)) / torch.sqrt(v.var(1, keepdim=True) + self.eps)


class EpsilonOutside(LayerNorm):
    """The epsilon added to the deviation."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: (v - v.mean(1, True)) / (v.std(1, correction=0, keepdim=True) + self.eps)


class Interleaved(GroupNorm):
    """Groups of every third channel in place of neighbours."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        apart = [c for first in range(self.groups) for c in range(first, self.channels, self.groups)]
        back = [apart.index(c) for c in range(self.channels)]
        return [lambda v: v[:, apart], super().to_torch(torch, x), lambda v: v[:, back]]


class OfTheBatch(InstanceNorm2D):
    """The statistics of the whole batch."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.BatchNorm2d(self.channels, self.eps, affine=False, track_running_stats=False)


class Centred(RMSNorm):
    """The mean taken off, as LayerNormalization does with what Keras called rms_scaling."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LayerNorm(self.sizes, 1e-6, bias=False)


class EpsilonAdded(UnitNorm):
    """The epsilon added to the norm, where it is a lower bound."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v / (v.norm(dim=1, keepdim=True) + self.eps)


class NotDivided(LocalResponseNorm):
    """TensorFlow's alpha, which is not divided by the size."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LocalResponseNorm(self.size, self.alpha * self.size, self.beta, self.k)


class OneFurther(LocalResponseNorm):
    """ONNX's window of an even size."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return [lambda v: v.flip(1), super().to_torch(torch, x), lambda v: v.flip(1)]


class WithoutTheEdge(GlobalAvgPool2D):
    """The last column left out."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v[..., :-1].mean((2, 3))


class FromZero(GlobalMaxPool2D):
    """A maximum that starts from 0."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return lambda v: v.amax((2, 3)).clamp(min=0)


class Even(AdaptiveAvgPool2D):
    """Windows that are all alike and do not overlap, as an exporter without the rule writes them."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        kernel = (x.shape[2] // self.output_size[0], x.shape[3] // self.output_size[1])  # type: ignore[index]
        return [torch.nn.AvgPool2d(kernel), lambda v: v[..., : self.output_size[0], : self.output_size[1]]]  # type: ignore[index]


class RoundedDown(AdaptiveMaxPool2D):
    """Windows that end where the next one begins."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        (height, width), (rows, columns) = x.shape[2:], self.output_size  # type: ignore[misc]

        def pooled(v: Any) -> Any:
            spans = [(i * height // rows, (i + 1) * height // rows) for i in range(rows)]  # type: ignore[operator]
            bands = torch.stack([v[:, :, top:bottom].amax(2) for top, bottom in spans], 2)
            cuts = [(i * width // columns, (i + 1) * width // columns) for i in range(columns)]  # type: ignore[operator]
            return torch.stack([bands[..., left:right].amax(3) for left, right in cuts], 3)

        return pooled


class Mean(LPPool2D):
    """The mean of the powers, where it is their sum."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return [torch.square, torch.nn.AvgPool2d(self.kernel), torch.sqrt]


class Signed(LPPool2D):
    """torch's own sum for p = 1, without the modulus."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return torch.nn.LPPool2d(self.p, self.kernel)


SLIPS: list[tuple[Layer, Layer, Shape]] = [
    (BatchNorm2D(6, affine="scale"), BatchNorm2D(6, eps=1e-3, affine="scale"), SHAPE),
    (LayerNorm("C", 6, affine=False), LayerNorm("CHW", (6, 5, 7), affine=False), SHAPE),
    (LayerNorm("W", 7), OtherAxes("W", 7), (2, 7, 5, 7)),
    (LayerNorm("F", 37), LayerNorm("F", 37, eps=1e-3), FLAT),
    (LayerNorm("F", 37, affine=False), UnbiasedVariance("F", 37, affine=False), FLAT),
    (LayerNorm("F", 37, eps=1e-3, affine=False), EpsilonOutside("F", 37, eps=1e-3, affine=False), FLAT),
    (GroupNorm(3, 6), GroupNorm(2, 6), SHAPE),
    (GroupNorm(3, 6), GroupNorm(3, 6, eps=1e-3), SHAPE),
    (GroupNorm(3, 6), Interleaved(3, 6), SHAPE),
    (InstanceNorm2D(6), InstanceNorm2D(6, eps=1e-3), SHAPE),
    (InstanceNorm2D(6), OfTheBatch(6), SHAPE),
    (RMSNorm("F", 37), RMSNorm("F", 37, eps=1e-6), FLAT),
    (RMSNorm("F", 37, eps=1e-6), Centred("F", 37, eps=1e-6), FLAT),
    (RMSNorm("C", 6, affine=False), RMSNorm("W", 7, affine=False), SHAPE),
    (UnitNorm("C"), UnitNorm("W"), SHAPE),
    (UnitNorm("C"), UnitNorm("C", p=1), SHAPE),
    (UnitNorm("C", eps=2.0), EpsilonAdded("C", eps=2.0), SHAPE),
    (LocalResponseNorm(5), NotDivided(5), SHAPE),
    (LocalResponseNorm(5), LocalResponseNorm(5, beta=0.5), SHAPE),
    (LocalResponseNorm(2), OneFurther(2), SHAPE),
    (GlobalAvgPool2D(), WithoutTheEdge(), SHAPE),
    (GlobalAvgPool2D(), GlobalAvgPool2D(keepdims=True), SHAPE),
    (GlobalMaxPool2D(), FromZero(), SHAPE),
    (GlobalMaxPool2D(), GlobalMaxPool2D(keepdims=True), SHAPE),
    (AdaptiveAvgPool2D((3, 4)), Even((3, 4)), (2, 6, 7, 11)),
    (AdaptiveAvgPool2D((3, 4)), AdaptiveAvgPool2D((4, 3)), (2, 6, 7, 11)),
    (AdaptiveMaxPool2D((3, 4)), RoundedDown((3, 4)), (2, 6, 7, 11)),
    (AdaptiveMaxPool2D((3, 4)), AdaptiveMaxPool2D((4, 3)), (2, 6, 7, 11)),
    (LPPool2D(2, 3), Mean(2, 3), (2, 6, 9, 11)),
    (LPPool2D(1, 3), Signed(1, 3), (2, 6, 9, 11)),
    (LPPool2D(2, 3), LPPool2D(3, 3), (2, 6, 9, 11)),
]


def torch_with(layer: Layer, slip: Layer, shape: Shape) -> str | None:
    """The kind of failure of torch's answer to a layer where a port wrote another; None where it passes."""
    # At a hundredth no epsilon hides; a maximum that starts from 0 shows where all is below.
    scale, mean = (1e-2, 0.0) if not isinstance(layer, GlobalMaxPool2D) else (1.0, -5.0)
    if isinstance(layer, LocalResponseNorm | UnitNorm):
        scale = 1.0
    equal = "rows as long as there are channels" if len(set(shape)) < len(shape) else ""
    case = Case("norm", layer, shape, scale=scale, mean=mean, equal_sizes=equal)
    wrong = replace(case, model=slip)

    def port(model: Any) -> Any:
        return installed().framework("torch").build(wrong, draw_parameters(case, 0), False)

    return run(case, "torch", planted(model=port)).kind


@pytest.mark.parametrize(("layer", "slip", "shape"), SLIPS, ids=lambda value: getattr(value, "kind", ""))
def test_a_slip_is_told_from_the_layer(layer: Layer, slip: Layer, shape: Shape) -> None:
    kind = torch_with(layer, slip, shape)
    assert kind in ("value", "shape"), kind


@pytest.mark.parametrize(
    ("layer", "shape"), list({str(layer): (layer, shape) for layer, _, shape in SLIPS}.values()), ids=str
)
def test_the_layer_itself_passes(layer: Layer, shape: Shape) -> None:
    assert torch_with(layer, layer, shape) is None
