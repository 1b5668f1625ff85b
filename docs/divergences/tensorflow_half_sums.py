"""TensorFlow on the cpu: sums, 3D, depthwise and transposed convolutions of float16 are added up in float16. Seen in tensorflow 2.21."""

import sys

import numpy as np
import tensorflow as tf

random = np.random.default_rng(0)


def half(*shape: int) -> np.ndarray:
    """Normal numbers."""
    return random.normal(size=shape).astype(np.float16)


volume, image, kernel = half(1, 6, 6, 6, 8), half(1, 12, 12, 8), half(3, 3, 3, 8, 4)
flat, up = half(5, 5, 8, 1), half(5, 5, 2, 8)
calls = {
    "reduce_sum": (lambda x: tf.reduce_sum(x, (1, 2)), (half(1, 30, 30, 4),)),
    "conv3d": (lambda x, w: tf.nn.conv3d(x, w, [1] * 5, "SAME"), (volume, kernel)),
    "depthwise_conv2d": (lambda x, w: tf.nn.depthwise_conv2d(x, w, [1] * 4, "SAME"), (image, flat)),
    "conv2d_transpose": (lambda x, w: tf.nn.conv2d_transpose(x, w, (1, 12, 12, 2), 1, "SAME"), (image, up)),
}
worst = {}
for name, (call, arrays) in calls.items():
    got = call(*map(tf.constant, arrays)).numpy().astype(np.float64)
    exact = call(*(tf.constant(a.astype(np.float64)) for a in arrays)).numpy()
    unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64)
    worst[name] = float((np.abs(got - exact) / unit).max())
    print(f"{name}: off by up to {worst[name]:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(max(worst.values()) > 0.6))
