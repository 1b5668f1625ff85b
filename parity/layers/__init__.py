"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, ReLU, Sigmoid
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Concatenate
from parity.layers.conv import Conv1D, Conv2D, Conv3D
from parity.layers.linear import Linear
from parity.layers.norm import BatchNorm1D, BatchNorm2D, BatchNorm3D
from parity.layers.pool import AvgPool1D, AvgPool2D, AvgPool3D, MaxPool1D, MaxPool2D, MaxPool3D
from parity.layers.shape import Dropout, Flatten

__all__ = [
    "Add",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNorm1D",
    "BatchNorm2D",
    "BatchNorm3D",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Draw",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "Parameter",
    "ReLU",
    "Sigmoid",
    "layer",
]
