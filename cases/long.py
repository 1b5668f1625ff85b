"""Very long signals, images of one row, and thousands of channels: sums of many terms, and sizes beyond any block of a kernel."""

from parity.cases import Case, Sequential
from parity.layers import (
    AvgPool1D,
    Conv1D,
    Conv2D,
    GlobalAvgPool2D,
    GroupNorm,
    LayerNorm,
    Linear,
    LogSumExp,
    MaxPool1D,
    MaxPool2D,
    Mean,
    ReLU,
    Softmax,
    Sum,
    Var,
)

SIGNAL, ROW, CHANNELS, FEATURES = (1, 2, 100_003), (1, 3, 2, 4_099), (1, 2_053, 3, 4), (2, 100_003)

CASES = [
    Case("long/conv1d", Conv1D(2, 3, 9, padding=4), SIGNAL, quick=False),
    Case("long/conv1d-strided", Conv1D(2, 3, 7, stride=5), SIGNAL, quick=False),
    Case("long/maxpool1d", MaxPool1D(3, stride=2), SIGNAL, quick=False),
    Case("long/avgpool1d", AvgPool1D(1_001, stride=997), SIGNAL, quick=False),
    Case("long/conv2d-row", Conv2D(3, 5, (1, 5)), ROW, quick=False),
    Case("long/maxpool2d-row", MaxPool2D((2, 3)), ROW, quick=False),
    Case("long/conv2d-channels", Conv2D(2_053, 5, 3), CHANNELS, quick=False),
    Case("long/conv2d-1x1-channels", Sequential(Conv2D(2_053, 2_051, 1), ReLU()), CHANNELS, quick=False),
    Case("long/groupnorm-channels", GroupNorm(1, 2_053), CHANNELS, quick=False),
    Case("long/globalavgpool2d-row", GlobalAvgPool2D(), ROW, quick=False),
    Case("long/layernorm", LayerNorm("F", (100_003,)), FEATURES, quick=False),
    Case("long/linear", Linear(100_003, 3), FEATURES, quick=False),
    Case("long/softmax", Softmax(1), FEATURES, quick=False),
    Case("long/logsumexp", LogSumExp("f", keepdims=True), FEATURES, quick=False),
    Case("long/sum", Sum("f", keepdims=True), FEATURES, quick=False),
    Case("long/mean", Mean("f", keepdims=True), FEATURES, quick=False),
    Case("long/var", Var("f", keepdims=True), FEATURES, mean=100.0, quick=False),
]
