"""What the output of a network changes by: with its input, and with every parameter. Layers, and five networks."""

from dataclasses import replace
from math import inf
from typing import Any

from parity_cases.blocks import DENSE_BLOCK, INVERTED_RESIDUAL, SQUEEZE_EXCITE_CLASSIFIED
from parity_cases.networks import RESIDUAL
from parity_cases.simple_cnn import SMALL, simple_cnn

from parity.axes import Shape
from parity.cases import Case, Graph, KnownDivergence, Network, Sequential, Sweep
from parity.cases.shipped import CHANNELS_OF_THE_BATCH
from parity.cases.shipped_spatial import GROUPED_TRANSPOSE
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    AdaptiveAvgPool1D,
    AdaptiveAvgPool2D,
    AdaptiveAvgPool3D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool2D,
    AdaptiveMaxPool3D,
    Add,
    AlphaDropout,
    Average,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm2D,
    BatchNorm3D,
    Bilinear,
    ChannelDropout,
    ChannelShuffle,
    ClassToken,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose1D,
    ConvTranspose2D,
    ConvTranspose3D,
    CosineSimilarity,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    CumSum,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dropout,
    Embedding,
    Flatten,
    Fold,
    GaussianDropout,
    GaussianNoise,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalLPPool1D,
    GlobalLPPool2D,
    GlobalLPPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    GridSample,
    GroupNorm,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    InstanceNorm1D,
    InstanceNorm2D,
    InstanceNorm3D,
    Layer,
    LayerNorm,
    LayerScale,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    LogSigmoid,
    LogSoftmax,
    LogSumExp,
    LPPool1D,
    LPPool2D,
    LPPool3D,
    Max,
    Maximum,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    MaxPoolIndices1D,
    MaxPoolIndices2D,
    MaxPoolIndices3D,
    MaxUnpool1D,
    MaxUnpool2D,
    MaxUnpool3D,
    Mean,
    Min,
    Minimum,
    Mish,
    MultiHeadAttention,
    Multiply,
    Pad1D,
    Pad2D,
    Pad3D,
    PairwiseDistance,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    PositionEmbedding,
    PReLU,
    Prod,
    ReLU,
    ReLU6,
    Reshape,
    RMSNorm,
    Roll,
    SeparableConv1D,
    SeparableConv2D,
    Sigmoid,
    SiLU,
    Slice,
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
    Unfold,
    UnitNorm,
    Upsample,
    Var,
    VectorNorm,
    WindowPartition,
    WindowReverse,
)
from parity.operators.graph import Node

IMAGE = (2, 6, 10, 13)
SIGNAL = (2, 6, 13)
VOLUME = (2, 3, 5, 7, 6)
FEATURES = (4, 37)
TOKENS = (2, 12, 9)


def of(name: str, model: Layer | Network, shape: tuple[int, ...] = IMAGE, **more: Any) -> Case:
    """A case of gradients: one for each layer is quick, its variants are for the full set."""
    return Case(f"gradient/{name}", model, shape, mode="gradient", quick="/" not in name, **more)


def also(name: str, model: Layer | Network, shape: tuple[int, ...] = IMAGE, **more: Any) -> Case:
    """One whose operators' derivatives other cases have too: for the full set."""
    return replace(of(name, model, shape, **more), quick=False)


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
DRAWING: tuple[Layer, ...] = (ChannelDropout(), AlphaDropout(), GaussianNoise(0.1), GaussianDropout(0.5))
REDUCTIONS = (Sum, Mean, Max, Min, Prod, LogSumExp, Var, Std, VectorNorm)


def unpooled(pool: Layer, where: Layer, unpool: Layer) -> Network:
    """A pool, where its maxima stood, and both put together."""
    return Graph(pool=(pool, "input"), where=(where, "input"), unpool=(unpool, "pool", "where"))


def sampled(layer: Layer, grid: Layer) -> Network:
    """An image or volume read at the places that a convolution of it gives: a good part lies outside."""
    return Graph(grid=(grid, "input"), sample=(layer, "input", "grid"))


def beside(layer: Layer) -> Network:
    """Features and what a dense layer makes of them."""
    return Graph(other=(Linear(37, 37), "input"), pair=(layer, "input", "other"))


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

    # Of one and three places, of tokens, what only moves, and what reads two inputs.
    also("convtranspose1d",           ConvTranspose1D(6, 4, 3, stride=2, padding=1), SIGNAL),
    also("convtranspose3d",           ConvTranspose3D(3, 4, (2, 3, 2), stride=(1, 2, 1)), VOLUME),
    also("depthwiseconv1d",           DepthwiseConv1D(6, 3, padding=1), SIGNAL),
    also("separableconv1d",           SeparableConv1D(6, 4, 3, padding=1), SIGNAL),
    of("bilinear",                    beside(Bilinear(37, 37, 5)), FEATURES),
    of("cosinesimilarity",            beside(CosineSimilarity("f")), FEATURES),
    also("pairwisedistance",          beside(PairwiseDistance("f")), FEATURES),
    also("pairwisedistance/p-1",      beside(PairwiseDistance("f", p=1.0)), FEATURES),
    also("pairwisedistance/p-3",      beside(PairwiseDistance("f", p=3.0)), FEATURES),
    also("pairwisedistance/p-inf",    beside(PairwiseDistance("f", p=inf)), FEATURES),
    of("embedding",                   Embedding(9, 5), (3, 13), dtype="int64", below=9),
    also("embedding/int32",           Sequential(Embedding(9, 5), Conv1D(5, 4, 3)), (3, 13), dtype="int32", below=9),
    of("multiheadattention",          MultiHeadAttention(12, 3), TOKENS),
    also("multiheadattention/causal", MultiHeadAttention(12, 2, is_causal=True), TOKENS),
    also("multiheadattention/rows",   MultiHeadAttention(12, 3, axes="w"), (2, 12, 5, 7)),
    also("layerscale",                LayerScale(6)),
    also("positionembedding",         PositionEmbedding(12, 9), TOKENS),
    also("classtoken",                ClassToken(12), TOKENS),
    also("batchnorm3d",               BatchNorm3D(3), VOLUME),
    also("instancenorm1d",            InstanceNorm1D(6, affine=True), SIGNAL),
    also("instancenorm3d",            InstanceNorm3D(3, affine=True), VOLUME),
    also("maxpool3d",                 MaxPool3D(2), VOLUME),
    also("avgpool3d",                 AvgPool3D(2), VOLUME),
    also("lppool1d",                  LPPool1D(2, 2), SIGNAL),
    also("lppool3d",                  LPPool3D(2, 2), VOLUME),
    also("globalavgpool1d",           GlobalAvgPool1D(), SIGNAL),
    also("globalavgpool3d",           GlobalAvgPool3D(), VOLUME),
    also("globalmaxpool1d",           GlobalMaxPool1D(), SIGNAL),
    also("globalmaxpool3d",           GlobalMaxPool3D(), VOLUME),
    also("globallppool1d",            GlobalLPPool1D(), SIGNAL),
    of("globallppool2d",              GlobalLPPool2D()),
    also("globallppool2d/p-3",        GlobalLPPool2D(3)),
    also("globallppool3d",            GlobalLPPool3D(), VOLUME),
    also("adaptiveavgpool1d",         AdaptiveAvgPool1D(5), SIGNAL),
    also("adaptiveavgpool3d",         AdaptiveAvgPool3D((3, 4, 5)), VOLUME),
    also("adaptivemaxpool1d",         AdaptiveMaxPool1D(5), SIGNAL),
    also("adaptivemaxpool3d",         AdaptiveMaxPool3D((3, 4, 5)), VOLUME),
    also("maxunpool1d",               unpooled(MaxPool1D(2), MaxPoolIndices1D(2), MaxUnpool1D(2)), (2, 6, 14)),
    of("maxunpool2d",                 unpooled(MaxPool2D(2), MaxPoolIndices2D(2), MaxUnpool2D(2)), (2, 6, 10, 12)),
    also("maxunpool3d",               unpooled(MaxPool3D(2), MaxPoolIndices3D(2), MaxUnpool3D(2)), (2, 3, 4, 8, 6)),
    of("gridsample",                  sampled(GridSample(), Conv2D(6, 2, 3))),
    also("gridsample/border-corners", sampled(GridSample(padding_mode="border", align_corners=True), Conv2D(6, 2, 3))),
    also("gridsample/nearest",        sampled(GridSample("nearest"), Conv2D(6, 2, 3))),
    also("gridsample/volume",         sampled(GridSample(), Conv3D(3, 3, 2)), VOLUME),
    also("unfold",                    Unfold(3, padding=1)),
    of("fold",                        Fold((8, 13), 3), (2, 36, 66)),
    also("fold/padding",              Fold((7, 6), (2, 3), padding=1, stride=(2, 1)), (3, 12, 24)),
    of("cumsum",                      CumSum("w")),
    also("cumsum/exclusive-reverse",  CumSum("c", exclusive=True, reverse=True)),
    also("pad1d",                     Pad1D(((1, 2),)), SIGNAL),
    also("pad1d/circular",            Pad1D(((1, 2),), mode="circular"), SIGNAL),
    also("pad3d",                     Pad3D(1, mode="replicate"), VOLUME),
    also("cropping1d",                Cropping1D(((1, 2),)), SIGNAL),
    also("cropping3d",                Cropping3D(1), VOLUME),
    also("permute",                   Permute((2, 3, 1))),
    also("reshape",                   Reshape((12, 65))),
    also("slice",                     Slice("w", 1, None, 2)),
    also("roll",                      Roll((-2, -3))),
    also("windowpartition",           WindowPartition((5, 13))),
    also("windowreverse",             Sequential(WindowPartition(4), WindowReverse(4, (8, 12))), (2, 6, 8, 12)),
    *(also(layer.kind, Sequential(Conv2D(6, 4, 3), layer)) for layer in DRAWING),

    of("shared",                      Graph(conv=(Conv2D(6, 6, 3, padding=1), "input"), relu=(ReLU(), "conv"), again=("conv", "relu"))),
    of("simple_cnn",                  simple_cnn(SMALL, ReLU()), SMALL),
    also("residual_block",              RESIDUAL, (2, 16, 11, 14)),
    also("dense_block",                 DENSE_BLOCK, (2, 6, 11, 14)),
    also("inverted_residual",           INVERTED_RESIDUAL, (2, 6, 11, 14)),
    also("squeeze_excite",              SQUEEZE_EXCITE_CLASSIFIED, (2, 3, 11, 14)),
]
# fmt: on

KNOWN = [
    KnownDivergence(
        cases=(
            "gradient/maxunpool[23]d",
            "gradient/gridsample",
            "gradient/gridsample/border-corners",
            "gradient/gridsample/volume",
        ),
        routes="definition>reference",
        kind="error",
        says="at most 64 array objects",
        script="reference_gather_elements.py",
        reason="onnx's reference evaluator refuses a GatherElements along an axis of 64 numbers or more, where there are more than two axes",
        evidence=(
            "GatherElements of 2x3x64 along its last axis in onnx 1.23.2: ValueError: Need at least 0 and at most 64 array objects, of numpy.choose, "
            "to which it hands the slices of that axis (onnx/reference/ops/op_gather_elements.py); ONNX Runtime 1.32 gives the answer"
        ),
        link="https://github.com/onnx/onnx/pull/8444",
        versions={"onnx": "<=1.23.2"},
    ),
    replace(CHANNELS_OF_THE_BATCH, cases="gradient/localresponsenorm"),
    replace(GROUPED_TRANSPOSE, cases="gradient/*", routes="definition>reference", operator=hands_back_in_groups),
]
