"""Layers and operations of Keras over their options, each as a small model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from parity.axes import Shape

IMAGE, ROW, TEXT = (2, 7, 9, 6), (3, 5), (2, 6, 4)


def activations() -> Any:
    import keras

    return keras.activations


SPACE = (1, 4, 5, 3, 2)


def keras_ops() -> Any:
    import keras

    return keras.ops


def applications() -> Any:
    """The layers that Keras' applications bring with them."""
    from types import SimpleNamespace

    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    return SimpleNamespace(LayerScale=LayerScale, StochasticDepth=StochasticDepth, CustomScaleLayer=CustomScaleLayer)


class One(NamedTuple):
    """A layer on inputs of these shapes; ``narrow`` says why TensorFlow computes it in float32 whatever it is given."""

    make: Callable[[Any], Any]  #: of keras.layers
    shapes: tuple[Shape, ...] = (IMAGE,)
    narrow: str = ""
    integers: bool = False


NAMES = (
    "relu relu6 elu selu sigmoid silu swish tanh softmax softplus softsign hard_sigmoid hard_silu exponential linear mish "
    "celu log_softmax log_sigmoid hard_tanh tanh_shrink hard_shrink soft_shrink"
)

CASES: dict[str, One] = {
    **{f"activation {name}": One(lambda L, name=name: L.Activation(name)) for name in NAMES.split()},
    "gelu": One(lambda L: L.Activation("gelu"), narrow="tf.nn.gelu divides by a float32 root of 2"),
    "gelu by tanh": One(lambda L: lambda x: keras_ops().gelu(x), narrow="tf.nn.gelu has a float32 coefficient"),
    "relu with everything": One(lambda L: L.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2)),
    "relu with a largest value": One(lambda L: L.ReLU(6.0)),
    "relu with a largest value and a slope": One(lambda L: L.ReLU(1.1, 0.3)),
    "leaky relu": One(lambda L: L.LeakyReLU(0.25)),
    "prelu": One(lambda L: L.PReLU(shared_axes=[1, 2])),
    "elu": One(lambda L: L.ELU(0.7)),
    "softmax of another axis": One(lambda L: L.Softmax(axis=1)),
    "conv": One(lambda L: L.Conv2D(4, 3)),
    "conv same strided": One(lambda L: L.Conv2D(4, (3, 2), strides=(2, 3), padding="same", activation="relu")),
    "conv same strided even": One(lambda L: L.Conv2D(4, 4, strides=2, padding="same", use_bias=False)),
    "conv dilated": One(lambda L: L.Conv2D(4, 3, dilation_rate=(2, 1), padding="same")),
    "conv in groups": One(lambda L: L.Conv2D(4, 3, groups=2, activation="softmax")),
    "conv channels first": One(
        lambda L: L.Conv2D(4, 3, padding="same", data_format="channels_first"),
        narrow="TensorFlow's CPU has none in float64",
    ),
    "conv 1d causal": One(lambda L: L.Conv1D(5, 3, padding="causal", dilation_rate=2), (TEXT,)),
    "conv 1d": One(lambda L: L.Conv1D(5, 3, strides=2, padding="same"), (TEXT,)),
    "conv 3d": One(lambda L: L.Conv3D(3, 2, strides=2, padding="same"), ((1, 4, 5, 3, 2),)),
    "depthwise": One(lambda L: L.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)),
    "depthwise dilated": One(lambda L: L.DepthwiseConv2D((3, 2), dilation_rate=2)),
    "depthwise 1d": One(lambda L: L.DepthwiseConv1D(3, padding="same"), (TEXT,)),
    "separable": One(
        lambda L: L.SeparableConv2D(5, 3, strides=2, padding="same", depth_multiplier=2, activation="tanh")
    ),
    "separable 1d": One(lambda L: L.SeparableConv1D(5, 3), (TEXT,)),
    "transposed valid": One(lambda L: L.Conv2DTranspose(4, 3, strides=2)),
    "transposed same": One(lambda L: L.Conv2DTranspose(4, 3, strides=2, padding="same")),
    "transposed wide stride": One(lambda L: L.Conv2DTranspose(4, 2, strides=3, padding="valid")),
    "transposed wide stride same": One(lambda L: L.Conv2DTranspose(4, 2, strides=3, padding="same")),
    "transposed output padding": One(
        lambda L: L.Conv2DTranspose(4, (4, 3), strides=2, padding="same", output_padding=1)
    ),
    "transposed 1d": One(lambda L: L.Conv1DTranspose(4, 4, strides=2, padding="same"), (TEXT,)),
    "dense": One(lambda L: L.Dense(4, activation="softmax"), (ROW,)),
    "dense of images": One(lambda L: L.Dense(4)),
    "dense without bias": One(lambda L: L.Dense(4, use_bias=False), (ROW,)),
    "einsum dense of letters": One(lambda L: L.EinsumDense("abc,cde->abde", (None, 3, 2), bias_axes="de"), (TEXT,)),
    "einsum dense": One(lambda L: L.EinsumDense("...x,xy->...y", 3, bias_axes="y"), (TEXT,)),
    "batch norm": One(lambda L: L.BatchNormalization(epsilon=0.01)),
    "zeros and ones like it": One(
        lambda L: lambda x: keras_ops().zeros_like(x) + keras_ops().sin(x) * keras_ops().ones_like(x)
    ),
    "batch norm of rows, no scale": One(lambda L: L.BatchNormalization(scale=False), (ROW,)),
    "batch norm of another axis, no centre": One(lambda L: L.BatchNormalization(axis=1, center=False)),
    "layer norm": One(lambda L: L.LayerNormalization()),
    "layer norm of two axes": One(lambda L: L.LayerNormalization(axis=[1, 2], epsilon=1e-5, center=False)),
    "layer norm, no scale": One(lambda L: L.LayerNormalization(scale=False), (TEXT,)),
    "group norm": One(lambda L: L.GroupNormalization(3)),
    "instance norm": One(lambda L: L.GroupNormalization(-1, center=False)),
    "unit norm": One(lambda L: L.UnitNormalization(axis=-1)),
    "rms norm": One(lambda L: L.RMSNormalization()),
    "normalization": One(lambda L: L.Normalization(mean=[0.1, 0.2, 3.0, 0.0, 0.0, -1.0], variance=[0.3] * 6)),
    "normalization back": One(lambda L: L.Normalization(axis=None, mean=0.1, variance=2.3, invert=True)),
    "rescaling": One(lambda L: L.Rescaling(1 / 127.5, offset=-0.3)),
    "rescaling of integers": One(lambda L: L.Rescaling(1 / 255), integers=True),
    "rescaling by channel": One(lambda L: L.Rescaling([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])),
    "max pool": One(lambda L: L.MaxPooling2D(3, 2, "same")),
    "max pool valid": One(lambda L: L.MaxPooling2D((2, 3))),
    "average pool same": One(lambda L: L.AveragePooling2D(3, 2, "same")),
    "average pool": One(lambda L: L.AveragePooling2D((3, 2), (2, 1), data_format="channels_first")),
    "average pool 1d": One(lambda L: L.AveragePooling1D(3, 2, "same"), (TEXT,)),
    "global average": One(lambda L: L.GlobalAveragePooling2D()),
    "global average kept": One(lambda L: L.GlobalAveragePooling2D(keepdims=True, data_format="channels_first")),
    "global max": One(lambda L: L.GlobalMaxPooling2D()),
    "global average 1d": One(lambda L: L.GlobalAveragePooling1D(), (TEXT,)),
    "zero padding": One(lambda L: L.ZeroPadding2D(((1, 2), (0, 3)))),
    "zero padding 1d": One(lambda L: L.ZeroPadding1D((1, 2)), (TEXT,)),
    "cropping": One(lambda L: L.Cropping2D(((1, 2), (0, 3)))),
    "cropping 1d": One(lambda L: L.Cropping1D((1, 2)), (TEXT,)),
    "upsampling": One(lambda L: L.UpSampling2D((2, 3))),
    "upsampling 1d": One(lambda L: L.UpSampling1D(3), (TEXT,)),
    "upsampling bilinear": One(lambda L: L.UpSampling2D(2, interpolation="bilinear"), narrow="tf.image.resize"),
    "resizing": One(lambda L: L.Resizing(5, 12), narrow="tf.image.resize"),
    "resizing nearest": One(lambda L: L.Resizing(5, 12, interpolation="nearest")),
    "transposed 3d": One(lambda L: L.Conv3DTranspose(2, 2, strides=2, padding="same"), (SPACE,)),
    "max pool 1d": One(lambda L: L.MaxPooling1D(3, 2, "same"), (TEXT,)),
    "pools 3d": One(
        lambda L: lambda x: L.MaxPooling3D(2, 1)(L.AveragePooling3D(2, 1, "same")(x)),
        (SPACE,),
        narrow="no float64 on the CPU",
    ),
    "global 1d": One(lambda L: L.GlobalMaxPooling1D(), (TEXT,)),
    "global 3d": One(lambda L: lambda x: L.GlobalMaxPooling3D()(x) + L.GlobalAveragePooling3D()(x), (SPACE,)),
    "moves 3d": One(lambda L: lambda x: L.UpSampling3D(2)(L.Cropping3D((1, 2, 1))(L.ZeroPadding3D(1)(x))), (SPACE,)),
    "nothing 3d": One(lambda L: lambda x: L.ActivityRegularization(l2=0.1)(L.SpatialDropout3D(0.5)(x)), (SPACE,)),
    "nothing": One(
        lambda L: lambda x: L.Identity()(L.AlphaDropout(0.5)(L.GaussianDropout(0.5)(L.SpatialDropout1D(0.5)(x)))),
        (TEXT,),
    ),
    "layer scale": One(lambda L: applications().LayerScale(0.3, 6)),
    "stochastic depth": One(lambda L: applications().StochasticDepth(0.5)),
    "custom scale": One(lambda L: applications().CustomScaleLayer(0.17), (ROW, ROW)),
    "add": One(lambda L: L.Add(), (IMAGE, IMAGE, IMAGE)),
    "add by ranks": One(lambda L: L.Add(), (TEXT, (2, 4))),
    "subtract": One(lambda L: L.Subtract(), (IMAGE, IMAGE)),
    "multiply": One(lambda L: L.Multiply(), (IMAGE, (2, 1, 1, 6), IMAGE)),
    "average": One(lambda L: L.Average(), (ROW, ROW, ROW)),
    "maximum": One(lambda L: L.Maximum(), (ROW, ROW)),
    "minimum": One(lambda L: L.Minimum(), (ROW, ROW)),
    "concatenate": One(lambda L: L.Concatenate(axis=1), (TEXT, TEXT)),
    "dot of rows": One(lambda L: L.Dot(axes=1), (ROW, ROW)),
    "dot": One(lambda L: L.Dot(axes=(2, 1)), (TEXT, (2, 4, 5))),
    "flatten": One(lambda L: L.Flatten()),
    "flatten channels first": One(lambda L: L.Flatten(data_format="channels_first")),
    "reshape": One(lambda L: L.Reshape((9, -1, 2))),
    "permute": One(lambda L: L.Permute((3, 1, 2))),
    "repeat": One(lambda L: L.RepeatVector(3), (ROW,)),
    "dropout": One(lambda L: L.Dropout(0.5)),
    "spatial dropout": One(lambda L: L.SpatialDropout2D(0.5)),
    "noise": One(lambda L: L.GaussianNoise(0.5)),
    "embedding": One(lambda L: L.Embedding(10, 4), ((2, 5),), integers=True),
    "simple rnn": One(lambda L: L.SimpleRNN(3), (TEXT,)),
    "lstm": One(lambda L: L.LSTM(3), (TEXT,)),
    "lstm of every step": One(lambda L: L.LSTM(3, return_sequences=True, go_backwards=True, use_bias=False), (TEXT,)),
    "gru": One(lambda L: L.GRU(3, return_sequences=True), (TEXT,)),
    "gru that resets before": One(lambda L: L.GRU(3, reset_after=False), (TEXT,)),
    "gru without bias": One(lambda L: L.GRU(3, use_bias=False), (TEXT,)),
    "lstm from a state": One(
        lambda L: lambda x, h, c: L.LSTM(3, return_state=True)(x, initial_state=[h, c]), (TEXT, (2, 3), (2, 3))
    ),
    "both ways": One(lambda L: L.Bidirectional(L.LSTM(3, return_sequences=True)), (TEXT,)),
    "both ways, last": One(lambda L: L.Bidirectional(L.GRU(3), merge_mode="ave"), (TEXT,)),
    "every time": One(lambda L: L.TimeDistributed(L.Conv2D(2, 3, strides=2, padding="same")), ((2, 3, 5, 6, 2),)),
    "attention by products": One(lambda L: lambda q, v: L.Attention(use_scale=True)([q, v]), (TEXT, (2, 5, 4))),
    "attention by sums": One(
        lambda L: lambda q, v, k: L.AdditiveAttention()([q, v, k], use_causal_mask=True), (TEXT, (2, 5, 4), (2, 5, 4))
    ),
    "attention": One(lambda L: lambda x: L.MultiHeadAttention(2, 3)(x, x), (TEXT,)),
    "attention with a mask": One(
        lambda L: lambda x, m: L.MultiHeadAttention(2, 3)(x, x, attention_mask=m > 0, use_causal_mask=True),
        (TEXT, (2, 6, 6)),
    ),
    "attention with its scores": One(
        lambda L: lambda x, m: L.MultiHeadAttention(2, 3)(x, x, attention_mask=m > 0.5, return_attention_scores=True),
        (TEXT, (2, 6, 6)),
    ),
    "attention by values, causal": One(
        lambda L: lambda x, y: L.MultiHeadAttention(2, 3, value_dim=2, dropout=0.1)(x, y, use_causal_mask=True),
        (TEXT, (2, 6, 3)),
    ),
}


#: Operations of keras.ops: an expression of ``ops`` and the inputs.
EXPRESSIONS: dict[str, tuple[Callable[..., Any], tuple[Shape, ...]]] = {
    "arithmetic": (lambda o, x: (2.3 - x * 0.7) / 1.9 + x / 3 - (-x) ** 2, (ROW,)),
    "two values": (lambda o, x, y: o.maximum(x, y) * o.minimum(x, 0.1) - x / (o.abs(y) + 1), (ROW, ROW)),
    "broadcasting": (lambda o, x, y: x * o.expand_dims(y, (1, 2)), (IMAGE, (2, 6))),
    "arrays": (lambda o, x: x + np.linspace(0, 1, 5, dtype=np.float32), (ROW,)),
    "wider arrays": (lambda o, x: x + np.linspace(0, 1, 5), (ROW,)),
    "powers": (lambda o, x: o.power(o.abs(x), 1.5) + o.square(x) + o.sqrt(o.abs(x)) + o.rsqrt(o.abs(x) + 1), (ROW,)),
    "functions": (lambda o, x: o.exp(x) + o.log(o.exp(x) + 1) + o.sin(x) * o.cos(x) + o.erf(x) + o.tanh(x), (ROW,)),
    "whole": (lambda o, x: o.floor(x * 3) + o.ceil(x) + o.sign(x), (ROW,)),
    "clip": (lambda o, x: o.clip(x, -0.3, 0.7), (ROW,)),
    "relu": (lambda o, x: o.relu(x) + o.relu6(x * 5) + o.leaky_relu(x, 0.25) + o.elu(x, 0.5), (ROW,)),
    "sigmoid": (lambda o, x: o.sigmoid(x) + o.silu(x) + o.hard_sigmoid(x) + o.softplus(x), (ROW,)),
    "shrinks": (lambda o, x: o.hard_shrink(x) + o.soft_shrink(x, 0.25) + o.tanh_shrink(x) + o.hard_tanh(x), (ROW,)),
    "more activations": (
        lambda o, x: o.celu(x, 0.5) + o.selu(x) + o.log_sigmoid(x) + o.softsign(x) + o.hard_silu(x),
        (ROW,),
    ),
    "general relu": (lambda o, x: activations().relu(x, negative_slope=0.2, max_value=1.1, threshold=-0.3), (ROW,)),
    "softmax": (lambda o, x: o.softmax(x, axis=1) + o.log_softmax(x), (TEXT,)),
    "mean": (lambda o, x: o.mean(x, axis=(1, 2)) + o.mean(x, axis=[-3, -2], keepdims=True)[:, 0, 0], (IMAGE,)),
    "sum": (lambda o, x: o.sum(x, axis=-1) + o.max(x, axis=-1) - o.min(x, axis=3) + o.var(x, axis=-1), (IMAGE,)),
    "log of a sum": (lambda o, x: o.logsumexp(x, axis=-1), (ROW,)),
    "matmul": (lambda o, x, y: o.matmul(x, o.transpose(y, (0, 2, 1))), (TEXT, TEXT)),
    "einsum": (lambda o, x, y: o.einsum("bij,bkj->bik", x, y), (TEXT, TEXT)),
    "concatenate": (lambda o, x, y: o.concatenate([x, y], axis=-1), (TEXT, TEXT)),
    "stack": (lambda o, x, y: o.stack([x, y], axis=1), (TEXT, TEXT)),
    "reshape": (lambda o, x: o.reshape(x, (-1, 9, 7 * 6)), (IMAGE,)),
    "turned": (lambda o, x: o.swapaxes(o.transpose(x, (0, 3, 1, 2)), 2, -1), (IMAGE,)),
    "squeeze": (lambda o, x: o.squeeze(o.expand_dims(x, 1), 1) + o.squeeze(o.expand_dims(x, -1), -1), (ROW,)),
    "items": (lambda o, x: x[:, 1:-1:2, ..., None, ::-2] + x[:, 1:-1:2, -1:, None, 1::2], (IMAGE,)),
    "one item": (lambda o, x: x[..., -1] - x[:, :, :, 2], (IMAGE,)),
    "tile": (lambda o, x: o.tile(x, (1, 3)), (ROW,)),
    "where": (lambda o, x, y: o.where(x > y, x, y * 0.3) + o.cast(x <= 0, "float32"), (ROW, ROW)),
    "pad": (lambda o, x: o.pad(x, ((0, 0), (1, 2), (0, 3))), (TEXT,)),
    "flip": (lambda o, x: o.flip(x, axis=1), (TEXT,)),
    "split": (lambda o, x: o.concatenate(o.split(x, 2, axis=-1)[::-1], axis=-1) + o.split(x, [1], 2)[0], (TEXT,)),
    "normalize": (lambda o, x: o.normalize(x, axis=-1), (TEXT,)),
    "divide": (lambda o, x, y: o.divide(x, 2) + o.reciprocal(o.abs(y) + 1), (ROW, ROW)),
    "extremes": (lambda o, x: o.amax(x, axis=1) - o.amin(x, axis=1, keepdims=True)[:, 0], (TEXT,)),
    "nothing": (lambda o, x: o.stop_gradient(o.copy(x)), (ROW,)),
    "comparisons": (
        lambda o, x, y: o.where(x < y, x, 1.0) * o.cast(x >= y, "float32") + o.cast(o.equal(x, y), "float32"),
        (ROW, ROW),
    ),
    "tensor": (lambda o, x: o.convert_to_tensor(x) * o.convert_to_tensor(x > 0, "float32"), (ROW,)),
    "take": (lambda o, x: o.take(x, o.cast(o.clip(x[:, 0] * 0, 0, 1), "int32"), axis=1), (ROW,)),
    "image resized": (lambda o, x: o.image.resize(x, (4, 20), interpolation="nearest"), (IMAGE,)),
    "split by hand": (lambda o, x: x[..., :2] * o.sigmoid(x[..., 2:]), (TEXT,)),
}
