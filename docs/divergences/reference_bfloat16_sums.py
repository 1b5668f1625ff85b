"""onnx's reference evaluator: sums of bfloat16 are added up in bfloat16, by ml_dtypes. Seen in onnx 1.23.2."""

import sys

import ml_dtypes
import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.ones((1, 1000), ml_dtypes.bfloat16)
node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)
graph = helper.make_graph(
    [node],
    "sum",
    [helper.make_tensor_value_info("x", TensorProto.BFLOAT16, x.shape)],
    [helper.make_tensor_value_info("y", TensorProto.BFLOAT16, [])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
got = float(ReferenceEvaluator(model).run(None, {"x": x})[0])
print(f"a thousand ones in bfloat16: {got}; added in float32 and rounded once: {float(ml_dtypes.bfloat16(1000))}")
sys.exit(int(got != 1000))
