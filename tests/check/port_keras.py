"""Its ports to Keras, with the weights of ``weights.npz`` in the folder they are loaded in."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def bare(epsilon: float = 1e-5, pads: bool = True) -> Any:
    """The port as it is made; pads: whether the strided convolution is padded on both sides, as torch does it."""
    x = image = keras.Input((20, 24, 3), name="image")
    if pads:
        x = keras.layers.ZeroPadding2D(1)(x)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="valid" if pads else "same", name="conv1")(x)
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(epsilon=epsilon, name="bn1")(x))
    y = keras.layers.Conv2D(8, 3, padding="same", name="conv2")(x)
    y = keras.layers.ReLU()(keras.layers.BatchNormalization(epsilon=epsilon, name="bn2")(y))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Add()([x, y]))
    return keras.Model(image, keras.layers.Dense(10, name="fc")(x))


def wrong() -> Any:
    """It has the weights, but Keras' own epsilon in every layer, and its own padding."""
    port = bare(1e-3, pads=False)
    weights = np.load("weights.npz")
    for name in ("conv1", "conv2"):
        port.get_layer(name).set_weights([weights[f"{name}.weight"].transpose(2, 3, 1, 0), weights[f"{name}.bias"]])
    for name in ("bn1", "bn2"):
        kept = ("weight", "bias", "running_mean", "running_var")
        port.get_layer(name).set_weights([weights[f"{name}.{each}"] for each in kept])
    port.get_layer("fc").set_weights([weights["fc.weight"].T, weights["fc.bias"]])
    return port
