"""ONNX Runtime: the optimiser folds a BatchNormalization into a float16 convolution and rounds what it folds to float16. Seen in onnxruntime 1.32."""

import sys

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

C = 4
random = np.random.default_rng(0)
stored = {"w": random.normal(size=(C, C, 1, 1)), "mean": random.normal(size=C), "bias": random.normal(size=C)}
stored |= {"scale": random.uniform(0.5, 1.5, C), "var": np.full(C, 4e-3)}  # what is folded is large, and cancels
stored = {name: array.astype(np.float16) for name, array in stored.items()}
nodes = [
    helper.make_node("Conv", ["x", "w"], ["v"]),
    helper.make_node("BatchNormalization", ["v", "scale", "bias", "mean", "var"], ["y"]),
]
infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT16, [1, C, 8, 8]) for name in "xy"]
tensors = [numpy_helper.from_array(array, name) for name, array in stored.items()]
graph = helper.make_graph(nodes, "folded", infos[:1], infos[1:], tensors)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=10).SerializeToString()
x = random.normal(size=(1, C, 8, 8)).astype(np.float16)
w, mean, bias, scale, var = (stored[n].astype(np.float64) for n in ("w", "mean", "bias", "scale", "var"))
exact = np.einsum("oi,nihw->nohw", w[:, :, 0, 0], x.astype(np.float64))
s = scale / np.sqrt(var + 1e-5)
exact = exact * s[:, None, None] + (bias - mean * s)[:, None, None]
level, off = ort.GraphOptimizationLevel, {}
for name, chosen in (("as it ships", level.ORT_ENABLE_ALL), ("not optimised", level.ORT_DISABLE_ALL)):
    options = ort.SessionOptions()
    options.graph_optimization_level = chosen
    got = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    off[name] = float(np.sqrt(np.square(got.astype(np.float64) - exact).mean()))
    print(f"{name}: off by {off[name]:.3g} (root mean square)")
sys.exit(int(off["as it ships"] > 1.3 * off["not optimised"]))
