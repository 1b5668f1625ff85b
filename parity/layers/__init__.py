"""The layers, one file a family; ``docs/add-a-layer.md`` shows how to add one."""

from parity.layers.activation import LeakyReLU, PReLU, ReLU, Sigmoid, Softsign, Tanh
from parity.layers.attention import MultiHeadAttention
from parity.layers.base import Draw, Layer, Parameter, layer
from parity.layers.combine import Add, Average, Concatenate, Maximum, Minimum, Multiply, Subtract
from parity.layers.conv import Conv1D, Conv2D, Conv3D
from parity.layers.convtranspose import ConvTranspose1D, ConvTranspose2D, ConvTranspose3D
from parity.layers.embedding import Embedding
from parity.layers.exponential import CELU, ELU, SELU, LogSigmoid, LogSoftmax, Softmax, Softplus
from parity.layers.fold import Fold, Unfold
from parity.layers.gated import GELU, GLU, HardSwish, Mish, SiLU
from parity.layers.learned import ClassToken, LayerScale, PositionEmbedding
from parity.layers.linear import Bilinear, Linear
from parity.layers.moves import Permute, Reshape, Roll, Slice, WindowPartition, WindowReverse
from parity.layers.noise import AlphaDropout, ChannelDropout, GaussianDropout, GaussianNoise
from parity.layers.norm import BatchNorm1D, BatchNorm2D, BatchNorm3D
from parity.layers.norm_sample import GroupNorm, InstanceNorm1D, InstanceNorm2D, InstanceNorm3D, LayerNorm
from parity.layers.norm_size import LocalResponseNorm, RMSNorm, UnitNorm
from parity.layers.padding import Cropping1D, Cropping2D, Cropping3D, Pad1D, Pad2D, Pad3D
from parity.layers.pairs import CosineSimilarity, CumSum, PairwiseDistance
from parity.layers.piecewise import HardShrink, HardSigmoid, HardTanh, ReLU6, SoftShrink, TanhShrink, Threshold
from parity.layers.pool import AvgPool1D, AvgPool2D, AvgPool3D, MaxPool1D, MaxPool2D, MaxPool3D
from parity.layers.pool_norm import GlobalLPPool1D, GlobalLPPool2D, GlobalLPPool3D, LPPool1D, LPPool2D, LPPool3D
from parity.layers.pool_whole import (
    AdaptiveAvgPool1D,
    AdaptiveAvgPool2D,
    AdaptiveAvgPool3D,
    AdaptiveMaxPool1D,
    AdaptiveMaxPool2D,
    AdaptiveMaxPool3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
)
from parity.layers.reduction import ArgMax, ArgMin, LogSumExp, Max, Mean, Min, Prod, Std, Sum, Var, VectorNorm
from parity.layers.resize import Upsample
from parity.layers.sample import GridSample
from parity.layers.separable import DepthwiseConv1D, DepthwiseConv2D, SeparableConv1D, SeparableConv2D
from parity.layers.shape import Dropout, Flatten
from parity.layers.shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from parity.layers.unpool import (
    MaxPoolIndices1D,
    MaxPoolIndices2D,
    MaxPoolIndices3D,
    MaxUnpool1D,
    MaxUnpool2D,
    MaxUnpool3D,
)

__all__ = [
    "AdaptiveAvgPool1D",
    "AdaptiveAvgPool2D",
    "AdaptiveAvgPool3D",
    "AdaptiveMaxPool1D",
    "AdaptiveMaxPool2D",
    "AdaptiveMaxPool3D",
    "Add",
    "AlphaDropout",
    "ArgMax",
    "ArgMin",
    "Average",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNorm1D",
    "BatchNorm2D",
    "BatchNorm3D",
    "Bilinear",
    "CELU",
    "ChannelDropout",
    "ChannelShuffle",
    "ClassToken",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvTranspose1D",
    "ConvTranspose2D",
    "ConvTranspose3D",
    "CosineSimilarity",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CumSum",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Draw",
    "Dropout",
    "ELU",
    "Embedding",
    "Flatten",
    "Fold",
    "GELU",
    "GLU",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalLPPool1D",
    "GlobalLPPool2D",
    "GlobalLPPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GridSample",
    "GroupNorm",
    "HardShrink",
    "HardSigmoid",
    "HardSwish",
    "HardTanh",
    "InstanceNorm1D",
    "InstanceNorm2D",
    "InstanceNorm3D",
    "LPPool1D",
    "LPPool2D",
    "LPPool3D",
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
    "MaxPoolIndices1D",
    "MaxPoolIndices2D",
    "MaxPoolIndices3D",
    "MaxUnpool1D",
    "MaxUnpool2D",
    "MaxUnpool3D",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Mish",
    "MultiHeadAttention",
    "Multiply",
    "PReLU",
    "Pad1D",
    "Pad2D",
    "Pad3D",
    "PairwiseDistance",
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
    "SeparableConv1D",
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
    "Unfold",
    "UnitNorm",
    "Upsample",
    "Var",
    "VectorNorm",
    "WindowPartition",
    "WindowReverse",
    "layer",
]
