"""tensorflow: a matrix product of bfloat16 is cut to bfloat16 and not rounded, without oneDNN (tensorflow 2.21.0, CPU)."""

import os
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # as it is by itself on a processor without instructions such as AVX512_VNNI

import numpy as np
import tensorflow as tf

bfloat16 = tf.bfloat16.as_numpy_dtype
random = np.random.default_rng(0)
a, b = (random.normal(size=shape).astype(bfloat16) for shape in ((40, 8), (8, 40)))
got = tf.matmul(tf.constant(a), tf.constant(b)).numpy()
exact = a.astype(np.float64) @ b.astype(np.float64)
cut = (exact.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32).astype(bfloat16)
print(f"of {got.size} products {(got == exact.astype(bfloat16)).sum()} are rounded, {(got == cut).sum()} are cut off")
sys.exit(int(not (got == exact.astype(bfloat16)).all()))
