"""torch's TorchScript exporter fixes the batch size behind unflatten, whatever dynamic_axes say; torch 2.13, onnxruntime 1.32."""

import sys
import tempfile
import warnings
from pathlib import Path

import onnxruntime
import torch

warnings.filterwarnings("ignore")
OPEN = {"input": {0: "batch"}, "output": {0: "batch"}}


class Windows(torch.nn.Module):
    """Attention in windows of 4 by 4."""

    def __init__(self):
        super().__init__()
        self.attend = torch.nn.MultiheadAttention(6, 3, batch_first=True)

    def forward(self, x):
        x = x.unflatten(3, (-1, 4)).unflatten(2, (-1, 4)).transpose(3, 4).flatten(4).flatten(2, 3)
        x = x.permute(0, 2, 3, 1).flatten(0, 1)
        return self.attend(x, x, x, need_weights=False)[0]


with tempfile.TemporaryDirectory() as folder, torch.no_grad():
    path = Path(folder) / "windows.onnx"
    names = dict(input_names=["input"], output_names=["output"], dynamic_axes=OPEN)
    torch.onnx.export(Windows().eval(), (torch.zeros(2, 6, 8, 12),), str(path), dynamo=False, **names)
    session = onnxruntime.InferenceSession(path)
    for batch in (2, 1):
        try:
            shape = session.run(None, {"input": torch.zeros(batch, 6, 8, 12).numpy()})[0].shape
        except onnxruntime.capi.onnxruntime_pybind11_state.Fail as error:
            print(f"torch {torch.__version__}: exported with a batch of 2, open; fed {batch}: {error}")
            sys.exit(1)
        print(f"fed {batch}: {shape}")
