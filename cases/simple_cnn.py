"""The networks of "Understanding CNN Layers", at the 224x224 they were written for and at a size of milliseconds."""

from math import prod

from parity.axes import Shape
from parity.cases import Case, Network, Sequential, output_shape
from parity.layers import BatchNorm2D, Conv2D, Flatten, Layer, LeakyReLU, Linear, MaxPool2D, ReLU

PUBLISHED = "as published: images of 224 by 224"
PICTURES = ("pictures",)  # the report shows what each layer makes of the image

IMAGE = (1, 3, 224, 224)
SMALL = (2, 3, 12, 20)
ODD = (2, 3, 13, 22)


def cnn_block() -> Network:
    """The chapter's Conv, BatchNorm, ReLU, Pool block."""
    return Sequential(
        ("conv", Conv2D(3, 16, 3, stride=1, padding=1)),
        ("norm", BatchNorm2D(16)),
        ("relu", ReLU()),
        ("pool", MaxPool2D(2, stride=2)),
    )


def simple_cnn(shape: Shape, activation: Layer) -> Network:
    """The chapter's PyTorch class SimpleCNN; the mini-exercise puts LeakyReLU in place of both ReLUs."""
    features = [
        ("conv1", Conv2D(3, 16, 3, padding=1)),
        (f"{activation.kind}1", activation),
        ("pool1", MaxPool2D(2)),
        ("conv2", Conv2D(16, 32, 3, padding=1)),
        (f"{activation.kind}2", activation),
        ("pool2", MaxPool2D(2)),
    ]
    return Sequential(*features, ("flatten", Flatten()), ("fc", Linear(_folded(features, shape), 10)))


def keras_cnn(shape: Shape) -> Network:
    """The chapter's Keras model. Not SimpleCNN: it normalises after the first convolution, with Keras' epsilon."""
    features = [
        ("conv1", Conv2D(3, 16, (3, 3), padding="same")),
        ("norm1", BatchNorm2D(16, eps=1e-3)),
        ("relu1", ReLU()),
        ("pool1", MaxPool2D((2, 2))),
        ("conv2", Conv2D(16, 32, (3, 3), padding="same")),
        ("relu2", ReLU()),
        ("pool2", MaxPool2D((2, 2))),
    ]
    return Sequential(*features, ("flatten", Flatten()), ("fc", Linear(_folded(features, shape), 10)))


def _folded(features: list[tuple[str, Layer]], shape: Shape) -> int:
    """How many features Flatten makes of them; 32 * 56 * 56 at 224x224."""
    return prod(output_shape(Sequential(*features), shape)[1:])


# Those at 224x224 are for the full set: a MaxPool of that size takes the reference evaluator 4 s.
# fmt: off
CASES = [
    Case("cnn_block",                  cnn_block(), IMAGE, equal_sizes=PUBLISHED, tags=PICTURES, quick=False),
    Case("cnn_block/small",            cnn_block(), SMALL),
    Case("cnn_block/small-odd",        cnn_block(), ODD, quick=False),
    Case("cnn_block/small-scale-1e-3", cnn_block(), SMALL, scale=1e-3, quick=False),
    Case("cnn_block/small-scale-1e3",  cnn_block(), SMALL, scale=1e3, quick=False),
    Case("cnn_block/small-scale-1e6",  cnn_block(), SMALL, scale=1e6, quick=False),
    Case("cnn_block/small-mean100",    cnn_block(), SMALL, mean=100.0),

    Case("simple_cnn",                  simple_cnn(IMAGE, ReLU()), IMAGE, equal_sizes=PUBLISHED, tags=PICTURES, quick=False),
    Case("simple_cnn/small",            simple_cnn(SMALL, ReLU()), SMALL),
    Case("simple_cnn/small-odd",        simple_cnn(ODD, ReLU()),   ODD, quick=False),
    Case("simple_cnn/small-batch1",     simple_cnn(SMALL, ReLU()), (1, *SMALL[1:]), quick=False),
    Case("simple_cnn/small-batch4",     simple_cnn(SMALL, ReLU()), (4, *SMALL[1:]), quick=False),
    Case("simple_cnn/small-scale-1e-3", simple_cnn(SMALL, ReLU()), SMALL, scale=1e-3, quick=False),
    Case("simple_cnn/small-scale-1e3",  simple_cnn(SMALL, ReLU()), SMALL, scale=1e3, quick=False),
    Case("simple_cnn/small-scale-1e6",  simple_cnn(SMALL, ReLU()), SMALL, scale=1e6, quick=False),
    Case("simple_cnn/small-mean100",    simple_cnn(SMALL, ReLU()), SMALL, mean=100.0, quick=False),

    Case("simple_cnn_leaky",                  simple_cnn(IMAGE, LeakyReLU()),    IMAGE, equal_sizes=PUBLISHED, tags=PICTURES, quick=False),
    Case("simple_cnn_leaky/small",            simple_cnn(SMALL, LeakyReLU()),    SMALL),
    Case("simple_cnn_leaky/small-0.3",        simple_cnn(SMALL, LeakyReLU(0.3)), SMALL),
    Case("simple_cnn_leaky/small-scale-1e-3", simple_cnn(SMALL, LeakyReLU()),    SMALL, scale=1e-3, quick=False),
    Case("simple_cnn_leaky/small-scale-1e3",  simple_cnn(SMALL, LeakyReLU()),    SMALL, scale=1e3),
    Case("simple_cnn_leaky/small-scale-1e6",  simple_cnn(SMALL, LeakyReLU()),    SMALL, scale=1e6, quick=False),
    Case("simple_cnn_leaky/small-mean100",    simple_cnn(SMALL, LeakyReLU()),    SMALL, mean=100.0, quick=False),

    Case("keras_cnn",                  keras_cnn(IMAGE), IMAGE, equal_sizes=PUBLISHED, tags=PICTURES, quick=False),
    Case("keras_cnn/small",            keras_cnn(SMALL), SMALL),
    Case("keras_cnn/small-odd",        keras_cnn(ODD),   ODD, quick=False),
    Case("keras_cnn/small-batch4",     keras_cnn(SMALL), (4, *SMALL[1:]), quick=False),
    Case("keras_cnn/small-scale-1e-3", keras_cnn(SMALL), SMALL, scale=1e-3),
    Case("keras_cnn/small-scale-1e3",  keras_cnn(SMALL), SMALL, scale=1e3, quick=False),
    Case("keras_cnn/small-scale-1e6",  keras_cnn(SMALL), SMALL, scale=1e6, quick=False),
    Case("keras_cnn/small-mean100",    keras_cnn(SMALL), SMALL, mean=100.0, quick=False),
]
# fmt: on
