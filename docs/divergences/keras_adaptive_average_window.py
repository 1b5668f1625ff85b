"""Keras: averages to one row or column with a window one longer than the image too, which no graph takes (keras <=3.15.1)."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

x = np.random.default_rng(0).standard_normal((2, 6, 10, 4)).astype(np.float32)
layer = keras.layers.AdaptiveAveragePooling2D((1, 1))
print("called, off by:", np.abs(np.array(layer(x)) - x.mean((1, 2), keepdims=True)).max())
try:
    said = str(tf.function(lambda v: layer(v))(tf.constant(x)).shape)
except ValueError as error:
    said = str(error).splitlines()[-1] if "Negative dimension" not in str(error) else "Negative dimension size"
print("in a tf.function:", said)
sys.exit(int("Negative dimension" in said))
