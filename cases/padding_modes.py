"""Convolutions that pad otherwise than with zeros or in front alone, averages with a divisor of their own, BatchNorm without statistics."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import Case, KnownDivergence, Sweep
from parity.cases.shipped import OVERWRITTEN_STATISTICS
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

#: What ceil_mode makes of padding has cases of its own.
PADDED_CEIL = [lambda padding, ceil: ceil and padding != 0]

# fmt: off
EVERY: list[Case] = [
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
    Case("conv1d/causal/groups2", Conv1D(4, 6, 3, padding="causal", groups=2), (2, *SIGNAL), quick=False),
    Case("conv1d/causal/replicate", Conv1D(4, 6, 3, padding="causal", padding_mode="replicate"), (2, *SIGNAL), quick=False),
    *Sweep("avgpool2d/divided", divided(AvgPool2D, IMAGE), {
        "divisor": [5, 1, 7], "kernel": [3, 2, (1, 3)], "stride": [None, 1, 2], "padding": {"": 0, "pad1": (0, 1), "same": "same"},
        "ceil": [False, True], "include": {"": True, "exclude-pad": False}, **NUMBERS,
    }, unless=PADDED_CEIL),
    *Sweep("avgpool3d/divided", divided(AvgPool3D, VOLUME), {
        "divisor": [5, 1, 7], "kernel": [2, (1, 3, 2)], "stride": [None, 1, 2], "padding": {"": 0, "pad1": (0, 1, 1), "same": "same"},
        "ceil": [False, True], "include": {"": True, "exclude-pad": False}, **NUMBERS,
    }, unless=PADDED_CEIL),
    # Here the divisor is what it would be anyway.
    Case("avgpool2d/divided-by-nine", AvgPool2D(3, divisor_override=9), (2, *IMAGE)),
    Case("avgpool3d/divided-by-eight", AvgPool3D(2, divisor_override=8), (2, *VOLUME)),
    *Sweep("batchnorm1d/untracked", untracked(BatchNorm1D, (13,)), STATISTICS),
    *Sweep("batchnorm2d/untracked", untracked(BatchNorm2D, (7, 9)), STATISTICS),
    *Sweep("batchnorm3d/untracked", untracked(BatchNorm3D, (7, 6, 8)), STATISTICS),
    Case("batchnorm1d/untracked/features", BatchNorm1D(5, track_running_stats=False), (11, 5), quick=False),
    Case("batchnorm2d/untracked/one", BatchNorm2D(5, track_running_stats=False), (1, 5, 7, 9), quick=False),
]
# fmt: on


#: BatchNorms without statistics whose gamma is ones or beta zeros, as the placeholders of the statistics are.
FILLED_UP = tuple(f"batchnorm?d/untracked/*{word}*" for word in ("not-affine", "no-bias", "no-gamma"))

#: Both exporters of torch write the same operator.
DIVISOR_LEFT_OUT: dict[str, Any] = dict(
    cases=("avgpool2d/divided/*", "avgpool3d/divided/*"),
    kind="value",
    script="exporters_divisor_override.py",
    reason="torch's exporters leave out the divisor_override of an average pool, without a word",
    evidence=(
        "torch.nn.AvgPool2d(3, padding=1, divisor_override=7) of 2x3x11x14: both exported files are off by 0.26 in ONNX Runtime 1.32, and "
        "right to 1.2e-7 once multiplied by 9 / 7. aten_avg_pool2d and aten_avg_pool3d in onnxscript 0.7.2 (torch_lib/ops/nn.py) read "
        "the argument and say 'TODO'; avg_pool in symbolic_opset10.py of torch 2.13 takes it and never uses it"
    ),
    link="https://github.com/pytorch/pytorch/issues/105349",
)

# Signals and volumes are computed as images are: the quick set has the usual one of each.
AS_IMAGES = ("conv1d/padded", "conv3d", "avgpool3d", "batchnorm1d", "batchnorm3d")
CASES = [
    replace(case, quick=case.quick and (case.name.endswith("/base") or not case.name.startswith(AS_IMAGES)))
    for case in EVERY
]

KNOWN = [
    KnownDivergence(routes="torch>*", versions={"onnxscript": "<=0.7.2"}, **DIVISOR_LEFT_OUT),
    KnownDivergence(routes="torchscript>*", versions={"torch": "<=2.14.1"}, **DIVISOR_LEFT_OUT),
    replace(OVERWRITTEN_STATISTICS, cases=FILLED_UP, routes="definition>ort"),
]
