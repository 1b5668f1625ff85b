"""Whole networks at the 224x224 they are published for: VGG16, ResNet-18 and MobileNetV2, layer by layer as torchvision builds them."""

from parity.cases import Case, Graph, Network, Sequential
from parity.layers import Add, Conv2D, Dropout, Flatten, GlobalAvgPool2D, Layer, Linear, MaxPool2D, ReLU, ReLU6

from .families import Nodes, depthwise, normed, one
from .networks import vgg16_features

PUBLISHED = "as published: images of 224 by 224"
IMAGE = (1, 3, 224, 224)

#: MobileNetV2's table 2: how many times wider inside, channels, blocks, stride of the first.
INVERTED = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def vgg16(classes: int = 1000, places: int = 7 * 7, width: int = 4096) -> Network:
    """VGG16 (Simonyan and Zisserman 2015): 138,357,544 numbers trained with 1000 classes, nine in ten of them in its dense layers.

    places: pixels that its features leave of an image; width: of the two dense layers before the last.
    """
    layers: list[tuple[str, Layer]] = [(node.name, node.layer) for node in vgg16_features().nodes]
    layers.append(("flatten", Flatten()))
    for i, inside in enumerate((512 * places, width), 1):
        layers += [(f"fc{i}", Linear(inside, width)), (f"fc{i}_relu", ReLU()), (f"fc{i}_dropout", Dropout(0.5))]
    return Sequential(*layers, ("fc3", Linear(width, classes)))


def basic(name: str, reads: str, inside: int, channels: int, stride: int) -> Nodes:
    """ResNet's block of two 3x3 convolutions; the way round is projected where the block changes the shape."""
    first = Conv2D(inside, channels, 3, stride=stride, padding=1, bias=False)
    nodes = normed(f"{name}_1", reads, first, ReLU())
    nodes |= normed(f"{name}_2", f"{name}_1", Conv2D(channels, channels, 3, padding=1, bias=False))
    around = reads
    if (inside, stride) != (channels, 1):
        around = f"{name}_shortcut"
        nodes |= normed(around, reads, one(inside, channels, stride=stride))
    return nodes | {f"{name}_add": (Add(), f"{name}_2", around), name: (ReLU(), f"{name}_add")}


def resnet18(classes: int = 1000) -> Network:
    """ResNet-18 (He et al. 2016): 11,689,512 numbers trained with 1000 classes."""
    nodes = normed("stem", "input", Conv2D(3, 64, 7, stride=2, padding=3, bias=False), ReLU())
    nodes["pool"] = (MaxPool2D(3, stride=2, padding=1), "stem")
    last, inside = "pool", 64
    for stage, channels in enumerate((64, 128, 256, 512), 1):
        for block in (1, 2):
            stride = 2 if stage > 1 and block == 1 else 1
            nodes |= basic(f"stage{stage}_{block}", last, inside, channels, stride)
            last, inside = f"stage{stage}_{block}", channels
    nodes |= {"mean": (GlobalAvgPool2D(), last), "fc": (Linear(512, classes), "mean")}
    return Graph(**nodes)


def inverted(name: str, reads: str, inside: int, wider: int, channels: int, stride: int) -> Nodes:
    """MobileNetV2's block: expand (but where it would not), convolve each channel by itself, project, and add where the shape stays."""
    width, source = inside * wider, reads
    nodes: Nodes = {}
    if wider > 1:
        nodes |= normed(f"{name}_expand", reads, one(inside, width), ReLU6())
        source = f"{name}_expand"
    nodes |= normed(f"{name}_depthwise", source, depthwise(width, stride=stride), ReLU6())
    if (inside, stride) != (channels, 1):
        return nodes | normed(name, f"{name}_depthwise", one(width, channels))
    nodes |= normed(f"{name}_project", f"{name}_depthwise", one(width, channels))
    return nodes | {name: (Add(), reads, f"{name}_project")}


def mobilenet_v2(classes: int = 1000) -> Network:
    """MobileNetV2 (Sandler et al. 2018) of width 1: 3,504,872 numbers trained with 1000 classes."""
    nodes = normed("stem", "input", Conv2D(3, 32, 3, stride=2, padding=1, bias=False), ReLU6())
    last, inside, count = "stem", 32, 0
    for wider, channels, blocks, first in INVERTED:
        for stride in (first, *(1,) * (blocks - 1)):
            count += 1
            nodes |= inverted(f"block{count}", last, inside, wider, channels, stride)
            last, inside = f"block{count}", channels
    nodes |= normed("features", last, one(inside, 1280), ReLU6())
    nodes |= {"mean": (GlobalAvgPool2D(), "features"), "dropout": (Dropout(0.2), "mean")}
    nodes["fc"] = (Linear(1280, classes), "dropout")
    return Graph(**nodes)


# fmt: off
CASES = [
    Case("vgg16",              vgg16(),          IMAGE, equal_sizes=PUBLISHED, time_limit=1800.0, quick=False),
    Case("vgg16/small",        vgg16(10, 2 * 3, 256), (1, 3, 64, 96), time_limit=600.0, quick=False),
    Case("resnet18",           resnet18(),       IMAGE, equal_sizes=PUBLISHED, time_limit=600.0, quick=False),
    Case("resnet18/small",     resnet18(10),     (1, 3, 64, 96), time_limit=600.0, quick=False),
    Case("mobilenet_v2",       mobilenet_v2(),   IMAGE, equal_sizes=PUBLISHED, time_limit=600.0, quick=False),
    Case("mobilenet_v2/small", mobilenet_v2(10), (1, 3, 64, 96), time_limit=600.0, quick=False),
]
# fmt: on
