"""Keras: ops.norm along one axis in a functional model raises ValueError on JAX, since the axis is kept as a list (keras <=3.15.1).

Ends with 1 while it differs.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras
import numpy as np

x = np.ones((2, 3), np.float32)
print("called:", np.array(keras.ops.norm(x, axis=1)))
given = keras.Input((3,))
try:
    print("in a model:", np.array(keras.Model(given, keras.ops.norm(given, axis=1))(x)))
except ValueError as error:
    said = str(error)
    print("in a model: ValueError,", said[said.index("Non-hashable") :].splitlines()[0])
    sys.exit(1)
sys.exit(0)
