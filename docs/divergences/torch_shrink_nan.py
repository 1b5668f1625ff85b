"""torch: Hardshrink, Softshrink and Threshold let NaN through, where Keras and ONNX's Shrink take their last branch. torch 2.13.0, onnx 1.23.2."""

import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = torch.tensor([float("nan"), 2.0])
made = [torch.nn.Hardshrink()(x), torch.nn.Softshrink()(x), torch.nn.Threshold(0.1, 20.0)(x)]
value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Shrink", ["x"], ["y"])], "shrink", value[:1], value[1:])
file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
onnx.checker.check_model(file)
shrunk = ReferenceEvaluator(file).run(None, {"x": x.numpy()})[0]
for name, y in zip(("hardshrink", "softshrink", "threshold"), made, strict=True):
    print(f"{name} of NaN: torch {y[0].item()}")
print(f"Shrink of NaN: ONNX's reference evaluator {shrunk[0]}")
sys.exit(any(np.isnan(y[0].item()) for y in made) and not np.isnan(shrunk[0]))
