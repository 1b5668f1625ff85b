"""Slips such as ports to Keras make, a table of them: each in a real Keras spelling of a layer, or in how its weights are handed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parity import layers
from parity.axes import Array, Shape, Tensor
from parity.cases import Case, Graph, Network
from parity.cases.network import as_network
from parity.layers import Layer
from parity.layers.learned import keras_layer
from parity.records.verdict import Kind
from tests.faults.harness import Spelled, State, with_slip


@dataclass(frozen=True)
class Slip:
    """What is written in Keras in place of the spelling of a case's last layer, or done to its weights; said in the words of a review."""

    said: str
    case: Case
    spelled: Layer | Spelled | None
    weights: State | None
    kind: Kind

    @property
    def layer(self) -> Layer:
        """The layer that is meant."""
        return self.case.network.output.layer

    @property
    def wrong(self) -> Case:
        """The case with the slip in it."""
        return with_slip(self.case, self.case.network.output.name, self.spelled, self.weights, "tensorflow")


def slip(
    said: str, model: Layer | Network, shape: Shape, spelled: Layer | Spelled | None = None, weights: State | None = None,
    kind: Kind = "value", **how: Any,
) -> Slip:  # fmt: skip
    """One slip; how: the other fields of its case."""
    return Slip(said, Case(as_network(model).output.layer.kind, model, shape, **how), spelled, weights, kind)


# ---- what several slips are


def activation(name: str) -> Spelled:
    return lambda keras: keras.layers.Activation(name)


def of_first(change: State) -> State:
    """The first of the weights, changed."""
    return lambda weights: [np.ascontiguousarray(change(weights[0])), *weights[1:]]


def multiplier_first(kernel: Array) -> Array:
    """Channel by channel for multiplier by multiplier, the last two axes of a depthwise kernel."""
    return kernel.reshape(*kernel.shape[:-2], kernel.shape[-1], kernel.shape[-2]).swapaxes(-1, -2)


def read_as_it_lies(w: Array) -> Array:
    """The numbers in the order of torch's file, in Keras' shape."""
    return np.moveaxis(w, -1, 0).reshape(w.shape)


def channels_first(layer: str) -> Spelled:
    return lambda keras: getattr(keras.layers, layer)(data_format="channels_first")


def over_width_and_channels(name: str) -> Spelled:
    """A reduction over (2, 3), height and width where the channels come first."""
    return lambda keras: lambda v: getattr(keras.ops, name)(v, axis=(2, 3))


def counted_with_channels(layer: Layer, shape: Shape) -> Spelled:
    """Places counted through a signal, image or volume with its channels last, as TensorFlow does."""
    return lambda keras: [
        layer.to_keras(keras, Tensor(shape)),
        lambda found: found * shape[1] + np.arange(shape[1], dtype=np.int64),
    ]


def added_up(keras: Any) -> Any:
    """What several windows found is added where it belongs once."""
    ops = keras.ops

    def unpool(v: Any, places: Any) -> Any:
        (_, *size, channels), before = v.shape, int(np.prod(v.shape[1:-1]))
        there = ops.equal(ops.reshape(places, (-1, before, channels, 1)), np.arange(before))
        values = ops.where(there, ops.expand_dims(ops.reshape(v, (-1, before, channels)), -1), 0.0)
        return ops.reshape(ops.transpose(ops.sum(values, axis=1), (0, 2, 1)), (-1, *size, channels))

    return unpool


def reshaped(shape: Shape) -> Spelled:
    """Reshaped in Keras' order, with nothing turned."""
    return lambda keras: keras.layers.Reshape(shape)


def unpooled(places: int) -> Network:
    """Windows that overlap, so that a value is found more than once; the signal, image or volume keeps its size."""
    pool, where, unpool = {
        1: (layers.MaxPool1D, layers.MaxPoolIndices1D, layers.MaxUnpool1D),
        2: (layers.MaxPool2D, layers.MaxPoolIndices2D, layers.MaxUnpool2D),
        3: (layers.MaxPool3D, layers.MaxPoolIndices3D, layers.MaxUnpool3D),
    }[places]
    back = {unpool.kind: (unpool(3, 1, 1), "pool", "where")}
    return Graph(pool=(pool(3, 1, 1), "input"), where=(where(3, 1, 1), "input"), **back)


def beside(layer: Layer) -> Network:
    """A layer of two inputs on the input and what is clipped of it."""
    return Graph(other=(layers.HardTanh(-0.5, 0.75), "input"), both=(layer, "input", "other"))


def joined(layer: Layer) -> Network:
    """A layer of several inputs on the input and a convolution of it."""
    return Graph(conv=(layers.Conv2D(4, 4, 1), "input"), both=(layer, "input", "conv"))


SQUARE = dict(equal_sizes="the slip takes one axis for another of the same size")
TRAINED: dict[str, Any] = dict(mode="training")
WORDS: dict[str, Any] = dict(dtype="int64", below=23)
SMALL = dict(scale=1e-2)  #: where no epsilon hides

IMAGE, SIGNAL, VOLUME, ROW, TOKENS = (2, 4, 8, 10), (2, 4, 14), (2, 3, 6, 8, 4), (3, 37), (2, 12, 7)
#: As many channels as rows, steps or slices.
LIKE_ROWS, LIKE_STEPS, LIKE_SLICES = (2, 5, 5, 7), (2, 5, 5), (2, 5, 5, 4, 6)
MANY, CHANNELS = (4, 8, 31, 32), (16, 200, 3, 4)
SIX = ((2, 1), (0, 3), (1, 2))

ACTIVATIONS = [
    slip("Keras' slope", layers.ReLU(negative_slope=0.1), IMAGE, lambda keras: keras.layers.LeakyReLU()),
    slip("no largest value", layers.ReLU6(), IMAGE, activation("relu"), scale=4.0),
    slip("Keras' slope", layers.LeakyReLU(), IMAGE, lambda keras: keras.layers.LeakyReLU()),
    slip("slopes in torch's order", layers.PReLU((4, 8, 10)), IMAGE, weights=of_first(read_as_it_lies)),
    slip("slopes as Keras draws them", layers.PReLU(4), IMAGE, weights=of_first(np.zeros_like)),
    slip("the hard one", layers.Sigmoid(), IMAGE, activation("hard_sigmoid")),
    slip("Keras 2's slope", layers.HardSigmoid(), IMAGE, lambda keras: lambda v: keras.ops.clip(0.2 * v + 0.5, 0, 1)),
    slip("the smooth one", layers.HardSwish(), IMAGE, activation("swish")),
    slip("ends left alone", layers.HardTanh(-2.5, 6.0), IMAGE, activation("hard_tanh"), scale=4.0),
    slip("alpha left alone", layers.ELU(0.3), IMAGE, activation("elu")),
    slip("alpha outside alone", layers.CELU(2.0), IMAGE, lambda keras: keras.layers.ELU(2.0)),
    slip("beta left alone", layers.Softplus(4.0), IMAGE, activation("softplus")),
    slip("the default of keras.ops", layers.GELU(), IMAGE, lambda keras: keras.ops.gelu),
    slip("the default of the layer", layers.GELU("tanh"), IMAGE, activation("gelu")),
    slip("halves swapped", layers.GLU(1), IMAGE, lambda keras: lambda v: keras.ops.sigmoid(v[..., :2]) * v[..., 2:]),
    slip("torch's number of the axis", layers.GLU(1), IMAGE, lambda keras: lambda v: keras.activations.glu(v, axis=1), kind="shape"),
    slip("torch's number of the axis", layers.Softmax(1), IMAGE, lambda keras: keras.layers.Softmax(axis=1)),
    slip("torch's number of the axis", layers.LogSoftmax(1), IMAGE, lambda keras: lambda v: keras.ops.log_softmax(v, axis=1)),
    slip("edge left alone", layers.HardShrink(0.1), IMAGE, lambda keras: keras.activations.hard_shrink),
    slip("edge left alone", layers.SoftShrink(0.1), IMAGE, lambda keras: keras.activations.soft_shrink),
    slip("arguments swapped", layers.Threshold(0.1, 20.0), IMAGE, layers.Threshold(20.0, 0.1)),
]  # fmt: skip

CONVOLUTIONS = [
    slip("same for causal", layers.Conv1D(4, 5, 3, padding="causal"), SIGNAL, lambda keras: keras.layers.Conv1D(5, 3, padding="same")),
    slip("same for padding 1", layers.Conv2D(4, 5, 3, 2, 1), IMAGE, lambda keras: keras.layers.Conv2D(5, 3, 2, "same")),
    slip("kernel of width and height", layers.Conv2D(4, 5, 3, padding="same"), IMAGE, weights=of_first(lambda w: w.swapaxes(0, 1))),
    slip("kernel of width, height, depth", layers.Conv3D(3, 4, 3), VOLUME, weights=of_first(lambda w: w.transpose(2, 1, 0, 3, 4))),
    slip(
        "same for padding 1", layers.ConvTranspose1D(4, 4, 3, stride=2, padding=1, output_padding=1), SIGNAL,
        lambda keras: keras.layers.Conv1DTranspose(4, 3, 2, "same"),
    ),
    slip("inputs for outputs", layers.ConvTranspose2D(4, 4, 3, stride=2), IMAGE, weights=of_first(lambda w: w.swapaxes(-1, -2))),
    slip(
        "output_padding left out", layers.ConvTranspose2D(4, 5, 3, stride=3, output_padding=1), (2, 4, 3, 5),
        lambda keras: keras.layers.Conv2DTranspose(5, 3, 3), kind="shape",
    ),
    slip("kernel turned", layers.ConvTranspose3D(3, 2, 2, stride=2), (2, 3, 5, 4, 6), weights=of_first(lambda w: w[::-1, ::-1, ::-1])),
    slip("multiplier before channels", layers.DepthwiseConv1D(4, 3, depth_multiplier=2), SIGNAL, weights=of_first(multiplier_first)),
    slip("same for padding 1", layers.DepthwiseConv2D(4, 3, 2, 1), IMAGE, lambda keras: keras.layers.DepthwiseConv2D(3, 2, "same")),
    slip("multiplier before channels", layers.DepthwiseConv2D(4, 3, depth_multiplier=2), IMAGE, weights=of_first(multiplier_first)),
    slip("same for padding 1", layers.SeparableConv1D(4, 5, 3, 2, 1), SIGNAL, lambda keras: keras.layers.SeparableConv1D(5, 3, 2, "same")),
    slip("multiplier before channels", layers.SeparableConv2D(4, 5, 3, depth_multiplier=2), IMAGE, weights=of_first(multiplier_first)),
    slip("kernel as torch stores it", layers.Linear(12, 12), TOKENS, weights=of_first(np.transpose)),
    slip("sides exchanged", Graph(
        left=(layers.Linear(13, 5), "input"), right=(layers.Linear(13, 5), "input"), both=(layers.Bilinear(5, 5, 4), "left", "right"),
    ), (3, 13), weights=of_first(lambda w: w.swapaxes(1, 2))),
    slip("counted from one", layers.Embedding(23, 8), (2, 11), lambda keras: [lambda v: (v + 1) % 23, keras.layers.Embedding(23, 8)], **WORDS),
]  # fmt: skip

POOLS = [
    slip("zeros win", layers.MaxPool1D(3, 1, 1), SIGNAL, lambda keras: [keras.layers.ZeroPadding1D(1), keras.layers.MaxPooling1D(3, 1)], mean=-5.0),
    slip("same for padding 1", layers.MaxPool2D(3, 2, 1), IMAGE, lambda keras: keras.layers.MaxPooling2D(3, 2, "same")),
    slip("same for padding 1", layers.MaxPool3D(3, 2, 1), VOLUME, lambda keras: keras.layers.MaxPooling3D(3, 2, "same")),
    slip("padding not counted", layers.AvgPool1D(3, 1, 1), SIGNAL, lambda keras: keras.layers.AveragePooling1D(3, 1, "same")),
    slip("padding not counted", layers.AvgPool2D(3, 1, 1), IMAGE, lambda keras: keras.layers.AveragePooling2D(3, 1, "same")),
    slip("divisor left out", layers.AvgPool3D(2, divisor_override=7), VOLUME, lambda keras: keras.layers.AveragePooling3D(2)),
    slip("the mean", layers.LPPool1D(2, 3), SIGNAL, lambda keras: [keras.ops.square, keras.layers.AveragePooling1D(3), keras.ops.sqrt]),
    slip("another order", layers.LPPool2D(3, 2), IMAGE, layers.LPPool2D(2, 2)),
    slip("no modulus", layers.LPPool3D(1, 2), VOLUME, lambda keras: [keras.layers.AveragePooling3D(2), lambda v: 8 * v]),
    slip("channels first", layers.GlobalAvgPool1D(), LIKE_STEPS, channels_first("GlobalAveragePooling1D"), **SQUARE),
    slip("channels first", layers.GlobalAvgPool2D(), LIKE_ROWS, channels_first("GlobalAveragePooling2D"), **SQUARE),
    slip("channels first", layers.GlobalAvgPool3D(), LIKE_SLICES, channels_first("GlobalAveragePooling3D"), **SQUARE),
    slip("channels first", layers.GlobalMaxPool1D(), LIKE_STEPS, channels_first("GlobalMaxPooling1D"), **SQUARE),
    slip("channels first", layers.GlobalMaxPool2D(), LIKE_ROWS, channels_first("GlobalMaxPooling2D"), **SQUARE),
    slip("channels first", layers.GlobalMaxPool3D(), LIKE_SLICES, channels_first("GlobalMaxPooling3D"), **SQUARE),
    slip("the mean", layers.GlobalLPPool1D(), SIGNAL, lambda keras: lambda v: keras.ops.sqrt(keras.ops.mean(v * v, axis=1))),
    slip("of a matrix", layers.GlobalLPPool2D(1), IMAGE, lambda keras: lambda v: keras.ops.norm(v, ord=1, axis=(1, 2))),
    slip("forgets the root", layers.GlobalLPPool3D(), VOLUME, lambda keras: lambda v: keras.ops.sum(v * v, axis=(1, 2, 3))),
    slip("windows that are alike", layers.AdaptiveAvgPool1D(4), SIGNAL, lambda keras: keras.layers.AveragePooling1D(3)),
    slip("windows that are alike", layers.AdaptiveAvgPool2D((3, 4)), IMAGE, lambda keras: keras.layers.AveragePooling2D((3, 4), 2)),
    slip("windows that are alike", layers.AdaptiveAvgPool3D((4, 3, 3)), VOLUME, lambda keras: keras.layers.AveragePooling3D((3, 4, 2), (1, 2, 1))),
    slip("windows that are alike", layers.AdaptiveMaxPool1D(4), SIGNAL, lambda keras: keras.layers.MaxPooling1D(3)),
    slip("windows that are alike", layers.AdaptiveMaxPool2D((3, 4)), IMAGE, lambda keras: keras.layers.MaxPooling2D((3, 4), 2)),
    slip("windows that are alike", layers.AdaptiveMaxPool3D((4, 3, 3)), VOLUME, lambda keras: keras.layers.MaxPooling3D((3, 4, 2), (1, 2, 1))),
    slip("counted with the channels", layers.MaxPoolIndices1D(2), SIGNAL, counted_with_channels(layers.MaxPoolIndices1D(2), SIGNAL)),
    slip("counted with the channels", layers.MaxPoolIndices2D(2), IMAGE, counted_with_channels(layers.MaxPoolIndices2D(2), IMAGE)),
    slip("counted with the channels", layers.MaxPoolIndices3D(2), VOLUME, counted_with_channels(layers.MaxPoolIndices3D(2), VOLUME)),
    slip("added where windows overlap", unpooled(1), SIGNAL, added_up),
    slip("added where windows overlap", unpooled(2), (2, 3, 5, 7), added_up),
    slip("added where windows overlap", unpooled(3), (2, 3, 4, 5, 6), added_up),
]  # fmt: skip

NORMS = [
    slip("Keras' epsilon", layers.BatchNorm1D(4), SIGNAL, lambda keras: keras.layers.BatchNormalization()),
    slip("torch's number of the axis", layers.BatchNorm2D(5), LIKE_ROWS, lambda keras: keras.layers.BatchNormalization(axis=1, epsilon=1e-5), **SQUARE),
    slip("beta before gamma", layers.BatchNorm3D(3), VOLUME, weights=lambda weights: [weights[1], weights[0], *weights[2:]]),
    slip("Keras' epsilon", layers.LayerNorm("C", 4), IMAGE, lambda keras: keras.layers.LayerNormalization(), **SMALL),
    slip("torch's number of the axis", layers.LayerNorm("C", 5), LIKE_ROWS, lambda keras: keras.layers.LayerNormalization(axis=1, epsilon=1e-5), **SQUARE),
    slip("groups of another number", layers.GroupNorm(3, 6), (2, 6, 5, 7), lambda keras: keras.layers.GroupNormalization(2, epsilon=1e-5)),
    slip("Keras' epsilon", layers.GroupNorm(3, 6), (2, 6, 5, 7), lambda keras: keras.layers.GroupNormalization(3), **SMALL),
    slip("Keras' epsilon", layers.InstanceNorm1D(4, affine=True), SIGNAL, lambda keras: keras.layers.GroupNormalization(4), **SMALL),
    slip("all channels at once", layers.InstanceNorm2D(4, affine=True), IMAGE, lambda keras: keras.layers.GroupNormalization(1, epsilon=1e-5)),
    slip("Keras' epsilon", layers.InstanceNorm3D(3, affine=True), VOLUME, lambda keras: keras.layers.GroupNormalization(3), **SMALL),
    slip("Keras' epsilon", layers.RMSNorm("F", 37), ROW, lambda keras: keras.layers.RMSNormalization(), **SMALL),
    slip("torch's number of the axis", layers.UnitNorm("C"), IMAGE, lambda keras: keras.layers.UnitNormalization(axis=1)),
    slip("alpha not divided", layers.LocalResponseNorm(5), (2, 6, 5, 7), layers.LocalResponseNorm(5, alpha=5e-4)),
    slip("what is kept", layers.Dropout(0.4), (2, 3, 20, 21), lambda keras: keras.layers.Dropout(0.6), **TRAINED),
    slip("elements for channels", layers.ChannelDropout(0.4), CHANNELS, lambda keras: keras.layers.Dropout(0.4), kind="draws", **TRAINED),
    slip("plain dropout", layers.AlphaDropout(0.5), MANY, lambda keras: keras.layers.Dropout(0.5), **TRAINED),
    slip("variance for deviation", layers.GaussianNoise(0.25), MANY, lambda keras: keras.layers.GaussianNoise(0.0625), kind="draws", **TRAINED),
    slip("what is kept", layers.GaussianDropout(0.3), MANY, lambda keras: keras.layers.GaussianDropout(0.7), kind="draws", **TRAINED),
]  # fmt: skip

SHAPES = [
    slip("another mirror", layers.Pad1D(2, "reflect"), SIGNAL, lambda keras: lambda v: keras.ops.pad(v, ((0, 0), (2, 2), (0, 0)), "symmetric")),
    slip("value left out", layers.Pad2D(1, value=0.1), IMAGE, lambda keras: keras.layers.ZeroPadding2D(1)),
    slip("sides back to front", layers.Pad3D(SIX), VOLUME, lambda keras: keras.layers.ZeroPadding3D(SIX[::-1])),
    slip("the other side", layers.Cropping1D(((2, 1),)), SIGNAL, lambda keras: keras.layers.Cropping1D((1, 2))),
    slip("height's for width's", layers.Cropping2D(((2, 1), (1, 2))), IMAGE, lambda keras: keras.layers.Cropping2D(((1, 2), (2, 1)))),
    slip("sides back to front", layers.Cropping3D(((1, 0), (0, 1), (1, 0))), VOLUME, lambda keras: keras.layers.Cropping3D(((0, 1), (1, 0), (0, 1)))),
    slip("nearest, the default", layers.Upsample(scale_factor=2.0, mode="bilinear"), IMAGE, lambda keras: keras.layers.UpSampling2D(2)),
    slip("half a pixel", layers.Upsample(size=(9, 16)), IMAGE, lambda keras: keras.layers.Resizing(9, 16, "nearest")),
    slip(
        "corners not aligned", layers.Upsample(size=(16, 20), mode="bilinear", align_corners=True), IMAGE,
        lambda keras: keras.layers.UpSampling2D(2, interpolation="bilinear"),
    ),
    slip("corners aligned", Graph(
        grid=(layers.Conv2D(4, 2, 3, padding=1), "input"), sampled=(layers.GridSample(), "input", "grid"),
    ), IMAGE, layers.GridSample(align_corners=True)),
    slip("depth_to_space", layers.PixelShuffle(2), (2, 12, 5, 7), lambda keras: lambda v: keras.ops.reshape(
        keras.ops.transpose(keras.ops.reshape(v, (-1, 5, 7, 2, 2, 3)), (0, 1, 3, 2, 4, 5)), (-1, 10, 14, 3),
    )),
    slip("space_to_depth", layers.PixelUnshuffle(2), IMAGE, lambda keras: lambda v: keras.ops.reshape(
        keras.ops.transpose(keras.ops.reshape(v, (-1, 4, 2, 5, 2, 4)), (0, 1, 3, 2, 4, 5)), (-1, 4, 5, 16),
    )),
    slip("shuffled back", layers.ChannelShuffle(3), (2, 12, 5, 7), layers.ChannelShuffle(4)),
    slip("taps before channels", layers.Unfold(3), IMAGE, lambda keras: [lambda v: keras.ops.image.extract_patches(v, 3, 1), reshaped((48, 36))(keras)]),
    slip("taps before channels", layers.Fold((8, 13), 3, stride=2), (2, 27, 18), lambda keras: [
        reshaped((18, 9, 3))(keras), keras.layers.Permute((1, 3, 2)), reshaped((18, 27))(keras),
        layers.Fold((8, 13), 3, stride=2).to_keras(keras, Tensor((2, 27, 18))),
    ]),
    slip("channels first", layers.Flatten(), IMAGE, lambda keras: [keras.layers.Permute((3, 1, 2)), keras.layers.Flatten()]),
    slip("channels not kept", layers.Reshape((8, 5, 8)), IMAGE, reshaped((5, 8, 8)), **SQUARE),
    slip("torch's numbers of the axes", layers.Permute((1, 3, 2)), IMAGE, lambda keras: keras.layers.Permute((1, 3, 2)), kind="shape"),
    slip("one too late", layers.Slice("c", 1, 3), IMAGE, lambda keras: lambda v: v[..., 2:4]),
    slip("torch's numbers of the axes", layers.Roll((1, 2)), IMAGE, lambda keras: lambda v: keras.ops.roll(v, (1, 2), (2, 3))),
    slip("only reshaped", layers.WindowPartition((4, 2)), IMAGE, reshaped((10, 8, 4))),
    slip("only reshaped back", layers.WindowReverse((4, 2), (8, 10)), (2, 4, 10, 8), reshaped((8, 10, 4)), **SQUARE),
]  # fmt: skip

NUMBERS = [
    slip("the second first", joined(layers.Concatenate()), IMAGE, lambda keras: lambda a, b: keras.layers.Concatenate()([b, a])),
    slip("the first twice", joined(layers.Add()), IMAGE, lambda keras: lambda a, b: keras.layers.Add()([a, a])),
    slip("the other way round", joined(layers.Subtract()), IMAGE, lambda keras: lambda a, b: keras.layers.Subtract()([b, a])),
    slip("the sum", joined(layers.Average()), IMAGE, lambda keras: lambda a, b: keras.layers.Add()([a, b])),
    *(
        slip("torch's numbers of the axes", layer, LIKE_ROWS, over_width_and_channels(layer.kind), **SQUARE)
        for layer in (layers.Sum("hw"), layers.Mean("hw"), layers.Max("hw"), layers.Min("hw"), layers.Prod("hw"), layers.LogSumExp("hw"))
    ),
    slip("of the population", layers.Var("hw"), IMAGE, lambda keras: lambda v: keras.ops.var(v, axis=(1, 2))),
    slip("of the population", layers.Std("hw"), IMAGE, lambda keras: lambda v: keras.ops.std(v, axis=(1, 2))),
    slip("of a matrix", layers.VectorNorm("hw", ord=1), IMAGE, lambda keras: lambda v: keras.ops.norm(v, ord=1, axis=(1, 2))),
    slip("counted in int32", layers.ArgMax("c"), IMAGE, lambda keras: lambda v: keras.ops.argmax(v, axis=-1, keepdims=True), kind="dtype"),
    slip("the largest", layers.ArgMin("c"), IMAGE, layers.ArgMax("c")),
    slip("not turned back", layers.CumSum("w", reverse=True), IMAGE, lambda keras: lambda v: keras.ops.cumsum(keras.ops.flip(v, 2), 2)),
    slip("as a loss", beside(layers.CosineSimilarity("c")), IMAGE, lambda keras: lambda a, b: keras.ops.expand_dims(
        keras.losses.cosine_similarity(a, b, axis=-1), -1,
    )),
    slip("epsilon left out", beside(layers.PairwiseDistance("f", eps=1e-3)), ROW, lambda keras: lambda a, b: keras.ops.norm(a - b, axis=1, keepdims=True)),
    slip("no mask", layers.MultiHeadAttention(12, 3, is_causal=True), TOKENS, layers.MultiHeadAttention(12, 3)),
    slip("heads before what they hold", layers.MultiHeadAttention(12, 3), TOKENS, weights=lambda weights: [
        multiplier_first(w) if w.ndim == 3 and i < 2 else w for i, w in enumerate(weights)
    ]),
    slip("behind", layers.ClassToken(12), TOKENS, lambda keras: keras_layer(keras, (12,), lambda v, token: keras.ops.concatenate(
        [v, keras.ops.broadcast_to(token, (keras.ops.shape(v)[0], 1, 12))], axis=1,
    ))),
    slip("as it begins", layers.LayerScale(4), IMAGE, weights=of_first(lambda w: np.full_like(w, 1e-6))),
    slip("in torch's order", layers.PositionEmbedding(12, 7), TOKENS, weights=of_first(read_as_it_lies)),
]  # fmt: skip

SLIPS = [*ACTIVATIONS, *CONVOLUTIONS, *POOLS, *NORMS, *SHAPES, *NUMBERS]
