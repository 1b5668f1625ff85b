"""torch: both exporters write clamp_min as a Clip without max, which by ONNX's text ends at the largest number. torch 2.13.0, onnxruntime 1.32.0."""

import io
import sys

import onnxruntime
import torch


class Clamp(torch.nn.Module):
    def forward(self, x):
        return x.clamp_min(0.5)


x, found = torch.tensor([float("inf"), 1.0]), []
for dynamo in (False, True):
    file = io.BytesIO()
    torch.onnx.export(Clamp(), (x,), file, dynamo=dynamo, verbose=False)
    session = onnxruntime.InferenceSession(file.getvalue(), providers=["CPUExecutionProvider"])
    found.append(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0][0].item())
    print(f"clamp_min of infinity: torch {Clamp()(x)[0].item()}, the file {found[-1]} ({dynamo=})")
sys.exit(any(y != float("inf") for y in found))
