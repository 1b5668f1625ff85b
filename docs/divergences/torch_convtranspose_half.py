"""torch on the cpu: a transposed convolution of halves is added up in the half (torch 2.13; bfloat16 without AVX-512). https://github.com/pytorch/pytorch/issues/153700"""

import sys

import torch
from torch.nn.functional import conv2d, conv_transpose2d

torch.manual_seed(0)
image = torch.randn(1, 8, 12, 12)
calls = {
    "conv2d": (conv2d, torch.randn(2, 8, 5, 5)),
    "conv_transpose2d": (conv_transpose2d, torch.randn(8, 2, 5, 5)),
}
worst = 0.0
for dtype in (torch.float16, torch.bfloat16):
    for name, (call, kernel) in calls.items():
        x, w = image.to(dtype), kernel.to(dtype)
        exact = call(x.double(), w.double())
        rounded = exact.abs().to(dtype)
        unit = torch.nextafter(rounded, torch.full_like(rounded, torch.inf)).double() - rounded.double()
        off = ((call(x, w).double() - exact).abs() / unit).max().item()
        worst = max(worst, off)
        print(f"{name} of {dtype}: off by up to {off:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(worst > 0.6))
