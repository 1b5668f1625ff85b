"""onnx's reference evaluator: pads a Conv whose auto_pad is VALID as if it were SAME (onnx <1.23)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,3,11,14] x) => (float[a,b,c,d] y)
    { s = Constant<value = int64[4] {4, 3, 3, 3}>() w = ConstantOfShape<value = float[1] {1}>(s)
      y = Conv<auto_pad = "VALID">(x, w) }"""
)
x = np.random.default_rng(0).standard_normal((2, 3, 11, 14)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape, "reference evaluator:", reference.shape)
sys.exit(int(reference.shape != runtime.shape))
