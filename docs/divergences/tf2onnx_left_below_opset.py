"""tf2onnx: what it cannot convert at an older opset stays in the file as TensorFlow's operator (tf2onnx <=1.17.0).

Seen with tf2onnx 1.17.0 and tensorflow-cpu 2.21.0. Ends with 1 while it differs.
"""

import logging
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

logging.disable(logging.ERROR)  # it says so in its log
w = np.ones((3, 8, 4), np.float32)
ASKED = [
    (12, "einsum", lambda x: tf.einsum("nij,kj->nik", x, w[0]), (2, 3, 4)),
    (11, "cumsum", lambda x: tf.cumsum(x, axis=1), (2, 3)),
    (11, "resize", lambda x: tf.image.resize(x, (14, 17)), (1, 8, 10, 3)),
    (10, "is_finite", lambda x: tf.cast(tf.math.is_finite(x), tf.float32), (2, 3)),
    (10, "roll", lambda x: tf.roll(x, shift=[1], axis=[1]), (2, 3)),
    (10, "strided slice", lambda x: x[:, ::2], (2, 6)),
    (10, "conv1d_transpose", lambda x: tf.nn.conv1d_transpose(x, w, [tf.shape(x)[0], 19, 8], 2, "VALID"), (None, 9, 4)),
]

differs = False
for since, name, function, shape in ASKED:
    for opset in (since, since - 1):
        given = [tf.TensorSpec(shape, tf.float32, name="x")]
        model, _ = tf2onnx.convert.from_function(tf.function(function), given, opset=opset)
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            print(f"{name} at opset {opset}: {str(error).splitlines()[0][:160]}")
            differs = True
sys.exit(int(differs))
