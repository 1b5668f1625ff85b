"""torch on CUDA: var of float32 is kept in float32 in one pass, and loses the digits of a large mean (torch 2.11). https://github.com/pytorch/pytorch/pull/184151"""

import sys

import torch

if not torch.cuda.is_available():
    print("needs a CUDA device")
    sys.exit(77)
here = f"torch {torch.__version__} on {torch.cuda.get_device_name()}"
torch.manual_seed(0)
x = torch.randn(64, 13) + 100
exact = x.double().var(-1)
off = {}
for device in ("cpu", "cuda"):
    off[device] = ((x.to(device).var(-1).cpu().double() - exact).abs() / exact).max().item()
two = x.cuda() - x.cuda().mean(-1, keepdim=True)
twice = ((two.square().sum(-1) / 12).cpu().double() - exact).abs().div(exact).max().item()
print(
    f"relative error: {off['cpu']:.1e} on the cpu, {off['cuda']:.1e} on CUDA, {twice:.1e} in two passes on CUDA; {here}"
)
sys.exit(int(off["cuda"] > 4 * max(off["cpu"], twice)))
