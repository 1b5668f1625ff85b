"""torch's TorchScript exporter: fails on a MaxUnpool without output_size in a check of torch's own (torch <=2.14.1)."""

import io
import sys
import warnings

import torch

warnings.simplefilter("ignore")


class Net(torch.nn.Module):
    def forward(self, x):
        y, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
        return torch.nn.functional.max_unpool2d(y, indices, 2)


x = torch.randn(2, 3, 6, 8, generator=torch.Generator().manual_seed(0))
print("torch:", tuple(Net()(x).shape))
try:
    torch.onnx.export(Net().eval(), (x,), io.BytesIO(), dynamo=False)
    said = "exported"
except TypeError as error:
    said = f"TypeError: {error}".splitlines()[0]
print("the exporter:", said)
sys.exit(int("cond must be a bool" in said))
