"""onnx's reference evaluator: aligns the corners with a size that is no whole number (onnx <=1.23.2). https://github.com/onnx/onnx/issues/2462"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]>
    g (float[1,1,1,10] x) => (float[a,b,c,d] y)
    { s = Constant<value = float[4] {1, 1, 1, 1.75}>()
      y = Resize<mode = "linear", coordinate_transformation_mode = "align_corners">(x, , s) }"""
)
x = np.random.default_rng(0).standard_normal((1, 1, 1, 10)).astype(np.float32)
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
runtime = session.run(None, {"x": x})[0]
want = np.interp(np.arange(17) * 9 / 16, np.arange(10), x.ravel())  # 1.75 times 10, made whole
reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
print("ONNX Runtime off by:", np.abs(runtime - want).max())
print("reference evaluator off by:", np.abs(reference - want).max())
sys.exit(int(np.abs(reference - want).max() > 1e-4))
