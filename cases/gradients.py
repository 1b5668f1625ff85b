"""What the output of a network changes by: with its input, and with every parameter. Layers, and five networks."""

from dataclasses import replace
from typing import Any

from parity_cases.blocks import DENSE_BLOCK, INVERTED_RESIDUAL, SQUEEZE_EXCITE_CLASSIFIED
from parity_cases.networks import RESIDUAL
from parity_cases.simple_cnn import SMALL, simple_cnn

from parity.axes import Shape
from parity.cases import Case, Graph, Network, Sequential, Sweep
from parity.cases.shipped import CHANNELS_OF_THE_BATCH
from parity.cases.shipped_spatial import GROUPED_TRANSPOSE
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    AdaptiveAvgPool2D,
    AdaptiveMaxPool2D,
    Add,
    Average,
    AvgPool1D,
    AvgPool2D,
    BatchNorm1D,
    BatchNorm2D,
    ChannelShuffle,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose2D,
    Cropping2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupNorm,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    InstanceNorm2D,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    LogSigmoid,
    LogSoftmax,
    LogSumExp,
    LPPool2D,
    Max,
    Maximum,
    MaxPool1D,
    MaxPool2D,
    Mean,
    Min,
    Minimum,
    Mish,
    Multiply,
    Pad2D,
    PixelShuffle,
    PixelUnshuffle,
    PReLU,
    Prod,
    ReLU,
    ReLU6,
    RMSNorm,
    SeparableConv2D,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    SoftShrink,
    Softsign,
    Std,
    Subtract,
    Sum,
    Tanh,
    TanhShrink,
    Threshold,
    UnitNorm,
    Upsample,
    Var,
    VectorNorm,
)
from parity.operators.graph import Node

IMAGE = (2, 6, 10, 13)
SIGNAL = (2, 6, 13)
FEATURES = (4, 37)


def of(name: str, model: Layer | Network, shape: tuple[int, ...] = IMAGE, **more: Any) -> Case:
    """A case of gradients: one for each layer is quick, its variants are for the full set."""
    return Case(f"gradient/{name}", model, shape, mode="gradient", quick="/" not in name, **more)


def merged(layer: Layer) -> Network:
    """Two ways that have one shape, merged; the second is read once more behind, where gradients add up."""
    return Graph(
        left=(Conv2D(6, 4, 3, padding=1), "input"),
        right=(Conv2D(6, 4, 1), "input"),
        merge=(layer, "left", "right"),
        again=(Add(), "merge", "right"),
    )


ACTIVATIONS: tuple[Layer, ...] = (
    ReLU(), ReLU6(), LeakyReLU(), PReLU(6), ELU(), SELU(), CELU(), GELU(), SiLU(), Mish(), Softplus(), Softsign(), Tanh(), TanhShrink(),
    Sigmoid(), LogSigmoid(), HardSigmoid(), HardSwish(), HardTanh(), HardShrink(), SoftShrink(), Threshold(0.1, 0.5), Softmax(), LogSoftmax(), GLU(),
)  # fmt: skip
MERGES: tuple[Layer, ...] = (Add(), Subtract(), Multiply(), Maximum(), Minimum(), Average())
REDUCTIONS = (Sum, Mean, Max, Min, Prod, LogSumExp, Var, Std, VectorNorm)


def hands_back_in_groups(node: Node, shapes: tuple[Shape, ...]) -> bool:
    """Whether the derivative has a transposed convolution whose groups show, or is of one: as many channels in as out hide them."""
    grouped = node.kind in ("Conv", "ConvTranspose") and node.attributes.get("group", 1) > 1
    return grouped and (node.kind == "ConvTranspose" or shapes[0][1] != shapes[1][0])


# fmt: off
CONV2D = Sweep("gradient/conv2d", lambda kernel, stride, padding, dilation, groups, bias: (Conv2D(6, 4, kernel, stride, padding, dilation, groups, bias), IMAGE), {
    "kernel": [3, (2, 3), 1], "stride": [1, 2, (3, 2)], "padding": [0, 1, "same", ((2, 1), (0, 1))], "dilation": [1, 2], "groups": [1, 2],
    "bias": [True, False],
})
CASES = [
    *(replace(case, mode="gradient") for case in CONV2D),
    of("conv1d",                      Conv1D(6, 4, 3, stride=2, padding=1), SIGNAL),
    of("conv3d",                      Conv3D(3, 4, (2, 3, 2), padding=1), (2, 3, 5, 7, 6)),
    of("depthwiseconv2d",             DepthwiseConv2D(6, 3, padding=1)),
    of("depthwiseconv2d/multiplier",  DepthwiseConv2D(6, 3, stride=2, depth_multiplier=2)),
    of("separableconv2d",             SeparableConv2D(6, 4, 3, padding=1)),
    of("convtranspose2d",             ConvTranspose2D(6, 4, 3)),
    of("convtranspose2d/stride-2",    ConvTranspose2D(6, 4, 3, stride=2, padding=1, output_padding=1)),
    of("convtranspose2d/groups",      ConvTranspose2D(6, 4, (3, 2), groups=2)),
    of("convtranspose2d/dilation",    ConvTranspose2D(6, 4, 3, dilation=2)),
    of("linear",                      Linear(37, 10), FEATURES),
    of("linear/no-bias",              Linear(37, 10, bias=False), FEATURES),
    of("linear/behind-flatten",       Sequential(Conv2D(3, 5, 3), Flatten(), Linear(5 * 6 * 7, 10)), (2, 3, 8, 9)),

    *(of(layer.kind, layer) for layer in ACTIVATIONS),
    of("relu/behind-conv",            Sequential(Conv2D(6, 4, 3), ReLU())),
    of("leakyrelu/slope-0.3",         LeakyReLU(0.3)),
    of("prelu/one",                   PReLU()),
    of("elu/alpha-0.5",               ELU(0.5)),
    of("gelu/tanh",                   GELU("tanh")),
    of("sigmoid/scale-10",            Sigmoid(), scale=10.0),
    of("elu/scale-10",                ELU(), scale=10.0),
    of("softmax/features",            Softmax(), FEATURES),
    of("logsoftmax/features",         LogSoftmax(), FEATURES),

    of("batchnorm2d",                 BatchNorm2D(6)),
    of("batchnorm2d/no-affine",       BatchNorm2D(6, affine=False)),
    of("batchnorm2d/mean10",          BatchNorm2D(6), mean=10.0),
    of("batchnorm1d",                 BatchNorm1D(6), SIGNAL),
    of("layernorm",                   LayerNorm("CHW", IMAGE[1:])),
    of("layernorm/channels",          LayerNorm("C", 6)),
    of("layernorm/features",          LayerNorm("F", 37), FEATURES),
    of("groupnorm",                   GroupNorm(3, 6)),
    of("instancenorm2d",              InstanceNorm2D(6, affine=True)),
    of("rmsnorm",                     RMSNorm("C", 6)),
    of("unitnorm",                    UnitNorm()),

    of("maxpool2d",                   MaxPool2D(2)),
    of("maxpool2d/overlapping",       MaxPool2D(3, stride=2, padding=1)),
    of("maxpool2d/ceil-mode",         MaxPool2D(3, stride=2, ceil_mode=True)),
    of("maxpool2d/same",              MaxPool2D(3, stride=2, padding="same")),
    of("maxpool2d/behind-conv",       Sequential(Conv2D(6, 4, 3), MaxPool2D(2))),
    of("maxpool1d",                   MaxPool1D(3, stride=2), SIGNAL),
    of("avgpool2d",                   AvgPool2D(2)),
    of("avgpool2d/overlapping",       AvgPool2D(3, stride=2, padding=1)),
    of("avgpool2d/without-pad",       AvgPool2D(3, stride=2, padding=1, count_include_pad=False)),
    of("avgpool2d/ceil-mode",         AvgPool2D(3, stride=2, ceil_mode=True)),
    of("avgpool2d/same",              AvgPool2D(3, stride=2, padding="same", count_include_pad=False)),
    of("avgpool2d/gaps",              AvgPool2D(2, stride=3)),
    of("avgpool1d",                   AvgPool1D(3, stride=2), SIGNAL),
    of("globalavgpool2d",             GlobalAvgPool2D()),
    of("globalmaxpool2d",             GlobalMaxPool2D()),
    of("adaptiveavgpool2d",           AdaptiveAvgPool2D((4, 5))),
    of("adaptivemaxpool2d",           AdaptiveMaxPool2D((4, 5))),

    *(of(layer.kind, merged(layer)) for layer in MERGES),
    of("concatenate",                 Graph(
        left=(Conv2D(6, 4, 3, padding=1), "input"), right=(Conv2D(6, 3, 1), "input"), merge=(Concatenate(), "left", "right", "left"),
    )),
    *(of(layer.kind, layer("hw")) for layer in REDUCTIONS),
    of("mean/channels",               Mean("c", keepdims=True)),
    of("vectornorm/ord-1",            VectorNorm("c", keepdims=True, ord=1.0)),
    of("pad2d",                       Pad2D(((1, 2), (0, 3)))),
    of("pad2d/reflect",               Pad2D(2, mode="reflect")),
    of("pad2d/replicate",             Pad2D(2, mode="replicate")),
    of("cropping2d",                  Cropping2D(((1, 2), (0, 3)))),
    of("pixelshuffle",                PixelShuffle(2), (2, 8, 5, 6)),
    of("pixelunshuffle",              PixelUnshuffle(2), (2, 3, 10, 12)),
    of("channelshuffle",              ChannelShuffle(2)),
    of("dropout",                     Sequential(Conv2D(6, 4, 3), Dropout())),
    of("upsample",                    Upsample(scale_factor=2)),
    of("upsample/by-size",            Upsample(size=(13, 20))),
    of("upsample/bilinear",           Upsample(scale_factor=2, mode="bilinear")),
    of("localresponsenorm",           LocalResponseNorm(3, alpha=0.1)),
    of("lppool2d",                    LPPool2D(2, 2)),
    of("flatten",                     Flatten()),

    of("shared",                      Graph(conv=(Conv2D(6, 6, 3, padding=1), "input"), relu=(ReLU(), "conv"), again=("conv", "relu"))),
    of("simple_cnn",                  simple_cnn(SMALL, ReLU()), SMALL),
    of("residual_block",              RESIDUAL, (2, 16, 11, 14)),
    of("dense_block",                 DENSE_BLOCK, (2, 6, 11, 14)),
    of("inverted_residual",           INVERTED_RESIDUAL, (2, 6, 11, 14)),
    of("squeeze_excite",              SQUEEZE_EXCITE_CLASSIFIED, (2, 3, 11, 14)),
]
# fmt: on

KNOWN = [
    replace(CHANNELS_OF_THE_BATCH, cases="gradient/localresponsenorm"),
    replace(GROUPED_TRANSPOSE, cases="gradient/*", routes="definition>reference", operator=hands_back_in_groups),
]
