"""Keras: ops.image.extract_patches with strides fails in a functional model (keras <3.14)."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras

print("of an array:", keras.ops.image.extract_patches(keras.ops.ones((2, 7, 9, 4)), 3, 1).shape)
try:
    print("in a model:", keras.ops.image.extract_patches(keras.Input((7, 9, 4)), 3, 1).shape)
except UnboundLocalError as error:
    print("in a model: UnboundLocalError:", error)
    sys.exit(1)
