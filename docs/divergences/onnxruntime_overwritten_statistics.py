"""ONNX Runtime writes a running statistic that nobody reads over the scale or shift of a BatchNormalization in training.

Seen with onnxruntime 1.32.0: initializers that are equal are merged into one, which the kernel writes to before it reads it.
https://github.com/microsoft/onnxruntime/issues/29790
"""

import sys

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ones, zeros = np.ones(5, np.float32), np.zeros(5, np.float32)
stored = {"scale": ones, "shift": zeros, "mean": zeros, "var": ones}
node = helper.make_node("BatchNormalization", ["x", *stored], ["y", "new_mean", "new_var"], training_mode=1)
graph = helper.make_graph(
    [node],
    "g",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, (4, 5, 13))],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, (4, 5, 13))],
    [numpy_helper.from_array(array, name) for name, array in stored.items()],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=9)
x = np.random.default_rng(0).normal(2, 3, (4, 5, 13)).astype(np.float32)
axes = (0, 2)
expected = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
wrong = False
for optimised in (True, False):
    options = onnxruntime.SessionOptions()
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimised else level.ORT_DISABLE_ALL
    seen = onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, {"x": x})[0]
    off = np.abs(seen - expected).max()
    print("optimised" if optimised else "as it is", f"off by {off:.3g}")
    wrong |= bool(off > 1e-4)
print("onnxruntime", onnxruntime.__version__)
sys.exit(wrong)
