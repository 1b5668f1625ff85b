"""torch's TorchScript exporter writes a roll by more than the axis is long as slices of nothing, so the answer is another; torch 2.13, onnxruntime 1.32."""

import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

warnings.filterwarnings("ignore")


class Rolled(torch.nn.Module):
    """An axis of five places, moved on by six: by one, since it goes round."""

    def forward(self, x):
        return torch.roll(x, 6, 1)


x = torch.arange(10.0).reshape(2, 5)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "roll.onnx"
    torch.onnx.export(Rolled().eval(), (x,), str(path), input_names=["x"], dynamo=False)
    (there,) = onnxruntime.InferenceSession(path).run(None, {"x": x.numpy()})
here = Rolled()(x).numpy()
print(f"torch {torch.__version__}: {here[0].tolist()} in torch, {there[0].tolist()} by its file")
sys.exit(not np.array_equal(here, there))
