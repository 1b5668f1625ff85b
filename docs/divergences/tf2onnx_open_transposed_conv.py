"""tf2onnx: a transposed convolution with open height and width is another function where a stride is wider than the kernel.

Seen with tf2onnx 1.17.0, tensorflow 2.21.0, keras 3.15.1, beside onnxruntime 1.32.0. Ends with 1 while it differs.
"""

import os
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import onnxruntime
import tensorflow as tf

apart = []
for kernel, strides in (((3, 3), (2, 2)), ((5, 2), (1, 3)), ((2, 2), (3, 3))):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6, 7, 3)), keras.layers.Conv2DTranspose(4, kernel, strides)])
    model.layers[-1].bias.assign([1.0, 2.0, 3.0, 4.0])
    x = np.random.default_rng(0).standard_normal((2, 6, 7, 3)).astype("float32")
    right = model(x).numpy()
    path = tempfile.mkdtemp() + "/file.onnx"
    given = tf.TensorSpec((None, None, None, 3), tf.float32, name="input")
    model.export(path, format="onnx", verbose=False, input_signature=[given])
    (found,) = onnxruntime.InferenceSession(path).run(None, {"input": x})
    apart.append(abs(found - right).max() if found.shape == right.shape else np.inf)
    print("kernel", kernel, "strides", strides, "shape", found.shape, "of", right.shape, "differs by", apart[-1])
sys.exit(int(max(apart) > 1e-4))
