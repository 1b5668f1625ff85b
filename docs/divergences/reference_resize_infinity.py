"""onnx: the reference evaluator's nearest Resize multiplies neighbours by 0, so beside infinity and NaN all is NaN. onnx 1.23.2."""

import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
scales = numpy_helper.from_array(np.array([1, 1, 1, 2], np.float32), "scales")
node = helper.make_node(
    "Resize",
    ["x", "", "scales"],
    ["y"],
    mode="nearest",
    coordinate_transformation_mode="asymmetric",
    nearest_mode="floor",
)
graph = helper.make_graph([node], "resize", value[:1], value[1:], [scales])
file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
x = np.array([1, np.inf, 2, 3], np.float32).reshape(1, 1, 1, 4)
y, right = ReferenceEvaluator(file).run(None, {"x": x})[0].ravel(), np.repeat(x.ravel(), 2)
print(f"{x.ravel()} twice as wide: {y}, each element twice: {right}")
sys.exit(not np.array_equal(y, right))
