"""onnx: the reference evaluator's MaxPool keeps NaN or drops it, by where in the window it stands. onnx 1.23.2."""

import sys

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2])
graph = helper.make_graph([node], "pool", value[:1], value[1:])
file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def pooled(x):
    return ReferenceEvaluator(file).run(None, {"x": x})[0].ravel()


found = []
for place in range(4):
    window = np.array([1, 2, 3, 4], np.float32)
    window[place] = np.nan
    found.append(pooled(window.reshape(1, 1, 2, 2))[0])
    print(f"the largest of {window}: the reference evaluator {found[-1]}, numpy {window.max()}")
sys.exit(not np.isnan(found).all())
