"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, PReLU, ReLU, Sigmoid, Softsign, Tanh
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Concatenate
from parity.layers.conv import Conv1D, Conv2D, Conv3D
from parity.layers.exponential import CELU, ELU, SELU, LogSigmoid, LogSoftmax, Softmax, Softplus
from parity.layers.gated import GELU, GLU, HardSwish, Mish, SiLU
from parity.layers.linear import Linear
from parity.layers.norm import BatchNorm1D, BatchNorm2D, BatchNorm3D
from parity.layers.piecewise import HardShrink, HardSigmoid, HardTanh, ReLU6, SoftShrink, TanhShrink, Threshold
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
    "CELU",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "Draw",
    "Dropout",
    "ELU",
    "Flatten",
    "GELU",
    "GLU",
    "HardShrink",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "Layer",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "Mish",
    "PReLU",
    "Parameter",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
    "TanhShrink",
    "Threshold",
    "layer",
]
