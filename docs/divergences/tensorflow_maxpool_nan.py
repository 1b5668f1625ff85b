"""tensorflow: max_pool drops NaN, in some channels. tensorflow 2.21.0. https://github.com/tensorflow/tensorflow/issues/125965"""

import sys

import numpy as np
import tensorflow as tf

x = np.array([1.0, np.nan, 2.0, 3.0], np.float32).reshape(1, 2, 2, 1)
found = {c: tf.nn.max_pool2d(np.repeat(x, c, axis=3), 2, 2, "VALID").numpy().ravel() for c in (1, 3, 5, 8)}
for channels, y in found.items():
    print(f"max_pool2d of [1, nan, 2, 3] in {channels} channels: {y}; reduce_max: {tf.reduce_max(x).numpy()}")
sys.exit(not all(np.isnan(y).all() for y in found.values()))
