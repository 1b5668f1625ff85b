"""TensorFlow: leaky_relu's slope, gelu's constant and resized images of a float64 model are float32. Seen in tensorflow 2.21."""

import math
import sys

import numpy as np
import tensorflow as tf

x = np.linspace(-2, 2, 9)
slope = tf.nn.leaky_relu(tf.constant(x), 0.1).numpy() - np.where(x > 0, x, 0.1 * x)
gelu = tf.nn.gelu(tf.constant(x)).numpy() - np.array([0.5 * v * math.erfc(-v / math.sqrt(2)) for v in x])
image = tf.image.resize(tf.constant(x.reshape(1, 3, 3, 1)), (6, 6))
off = {"leaky_relu": np.abs(slope).max(), "gelu": np.abs(gelu).max()}
for name, most in off.items():
    print(f"{name} of float64: off by up to {most:.3g}")
print(f"resized images of float64 come as {image.dtype.name}")
sys.exit(int(max(off.values()) > 1e-14 or image.dtype != tf.float64))
