"""Keras models as a person writes them; loaded by their file and name, as ``parity check`` is told to."""

from __future__ import annotations

from typing import Any

import keras


def honest() -> Any:
    """A branch, a depthwise convolution, normalisation, pooling and a classifier."""
    x = image = keras.Input((12, 14, 3), name="image")
    x = keras.layers.Conv2D(8, 3, padding="same", strides=2, activation="relu")(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Add()([x, keras.layers.DepthwiseConv2D(3, padding="same")(x)])
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(10, activation="softmax")(x))


def exported_otherwise() -> Any:
    """What tf2onnx 1.17 writes wrong: the rows that output_padding adds are halved to the front."""
    image = keras.Input((6, 7, 3), name="image")
    return keras.Model(image, keras.layers.Conv2DTranspose(4, 3, strides=3, output_padding=2)(image))


def normalised() -> Any:
    """What Keras 3.15 exports with its constants as inputs: the mean and variance that a Normalization was given."""
    image = keras.Input((6, 7, 3), name="image")
    mean, variance = [0.1, 0.2, 0.3], [1.0, 2.0, 3.0]
    return keras.Model(image, keras.layers.Normalization(mean=mean, variance=variance)(image))


@keras.saving.register_keras_serializable("own")
class Doubled(keras.layers.Layer):
    """A layer of one's own, of which nobody says what it computes."""

    def call(self, x: Any) -> Any:
        return x * 2


def with_a_layer_of_its_own() -> Any:
    image = keras.Input((6, 7, 3), name="image")
    return keras.Model(image, Doubled(name="doubled")(image))


class Subclassed(keras.Model):
    """A class with a call of its own, which cannot be read."""

    def call(self, x: Any) -> Any:
        return x
