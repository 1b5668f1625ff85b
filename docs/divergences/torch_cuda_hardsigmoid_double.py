"""torch on CUDA: Hardsigmoid and Hardswish of float64 multiply by 1/6 rounded to float32 (torch 2.11)."""

import sys

import torch

if not torch.cuda.is_available():
    print("needs a CUDA device")
    sys.exit(77)
here = f"torch {torch.__version__} on {torch.cuda.get_device_name()}"
x = torch.linspace(-2.9, 2.9, 11, dtype=torch.float64)
worst = 0.0
for name in ("hardsigmoid", "hardswish"):
    call = getattr(torch.nn.functional, name)
    right = (x + 3) / 6 * (1 if name == "hardsigmoid" else x)
    cpu, cuda = ((call(x.to(device)).cpu() - right).abs().max().item() for device in ("cpu", "cuda"))
    worst = max(worst, cuda)
    print(f"{name}: off by {cpu:.1e} on the cpu and {cuda:.1e} on CUDA")
print(here)
sys.exit(int(worst > 1e-12))
