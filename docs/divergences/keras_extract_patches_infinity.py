"""Keras: ops.image.extract_patches multiplies by zeros and ones, so one infinity or NaN makes NaN of its whole patch.

Seen with keras 3.15.1 on tensorflow 2.21.0: it is a convolution with a kernel that picks each element. torch's unfold moves what is there.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import torch

x = np.array([[np.inf, 1.0], [2.0, 3.0]], np.float32)
moved = torch.nn.functional.unfold(torch.from_numpy(x)[None, None], 2).numpy().ravel()
patches = np.asarray(keras.ops.image.extract_patches(x[None, ..., None], (2, 2), 1)).ravel()
print("torch:", moved, "Keras:", patches)
print("keras", keras.__version__)
sys.exit(not np.array_equal(moved, patches))
