"""onnx's reference evaluator: a transposed convolution of float16 is added up in float16. Seen in onnx 1.23.2."""

import sys

import numpy as np
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

random = np.random.default_rng(0)
x, w = (random.normal(size=shape).astype(np.float16) for shape in ((1, 8, 9, 9), (8, 2, 5, 5)))
exact = torch.nn.functional.conv_transpose2d(torch.from_numpy(x).double(), torch.from_numpy(w).double()).numpy()
infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT16, a.shape) for n, a in (("x", x), ("w", w))]
made = helper.make_tensor_value_info("y", TensorProto.FLOAT16, exact.shape)
graph = helper.make_graph([helper.make_node("ConvTranspose", ["x", "w"], ["y"])], "up", infos, [made])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
got = ReferenceEvaluator(model).run(None, {"x": x, "w": w})[0]
unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64)
off = float((np.abs(got.astype(np.float64) - exact) / unit).max())
print(f"off by up to {off:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(off > 0.6))
