"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, ReLU, Sigmoid
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Concatenate
from parity.layers.conv import Conv2D
from parity.layers.convtranspose import ConvTranspose2D
from parity.layers.linear import Linear
from parity.layers.norm import BatchNorm2D
from parity.layers.padding import Cropping2D, Pad2D
from parity.layers.pool import AvgPool2D, MaxPool2D
from parity.layers.resize import Upsample
from parity.layers.separable import DepthwiseConv2D, SeparableConv2D
from parity.layers.shape import Dropout, Flatten
from parity.layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle

__all__ = [
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "ChannelShuffle",
    "Concatenate",
    "Conv2D",
    "ConvTranspose2D",
    "Cropping2D",
    "DepthwiseConv2D",
    "Draw",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool2D",
    "Pad2D",
    "Parameter",
    "PixelShuffle",
    "PixelUnshuffle",
    "ReLU",
    "SeparableConv2D",
    "Sigmoid",
    "Upsample",
    "layer",
]
