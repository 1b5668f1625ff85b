"""OpenVINO: Softplus is off by 2e-6, and below zero, where its value is small.

Seen with openvino 2026.4.1 beside onnxruntime 1.32.0, onnx 1.23.2.
https://github.com/openvinotoolkit/openvino/issues/35931
Ends with 1 while it differs.
"""

import sys

import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper


def both(node, x, stored=()):
    """What ONNX Runtime and OpenVINO give for one node."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "one", [given], [made], list(stored))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    file = model.SerializeToString()
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return onnxruntime.InferenceSession(file).run(None, {"x": x})[0], compiled([x])[0]


x = np.linspace(-30, 30, 4001, dtype="float32").reshape(1, -1)
ort, ov = both(helper.make_node("Softplus", ["x"], ["y"]), x)
right = np.maximum(x, 0) + np.log1p(np.exp(-abs(x.astype("float64"))))
print(
    "largest error below -10: ONNX Runtime", abs(ort - right)[x < -10].max(), "OpenVINO", abs(ov - right)[x < -10].max()
)
print("negative values:", (ov < 0).sum())
sys.exit(int((ov < 0).any() or abs(ov - right)[x < -10].max() > 1e-8))
