"""One forward pass as in training: normalisation by the batch, what it makes of the running statistics, dropout as it draws."""

from parity.cases import Case, Graph, Sequential
from parity.layers import Add, BatchNorm2D, Conv2D, Draw, Dropout, Flatten, Linear, MaxPool2D, MultiHeadAttention, ReLU

SHAPE = (4, 5, 11, 14)
FAR = {"batchnorm2d.mean": Draw("normal", 100.0, 1.0)}

# As a model is before its first step: exporters and optimisers merge what is equal.
FRESH_STATISTICS = {"batchnorm2d.mean": Draw(spread=0.0), "batchnorm2d.var": Draw(centre=1.0, spread=0.0)}
FRESH = {**FRESH_STATISTICS, "batchnorm2d.beta": Draw(spread=0.0), "batchnorm2d.gamma": Draw(centre=1.0, spread=0.0)}

NET = Sequential(
    ("conv1", Conv2D(3, 8, 3, padding=1)),
    ("norm1", BatchNorm2D(8)),
    ("relu1", ReLU()),
    ("pool1", MaxPool2D(2)),
    ("conv2", Conv2D(8, 16, 3, padding=1)),
    ("norm2", BatchNorm2D(16, momentum=0.01)),
    ("relu2", ReLU()),
    ("flatten", Flatten()),
    ("fc", Linear(16 * 6 * 7, 10)),
)
BLOCK = Sequential(Conv2D(3, 8, 3), ReLU(), MaxPool2D(2))
RESIDUAL = Graph(
    conv1=(Conv2D(6, 6, 3, padding=1, bias=False), "input"),
    norm1=(BatchNorm2D(6), "conv1"),
    relu1=(ReLU(), "norm1"),
    conv2=(Conv2D(6, 6, 3, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(6), "conv2"),
    add=(Add(), "norm2", "input"),
    relu2=(ReLU(), "add"),
)

# fmt: off
CASES = [
    Case("batchnorm2d/training",                  BatchNorm2D(5),                              SHAPE,          mode="training"),
    Case("batchnorm2d/training-unbiased",         BatchNorm2D(5, unbiased=True),               SHAPE,          mode="training"),
    Case("batchnorm2d/training-c1",               BatchNorm2D(1),                              (4, 1, 11, 14), mode="training", quick=False),
    Case("batchnorm2d/training-c64",              BatchNorm2D(64),                             (4, 64, 9, 8),  mode="training", quick=False),
    Case("batchnorm2d/training-not-affine",       BatchNorm2D(5, affine=False),                SHAPE,          mode="training", quick=False),
    Case("batchnorm2d/training-eps-1e-3",         BatchNorm2D(5, eps=1e-3),                    SHAPE,          mode="training", quick=False),
    Case("batchnorm2d/training-momentum-0",       BatchNorm2D(5, momentum=0.0),                SHAPE,          mode="training"),
    Case("batchnorm2d/training-momentum-0.01",    BatchNorm2D(5, momentum=0.01),               SHAPE,          mode="training"),
    Case("batchnorm2d/training-momentum-0.9",     BatchNorm2D(5, momentum=0.9),                SHAPE,          mode="training"),
    Case("batchnorm2d/training-momentum-1",       BatchNorm2D(5, momentum=1.0),                SHAPE,          mode="training"),
    Case("batchnorm2d/training-unbiased-0.9",     BatchNorm2D(5, momentum=0.9, unbiased=True), SHAPE,          mode="training", quick=False),
    Case("batchnorm2d/training-fresh",            BatchNorm2D(5),                              SHAPE,          mode="training", draws=FRESH, quick=False),
    Case("batchnorm2d/training-fresh-statistics", BatchNorm2D(5),                              SHAPE,          mode="training", draws=FRESH_STATISTICS, quick=False),
    Case("batchnorm2d/training-far-statistics",   BatchNorm2D(5),                              SHAPE,          mode="training", draws=FAR, quick=False),
    Case("batchnorm2d/training-batch1",           BatchNorm2D(5),                              (1, 5, 11, 14), mode="training", quick=False),
    Case("batchnorm2d/training-one-row",          BatchNorm2D(5),                              (2, 5, 1, 9),   mode="training", quick=False),
    Case("batchnorm2d/training-large",            BatchNorm2D(5),                              (16, 5, 56, 57), mode="training", quick=False),
    Case("batchnorm2d/training-scale-1e-3",       BatchNorm2D(5),                              SHAPE,          mode="training", scale=1e-3, quick=False),
    Case("batchnorm2d/training-scale-1e6",        BatchNorm2D(5),                              SHAPE,          mode="training", scale=1e6, quick=False),
    Case("batchnorm2d/training-mean10",           BatchNorm2D(5),                              SHAPE,          mode="training", mean=10.0, quick=False),
    Case("batchnorm2d/training-mean100",          BatchNorm2D(5),                              SHAPE,          mode="training", mean=100.0, quick=False),

    Case("dropout/training",                      Dropout(),                                   (4, 8, 31, 32), mode="training"),
    Case("dropout/training-rate-0",               Dropout(rate=0.0),                           (4, 8, 31, 32), mode="training", quick=False),
    Case("dropout/training-rate-0.1",             Dropout(rate=0.1),                           (4, 8, 31, 32), mode="training", quick=False),
    Case("dropout/training-rate-0.9",             Dropout(rate=0.9),                           (4, 8, 31, 32), mode="training", quick=False),
    Case("dropout/training-features",             Dropout(rate=0.2),                           (8, 1000),      mode="training"),
    Case("dropout/training-scale-1e6",            Dropout(),                                   (4, 8, 31, 32), mode="training", scale=1e6, quick=False),

    # At inference torch takes a kernel that does all of it, in training the steps one by one.
    Case("training/multiheadattention",           MultiHeadAttention(12, 2),                   (3, 12, 7),     mode="training"),
    Case("training/net",                          NET,                                         (4, 3, 12, 14), mode="training"),
    Case("training/residual",                     RESIDUAL,                                    (4, 6, 9, 11),  mode="training", quick=False),
    Case("training/conv-relu-pool",               BLOCK,                                       (2, 3, 12, 14), mode="training"),
]
# fmt: on
