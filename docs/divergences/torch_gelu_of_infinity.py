"""torch: GELU of infinity is NaN on the CPU, through oneDNN with AVX-512. torch 2.13.0. https://github.com/pytorch/pytorch/issues/185770"""

import sys

import torch

x = torch.tensor([float("inf"), 1.0, 2.0, 3.0, 4.0, 5.0])
with_onednn = torch.nn.functional.gelu(x)[0].item()
with torch.backends.mkldnn.flags(enabled=False):
    without = torch.nn.functional.gelu(x)[0].item()
print(
    f"gelu(inf): {with_onednn} by oneDNN, {without} without it, {torch.nn.functional.gelu(x, approximate='tanh')[0].item()} by a tanh"
)
sys.exit(with_onednn != float("inf"))
