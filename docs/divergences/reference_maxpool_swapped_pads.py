"""onnx's reference evaluator: mixes up height and width in the pads of a MaxPool with stride 1 (onnx <=1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[1,1,11,14] x) => (float[a,b,c,d] y) { y = MaxPool<kernel_shape = [2, 2], pads = [0, 0, 1, 1]>(x) }"""
)
x = np.random.default_rng(0).standard_normal((1, 1, 11, 14)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape, "reference evaluator:", reference.shape)
sys.exit(int(reference.shape != runtime.shape))
