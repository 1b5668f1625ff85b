"""ONNX Runtime: divides by too few where an average pool counts padding that is uneven at the end (onnxruntime ==1.22.*)."""

import sys

import numpy as np
import onnxruntime
from onnx import parser

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 19]> g (float[1,1,11,13] x) => (float[a,b,c,d] y)
    { y = AveragePool<kernel_shape = [2, 2], strides = [2, 2], pads = [0, 0, 1, 1], count_include_pad = 1>(x) }"""
)
x = np.random.default_rng(0).standard_normal((1, 1, 11, 13)).astype(np.float32)
want = np.pad(x, ((0, 0), (0, 0), (0, 1), (0, 1))).reshape(1, 1, 6, 2, 7, 2).mean((3, 5))
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
off = np.abs(session.run(None, {"x": x})[0] - want).max()
print("ONNX Runtime off by:", off)
sys.exit(int(off > 1e-5))
