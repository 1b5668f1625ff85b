"""torch on CUDA: of a row with an infinity RMSNorm makes NaN throughout, where x / infinity is 0 (torch 2.11)."""

import sys

import torch

if not torch.cuda.is_available():
    print("needs a CUDA device")
    sys.exit(77)
x = torch.tensor([[1.0, float("inf"), -2.0, 3.0]])
cpu, cuda = (torch.nn.functional.rms_norm(x.to(device), (4,)).cpu() for device in ("cpu", "cuda"))
print(f"{cpu.tolist()} on the cpu, {cuda.tolist()} on CUDA")
print(f"torch {torch.__version__} on {torch.cuda.get_device_name()}")
sys.exit(int(not torch.equal(cpu.isnan(), cuda.isnan())))
