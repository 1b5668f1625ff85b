"""What pads, crops, resizes, pools over everything, normalises and convolves transposed, over one place (signals) and three (volumes)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parity.axes import Shape
from parity.cases import Case, Sweep
from parity.cases.shipped import CENTRED_CEIL, DILATED_AUTO_PAD, SCALED_UP
from parity.cases.shipped_spatial import (
    BROKEN_CORNERS,
    CIRCULAR_CUT,
    GROUPED_TRANSPOSE,
    LARGEST_OF_NO_IMAGE,
    NEGATIVE_CUT,
    NEGATIVE_PAD,
)
from parity.layers import (
    AdaptiveAvgPool1D,
    AdaptiveAvgPool3D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool3D,
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
    LPPool2D,
    LPPool3D,
    Pad1D,
    Pad3D,
    SeparableConv1D,
    Upsample,
)

SIGNAL = (3, 21)
IMAGE = (3, 7, 11)
VOLUME = (3, 7, 5, 6)

NUMBERS: dict[str, Any] = {"scale": [1.0, 1e-3, 1e3, 1e6], "mean": [0.0, 100.0], "batch": [2, 1]}
MODES = {mode: mode for mode in ("constant", "reflect", "replicate", "circular", "symmetric")}
NO_VALUE = [lambda how, value: how != "constant" and value != 0]
EXTENDED_WORD = [lambda padding, output_padding: isinstance(padding, str) and output_padding != 0]
SAME_BATCH = [lambda size, batch: batch in size]

Make = Callable[..., tuple[Layer, Shape]]


def pool(layer: Callable[[bool], Layer], channels: int = 5) -> Make:
    return lambda keepdims, size, batch: (layer(keepdims), (batch, channels, *size))


def adaptive(layer: Callable[[Any], Layer], shape: Shape) -> Make:
    return lambda output_size, batch: (layer(output_size), (batch, *shape))


def power(layer: Callable[..., Layer], shape: Shape) -> Make:
    def made(p: int, kernel: Any, stride: Any, padding: Any, ceil_mode: bool, batch: int) -> tuple[Layer, Shape]:
        return layer(p, kernel, stride, padding, ceil_mode), (batch, *shape)

    return made


def partial(layer: Callable[..., Layer], shape: Shape) -> Make:
    return lambda p, kernel, stride, batch: (layer(p, kernel, stride, ceil_mode=True, scaled=True), (batch, *shape))


def whole_power(layer: Callable[[int, bool], Layer], shape: Shape) -> Make:
    return lambda p, keepdims, batch: (layer(p, keepdims), (batch, *shape))


def pad(layer: Callable[..., Layer], shape: Shape) -> Make:
    return lambda padding, how, value, batch: (layer(padding, how, value), (batch, *shape))


def crop(layer: Callable[[Any], Layer], shape: Shape) -> Make:
    return lambda cropping, batch: (layer(cropping), (batch, *shape))


def norm(layer: Callable[..., Layer], places: Shape) -> Make:
    return lambda channels, eps, affine, batch: (layer(channels, eps, affine), (batch, channels, *places))


def transposed(layer: Callable[..., Layer], places: Shape) -> Make:
    def made(
        kernel: Any, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int, bias: bool, batch: int
    ) -> tuple[Layer, Shape]:
        made = layer(4, 8, kernel, stride, padding, output_padding, dilation, groups, bias)
        return made, (batch, 4, *places)

    return made


def resize(shape: Shape) -> Make:
    return lambda to, how, batch: (Upsample(**to, **how), (batch, *shape))


def depthwise(
    kernel: int, stride: int, padding: Any, dilation: int, multiplier: int, bias: bool, batch: int
) -> tuple[Layer, Shape]:
    return DepthwiseConv1D(3, kernel, stride, padding, dilation, multiplier, bias), (batch, 3, 19)


def separable(
    kernel: int, stride: int, padding: Any, dilation: int, multiplier: int, bias: bool, out: int, batch: int
) -> tuple[Layer, Shape]:
    return SeparableConv1D(3, out, kernel, stride, padding, dilation, multiplier, bias), (batch, 3, 19)


TO_ONE = {
    "by2": {"scale_factor": 2.0},
    "by1.75": {"scale_factor": 1.75},
    "by1.75-recomputed": {"scale_factor": 1.75, "recompute_scale_factor": True},
    "by0.5": {"scale_factor": 0.5},
    "size17": {"size": 17},
    "size7": {"size": (7,)},
}
TO_THREE = {
    "by2": {"scale_factor": 2.0},
    "by1.5": {"scale_factor": 1.5},
    "by2x1x3": {"scale_factor": (2.0, 1.0, 3.0)},
    "size3x5x4": {"size": (3, 5, 4)},
    "size9x7x8": {"size": (9, 7, 8)},
}
NEAREST: dict[str, Any] = {"nearest": {"mode": "nearest"}, "nearest-exact": {"mode": "nearest-exact"}}
LINEAR: dict[str, Any] = {"linear": {"mode": "linear"}, "linear-corners": {"mode": "linear", "align_corners": True}}
TRILINEAR: dict[str, Any] = {
    "trilinear": {"mode": "trilinear"},
    "trilinear-corners": {"mode": "trilinear", "align_corners": True},
}
WINDOWS: dict[str, Any] = {
    "kernel": [3, 2, 5, 1],
    "stride": [1, 2],
    "padding": {"": 0, "pad1": 1, "same": "same", "valid": "valid", "pad-one-side": ((0, 2),)},
    "dilation": [1, 2],
    "multiplier": [1, 2, 3],
    "bias": [True, False],
}

# fmt: off
POOLS = [
    *Sweep("globalavgpool1d", pool(GlobalAvgPool1D), {"keepdims": [False, True], "size": [(21,), (1,), (199,)], **NUMBERS}, unless=SAME_BATCH),
    *Sweep("globalavgpool3d", pool(GlobalAvgPool3D), {"keepdims": [False, True], "size": [(7, 9, 8), (3, 1, 7)], **NUMBERS}, unless=SAME_BATCH),
    *Sweep("globalmaxpool1d", pool(GlobalMaxPool1D), {"keepdims": [False, True], "size": [(21,), (1,), (199,)], **NUMBERS}, unless=SAME_BATCH),
    *Sweep("globalmaxpool3d", pool(GlobalMaxPool3D), {"keepdims": [False, True], "size": [(7, 9, 8), (3, 1, 7)], **NUMBERS}, unless=SAME_BATCH),
    # Of 21: 7 divides, 5 does not, 23 is more than there are.
    *Sweep("adaptiveavgpool1d", adaptive(AdaptiveAvgPool1D, SIGNAL), {"output_size": [7, 5, 23], **NUMBERS}),
    *Sweep("adaptivemaxpool1d", adaptive(AdaptiveMaxPool1D, SIGNAL), {"output_size": [7, 5, 23], **NUMBERS}),
    Case("adaptiveavgpool1d/halves", AdaptiveAvgPool1D(7), (2, 3, 14), quick=False),
    Case("adaptivemaxpool1d/halves", AdaptiveMaxPool1D(7), (2, 3, 14), quick=False),
    *Sweep("adaptiveavgpool3d", adaptive(AdaptiveAvgPool3D, (3, 6, 4, 9)), {"output_size": [(3, 2, 3), (4, 3, 2), (None, 3, 5)], **NUMBERS}),
    *Sweep("adaptivemaxpool3d", adaptive(AdaptiveMaxPool3D, (3, 6, 4, 9)), {"output_size": [(3, 2, 3), (4, 3, 2), (None, 3, 5)], **NUMBERS}),
    *Sweep("lppool1d", power(LPPool1D, SIGNAL), {
        "p": [2, 1, 3], "kernel": [3, 2], "stride": [None, 1, 2], "padding": [0, 1, "same"], "ceil_mode": [False, True], **NUMBERS,
    }, unless=[lambda padding, ceil_mode: padding == "same" and ceil_mode]),
    *Sweep("lppool3d", power(LPPool3D, VOLUME), {
        "p": [2, 1, 3], "kernel": [2, (1, 3, 2)], "stride": [None, 1, 2], "padding": [0, (0, 1, 1), "same"], "ceil_mode": [False, True], **NUMBERS,
    }, unless=[lambda padding, ceil_mode: padding == "same" and ceil_mode]),
    *Sweep("lppool1d/scaled", partial(LPPool1D, (3, 21)), {"p": [2, 1, 3], "kernel": [4, 2], "stride": [None, 3], **NUMBERS}),
    *Sweep("lppool2d/scaled", partial(LPPool2D, IMAGE), {"p": [2, 1, 3], "kernel": [3, 2, (2, 3)], "stride": [None, 2], **NUMBERS}),
    *Sweep("lppool3d/scaled", partial(LPPool3D, VOLUME), {"p": [2, 1, 3], "kernel": [2, (3, 2, 4)], "stride": [None, 2], **NUMBERS}),
    *Sweep("globallppool1d", whole_power(GlobalLPPool1D, SIGNAL), {"p": [2, 1, 3], "keepdims": [False, True], **NUMBERS}),
    *Sweep("globallppool2d", whole_power(GlobalLPPool2D, IMAGE), {"p": [2, 1, 3], "keepdims": [False, True], **NUMBERS}),
    *Sweep("globallppool3d", whole_power(GlobalLPPool3D, VOLUME), {"p": [2, 1, 3], "keepdims": [False, True], **NUMBERS}),
]
EDGES = [
    *Sweep("pad1d", pad(Pad1D, (3, 11)), {
        "padding": {"pad1": 1, "pad2": (2,), "two-sides": ((2, 1),), "negative": ((-1, -2),), "negative-and-positive": ((-3, 4),)},
        "how": MODES, "value": [0.0, 0.1, -3.0], **NUMBERS,
    }, unless=NO_VALUE),
    *Sweep("pad3d", pad(Pad3D, VOLUME), {
        "padding": {"pad1": 1, "pad2x1x0": (2, 1, 0), "six-sides": ((2, 1), (0, 3), (1, 2)), "negative": ((-1, -2), (0, -3), (-1, 0)),
                    "negative-and-positive": ((2, -1), (-2, 2), (0, 1))},
        "how": MODES, "value": [0.0, 0.1, -3.0], **NUMBERS,
    }, unless=NO_VALUE),
    Case("pad1d/circular-most", Pad1D(11, "circular"), (2, 3, 11)),
    Case("pad1d/reflect-most", Pad1D(10, "reflect"), (2, 3, 11)),
    Case("pad1d/one-place", Pad1D(2, "replicate"), (2, 3, 1)),
    *Sweep("cropping1d", crop(Cropping1D, (3, 13)), {
        "cropping": {"crop1": 1, "crop2": (2,), "two-sides": ((2, 1),), "one-side": ((0, 4),), "to-one-place": 6, "nothing": 0}, **NUMBERS,
    }),
    *Sweep("cropping3d", crop(Cropping3D, (3, 7, 9, 5)), {
        "cropping": {"crop1": 1, "crop0x2x1": (0, 2, 1), "six-sides": ((2, 1), (0, 3), (1, 2)), "one-side": ((0, 0), (4, 0), (0, 0)),
                     "to-one-place": (3, 4, 2)}, **NUMBERS,
    }),
]
RESIZED = [
    *Sweep("upsample/signal", resize((3, 10)), {"to": TO_ONE, "how": {**NEAREST, **LINEAR}, **NUMBERS}),
    *Sweep("upsample/volume", resize((3, 6, 10, 4)), {"to": TO_THREE, "how": {**NEAREST, **TRILINEAR}, **NUMBERS}),
    Case("upsample/signal-area", Upsample(size=5, mode="area"), (2, 3, 10)),
    Case("upsample/volume-area", Upsample(size=(3, 10, 2), mode="area"), (2, 3, 6, 10, 4)),
    Case("upsample/volume-area-by0.5", Upsample(scale_factor=0.5, mode="area"), (2, 3, 6, 10, 4)),
    Case("upsample/signal-of-one-place", Upsample(size=5, mode="linear"), (2, 3, 1), quick=False),
]
NORMS = [
    *Sweep("instancenorm1d", norm(InstanceNorm1D, (21,)), {
        "affine": {"not-affine": False, "affine": True, "no-bias": "scale", "no-gamma": "center"}, "channels": [5, 3, 13], "eps": [1e-5, 1e-3], **NUMBERS,
    }),
    *Sweep("instancenorm3d", norm(InstanceNorm3D, (7, 9, 8)), {
        "affine": {"not-affine": False, "affine": True, "no-bias": "scale", "no-gamma": "center"}, "channels": [5, 3], "eps": [1e-5, 1e-3], **NUMBERS,
    }),
    Case("instancenorm1d/training", InstanceNorm1D(5), (2, 5, 21), mode="training"),
    Case("instancenorm3d/training", InstanceNorm3D(5), (2, 5, 7, 9, 8), mode="training"),
]
CONVOLUTIONS = [
    *Sweep("convtranspose1d", transposed(ConvTranspose1D, (9,)), {
        "kernel": [3, 2, 4, 1], "stride": [2, 1, 3], "padding": {"": 0, "pad1": 1, "same": "same", "valid": "valid", "pad-one-side": ((2, 1),)},
        "output_padding": [0, 1, 2], "dilation": [1, 2], "groups": [1, 2, 4], "bias": [True, False], **NUMBERS,
    }, unless=[lambda stride, output_padding: output_padding >= stride, *EXTENDED_WORD]),
    *Sweep("convtranspose3d", transposed(ConvTranspose3D, (3, 5, 6)), {
        "kernel": [3, 2, (1, 3, 2)], "stride": [2, 1, (1, 2, 3)],
        "padding": {"": 0, "pad0x1x1": (0, 1, 1), "same": "same", "valid": "valid", "pad-six-sides": ((0, 1), (1, 0), (1, 1))},
        "output_padding": [0, (0, 1, 1)], "dilation": [1, 2], "groups": [1, 2], "bias": [True, False], **NUMBERS,
    }, unless=[lambda stride, output_padding: output_padding != 0 and stride == 1, *EXTENDED_WORD]),
    Case("convtranspose1d/in3-out5", ConvTranspose1D(3, 5, 4, stride=2, padding=1), (2, 3, 7), quick=False),
    Case("convtranspose3d/in3-out5", ConvTranspose3D(3, 5, 4, stride=2, padding=1), (1, 3, 2, 4, 5)),
    *Sweep("depthwiseconv1d", depthwise, {**WINDOWS, **NUMBERS}),
    Case("depthwiseconv1d/32", DepthwiseConv1D(32, 3, padding=1), (2, 32, 19), quick=False),
    *Sweep("separableconv1d", separable, {**WINDOWS, "out": [20, 4], **NUMBERS}),
    Case("separableconv1d/16to32", SeparableConv1D(16, 32, 3, padding="same", bias=False), (2, 16, 19), quick=False),
]
# fmt: on

# Signals and volumes are computed as images are: the quick set has the usual one of each.
CASES = [replace(case, quick=case.name.endswith("/base")) for case in (*POOLS, *EDGES, *RESIZED, *NORMS, *CONVOLUTIONS)]


def crops(*modes: str) -> tuple[str, ...]:
    """The cases of a pad that crops, in one of these modes."""
    pads = [(case.name, case.model) for case in CASES if isinstance(case.model, Pad1D | Pad3D)]
    return tuple(name for name, layer in pads if "-" in str(layer.padding) and layer.mode in modes)


def said_same_and_dilated() -> tuple[str, ...]:
    """The cases in which torch is told "same" and a dilation: it takes none with a stride."""
    layers = [(c.name, c.model) for c in CASES if isinstance(c.model, DepthwiseConv1D | SeparableConv1D)]
    return tuple(name for name, x in layers if x.padding == "same" and x.stride == 1 and x.dilation != 1)


KNOWN = [
    replace(
        LARGEST_OF_NO_IMAGE,
        cases=("globalmaxpool?d/*", "*/globalmaxpool?d", "adaptivemaxpool3d/*", "*/adaptivemaxpool3d"),
        routes="definition>reference",
    ),
    # Of what is left there are too few axes to join.
    replace(
        LARGEST_OF_NO_IMAGE,
        cases=("adaptivemaxpool1d/*", "*/adaptivemaxpool1d"),
        routes="definition>reference",
        kind="error",
        says="is out of range for input rank",
    ),
    replace(SCALED_UP, cases=("lppool1d/*ceil-mode*", "lppool3d/*ceil-mode*")),
    # What is scaled up is an average.
    replace(
        CENTRED_CEIL,
        cases="lppool?d/scaled/*",
        routes=("torch>reference", "torchscript>reference", "definition>reference"),
    ),
    replace(
        NEGATIVE_PAD,
        cases=crops("constant", "reflect", "replicate", "circular"),
        routes=("torch>reference", "definition>reference"),
    ),
    # TorchScript writes circular padding as slices.
    replace(NEGATIVE_PAD, cases=crops("constant", "reflect", "replicate"), routes="torchscript>reference"),
    replace(CIRCULAR_CUT, cases=("pad1d/negative-and-positive-circular*", "pad3d/negative-and-positive-circular*")),
    # Where nothing is put on either, nothing is left.
    replace(CIRCULAR_CUT, cases="pad3d/negative-circular*", kind="empty"),
    replace(
        GROUPED_TRANSPOSE,
        cases=("convtranspose1d/*", "convtranspose3d/*"),
        routes=("torch>reference", "torchscript>reference", "definition>reference"),
    ),
    replace(NEGATIVE_CUT, cases="convtranspose3d/*"),
    # The dynamo exporter writes sizes there.
    replace(BROKEN_CORNERS, cases="upsample/signal/by1.75-linear-corners*", routes="torchscript>reference"),
    replace(DILATED_AUTO_PAD, cases=said_same_and_dilated()),
]
