"""onnx's reference evaluator: the indices of a MaxPool of stride 1 count in the image of a channel, not in the whole input.

Seen with onnx 1.23.2; onnxruntime 1.32 counts as the operator's text says. torch's exporters write such a MaxPool of kernel 1.
"""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

pool = helper.make_node("MaxPool", ["x"], ["y", "places"], kernel_shape=[1, 1], strides=[1, 1])
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 2, 3])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
places = helper.make_tensor_value_info("places", TensorProto.INT64, None)
graph = helper.make_graph([pool], "pool", [x], [y, places])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)

values = np.arange(12, dtype=np.float32).reshape(1, 2, 2, 3)
session = onnxruntime.InferenceSession(model.SerializeToString())
found = ReferenceEvaluator(model).run(None, {"x": values})[1]
print("onnxruntime:", session.run(None, {"x": values})[1].ravel(), "reference evaluator:", found.ravel())
sys.exit(int(not np.array_equal(found.ravel(), np.arange(12))))
