"""onnx's reference evaluator: fails on a MaxPool with stride 1 and pads over one or three places (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[2,3,21] x) => (float[a,b,c] y) { y = MaxPool<kernel_shape = [3], pads = [1, 1]>(x) }"""
)
x = np.random.default_rng(0).standard_normal((2, 3, 21)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape)
try:
    said = str(ReferenceEvaluator(model).run(None, {"x": x})[0].shape)
except IndexError as error:
    said = f"{type(error).__name__}: {error}"
print("reference evaluator:", said)
sys.exit(int(said != str(runtime.shape)))
