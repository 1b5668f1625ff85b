"""Convolutions that pad otherwise than with zeros or in front alone, averages with a divisor of their own, BatchNorm without statistics."""

from collections.abc import Callable
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Sweep
from parity.layers import AvgPool2D, AvgPool3D, BatchNorm1D, BatchNorm2D, BatchNorm3D, Conv1D, Conv2D, Conv3D, Layer

SIGNAL = (4, 21)
IMAGE = (4, 11, 14)
VOLUME = (4, 7, 6, 5)

NUMBERS: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3], "mean": [0.0, 100.0], "batch": [2, 1]}
CONVOLUTION: dict[str, Any] = {
    "padding_mode": {mode: mode for mode in ("reflect", "replicate", "circular", "zeros")},
    "stride": [1, 2],
    "dilation": [1, 2],
    "groups": [1, 2],
    "bias": [True, False],
    **NUMBERS,
}

Made = tuple[Layer, Shape]


def convolution(layer: Callable[..., Layer], shape: Shape) -> Callable[..., Made]:
    def made(
        kernel: Any, stride: int, padding: Any, dilation: int, groups: int, bias: bool, padding_mode: str, batch: int
    ) -> Made:
        made = layer(shape[0], 6, kernel, stride, padding, dilation, groups, bias, padding_mode)
        return made, (batch, *shape)

    return made


def divided(layer: Callable[..., Layer], shape: Shape) -> Callable[..., Made]:
    def made(divisor: int, kernel: Any, stride: Any, padding: Any, ceil: bool, include: bool, batch: int) -> Made:
        return layer(kernel, stride, padding, ceil, include, divisor), (batch, *shape)

    return made


def untracked(layer: Callable[..., Layer], places: Shape) -> Callable[..., Made]:
    def made(eps: float, affine: Any, channels: int) -> Made:
        return layer(channels, eps, affine, track_running_stats=False), (4, channels, *places)

    return made


STATISTICS: dict[str, Any] = {
    "mode": {"inference": "inference", "training": "training"},
    "affine": {"affine": True, "not-affine": False, "no-bias": "scale", "no-gamma": "center"},
    "eps": [1e-5, 1e-3],
    "channels": [5, 3],
    "scale": [1.0, 1e-3, 1e3],
}

# fmt: off
CASES = [
    *Sweep("conv1d/padded", convolution(Conv1D, SIGNAL), {
        "kernel": [3, 2, 5], "padding": {"pad1": 1, "pad2": 2, "same": "same", "pad-one-side": ((0, 2),)}, **CONVOLUTION,
    }),
    *Sweep("conv2d/padded", convolution(Conv2D, IMAGE), {
        "kernel": [3, 2, (5, 2)], "padding": {"pad1": 1, "pad2x1": (2, 1), "same": "same", "pad-four-sides": ((2, 1), (0, 3))}, **CONVOLUTION,
    }),
    *Sweep("conv3d/padded", convolution(Conv3D, VOLUME), {
        "kernel": [3, 2, (1, 2, 3)], "padding": {"pad1": 1, "pad2x1x0": (2, 1, 0), "same": "same", "pad-six-sides": ((0, 1), (1, 0), (1, 1))},
        **CONVOLUTION,
    }),
    # Without padding there is nothing that a mode could say.
    Case("conv2d/padded/valid-circular", Conv2D(4, 6, 3, padding="valid", padding_mode="circular"), (2, *IMAGE)),
    *Sweep("conv1d/causal", lambda kernel, stride, dilation, bias, length: (
        Conv1D(4, 6, kernel, stride, "causal", dilation, bias=bias), (2, 4, length)
    ), {"kernel": [3, 2, 1, 7], "stride": [1, 2, 3], "dilation": [1, 2, 3], "bias": [True, False], "length": [21, 37], "scale": [1.0, 1e3]}),
    Case("conv1d/causal/groups2", Conv1D(4, 6, 3, padding="causal", groups=2), (2, *SIGNAL)),
    Case("conv1d/causal/replicate", Conv1D(4, 6, 3, padding="causal", padding_mode="replicate"), (2, *SIGNAL)),
    *Sweep("avgpool2d/divided", divided(AvgPool2D, IMAGE), {
        "divisor": [3, 1, 9, 7], "kernel": [3, 2, (1, 3)], "stride": [None, 1, 2], "padding": {"": 0, "pad1": (0, 1), "same": "same"},
        "ceil": [False, True], "include": {"": True, "exclude-pad": False}, **NUMBERS,
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("avgpool3d/divided", divided(AvgPool3D, VOLUME), {
        "divisor": [3, 1, 8], "kernel": [2, (1, 3, 2)], "stride": [None, 1, 2], "padding": {"": 0, "pad1": (0, 1, 1), "same": "same"},
        "ceil": [False, True], "include": {"": True, "exclude-pad": False}, **NUMBERS,
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("batchnorm1d/untracked", untracked(BatchNorm1D, (13,)), STATISTICS),
    *Sweep("batchnorm2d/untracked", untracked(BatchNorm2D, (7, 9)), STATISTICS),
    *Sweep("batchnorm3d/untracked", untracked(BatchNorm3D, (7, 6, 8)), STATISTICS),
    Case("batchnorm1d/untracked/features", BatchNorm1D(5, track_running_stats=False), (11, 5)),
    Case("batchnorm2d/untracked/one", BatchNorm2D(5, track_running_stats=False), (1, 5, 7, 9)),
]
