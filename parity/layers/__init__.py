"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, ReLU, Sigmoid
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from parity.layers.conv import Conv2D
from parity.layers.linear import Linear
from parity.layers.norm import BatchNorm2D
from parity.layers.pool import AvgPool2D, MaxPool2D
from parity.layers.reduction import ArgMax, LogSumExp, Max, Mean, Min, Prod, Std, Sum, Var, VectorNorm
from parity.layers.shape import Dropout, Flatten

__all__ = [
    "Add",
    "ArgMax",
    "Average",
    "AvgPool2D",
    "BatchNorm2D",
    "Concatenate",
    "Conv2D",
    "Draw",
    "Dropout",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogSumExp",
    "Max",
    "MaxPool2D",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Multiply",
    "Parameter",
    "Prod",
    "ReLU",
    "Sigmoid",
    "Std",
    "Subtract",
    "Sum",
    "Var",
    "VectorNorm",
    "layer",
]
