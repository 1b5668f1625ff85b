"""onnx's version converter: a Softmax along an axis with others behind it is another function below opset 13 (onnx <=1.23.2).

There it normalises all axes from the one it names, and the converter keeps the name. torch's dynamo exporter has it convert.
Seen with onnx 1.23.2 and onnxruntime 1.32.0. The code is of https://github.com/onnx/onnx/pull/6608. Ends with 1 while it differs.
"""

import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

shape = (2, 3, 4)
x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
differs = False
for kind in ("Softmax", "LogSoftmax"):
    graph = helper.make_graph([helper.make_node(kind, ["x"], ["y"], axis=1)], "net", ends[:1], ends[1:])
    new = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    answers = []
    for model in (new, onnx.version_converter.convert_version(new, 12)):
        onnx.checker.check_model(model)
        (y,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})
        answers.append(y)
    off = abs(answers[0] - answers[1]).max()
    print(f"{kind} along axis 1 of three: opset 12 is off by {off:.2g} from opset 13")
    differs |= not off < 1e-6
sys.exit(int(differs))
