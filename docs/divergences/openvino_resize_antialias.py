"""OpenVINO: Resize takes no notice of antialias.

Seen with openvino 2026.4.1 beside onnxruntime 1.32.0, onnx 1.23.2.
https://github.com/openvinotoolkit/openvino/issues/35893
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


x = np.random.default_rng(0).standard_normal((1, 1, 8, 8)).astype("float32")
scales = helper.make_tensor("scales", TensorProto.FLOAT, [4], [1, 1, 0.5, 0.5])
apart = 0.0
for mode in ("linear", "cubic"):
    for antialias in (0, 1):
        ort, ov = both(
            helper.make_node("Resize", ["x", "", "scales"], ["y"], mode=mode, antialias=antialias), x, [scales]
        )
        print(mode, "antialias", antialias, "differs by", abs(ort - ov).max())
        apart = max(apart, abs(ort - ov).max())
sys.exit(int(apart > 1e-5))
