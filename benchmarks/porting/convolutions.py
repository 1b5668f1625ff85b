"""Convolutions."""

from __future__ import annotations

from benchmarks.porting.model import Counterpart, Pair
from parity.layers import (
    Conv1D,
    Conv2D,
    Conv3D,
    ConvTranspose2D,
    DepthwiseConv2D,
    SeparableConv2D,
)

IMAGE = (2, 3, 11, 14)
EVEN = (2, 3, 12, 14)

CONV = (
    ("in_channels", "(found when it is first called)", "(the weight's second axis)"),
    ("out_channels", "filters", "(the weight's first axis)"),
    ("kernel_size", "kernel_size", "kernel_shape"),
    ("stride", "strides", "strides"),
    ("padding", "padding", "pads"),
    ("dilation", "dilation_rate", "dilations"),
    ("groups", "groups", "group"),
    ("bias", "use_bias", "(a third input)"),
    ("padding_mode", "", ""),
)

CONVOLUTIONS = (
    Counterpart(
        "Conv{n}D",
        "Convolutions",
        "torch.nn.Conv{n}d",
        "keras.layers.Conv{n}D",
        "Conv",
        CONV,
        "torch and ONNX keep `O I H W`, Keras `H W I O`: `weight.permute(2, 3, 1, 0)`. The bias is the same.",
        (
            Pair("conv1d", Conv1D(3, 5, 3), (2, 3, 14), "torch.nn.Conv1d(3, 5, 3)", "keras.layers.Conv1D(5, 3)"),
            Pair(
                "conv2d", Conv2D(3, 5, (3, 2)), IMAGE, "torch.nn.Conv2d(3, 5, (3, 2))", "keras.layers.Conv2D(5, (3, 2))"
            ),
            Pair("conv3d", Conv3D(3, 5, 3), (2, 3, 6, 7, 8), "torch.nn.Conv3d(3, 5, 3)", "keras.layers.Conv3D(5, 3)"),
            Pair(
                "conv2d same",
                Conv2D(3, 5, 3),
                IMAGE,
                'torch.nn.Conv2d(3, 5, 3, padding="same")',
                'keras.layers.Conv2D(5, 3, padding="same")',
            ),
            Pair(
                "conv2d stride 2, padding 1",
                Conv2D(3, 5, 3),
                EVEN,
                "torch.nn.Conv2d(3, 5, 3, stride=2, padding=1)",
                'keras.layers.Conv2D(5, 3, strides=2, padding="same")',
                "[keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(5, 3, strides=2)]",
                "of an even size Keras pads the bottom and right alone, so every window lies one element further on",
            ),
            Pair(
                "conv2d stride 2, same",
                Conv2D(3, 5, 3),
                EVEN,
                'keras.layers.Conv2D(5, 3, strides=2, padding="same")',
                'torch.nn.Conv2d(3, 5, 3, stride=2, padding="same")',
                "[torch.nn.ZeroPad2d((0, 1, 0, 1)), torch.nn.Conv2d(3, 5, 3, stride=2)]",
                'torch has no padding="same" with a stride; how much is padded where depends on the size of the image',
            ),
            Pair(
                "conv2d padding=1 in both",
                Conv2D(3, 5, 3),
                IMAGE,
                "torch.nn.Conv2d(3, 5, 3, padding=1)",
                "keras.layers.Conv2D(5, 3, padding=1)",
                'keras.layers.Conv2D(5, 3, padding="same")',
                "Keras takes words alone; at stride 1 and an odd kernel same is (kernel - 1) / 2",
            ),
            Pair(
                "conv2d even kernel",
                Conv2D(3, 5, 2),
                IMAGE,
                "torch.nn.Conv2d(3, 5, 2, padding=1)",
                'keras.layers.Conv2D(5, 2, padding="same")',
                "[keras.layers.ZeroPadding2D(1), keras.layers.Conv2D(5, 2)]",
                "padding 1 of both sides makes an image one larger, same pads the bottom and right alone",
            ),
            Pair(
                "conv1d causal",
                Conv1D(3, 5, 3),
                (2, 3, 14),
                'keras.layers.Conv1D(5, 3, padding="causal")',
                "torch.nn.Conv1d(3, 5, 3, padding=2)",
                "[torch.nn.ZeroPad1d((2, 0)), torch.nn.Conv1d(3, 5, 3)]",
                "torch has no word for it and pads both sides",
            ),
            Pair(
                "conv2d padding_mode",
                Conv2D(3, 5, 3),
                IMAGE,
                'torch.nn.Conv2d(3, 5, 3, padding=1, padding_mode="reflect")',
                'keras.layers.Conv2D(5, 3, padding="same")',
                '[lambda x: ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect"), keras.layers.Conv2D(5, 3)]',
                "Keras pads with zeros alone",
            ),
            Pair(
                "conv2d stride and dilation",
                Conv2D(3, 5, 3),
                IMAGE,
                "torch.nn.Conv2d(3, 5, 3, stride=2, dilation=2)",
                "keras.layers.Conv2D(5, 3, strides=2, dilation_rate=2)",
                "[keras.layers.Conv2D(5, 3, dilation_rate=2), keras.layers.MaxPooling2D(1, strides=2)]",
                "Keras refuses both together: take every second window of the dense one",
            ),
        ),
    ),
    Counterpart(
        "DepthwiseConv{n}D",
        "Convolutions",
        "torch.nn.Conv{n}d",
        "keras.layers.DepthwiseConv{n}D",
        "Conv",
        (
            ("groups", "(always the channels)", "group"),
            ("out_channels", "depth_multiplier", "(the weight's first axis)"),
        ),
        "torch keeps `(C M) 1 H W`, Keras `H W C M`.",
        (
            Pair(
                "depthwise",
                DepthwiseConv2D(3, 3, depth_multiplier=2),
                IMAGE,
                "torch.nn.Conv2d(3, 6, 3, groups=3)",
                "keras.layers.DepthwiseConv2D(3, depth_multiplier=2)",
            ),
        ),
    ),
    Counterpart(
        "SeparableConv{n}D",
        "Convolutions",
        "",
        "keras.layers.SeparableConv{n}D",
        "",
        (),
        "Two convolutions in torch and ONNX, the depthwise one without bias.",
        (
            Pair(
                "separable",
                SeparableConv2D(3, 5, 3),
                IMAGE,
                "torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3, groups=3, bias=False), torch.nn.Conv2d(3, 5, 1))",
                "keras.layers.SeparableConv2D(5, 3)",
            ),
        ),
    ),
    Counterpart(
        "ConvTranspose{n}D",
        "Convolutions",
        "torch.nn.ConvTranspose{n}d",
        "keras.layers.Conv{n}DTranspose",
        "ConvTranspose",
        (
            ("out_channels", "filters", "(the weight's second axis)"),
            ("kernel_size", "kernel_size", "kernel_shape"),
            ("stride", "strides", "strides"),
            ("padding", "padding", "pads"),
            ("output_padding", "output_padding", "output_padding"),
            ("dilation", "dilation_rate", "dilations"),
            ("groups", "", "group"),
            ("bias", "use_bias", "(a third input)"),
        ),
        "torch and ONNX keep `I O H W`, Keras `H W O I`: `weight.permute(2, 3, 1, 0)`, as for a convolution.",
        (
            Pair(
                "transposed",
                ConvTranspose2D(3, 4, 3, 2),
                (2, 3, 7, 9),
                "torch.nn.ConvTranspose2d(3, 4, 3, stride=2)",
                "keras.layers.Conv2DTranspose(4, 3, strides=2)",
            ),
            Pair(
                "transposed, twice the size",
                ConvTranspose2D(3, 4, 3, 2),
                (2, 3, 7, 9),
                "torch.nn.ConvTranspose2d(3, 4, 3, stride=2, padding=1, output_padding=1)",
                'keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same")',
                "[keras.layers.Conv2DTranspose(4, 3, strides=2), keras.layers.Cropping2D(((1, 0), (1, 0)))]",
                "both give twice the size, but torch cuts the first row and column off and Keras the last",
            ),
            Pair(
                "transposed, kernel below stride",
                ConvTranspose2D(3, 4, 2, 3),
                (2, 3, 7, 9),
                "torch.nn.ConvTranspose2d(3, 4, 2, stride=3)",
                "keras.layers.Conv2DTranspose(4, 2, strides=3)",
                "[keras.layers.Conv2DTranspose(4, 2, strides=3), keras.layers.Cropping2D(((0, 1), (0, 1)))]",
                "Keras' valid gives at least size times stride",
            ),
        ),
    ),
)
