"""torch's TorchScript exporter: dies of a division by zero on a GroupNorm of a batch of 0 (torch 2.13.0)."""

import subprocess
import sys

EXPORT = """
import io, torch
model, x = torch.nn.GroupNorm(2, 4).eval(), torch.zeros(0, 4, 6, 10)
print("torch:", tuple(model(x).shape), flush=True)
torch.onnx.export(model, (x,), io.BytesIO(), dynamo=False)
"""
ended = subprocess.run([sys.executable, "-W", "ignore", "-c", EXPORT]).returncode
print("the export ended with", ended)
sys.exit(ended != 0)
