"""tf2onnx: a logarithm of float64 is taken in float32, IsInf is written of float16, which has none. Seen in tf2onnx 1.17.0."""

import sys

import onnx
import tensorflow as tf
import tf2onnx
from onnx import TensorProto

found = {}
for dtype in (tf.float64, tf.float16):
    signature = [tf.TensorSpec((2, 3), dtype, name="x")]
    function = tf.function(lambda x: tf.reduce_logsumexp(x, 1))
    model, _ = tf2onnx.convert.from_function(function, input_signature=signature)
    casts = [each.i for node in model.graph.node for each in node.attribute if node.op_type == "Cast"]
    found[dtype.name] = TensorProto.FLOAT in casts
    print(f"{dtype.name}: cast to float32 {found[dtype.name]}")
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.shape_inference.InferenceError as error:
        print(f"{dtype.name}: {str(error).strip().splitlines()[0]}")
sys.exit(int(found["float64"]))
