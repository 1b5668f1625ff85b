"""ONNX: an attribute is a float32, so BatchNormalization of a float64 model has another epsilon. Seen in onnx 1.23.2, torch 2.13, onnxruntime 1.32."""

import io
import sys

import onnx
import onnxruntime as ort
import torch

model = torch.nn.BatchNorm2d(1, eps=1e-3).double().eval()
model.running_var.fill_(4e-3)  # so small that epsilon shows
x = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(1, 1, 2, 3)
written = io.BytesIO()
torch.onnx.export(model, (x,), written, dynamo=False)
nodes = onnx.load_from_string(written.getvalue()).graph.node
(epsilon,) = [each.f for node in nodes for each in node.attribute if each.name == "epsilon"]
session = ort.InferenceSession(written.getvalue(), providers=["CPUExecutionProvider"])
(got,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
expected = model(x).detach().numpy()
off = abs(got - expected).max() / abs(expected).max()
print(f"epsilon in the file: {epsilon!r}; relative error in float64: {off:.3g}")
sys.exit(int(off > 1e-14))
