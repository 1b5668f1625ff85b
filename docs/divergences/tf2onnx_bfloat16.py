"""tf2onnx: bfloat16 is written as float16. Seen in tf2onnx 1.17.0.

https://github.com/onnx/tensorflow-onnx/issues/2337
"""

import sys

import tensorflow as tf
import tf2onnx
from onnx import TensorProto

signature = [tf.TensorSpec((1, 3), tf.bfloat16, name="x")]
model, _ = tf2onnx.convert.from_function(tf.function(tf.nn.relu), input_signature=signature)
kind = TensorProto.DataType.Name(model.graph.output[0].type.tensor_type.elem_type)
print(f"a function from bfloat16 to bfloat16 is written with an output of {kind}")
sys.exit(int(kind != "BFLOAT16"))
