"""tf2onnx: an Einsum is written below opset 12, which brought it (tf2onnx <=1.17.0).

Seen with tf2onnx 1.17.0 and tensorflow-cpu 2.21.0. Ends with 1 while it differs.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

w = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
net = tf.function(lambda x: tf.einsum("nij,kj->nik", x, w))
differs = False
for opset in (12, 11):
    model, _ = tf2onnx.convert.from_function(net, [tf.TensorSpec((2, 3, 4), tf.float32, name="x")], opset=opset)
    kinds = [node.op_type for node in model.graph.node]
    try:
        onnx.checker.check_model(model)
        print(f"opset {opset}: {kinds} passes the checker")
    except onnx.checker.ValidationError as error:
        print(f"opset {opset}: {kinds}, {str(error).splitlines()[0]}")
        differs = True
sys.exit(int(differs))
