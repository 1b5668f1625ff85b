"""tensorflow: the convolution of a batch of 0 has the shape of its input through oneDNN (tensorflow 2.21.0, CPU)."""

import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # of itself only where the processor has instructions such as AVX512_VNNI

import tensorflow as tf

kernel = tf.zeros((3, 3, 4, 5))
shapes = {n: tuple(tf.nn.conv2d(tf.zeros((n, 6, 10, 4)), kernel, 1, "VALID").shape) for n in (0, 1)}
for n, shape in shapes.items():
    print(f"conv2d of {n}x6x10x4 with 3x3x4x5: {shape}")
sys.exit(shapes[0][1:] != shapes[1][1:])
