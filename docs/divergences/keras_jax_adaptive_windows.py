"""Keras: adaptive pools on JAX find the ends of windows in float32, where 21 / 7 is 3.0000002 and rounded up (keras <=3.15.1).

Seen with keras 3.15.1 and jax 0.10.2. The code is of https://github.com/keras-team/keras/pull/21820. Ends with 1 while it differs.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import keras
import numpy as np

differs = False
for places, windows in ((20, 5), (21, 7), (14, 7)):
    x = np.random.default_rng(0).standard_normal((1, places, 1)).astype(np.float32)
    shares = x.reshape(windows, -1)
    average = np.array(keras.layers.AdaptiveAveragePooling1D(windows)(x)).ravel()
    largest = np.array(keras.layers.AdaptiveMaxPooling1D(windows)(x)).ravel()
    off = abs(average - shares.mean(1)).max(), abs(largest - shares.max(1)).max()
    print(f"{places} places into {windows} windows: averages off by {off[0]:.2g}, maxima by {off[1]:.2g}")
    differs |= not max(off) < 1e-5
sys.exit(int(differs))
