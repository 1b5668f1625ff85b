"""Keras: ops.max refuses a batch of 0 (keras 3.15.1 on tensorflow 2.21.0)."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

x = tf.zeros((0, 6, 10, 4))
print("tf.reduce_max:", tuple(tf.reduce_max(x, axis=(1, 2)).shape))
try:
    print("keras.ops.max:", tuple(keras.ops.max(x, axis=(1, 2)).shape))
except tf.errors.InvalidArgumentError as error:
    print("keras.ops.max:", str(error).splitlines()[0])
    sys.exit(1)
