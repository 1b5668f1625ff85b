"""onnx's reference evaluator: takes the logarithm of a finished softmax, minus infinity far below the largest element (onnx <=1.23.2). https://github.com/onnx/onnx/pull/8423"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[1,2] x) => (float[a,b] y) { y = LogSoftmax(x) }"""
)
x = np.array([[200, 25]], np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime:", runtime, "reference evaluator:", reference)
sys.exit(int(np.isinf(reference).any()))
