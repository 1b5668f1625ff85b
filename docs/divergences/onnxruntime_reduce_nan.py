"""onnxruntime: ReduceMax and ReduceMin drop NaN that is not the first. onnxruntime 1.32.0, CPU. https://github.com/microsoft/onnxruntime/issues/10514"""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

wrong = False
for kind in ("ReduceMax", "ReduceMin"):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"])], "reduce", value[:1], value[1:])
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    for place in range(3):
        x = np.array([1, 2, 3], np.float32)
        x[place] = np.nan
        y = session.run(None, {"x": x})[0].item()
        print(f"{kind} of {x}: ONNX Runtime {y}, numpy {x.max()}")
        wrong |= not np.isnan(y)
sys.exit(wrong)
