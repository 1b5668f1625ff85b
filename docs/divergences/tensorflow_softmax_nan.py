"""tensorflow: a softmax with NaN or infinity in a row is 0 at the others, though the row adds up to NaN, through oneDNN. tensorflow 2.21.0."""

import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # of itself only where the processor has instructions such as AVX512_VNNI

import numpy as np
import tensorflow as tf
import torch

wrong = False
for row in ([1.0, np.nan, 2.0], [1.0, np.inf, 2.0]):
    x = np.array([row], np.float32)
    here, there = tf.nn.softmax(x).numpy()[0], torch.softmax(torch.from_numpy(x), -1).numpy()[0]
    print(
        f"softmax of {row}: TensorFlow {here}, torch {there}, exp(log_softmax) {np.exp(tf.nn.log_softmax(x).numpy()[0])}"
    )
    wrong |= not np.isnan(here).all()
sys.exit(wrong)
