"""tensorflow on the cpu: the running sums of cumsum of halves are kept in the half. Seen in tensorflow 2.21."""

import sys

import numpy as np
import tensorflow as tf

given = np.random.default_rng(0).normal(size=(1, 200))
worst = 0.0
for dtype in (tf.float16, tf.bfloat16):
    x = given.astype(dtype.as_numpy_dtype)
    exact = np.cumsum(x.astype(np.float64), 1)
    unit = np.spacing(np.abs(exact).astype(x.dtype)).astype(np.float64)
    off = float((np.abs(tf.cumsum(tf.constant(x), 1).numpy().astype(np.float64) - exact) / unit).max())
    worst = max(worst, off)
    print(f"cumsum of {dtype.name}: off by up to {off:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(worst > 0.6))
