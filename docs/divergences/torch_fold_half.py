"""torch on the cpu: where the columns of Fold overlap they are added up in the half that is stored. Seen in torch 2.13."""

import sys

import torch
from torch.nn.functional import conv2d, fold

torch.manual_seed(0)
columns, image, kernel = torch.randn(1, 4 * 25, 36), torch.randn(1, 1, 12, 12), torch.randn(2, 1, 5, 5)
worst = 0.0
for dtype in (torch.float16, torch.bfloat16):
    calls = {
        "conv2d": (conv2d, (image.to(dtype), kernel.to(dtype))),
        "fold": (lambda x: fold(x, (10, 10), 5), (columns.to(dtype),)),
    }
    for name, (call, given) in calls.items():
        exact = call(*(x.double() for x in given))
        rounded = exact.abs().to(dtype)
        unit = torch.nextafter(rounded, torch.full_like(rounded, torch.inf)).double() - rounded.double()
        off = ((call(*given).double() - exact).abs() / unit).max().item()
        worst = max(worst, off)
        print(f"{name} of {dtype}: off by up to {off:.1f} units in the last place, where one rounding is half of one")
sys.exit(int(worst > 0.6))
