"""Inputs without elements: a batch of no images, images without rows, rows without features."""

from parity.cases import Case, Graph, Sequential
from parity.layers import (
    Add,
    ArgMax,
    AvgPool2D,
    BatchNorm2D,
    Concatenate,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Cropping2D,
    Flatten,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GroupNorm,
    InstanceNorm2D,
    LayerNorm,
    Linear,
    Max,
    MaxPool2D,
    Mean,
    Pad2D,
    PixelShuffle,
    ReLU,
    Sigmoid,
    Softmax,
    Sum,
    Upsample,
)

NONE = (0, 4, 6, 10)  #: no images
NO_ROWS, NO_FEATURES = (2, 3, 0, 7), (2, 0)

NET = Sequential(
    ("conv", Conv2D(4, 5, 3, padding=1)),
    ("norm", BatchNorm2D(5)),
    ("relu", ReLU()),
    ("pool", MaxPool2D(2)),
    ("flatten", Flatten()),
    ("fc", Linear(75, 3)),
)

CASES = [
    *(
        Case(f"empty/{name}", layer, NONE, quick=name in ("conv2d", "maxpool2d"))
        for name, layer in {
            "relu": ReLU(),
            "sigmoid": Sigmoid(),
            "softmax": Softmax(1),
            "conv2d": Conv2D(4, 5, 3, padding=1),
            "convtranspose2d": ConvTranspose2D(4, 5, 3, stride=2),
            "maxpool2d": MaxPool2D(2),
            "avgpool2d": AvgPool2D(2),
            "globalavgpool2d": GlobalAvgPool2D(),
            "globalmaxpool2d": GlobalMaxPool2D(),
            "batchnorm2d": BatchNorm2D(4),
            "layernorm": LayerNorm("CHW", (4, 6, 10)),
            "groupnorm": GroupNorm(2, 4),
            "instancenorm2d": InstanceNorm2D(4),
            "flatten": Flatten(),
            "pad2d": Pad2D(1),
            "cropping2d": Cropping2D(1),
            "pixelshuffle": PixelShuffle(2),
            "upsample": Upsample(scale_factor=2.0),
            "upsample-bilinear": Upsample(scale_factor=2.0, mode="bilinear"),
            "mean": Mean("hw"),
            "max": Max("hw"),
            "argmax": ArgMax("c"),
            "net": NET,
        }.items()
    ),
    Case("empty/linear", Linear(7, 5), (0, 7)),
    Case("empty/conv1d", Conv1D(4, 5, 3), (0, 4, 11), quick=False),
    Case("empty/add", Graph(relu=(ReLU(), "input"), add=(Add(), "relu", "input")), NONE, quick=False),
    Case("empty/concatenate", Graph(relu=(ReLU(), "input"), both=(Concatenate(), "relu", "input")), NONE, quick=False),
    # A sum of nothing is 0 and its mean is NaN.
    Case("empty/no-rows-relu", ReLU(), NO_ROWS, quick=False),
    Case(
        "empty/no-rows-concatenate",
        Graph(relu=(ReLU(), "input"), both=(Concatenate(), "relu", "input")),
        NO_ROWS,
        quick=False,
    ),
    Case("empty/no-rows-sum", Sum("hw"), NO_ROWS, quick=False),
    Case("empty/no-rows-mean", Mean("hw"), NO_ROWS),
    Case("empty/no-features-sum", Sum("f", keepdims=True), NO_FEATURES, quick=False),
    Case("empty/no-features-mean", Mean("f", keepdims=True), NO_FEATURES, quick=False),
    Case("empty/no-features-softmax", Softmax(1), NO_FEATURES, quick=False),
]
