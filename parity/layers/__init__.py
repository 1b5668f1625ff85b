"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, ReLU, Sigmoid
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Concatenate
from parity.layers.conv import Conv2D
from parity.layers.linear import Linear
from parity.layers.norm import BatchNorm2D
from parity.layers.norm_sample import GroupNorm, InstanceNorm2D, LayerNorm
from parity.layers.norm_size import LocalResponseNorm, RMSNorm, UnitNorm
from parity.layers.pool import AvgPool2D, LPPool2D, MaxPool2D
from parity.layers.pool_whole import AdaptiveAvgPool2D, AdaptiveMaxPool2D, GlobalAvgPool2D, GlobalMaxPool2D
from parity.layers.shape import Dropout, Flatten

__all__ = [
    "AdaptiveAvgPool2D",
    "AdaptiveMaxPool2D",
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "Concatenate",
    "Conv2D",
    "Draw",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GroupNorm",
    "InstanceNorm2D",
    "LPPool2D",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2D",
    "Parameter",
    "RMSNorm",
    "ReLU",
    "Sigmoid",
    "UnitNorm",
    "layer",
]
