"""torch's dynamo exporter: interpolate with antialias by a factor is exported by the size that comes of it.

Seen with torch 2.13.0, onnxscript 0.7.2, beside onnxruntime 1.32.0: where the factor gives no whole size, its places differ.
Ends with 1 while it differs.
"""

import sys
import tempfile

import onnxruntime
import torch


class Half(torch.nn.Module):
    """To half the size, with antialias."""

    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        return torch.nn.functional.interpolate(x, scale_factor=0.5, mode=self.mode, antialias=True)


apart = 0.0
for mode in ("bilinear", "bicubic"):
    for size in ((10, 14), (11, 15)):
        torch.manual_seed(0)
        x, module = torch.randn(2, 3, *size), Half(mode).eval()
        path = tempfile.mkdtemp() + "/file.onnx"
        torch.onnx.export(module, (x,), path, dynamo=True, verbose=False)
        session = onnxruntime.InferenceSession(path)
        (given,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        print(mode, size, "differs by", abs(module(x).numpy() - given).max())
        apart = max(apart, abs(module(x).numpy() - given).max())
sys.exit(int(apart > 1e-4))
