"""ONNX Runtime: Shrink of a double is computed in float32. Seen in onnxruntime 1.32."""

import sys

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

x = np.linspace(-2, 2, 11)
infos = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [11]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Shrink", ["x"], ["y"], lambd=0.5)], "shrink", infos[:1], infos[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=10)
session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
(got,) = session.run(None, {"x": x})
off = abs(got - np.where(abs(x) > 0.5, x, 0)).max()
print(f"{got.dtype}: a value that is only moved is off by {off:.3g}")
sys.exit(int(off > 0))
