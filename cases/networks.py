"""Deeper and branched networks: VGG16's features, residual blocks, an inception-like block."""

from parity.axes import Shape
from parity.cases import Case, Graph, Network, Sequential
from parity.layers import Add, BatchNorm2D, Concatenate, Conv2D, Draw, Flatten, Layer, Linear, MaxPool2D, ReLU

PUBLISHED = "as published: images of 224 by 224"

IMAGE: Shape = (1, 3, 224, 224)


def vgg16_features() -> Network:
    """The thirteen convolutions and five pools of VGG16 (Simonyan and Zisserman 2015): 224x224x3 to 7x7x512."""
    layers: list[tuple[str, Layer]] = []
    channels = 3
    for block, (convolutions, width) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, convolutions + 1):
            layers += [(f"conv{block}_{i}", Conv2D(channels, width, 3, padding=1)), (f"relu{block}_{i}", ReLU())]
            channels = width
        layers.append((f"pool{block}", MaxPool2D(2)))
    return Sequential(*layers)


# A residual block whose way round is the identity, as in ResNet-18 (He et al. 2016).
RESIDUAL = Graph(
    conv1=(Conv2D(16, 16, 3, padding=1, bias=False), "input"),
    norm1=(BatchNorm2D(16), "conv1"),
    relu1=(ReLU(), "norm1"),
    conv2=(Conv2D(16, 16, 3, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(16), "conv2"),
    add=(Add(), "norm2", "input"),
    relu2=(ReLU(), "add"),
)

# One that halves the image and doubles the channels: the way round is a strided 1x1 convolution.
PROJECTION = Graph(
    conv1=(Conv2D(16, 32, 3, stride=2, padding=1, bias=False), "input"),
    norm1=(BatchNorm2D(32), "conv1"),
    relu1=(ReLU(), "norm1"),
    conv2=(Conv2D(32, 32, 3, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(32), "conv2"),
    shortcut=(Conv2D(16, 32, 1, stride=2, bias=False), "input"),
    shortcut_norm=(BatchNorm2D(32), "shortcut"),
    add=(Add(), "norm2", "shortcut_norm"),
    relu2=(ReLU(), "add"),
)

# The same halving by TensorFlow's "same", which pads the bottom and right only where the size is even.
PROJECTION_SAME = Graph(
    conv1=(Conv2D(16, 32, 3, stride=2, padding="same"), "input"),
    relu1=(ReLU(), "conv1"),
    conv2=(Conv2D(32, 32, 3, padding="same"), "relu1"),
    shortcut=(Conv2D(16, 32, 1, stride=2, padding="same"), "input"),
    add=(Add(), "conv2", "shortcut"),
    relu2=(ReLU(), "add"),
)

# A residual block without normalisation, where whole numbers stay whole.
PLAIN = Graph(
    conv1=(Conv2D(16, 16, 3, padding=1), "input"),
    relu1=(ReLU(), "conv1"),
    conv2=(Conv2D(16, 16, 3, padding=1), "relu1"),
    add=(Add(), "conv2", "input"),
    relu2=(ReLU(), "add"),
)

# Four ways side by side, joined along the channels, as in GoogLeNet (Szegedy et al. 2015).
INCEPTION = Graph(
    one=(Conv2D(16, 8, 1), "input"),
    three_reduce=(Conv2D(16, 6, 1), "input"),
    three_relu=(ReLU(), "three_reduce"),
    three=(Conv2D(6, 12, 3, padding=1), "three_relu"),
    five_reduce=(Conv2D(16, 4, 1), "input"),
    five_relu=(ReLU(), "five_reduce"),
    five=(Conv2D(4, 6, 5, padding=2), "five_relu"),
    pool=(MaxPool2D(3, stride=1, padding=1), "input"),
    project=(Conv2D(16, 5, 1), "pool"),
    join=(Concatenate(), "one", "three", "five", "project"),
    relu=(ReLU(), "join"),
)

INCEPTION_CLASSIFIED = Graph(
    one=(Conv2D(16, 8, 1), "input"),
    three=(Conv2D(16, 12, 3, padding="same"), "input"),
    join=(Concatenate(), "one", "three"),
    relu=(ReLU(), "join"),
    pool=(MaxPool2D(3, stride=2, padding="same"), "relu"),
    flatten=(Flatten(), "pool"),
    fc=(Linear(20 * 6 * 7, 10), "flatten"),
)


def fresh(network: Network) -> dict[str, Draw]:
    """The draws of a network that was never trained: its normalisations change nothing but by their epsilon."""
    ones, zeros = Draw(centre=1.0, spread=0.0), Draw(spread=0.0)
    drawn: dict[str, Draw] = {}
    for node in network.nodes:
        if isinstance(node.layer, BatchNorm2D):
            drawn |= {f"{node.name}.{name}": ones for name in ("gamma", "var")}
            drawn |= {f"{node.name}.{name}": zeros for name in ("beta", "mean")}
    return drawn


# fmt: off
CASES = [
    Case("vgg16_features",               vgg16_features(), IMAGE, equal_sizes=PUBLISHED, time_limit=600.0, tags=("pictures",), quick=False),
    Case("vgg16_features/small",         vgg16_features(), (1, 3, 64, 96), time_limit=600.0, quick=False),

    Case("residual_block",                 RESIDUAL,        (2, 16, 11, 14)),
    Case("residual_block/plain",           PLAIN,           (2, 16, 11, 14), quick=False),
    Case("residual_block/projection",      PROJECTION,      (2, 16, 11, 14), quick=False),
    Case("residual_block/projection-even", PROJECTION,      (2, 16, 10, 14), quick=False),
    Case("residual_block/same-odd",        PROJECTION_SAME, (2, 16, 11, 13)),
    Case("residual_block/same-even",       PROJECTION_SAME, (2, 16, 10, 14), quick=False),
    Case("residual_block/batch1",          RESIDUAL,        (1, 16, 11, 14), quick=False),
    Case("residual_block/fresh",           RESIDUAL,        (2, 16, 11, 14), draws=fresh(RESIDUAL), quick=False),
    Case("residual_block/fresh-projection", PROJECTION,     (2, 16, 11, 14), draws=fresh(PROJECTION), quick=False),
    Case("residual_block/scale-1e-3",      PROJECTION,      (2, 16, 11, 14), scale=1e-3, quick=False),
    Case("residual_block/scale-1e3",       PROJECTION,      (2, 16, 11, 14), scale=1e3, quick=False),
    Case("residual_block/scale-1e6",       PROJECTION,      (2, 16, 11, 14), scale=1e6, quick=False),
    Case("residual_block/mean100",         PROJECTION,      (2, 16, 11, 14), mean=100.0, quick=False),

    Case("concat_block",            INCEPTION,            (2, 16, 11, 14)),
    Case("concat_block/classified", INCEPTION_CLASSIFIED, (2, 16, 11, 14)),
    Case("concat_block/batch1",     INCEPTION,            (1, 16, 11, 14), quick=False),
    Case("concat_block/scale-1e-3", INCEPTION,            (2, 16, 11, 14), scale=1e-3, quick=False),
    Case("concat_block/scale-1e3",  INCEPTION,            (2, 16, 11, 14), scale=1e3, quick=False),
    Case("concat_block/scale-1e6",  INCEPTION,            (2, 16, 11, 14), scale=1e6, quick=False),
    Case("concat_block/mean100",    INCEPTION,            (2, 16, 11, 14), mean=100.0, quick=False),
]
# fmt: on
