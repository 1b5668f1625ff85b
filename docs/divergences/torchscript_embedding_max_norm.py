"""TorchScript exporter: the max_norm of an Embedding is left out. Seen with torch 2.13.0, onnxruntime 1.32."""

import io
import sys
import warnings

import onnxruntime
import torch

warnings.simplefilter("ignore")
torch.manual_seed(0)
table = torch.nn.Embedding(5, 8, max_norm=1.0).eval()
file = io.BytesIO()
torch.onnx.export(table, (torch.tensor([[0]]),), file, dynamo=False, input_names=["x"], dynamic_axes={"x": [0, 1]})

asked = torch.tensor([[1, 2, 3]])
(found,) = onnxruntime.InferenceSession(file.getvalue()).run(None, {"x": asked.numpy()})
expected = table(asked).detach().numpy()
print("norms of the rows in torch:   ", (expected[0] ** 2).sum(-1) ** 0.5)
print("norms of the rows in the file:", (found[0] ** 2).sum(-1) ** 0.5)
sys.exit(int(abs(found - expected).max() > 1e-5))
