"""onnx's reference evaluator: gives a max pool with stride 1 and ceil_mode too many rows and columns (onnx <=1.23.2).

Seen of GoogLeNet, whose pools of 3 by 3 with stride 1, padding 1 and ceil_mode keep the size.
"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[1,1,8,8] x) => (float[a,b,c,d] y) { y = MaxPool<kernel_shape = [3, 3], pads = [1, 1, 1, 1], ceil_mode = 1>(x) }"""
)
x = np.zeros((1, 1, 8, 8), np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime:", runtime.shape, "reference evaluator:", reference.shape)
sys.exit(int(reference.shape != runtime.shape))
