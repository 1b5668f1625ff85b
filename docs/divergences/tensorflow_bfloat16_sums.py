"""tensorflow: 3D, depthwise and transposed convolutions of bfloat16 are added up in bfloat16, without oneDNN (tensorflow 2.21.0, CPU)."""

import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # as it is by itself on a processor without instructions such as AVX512_VNNI

import numpy as np
import tensorflow as tf

bfloat16 = tf.bfloat16.as_numpy_dtype
random = np.random.default_rng(0)


def half(*shape: int) -> np.ndarray:
    """Normal numbers."""
    return random.normal(size=shape).astype(bfloat16)


image = half(1, 12, 12, 8)
calls = {
    "conv2d": (lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), (image, half(3, 3, 8, 4))),
    "conv3d": (lambda x, w: tf.nn.conv3d(x, w, [1] * 5, "SAME"), (half(1, 6, 6, 6, 8), half(3, 3, 3, 8, 4))),
    "depthwise_conv2d": (lambda x, w: tf.nn.depthwise_conv2d(x, w, [1] * 4, "SAME"), (image, half(5, 5, 8, 1))),
    "conv2d_transpose": (
        lambda x, w: tf.nn.conv2d_transpose(x, w, (1, 12, 12, 2), 1, "SAME"),
        (image, half(5, 5, 2, 8)),
    ),
}
worst = {}
for name, (call, arrays) in calls.items():
    got = call(*map(tf.constant, arrays)).numpy().astype(np.float64)
    exact = call(*(tf.constant(a.astype(np.float64)) for a in arrays)).numpy()
    unit = np.spacing(np.abs(exact).astype(bfloat16)).astype(np.float64)
    worst[name] = float((np.abs(got - exact) / unit).max())
    print(f"{name}: off by up to {worst[name]:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(max(worst.values()) > 0.6))
