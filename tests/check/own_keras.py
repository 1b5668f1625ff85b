"""Keras models as a person writes them; loaded by their file and name, as ``parity check`` is told to."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


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


class Doubled(keras.layers.Layer):
    """A layer of one's own, of Keras' operations."""

    def call(self, x: Any) -> Any:
        return x * 2


@keras.saving.register_keras_serializable("own")
class Halved(keras.layers.Layer):
    """A layer of one's own, of TensorFlow's, which nothing reads."""

    def call(self, x: Any) -> Any:
        return tf.multiply(x, 0.5)


def with_a_layer_of_its_own() -> Any:
    image = keras.Input((6, 7, 3), name="image")
    return keras.Model(image, keras.layers.Conv2D(4, 3)(Doubled(name="doubled")(image)))


def with_a_layer_that_nothing_reads() -> Any:
    image = keras.Input((6, 7, 3), name="image")
    return keras.Model(image, Halved(name="halved")(image))


class Block(keras.layers.Layer):
    """Normalised and added to what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = keras.layers.Conv2D(8, 3, padding="same")
        self.norm = keras.layers.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        return keras.ops.relu(self.norm(self.convolution(x), training=training)) + x


class Subclassed(keras.Model):
    """A class with a call of its own, and layers of such classes."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.block = keras.layers.Conv2D(8, 3), Block()
        self.pool, self.dense = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10)

    def call(self, image: Any, training: bool = False) -> Any:
        return self.dense(self.pool(self.block(self.stem(image), training=training)))


class Looks(Subclassed):
    """Its call looks at numbers."""

    def call(self, image: Any, training: bool = False) -> Any:
        return super().call(image) if keras.ops.max(image) > 0 else super().call(-image)


class Hides(Subclassed):
    """It computes something else where it is traced."""

    def call(self, image: Any, training: bool = False) -> Any:
        return super().call(image) * (1 if isinstance(image, keras.KerasTensor) else 2)


def _built(model: Any) -> Any:
    model(keras.ops.ones((1, 12, 14, 3)))
    return model


def subclassed() -> Any:
    return _built(Subclassed())


def looks() -> Any:
    return _built(Looks())


def hides() -> Any:
    return _built(Hides())


def unbuilt() -> Any:
    return Subclassed()
