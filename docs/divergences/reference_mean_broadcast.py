"""onnx's reference evaluator: refuses a Mean whose first input is repeated to the size of a later one (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,1] x) => (float[a,b] y) { w = Constant<value = float[2,3] {1, 2, 3, 4, 5, 6}>() y = Mean(x, w) }"""
)
x = np.random.default_rng(0).standard_normal((2, 1)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape)
try:
    said = str(ReferenceEvaluator(model).run(None, {"x": x})[0].shape)
except ValueError as error:
    said = f"{type(error).__name__}: {error}"
print("reference evaluator:", said)
sys.exit(int(said != str(runtime.shape)))
