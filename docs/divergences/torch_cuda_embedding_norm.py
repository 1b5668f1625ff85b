"""torch on CUDA: max_norm of an Embedding by a norm other than 1 and 2 raises the numbers to the power with their signs (torch 2.11)."""

import sys

import torch

if not torch.cuda.is_available():
    print("needs a CUDA device")
    sys.exit(77)
here = f"torch {torch.__version__} on {torch.cuda.get_device_name()}"
torch.manual_seed(0)
table, asked = torch.randn(4, 6), torch.arange(4)
worst = 0.0
for order in (1.0, 2.0, 3.0, float("inf")):
    rows = []
    for device in ("cpu", "cuda"):
        weight = table.clone().to(device)
        rows.append(torch.nn.functional.embedding(asked.to(device), weight, max_norm=0.5, norm_type=order).cpu())
    right, found = (torch.linalg.vector_norm(each, order, dim=1).max().item() for each in rows)
    worst = max(worst, (rows[0] - rows[1]).abs().max().item())
    print(f"norm {order:g}: the longest row is {right:.3f} on the cpu and {found:.3f} on CUDA")
print(here)
sys.exit(int(worst > 1e-5))
