"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, PReLU, ReLU, Sigmoid, Softsign, Tanh
from parity.layers.attention import MultiHeadAttention
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from parity.layers.conv import Conv1D, Conv2D, Conv3D
from parity.layers.convtranspose import ConvTranspose2D
from parity.layers.exponential import CELU, ELU, SELU, LogSigmoid, LogSoftmax, Softmax, Softplus
from parity.layers.gated import GELU, GLU, HardSwish, Mish, SiLU
from parity.layers.learned import ClassToken, LayerScale, PositionEmbedding
from parity.layers.linear import Linear
from parity.layers.moves import Permute, Reshape, Roll, Slice, WindowPartition, WindowReverse
from parity.layers.norm import BatchNorm1D, BatchNorm2D, BatchNorm3D
from parity.layers.norm_sample import GroupNorm, InstanceNorm2D, LayerNorm
from parity.layers.norm_size import LocalResponseNorm, RMSNorm, UnitNorm
from parity.layers.padding import Cropping2D, Pad2D
from parity.layers.piecewise import HardShrink, HardSigmoid, HardTanh, ReLU6, SoftShrink, TanhShrink, Threshold
from parity.layers.pool import AvgPool1D, AvgPool2D, AvgPool3D, LPPool2D, MaxPool1D, MaxPool2D, MaxPool3D
from parity.layers.pool_whole import AdaptiveAvgPool2D, AdaptiveMaxPool2D, GlobalAvgPool2D, GlobalMaxPool2D
from parity.layers.reduction import ArgMax, LogSumExp, Max, Mean, Min, Prod, Std, Sum, Var, VectorNorm
from parity.layers.resize import Upsample
from parity.layers.separable import DepthwiseConv2D, SeparableConv2D
from parity.layers.shape import Dropout, Flatten
from parity.layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle

__all__ = [
    "AdaptiveAvgPool2D",
    "AdaptiveMaxPool2D",
    "Add",
    "ArgMax",
    "Average",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNorm1D",
    "BatchNorm2D",
    "BatchNorm3D",
    "CELU",
    "ChannelShuffle",
    "ClassToken",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvTranspose2D",
    "Cropping2D",
    "DepthwiseConv2D",
    "Draw",
    "Dropout",
    "ELU",
    "Flatten",
    "GELU",
    "GLU",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GroupNorm",
    "HardShrink",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "InstanceNorm2D",
    "LPPool2D",
    "Layer",
    "LayerNorm",
    "LayerScale",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "LogSumExp",
    "Max",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Mish",
    "MultiHeadAttention",
    "Multiply",
    "PReLU",
    "Pad2D",
    "Parameter",
    "Permute",
    "PixelShuffle",
    "PixelUnshuffle",
    "PositionEmbedding",
    "Prod",
    "RMSNorm",
    "ReLU",
    "ReLU6",
    "Reshape",
    "Roll",
    "SELU",
    "SeparableConv2D",
    "SiLU",
    "Sigmoid",
    "Slice",
    "SoftShrink",
    "Softmax",
    "Softplus",
    "Softsign",
    "Std",
    "Subtract",
    "Sum",
    "Tanh",
    "TanhShrink",
    "Threshold",
    "UnitNorm",
    "Upsample",
    "Var",
    "VectorNorm",
    "WindowPartition",
    "WindowReverse",
    "layer",
]
