"""onnx's reference evaluator: Erf of a double is computed in float32. Seen in onnx 1.23.2 (onnx/reference/ops/op_erf.py, otypes=["f"])."""

import math
import sys

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.linspace(-2, 2, 9)
infos = [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [9]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Erf", ["x"], ["y"])], "erf", infos[:1], infos[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=10)
(got,) = ReferenceEvaluator(model).run(None, {"x": x})
off = max(abs(a - math.erf(b)) for a, b in zip(got, x, strict=True))
print(f"{got.dtype}: off by up to {off:.3g}")
sys.exit(int(off > 1e-15))
