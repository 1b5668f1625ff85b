"""ONNX Runtime: refuses on the CPU a convolution with a dilation and auto_pad, which the operator allows (onnxruntime <=1.32.0). https://github.com/microsoft/onnxruntime/issues/20582"""

import sys

import numpy as np
import onnxruntime
from onnx import parser
from onnx.reference import ReferenceEvaluator
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

model = parser.parse_model(
    """<ir_version: 10, opset_import: ["": 20]> g (float[1,3,11,14] x) => (float[a,b,c,d] y)
    { s = Constant<value = int64[4] {4, 3, 3, 3}>() w = ConstantOfShape<value = float[1] {1}>(s)
      y = Conv<auto_pad = "SAME_UPPER", dilations = [2, 2]>(x, w) }"""
)
x = np.zeros((1, 3, 11, 14), np.float32)
print("reference evaluator:", ReferenceEvaluator(model).run(None, {"x": x})[0].shape)
onnxruntime.set_default_logger_severity(4)
try:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    said = str(session.run(None, {"x": x})[0].shape)
except InvalidArgument as error:
    said = str(error)
print("ONNX Runtime:", said)
sys.exit(int("Dilation not supported" in said))
