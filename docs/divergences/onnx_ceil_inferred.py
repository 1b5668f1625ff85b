"""onnx: shape inference counts a last window of a pool that begins in the padding, which the operator's text leaves out (onnx <=1.23.2). https://github.com/pytorch/pytorch/issues/131272"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import parser

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]> g (float[1,1,11,13] x) => (float[a,b,c,d] y)
    { y = MaxPool<kernel_shape = [2, 2], strides = [3, 3], pads = [1, 1, 1, 1], ceil_mode = 1>(x) }"""
)
size = onnx.shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
inferred = tuple(each.dim_value for each in size)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": np.zeros((1, 1, 11, 13), np.float32)})[0].shape
print("shape inference:", inferred, "ONNX Runtime, and torch:", runtime)
sys.exit(int(inferred != runtime))
