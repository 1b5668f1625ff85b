"""OpenVINO: AveragePool divides by what lies behind the padding, with ceil_mode and count_include_pad.

Seen with openvino 2026.4.1 beside onnxruntime 1.32.0, onnx 1.23.2.
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


x = np.arange(42, dtype="float32").reshape(1, 1, 6, 7)
window = dict(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1, count_include_pad=1)
ort, ov = both(helper.make_node("AveragePool", ["x"], ["y"], **window), x)
print("last row, ONNX Runtime:", ort[0, 0, -1], "OpenVINO:", ov[0, 0, -1])
sys.exit(int(abs(ort - ov).max() > 1e-5))
