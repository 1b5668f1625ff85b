"""OpenVINO: an Unsqueeze that names no axis adds one in front, where ONNX Runtime leaves the array as it is (openvino <=2026.4.1).

tf2onnx writes such nodes for an einsum of three inputs. Seen with openvino 2026.4.1, onnx 1.23.2 and onnxruntime 1.32.0. Ends with 1 while it differs.
"""

import sys

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

x = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
ends = [
    helper.make_tensor_value_info(*end) for end in (("x", TensorProto.FLOAT, x.shape), ("y", TensorProto.FLOAT, None))
]
axes = numpy_helper.from_array(np.array([], np.int64), "axes")
graph = helper.make_graph([helper.make_node("Unsqueeze", ["x", "axes"], ["y"])], "net", ends[:1], ends[1:], [axes])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8).SerializeToString()
(wanted,) = onnxruntime.InferenceSession(model).run(None, {"x": x})
compiled = openvino.compile_model(openvino.Core().read_model(model), "CPU")
got = compiled([x])[0]
print(f"Unsqueeze of {x.shape} by no axis: ONNX Runtime gives {wanted.shape}, OpenVINO {got.shape}")
sys.exit(int(got.shape != wanted.shape))
