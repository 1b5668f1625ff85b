"""onnx's reference evaluator: refuses a Pad that crops (onnx <=1.23.2). https://github.com/onnx/onnx/pull/8199"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,4,7,9] x) => (float[a,b,c,d] y)
    { p = Constant<value = int64[8] {0, 0, -1, 0, 0, 0, -2, 3}>() y = Pad(x, p) }"""
)
x = np.random.default_rng(0).standard_normal((2, 4, 7, 9)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape)
try:
    said = str(ReferenceEvaluator(model).run(None, {"x": x})[0].shape)
except ValueError as error:
    said = f"{type(error).__name__}: {error}"
print("reference evaluator:", said)
sys.exit(int(said != str(runtime.shape)))
