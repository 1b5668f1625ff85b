"""onnx's reference evaluator: a cubic GridSample with padding_mode="border" moves the places to the border, and not what they read.

Seen with onnx 1.23.2; torch 2.13.0 and onnxruntime 1.32 leave the places and read the border beyond it.
"""

import sys

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

sample = helper.make_node("GridSample", ["x", "grid"], ["y"], mode="cubic", padding_mode="border", align_corners=1)
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 4, 5])
grid = helper.make_tensor_value_info("grid", TensorProto.FLOAT, [1, 1, 3, 2])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
graph = helper.make_graph([sample], "sample", [x, grid], [y])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)

image = np.arange(20, dtype=np.float32).reshape(1, 1, 4, 5) ** 2
places = np.array([[[[-1.2, 0.0], [0.1, 1.3], [0.2, 0.3]]]], np.float32)
feeds = {"x": image, "grid": places}
expected = torch.nn.functional.grid_sample(*map(torch.from_numpy, feeds.values()), "bicubic", "border", True).numpy()
found = ReferenceEvaluator(model).run(None, feeds)[0]
print("torch:              ", expected.ravel())
print("onnxruntime:        ", onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)[0].ravel())
print("reference evaluator:", found.ravel())
sys.exit(int(abs(found - expected).max() > 1e-3))
