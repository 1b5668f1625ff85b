"""Convolutions, pools and BatchNorm over one place (signals) and three (volumes); those over two have files of their own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
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

SIGNAL = (3, 21)
VOLUME = (3, 7, 9, 8)

#: Of every family.
NUMBERS: Mapping[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0], "batch": [2, 1]}

CONVOLUTION: Mapping[str, Any] = {
    "out": [6, 1, 4],
    "dilation": [1, 2],
    "groups": [1, 2],
    "bias": [True, False],
    **NUMBERS,
}
ODD_GROUPS = [lambda groups, out: out % groups != 0]

POOL: Mapping[str, Any] = {
    "stride": {"": None, "stride1": 1, "stride3": 3},
    "ceil": [False, True],
    **NUMBERS,
}
AVERAGE: Mapping[str, Any] = {"include": {"": True, "exclude-pad": False}, **POOL}
CEIL_OF_SAME = [lambda padding, ceil: padding == "same" and ceil]


def convolution(layer: Callable[..., Layer], places: Shape) -> Callable[..., Made]:
    def made(
        kernel: Any, stride: Any, padding: Any, dilation: int, groups: int, bias: bool, out: int, batch: int
    ) -> Made:
        channels = 5 if groups == 1 else 4
        how = dict(stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)
        return layer(channels, out, kernel, **how), (batch, channels, *places)

    return made


def pool(layer: Callable[..., Layer], shape: Shape) -> Callable[..., Made]:
    def made(kernel: Any, stride: Any, padding: Any, ceil: bool, batch: int) -> Made:
        return layer(kernel, stride, padding, ceil), (batch, *shape)

    return made


def average(layer: Callable[..., Layer], shape: Shape) -> Callable[..., Made]:
    def made(kernel: Any, stride: Any, padding: Any, ceil: bool, include: bool, batch: int) -> Made:
        return layer(kernel, stride, padding, ceil, include), (batch, *shape)

    return made


# fmt: off
EVERY: list[Case] = [
    *Sweep("conv1d", convolution(Conv1D, (21,)), {
        "kernel": [3, 1, 2, 7],
        "stride": [1, 2, 3],
        "padding": {"": 0, "pad1": 1, "same": "same", "valid": "valid", "pad-one-side": ((0, 2),)},
        **CONVOLUTION,
    }, unless=ODD_GROUPS),
    *Sweep("conv1d/long", lambda size: (Conv1D(3, 4, 3, padding=1), (2, 3, size)), {"size": [22, 37, 199]}),
    *Sweep("conv3d", convolution(Conv3D, VOLUME[1:]), {
        "kernel": [3, 1, (1, 2, 3)],
        "stride": [1, 2, (2, 1, 1)],
        "padding": {"": 0, "pad1": 1, "same": "same", "pad-six-sides": ((0, 1), (1, 0), (1, 1))},
        **CONVOLUTION,
    }, unless=ODD_GROUPS),
    *Sweep("maxpool1d", pool(MaxPool1D, SIGNAL), {
        "kernel": [2, 3, 5], "padding": {"": 0, "pad1": 1, "same": "same"}, **POOL,
    }, unless=CEIL_OF_SAME),
    *Sweep("avgpool1d", average(AvgPool1D, SIGNAL), {
        "kernel": [2, 3, 5], "padding": {"": 0, "pad1": 1, "same": "same"}, **AVERAGE,
    }, unless=CEIL_OF_SAME),
    *Sweep("maxpool3d", pool(MaxPool3D, VOLUME), {
        "kernel": [2, 3, (1, 3, 2)], "padding": {"": 0, "pad0x1x1": (0, 1, 1), "same": "same"}, **POOL,
    }, unless=CEIL_OF_SAME),
    Case("maxpool3d/ceil-of-stride-one", MaxPool3D(2, stride=1, padding=(0, 1, 1), ceil_mode=True), (2, *VOLUME), quick=False),
    *Sweep("avgpool3d", average(AvgPool3D, VOLUME), {
        "kernel": [2, 3, (1, 3, 2)], "padding": {"": 0, "pad0x1x1": (0, 1, 1), "same": "same"}, **AVERAGE,
    }, unless=CEIL_OF_SAME),
    *Sweep("batchnorm1d", lambda eps, affine, shape, batch: (BatchNorm1D(shape[0], eps, affine), (batch, *shape)), {
        "shape": {"": (5, 13), "features": (5,), "long": (3, 199)},
        "eps": [1e-5, 1e-3],
        "affine": [True, False],
        **NUMBERS, "batch": [4, 1],
    }),
    *Sweep("batchnorm3d", lambda channels, eps, affine, batch: (BatchNorm3D(channels, eps, affine), (batch, channels, *VOLUME[1:])), {
        "channels": [3, 1, 5],
        "eps": [1e-5, 1e-3],
        "affine": [True, False],
        **NUMBERS, "batch": [2, 4],
    }),
    Case("batchnorm3d/one", BatchNorm3D(5), (1, 5, 7, 9, 8), quick=False),
    *Sweep("batchnorm1d/training", lambda momentum, affine, shape: (BatchNorm1D(5, 1e-5, affine, momentum), shape), {
        "momentum": [0.1, 0.9], "affine": [True, False], "shape": {"": (4, 5, 13), "features": (11, 5)}, "mode": {"": "training", "inference": "inference"},
    }),
    *Sweep("batchnorm3d/training", lambda momentum, affine: (BatchNorm3D(3, 1e-5, affine, momentum), (2, *VOLUME)), {
        "momentum": [0.1, 0.9], "affine": [True, False], "mode": {"": "training", "inference": "inference"},
    }),
    Case("batchnorm1d/unbiased", BatchNorm1D(5, unbiased=True), (4, 5, 13), mode="training", quick=False),
    Case("batchnorm1d/unbiased-features", BatchNorm1D(5, unbiased=True), (11, 5), mode="training"),
    Case("batchnorm3d/unbiased", BatchNorm3D(3, unbiased=True), (2, *VOLUME), mode="training"),
]

# Signals and volumes are computed as images are: the quick set has the usual one of each.
CASES = [replace(case, quick=case.quick and case.name.endswith(("/base", "/unbiased"))) for case in EVERY]
