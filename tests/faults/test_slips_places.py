"""Slips such as ports make of convolutions, pools and BatchNorm, most of them over signals and volumes: each is told from the layer it was taken for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.axes import Array, Shape, Tensor
from parity.cases import Case
from parity.layers import (
    AvgPool1D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm3D,
    Conv1D,
    Conv3D,
    Layer,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
)
from tests.faults.harness import planted, run

pytest.importorskip("torch", reason="the slips are real torch modules")

SIGNAL = (2, 3, 21)
VOLUME = (2, 3, 7, 9, 8)


class Convolved(Conv1D):
    """A convolution in the word's first sense: the kernel turned round."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {**parameters, "weight": np.ascontiguousarray(parameters["weight"][..., ::-1])}


class WidthFirst(Conv3D):
    """The kernel's axes in the order width, height, depth."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        return {**parameters, "weight": np.ascontiguousarray(parameters["weight"].transpose(0, 1, 4, 3, 2))}


class ZerosWin(MaxPool1D):
    """Padded with zeros by hand, and a zero is more than what is negative."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return [torch.nn.ZeroPad1d(1), torch.nn.MaxPool1d(3, 1)]


class ZerosWin3D(MaxPool3D):
    """The same over three places."""

    def to_torch(self, torch: Any, x: Tensor) -> Any:
        return [torch.nn.ZeroPad3d(1), torch.nn.MaxPool3d(3, 1)]


class GammaForVariance(BatchNorm1D):
    """The weights of Keras' list in another order."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        taken = super().torch_state(x, **parameters)
        return {**taken, "weight": taken["running_var"], "running_var": taken["weight"]}


class WithoutMean(BatchNorm3D):
    """The mean is not taken off."""

    def torch_state(self, x: Tensor, **parameters: Array) -> dict[str, Array]:
        taken = super().torch_state(x, **parameters)
        return {**taken, "running_mean": np.zeros_like(taken["running_mean"])}


SLIPS: list[tuple[Layer, Layer, Shape]] = [
    (Conv1D(3, 4, 3), Convolved(3, 4, 3), SIGNAL),
    (Conv1D(3, 4, 3, padding=((0, 2),)), Conv1D(3, 4, 3, padding=((2, 0),)), SIGNAL),
    (Conv1D(3, 4, 3, 2, "same"), Conv1D(3, 4, 3, 2, 1), (2, 3, 22)),
    (Conv3D(3, 4, 3), WidthFirst(3, 4, 3), VOLUME),
    (Conv3D(3, 4, 2, padding="same"), Conv3D(3, 4, 2, padding=((1, 0),) * 3), VOLUME),
    (MaxPool1D(3, 1, 1), ZerosWin(3, 1, 1), SIGNAL),
    (MaxPool1D(2, ceil_mode=True), MaxPool1D(2), SIGNAL),
    (MaxPool2D(2, ceil_mode=True), MaxPool2D(2), (2, 3, 7, 9)),
    (MaxPool2D(3, 2, "same"), MaxPool2D(3, 2, 1), (2, 3, 8, 10)),
    (MaxPool3D(3, 1, 1), ZerosWin3D(3, 1, 1), VOLUME),
    (MaxPool3D((1, 3, 2)), MaxPool3D((2, 3, 1)), VOLUME),
    (AvgPool1D(3, 2, 1), AvgPool1D(3, 2, 1, count_include_pad=False), SIGNAL),
    (AvgPool1D(2, 1, "same"), AvgPool1D(2, 1, ((1, 0),)), SIGNAL),
    (AvgPool3D(3, 2, 1), AvgPool3D(3, 2, 1, count_include_pad=False), VOLUME),
    (AvgPool3D(2, 1, "same"), AvgPool3D(2, 1, ((1, 0),) * 3), VOLUME),
    (BatchNorm1D(5), BatchNorm1D(5, eps=1e-3), (4, 5, 13)),
    (BatchNorm1D(5), GammaForVariance(5), (7, 5)),
    (BatchNorm3D(3), BatchNorm3D(3, eps=1e-3), VOLUME),
    (BatchNorm3D(3), WithoutMean(3), VOLUME),
]


def torch_with(layer: Layer, slip: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The kind of failure of torch's answer to a layer where a port wrote another; None where it passes."""
    case = Case("places", layer, shape, mean=-5.0 if isinstance(layer, MaxPool1D | MaxPool2D | MaxPool3D) else 0.0)
    for spelling in ("to_torch", "torch_state"):
        monkeypatch.setitem(vars(layer), spelling, getattr(slip, spelling))
    return run(case, "torch", planted()).kind


@pytest.mark.parametrize(("layer", "slip", "shape"), SLIPS, ids=lambda value: getattr(value, "kind", ""))
def test_a_slip_is_told_from_the_layer(
    layer: Layer, slip: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = torch_with(layer, slip, shape, monkeypatch)
    assert kind in ("value", "shape"), kind


@pytest.mark.parametrize(
    ("layer", "shape"), list({str(layer): (layer, shape) for layer, _, shape in SLIPS}.values()), ids=str
)
def test_the_layer_itself_passes(layer: Layer, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    assert torch_with(layer, layer, shape, monkeypatch) is None
