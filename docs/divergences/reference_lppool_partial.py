"""onnx's reference evaluator: scales the sum of a partial window of an LpPool up as if the window were full (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 22]>
    g (float[1,1,4,6] x) => (float[a,b,c,d] y) { y = LpPool<kernel_shape = [3, 3], strides = [3, 3], ceil_mode = 1>(x) }"""
)
x = np.random.default_rng(0).standard_normal((1, 1, 4, 6)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
parts = [[x[0, 0, i : i + 3, j : j + 3] for j in (0, 3)] for i in (0, 3)]
want = np.array([[np.sqrt((part**2).sum()) for part in row] for row in parts])
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime off by:", np.abs(runtime - want).max())
print("reference evaluator off by:", np.abs(reference - want).max())
sys.exit(int(np.abs(reference - want).max() > 1e-4))
