"""dynamo exporter: takes adding 1e-8 or less, and multiplying by 1 to five places, for nothing (onnxscript 0.7.2, torch 2.13)."""

import sys
import warnings

import onnxruntime
import torch

warnings.simplefilter("ignore")
x = torch.tensor([[1e-9, 2.0, 3.0]])
calls = {
    "x + 1e-9": lambda v: v + 1e-9,
    "x - 1e-9": lambda v: v - 1e-9,
    "x * 1.000009": lambda v: v * 1.000009,
    "x / 1.000009": lambda v: v / 1.000009,
}


class Module(torch.nn.Module):
    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, v):
        return self.call(v)


wrong = 0
for name, call in calls.items():
    file = torch.onnx.export(Module(call).eval(), (x,), dynamo=True, verbose=False).model_proto
    session = onnxruntime.InferenceSession(file.SerializeToString())
    (found,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    off = ((torch.tensor(found) - call(x)).abs() / call(x).abs().clamp(min=1e-12)).max().item()
    wrong += off > 1e-6
    print(f"{name}: {[node.op_type for node in file.graph.node]}, off by {off:.1e} of it;", end=" ")
sys.exit(int(wrong > 0))
