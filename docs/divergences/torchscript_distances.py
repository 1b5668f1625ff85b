"""TorchScript exporter: CosineSimilarity and PairwiseDistance are other functions. Seen with torch 2.13.0, onnxruntime 1.32."""

import io
import sys
import warnings

import onnxruntime
import torch

warnings.simplefilter("ignore")
a, b = torch.tensor([[1.0, 0.0, 2.0]]), torch.tensor([[0.0, 1.0, 2.5]])
differs = False
for layer in (
    torch.nn.CosineSimilarity(eps=10.0),
    torch.nn.PairwiseDistance(p=1.0),
    torch.nn.PairwiseDistance(p=3.0),
    torch.nn.PairwiseDistance(eps=0.1),
):
    file = io.BytesIO()
    torch.onnx.export(layer, (a, b), file, dynamo=False, input_names=["a", "b"])
    (found,) = onnxruntime.InferenceSession(file.getvalue()).run(None, {"a": a.numpy(), "b": b.numpy()})
    expected = layer(a, b).numpy()
    print(f"{layer}: torch {expected}, the file {found}")
    differs |= not abs(found - expected).max() < 1e-5
sys.exit(int(differs))
