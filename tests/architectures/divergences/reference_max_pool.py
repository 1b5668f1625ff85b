"""ONNX's reference evaluator gives a max pool with ceil_mode too many rows and columns.

Seen of GoogLeNet, whose pools of 3 by 3 with stride 1, padding 1 and ceil_mode keep the size: both of torch's exporters write
one MaxPool, ONNX's own shape inference and ONNX Runtime say 8 by 8.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

pool = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1], ceil_mode=1)
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, "h", "w"])
model = helper.make_model(
    helper.make_graph([pool], "pool", [x], [y]), opset_imports=[helper.make_opsetid("", 20)], ir_version=10
)
onnx.checker.check_model(model)

image = {"x": np.zeros((1, 1, 8, 8), np.float32)}
inferred = onnx.shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
print("shape inference:", tuple(size.dim_value for size in inferred))
print("ONNX Runtime:", session.run(None, image)[0].shape)
print("reference evaluator:", ReferenceEvaluator(model).run(None, image)[0].shape)
