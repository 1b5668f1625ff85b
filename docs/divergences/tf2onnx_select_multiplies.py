"""tf2onnx: tf.where becomes Mul and Add, so the branch not taken gives NaN where it is infinite. tf2onnx 1.17.0. https://github.com/onnx/tensorflow-onnx/issues/1988"""

import sys

import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx

signature = [tf.TensorSpec((4,), tf.float32)]
choose = tf.function(lambda x: tf.where(x > 0.1, x, 20.0), input_signature=signature)
file, _ = tf2onnx.convert.from_function(choose, input_signature=signature, opset=15)
x = np.array([-np.inf, np.nan, 1.0, 0.0], np.float32)
session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
exported = session.run(None, {session.get_inputs()[0].name: x})[0]
right = choose(x).numpy()
print("operators:", *(node.op_type for node in file.graph.node))
print(f"of {x}: TensorFlow {right}, the file {exported}")
sys.exit(not np.array_equal(right, exported, equal_nan=True))
