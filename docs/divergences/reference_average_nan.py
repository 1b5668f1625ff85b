"""onnx: the reference evaluator's AveragePool (below opset 19) and LpPool leave NaN out of a window. onnx 1.23.2."""

import sys

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.array([1, np.nan, 2, 3], np.float32).reshape(1, 1, 2, 2)
found = []
for kind, opset in (("AveragePool", 15), ("LpPool", 18)):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    node = helper.make_node(kind, ["x"], ["y"], kernel_shape=[2, 2])
    graph = helper.make_graph([node], "pool", value[:1], value[1:])
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    found.append(ReferenceEvaluator(file).run(None, {"x": x})[0].item())
    print(f"{kind} of {x.ravel()}, opset {opset}: {found[-1]}; the mean in numpy {x.mean()}")
sys.exit(not np.isnan(found).all())
