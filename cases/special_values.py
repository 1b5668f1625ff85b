"""What layers make of NaN, the infinities, both zeros, subnormals and the largest number, of equal values, and of their tails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parity.axes import Shape
from parity.cases import Case, Graph, KnownDivergence, Network, Sweep
from parity.cases.values import Values
from parity.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    AdaptiveAvgPool2D,
    AdaptiveMaxPool2D,
    Add,
    ArgMax,
    ArgMin,
    Average,
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    BatchNorm2D,
    ChannelShuffle,
    ClassToken,
    Concatenate,
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose2D,
    CosineSimilarity,
    Cropping1D,
    Cropping2D,
    Cropping3D,
    CumSum,
    DepthwiseConv2D,
    Flatten,
    Fold,
    GlobalAvgPool2D,
    GlobalLPPool2D,
    GlobalMaxPool2D,
    GroupNorm,
    HardShrink,
    HardSigmoid,
    HardSwish,
    HardTanh,
    InstanceNorm2D,
    Layer,
    LayerNorm,
    LayerScale,
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
    MaxPool3D,
    Mean,
    Min,
    Minimum,
    Mish,
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
)

#: Lengths and channels for vector and scalar paths, and their tails: 37 is four vectors of 8 and five more.
IMAGE, SIGNAL, FEATURES = (1, 3, 8, 37), (1, 16, 37), (2, 37)
POOLED, VOLUME = (2, 3, 11, 37), (1, 3, 5, 7, 9)

#: One number in, one out: each on nothing but special values, and on a grid that reaches far into both tails.
ELEMENTWISE: dict[str, Layer] = {
    "relu": ReLU(),
    "relu-limits": ReLU(max_value=6.0, negative_slope=0.1, threshold=0.25),
    "relu6": ReLU6(),
    "leakyrelu": LeakyReLU(),
    "prelu": PReLU(1),
    "threshold": Threshold(0.1, 20.0),
    "hardtanh": HardTanh(),
    "hardsigmoid": HardSigmoid(),
    "hardswish": HardSwish(),
    "hardshrink": HardShrink(),
    "softshrink": SoftShrink(),
    "sigmoid": Sigmoid(),
    "logsigmoid": LogSigmoid(),
    "tanh": Tanh(),
    "tanhshrink": TanhShrink(),
    "elu": ELU(),
    "selu": SELU(),
    "celu": CELU(),
    "gelu": GELU(),
    "gelu-tanh": GELU("tanh"),
    "silu": SiLU(),
    "mish": Mish(),
    "softplus": Softplus(),
    "softplus-beta": Softplus(beta=2.0, threshold=30.0),
    "softsign": Softsign(),
}

#: Rows and windows, in which few special values stand among ordinary ones, and what else such layers are asked. The sum of a whole row with
#: the largest number in it is never specified, so nobody is asked for that.
ROWS: list[tuple[str, Layer, Shape, Sequence[Values]]] = [
    ("softmax", Softmax(-1), FEATURES, ["special", "sparse", "finite", "grid", "constant"]),
    ("softmax-channels", Softmax(1), (2, 7, 5, 3), ["sparse", "grid"]),
    ("logsoftmax", LogSoftmax(-1), FEATURES, ["special", "sparse", "finite", "grid", "constant"]),
    ("glu", GLU(1), (2, 74), ["special", "grid"]),
    ("maxpool1d", MaxPool1D(3, stride=2, padding=1), SIGNAL, ["sparse", "ties"]),
    ("maxpool2d", MaxPool2D(2), POOLED, ["special", "sparse", "ties"]),
    ("maxpool2d-padded", MaxPool2D(3, stride=2, padding=1), POOLED, ["special", "sparse", "finite", "blocky"]),
    ("maxpool3d", MaxPool3D(2), VOLUME, ["sparse", "ties"]),
    ("avgpool1d", AvgPool1D(3, stride=2), SIGNAL, ["sparse", "finite"]),
    ("avgpool2d", AvgPool2D(2), POOLED, ["special", "sparse", "constant"]),
    ("avgpool2d-padded", AvgPool2D(3, stride=2, padding=1), POOLED, ["sparse", "finite", "blocky"]),
    ("avgpool3d", AvgPool3D(2), VOLUME, ["sparse", "finite"]),
    ("lppool2d", LPPool2D(2, 2), POOLED, ["sparse", "finite", "whole"]),
    ("globalmaxpool2d", GlobalMaxPool2D(), (7, 3, 2, 5), ["sparse", "ties"]),
    ("globalavgpool2d", GlobalAvgPool2D(), (7, 3, 2, 5), ["sparse", "constant"]),
    ("adaptivemaxpool2d", AdaptiveMaxPool2D((3, 5)), (2, 4, 6, 10), ["sparse", "ties"]),
    ("adaptiveavgpool2d", AdaptiveAvgPool2D((3, 5)), (2, 4, 6, 10), ["sparse", "blocky"]),
    ("batchnorm2d", BatchNorm2D(3), POOLED, ["special", "finite", "grid"]),
    ("layernorm", LayerNorm("F", (37,)), (11, 37), ["sparse", "constant", "blocky"]),
    ("groupnorm", GroupNorm(2, 6), (3, 6, 2, 5), ["sparse", "constant"]),
    ("instancenorm2d", InstanceNorm2D(3), (7, 3, 2, 5), ["sparse", "constant"]),
    ("rmsnorm", RMSNorm("F", (37,)), (11, 37), ["sparse", "constant"]),
    ("unitnorm", UnitNorm("F"), (11, 37), ["sparse", "constant"]),
    ("mean", Mean("f", keepdims=True), (11, 37), ["sparse", "constant"]),
    ("sum", Sum("f", keepdims=True), (11, 37), ["sparse", "whole"]),
    ("max", Max("f", keepdims=True), (11, 37), ["sparse", "finite", "ties"]),
    ("min", Min("f", keepdims=True), (11, 37), ["sparse", "finite", "ties"]),
    ("var", Var("f", keepdims=True), (11, 37), ["sparse", "constant"]),
    ("std", Std("f", keepdims=True), (11, 37), ["sparse", "constant"]),
    ("prod", Prod("f", keepdims=True), (37, 3), ["sparse", "finite", "whole"]),
    ("vectornorm", VectorNorm("f", keepdims=True), (11, 37), ["sparse", "whole"]),
    ("logsumexp", LogSumExp("f", keepdims=True), (11, 37), ["sparse", "finite", "grid", "constant"]),
    ("argmax", ArgMax("f"), (11, 37), ["sparse", "finite", "ties", "constant"]),
    ("argmin", ArgMin("f"), (11, 37), ["sparse", "ties"]),
    ("cumsum", CumSum("f"), (11, 37), ["sparse", "whole"]),
    ("globallppool2d", GlobalLPPool2D(), (7, 3, 2, 5), ["sparse", "whole"]),
    ("layerscale", LayerScale(16), SIGNAL, ["special"]),
    ("positionembedding", PositionEmbedding(16, 37), SIGNAL, ["special"]),
    ("classtoken", ClassToken(16), SIGNAL, ["special"]),
    ("argmax-channels", ArgMax("c"), (2, 7, 5, 3), ["sparse", "ties"]),
    ("linear", Linear(7, 5), (37, 7), ["sparse", "finite", "constant"]),
    ("conv1d", Conv1D(3, 16, 3, padding=1), (1, 3, 37), ["sparse", "finite"]),
    ("conv2d", Conv2D(3, 16, 3, padding=1), POOLED, ["sparse", "finite", "constant", "blocky"]),
    ("conv2d-strided", Conv2D(3, 5, 2, stride=2), POOLED, ["sparse"]),
    ("conv2d-1x1", Conv2D(3, 8, 1), POOLED, ["sparse", "finite"]),
    ("conv3d", Conv3D(3, 4, 2), VOLUME, ["sparse"]),
    ("depthwiseconv2d", DepthwiseConv2D(3, 3), POOLED, ["sparse", "finite"]),
    ("convtranspose2d", ConvTranspose2D(3, 5, 3, stride=2), POOLED, ["sparse", "finite"]),
]

AS_MANY = "onnx's reference evaluator sums as many channels as there are samples"

#: Values are only moved: every bit of them, the sign of a zero included.
MOVED: dict[str, tuple[Layer, Shape]] = {
    "pad2d": (Pad2D((2, 1)), (2, 3, 7, 11)),
    "pad2d-reflect": (Pad2D((2, 1), "reflect"), (2, 3, 7, 11)),
    "pad2d-replicate": (Pad2D((2, 1), "replicate"), (2, 3, 7, 11)),
    "cropping2d": (Cropping2D(1), (2, 3, 7, 11)),
    "flatten": (Flatten(), (2, 3, 7, 11)),
    "pixelshuffle": (PixelShuffle(2), (2, 12, 5, 7)),
    "pixelunshuffle": (PixelUnshuffle(2), (2, 3, 10, 14)),
    "channelshuffle": (ChannelShuffle(3), (2, 6, 5, 7)),
    "pad1d": (Pad1D(((2, 1),)), SIGNAL),
    "pad3d-replicate": (Pad3D(1, "replicate"), VOLUME),
    "cropping1d": (Cropping1D(1), SIGNAL),
    "cropping3d": (Cropping3D(1), VOLUME),
    "permute": (Permute((2, 3, 1)), (2, 3, 7, 11)),
    "reshape": (Reshape((21, 11)), (2, 3, 7, 11)),
    "slice": (Slice("w", 1, None, 2), (2, 3, 7, 11)),
    "roll": (Roll((-2, 3)), (2, 3, 7, 11)),
    "unfold": (Unfold((2, 3)), (2, 3, 7, 11)),
    "fold": (Fold((8, 12), (2, 3), stride=(2, 3)), (2, 18, 16)),
    "windowpartition": (WindowPartition((4, 5)), (2, 3, 8, 10)),
    "upsample-nearest": (Upsample(scale_factor=2.0), (2, 3, 7, 11)),
}

#: Interpolations that both frameworks have of their own; what is composed of a matrix product meets every element with every other.
RESIZED: dict[str, Layer] = {
    "bilinear": Upsample(scale_factor=2.0, mode="bilinear"),
    "half": Upsample(scale_factor=0.5, mode="bilinear"),
}

MERGES: dict[str, Layer] = {
    "add": Add(),
    "subtract": Subtract(),
    "multiply": Multiply(),
    "maximum": Maximum(),
    "minimum": Minimum(),
    "average": Average(),
    "concatenate": Concatenate(),
}
#: Of finite numbers as large as these their products have no number that is judged.
DISTANCES: dict[str, Layer] = {"cosinesimilarity": CosineSimilarity("w"), "pairwisedistance": PairwiseDistance("w")}


def elementwise(name: str, layer: Layer) -> Iterator[Case]:
    shapes = (
        {"image": IMAGE, "features": FEATURES}
        if name == "prelu"
        else {"image": IMAGE, "features": FEATURES, "signal": SIGNAL}
    )
    return iter(
        Sweep(
            f"special/{name}",
            lambda shape: (layer, shape),
            {"values": ["special", "grid"], "shape": shapes},
        )
    )


def merged(layer: Layer) -> Network:
    """Special values with their neighbours down to the right, which are the next ones of their period."""
    shifted = {
        "around": (Pad2D(((0, 1), (0, 1)), "replicate"), "input"),
        "other": (Cropping2D(((1, 0), (1, 0))), "around"),
    }
    return Graph(**shifted, both=(layer, "input", "other"))


CASES = [
    *(
        replace(case, quick=case.name.endswith("/base"))
        for name, layer in ELEMENTWISE.items()
        for case in elementwise(name, layer)
    ),
    *(
        Case(f"special/{name}/{values}", layer, shape, values=values, quick=values == asked[0])
        for name, layer, shape, asked in ROWS
        for values in asked
    ),
    *(
        Case(f"special/{name}/special", layer, shape, values="special", quick=False)
        for name, (layer, shape) in MOVED.items()
    ),
    *(
        Case(
            f"special/localresponsenorm/{values}",
            LocalResponseNorm(3),
            (7, 7, 2, 5),
            values=values,
            equal_sizes=AS_MANY,
            quick=values == "sparse",
        )
        for values in ("sparse", "finite")
    ),
    *(
        Case(f"special/upsample-{name}/{values}", layer, (2, 3, 8, 12), values=values, quick=values == "sparse")
        for name, layer in RESIZED.items()
        for values in ("sparse", "finite", "blocky")
    ),
    *(
        Case(f"special/{name}/{values}", merged(layer), POOLED, values=values, quick=values == "special")
        for name, layer in MERGES.items()
        for values in ("special", "finite")
    ),
    *(Case(f"special/{name}/special", merged(layer), POOLED, values="special") for name, layer in DISTANCES.items()),
]

KNOWN = [
    KnownDivergence(
        cases="special/unfold/special",
        routes=("tensorflow", "tensorflow>*"),
        kind="nan",
        script="keras_extract_patches_infinity.py",
        reason="Keras takes patches of an image by a convolution with zeros and ones, so one infinity or NaN makes NaN of its whole patch",
        evidence=(
            "keras.ops.image.extract_patches of [[inf, 1], [2, 3]] with patches of 2x2, Keras 3.15.1 on TensorFlow 2.21: inf and three NaN, where "
            "torch.nn.functional.unfold moves the four numbers"
        ),
        versions={"keras": "<=3.15.1"},
    ),
]
