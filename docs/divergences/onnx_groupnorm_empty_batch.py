"""onnx: the function that GroupNormalization stands for cannot reshape a batch of 0 (onnx 1.23.2, onnxruntime 1.32.0)."""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in "xsby"]
graph = helper.make_graph(
    [helper.make_node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)], "norm", value[:3], value[3:]
)
file = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
feeds = {"x": np.zeros((0, 4, 6, 10), np.float32), "s": np.ones(4, np.float32), "b": np.zeros(4, np.float32)}
refused = 0
for name, made in (
    (
        "ONNX Runtime",
        lambda: onnxruntime.InferenceSession(file.SerializeToString(), providers=["CPUExecutionProvider"]),
    ),
    ("the reference evaluator", lambda: ReferenceEvaluator(file)),
):
    try:
        print(f"{name}: {made().run(None, feeds)[0].shape}")
    except Exception as error:  # noqa: BLE001 - whatever it is
        refused += 1
        print(f"{name}: {str(error).splitlines()[0][:200]}")
sys.exit(refused > 0)
