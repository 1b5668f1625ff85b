"""One block each of more families that people ship, beside those of ``cases/networks.py`` and ``cases/blocks.py``: convolutions and their wiring."""

from collections.abc import Iterator
from dataclasses import replace

from parity.axes import Shape
from parity.cases import Case, Graph, Network
from parity.cases.shipped_spatial import ROUNDED_SCALES
from parity.layers import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    ChannelShuffle,
    Concatenate,
    Conv2D,
    ConvTranspose2D,
    DepthwiseConv2D,
    HardSigmoid,
    HardSwish,
    Layer,
    MaxPool2D,
    Mean,
    Multiply,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Slice,
    Upsample,
)

from .blocks import cases

Nodes = dict[str, tuple[Layer | str, *tuple[str, ...]]]


def normed(name: str, reads: str, conv: Conv2D | DepthwiseConv2D, activation: Layer | None = None) -> Nodes:
    """A convolution, its normalisation, and an activation where there is one; the last of them has the name itself."""
    norm = BatchNorm2D(conv.in_channels if isinstance(conv, DepthwiseConv2D) else conv.out_channels)
    if activation is None:
        return {f"{name}_conv": (conv, reads), name: (norm, f"{name}_conv")}
    return {
        f"{name}_conv": (conv, reads),
        f"{name}_norm": (norm, f"{name}_conv"),
        name: (activation, f"{name}_norm"),
    }


def one(inside: int, outside: int, **how: int | bool) -> Conv2D:
    """A convolution of one pixel without a bias."""
    return Conv2D(inside, outside, 1, bias=False, **how)


def depthwise(channels: int, kernel: int = 3, stride: int = 1) -> DepthwiseConv2D:
    """A convolution of each channel by itself, without a bias, that keeps the size but for its stride."""
    return DepthwiseConv2D(channels, kernel, stride=stride, padding=kernel // 2, bias=False)


def gated(reads: str, channels: int, narrow: int, gate: Layer) -> Nodes:
    """Squeeze and excitation: each channel times a gate that all places of all channels decide; its output is ``excite``."""
    return {
        "squeeze": (Mean("hw", keepdims=True), reads),
        "narrow": (Conv2D(channels, narrow, 1), "squeeze"),
        "narrow_relu": (ReLU(), "narrow"),
        "widen": (Conv2D(narrow, channels, 1), "narrow_relu"),
        "gate": (gate, "widen"),
        "excite": (Multiply(), reads, "gate"),
    }


# ShuffleNetV2's unit (Ma et al. 2018): half of the channels go round, then both halves are shuffled.
SHUFFLE = Graph(
    left=(Slice("c", 0, 6), "input"),
    right=(Slice("c", 6), "input"),
    **normed("first", "right", one(6, 6), ReLU()),
    **normed("middle", "first", depthwise(6)),
    **normed("last", "middle", one(6, 6), ReLU()),
    join=(Concatenate(), "left", "last"),
    shuffle=(ChannelShuffle(2), "join"),
)

# The one that halves the image: both ways read all channels.
SHUFFLE_DOWN = Graph(
    **normed("round", "input", depthwise(12, stride=2)),
    **normed("left", "round", one(12, 10), ReLU()),
    **normed("first", "input", one(12, 10), ReLU()),
    **normed("middle", "first", depthwise(10, stride=2)),
    **normed("last", "middle", one(10, 10), ReLU()),
    join=(Concatenate(), "left", "last"),
    shuffle=(ChannelShuffle(2), "join"),
)

# MobileNetV2's block as it is shipped (Sandler et al. 2018), with ReLU6 and a stride, so that nothing is added.
MOBILENETV2 = Graph(
    **normed("expand", "input", one(6, 18), ReLU6()),
    **normed("depthwise", "expand", depthwise(18, stride=2), ReLU6()),
    **normed("project", "depthwise", one(18, 10)),
)

# MobileNetV3's (Howard et al. 2019): hard swish, and a hard sigmoid as the gate.
MOBILENETV3 = Graph(
    **normed("expand", "input", one(6, 18), HardSwish()),
    **normed("depthwise", "expand", depthwise(18, 5), HardSwish()),
    **gated("depthwise", 18, 5, HardSigmoid()),
    **normed("project", "excite", one(18, 6)),
    add=(Add(), "project", "input"),
)

# RegNetY's (Radosavovic et al. 2020): groups of a fixed width at the 3x3 convolution, and a gate behind it.
REGNET = Graph(
    **normed("reduce", "input", one(10, 24), ReLU()),
    **normed("grouped", "reduce", Conv2D(24, 24, 3, stride=2, padding=1, groups=3, bias=False), ReLU()),
    **gated("grouped", 24, 5, Sigmoid()),
    **normed("expand", "excite", one(24, 24)),
    **normed("shortcut", "input", one(10, 24, stride=2)),
    add=(Add(), "expand", "shortcut"),
    relu=(ReLU(), "add"),
)

# GhostNet's module twice (Han et al. 2020): half of the channels by a convolution, the other half from them, each by itself.
GHOST = Graph(
    **normed("primary1", "input", one(6, 10), ReLU()),
    **normed("cheap1", "primary1", depthwise(10), ReLU()),
    ghost1=(Concatenate(), "primary1", "cheap1"),
    **normed("primary2", "ghost1", one(20, 3)),
    **normed("cheap2", "primary2", depthwise(3)),
    ghost2=(Concatenate(), "primary2", "cheap2"),
    add=(Add(), "ghost2", "input"),
)

# Inception-v3's module with factorised convolutions (Szegedy et al. 2016), its pool an average that leaves the padding out.
INCEPTION_V3 = Graph(
    **normed("one", "input", one(10, 5), ReLU()),
    **normed("reduce", "input", one(10, 6), ReLU()),
    **normed("row", "reduce", Conv2D(6, 6, (1, 7), padding=(0, 3), bias=False), ReLU()),
    **normed("column", "row", Conv2D(6, 8, (7, 1), padding=(3, 0), bias=False), ReLU()),
    pool=(AvgPool2D(3, stride=1, padding=1, count_include_pad=False), "input"),
    **normed("project", "pool", one(10, 4), ReLU()),
    join=(Concatenate(), "one", "column", "project"),
)

# Two levels of a U-Net (Ronneberger et al. 2015), padded so that sizes stay: the skip comes first, then what was scaled up.
UNET = Graph(
    down=(Conv2D(3, 8, 3, padding=1), "input"),
    down_relu=(ReLU(), "down"),
    pool=(MaxPool2D(2), "down_relu"),
    bottom=(Conv2D(8, 16, 3, padding=1), "pool"),
    bottom_relu=(ReLU(), "bottom"),
    up=(ConvTranspose2D(16, 8, 2, stride=2), "bottom_relu"),
    join=(Concatenate(), "down_relu", "up"),
    merge=(Conv2D(16, 8, 3, padding=1), "join"),
    merge_relu=(ReLU(), "merge"),
    classes=(Conv2D(8, 5, 1), "merge_relu"),
)

# The same, scaled up by interpolation to the size of the skip, as it is written for sizes that do not halve.
UNET_RESIZED = Graph(
    down=(Conv2D(3, 8, 3, padding=1), "input"),
    down_relu=(ReLU(), "down"),
    pool=(MaxPool2D(2), "down_relu"),
    bottom=(Conv2D(8, 16, 3, padding=1), "pool"),
    bottom_relu=(ReLU(), "bottom"),
    up=(Upsample(size=(13, 21), mode="bilinear"), "bottom_relu"),
    join=(Concatenate(), "down_relu", "up"),
    merge=(Conv2D(24, 5, 3, padding=1), "join"),
)

# A feature pyramid (Lin et al. 2017): from the top down each level is scaled up and added. Its three outputs are joined, each at the finest size.
PYRAMID = Graph(
    level1=(Conv2D(3, 6, 3, padding=1), "input"),
    level1_relu=(ReLU(), "level1"),
    level2=(Conv2D(6, 8, 3, stride=2, padding=1), "level1_relu"),
    level2_relu=(ReLU(), "level2"),
    level3=(Conv2D(8, 10, 3, stride=2, padding=1), "level2_relu"),
    level3_relu=(ReLU(), "level3"),
    lateral1=(Conv2D(6, 5, 1), "level1_relu"),
    lateral2=(Conv2D(8, 5, 1), "level2_relu"),
    lateral3=(Conv2D(10, 5, 1), "level3_relu"),
    up3=(Upsample(scale_factor=2), "lateral3"),
    top2=(Add(), "lateral2", "up3"),
    up2=(Upsample(scale_factor=2), "top2"),
    top1=(Add(), "lateral1", "up2"),
    smooth1=(Conv2D(5, 5, 3, padding=1), "top1"),
    smooth2=(Conv2D(5, 5, 3, padding=1), "top2"),
    smooth3=(Conv2D(5, 5, 3, padding=1), "lateral3"),
    fine2=(Upsample(scale_factor=2), "smooth2"),
    fine3=(Upsample(scale_factor=4), "smooth3"),
    join=(Concatenate(), "smooth1", "fine2", "fine3"),
)

# The head of a detector (RetinaNet, Lin et al. 2017), one for every level: one layer, called twice with the same weights.
SHARED_HEAD = Graph(
    left=(Conv2D(6, 8, 3, padding=1), "input"),
    right=(Conv2D(6, 8, 1), "input"),
    head=(Conv2D(8, 8, 3, padding=1), "left"),
    head_relu=(ReLU(), "head"),
    head_again=("head", "right"),
    again_relu=(ReLU(), "head_again"),
    scores=(Conv2D(8, 5, 1), "head_relu"),
    scores_again=("scores", "again_relu"),
    join=(Concatenate(), "scores", "scores_again"),
)

# One residual step taken three times with the same weights, as recurrent residual networks do it, its normalisation shared too.
RECURRENT = Graph(
    conv=(Conv2D(6, 6, 3, padding=1, bias=False), "input"),
    norm=(BatchNorm2D(6), "conv"),
    step1=(Add(), "norm", "input"),
    conv2=("conv", "step1"),
    norm2=("norm", "conv2"),
    step2=(Add(), "norm2", "step1"),
    conv3=("conv", "step2"),
    norm3=("norm", "conv3"),
    step3=(Add(), "norm3", "step2"),
    relu=(ReLU(), "step3"),
)

# Spatial pyramid pooling as YOLO has it (SPPF): the same pool three times, each behind the last; SiLU behind every normalisation.
SPPF = Graph(
    **normed("reduce", "input", one(12, 6), SiLU()),
    pool1=(MaxPool2D(5, stride=1, padding=2), "reduce"),
    pool2=("pool1", "pool1"),
    pool3=("pool1", "pool2"),
    join=(Concatenate(), "reduce", "pool1", "pool2", "pool3"),
    **normed("expand", "join", one(24, 12), SiLU()),
)

# Atrous spatial pyramid pooling (DeepLabV3, Chen et al. 2017): dilated convolutions beside one number for the whole image.
ASPP = Graph(
    **normed("near", "input", one(8, 5), ReLU()),
    **normed("middle", "input", Conv2D(8, 5, 3, padding=2, dilation=2, bias=False), ReLU()),
    **normed("far", "input", Conv2D(8, 5, 3, padding=4, dilation=4, bias=False), ReLU()),
    whole=(Mean("hw", keepdims=True), "input"),
    **normed("image", "whole", one(8, 5), ReLU()),
    everywhere=(Upsample(size=(11, 14), mode="bilinear"), "image"),
    join=(Concatenate(), "near", "middle", "far", "everywhere"),
    **normed("project", "join", one(20, 6), ReLU()),
)


def dear(name: str, network: Network, shape: Shape) -> Iterator[Case]:
    """The same for the full set alone: their exports take ten seconds."""
    return (replace(case, quick=False) for case in cases(name, network, shape))


CASES = [
    *cases("shufflenet_unit", SHUFFLE, (2, 12, 11, 14)),
    Case("shufflenet_unit/down", SHUFFLE_DOWN, (2, 12, 11, 14), quick=False),
    Case("shufflenet_unit/down-even", SHUFFLE_DOWN, (2, 12, 10, 14), quick=False),
    *cases("mobilenetv2_block", MOBILENETV2, (2, 6, 11, 14)),
    Case("mobilenetv2_block/even", MOBILENETV2, (2, 6, 10, 14), quick=False),
    *dear("mobilenetv3_block", MOBILENETV3, (2, 6, 11, 14)),
    *dear("regnet_block", REGNET, (2, 10, 11, 14)),
    Case("regnet_block/even", REGNET, (2, 10, 12, 14), quick=False),
    *dear("ghost_block", GHOST, (2, 6, 11, 14)),
    *dear("inception_v3_block", INCEPTION_V3, (2, 10, 11, 14)),
    *cases("unet", UNET, (2, 3, 12, 20)),
    Case("unet/resized", UNET_RESIZED, (2, 3, 13, 21)),
    *dear("feature_pyramid", PYRAMID, (2, 3, 12, 20)),
    *cases("shared_head", SHARED_HEAD, (2, 6, 11, 14)),
    Case("shared_head/other-batches", SHARED_HEAD, (2, 6, 11, 14), batches=(1, 5)),
    *cases("recurrent_residual", RECURRENT, (2, 6, 11, 14)),
    *dear("sppf", SPPF, (2, 12, 11, 14)),
    *dear("aspp", ASPP, (2, 8, 11, 14)),
]

# What the sizes of two branches differ by shows where they are joined: there both runtimes refuse the file.
KNOWN = [replace(ROUNDED_SCALES, cases="unet/resized", says="Inferred=20 Declared=21")]
