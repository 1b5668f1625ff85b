"""Keras models as a person writes them: one that faults are planted in, and ports of ``nets.py`` with faults of their own.

The ports take the weights of ``weights.npz`` in the folder that they are loaded in.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


def net() -> Any:
    x = image = keras.Input((12, 14, 3), name="image")
    x = keras.layers.Conv2D(8, 3, padding="same", strides=2, name="conv")(x)
    x = keras.layers.LeakyReLU(negative_slope=0.1, name="leaky")(x)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(image, keras.layers.Dense(10, name="head")(x))


def ported(
    epsilon: float = 1e-5,
    slope: float = 0.1,
    pads: bool = True,
    tanh: bool = False,
    turned: bool = False,
    reordered: bool = True,
) -> Any:
    """``nets.Ported`` in Keras.

    pads: on both sides, as torch does it; tanh: GELU by its approximation; turned: the two halves are joined in the other order;
    reordered: the rows of the dense kernel stand in the order of axes that Keras flattens.
    """
    x = image = keras.Input((12, 14, 3), name="image")
    if pads:
        x = keras.layers.ZeroPadding2D(1, name="pad")(x)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="valid" if pads else "same", name="conv1")(x)
    x = keras.layers.BatchNormalization(epsilon=epsilon, name="norm")(x)
    x = keras.layers.LeakyReLU(negative_slope=slope, name="leaky")(x)
    y = keras.layers.Conv2D(8, 3, padding="same", name="conv2")(x)
    y = keras.ops.gelu(y, approximate=tanh)
    x = keras.layers.Concatenate(name="join")([y, x] if turned else [x, y])
    port = keras.Model(image, keras.layers.Dense(10, name="head")(keras.layers.Flatten(name="flat")(x)))
    weights = np.load("weights.npz")
    for name in ("conv1", "conv2"):
        port.get_layer(name).set_weights([weights[f"{name}.weight"].transpose(2, 3, 1, 0), weights[f"{name}.bias"]])
    kept = ("weight", "bias", "running_mean", "running_var")
    port.get_layer("norm").set_weights([weights[f"norm.{name}"] for name in kept])
    kernel = weights["head.weight"].T
    if reordered:
        kernel = kernel.reshape(16, 6, 7, 10).transpose(1, 2, 0, 3).reshape(-1, 10)
    port.get_layer("head").set_weights([kernel, weights["head.bias"]])
    return port


def honest() -> Any:
    return ported()


def epsilon_of_keras() -> Any:
    return ported(epsilon=1e-3)


def padding_of_keras() -> Any:
    return ported(pads=False)


def slope_of_keras() -> Any:
    return ported(slope=0.3)


def gelu_by_tanh() -> Any:
    return ported(tanh=True)


def joined_in_the_other_order() -> Any:
    return ported(turned=True)


def flattened_as_torch() -> Any:
    return ported(reordered=False)
