"""Convolutions, pools and BatchNorm over one place (signals) and three (volumes); those over two have files of their own."""

from typing import Any

from parity.axes import Shape
from parity.cases import Case, Sweep
from parity.layers import (
    AvgPool1D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm3D,
    Conv1D,
    Conv3D,
    Layer,
    MaxPool1D,
    MaxPool3D,
)

Made = tuple[Layer, Shape]

SIGNAL = (2, 3, 21)
VOLUME = (2, 3, 7, 9, 8)


def conv1d(kernel: int, stride: int, padding: Any, dilation: int, groups: int, bias: bool, size: int) -> Made:
    channels = 3 if groups == 1 else 4
    layer = Conv1D(channels, 6, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)
    return layer, (2, channels, size)


def conv3d(kernel: Any, stride: Any, padding: Any, dilation: int, groups: int, bias: bool) -> Made:
    channels = 3 if groups == 1 else 4
    layer = Conv3D(channels, 6, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)
    return layer, (2, channels, *VOLUME[2:])


# fmt: off
CASES: list[Case] = [
    *Sweep("conv1d", conv1d, {
        "kernel": [3, 1, 2, 7],
        "stride": [1, 2, 3],
        "padding": {"pad0": 0, "pad1": 1, "same": "same", "valid": "valid", "pad-one-side": ((0, 2),)},
        "dilation": [1, 2],
        "groups": [1, 2],
        "bias": [True, False],
        "size": [21, 22, 37],
        "scale": [1.0, 1e-3, 1e6],
    }),
    *Sweep("conv3d", conv3d, {
        "kernel": [3, 1, (1, 2, 3)],
        "stride": [1, 2, (2, 1, 1)],
        "padding": {"pad0": 0, "pad1": 1, "same": "same", "pad-six-sides": ((0, 1), (1, 0), (1, 1))},
        "dilation": [1, 2],
        "groups": [1, 2],
        "bias": [True, False],
    }),
    *Sweep("maxpool1d", lambda kernel, stride, padding, ceil: (MaxPool1D(kernel, stride, padding, ceil), SIGNAL), {
        "kernel": [2, 3, 5],
        "stride": {"": None, "stride1": 1, "stride3": 3},
        "padding": {"pad0": 0, "pad1": 1, "same": "same"},
        "ceil": [False, True],
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("avgpool1d", lambda kernel, stride, padding, ceil, include: (AvgPool1D(kernel, stride, padding, ceil, include), SIGNAL), {
        "kernel": [2, 3, 5],
        "stride": {"": None, "stride1": 1, "stride3": 3},
        "padding": {"pad0": 0, "pad1": 1, "same": "same"},
        "ceil": [False, True],
        "include": {"": True, "exclude-pad": False},
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("maxpool3d", lambda kernel, stride, padding, ceil: (MaxPool3D(kernel, stride, padding, ceil), VOLUME), {
        "kernel": [2, 3, (1, 3, 2)],
        "stride": {"": None, "stride1": 1, "stride3": 3},
        "padding": {"pad0": 0, "pad0x1x1": ((0, 0), (1, 1), (1, 1)), "same": "same"},
        "ceil": [False, True],
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("avgpool3d", lambda kernel, stride, padding, ceil, include: (AvgPool3D(kernel, stride, padding, ceil, include), VOLUME), {
        "kernel": [2, 3, (1, 3, 2)],
        "stride": {"": None, "stride1": 1, "stride3": 3},
        "padding": {"pad0": 0, "pad0x1x1": ((0, 0), (1, 1), (1, 1)), "same": "same"},
        "ceil": [False, True],
        "include": {"": True, "exclude-pad": False},
    }, unless=[lambda padding, ceil: padding == "same" and ceil]),
    *Sweep("batchnorm1d", lambda eps, affine, shape: (BatchNorm1D(shape[1], eps=eps, affine=affine), shape), {
        "shape": {"": (4, 5, 13), "features": (7, 5), "long": (2, 3, 199)},
        "eps": [1e-5, 1e-3],
        "affine": [True, False],
        "mean": [0.0, 30.0],
    }),
    *Sweep("batchnorm3d", lambda eps, affine: (BatchNorm3D(3, eps=eps, affine=affine), VOLUME), {
        "eps": [1e-5, 1e-3],
        "affine": [True, False],
        "mean": [0.0, 30.0],
    }),
]
