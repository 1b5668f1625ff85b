"""torch.autocast on the cpu: Bilinear behind what gives bfloat16 is refused, since its parameters stay in float32. Seen in torch 2.13."""

import sys

import torch

dense, bilinear = torch.nn.Linear(3, 3), torch.nn.Bilinear(3, 3, 5)
with torch.autocast("cpu"), torch.no_grad():
    x = dense(torch.ones(2, 3))
    print(f"Linear gives {x.dtype}")
    try:
        print(f"Bilinear gives {bilinear(x, x).dtype}")
    except RuntimeError as error:
        print(f"Bilinear: {error}")
        sys.exit(1)
