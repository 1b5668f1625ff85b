"""onnxruntime: LRN slides its sum over the channels, so after an infinity or NaN every later channel is NaN. onnxruntime 1.32.0, CPU."""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
graph = helper.make_graph([helper.make_node("LRN", ["x"], ["y"], size=3)], "lrn", value[:1], value[1:])
file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
x = np.ones((1, 8, 1, 1), np.float32)
x[0, 1] = np.inf
y = session.run(None, {"x": x})[0].ravel()
print(f"channels {x.ravel()}: {y}; channels 3 to 7 have no infinity in their window of 3")
sys.exit(bool(np.isnan(y[3:]).any()))
