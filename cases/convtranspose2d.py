"""Transposed, depthwise and separable convolutions, each field with each other."""

from dataclasses import replace
from typing import Any

from parity.cases import Case, Sweep
from parity.cases.shipped import DILATED_AUTO_PAD
from parity.cases.shipped_spatial import GROUPED_TRANSPOSE, NEGATIVE_CUT, SPLIT_CUT
from parity.layers import ConvTranspose2D, DepthwiseConv2D, SeparableConv2D

ONE = "a single pixel: height and width are both 1"
SCALES = [1.0, 1e-3, 1e3, 1e6]
MEANS = [0.0, 100.0]
PADDINGS = {
    "padding0": 0,
    "padding1": 1,
    "padding-same": "same",
    "padding-valid": "valid",
    "padding-four-sides": ((2, 1), (0, 3)),
}


def transposed(
    kernel: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int, bias: bool, batch: int
) -> Any:
    layer = ConvTranspose2D(4, 8, kernel, stride, padding, output_padding, dilation, groups, bias)
    return layer, (batch, 4, 6, 9)


def depthwise(kernel: Any, stride: Any, padding: Any, dilation: Any, multiplier: int, bias: bool, batch: int) -> Any:
    return DepthwiseConv2D(3, kernel, stride, padding, dilation, multiplier, bias), (batch, 3, 11, 19)


def separable(
    kernel: Any, stride: Any, padding: Any, dilation: Any, multiplier: int, bias: bool, batch: int, out: int
) -> Any:
    return SeparableConv2D(3, out, kernel, stride, padding, dilation, multiplier, bias), (batch, 3, 10, 17)


COMMON: dict[str, Any] = {"bias": [True, False], "scale": SCALES, "mean": MEANS, "batch": [2, 1]}
WINDOWS: dict[str, Any] = {
    "kernel": [3, 2, (5, 2), 1],
    "stride": [1, 2, (1, 3)],
    "padding": PADDINGS,
    "dilation": [1, 2, (1, 3)],
    "multiplier": [1, 2, 3],
    **COMMON,
}

CASES = [
    *Sweep(
        "convtranspose2d",
        transposed,
        {
            "kernel": [3, 2, (5, 2), 4, 1],
            "stride": [2, 1, (1, 3), 3],
            "padding": PADDINGS,
            "output_padding": [0, 1, (0, 2)],
            "dilation": [1, 2, (1, 3)],
            "groups": [1, 2, 4],
            **COMMON,
        },
        unless=[
            lambda stride, output_padding: (
                (output_padding == 1 and stride in (1, (1, 3))) or (output_padding == (0, 2) and stride in (1, 2))
            ),
            lambda padding, output_padding: isinstance(padding, str) and output_padding != 0,
        ],
    ),
    Case("convtranspose2d/in3-out5", ConvTranspose2D(3, 5, 4, stride=2, padding=1), (2, 3, 7, 9)),
    Case("convtranspose2d/64to16", ConvTranspose2D(64, 16, 4, stride=2, padding=1), (1, 64, 2, 3), quick=False),
    Case("convtranspose2d/one-pixel", ConvTranspose2D(4, 6, (3, 5)), (2, 4, 1, 1), equal_sizes=ONE),
    *Sweep("depthwiseconv2d", depthwise, WINDOWS),
    Case("depthwiseconv2d/32", DepthwiseConv2D(32, 3, padding=1), (2, 32, 9, 8), quick=False),
    *Sweep("separableconv2d", separable, {**WINDOWS, "out": [20, 3]}),
    Case("separableconv2d/16to32", SeparableConv2D(16, 32, 3, padding="same", bias=False), (2, 16, 9, 8), quick=False),
]


def said_same_and_dilated() -> tuple[str, ...]:
    """The cases in which torch is told "same" and a dilation: it takes none with a stride."""
    layers = [(c.name, c.model) for c in CASES if isinstance(c.model, DepthwiseConv2D | SeparableConv2D)]
    return tuple(name for name, x in layers if x.padding == "same" and x.stride == 1 and x.dilation != 1)


KNOWN = [
    replace(
        GROUPED_TRANSPOSE,
        cases="convtranspose2d/*",
        routes=("torch>reference", "torchscript>reference", "definition>reference"),
    ),
    replace(NEGATIVE_CUT, cases="convtranspose2d/*"),
    replace(SPLIT_CUT, cases="convtranspose2d/*"),
    replace(DILATED_AUTO_PAD, cases=said_same_and_dilated()),
]
