"""onnx: the reference evaluator refuses a batch of 0 in Flatten, GlobalAveragePool, ConvTranspose and Resize (onnx 1.23.2)."""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

stored = {"w": np.ones((4, 5, 3, 3), np.float32), "scales": np.array([2, 2], np.float32)}
linear = {"mode": "linear", "axes": [2, 3]}
refused = 0
for kind, inputs, how in (
    ("Flatten", ["x"], {}),
    ("GlobalAveragePool", ["x"], {}),
    ("ConvTranspose", ["x", "w"], {}),
    ("Resize", ["x", "", "scales"], linear),
):
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xy"]
    held = [numpy_helper.from_array(stored[name], name) for name in inputs if name in stored]
    graph = helper.make_graph([helper.make_node(kind, inputs, ["y"], **how)], "one", value[:1], value[1:], held)
    file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    feeds = {"x": np.zeros((0, 4, 6, 10), np.float32)}
    session = onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"])
    said = f"{kind} of 0x4x6x10: ONNX Runtime {session.run(None, feeds)[0].shape}, the reference evaluator"
    try:
        print(said, ReferenceEvaluator(file).run(None, feeds)[0].shape)
    except Exception as error:  # noqa: BLE001 - whatever it is
        refused += 1
        print(said, type(error).__name__, str(error)[:60])
sys.exit(refused > 0)
