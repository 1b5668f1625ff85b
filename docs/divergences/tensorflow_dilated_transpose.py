"""tensorflow: a transposed convolution with a dilation is refused, without oneDNN (tensorflow 2.21.0, CPU)."""

import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # as it is by itself on a processor without instructions such as AVX512_VNNI

import tensorflow as tf

image, kernel = tf.ones((1, 6, 9, 4)), tf.ones((3, 3, 5, 4))
try:
    print(tf.nn.conv2d_transpose(image, kernel, (1, 10, 13, 5), 1, "VALID", dilations=2).shape)
except tf.errors.InvalidArgumentError as error:
    print(error.message.partition("}} ")[2])
    sys.exit(1)
