"""Keras: ops.add in TensorFlow adds an array of one long axis along the channels where the channels are as many.

Seen with keras 3.15.1: where all axes of the second array but one have length 1 and the last axis of the first is as long as that one, it is
squeezed and added as a bias, whichever axis it was (https://github.com/keras-team/keras/pull/20386).
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

wrong = False
for channels in (3, 4):
    x = np.zeros((2, 4, channels), np.float32)
    rows = np.arange(4, dtype=np.float32).reshape(1, 4, 1)
    seen, expected = np.asarray(keras.ops.add(x, rows)), np.add(x, rows)
    alike = np.array_equal(seen, expected)
    print(
        f"{x.shape} and {rows.shape}: numpy {expected[0, :, 0]}, Keras {seen[0, :, 0]}",
        "the same" if alike else "DIFFERS",
    )
    wrong |= not alike
print("keras", keras.__version__)
sys.exit(wrong)
