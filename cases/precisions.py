"""Every family of layers, and three networks, stored in half precision (both kinds) and in double."""

from collections.abc import Iterator, Mapping

from parity.axes import AXES, Shape
from parity.cases import Case, Graph, Network, Sequential
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
    ArgMax,
    ArgMin,
    Average,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    BatchNorm1D,
    BatchNorm2D,
    BatchNorm3D,
    Bilinear,
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
    Flatten,
    Fold,
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

PRECISIONS = ("float16", "bfloat16", "float64")

FEATURES: Shape = (4, 37)
SIGNAL: Shape = (2, 4, 21)
TOKENS: Shape = (2, 12, 9)
IMAGE: Shape = (2, 4, 10, 14)
VOLUME: Shape = (2, 4, 5, 7, 9)
#: Of what is put together again: two channels of windows of 5 x 5 that overlap.
COLUMNS: Shape = (2, 50, 140)
#: Of what takes statistics of many elements far from 0: what adds halves up in halves is beyond its bound at every seed, and not at some.
FIELD: Shape = (2, 4, 40, 56)
FAR = 4.0

#: By the shape of what they read; each is named by its kind. Numbers that values are compared with are ones that every type holds: a value
#: of a half lies on its own rounding of 0.1 often enough, and whether it is above 0.1 is then a question of how that is stored.
LAYERS: Mapping[Shape, tuple[Layer, ...]] = {
    FEATURES: (Linear(37, 10), Softmax(-1), LogSoftmax(-1), Softsign(), Softplus()),
    SIGNAL: (
        Conv1D(4, 5, 3, padding=1),
        ConvTranspose1D(4, 5, 3, stride=2, padding=1),
        DepthwiseConv1D(4, 3, padding=1),
        SeparableConv1D(4, 6, 3, padding=1),
        MaxPool1D(2),
        MaxPoolIndices1D(2),
        AvgPool1D(2),
        LPPool1D(2, 2),
        AdaptiveAvgPool1D(7),
        AdaptiveMaxPool1D(7),
        GlobalAvgPool1D(),
        GlobalMaxPool1D(),
        GlobalLPPool1D(),
        BatchNorm1D(4),
        InstanceNorm1D(4, affine=True),
        Pad1D(1, "reflect"),
        Cropping1D(1),
    ),
    TOKENS: (MultiHeadAttention(12, 3), LayerScale(12), PositionEmbedding(12, 9), ClassToken(12)),
    VOLUME: (
        Conv3D(4, 5, 3, padding=1),
        ConvTranspose3D(4, 5, (2, 3, 2), stride=(1, 2, 1)),
        MaxPool3D(2),
        MaxPoolIndices3D(2),
        AvgPool3D(2),
        LPPool3D(2, 2),
        AdaptiveAvgPool3D((5, 7, 3)),
        AdaptiveMaxPool3D((5, 7, 3)),
        GlobalAvgPool3D(),
        GlobalMaxPool3D(),
        GlobalLPPool3D(),
        BatchNorm3D(4),
        InstanceNorm3D(4, affine=True),
        Pad3D(1, "replicate"),
        Cropping3D(1),
    ),
    FIELD: (InstanceNorm2D(4, affine=True), Mean("hw"), Sum("hw"), Var("hw"), Std("hw")),
    COLUMNS: (Fold((10, 14), 5, padding=2),),
    IMAGE: (
        Conv2D(4, 5, 3, padding=1),
        ConvTranspose2D(4, 5, 3, stride=2, padding=1),
        DepthwiseConv2D(4, 3, padding=1),
        SeparableConv2D(4, 6, 3, padding=1),
        MaxPool2D(2),
        MaxPoolIndices2D(2),
        AvgPool2D(2),
        LPPool2D(2, 2),
        AdaptiveAvgPool2D((5, 7)),
        AdaptiveMaxPool2D((5, 7)),
        GlobalAvgPool2D(),
        GlobalMaxPool2D(),
        BatchNorm2D(4),
        LayerNorm("W", 14),
        GroupNorm(2, 4),
        RMSNorm("W", 14),
        UnitNorm("C"),
        LocalResponseNorm(3),
        ReLU(),
        ReLU6(),
        LeakyReLU(0.1),
        PReLU(4),
        ELU(),
        SELU(),
        CELU(),
        GELU(),
        SiLU(),
        Mish(),
        GLU(1),
        Sigmoid(),
        LogSigmoid(),
        Tanh(),
        TanhShrink(),
        HardTanh(),
        HardSigmoid(),
        HardSwish(),
        HardShrink(),
        SoftShrink(),
        Threshold(0.125, 20.0),
        Max("hw"),
        Min("hw"),
        Prod("c", keepdims=True),
        VectorNorm("c", keepdims=True),
        LogSumExp("hw"),
        Flatten(),
        Pad2D(1, "reflect"),
        Cropping2D(1),
        Upsample(scale_factor=2.0, mode="bilinear"),
        PixelShuffle(2),
        PixelUnshuffle(2),
        ChannelShuffle(2),
        Reshape((8, 70)),
        Permute((2, 3, 1)),
        Slice("c", 1),
        Roll((-2, -3)),
        CumSum("w"),
        WindowPartition((2, 7)),
        GlobalLPPool2D(),
        ArgMax("c"),
        ArgMin("w"),
        Unfold(3),
    ),
}

#: Of what merges: the image beside what a convolution makes of it.
MERGES: tuple[Layer, ...] = (Add(), Subtract(), Multiply(), Maximum(), Minimum(), Average(), Concatenate())


def beside(layer: Layer, other: Layer) -> Network:
    """The input beside what another layer makes of it."""
    return Graph(other=(other, "input"), pair=(layer, "input", "other"))


def unpooled(indices: Layer, unpool: Layer, shape: Shape) -> Network:
    """Every second value of an input put where the maxima of its pairs stand; a pool's own would ask for types that TensorFlow has no pool of."""
    axes = AXES[len(shape)][2:]
    sources = ("input", *axes)
    halved = {a: (Slice(a, 0, n // 2 * 2, 2), of) for a, n, of in zip(axes, shape[2:], sources, strict=False)}
    return Graph(**halved, where=(indices, "input"), unpool=(unpool, axes[-1], "where"))


#: An image at places that round in no type, some of them outside: two of its own channels, clipped, in a smaller grid.
SAMPLED = Graph(
    two=(Slice("c", 0, 2), "input"),
    near=(HardTanh(-1.375, 1.25), "two"),
    grid=(Cropping2D(1), "near"),
    sample=(GridSample(), "input", "grid"),
)


#: Of what reads two inputs, and of what undoes another layer.
PAIRS: tuple[tuple[Layer, Network, Shape], ...] = (
    (Bilinear(37, 37, 5), beside(Bilinear(37, 37, 5), Linear(37, 37)), FEATURES),
    (WindowReverse((2, 7), (10, 14)), Sequential(WindowPartition((2, 7)), WindowReverse((2, 7), (10, 14))), IMAGE),
    (GridSample(), SAMPLED, IMAGE),
    (CosineSimilarity("f"), beside(CosineSimilarity("f"), Sigmoid()), FEATURES),
    (PairwiseDistance("f"), beside(PairwiseDistance("f"), Sigmoid()), FEATURES),
    (MaxUnpool1D(2), unpooled(MaxPoolIndices1D(2), MaxUnpool1D(2, output_size=SIGNAL[2:]), SIGNAL), SIGNAL),
    (MaxUnpool2D(2), unpooled(MaxPoolIndices2D(2), MaxUnpool2D(2, output_size=IMAGE[2:]), IMAGE), IMAGE),
    (MaxUnpool3D(2), unpooled(MaxPoolIndices3D(2), MaxUnpool3D(2, output_size=VOLUME[2:]), VOLUME), VOLUME),
)

SIMPLE_CNN = Sequential(
    ("conv1", Conv2D(4, 16, 3, padding=1)),
    ("relu1", ReLU()),
    ("pool1", MaxPool2D(2)),
    ("conv2", Conv2D(16, 32, 3, padding=1)),
    ("relu2", ReLU()),
    ("pool2", MaxPool2D(2)),
    ("flatten", Flatten()),
    ("fc", Linear(32 * 2 * 3, 10)),
)
RESIDUAL = Graph(
    conv1=(Conv2D(4, 4, 3, padding=1, bias=False), "input"),
    norm1=(BatchNorm2D(4), "conv1"),
    relu1=(ReLU(), "norm1"),
    conv2=(Conv2D(4, 4, 3, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(4), "conv2"),
    add=(Add(), "norm2", "input"),
    relu2=(ReLU(), "add"),
)
DEPTHWISE = Sequential(
    ("depthwise", DepthwiseConv2D(4, 3, padding=1, bias=False)),
    ("norm1", BatchNorm2D(4)),
    ("relu1", ReLU6()),
    ("pointwise", Conv2D(4, 8, 1, bias=False)),
    ("norm2", BatchNorm2D(8)),
    ("relu2", ReLU6()),
)
NETWORKS = {"simple_cnn": SIMPLE_CNN, "residual": RESIDUAL, "depthwise": DEPTHWISE}

#: What the quick set has: one of each kind of arithmetic.
QUICK = ("conv2d", "linear", "batchnorm2d", "layernorm", "softmax", "avgpool2d", "relu", "simple_cnn")


def cases() -> Iterator[Case]:
    """``TYPE/LAYER``, so that each type is a family: what routes make of it stands in one row."""
    named: dict[str, tuple[Layer | Network, Shape]] = {}
    for shape, layers in LAYERS.items():
        named |= {each.kind: (each, shape) for each in layers}
    for each in MERGES:
        named[each.kind] = Graph(conv=(Conv2D(4, 4, 3, padding=1), "input"), merge=(each, "conv", "input")), IMAGE
    named |= {layer.kind: (network, shape) for layer, network, shape in PAIRS}
    named |= {name: (network, IMAGE) for name, network in NETWORKS.items()}
    for name, (model, shape) in named.items():
        mean = FAR if shape == FIELD else 0.0
        for precision in PRECISIONS:
            yield Case(f"{precision}/{name}", model, shape, mean=mean, precision=precision, quick=name in QUICK)
    # Numbers so small that what is added below the root shows: of halves torch adds what it adds to float32.
    for precision in PRECISIONS:
        yield Case(f"{precision}/rmsnorm/small", RMSNorm("W", 14), IMAGE, scale=1e-3, precision=precision, quick=False)


CASES = [*cases()]
