"""One block each of networks that people ship, beside those of ``cases/networks.py``: ResNet's bottleneck, MobileNetV2, EfficientNet, DenseNet."""

from collections.abc import Iterator

from parity.axes import Shape
from parity.cases import Case, Graph, Network
from parity.layers import Add, BatchNorm2D, Concatenate, Conv2D, Linear, Max, Mean, Multiply, ReLU, Sigmoid

# The block of ResNet-50 (He et al. 2016): reduce, convolve, expand, and add what came in.
BOTTLENECK = Graph(
    reduce=(Conv2D(16, 4, 1, bias=False), "input"),
    norm1=(BatchNorm2D(4), "reduce"),
    relu1=(ReLU(), "norm1"),
    conv=(Conv2D(4, 4, 3, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(4), "conv"),
    relu2=(ReLU(), "norm2"),
    expand=(Conv2D(4, 16, 1, bias=False), "relu2"),
    norm3=(BatchNorm2D(16), "expand"),
    add=(Add(), "norm3", "input"),
    relu3=(ReLU(), "add"),
)

# The first of a stage: stride 2 at the 3x3 convolution (torchvision's place for it), and the way round projected.
BOTTLENECK_PROJECTION = Graph(
    reduce=(Conv2D(16, 6, 1, bias=False), "input"),
    norm1=(BatchNorm2D(6), "reduce"),
    relu1=(ReLU(), "norm1"),
    conv=(Conv2D(6, 6, 3, stride=2, padding=1, bias=False), "relu1"),
    norm2=(BatchNorm2D(6), "conv"),
    relu2=(ReLU(), "norm2"),
    expand=(Conv2D(6, 24, 1, bias=False), "relu2"),
    norm3=(BatchNorm2D(24), "expand"),
    shortcut=(Conv2D(16, 24, 1, stride=2, bias=False), "input"),
    shortcut_norm=(BatchNorm2D(24), "shortcut"),
    add=(Add(), "norm3", "shortcut_norm"),
    relu3=(ReLU(), "add"),
)

# MobileNetV2 (Sandler et al. 2018): expand, convolve each channel by itself, project without an activation, add.
INVERTED_RESIDUAL = Graph(
    expand=(Conv2D(6, 18, 1, bias=False), "input"),
    norm1=(BatchNorm2D(18), "expand"),
    relu1=(ReLU(), "norm1"),
    depthwise=(Conv2D(18, 18, 3, padding=1, groups=18, bias=False), "relu1"),
    norm2=(BatchNorm2D(18), "depthwise"),
    relu2=(ReLU(), "norm2"),
    project=(Conv2D(18, 6, 1, bias=False), "relu2"),
    norm3=(BatchNorm2D(6), "project"),
    add=(Add(), "input", "norm3"),
)

# Two layers of a DenseNet-BC block (Huang et al. 2017): each reads everything before it.
DENSE_BLOCK = Graph(
    norm1=(BatchNorm2D(6), "input"),
    relu1=(ReLU(), "norm1"),
    narrow1=(Conv2D(6, 8, 1, bias=False), "relu1"),
    norm2=(BatchNorm2D(8), "narrow1"),
    relu2=(ReLU(), "norm2"),
    conv1=(Conv2D(8, 4, 3, padding=1, bias=False), "relu2"),
    join1=(Concatenate(), "input", "conv1"),
    norm3=(BatchNorm2D(10), "join1"),
    relu3=(ReLU(), "norm3"),
    narrow2=(Conv2D(10, 8, 1, bias=False), "relu3"),
    norm4=(BatchNorm2D(8), "narrow2"),
    relu4=(ReLU(), "norm4"),
    conv2=(Conv2D(8, 4, 3, padding=1, bias=False), "relu4"),
    join2=(Concatenate(), "join1", "conv2"),
)

# A squeeze-and-excitation block (Hu et al. 2018) as EfficientNet and MobileNetV3 write it, with convolutions of one pixel.
SQUEEZE_EXCITE = Graph(
    squeeze=(Mean("hw", keepdims=True), "input"),
    reduce=(Conv2D(16, 4, 1), "squeeze"),
    relu=(ReLU(), "reduce"),
    expand=(Conv2D(4, 16, 1), "relu"),
    gate=(Sigmoid(), "expand"),
    excite=(Multiply(), "input", "gate"),
)

# The same behind a convolution, its answer pooled and classified: what a classifier's end looks like.
SQUEEZE_EXCITE_CLASSIFIED = Graph(
    conv=(Conv2D(3, 12, 3, padding=1), "input"),
    squeeze=(Mean("hw", keepdims=True), "conv"),
    reduce=(Conv2D(12, 4, 1), "squeeze"),
    relu=(ReLU(), "reduce"),
    expand=(Conv2D(4, 12, 1), "relu"),
    gate=(Sigmoid(), "expand"),
    excite=(Multiply(), "gate", "conv"),
    pool=(Mean("hw"), "excite"),
    fc=(Linear(12, 10), "pool"),
)

# EfficientNet's block (Tan and Le 2019): MobileNetV2's with a gate before it is projected; swish is a gate by itself.
MBCONV = Graph(
    expand=(Conv2D(6, 18, 1, bias=False), "input"),
    norm1=(BatchNorm2D(18, eps=1e-3), "expand"),
    sigmoid1=(Sigmoid(), "norm1"),
    swish1=(Multiply(), "norm1", "sigmoid1"),
    depthwise=(Conv2D(18, 18, 5, padding=2, groups=18, bias=False), "swish1"),
    norm2=(BatchNorm2D(18, eps=1e-3), "depthwise"),
    sigmoid2=(Sigmoid(), "norm2"),
    swish2=(Multiply(), "norm2", "sigmoid2"),
    squeeze=(Mean("hw", keepdims=True), "swish2"),
    narrow=(Conv2D(18, 4, 1), "squeeze"),
    sigmoid3=(Sigmoid(), "narrow"),
    swish3=(Multiply(), "narrow", "sigmoid3"),
    widen=(Conv2D(4, 18, 1), "swish3"),
    gate=(Sigmoid(), "widen"),
    excite=(Multiply(), "swish2", "gate"),
    project=(Conv2D(18, 6, 1, bias=False), "excite"),
    norm3=(BatchNorm2D(6, eps=1e-3), "project"),
    add=(Add(), "norm3", "input"),
)

# The spatial half of CBAM (Woo et al. 2018): one gate for all channels of a place.
SPATIAL_ATTENTION = Graph(
    mean=(Mean("c", keepdims=True), "input"),
    largest=(Max("c", keepdims=True), "input"),
    both=(Concatenate(), "mean", "largest"),
    conv=(Conv2D(2, 1, 7, padding=3, bias=False), "both"),
    gate=(Sigmoid(), "conv"),
    attend=(Multiply(), "input", "gate"),
)


def cases(name: str, network: Network, shape: Shape) -> Iterator[Case]:
    """A block as it is; for the full set of one image, at other scales and far from zero."""
    yield Case(name, network, shape)
    yield Case(f"{name}/batch1", network, (1, *shape[1:]), quick=False)
    for word, scale in (("1e-3", 1e-3), ("1e3", 1e3), ("1e6", 1e6)):
        yield Case(f"{name}/scale-{word}", network, shape, scale=scale, quick=False)
    yield Case(f"{name}/mean100", network, shape, mean=100.0, quick=False)


CASES = [
    *cases("bottleneck", BOTTLENECK, (2, 16, 11, 14)),
    Case("bottleneck/projection", BOTTLENECK_PROJECTION, (2, 16, 11, 14), quick=False),
    Case("bottleneck/projection-even", BOTTLENECK_PROJECTION, (2, 16, 10, 14), quick=False),
    *cases("inverted_residual", INVERTED_RESIDUAL, (2, 6, 11, 14)),
    *cases("dense_block", DENSE_BLOCK, (2, 6, 11, 14)),
    *cases("squeeze_excite", SQUEEZE_EXCITE, (2, 16, 11, 14)),
    Case("squeeze_excite/classified", SQUEEZE_EXCITE_CLASSIFIED, (2, 3, 11, 14)),
    *cases("mbconv", MBCONV, (2, 6, 11, 14)),
    *cases("spatial_attention", SPATIAL_ATTENTION, (2, 6, 11, 14)),
]
