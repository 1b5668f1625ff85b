"""onnx's reference evaluator: moves the windows of an average whose ceil_mode hangs over by two or more (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[1,1,21] x) => (float[a,b,c] y) { y = AveragePool<kernel_shape = [5], strides = [3], ceil_mode = 1>(x) }"""
)
x = np.random.default_rng(0).standard_normal((1, 1, 21)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
want = np.array([x[0, 0, 3 * i : 3 * i + 5].mean() for i in range(runtime.shape[2])])
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime off by:", np.abs(runtime - want).max())
print("reference evaluator off by:", np.abs(reference - want).max())
sys.exit(int(np.abs(reference - want).max() > 1e-4))
