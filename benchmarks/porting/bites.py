"""The ten things that bite whoever ports a network, and which case of the registry checks a pair."""

from __future__ import annotations

from benchmarks.porting.model import Bite

BITES = (
    Bite(
        "Weights lie along other axes",
        "torch and ONNX keep a convolution's weight as `O I H W`, Keras as `H W I O`; a dense layer's as `O I` and `I O`. Turned so "
        "(`weight.permute(2, 3, 1, 0)`, `weight.T`) the two are the same function to the last digits of float64. Of a square weight a forgotten turn "
        "raises no error.",
        ("conv2d", "transposed", "linear"),
    ),
    Bite(
        "Flatten reads an image in another order",
        "torch reads channel by channel, Keras place by place, so the dense layer behind it meets other numbers, and no shape tells. "
        "Permute in front of it, or turn the dense layer's weight.",
        ("flatten",),
    ),
    Bite(
        'padding="same" with a stride is not padding=1',
        "At stride 1 and an odd kernel they are the same. With a stride Keras pads what the size needs, the odd one at the bottom and right: of an "
        "even image nothing at the top and left. torch refuses the word with a stride.",
        ("conv2d same", "conv2d stride 2, padding 1", "conv2d stride 2, same", "max pool, stride 2, padding 1"),
    ),
    Bite(
        "A normalisation's epsilon is 1e-5 in torch and 1e-3 in Keras",
        "It shows where a variance is small: in a dead channel, behind a small scale. Say it on both sides.",
        ("batch norm", "layer norm", "group norm"),
    ),
    Bite(
        "momentum means the opposite",
        "torch's is the weight of the new batch, 0.1; Keras' and ONNX's that of the old value, 0.99 and 0.9: write `1 - momentum`. At "
        "inference it says nothing, in training the running statistics drift apart.",
        ("batch norm after a step", "batch norm, momentum=0.9 in both"),
    ),
    Bite(
        "The same activation, another argument",
        "Keras' LeakyReLU layer has a slope of 0.3, its function 0.2, torch 0.01. GELU is exact in torch and in `keras.activations`, and by a tanh in "
        "`keras.ops`. Keras' PReLU stores a slope for every element.",
        ("leaky relu", "leaky relu, Keras' layer and function", "gelu, keras.activations and keras.ops", "prelu"),
    ),
    Bite(
        "-1 is another axis",
        "The last axis of an image is the width in torch and ONNX and the channels in Keras; the same word gives the other softmax, with no "
        "error.",
        ("softmax, -1 in both", "glu", "layer norm of an image"),
    ),
    Bite(
        "Pools pad, count and round in their own way",
        "torch's average counts its padding, Keras' does not; padding a max pool by ZeroPadding2D lets zeros win; ceil_mode has no word in "
        "Keras; and the global pool drops its axes.",
        ("average pool, padded", "max pool, padded with zeros", "max pool, ceil_mode", "global average"),
    ),
    Bite(
        "Resizing takes other places",
        "Bilinear without aligned corners is the same. Keras never aligns corners, its nearest is torch's nearest-exact, and its bicubic "
        "has another coefficient.",
        ("bilinear to a size", "bilinear, corners aligned", "nearest to a size", "bicubic to a size"),
    ),
    Bite(
        "A transposed convolution of twice the size lies shifted",
        "`padding=1, output_padding=1` cuts the first row and column of what there is, Keras' same the last: all sizes fit, and every "
        "value is that of a neighbour.",
        ("transposed, twice the size", "transposed, kernel below stride"),
    ),
)

#: Pair -> the case in which its question is asked on every route; the others by the family of their layer.
CASES = {
    "conv2d": "conv2d/k3x1",
    "conv1d causal": "conv1d/*causal*",
    "conv2d padding_mode": "conv2d/padded/*",
    "conv2d same": "conv2d/same",
    "conv2d stride 2, padding 1": "conv2d/stride2-pad1-even",
    "conv2d stride 2, same": "conv2d/k3-stride2-same-even",
    "conv2d padding=1 in both": "conv2d/pad1",
    "conv2d even kernel": "conv2d/k2-*",
    "conv2d stride and dilation": "conv2d/stride2-dilation2",
    "transposed": "convtranspose2d/*padding-valid*",
    "transposed, twice the size": "convtranspose2d/*output-padding*",
    "transposed, kernel below stride": "convtranspose2d/kernel2-stride3*",
    "linear": "linear/37to10",
    "flatten": "flatten/then-linear",
    "dropout, torch's module and function": "dropout/training*",
    "reflection padding": "pad2d/*reflect*",
    "replication padding": "pad2d/*replicate*",
    "circular padding": "pad2d/*circular*",
    "bilinear, twice": "upsample/bilinear*",
    "bilinear to a size": "upsample/*bilinear*",
    "bilinear, corners aligned": "upsample/*bilinear-corners*",
    "nearest to a size": "upsample/*nearest-exact*",
    "bicubic to a size": "upsample/*bicubic*",
    "max pool": "maxpool2d/k3",
    "max pool, stride 2, padding 1": "maxpool2d/k3-stride2-pad1-even",
    "max pool, padded with zeros": "maxpool2d/negative-pad1",
    "max pool, ceil_mode": "maxpool2d/ceil",
    "average pool": "avgpool2d/k3",
    "average pool, padded": "avgpool2d/pad1",
    "average pool in ONNX, padded": "avgpool2d/pad1",
    "average pool, padding not counted": "avgpool2d/exclude",
    "average pool, ceil_mode": "avgpool2d/ceil",
    "global average": "globalavgpool2d/keepdims*",
    "global maximum": "globalmaxpool2d/keepdims*",
    "variance": "var/*",
    "batch norm": "batchnorm2d/var-1e-3-eps-*",
    "batch norm after a step": "batchnorm2d/training",
    "batch norm, momentum=0.9 in both": "batchnorm2d/training-momentum-*",
    "layer norm": "layernorm/features/*",
    "layer norm of an image": "layernorm/axes-*",
    "group norm": "groupnorm/groups2*",
    "RMS norm": "rmsnorm/features/*",
    "unit norm, p=1": "unitnorm/*p1*",
    "leaky relu": "leakyrelu/image",
    "leaky relu, Keras' layer and function": "leakyrelu/slope-0.*",
    "gelu by tanh": "gelu/tanh*",
    "gelu, keras.activations and keras.ops": "gelu/tanh*",
    "prelu": "prelu/channels*",
    "softmax over channels": "softmax/base",
    "softmax, -1 in both": "softmax/last*",
    "glu": "glu/last*",
}
