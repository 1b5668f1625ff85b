"""torch's dynamo exporter: writes the alpha of a local response norm of float64 as its float32 (onnxscript <=0.7.2)."""

import sys
import tempfile

import onnx
import torch

model = torch.nn.LocalResponseNorm(5, alpha=0.1).double().eval()
x = torch.ones(1, 9, 3, 4, dtype=torch.float64)
with tempfile.TemporaryDirectory() as folder:
    torch.onnx.export(model, (x,), f"{folder}/model.onnx", dynamo=True, verbose=False)
    graph = onnx.load(f"{folder}/model.onnx").graph
stored = [onnx.numpy_helper.to_array(each) for each in graph.initializer]
numbers = [(each.dtype.name, float(each)) for each in stored if each.ndim == 0 and each.dtype.kind == "f"]
print([node.op_type for node in graph.node], numbers)
wrong = [number for _, number in numbers if 0 < abs(number - 0.1) < 1e-6]
print("alpha is 0.1, the file has:", wrong)
sys.exit(int(bool(wrong)))
