"""onnx's reference evaluator: sums the squares of an LRN for as many channels as there are samples (onnx <=1.23.2). https://github.com/onnx/onnx/issues/7805"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,9,5,7] x) => (float[a,b,c,d] y) { y = LRN<size = 5, alpha = 0.5>(x) }"""
)
x = np.random.default_rng(0).standard_normal((2, 9, 5, 7)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
squares = np.stack([(x[:, max(c - 2, 0) : c + 3] ** 2).sum(1) for c in range(9)], 1)
want = x / (1 + 0.5 / 5 * squares) ** 0.75
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime off by:", np.abs(runtime - want).max())
print("reference evaluator off by:", np.abs(reference - want).max())
sys.exit(int(np.abs(reference - want).max() > 1e-4))
