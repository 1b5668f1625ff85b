"""onnx's reference evaluator: takes the groups of a ConvTranspose's weight along the wrong axis (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,4,7,9] x) => (float[a,b,c,d] y)
    { s = Constant<value = int64[4] {4, 3, 3, 3}>() w = ConstantOfShape<value = float[1] {1}>(s)
      y = ConvTranspose<group = 2>(x, w) }"""
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
