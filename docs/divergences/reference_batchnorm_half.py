"""onnx's reference evaluator: BatchNormalization of halves rounds every step to the half. Seen in onnx 1.23.2; onnxruntime 1.32 does not."""

import sys

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

C = 3
vectors = ["scale", "bias", "mean", "var"]
node = helper.make_node("BatchNormalization", ["x", *vectors], ["y"], epsilon=1e-3)
values = [helper.make_tensor_value_info("x", TensorProto.FLOAT16, [2, C, 8, 8])]
values += [helper.make_tensor_value_info(name, TensorProto.FLOAT16, [C]) for name in vectors]
made = helper.make_tensor_value_info("y", TensorProto.FLOAT16, [2, C, 8, 8])
graph = helper.make_graph([node], "bn", values, [made])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=10)
random = np.random.default_rng(0)
feeds = {"x": random.normal(size=(2, C, 8, 8)), "mean": random.normal(size=C), "bias": random.normal(size=C)}
feeds |= {"scale": random.uniform(0.5, 1.5, C), "var": random.uniform(0.05, 1.5, C)}
feeds = {name: array.astype(np.float16) for name, array in feeds.items()}
x, scale, bias, mean, var = (
    feeds[n].astype(np.float64).reshape((1, C, 1, 1) if n != "x" else (2, C, 8, 8)) for n in ["x", *vectors]
)
exact = scale * (x - mean) / np.sqrt(var + 1e-3) + bias
unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64)
session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
for name, run in (("onnxruntime", session.run), ("reference", ReferenceEvaluator(model).run)):
    worst = (np.abs(run(None, feeds)[0].astype(np.float64) - exact) / unit).max()
    print(f"{name}: off by up to {worst:.2f} units in the last place, where one rounding is half of one")
sys.exit(int(worst > 0.51))
