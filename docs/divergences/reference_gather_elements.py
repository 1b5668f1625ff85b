"""onnx's reference evaluator refuses a GatherElements along an axis of 64 numbers or more, where there are more than two axes.

Seen with onnx 1.23.2, which hands the slices of that axis to numpy.choose as a list of arrays (https://github.com/onnx/onnx/pull/8444).
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

wrong = False
for length in (63, 64):
    x = np.arange(6 * length, dtype=np.float32).reshape(2, 3, length)
    places = np.full((2, 3, length), length - 1, np.int64)
    given = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape),
        helper.make_tensor_value_info("i", TensorProto.INT64, places.shape),
    ]
    taken = helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)
    graph = helper.make_graph([helper.make_node("GatherElements", ["x", "i"], ["y"], axis=2)], "g", given, [taken])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    feeds = {"x": x, "i": places}
    right = onnxruntime.InferenceSession(model.SerializeToString()).run(None, feeds)[0]
    print(f"{length} numbers: ONNX Runtime {right[0, 0, 0]}", end=", the reference evaluator ")
    try:
        print(ReferenceEvaluator(model).run(None, feeds)[0][0, 0, 0])
    except ValueError as error:
        print(error)
        wrong = True
print("onnx", onnx.__version__)
sys.exit(wrong)
